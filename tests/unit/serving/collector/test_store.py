"""Files end with their window or their size, and are published whole."""

import errno
import os
import pathlib

import pytest

from skewgate.core.errors import InputError
from skewgate.data.windows.durations import Duration
from skewgate.serving.collector import durable
from skewgate.serving.collector.segment import RemovedError
from skewgate.serving.collector.store import Store
from tests import collecting

HOUR = 3_600


class Clock:
    """Shows the time that a test sets."""

    def __init__(self):
        self.now = 1_796_065_200.0  # 2026-11-30T19:00Z

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def store(tmp_path, clock):
    return Store(str(tmp_path / "out"), most_bytes=1_000, clock=clock)


def windows(folder):
    return sorted(path.parent.name for path in folder.glob("window=*/*.jsonl"))


def test_events_are_in_an_open_file_until_the_window_is_over(store, clock, build, tmp_path):
    store.commit([build.event(1)])
    clock.now += HOUR - 1
    store.rotate()
    assert windows(tmp_path / "out") == []
    assert store.open_bytes > 0
    clock.now += 1
    store.rotate()
    assert windows(tmp_path / "out") == ["window=2026-11-30T1900Z"]
    store.commit([build.event(2)])
    store.close()
    assert windows(tmp_path / "out") == ["window=2026-11-30T1900Z", "window=2026-11-30T2000Z"]
    assert [event["id"] for event in collecting.published(tmp_path / "out")] == ["1", "2"]
    assert store.published == 2


def test_a_file_ends_with_its_size(store, build, tmp_path):
    for number in range(30):
        store.commit([build.event(number)])
    store.close()
    files = list((tmp_path / "out").glob("window=*/*.jsonl"))
    assert len(files) > 3
    assert max(path.stat().st_size for path in files) < 1_000 + 200
    found = [int(event["id"]) for event in collecting.published(tmp_path / "out")]
    assert sorted(found) == list(range(30))


def test_a_window_may_be_a_day_and_clocks_may_go_back(tmp_path, clock, build):
    store = Store(str(tmp_path), every=Duration(1, "d"), clock=clock)
    for moved in (0, -24 * HOUR, 0):
        clock.now += moved
        store.commit([build.event(moved)])
    store.close()
    assert windows(tmp_path) == ["window=2026-11-29", "window=2026-11-30"]


def test_a_window_without_events_leaves_nothing(store, clock, tmp_path):
    clock.now += HOUR
    store.rotate()
    store.close()
    assert os.listdir(tmp_path / "out") == [".open"]


def test_collectors_share_a_folder(tmp_path, build):
    one, other = Store(str(tmp_path)), Store(str(tmp_path))
    one.commit([build.event(1)])
    other.commit([build.event(2)])
    assert Store(str(tmp_path)).recovered == []
    one.close()
    other.close()
    assert sorted(event["id"] for event in collecting.published(tmp_path)) == ["1", "2"]


def test_nothing_is_stored_while_a_window_cannot_be_published(store, clock, build, monkeypatch):
    store.commit([build.event(1)])
    clock.now += HOUR
    with monkeypatch.context() as patch:

        def full(path, content):
            raise OSError(errno.ENOSPC, "full", path)

        patch.setattr(durable, "write_file", full)
        for call in (
            store.rotate,
            store.probe,
            store.close,
            lambda: store.commit([build.event(2)]),
        ):
            with pytest.raises(OSError, match="full"):
                call()
    store.commit([build.event(3)])
    store.close()
    assert [event["id"] for event in collecting.published(pathlib.Path(store.folder))] == ["1", "3"]


def test_probing_leaves_nothing(store, tmp_path):
    store.probe()
    assert collecting.still_open(tmp_path / "out") == []


def test_a_file_is_no_folder(tmp_path):
    (tmp_path / "out").touch()
    with pytest.raises(InputError, match="is a file, but must be a folder"):
        Store(str(tmp_path / "out"))


def test_an_object_store_is_no_folder():
    with pytest.raises(InputError, match="is not a folder on this machine"):
        Store("s3://bucket/events")


def test_after_a_file_was_removed_there_is_another(store, build, tmp_path):
    store.commit([build.event(1)])
    (opened,) = collecting.still_open(tmp_path / "out")
    (tmp_path / "out" / ".open" / opened).unlink()
    with pytest.raises(RemovedError):
        store.commit([build.event(2)])
    store.commit([build.event(3)])
    store.close()
    assert [each["id"] for each in collecting.published(tmp_path / "out")] == ["3"]
    assert store.published == 1


def test_collectors_of_one_folder_do_not_probe_with_the_same_file(store, clock, tmp_path):
    other = Store(str(tmp_path / "out"), clock=clock)
    names = []
    for each in (store, other):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(durable, "write_file", lambda path, content: names.append(path))
            patch.setattr(os, "unlink", lambda path: None)
            each.probe()
    assert len(set(names)) == 2

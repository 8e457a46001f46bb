"""A file that is written is whole after every error."""

import errno
import fcntl
import json
import os
import pathlib

import pytest

from skewgate.core.errors import InputError
from skewgate.serving.collector import durable
from skewgate.serving.collector.segment import RemovedError, Segment, lock


@pytest.fixture
def segment(tmp_path):
    (tmp_path / ".open").mkdir()
    return Segment.create(str(tmp_path), "2026-11-30", "host-000001")


def failing(number, after=0):
    """Returns a function that fails once `after` calls were let through."""
    calls = []

    def call(descriptor, *data):
        calls.append(descriptor)
        if len(calls) > after:
            raise OSError(number, os.strerror(number))
        return os.write(descriptor, data[0][:7]) if data else None

    return call


def lines(path):
    return [json.loads(line)["id"] for line in pathlib.Path(path).read_bytes().splitlines()]


def test_events_are_in_the_file_when_append_returns(segment, build):
    segment.append([build.event(1), build.event(2)])
    assert lines(segment.path) == ["1", "2"]
    assert segment.tally.events == 2


def test_a_write_that_fails_in_its_middle_is_taken_back(segment, build, monkeypatch):
    segment.append([build.event(1)])
    with monkeypatch.context() as patch:
        patch.setattr(os, "write", failing(errno.ENOSPC, after=1))
        with pytest.raises(OSError, match="No space"):
            segment.append([build.event(2)])
    assert not segment.spent
    segment.append([build.event(3)])
    assert lines(segment.path) == ["1", "3"]


def test_nothing_is_appended_after_the_disk_failed(segment, build, monkeypatch):
    segment.append([build.event(1)])
    with monkeypatch.context() as patch:
        patch.setattr(durable, "sync_data", failing(errno.EIO))
        with pytest.raises(OSError, match="Input/output"):
            segment.append([build.event(2)])
    assert segment.spent
    assert lines(segment.publish()) == ["1"]


def test_what_could_not_be_taken_back_is_cut_before_it_is_published(segment, build, monkeypatch):
    segment.append([build.event(1)])
    with monkeypatch.context() as patch:
        patch.setattr(os, "write", failing(errno.ENOSPC, after=1))
        patch.setattr(os, "ftruncate", failing(errno.EIO))
        with pytest.raises(OSError, match="No space"):
            segment.append([build.event(2)])
        assert segment.spent
        with pytest.raises(OSError, match="Input/output"):
            segment.publish()
    assert lines(segment.publish()) == ["1"]


def test_publishing_is_tried_again(segment, build, monkeypatch, tmp_path):
    segment.append([build.event(1)])
    names = iter(range(99))

    def sync(folder):
        if next(names) == 2:  # behind the renaming
            raise OSError(errno.EIO, "failed")

    with monkeypatch.context() as patch:
        patch.setattr(durable, "sync_folder", sync)
        with pytest.raises(OSError, match="failed"):
            segment.publish()
    target = segment.publish()
    assert target == str(tmp_path / "window=2026-11-30" / "host-000001.jsonl")
    assert os.listdir(tmp_path / ".open") == []


def test_a_file_without_events_is_removed(segment, tmp_path):
    assert segment.publish() is None
    assert os.listdir(tmp_path) == [".open"]
    assert os.listdir(tmp_path / ".open") == []


def test_a_file_has_one_owner(segment):
    with open(segment.path, "rb") as file:
        assert not lock(file.fileno(), segment.path)
        segment.close()
        assert lock(file.fileno(), segment.path)
        os.unlink(segment.path)
        assert not lock(file.fileno(), segment.path)


def test_a_file_system_without_locks_is_named(segment, monkeypatch):
    monkeypatch.setattr(fcntl, "flock", failing(errno.ENOLCK))
    with pytest.raises(InputError, match="without locks"):
        lock(0, segment.path)


def test_a_file_that_somebody_removed_takes_no_events(segment, build):
    segment.append([build.event(1)])
    os.unlink(segment.path)
    said = r"the file was removed while it was written, and 1 events in it are lost"
    with pytest.raises(RemovedError, match=said):
        segment.append([build.event(2)])
    with pytest.raises(RemovedError, match=said):
        segment.publish()
    assert not list(pathlib.Path(segment.path).parent.parent.glob("window=*"))

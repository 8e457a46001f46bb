"""What a killed collector left is published with all that it acknowledged."""

import json
import os
import pathlib

import pytest

from skewgate.serving.collector import recovery
from skewgate.serving.collector.segment import Segment
from tests import collecting


@pytest.fixture
def left(tmp_path, build):
    """Writes an open file of events 1 and 2, and what a kill left behind them."""
    (tmp_path / ".open").mkdir()

    def leave(tail=b"", name="dead-000001"):
        segment = Segment.create(str(tmp_path), "2026-11-30", name)
        segment.append([build.event(1), build.event(2)])
        segment.close()
        with open(segment.path, "ab") as file:
            file.write(tail)
        return segment.path

    return leave


def ids(folder):
    return [event["id"] for event in collecting.published(folder)]


def counts(folder):
    (manifest,) = folder.glob("window=*/_*.manifest.json")
    return json.loads(manifest.read_text())


@pytest.mark.parametrize("tail", [b"", b'{"specversion":', bytes(5_000), b"\xff" * (3 << 20)])
def test_half_a_line_is_cut_off(left, tmp_path, tail):
    left(tail)
    (path,) = recovery.recover(str(tmp_path))
    assert pathlib.Path(path).name == "dead-000001.jsonl"
    assert ids(tmp_path) == ["1", "2"]
    assert counts(tmp_path)["cut_bytes"] == len(tail)
    assert collecting.still_open(tmp_path) == []


def test_lines_that_are_no_events_stay_and_are_counted(left, tmp_path, build):
    left(bytes(100) + b"\n" + b"[1]\n" + build.event(3).line)
    recovery.recover(str(tmp_path))
    found = counts(tmp_path)
    assert (found["events"], found["unreadable_lines"], found["cut_bytes"]) == (3, 2, 0)


def test_a_file_with_nothing_whole_is_removed(tmp_path):
    (tmp_path / ".open").mkdir()
    (tmp_path / ".open" / "2026-11-30_dead-000001.jsonl").write_bytes(b'{"half')
    assert recovery.recover(str(tmp_path)) == []
    assert collecting.still_open(tmp_path) == []


def test_what_a_living_collector_writes_is_left_alone(tmp_path, build):
    (tmp_path / ".open").mkdir()
    living = Segment.create(str(tmp_path), "2026-11-30", "living-000001")
    living.append([build.event(1)])
    assert recovery.recover(str(tmp_path)) == []
    living.publish()
    assert ids(tmp_path) == ["1"]


def test_a_kill_between_counts_and_renaming_is_mended(left, tmp_path):
    path = left()
    folder = tmp_path / "window=2026-11-30"
    folder.mkdir()
    (folder / "_dead-000001.manifest.json").write_text("{}")
    (folder / "._dead-000001.manifest.json.tmp").write_text("{")
    recovery.recover(str(tmp_path))
    assert ids(tmp_path) == ["1", "2"]
    assert sorted(os.listdir(folder)) == ["_dead-000001.manifest.json", "dead-000001.jsonl"]
    assert not os.path.exists(path)


def test_other_files_are_left_alone(left, tmp_path):
    left()
    for name in ("probe", "notes.txt", "a.jsonl"):
        (tmp_path / ".open" / name).touch()
    (tmp_path / ".open" / "2026-11-30_link-000001.jsonl").symlink_to(tmp_path / "elsewhere")
    recovery.recover(str(tmp_path))
    assert len(collecting.still_open(tmp_path)) == 4

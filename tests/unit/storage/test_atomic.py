import contextlib
import errno
import os
import pathlib
import shutil

import pytest

from skewgate.storage.atomic import write_atomically, write_set


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("größer\n", "größer\n".encode()),
        (b"\x00\xff", b"\x00\xff"),
        ("of caf\udce9.csv", rb"of caf\udce9.csv"),
    ],
)
def test_text_and_bytes_are_written_as_they_are(tmp_path, content, expected):
    path = tmp_path / "new" / "folder" / "file"
    write_atomically(path, content)
    assert path.read_bytes() == expected


def test_a_name_may_be_the_longest_that_there_is(tmp_path):
    path = tmp_path / ("n" * 255)
    write_atomically(path, "new")
    assert path.read_text() == "new"


def test_a_pipe_is_written_to_and_stays_one(tmp_path):
    path = tmp_path / "pipe"
    os.mkfifo(path)
    reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    write_atomically(path, "new")
    assert os.read(reader, 10) == b"new"
    os.close(reader)
    assert path.is_fifo()


def test_a_link_stays_and_leads_to_what_is_new(tmp_path):
    (tmp_path / "real").write_text("old")
    (tmp_path / "link").symlink_to(tmp_path / "real")
    write_atomically(tmp_path / "link", "new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real").read_text() == "new"


def test_an_old_file_is_replaced_and_nothing_is_left_behind(tmp_path):
    path = tmp_path / "report.json"
    path.write_text("old and longer")
    write_atomically(str(path), "new")
    assert [p.name for p in tmp_path.iterdir()] == ["report.json"]
    assert path.read_text() == "new"


def test_a_failure_keeps_the_old_file_and_leaves_nothing_behind(tmp_path, monkeypatch):
    path = tmp_path / "report.json"
    path.write_text("old")

    def fail(self, target):
        raise OSError("disk full")

    monkeypatch.setattr(pathlib.Path, "replace", fail)
    with pytest.raises(OSError, match="disk full"):
        write_atomically(path, "new")
    assert [p.name for p in tmp_path.iterdir()] == ["report.json"]
    assert path.read_text() == "old"


def test_a_folder_that_cannot_be_made_is_an_error(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(OSError, match="file"):
        write_atomically(tmp_path / "file" / "report.json", "new")


class Killed(BaseException):
    """Stands for a signal that no code survives."""


OLD = {"report.json": "old 1", "report.html": "old 2", "metrics.prom": "old 3"}
NEW = {"report.json": "new one", "report.html": b"new two", "metrics.prom": "new three"}


def visible(folder):
    """Returns what programs see in a folder: no hidden file, and text by name."""
    if not folder.exists():
        return {}
    return {p.name: p.read_text() for p in folder.iterdir() if not p.name.startswith(".")}


def killed_at(step, monkeypatch):
    """Lets the step-th change of the file system be the last one, with no cleaning up after it."""
    left = [step]

    def counted(original):
        def call(*arguments, **options):
            if not left[0]:
                raise Killed
            left[0] -= 1
            return original(*arguments, **options)

        return call

    for name in ("mkdir", "write_bytes", "unlink", "rename", "replace"):
        monkeypatch.setattr(pathlib.Path, name, counted(getattr(pathlib.Path, name)))
    monkeypatch.setattr(shutil, "rmtree", lambda *_, **__: None)


def test_a_set_is_written_as_it_is_and_nothing_is_left_behind(tmp_path):
    for contents in (OLD, NEW, OLD):
        write_set(tmp_path / "deep" / "set", contents)
        found = visible(tmp_path / "deep" / "set")
        expected = {n: c.decode() if isinstance(c, bytes) else c for n, c in contents.items()}
        assert found == expected
    assert [p.name for p in (tmp_path / "deep").rglob("*") if p.name.startswith(".")] == []


@pytest.mark.parametrize("step", list(range(8)))
def test_of_a_new_folder_all_files_appear_or_none(tmp_path, monkeypatch, step):
    with monkeypatch.context() as patch, contextlib.suppress(Killed):
        killed_at(step, patch)
        write_set(tmp_path / "set", OLD)
    assert visible(tmp_path / "set") in ({}, OLD)


@pytest.mark.parametrize("step", list(range(15)))
def test_files_of_two_writers_are_never_seen_together(tmp_path, monkeypatch, step):
    folder = tmp_path / "set"
    write_set(folder, OLD)
    (folder / "other.txt").write_text("of somebody else")
    with monkeypatch.context() as patch, contextlib.suppress(Killed):
        killed_at(step, patch)
        write_set(folder, NEW)
    found = visible(folder)
    assert found.pop("other.txt") == "of somebody else"
    assert len({text[:3] for text in found.values()}) == 1
    assert "metrics.prom" in found
    if "report.json" in found:
        assert len(found) == 3
    write_set(folder, OLD)
    assert visible(folder) == {**OLD, "other.txt": "of somebody else"}


@pytest.mark.parametrize("there", [False, True])
@pytest.mark.parametrize("full_at", [0, 1, 2])
def test_a_full_disk_changes_nothing(tmp_path, monkeypatch, there, full_at):
    folder = tmp_path / "set"
    if there:
        write_set(folder, OLD)
    written = []
    original = pathlib.Path.write_bytes

    def write(path, content):
        if len(written) == full_at:
            original(path, content[:2])
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        written.append(path)
        return original(path, content)

    monkeypatch.setattr(pathlib.Path, "write_bytes", write)
    with pytest.raises(OSError, match="No space left"):
        write_set(folder, NEW)
    assert visible(folder) == (OLD if there else {})
    assert [p for p in tmp_path.rglob("*") if p.name.startswith(".")] == []


def test_a_folder_that_others_hold_stays_the_same_one(tmp_path):
    for before in ({}, OLD):
        folder = tmp_path / f"holds-{len(before)}"
        folder.mkdir()
        if before:
            write_set(folder, before)
        held = folder.stat().st_ino
        write_set(folder, NEW)
        assert folder.stat().st_ino == held


def test_where_folders_cannot_be_renamed_files_are(tmp_path, monkeypatch):
    def refuse(self, target):
        raise OSError(errno.EMFILE, "too many objects")

    monkeypatch.setattr(pathlib.Path, "rename", refuse)
    write_set(tmp_path / "set", OLD)
    assert visible(tmp_path / "set") == OLD

"""Temporary files go with their owner, and those of a killed one with the next command."""

import os
import pathlib
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import pytest

from skewgate.core import temporary
from skewgate.core.errors import InputError
from skewgate.storage import atomic


@pytest.fixture(autouse=True)
def fresh(monkeypatch):
    """Each test looks into its folders as a new process does."""
    monkeypatch.setattr(temporary, "_looked_into", set())


def left_in(folder):
    return [each for each in pathlib.Path(folder).iterdir() if temporary._NAME.fullmatch(each.name)]


def dead_process():
    """Returns the number of a process that has ended."""
    child = os.fork()
    if not child:
        os._exit(0)
    os.waitpid(child, 0)
    return child


def named(machine=None, owner=None, start=None):
    machine = machine or temporary._machine()
    owner = owner or os.getpid()
    start = temporary._start(os.getpid()) if start is None else start
    return f".skewgate-tmp-{machine}-{owner}-{start}-0123abcd"


def test_what_the_dead_left_goes_and_the_rest_stays(tmp_path):
    dead, reused = named(owner=dead_process()), named(start=1)
    for name in (dead, reused):
        (tmp_path / name).mkdir()
        (tmp_path / name / "half").write_text("half")
    stays = [named(), named(machine="feedbeef"), ".0123456789abcdef", "skewgate-tmp-mine", "data"]
    for name in stays:
        (tmp_path / name).write_text("")
    temporary.path_in(tmp_path)
    assert sorted(each.name for each in tmp_path.iterdir()) == sorted(stays)


def test_what_a_process_elsewhere_left_goes_when_nothing_in_it_has_changed_for_days(tmp_path):
    old, busy = tmp_path / named(machine="feedbeef"), tmp_path / named(machine="feedbeef", owner=7)
    for folder in (old, busy):
        folder.mkdir()
        (folder / "file").write_text("")
    long_ago = time.time() - temporary.OLDEST - 60
    for path in (old / "file", old, busy):
        os.utime(path, (long_ago, long_ago))
    assert temporary.remove_dead(tmp_path) == [old]
    assert (busy / "file").exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="needs several users")
def test_in_a_folder_for_all_users_that_of_others_is_left_alone(tmp_path):
    tmp_path.chmod(0o1777)
    path = tmp_path / named(owner=dead_process())
    path.write_text("")
    os.chown(path, 65534, 65534)
    assert temporary.remove_dead(tmp_path) == []
    tmp_path.chmod(0o755)
    assert temporary.remove_dead(tmp_path) == [path]


def test_a_link_is_removed_and_what_it_leads_to_stays(tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "rows").write_text("")
    (tmp_path / named(owner=dead_process())).symlink_to(tmp_path / "data")
    temporary.remove_dead(tmp_path)
    assert [each.name for each in tmp_path.iterdir()] == ["data"]
    assert (tmp_path / "data" / "rows").exists()


def test_a_folder_that_cannot_be_read_is_left(tmp_path):
    assert temporary.remove_dead(tmp_path / "absent") == []
    assert temporary.path_in(tmp_path / "absent").parent == tmp_path / "absent"


def test_a_folder_is_there_as_long_as_it_is_used():
    with temporary.folder() as folder:
        (folder / "file").write_text("")
        assert folder.stat().st_mode & 0o777 == 0o700
    assert not folder.exists()


def test_without_any_folder_for_temporary_files_one_sentence_says_so(monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", "/proc/nothing")
    monkeypatch.setattr(temporary, "_own_folders", {})  # of tests before this one
    with pytest.raises(InputError, match=r"TMPDIR: names no folder .* Fix: set it to one"):
        temporary.use_own_folder()


USES = """
import os, subprocess, sys, tempfile, time
from skewgate.core import temporary
folder = temporary.use_own_folder()
assert temporary.use_own_folder() == folder
for _ in range(20):
    tempfile.mkdtemp()
subprocess.run(["sh", "-c", "mktemp -d"], check=True, stdout=subprocess.DEVNULL)
if not os.fork():
    sys.exit(0)  # what ends a forked process removes nothing
os.wait()
assert len(os.listdir(folder)) == 21
print("made", flush=True)
if "wait" in sys.argv:
    time.sleep(60)
"""


def start(folder, *words):
    return subprocess.Popen(
        [sys.executable, "-c", USES, *words],
        env={**os.environ, "TMPDIR": str(folder)},
        stdout=subprocess.PIPE,
    )


def test_a_process_takes_all_its_temporary_folders_with_it(tmp_path):
    with start(tmp_path) as process:
        process.communicate(timeout=60)
    assert process.returncode == 0
    assert list(tmp_path.iterdir()) == []


def test_the_next_process_removes_those_of_one_that_was_killed_and_of_no_other(tmp_path):
    with start(tmp_path, "wait") as killed, start(tmp_path, "wait") as living:
        for process in (killed, living):
            assert process.stdout.readline() == b"made\n"
        killed.send_signal(signal.SIGKILL)
        killed.wait()
        assert len(left_in(tmp_path)) == 2
        with start(tmp_path) as following:
            following.communicate(timeout=60)
        [left] = left_in(tmp_path)
        assert f"-{living.pid}-" in left.name
        living.kill()


def write_for_ever(folder):
    for number in range(10**9):
        atomic.write_atomically(folder / "file", f"{number:08d}" * 20_000)
        atomic.write_set(folder / "set", {"a": f"{number:08d}" * 20_000, "b": "b"})
        atomic.write_set(folder / f"new-{number % 3}", {"a": "a" * 100_000, "b": "b"})
        shutil.rmtree(folder / f"new-{number % 3}")


def test_writers_killed_at_any_moment_leave_nothing_behind_the_next_write(tmp_path):
    dice, seen = random.Random(18), 0
    for _ in range(25):
        child = os.fork()
        if not child:
            write_for_ever(tmp_path)
        time.sleep(dice.uniform(0.005, 0.05))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        places = [each for each in (tmp_path, tmp_path / "set") if each.exists()]
        seen += sum(len(left_in(place)) for place in places)
        temporary._looked_into.clear()
        atomic.write_atomically(tmp_path / "file", "whole")
        atomic.write_set(tmp_path / "set", {"a": "a", "b": "b"})
        assert left_in(tmp_path) == left_in(tmp_path / "set") == []
        assert (tmp_path / "file").read_text() == "whole"
    assert seen

"""Runs of one pipeline in one root take turns, and a killed run stops nobody."""

from __future__ import annotations

import errno
import fcntl
import os
import re
import signal
import subprocess
import sys
import threading

import pytest

from skewgate.core.errors import InputError
from skewgate.pipeline import turns

HOLDER = """
import os, sys, time
from skewgate.pipeline import turns
with turns.turn(sys.argv[1], "taxi-training", "first"):
    if len(sys.argv) > 2 and os.fork() == 0:  # which tells of itself once it has begun
        print("held", os.getpid(), flush=True)
        time.sleep(600)
    if len(sys.argv) == 2:
        print("held", None, flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def holder(tmp_path):
    """Starts a process that has its turn until its input ends; gives it when it has it."""
    started = []

    def start(*options):
        process = subprocess.Popen(
            [sys.executable, "-c", HOLDER, str(tmp_path), *options],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        (held, forked) = process.stdout.readline().split()
        assert held == "held"
        return (process, int(forked)) if options else process

    yield start
    for process in started:
        process.kill()
        process.wait()
        process.stdin.close()
        process.stdout.close()


def take(root, name="taxi-training", run_id="second", waiting=None):
    with turns.turn(str(root), name, run_id, waiting):
        return True


def test_the_second_is_refused_in_one_sentence_that_names_the_first(tmp_path, holder):
    process = holder()
    with pytest.raises(InputError) as refused:
        take(tmp_path)
    assert re.fullmatch(
        rf"taxi-training: run first \(process {process.pid} on \S+, since 20\S+Z\) is already "
        r"working in the same root\. Fix: wait until it ends, or give --wait\.",
        str(refused.value),
    )
    assert refused.value.exit_code == 2
    process.stdin.close()
    process.wait()
    assert take(tmp_path)


def test_other_pipelines_other_names_and_other_roots_do_not_wait(tmp_path, holder):
    holder()
    for name in ("taxi-monitoring", "taxi2-training", "axi-training"):
        assert take(tmp_path, name)
    assert take(tmp_path / "other")


def test_who_waits_is_told_for_whom_and_gets_its_turn_when_the_other_ends(tmp_path, holder):
    process = holder()
    told = []

    def waiting(owner):
        told.append(owner)
        process.stdin.close()  # which ends the other

    assert take(tmp_path, waiting=waiting)
    (owner,) = told
    assert owner.startswith(f"run first (process {process.pid} on ")
    assert process.wait() == 0


def test_a_killed_run_stops_nobody(tmp_path, holder):
    process = holder()
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert take(tmp_path)


def test_a_process_that_a_killed_run_has_forked_stops_nobody(tmp_path, holder):
    process, orphan = holder("forks")
    process.send_signal(signal.SIGKILL)
    process.wait()
    try:
        assert take(tmp_path)
    finally:
        os.kill(orphan, signal.SIGKILL)


def test_threads_of_one_process_take_turns_too(tmp_path):
    entered = threading.Event()
    with turns.turn(str(tmp_path), "taxi-training", "first"):
        with pytest.raises(InputError, match=r"run first .* is already working"):
            take(tmp_path)
        waits = threading.Thread(
            target=lambda: (take(tmp_path, waiting=lambda owner: None), entered.set())
        )
        waits.start()
        assert not entered.is_set()
    waits.join()
    assert entered.is_set()


def test_a_run_that_raises_gives_its_turn_back(tmp_path):
    with pytest.raises(ZeroDivisionError), turns.turn(str(tmp_path), "taxi-training", "first"):
        raise ZeroDivisionError
    assert take(tmp_path)


@pytest.mark.parametrize("content", [b"", b"\xff\xfe rubbish", b"run of long ago" * 999])
def test_what_stands_in_the_file_locks_nothing(tmp_path, content):
    path = tmp_path / turns.FOLDER / "taxi-training.lock"
    path.parent.mkdir()
    path.write_bytes(content)
    assert take(tmp_path)
    assert path.read_text().startswith("run second (process ")


def test_a_file_system_without_locks_is_refused_and_not_trusted(tmp_path, monkeypatch):
    def refuse(descriptor, operation):
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(fcntl, "flock", refuse)
    message = r"taxi-training\.lock: cannot be locked: No locks available\. Fix: put `root` on a"
    with pytest.raises(InputError, match=message):
        take(tmp_path)


def test_a_root_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / turns.FOLDER).write_text("a file is in the way")
    with pytest.raises(InputError, match=r"taxi-training\.lock: cannot be made: "):
        take(tmp_path)

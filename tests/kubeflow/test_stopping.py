"""Signals: the task that runs is ended, nothing new begins, and the record says so."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time

import pytest

from skewgate.cli import main
from skewgate.kubeflow.local import launcher, spec, stopping

PUSHES = """
import os, signal, time
{heed}
for _ in range({times}):
    with open({pushed!r}, "a") as stream:
        stream.write("x")
    time.sleep(0.02)
open({ended!r}, "w").close()
"""
"""A container that pushes on and on, for a while."""
HEEDS_NOT = "signal.signal(signal.SIGTERM, signal.SIG_IGN)"
LEAVES_A_CHILD = "os.fork()"


def pushing(tmp_path, heed="", times=1000):
    places = {name: str(tmp_path / name) for name in ("pushed", "ended")}
    return PUSHES.format(heed=heed, times=times, **places)


def still_pushing(tmp_path):
    before = (tmp_path / "pushed").stat().st_size
    time.sleep(0.2)
    return (tmp_path / "pushed").stat().st_size > before


@contextlib.contextmanager
def sending(path, *signals):
    """Sends signals to this process, one after the other, from when a file is there."""

    def send():
        while not path.exists():
            time.sleep(0.01)
        for each in signals:
            os.kill(os.getpid(), each)
            time.sleep(0.3)

    thread = threading.Thread(target=send)
    thread.start()
    yield
    thread.join()


@pytest.fixture
def stopped(pipeline, tmp_path):
    """Runs a pipeline whose first task pushes, and stops it as soon as that does."""

    def run(*signals, heed=""):
        pipeline.add("push", code=pushing(tmp_path, heed))
        pipeline.add("tell", after=("push",))
        loaded = spec.load(pipeline.write(tmp_path / "a.yaml"))
        found = launcher.Launcher(loaded, tmp_path / "out", {}, progress=lambda *_: None)
        with sending(tmp_path / "pushed", *signals), pytest.raises(stopping.StoppedError) as raised:
            found.run()
        return found, str(raised.value)

    return run


@pytest.fixture(autouse=True)
def nothing_is_ignored():
    """What a shell started in the background ignores SIGINT, and what nohup started SIGHUP."""
    usual = {signal.SIGINT: signal.default_int_handler, signal.SIGHUP: signal.SIG_DFL}
    before = {number: signal.signal(number, handler) for number, handler in usual.items()}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_ends_the_task_and_what_would_come_after_it(stopped, tmp_path, number):
    before = signal.getsignal(number)
    run, said = stopped(number)
    assert said == f"stopped by {number.name}"
    assert not still_pushing(tmp_path)
    assert signal.getsignal(number) is before
    kept = json.loads((run.run_folder / "run.json").read_text())["tasks"]
    assert {name: (each["state"], each["message"]) for name, each in kept.items()} == {
        "push": ("FAILED", said),
        "tell": ("SKIPPED", said),
    }


def test_a_task_that_heeds_no_signal_is_killed_after_the_time_of_grace(
    stopped, tmp_path, monkeypatch
):
    monkeypatch.setattr(stopping, "GRACE", 0.4)
    stopped(signal.SIGTERM, heed=HEEDS_NOT)
    assert not still_pushing(tmp_path)
    assert not (tmp_path / "ended").exists()


def test_a_second_signal_ends_the_time_of_grace(stopped, tmp_path, monkeypatch):
    monkeypatch.setattr(stopping, "GRACE", 600)
    stopped(signal.SIGTERM, signal.SIGINT, heed=HEEDS_NOT)
    assert not still_pushing(tmp_path)
    assert not (tmp_path / "ended").exists()


def test_processes_that_the_task_started_end_too(stopped, tmp_path):
    stopped(signal.SIGTERM, heed=LEAVES_A_CHILD)
    assert not still_pushing(tmp_path)


def test_a_task_does_not_outlive_a_launcher_that_was_killed(tmp_path):
    code = f"""
import subprocess, sys
from skewgate.kubeflow.local import stopping
words = [sys.executable, "-c", {pushing(tmp_path)!r}]
stopping.Stop().wait(subprocess.Popen(words, start_new_session=True))
"""
    with subprocess.Popen([sys.executable, "-c", code]) as waiting:
        while not (tmp_path / "pushed").exists():
            time.sleep(0.01)
        time.sleep(0.3)  # until it is guarded
        waiting.kill()
    time.sleep(0.3)
    assert not still_pushing(tmp_path)
    assert not (tmp_path / "ended").exists()


def test_a_wait_between_attempts_is_cut_short(pipeline, tmp_path):
    policy = {"maxRetryCount": 1, "backoffDuration": "600s"}
    pipeline.add("a", code=pushing(tmp_path, times=1) + "1 / 0", retryPolicy=policy)
    loaded = spec.load(pipeline.write(tmp_path / "a.yaml"))
    found = launcher.Launcher(loaded, tmp_path / "out", {}, progress=lambda *_: None)
    with sending(tmp_path / "ended", signal.SIGTERM), pytest.raises(stopping.StoppedError):
        found.run()


def test_a_signal_that_is_not_heeded_stays_so(pipeline, tmp_path):
    """As under nohup."""
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with stopping.Stop().listening():
            assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)


def test_in_another_thread_a_run_hears_no_signals(pipeline, tmp_path):
    before, found = signal.getsignal(signal.SIGTERM), []

    def listen():
        with stopping.Stop().listening():
            found.append(signal.getsignal(signal.SIGTERM))

    thread = threading.Thread(target=listen)
    thread.start()
    thread.join()
    assert found == [before]


def test_the_command_says_in_one_sentence_what_stopped_it(pipeline, tmp_path, capsys):
    pipeline.add("push", code=pushing(tmp_path))
    path, root = pipeline.write(tmp_path / "a.yaml"), str(tmp_path / "out")
    with sending(tmp_path / "pushed", signal.SIGTERM):
        assert main.main(["run", "--from-spec", path, "--root", root]) == 2
    assert capsys.readouterr().err == "skewgate: made: stopped by SIGTERM\n"
    assert not still_pushing(tmp_path)

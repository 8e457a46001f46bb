"""Signals: the task that runs is ended, nothing new begins, and the record says so."""

from __future__ import annotations

import json
import os
import signal
import threading
import time

import pytest

from skewgate.cli import main
from skewgate.kubeflow.local import launcher, spec, stopping

PUSHES = """
import os, signal, sys, time
{heed}
print("skewgate: has begun", flush=True)
open({begun!r}, "w").close()
time.sleep({long})
open({pushed!r}, "w").close()
"""
HEEDS_NOT = "signal.signal(signal.SIGTERM, signal.SIG_IGN)"
LEAVES_A_CHILD = "os.fork()"


@pytest.fixture
def slow(pipeline, tmp_path):
    """A pipeline whose first task pushes late, and a run of it that is stopped as that begins."""

    def run(heed="", long=0.8, signals=(signal.SIGTERM,)):
        places = {name: str(tmp_path / name) for name in ("begun", "pushed")}
        pipeline.add("push", code=PUSHES.format(heed=heed, long=long, **places))
        pipeline.add("tell", after=("push",))
        loaded = spec.load(pipeline.write(tmp_path / "a.yaml"))
        found = launcher.Launcher(loaded, tmp_path / "out", {}, progress=lambda *_: None)
        stopper = threading.Thread(target=_send, args=(tmp_path / "begun", signals))
        stopper.start()
        try:
            with pytest.raises(stopping.StoppedError) as raised:
                found.run()
        finally:
            stopper.join()
        return found, str(raised.value)

    return run


def _send(begun, signals):
    while not begun.exists():
        time.sleep(0.01)
    for each in signals:
        os.kill(os.getpid(), each)
        time.sleep(0.3)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_ends_the_task_and_what_would_come_after_it(slow, tmp_path, number):
    before = signal.getsignal(number)
    run, said = slow(signals=(number,))
    assert said == f"stopped by {number.name}"
    assert signal.getsignal(number) is before
    kept = json.loads((run.run_folder / "run.json").read_text())["tasks"]
    assert {name: (each["state"], each["message"]) for name, each in kept.items()} == {
        "push": ("FAILED", said),
        "tell": ("SKIPPED", said),
    }
    time.sleep(0.9)
    assert not (tmp_path / "pushed").exists()


def test_a_task_that_heeds_no_signal_is_killed_after_the_time_of_grace(slow, tmp_path, monkeypatch):
    monkeypatch.setattr(stopping, "GRACE", 0.4)
    slow(heed=HEEDS_NOT, long=1.2)
    time.sleep(1.0)
    assert not (tmp_path / "pushed").exists()


def test_a_second_signal_ends_the_time_of_grace(slow, tmp_path):
    slow(heed=HEEDS_NOT, long=3, signals=(signal.SIGTERM, signal.SIGINT))
    assert not (tmp_path / "pushed").exists()


def test_processes_that_the_task_started_end_too(slow, tmp_path):
    slow(heed=LEAVES_A_CHILD)
    time.sleep(0.9)
    assert not (tmp_path / "pushed").exists()


def test_a_wait_between_attempts_is_cut_short(pipeline, tmp_path):
    place = str(tmp_path / "begun")
    policy = {"maxRetryCount": 1, "backoffDuration": "60s"}
    pipeline.add("a", code=f"open({place!r}, 'w').close(); 1 / 0", retryPolicy=policy)
    loaded = spec.load(pipeline.write(tmp_path / "a.yaml"))
    found = launcher.Launcher(loaded, tmp_path / "out", {}, progress=lambda *_: None)
    stopper = threading.Thread(target=_send, args=(tmp_path / "begun", [signal.SIGTERM]))
    stopper.start()
    with pytest.raises(stopping.StoppedError):
        found.run()
    stopper.join()


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
    places = {name: str(tmp_path / name) for name in ("begun", "pushed")}
    pipeline.add("push", code=PUSHES.format(heed="", long=20, **places))
    path, root = pipeline.write(tmp_path / "a.yaml"), str(tmp_path / "out")
    stopper = threading.Thread(target=_send, args=(tmp_path / "begun", [signal.SIGTERM]))
    stopper.start()
    assert main.main(["run", "--from-spec", path, "--root", root]) == 2
    stopper.join()
    assert capsys.readouterr().err == "skewgate: made: stopped by SIGTERM\n"

"""Each instrument finds the fault that it is for in a program that has it."""

from __future__ import annotations

import os
import pathlib
import signal
import sys
import time

import pytest

from tests.faults import accesses, jobs, table, trees
from tests.faults.jobs import Job, Place

pytestmark = pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")


def found(tmp_path, program, words=("drift",), expected=(), **how):
    """Returns the kinds of faults that a job finds in a program."""

    def work(place: Place) -> None:
        place.judge(place.run(*words, program=program, addresses=False, **how), memory=None)
        place.look(expected)

    result = jobs.run(Job("inputs", "drift", "planted", work), tmp_path, tmp_path, seed=1)
    return {fault.split(":")[0] for fault in result["faults"]}


def say(text, code):
    sys.stderr.write(text)
    sys.exit(code)


def test_a_good_program_has_no_fault(tmp_path):
    assert found(tmp_path, lambda: None) == set()
    assert found(tmp_path, lambda: say("skewgate: x: is no file. Fix: y.\n", 2)) == set()
    assert found(tmp_path, lambda: say("fare: fail\n", 1)) == set()
    assert list(tmp_path.rglob("*")) == []  # and the job leaves nothing


def crash():
    os.kill(os.getpid(), signal.SIGKILL)


def raise_error():
    raise ValueError("planted")


def traceback_and_code_of_an_error():
    say("Traceback (most recent call last):\nskewgate: stopped.\n", 2)


def compute():
    while True:
        pass


def leave_a_process():
    if not os.fork():
        time.sleep(60)


def leave_a_hidden_file():
    pathlib.Path(f".{'0f' * 8}").write_text("half")


def leave_in_tmpdir():
    pathlib.Path(os.environ["TMPDIR"], "skewgate-x").mkdir()


def leave_a_result():
    pathlib.Path("out.pb").write_text("half")


@pytest.mark.parametrize(
    ("program", "kinds", "how"),
    [
        (raise_error, {"traceback", "exit code"}, {}),
        (traceback_and_code_of_an_error, {"traceback"}, {}),
        (lambda: sys.exit(1), {"exit code"}, {}),
        (lambda: sys.exit(7), {"exit code"}, {}),
        (crash, {"signal"}, {}),
        (compute, {"hang"}, {"cpu": 1}),
        (lambda: time.sleep(60), {"hang"}, {"wall": 0.2}),
        (lambda: sys.exit(2), {"message"}, {}),
        (lambda: say("skewgate: one.\nskewgate: two.\n", 2), {"message"}, {}),
        (lambda: say("skewgate: \x1b[2J: is no file.\n", 2), {"control character"}, {}),
        (leave_a_process, {"process"}, {}),
        (leave_a_hidden_file, {"temporary file"}, {}),
        (leave_in_tmpdir, {"temporary file"}, {}),
        (leave_a_result, {"left over"}, {}),
    ],
)
def test_a_planted_fault_is_found(tmp_path, program, kinds, how):
    assert found(tmp_path, program, **how) == kinds


def test_memory_is_measured(tmp_path):
    def work(place: Place) -> None:
        ended = place.run("drift", program=lambda: len(bytes(1) * (1 << 28)), addresses=False)
        place.judge(ended, memory=1 << 28)

    result = jobs.run(Job("inputs", "drift", "planted", work), tmp_path, tmp_path, seed=1)
    assert [fault.split(":")[0] for fault in result["faults"]] == ["memory"]
    assert pathlib.Path(result["folder"]).is_dir()  # to look into


def test_a_job_that_breaks_is_a_fault(tmp_path):
    result = jobs.run(Job("kills", "drift", "x", lambda place: 1 // 0), tmp_path, tmp_path, seed=1)
    assert "ZeroDivisionError" in result["faults"][0]


def write_three():
    for number in range(3):
        pathlib.Path(f"file-{number}").write_text("whole")


@pytest.mark.parametrize("at", [1, 2, 3])
def test_a_program_is_killed_at_the_write_that_was_chosen(tmp_path, at):
    def work(place: Place) -> None:
        counted = place.folder / "count"
        place.run("drift", program=write_three, before=lambda: accesses.count_writes(counted))
        assert counted.stat().st_size == 3
        for path in place.folder.iterdir():
            path.unlink()
        ended = place.run(
            "drift", program=write_three, before=lambda: accesses.kill_at_write(at, 0.0)
        )
        assert ended.code == -signal.SIGKILL
        assert len(list(place.folder.iterdir())) == at - 1

    job = Job("kills", "drift", "x", work)
    assert jobs.run(job, tmp_path, tmp_path, seed=1)["faults"] == []


def test_files_of_no_run_and_of_two_are_told_from_a_part_of_one():
    old, new = ({"a": side + b"a", "b": side + b"b"} for side in (b"old", b"new"))
    assert trees.mixed({}, [old, new]) is None
    assert trees.mixed(new, [old, new]) is None
    assert trees.mixed({"a": new["a"]}, [old, new]) is None
    assert trees.mixed({"a": b"ne"}, [old, new]) == "half-written: a"
    assert trees.mixed({"a": old["a"], "b": new["b"]}, [old, new]) == (
        "mixed: a, b are of several runs"
    )


def test_the_table_names_each_fault_once_and_how_to_run_its_job():
    call = {"code": 1, "seconds": 2.5, "memory": 5 << 20, "unexpected": None}
    good = {"id": "inputs/drift/a", "kind": "inputs", "command": "drift", "faults": [], "notes": []}
    bad = {**good, "id": "inputs/drift/b", "faults": ["hang: no end"], "said": ["last words"]}
    lines = table.render(
        [{**good, "calls": [call]}, {**bad, "calls": [call]}],
        seed=3,
        share=0.5,
        at_once=2,
        seconds=60.0,
    ).splitlines()
    assert [line.split() for line in lines if line.startswith("inputs")] == [
        ["inputs", "drift", "2", "0", "2", "0", "0", "0", "0", "1", "2.5", "s", "5", "MB"]
    ]
    assert "1 x drift: hang: no end" in lines
    assert any(line.endswith("--only inputs/drift/b") for line in lines)
    assert "    | last words" in lines

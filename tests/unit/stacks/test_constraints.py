"""The files that the wheel brings so that pip finds TFX's packages at once."""

from __future__ import annotations

import pathlib
import subprocess
import sys

import pytest
from packaging.requirements import Requirement

from skewgate.stacks import constraints, fitting


def ask(capsys, monkeypatch, wanted=""):
    from skewgate.stacks import __main__

    monkeypatch.setenv("SKEWGATE_STACK", wanted)
    code = __main__.main()
    captured = capsys.readouterr()
    return code, captured.out, captured.err


@pytest.mark.parametrize("stack", fitting.STACKS)
def test_every_stack_has_one_version_of_each_package_and_no_hashes(stack):
    lines = (constraints.FOLDER / f"{stack}.txt").read_text().splitlines()
    pins = [Requirement(line) for line in lines if not line.startswith("#")]
    assert {"tfx", "apache-beam", "kfp", "protobuf"} <= {pin.name for pin in pins}
    assert [str(pin) for pin in pins if [each.operator for each in pin.specifier] != ["=="]] == []


def test_the_module_prints_the_file_for_this_machine(capsys, monkeypatch):
    monkeypatch.setattr(fitting, "selected", lambda wanted="": wanted or "tfx121")
    code, said, _ = ask(capsys, monkeypatch)
    assert (code, said) == (0, f"{constraints.FOLDER / 'tfx121.txt'}\n")
    assert ask(capsys, monkeypatch, "tfx116")[1] == f"{constraints.FOLDER / 'tfx116.txt'}\n"


def test_where_none_fits_it_says_what_would(capsys, monkeypatch):
    monkeypatch.setattr(fitting, "selected", lambda wanted="": "")
    code, printed, said = ask(capsys, monkeypatch)
    assert (code, printed) == (2, "")
    assert said.startswith(f"skewgate: {fitting.this_machine()} fits no supported stack of TFX.")
    assert "(SKEWGATE_STACK=tfx116)" in ask(capsys, monkeypatch, "tfx116")[2]


def test_an_unknown_stack_lists_the_known_ones(capsys, monkeypatch):
    code, _, said = ask(capsys, monkeypatch, "tfx2")
    assert (code, said) == (
        2,
        "skewgate: SKEWGATE_STACK must be one of tfx121, tfx116, got 'tfx2'.\n",
    )


def test_it_answers_before_anything_else_is_installed():
    code = (
        "import runpy, sys\n"
        "try: runpy.run_module('skewgate.stacks', run_name='__main__')\n"
        "except SystemExit as ended: assert ended.code in (0, 2)\n"
        "loaded = {name.split('.')[0] for name in sys.modules} - set(sys.stdlib_module_names)\n"
        "sys.stderr.write(','.join(n for n in loaded if not n.startswith('_')))"
    )
    ended = subprocess.run(
        [sys.executable, "-S", "-c", code],
        cwd=pathlib.Path(constraints.__file__).parents[2],
        capture_output=True,
        text=True,
        check=True,
    )
    assert ended.stderr.rpartition("\n")[2] == "skewgate"

"""Whether a command works is told by what it imports."""

import dataclasses

import pytest

from skewgate.cli.health import commands
from skewgate.cli.parser import build_parser
from tests.faults import cases

WITHOUT_MODULES = {"completion", "doctor", "schedule window"}


def test_every_command_is_looked_at():
    told = {name for command in commands.COMMANDS for name in command.names}
    assert told == set(cases.commands(build_parser())) - WITHOUT_MODULES


def test_a_module_that_is_not_there_is_named():
    command = dataclasses.replace(commands.COMMANDS[0], modules=("json", "nowhere", "no.where"))
    assert command.missing == ["nowhere", "no.where"]


def test_a_small_comparison_works_here():
    assert commands.core_works() is None


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("raise ImportError('libx.so: no such file.')", "does not load: ImportError: libx.so: no"),
        ("import os; os.kill(os.getpid(), 11)", "crashes while it loads (signal 11)"),
        ("raise SystemExit(7)", "does not load: without a word"),
    ],
)
def test_what_does_not_load_is_told_by_its_last_words(line, said, tmp_path, monkeypatch):
    (tmp_path / "broken_module.py").write_text(line)
    monkeypatch.syspath_prepend(str(tmp_path))
    command = commands.Command(("run",), ("broken_module",), "tfx")
    assert command.missing == []
    problem = commands.imports(command)
    assert problem is not None
    assert problem.where == "skewgate run"
    assert said in problem.problem


def test_what_loads_is_no_problem():
    assert commands.imports(commands.Command(("run",), ("json", "csv"))) is None

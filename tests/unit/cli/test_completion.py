"""Shells complete commands, options, values and files: tried in bash, zsh and fish themselves."""

import importlib.util
import os
import pathlib
import pty
import re
import select
import shutil
import subprocess
import time

import pytest

from skewgate.cli import completion
from skewgate.cli.main import main

ROOT = pathlib.Path(__file__).parents[3]
_SPEC = importlib.util.spec_from_file_location("completions", ROOT / "scripts" / "completions.py")
completions = importlib.util.module_from_spec(_SPEC)
MOST_SECONDS = 60
TYPED = {
    "a command": ("skewgate prof", "skewgate profile"),
    "a command below a command": ("skewgate schema inf", "skewgate schema infer"),
    "an option": ("skewgate drift a b --conf", "skewgate drift a b --config"),
    "a value": ("skewgate compile training --target ver", "--target vertex"),
    "a value in a place": ("skewgate completion fi", "skewgate completion fish"),
    "a file in a place": ("skewgate drift last_w", "skewgate drift last_week.csv"),
    "a file of an option": ("skewgate drift a b --schema sch", "--schema schema.pbtxt"),
    "a folder": ("skewgate drift a b --out rep", "--out reports"),
    "a second file": ("skewgate drift last_week.csv this_w", "last_week.csv this_week.csv"),
}
STARTS = {
    "bash": (["bash", "--norc", "--noprofile", "-i"], "PS1='> '; source {script}\n"),
    "zsh": (
        ["zsh", "-f", "-i"],
        "PS1='> '; unsetopt beep prompt_sp; fpath=({folder} $fpath); "
        "autoload -Uz compinit; compinit -u -D\n",
    ),
}


@pytest.fixture(params=completion.SHELLS)
def shell(request):
    if shutil.which(request.param) is None:
        pytest.skip(f"{request.param} is not installed")
    return request.param


@pytest.fixture
def folder(tmp_path):
    for name in ("last_week.csv", "this_week.csv", "schema.pbtxt"):
        (tmp_path / name).write_text("")
    (tmp_path / "reports").mkdir()
    return tmp_path


def completed(shell, script, typed, folder):
    """Returns what a shell makes of what was typed before a tab."""
    environment = {**os.environ, "TERM": "dumb", "HOME": str(folder), "LC_ALL": "C.UTF-8"}
    if shell == "fish":
        code = f"source {script}; complete --do-complete '{typed}'"
        command = ["fish", "--no-config", "-c", code]
        done = subprocess.run(
            command, cwd=folder, env=environment, capture_output=True, text=True, check=True
        )
        before = typed.rpartition(" ")[0]
        return [f"{before} {line.split(chr(9))[0]}" for line in done.stdout.splitlines()]
    command, start = STARTS[shell]
    shutil.copy(script, folder / f"_{script.stem}")  # where zsh finds it
    process, terminal = pty.fork()
    if process == 0:
        os.chdir(folder)
        os.execvpe(command[0], command, environment)
    try:
        os.write(terminal, start.format(script=script, folder=folder).encode())
        os.write(terminal, b"echo rea''dy\n")
        _read_until(terminal, r"ready\s[^>]*> \S*$")  # before that the terminal itself echoes
        os.write(terminal, f"{typed}\t#end\n".encode())
        shown = _read_until(terminal, "#end")
    finally:
        os.close(terminal)
        os.kill(process, 9)
        os.waitpid(process, 0)
    return [shown]


def _read_until(terminal, pattern):
    """Returns what a terminal shows up to a pattern."""
    shown, end = "", time.monotonic() + MOST_SECONDS
    while not re.search(pattern, shown):
        ready, _, _ = select.select([terminal], [], [], end - time.monotonic())
        assert ready, f"no {pattern!r} in {shown!r}"
        shown += os.read(terminal, 65536).decode("utf-8", "replace")
    return shown


@pytest.mark.parametrize("what", TYPED)
def test_a_shell_completes(shell, what, folder, tmp_path):
    typed, expected = TYPED[what]
    found = completed(shell, completion.FOLDER / f"skewgate.{shell}", typed, folder)
    assert any(expected in line for line in found), found


def test_a_script_is_printed_as_it_is_in_the_package(shell, capsys):
    assert main(["completion", shell]) == 0
    assert capsys.readouterr().out == (completion.FOLDER / f"skewgate.{shell}").read_text("utf-8")


def test_the_scripts_are_those_of_the_parser(capsys):
    pytest.importorskip("shtab")
    _SPEC.loader.exec_module(completions)
    assert completions.main(["--check"]) == 0, capsys.readouterr().out


def test_another_shell_is_a_usage_error(capsys):
    with pytest.raises(SystemExit, match="2"):
        main(["completion", "tcsh"])
    assert "invalid choice: 'tcsh'" in capsys.readouterr().err

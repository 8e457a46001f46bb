"""Writes what makes shells complete `skewgate`: `make schemas`.

shtab makes the scripts of the parser of the command line. They lie in the package, so that whoever
installs it needs no shtab.
"""

from __future__ import annotations

import argparse
import pathlib
import sys
from collections.abc import Iterator, Sequence

import shtab

from skewgate.cli import completion
from skewgate.cli.parser import build_parser

FOLDER = pathlib.Path(__file__).resolve().parents[1] / "skewgate" / "cli" / "completions"
FILES = ("BASELINE", "CURRENT", "DATA", "FILE", "OTHER", "SCHEMA", "SPEC", "STATS")
FOLDERS = ("DIR", "RUN_DIR")
"""How the help calls arguments that name files and folders."""


def text(shell: str) -> str:
    """Returns the script of a shell as it stands in its file."""
    parser = build_parser()
    for action in _actions(parser):
        if action.metavar in FILES:
            action.complete = shtab.FILE  # type: ignore[attr-defined]
        elif action.metavar in FOLDERS:
            action.complete = shtab.DIRECTORY  # type: ignore[attr-defined]
    made = shtab.complete(parser, shell)
    return "\n".join(line.rstrip() for line in made.strip().splitlines()) + "\n"


def _actions(parser: argparse.ArgumentParser) -> Iterator[argparse.Action]:
    """Yields the arguments of a command and of those below it."""
    for action in parser._actions:
        yield action
        if isinstance(action, argparse._SubParsersAction):
            for listed in action._choices_actions:
                below = action.choices[listed.dest]
                below.description = listed.help  # one line, as in the list of commands
                yield from _actions(below)


def main(arguments: Sequence[str] | None = None) -> int:
    """Writes every script, or with `--check` says which are not as the parser has them."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing")
    check = parser.parse_args(arguments).check
    wanted = {FOLDER / f"skewgate.{shell}": text(shell) for shell in completion.SHELLS}
    stale = [
        path
        for path, made in wanted.items()
        if not path.is_file() or path.read_text(encoding="utf-8") != made
    ]
    for path in stale:
        if check:
            name = path.relative_to(FOLDER.parents[2])
            print(f"{name} is not as the parser has it: make schemas")
        else:
            path.parent.mkdir(exist_ok=True)
            path.write_text(wanted[path], encoding="utf-8")
    return int(check and bool(stale))


if __name__ == "__main__":
    sys.exit(main())

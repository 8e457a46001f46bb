"""Runs the code of a page as its reader would, and compares what it prints with the page.

The blocks of a page run in order, in one folder that is empty at first:

- `sh`: by bash, up to the first command that fails, which none may;
- `console`: a line after `$ ` is a command, and what follows is what it prints, to both streams;
- `python`: a script, or with `>>> ` a session, which goes on in the next one;
- with `title="NAME"`: is written to the file NAME;
- of `make` targets, in any language: each must be one, and only `make demo` runs.

`...` stands for anything, in a line of its own for any number of lines. Figures of time and names
of runs change with each run, so any of them is as good (`VOLATILE`). Packages come from the
environment of the tests, and pip may not ask an index. With SKEWGATE_RENEW_GOLDEN=1 output that
differs is written into the page.
"""

from __future__ import annotations

import contextlib
import dataclasses
import doctest
import os
import pathlib
import re
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

from tests import checkouts

ROOT = checkouts.ROOT
VOLATILE = (
    (r"\b\d+\.\d+ ?s\b", "0.0 s"),  # of a step
    (r"\d{8}T\d{6}Z-[0-9a-f]{8}", "RUN"),  # of a run
    (r"(drift_report|decision)/\d+", r"\1/0"),  # ids of executions
    (r"[ \t]+$", ""),
)
"""What changes from run to run, and what stands for it."""
_BLOCK = re.compile(r"^```([\w-]*)([^\n]*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_OPTIONS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


@dataclasses.dataclass(frozen=True)
class Block:
    """A block of code.

    Attributes:
        language: the word behind the fence.
        title: the file that it is; "" if none.
        text: what stands in it.
        line: the number of its first line.
    """

    language: str
    title: str
    text: str
    line: int


def blocks(page: pathlib.Path) -> list[Block]:
    """Returns the blocks of a page in order."""
    whole = page.read_text("utf-8")
    return [
        Block(
            match[1],
            (re.findall(r'title="([^"]+)"', match[2]) or [""])[0],
            match[3],
            whole.count("\n", 0, match.start(3)) + 1,
        )
        for match in _BLOCK.finditer(whole)
    ]


class _Runner(doctest.DocTestRunner):
    """Keeps what examples of a session print in place of what they should."""

    def __init__(self, optionflags: int) -> None:
        super().__init__(optionflags=optionflags)
        self.differ: list[tuple[str, str, str]] = []

    def report_failure(
        self, out: Any, test: doctest.DocTest, example: doctest.Example, got: str
    ) -> None:
        self.differ.append((example.source, example.want, got))

    def report_unexpected_exception(
        self, out: Any, test: doctest.DocTest, example: doctest.Example, exc_info: Any
    ) -> None:
        got = (
            f"Traceback (most recent call last):\n    ...\n{exc_info[0].__name__}: {exc_info[1]}\n"
        )
        self.differ.append((example.source, example.want, got))


class Reader:
    """Goes through a page.

    Attributes:
        folder: where its code runs.
    """

    def __init__(self, page: pathlib.Path, folder: pathlib.Path) -> None:
        self.folder = folder
        self._page = page
        self._renewed = 0
        self._names: dict[str, Any] = {"__name__": "__main__"}
        tools = folder.parent / "bin"
        tools.mkdir(exist_ok=True)
        command = tools / "skewgate"
        command.write_text(f"#!{sys.executable}\nfrom skewgate.cli.main import entry\n\nentry()\n")
        command.chmod(0o755)
        programs = pathlib.Path(sys.executable).parent
        self._environment = {
            **_surroundings(),
            "COLUMNS": "80",
            "LC_ALL": "C.UTF-8",
            "NO_COLOR": "1",
            "PATH": f"{tools}:{programs}:{os.environ['PATH']}",
            "PYTHONPATH": str(ROOT),
            "PIP_NO_INDEX": "1",
            "PIP_DISABLE_PIP_VERSION_CHECK": "1",
            "PIP_ROOT_USER_ACTION": "ignore",
        }

    def follow(self) -> None:
        """Runs every block."""
        for block in blocks(self._page):
            where = f"{self._page.name}:{block.line}"
            if block.title:
                path = self.folder / block.title
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(block.text)
            elif all(line.startswith("make ") for line in block.text.splitlines()):
                for line in block.text.splitlines():
                    recipe(line.partition("#")[0])
            elif block.language == "sh":
                code, output = self._bash(f"set -e\n{block.text}")
                assert code == 0, f"{where}: {output}"
            elif block.language == "console":
                self._console(block, where)
            elif block.language == "python" and ">>> " in block.text:
                self._session(block, where)
            elif block.language == "python":
                code, output = self._run([sys.executable, "-c", block.text])
                assert code == 0, f"{where}: {output}"
            else:
                raise AssertionError(f"{where}: nobody runs a block of {block.language or 'text'}")

    def _console(self, block: Block, where: str) -> None:
        for command, expected in _commands(block.text):
            made = recipe(command) if command.startswith("make ") else command
            _, output = self._bash(made)
            if not matches(expected, output):
                self._differs(f"$ {command}\n", expected, output, where)

    def _differs(self, source: str, expected: str, output: str, where: str) -> None:
        """Writes what code printed into the page if that was asked for.

        Raises:
            AssertionError: it was not.
        """
        if os.environ.get("SKEWGATE_RENEW_GOLDEN") != "1":
            raise AssertionError(f"{where}: {source}{output}\nis not\n{expected}")
        text = self._page.read_text("utf-8")
        at = text.index(source + expected, self._renewed)
        self._renewed = at + len(source + output)
        text = text[:at] + source + output + text[at + len(source + expected) :]
        self._page.write_text(text, "utf-8")

    def _session(self, block: Block, where: str) -> None:
        test = doctest.DocTestParser().get_doctest(
            block.text, self._names, where, str(self._page), block.line - 1
        )
        runner = _Runner(optionflags=_OPTIONS)
        with _inside(self.folder):
            runner.run(test, clear_globs=False)
        self._names = test.globs
        for source, expected, output in runner.differ:
            self._differs(f">>> {source}", expected, output, where)

    def _bash(self, command: str) -> tuple[int, str]:
        return self._run(["bash", "-c", command])

    def _run(self, command: list[str]) -> tuple[int, str]:
        result = subprocess.run(
            command,
            cwd=self.folder,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        return result.returncode, result.stdout


@contextlib.contextmanager
def _inside(folder: pathlib.Path) -> Iterator[None]:
    before = pathlib.Path.cwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)


def _surroundings() -> dict[str, str]:
    """Returns the environment without what pytest, and a make around it, put there."""
    of_tools = ("PYTEST_", "MAKE", "MFLAGS")
    return {name: os.environ[name] for name in os.environ if not name.startswith(of_tools)}


def recipe(command: str) -> str:
    """Returns the last command of a make target, without what sets the environment up."""
    result = subprocess.run(
        [*command.split(), "--dry-run"],
        cwd=ROOT,
        env=_surroundings(),  # a make within another says which folder it enters
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    return result.stdout.strip().rpartition("\n")[2].replace(".venv/bin/", "")


def _commands(text: str) -> Iterator[tuple[str, str]]:
    """Yields each command of a console, and what stands below it."""
    for part in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
        command = re.match(r"(.*\\\n)*.*\n", part)
        assert command is not None
        yield command[0].rstrip("\n"), part[command.end() :]


def matches(expected: str, output: str) -> bool:
    """Says whether output is what a page shows.

    >>> matches("a\\n...\\nd ... f\\n", "a\\nb\\nc\\nd e f\\n")
    True
    >>> matches("took 0.2 s\\n", "took 1.3 s\\n"), matches("a\\n", "b\\n")
    (True, False)
    """
    pattern = re.escape(_plain(expected))
    pattern = re.sub(r"^\\\.\\\.\\\.\n", r"(?:.*\n)*?", pattern.replace("\\\n", "\n"), flags=re.M)
    return re.fullmatch(pattern.replace(r"\.\.\.", ".*?"), _plain(output)) is not None


def _plain(text: str) -> str:
    for pattern, replacement in VOLATILE:
        text = re.sub(pattern, replacement, text, flags=re.MULTILINE)
    return text.strip("\n") + "\n"

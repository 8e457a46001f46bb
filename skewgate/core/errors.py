"""The errors that skewgate raises on purpose, and the exit codes they stand for."""

from __future__ import annotations

from collections.abc import Sequence

from skewgate.core.hidden import visible

EXIT_PASS = 0
EXIT_FAIL = 1
EXIT_USAGE = 2
EXIT_INCONCLUSIVE = 3
VERDICT_CODES = "exit codes: 0 pass, 1 fail, 2 usage or bad input, 3 inconclusive"
"""What the help of commands that give a verdict says of them."""


_LONGEST = 3_000
"""Characters of a part of a message: what is quoted of a file may be a word of a million."""


def _bounded(text: str) -> str:
    """Leaves out the middle of a text that nobody would read to its end.

    >>> len(_bounded("9" * 1_000_000)), _bounded("is no number")
    (3005, 'is no number')
    """
    half = _LONGEST // 2
    return text if len(text) <= _LONGEST else f"{text[:half]} ... {text[-half:]}"


class SkewgateError(Exception):
    """An error whose message is one sentence for the user; the CLI prints no traceback."""

    exit_code = EXIT_USAGE


class InputError(SkewgateError):
    """Data, a configuration or a file is not what it must be.

    Args:
        where: the file, or the file and the place in it.
        problem: what was found and what was expected.
        fix: what the user can do, without a full stop at the end.
    """

    def __init__(self, where: str, problem: str, fix: str = "") -> None:
        self.where, self.problem, self.fix = where, problem, fix
        what, todo = (_bounded(visible(text)) for text in (problem, fix))  # which may be longer
        super().__init__(f"{visible(where)}: {what}." + (f" Fix: {todo}." if fix else ""))

    def __reduce__(self) -> tuple[type, tuple[str, str, str]]:
        """Lets Beam's worker processes hand the error over."""
        return type(self), (self.where, self.problem, self.fix)


class FaultsError(SkewgateError):
    """Several things are wrong at once; its message has a line for each.

    Args:
        where: what they were found in.
        faults: two or more.
    """

    def __init__(self, where: str, faults: Sequence[InputError]) -> None:
        self.where, self.faults = where, tuple(faults)
        lines = "".join(f"\n  {fault}" for fault in faults)
        super().__init__(f"{visible(where)}: {len(faults)} faults, and nothing was run:{lines}")

    def __reduce__(self) -> tuple[type, tuple[str, tuple[InputError, ...]]]:
        """Lets a worker process hand the error over."""
        return type(self), (self.where, self.faults)


class ColumnError(InputError):
    """The values of one column are not what they must be; the others may be read without it.

    Args:
        column: its name.
        where, problem, fix: as in InputError.
    """

    def __init__(self, column: str, where: str, problem: str, fix: str = "") -> None:
        self.column = column
        super().__init__(where, problem, fix)

    def __reduce__(self) -> tuple[type, tuple[str, ...]]:  # type: ignore[override]
        """Lets Beam's worker processes hand the error over."""
        return type(self), (self.column, self.where, self.problem, self.fix)


class GateShutError(SkewgateError):
    """A gate is shut: the pipeline must not go on.

    Args:
        message: names the failed checks and the report.
        exit_code: EXIT_FAIL if something failed, EXIT_INCONCLUSIVE if something could not be
            checked and nothing failed.
    """

    def __init__(self, message: str, exit_code: int) -> None:
        super().__init__(message)
        self.exit_code = exit_code

    def __reduce__(self) -> tuple[type, tuple[str, int]]:
        """Lets a worker process hand the error over."""
        return type(self), (str(self), self.exit_code)

"""What is asked of every command, whatever was done to its files and surroundings."""

from __future__ import annotations

import json
import os
import pathlib
import re
import signal
from collections.abc import Iterable, Iterator, Sequence

from tests.faults.calls import Ended

PASS, FAIL, REFUSED, INCONCLUSIVE = 0, 1, 2, 3
MOST_MEMORY = 1_500 << 20
"""Bytes that no command on the small files of the campaign may hold, libraries included."""
_TRACEBACK = re.compile(r"Traceback \(most recent call last\)|^Fatal Python error", re.MULTILINE)
_NOTE = re.compile(r"^skewgate: ")
_USAGE = re.compile(r"^usage: skewgate", re.MULTILINE)
_UNEXPECTED = re.compile(r"did not expect, (.*?)\. The traceback", re.DOTALL)
_HIDDEN = re.compile(r"^\.[0-9a-f]{16}|skewgate-tmp-|\.partial$|\.tmp$|\.new$|\.old$")
_EXPECTED = re.compile(r"\.local|\.apache_beam|\.config|[a-z0-9_]{8}")
"""Where tracebacks of unexpected errors are kept, what Beam and TensorFlow make once, and by what
name Python tries whether a folder for temporary files can be written."""
_CHANCE = re.compile(
    r"[0-9a-f]{8,}(-\d+)*|(?<=skewgate-)\w{6,}|(?<=tmp)\w{6,}|(?<=temp)\w{6,}|(?<=_file)\w{6,}"
)
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
"""Characters that steer a terminal, or turn the order of what is shown."""


def of_command(
    ended: Ended, codes: Iterable[int] = (0, 1, 2, 3), *, memory: int | None = MOST_MEMORY
) -> Iterator[str]:
    """Yields what is wrong with how a command ended.

    Args:
        ended: the command.
        codes: the exit codes that it may have.
        memory: the most that it may have held.
    """
    words = ended.call.words
    if ended.timed_out:
        yield f"hang: no end in {ended.call.cpu} s of computing or {ended.call.wall:.0f} s"
        return
    if ended.code < 0:
        yield f"signal: ended by {signal.Signals(-ended.code).name}"
        return
    if _TRACEBACK.search(ended.err) or _TRACEBACK.search(ended.out):
        yield "traceback: one was printed"
    if ended.strays:
        yield "process: one was left behind"
    if memory is not None and ended.memory > memory:
        yield f"memory: {ended.memory >> 20:,} MB held"
    if ended.code not in (PASS, FAIL, REFUSED, INCONCLUSIVE):
        yield f"exit code: {ended.code} is none that is documented"
    elif ended.code not in tuple(codes):
        yield f"exit code: {ended.code} where {_listed(codes)} is right"
    if not ended.call.mute and not {1, 2} & set(ended.call.closed):
        if ended.code == FAIL and not _tells_failure(ended):
            yield "exit code: 1, and no failed check is told"
        if ended.code == REFUSED:
            yield from _sentence(ended.err)
    found = _CONTROL.search(ended.err)
    if found and "--json" not in words:
        yield f"control character: {found[0]!r} was printed"


def _tells_failure(ended: Ended) -> bool:
    """Says whether a command that ended with 1 said which check failed."""
    if ended.call.words[:1] == ("schema",):
        return bool(ended.out.strip())
    if "--json" in ended.call.words:
        try:
            return bool(json.loads(ended.out)["status"] == "fail")
        except (ValueError, KeyError, TypeError):
            return False
    return bool(re.search(r"\bfail|FAIL|the gate is shut", ended.out + ended.err))


def _sentence(err: str) -> Iterator[str]:
    """Yields what is wrong with the message of a refusal, which is one line, or the usage."""
    lines = [line for line in err.splitlines() if line.strip()]
    if not lines:
        yield "message: exit code 2 without a word"
    elif not _USAGE.search(err):
        own = [line for line in lines if _NOTE.match(line)]
        if len(own) != 1:
            yield f"message: {len(own)} lines begin with `skewgate: `, where one is right"
        elif len(own[0]) > 10_000:
            yield f"message: {len(own[0]):,} characters long"


def unexpected(ended: Ended) -> str | None:
    """Returns the error that nobody had expected, if a refusal was one, told with its log."""
    found = _UNEXPECTED.search(ended.err)
    return found[1] if found else None


def leftovers(
    folder: pathlib.Path,
    others: Sequence[pathlib.Path],
    expected: Iterable[str],
    *,
    after_kill: bool = False,
) -> Iterator[str]:
    """Yields what commands have left and should not.

    Args:
        folder: where they ran.
        others: folders in which nothing may be: temporary files, home.
        expected: names in `folder` that may be there, with all below them.
        after_kill: temporary files may be there, for who made them was killed.
    """
    allowed = set(expected)
    for root, folders, files in os.walk(folder):
        below = pathlib.Path(root).relative_to(folder)
        if any(_HIDDEN.search(part) for part in below.parts):
            continue
        for name in [*folders, *files]:
            first = (below / name).parts[0]
            if _HIDDEN.search(name):
                if not after_kill:
                    yield f"temporary file: {_nameless(name)} was left in the output's folder"
            elif first not in allowed:
                yield f"left over: {below / name}"
    for other in others:
        for path in sorted(other.iterdir()):
            if not after_kill and not _EXPECTED.fullmatch(path.name):
                yield f"temporary file: {_nameless(path.name)} was left in {other.name}"


def _nameless(name: str) -> str:
    """Returns a name without its chance part, so that the same fault has the same text."""
    return _CHANCE.sub("*", name)


def _listed(codes: Iterable[int]) -> str:
    return " or ".join(map(str, codes))

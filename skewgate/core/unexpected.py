"""Errors that nobody expected: one sentence for the user, and the traceback in a file of their own.

The files lie in a folder that only this user can read, `$XDG_STATE_HOME/skewgate/errors`, which is
`~/.local/state/skewgate/errors` unless that variable says otherwise. Where it cannot be written,
the file is a temporary one. The newest `MOST_KEPT` are kept.
"""

from __future__ import annotations

import contextlib
import os
import pathlib
import platform
import re
import stat
import sys
import tempfile
import time
import traceback
from collections.abc import Sequence
from typing import TextIO

import skewgate
from skewgate.core.errors import SkewgateError
from skewgate.core.hidden import visible, visible_lines
from skewgate.core.system_errors import refusal

MOST_KEPT = 20
_LONGEST_LINE = 400
"""Letters of an error that the sentence repeats."""
_MOST_BYTES = 1 << 20
"""Of one file: a message may quote a whole table."""
_NAME = re.compile(r"skewgate-error-\d{8}T\d{6}Z-[0-9a-f]{8}\.log")
_REPORT = "please report it"
IN_LOG = "Its traceback is in the log"
"""Said by what does not know the path of its own log; who does may name it instead."""
_SECRET = ("--parameter", "--object-store", "--command-prefix")
"""Options whose values are not written down."""


def deliberate(error: BaseException) -> SkewgateError:
    """Returns the sentence for any error; writes the traceback to a file if nobody expected it."""
    if isinstance(error, SkewgateError):
        return error
    return refusal(error) or _told(error)


def in_short(error: BaseException) -> str:
    r"""Returns the type of an error and the first line of what it says.

    >>> in_short(KeyError("fare")), in_short(ValueError("one\ntwo"))
    ("KeyError: 'fare'", 'ValueError: one')
    """
    try:
        lines = str(error).strip().splitlines()
    except Exception as fault:  # noqa: BLE001 (somebody else's error may be unable to say itself)
        lines = [f"(its message cannot be read: {type(fault).__name__})"]
    said = lines[0] if lines else ""
    said = said if len(said) <= _LONGEST_LINE else f"{said[:_LONGEST_LINE]}..."
    return visible(f"{type(error).__name__}: {said}" if said else type(error).__name__)


def in_log(error: BaseException, log: TextIO) -> SkewgateError:
    """Does the same where a log is kept already: the traceback goes there.

    Args:
        error: what was raised.
        log: of what runs here.
    """
    if isinstance(error, SkewgateError):
        return error
    meant = refusal(error)
    if meant is None:
        log.write(visible_lines(_trace(error)))
        log.flush()
        meant = SkewgateError(f"{_what(error)}. {IN_LOG}. Fix: {_REPORT}.")
    return meant


def _what(error: BaseException) -> str:
    return f"stopped by an unexpected error, {in_short(error).rstrip('.')}"


def _told(error: BaseException) -> SkewgateError:
    what = _what(error)
    try:
        path = write(error)
    except OSError as refused:
        return SkewgateError(
            f"{what}. No folder takes its traceback ({refused.strerror}); it happened at "
            f"{_last_frame(error)}. Fix: {_REPORT}."
        )
    return SkewgateError(f"{what}. The traceback is in {path}. Fix: {_REPORT}, with that file.")


def write(error: BaseException) -> pathlib.Path:
    """Writes the traceback of an error to a new file, and removes the oldest beyond `MOST_KEPT`.

    Returns:
        The file, which only this user can read.

    Raises:
        OSError: neither the folder of errors nor one for temporary files can be written.
    """
    content = _content(error)[:_MOST_BYTES]
    name = f"skewgate-error-{time.strftime('%Y%m%dT%H%M%SZ', time.gmtime())}"
    name = f"{name}-{os.urandom(4).hex()}.log"
    folder = state_folder()
    if folder is not None:
        with contextlib.suppress(OSError):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            path = _written(folder / name, content)
            _prune(folder)
            return path
    folder = pathlib.Path(tempfile.gettempdir())
    path = _written(folder / name, content)
    _prune(folder)
    return path


def state_folder() -> pathlib.Path | None:
    """Returns the folder of errors; None if this user has no home."""
    given, home = os.environ.get("XDG_STATE_HOME", ""), os.path.expanduser("~")
    if os.path.isabs(given):
        return pathlib.Path(given, "skewgate", "errors")
    if not os.path.isabs(home) or home.strip("/") == "":  # as in containers
        return None
    return pathlib.Path(home, ".local", "state", "skewgate", "errors")


def _written(path: pathlib.Path, content: bytes) -> pathlib.Path:
    """Writes a new file that nobody else can read; leaves none that is cut off.

    Raises:
        OSError: it cannot be written.
    """
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    try:
        with open(descriptor, "wb") as stream:
            stream.write(content)
    except OSError:
        path.unlink()
        raise
    return path


def _content(error: BaseException) -> bytes:
    """Returns what helps to find the fault, as UTF-8."""
    head = (
        f"skewgate {skewgate.__version__}, Python {platform.python_version()}, "
        f"{platform.platform()}\ncommand: {_command(sys.argv)}\n\n"
    )
    return (head + visible_lines(_trace(error))).encode("utf-8", "backslashreplace")


def _trace(error: BaseException) -> str:
    try:
        return "".join(traceback.format_exception(type(error), error, error.__traceback__))
    except Exception as fault:  # noqa: BLE001 (as in `in_short`)
        return f"{in_short(error)}\nat {_last_frame(error)}\n({in_short(fault)})\n"


def _command(words: Sequence[str]) -> str:
    """Returns a command without what may hold a secret."""
    shown, hides = [], False
    for word in words:
        name, equals, _ = word.partition("=")
        shown.append("..." if hides else f"{name}=..." if equals and name in _SECRET else word)
        hides = word in _SECRET
    return visible(" ".join(shown))


def _last_frame(error: BaseException) -> str:
    frames = traceback.extract_tb(error.__traceback__, limit=-1)
    if not frames:
        return "an unknown place"
    return visible(f"{frames[-1].filename}, line {frames[-1].lineno}, in {frames[-1].name}")


def _prune(folder: pathlib.Path) -> None:
    """Removes the oldest files of errors of this user; one that stays disturbs nobody."""
    with contextlib.suppress(OSError):
        own = [
            name for name in os.listdir(folder) if _NAME.fullmatch(name) and _is_own(folder / name)
        ]
        for name in sorted(own)[:-MOST_KEPT]:
            (folder / name).unlink(missing_ok=True)


def _is_own(path: pathlib.Path) -> bool:
    try:
        found = path.lstat()
    except OSError:
        return False
    return stat.S_ISREG(found.st_mode) and found.st_uid == os.getuid()

"""What the system, and what is installed, refuse: one sentence each, with what to do about it."""

from __future__ import annotations

import errno
import os

from skewgate.core.errors import InputError, SkewgateError
from skewgate.core.installed import missing

_REFUSALS = {
    errno.ENOSPC: ("the disk is full", "make room, or write to another disk"),
    errno.EDQUOT: ("the quota of this user is used up", "make room, or write to another disk"),
    errno.EROFS: ("is on a file system that is read-only", "name a place that can be written"),
    errno.EACCES: ("this user may not do that", "check who may read and write it"),
    errno.EPERM: ("this user may not do that", "check who may read and write it"),
    errno.EMFILE: ("too many files are open", "raise the limit of `ulimit -n`"),
    errno.ENFILE: ("too many files are open on this machine", "end other programs"),
    errno.ENAMETOOLONG: ("the name is too long", "choose a shorter one"),
    errno.ELOOP: ("is a link that leads back to itself", "correct the link"),
    errno.ESTALE: ("its server does not know it any more", "mount the file system again"),
    errno.EIO: ("the disk, or the network to it, failed", "check the disk"),
    errno.ENOENT: ("no such file or folder", "check the path"),
    errno.ENOTDIR: ("a file is where a folder is needed", "check the path"),
    errno.EISDIR: ("a folder is where a file is needed", "check the path"),
    errno.ENOMEM: ("the system has no memory left", "use a machine with more"),
    errno.EAGAIN: ("the system starts no more threads or processes", "raise `ulimit -u`"),
    errno.EPIPE: ("the other side closed the connection", "try again"),
    errno.ECONNRESET: ("the other side closed the connection", "try again"),
    errno.ECONNREFUSED: ("nobody answers at that address", "check the address"),
    errno.ETIMEDOUT: ("the other side does not answer", "check the address and the network"),
    errno.EFBIG: ("the file would be larger than the limit", "raise `ulimit -f`"),
}
"""Errors that say something of the machine, and nothing of this program."""
_NEEDS_NO_PATH = frozenset(
    (
        *(errno.ENOSPC, errno.EDQUOT, errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.EAGAIN),
        *(errno.EPIPE, errno.ECONNRESET, errno.ECONNREFUSED, errno.ETIMEDOUT),
    )
)


def refusal(error: BaseException) -> SkewgateError | None:
    """Returns the sentence for what the machine or the installation refused.

    Args:
        error: what was raised.

    Returns:
        None if the error is none of these: then it is a fault of this program.
    """
    if isinstance(error, MemoryError):
        found = str(error).strip().splitlines()
        return InputError(
            "memory",
            f"is used up{f' ({found[0]})' if found else ''}",
            "use a machine with more, or read less at once",
        )
    if isinstance(error, RuntimeError) and str(error) == "can't start new thread":
        return InputError("system", *_REFUSALS[errno.EAGAIN])
    if isinstance(error, ModuleNotFoundError):
        return missing(error.name or "")
    if isinstance(error, OSError):
        return _of_system(error)
    return None


def unreachable(path: str | os.PathLike[str]) -> InputError | None:
    """Returns why nobody can tell whether there is such a file; None if it is there, or is not."""
    try:
        os.stat(path)
    except OSError as error:
        is_absent = error.errno in (errno.ENOENT, errno.ENOTDIR, errno.ENAMETOOLONG)
        if not is_absent and error.errno in _REFUSALS:
            return InputError(os.fspath(path), *_REFUSALS[error.errno])
    except ValueError:  # no name of a file has a zero byte
        pass
    return None


def _of_system(error: OSError) -> SkewgateError | None:
    if error.errno not in _REFUSALS:
        return None
    problem, fix = _REFUSALS[error.errno]
    path = error.filename if error.filename is not None else error.filename2
    if path is not None and not isinstance(path, int):
        return InputError(os.fsdecode(path), problem, fix)
    if _is_gone():
        return InputError("working directory", "is gone", "change to another")
    said = (error.strerror or "").strip().splitlines()
    if error.errno in _NEEDS_NO_PATH:
        return InputError("system", problem, fix)
    if said and said[0] != os.strerror(error.errno):  # Arrow names the file in its message
        return InputError("system", f"{problem}: {said[0].rstrip('.')}", fix)
    return None


def _is_gone() -> bool:
    """Says whether the working directory was removed."""
    try:
        os.getcwd()
    except OSError:
        return True
    return False

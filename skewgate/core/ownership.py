"""Who else can change a file: what runs as code is read only where nobody else can write.

A pickle runs what stands in it, and so does a module that is imported. Both are as trustworthy as
whoever can put another one in their place.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import stat

from skewgate.core.errors import InputError

_ROOT = 0
_OTHERS = stat.S_IWGRP | stat.S_IWOTH


def keep_private(path: str) -> None:
    """Takes from others the right to write a file or a folder of ours, where there is such a right.

    A file system that knows no rights, or gives what is ours to another user, leaves it as it is:
    `check_private` tells.
    """
    mode = stat.S_IMODE(os.stat(path).st_mode)
    if mode & _OTHERS:
        with contextlib.suppress(PermissionError):
            os.chmod(path, mode & ~_OTHERS)


def check_private(path: str) -> None:
    """Checks that nobody but this user, and root, could have written a file.

    Args:
        path: of a file; its folder counts as well, since whoever may write there can replace it.

    Raises:
        InputError: others may write the file or its folder, or one of them is another user's.
    """
    for each in (os.path.dirname(os.path.abspath(path)), path):
        found = os.stat(each)
        if found.st_uid not in (_ROOT, os.geteuid()):
            problem = f"is owned by another user ({found.st_uid})"
        elif found.st_mode & _OTHERS:
            problem = f"can be written by others (mode {stat.S_IMODE(found.st_mode):o})"
        else:
            continue
        raise InputError(
            each,
            f"{problem}, and what is read from it would run as code",
            f"let only the user that runs this write there, and delete {path}",
        )


def check_code(path: str) -> None:
    """Checks that not everybody may put other code in the place of a module.

    A group may: that is how a project is shared. So may the owner, whoever it is. The bytecode that
    Python keeps of a source counts as the source does.

    Args:
        path: of a module; one that is not there is left to who imports it.

    Raises:
        InputError: everybody may write the file, its folder, or the same of its bytecode.
    """
    places = [os.path.dirname(os.path.abspath(path)), path]
    if path.endswith(".py"):
        kept = importlib.util.cache_from_source(path)
        places += [os.path.dirname(kept), kept]
    for each in places:
        if os.path.exists(each) and os.stat(each).st_mode & stat.S_IWOTH:
            raise InputError(
                each,
                f"can be written by everybody, and {os.path.basename(path)} would run as code",
                f"run chmod o-w {each}, or move the module to a folder of your own",
            )

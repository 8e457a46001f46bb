"""A folder that is there as a whole or not at all."""

from __future__ import annotations

import contextlib
import os
import pathlib
import shutil
from collections.abc import Iterator

from skewgate.core import temporary
from skewgate.core.errors import InputError


@contextlib.contextmanager
def whole_folder(out: str) -> Iterator[pathlib.Path]:
    """Yields a temporary folder beside `out`, which takes its place if all went well.

    Raises:
        InputError: the folder cannot be written.
    """
    target = pathlib.Path(os.path.realpath(out))
    staged, old = temporary.path_in(target.parent), temporary.path_in(target.parent)
    try:
        staged.mkdir(parents=True)
        yield staged
        if os.path.exists(target):
            target.rename(old)
        staged.rename(target)
    except OSError as error:
        if os.path.exists(old) and not os.path.exists(target):
            old.rename(target)
        raise InputError(out, f"cannot be written: {error.strerror}", "change --out") from error
    finally:
        shutil.rmtree(staged, ignore_errors=True)
        if os.path.exists(target):
            shutil.rmtree(old, ignore_errors=True)

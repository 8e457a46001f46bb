"""Temporary files of a run: in one folder, which is gone when the run is, even if it was killed.

TFX, Beam and TensorFlow leave folders in the system's temporary directory, of each run some. Here
they get one of the pipeline, whose name tells root and pipeline: the next run of it, which has the
turn of the pipeline, removes what a killed one has left.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import pathlib
import shutil
import stat
import tempfile
from collections.abc import Iterator

_VARIABLE = "TMPDIR"


def path(root: str, pipeline: str) -> pathlib.Path:
    """Returns the folder for temporary files of a pipeline.

    Args:
        root: of the settings.
        pipeline: name of the pipeline, such as "taxi-training".
    """
    told = hashlib.sha256(os.fsencode(os.path.join(os.path.abspath(root), pipeline))).hexdigest()
    return pathlib.Path(tempfile.gettempdir(), f"skewgate-{os.getuid()}-{told[:16]}")


def remove(folder: pathlib.Path) -> None:
    """Removes what a killed run has left; what is another user's, or a link, stays."""
    if is_ours(folder):
        shutil.rmtree(folder, ignore_errors=True)


def is_ours(folder: pathlib.Path) -> bool:
    """Says whether there is such a folder, no link, which this user has made."""
    try:
        found = folder.lstat()
    except OSError:
        return False
    return stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid()


@contextlib.contextmanager
def folder(root: str, pipeline: str) -> Iterator[None]:
    """Lets what runs in the body put its temporary files into a folder that goes with it.

    Args:
        root: of the settings.
        pipeline: name of the pipeline, of which this process has the turn.
    """
    place = path(root, pipeline)
    remove(place)
    try:
        place.mkdir(mode=0o700)
    except OSError:  # somebody else has made it
        place = pathlib.Path(tempfile.mkdtemp(prefix="skewgate-"))
    before = os.environ.get(_VARIABLE), tempfile.tempdir
    os.environ[_VARIABLE] = tempfile.tempdir = str(place)
    try:
        yield
    finally:
        tempfile.tempdir = before[1]
        if before[0] is None:
            os.environ.pop(_VARIABLE, None)
        else:
            os.environ[_VARIABLE] = before[0]
        remove(place)

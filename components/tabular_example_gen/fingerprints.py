"""Fingerprints of the files that are read, and where they are kept from run to run."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import BinaryIO, cast

from tfx.dsl.io import fileio

from skewgate.components.support import artifact_io
from skewgate.storage import content

PREFIX = "split:input,"
"""How TFX's own fingerprints begin."""
KEPT_PROPERTY = "content_file"
"""Parameter that the driver adds: the file that `of` keeps."""
_KEPT_NAME = "content.json"
_CONTENT = ",content:"


def of(paths: Sequence[str], kept: str = "") -> str:
    """Returns what is the same only if names and contents of all files are.

    Args:
        paths: the files.
        kept: file that remembers what was read, so that no file is read again before it changes;
            "" for none.

    Raises:
        OSError: a file is gone, or cannot be read.
        InputError: see `content.Digests.of`.
    """
    digests = content.Digests()
    if kept and fileio.exists(kept):
        digests = content.Digests.from_json(artifact_io.read_bytes(kept))
    found = content.fingerprint(paths, digests, open_file)
    if kept:
        fileio.makedirs(os.path.dirname(kept))
        artifact_io.write_bytes(kept, digests.to_json())
    return f"{PREFIX}num_files:{len(paths)}{_CONTENT}{found}"


def check(fingerprint: str, paths: Sequence[str], pattern: str, kept: str = "") -> None:
    """Checks that files are still what their fingerprint says: it stands for the rows ever after.

    Args:
        fingerprint: of a driver; one that `of` did not make says nothing.
        paths: the files.
        pattern: what they match.
        kept: see `of`.

    Raises:
        OSError: a file is gone.
        InputError: a file changed.
    """
    if _CONTENT in fingerprint and of(paths, kept) != fingerprint:
        raise content.changed(pattern)


def kept_beside(examples_uri: str) -> str:
    """Returns the file in which the node that writes to a URI keeps what it knows of files.

    Args:
        examples_uri: folder of an output, which TFX names ROOT/NODE/OUTPUT/RUN.
    """
    return os.path.join(os.path.dirname(os.path.dirname(examples_uri.rstrip("/"))), _KEPT_NAME)


def open_file(path: str) -> BinaryIO:
    """Opens a file of any file system that TFX knows."""
    return cast(BinaryIO, fileio.open(path, "rb"))

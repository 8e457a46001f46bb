"""URIs of objects: `s3://BUCKET/FOLDER/NAME`, and the names that are none."""

from __future__ import annotations

from skewgate.core.errors import InputError

OF_S3 = ("minio://", "s3://")
"""What TFX reads and writes through our client."""
OF_GOOGLE = "gs://"
_NO_NAMES = {"", ".", ".."}
"""Stores keep them as names; clients make another path of them, or none."""


def scheme(uri: str) -> str:
    """Returns the scheme of a URI.

    Raises:
        ValueError: it has none of an object store.
    """
    schemes = (*OF_S3, OF_GOOGLE)
    found = next((each for each in schemes if uri.startswith(each)), None)
    if found is None:
        raise ValueError(f"must begin with {' or '.join(schemes)}, got {uri!r}")
    return found


def key(uri: str) -> str:
    """Returns bucket and path of a URI; a slash at its end says nothing.

    Raises:
        InputError: it names no bucket, or its path has a part that is no name.
    """
    start = scheme(uri)
    found = uri.removeprefix(start).rstrip("/")
    if not found:
        raise InputError(uri, "names no bucket", f"give {start}BUCKET/...")
    if not _NO_NAMES.isdisjoint(found.split("/")):
        raise InputError(
            uri,
            "must name each folder, without `//`, `.` and `..`: in a store these are other paths",
            "write one slash between two names",
        )
    return found


def check_listed(uri: str, path: str) -> None:
    """Checks the path of an object or folder in a folder, as a store lists it.

    Raises:
        InputError: nobody can ask for it.
    """
    if not _NO_NAMES.isdisjoint(path.split("/")):
        raise unnamed(uri)


def unnamed(uri: str) -> InputError:
    """Returns the error of a folder with an object that nobody can ask for."""
    return InputError(
        uri,
        "holds an object with `//`, `.` or `..` in its path, which cannot be read",
        "copy it to a path of names, and delete it",
    )

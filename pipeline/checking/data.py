"""Looks whether the data are there that pipeline.yaml names, and which columns they have."""

from __future__ import annotations

import os
import re
from collections.abc import Collection

from skewgate.core.errors import InputError
from skewgate.data import sources
from skewgate.data.sources import partitions
from skewgate.data.sources.base import TableSource
from skewgate.data.sources.reading_options import ReadingOptions
from skewgate.storage import uris

_PLACEHOLDER = re.compile(r"\{(?:SPAN|VERSION)(?::\d+)?\}|\{(?:YYYY|MM|DD)\}")
"""What TFX puts numbers into."""


def check(data: str, where: str, field: str, reading: ReadingOptions) -> frozenset[str] | None:
    """Checks that data are there and can be opened.

    Of objects in a store only the name is looked at: to ask the store may take long.

    Args:
        data: path, folder, pattern or URI.
        where: the settings, for messages.
        field: the key that names the data.
        reading: how CSV files are written.

    Returns:
        The names of the columns, by the beginning of the first file; None if only all rows say.

    Raises:
        InputError: there are none, or they are of no format that can be read.
    """
    try:
        if "://" in data:
            _check_uri(data)
            return None
        return _columns(data, reading)
    except InputError as error:
        raise InputError(
            f"{where}: {field}", f"{error.where}: {error.problem}", error.fix
        ) from error
    except OSError as error:
        raise InputError(
            f"{where}: {field}", f"{data} cannot be read: {error.strerror}", "check the path"
        ) from error


def look(data: str, reading: ReadingOptions) -> frozenset[str] | None:
    """Returns the names of the columns of data if they are here, and None if they are not."""
    if "://" in data:
        return None
    try:
        return _columns(data, reading)
    except (InputError, OSError):  # they are read where the pipeline runs
        return None


def _check_uri(data: str) -> None:
    if data.startswith((*uris.OF_S3, uris.OF_GOOGLE)):
        fixed = _PLACEHOLDER.split(data)[0]
        uris.key(fixed.rpartition("/")[0] if fixed != data else fixed)


def _columns(data: str, reading: ReadingOptions) -> frozenset[str] | None:
    location = _PLACEHOLDER.sub("*", data)
    files = sources.files(location)
    found = _columns_of(files[0], reading)
    if found is None:
        return None
    return frozenset(found) | frozenset(partitions.find(location, files[:1]).types)


def _columns_of(path: str, reading: ReadingOptions) -> Collection[str] | None:
    if not os.access(path, os.R_OK):
        raise InputError(path, "cannot be read by this user", "change its mode")
    source = sources.open_file(path, options=reading)
    return source.columns if isinstance(source, TableSource) else None

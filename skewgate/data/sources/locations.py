"""Finds the files that a path, folder or pattern stands for, here or in an object store.

A folder stands for the files in it, and for those in its partitions: folders called `name=value`,
one in the other. What systems leave beside data is passed over: names that begin with a dot or an
underscore (`_SUCCESS`, `.DS_Store`, `.part-0.csv.crc`), check sums, and Hadoop's marks of folders.
Every other file must be data of a known format.
"""

from __future__ import annotations

import glob
import os

from skewgate.core import system_errors
from skewgate.core.errors import InputError
from skewgate.core.wording import listed
from skewgate.storage import mounts, patterns, s3

_ASIDE = (".crc", ".md5", ".sha256", "_$folder$", "Thumbs.db", "desktop.ini")
"""Endings of names that are no data."""
_LOGS = {"_delta_log": "Delta Lake", ".hoodie": "Apache Hudi"}
"""Folders that say which files of a table count: others may hold rows that were deleted."""


def find(location: str) -> list[str]:
    """Returns the files that a location stands for, in order.

    Args:
        location: a path or URI of a file or folder, or a pattern, in which `**` stands for folders
            of any depth. A pattern that matches folders alone stands for what is in these.

    Raises:
        InputError: there is no file, or a folder holds what may not be passed over.
    """
    place = _place(location)
    if _is_folder(place):
        paths = _in_folder(place)
        if not paths:
            raise _nothing_in(place)
        return paths
    if not s3.is_remote(place) and os.path.exists(place):
        return [place]
    matches = [path for path in _matching(place) if not _passed_over(path, root(place))]
    folders = {path for path in matches if _is_folder(path)} if matches else set()
    paths = [path for path in matches if path not in folders]
    if not paths:
        paths = [path for folder in sorted(folders) for path in _in_folder(folder)]
    if not paths:
        raise _nothing(place)
    return sorted(set(paths))


def root(location: str) -> str:
    """Returns the folder below which the folders of files are data: their partitions.

    That is the folder that was named, or of a pattern what stands before its first wildcard. What
    a user names is no data: of `data/year=2024` the year is no column.
    """
    place = _place(location).rstrip("/")
    if _is_folder(place):
        return place
    if not s3.is_remote(place) and os.path.exists(place):
        return os.path.dirname(place)
    scheme, found, rest = place.rpartition("://")
    fixed, wild = patterns.split_wild(rest)
    return scheme + found + (fixed if wild else os.path.dirname(rest))


def _place(location: str) -> str:
    """Returns where a location is: in its store, if that can be asked, else under a mount.

    Under the mounts of a launcher lie the artifacts of a task, and none of the rows that a
    parameter names.
    """
    if s3.is_object(location) and s3.is_reachable(location):
        return location
    return mounts.current().local(location)


def is_partition(name: str) -> bool:
    """Says whether the name of a folder is that of a partition, such as `year=2024`."""
    return name.find("=") > 0


def _ignored(name: str) -> bool:
    """Says whether a file or folder is none of the data, by its name."""
    return name.startswith(".") or name.endswith(_ASIDE) or (name[:1] == "_" and "=" not in name)


def _passed_over(path: str, above: str) -> bool:
    """Says whether a match is none of the data, or lies in a folder that is none."""
    below = path.removeprefix(above).strip("/")
    return any(map(_ignored, below.split("/")))


def _is_folder(place: str) -> bool:
    return s3.is_folder(place) if s3.is_remote(place) else os.path.isdir(place)


def _matching(place: str) -> list[str]:
    if s3.is_remote(place):
        return s3.matching(place)
    return sorted(glob.glob(place, recursive=True))


def _children(folder: str) -> tuple[list[str], list[str]]:
    """Returns the names of the folders and of the files in a folder, both sorted."""
    if s3.is_remote(folder):
        return s3.children(folder)
    with os.scandir(folder) as entries:
        found = sorted((entry.name, entry.is_dir()) for entry in entries)
    return [name for name, is_dir in found if is_dir], [
        name for name, is_dir in found if not is_dir
    ]


def _in_folder(folder: str) -> list[str]:
    """Returns the files in a folder and in its partitions."""
    folder = folder.rstrip("/") or "/"
    folders, names = _children(folder)
    for name, system in _LOGS.items():
        if name in folders:
            raise InputError(
                folder,
                f"is a table of {system}, whose files may hold rows that were deleted",
                "export the table, or name its files by a pattern such as "
                f"{folder}/*.parquet to read them all",
            )
    paths = [os.path.join(folder, name) for name in names if not _ignored(name)]
    below = [name for name in folders if not _ignored(name)]
    partitions = [name for name in below if is_partition(name)]
    if partitions and (paths or len(partitions) < len(below)):
        other = next((name for name in below if not is_partition(name)), "")
        found = os.path.basename(paths[0]) if paths else other
        raise InputError(
            folder,
            f"holds {found} beside partitions such as {partitions[0]}, which have columns that it "
            "has not",
            f"move it, or name the partitions by a pattern such as {folder}/*=*",
        )
    for name in partitions:
        paths += _in_folder(os.path.join(folder, name))
    return paths


def _nothing_in(folder: str) -> InputError:
    folders = [name for name in _children(folder)[0] if not _ignored(name)]
    if folders:
        return InputError(
            folder,
            f"holds no files, only folders: {listed(folders, 3)}",
            f"name one of them, or the files by a pattern such as {folder.rstrip('/')}/**/*",
        )
    return InputError(folder, "is a folder without files", "name a folder that has data")


def _nothing(place: str) -> InputError:
    if not s3.is_remote(place):
        absent = InputError(place, "no such file, folder or pattern", "check the path")
        return system_errors.unreachable(place) or absent
    if not s3.has_bucket(place):
        bucket = place.partition("://")[2].partition("/")[0]
        return InputError(place, f"there is no bucket {bucket}", "check its name and the server")
    return InputError(place, "no such object, folder or pattern", "check the path")

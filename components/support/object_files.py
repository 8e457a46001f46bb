"""Lets TFX read and write `minio://` and `s3://`, for which it has no file system.

Registered when any component of skewgate is imported, in workers of Beam too. See
`skewgate.storage.s3` for the server and the credentials.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

from tfx.dsl.io import filesystem, filesystem_registry

from skewgate.storage import s3

_BEFORE_TENSORFLOW = 0
"""TFX's file system of TensorFlow, priority 10, takes `s3://` and cannot read it."""


class Status(NamedTuple):
    """Of an object, by the names that TensorFlow gives them: bytes, and when it was written."""

    length: int
    mtime_nsec: int


class ObjectStoreFilesystem(filesystem.Filesystem):
    """TFX's interface of a file system, over S3; folders are there as long as objects are."""

    SUPPORTED_SCHEMES = list(s3.SCHEMES)

    @staticmethod
    def open(name: filesystem.PathType, mode: str = "r") -> Any:
        """Opens an object to read or write the whole of it."""
        with _not_found():
            return s3.open_object(_text(name), mode)

    @staticmethod
    def copy(src: filesystem.PathType, dst: filesystem.PathType, overwrite: bool = False) -> None:
        """Copies an object within the store."""
        _check_free(_text(dst), overwrite)
        with _not_found():
            s3.copy(_text(src), _text(dst))

    @staticmethod
    def exists(path: filesystem.PathType) -> bool:
        """Says whether there is an object or a folder."""
        return s3.exists(_text(path))

    @staticmethod
    def glob(pattern: filesystem.PathType) -> list[filesystem.PathType]:
        """Returns what matches."""
        return list(s3.matching(_text(pattern)))

    @staticmethod
    def isdir(path: filesystem.PathType) -> bool:
        """Says whether there is a folder."""
        return s3.is_folder(_text(path))

    @staticmethod
    def listdir(path: filesystem.PathType) -> list[filesystem.PathType]:
        """Returns the names in a folder."""
        with _not_found():
            folders, objects = s3.children(_text(path))
        return sorted([*folders, *objects])

    @staticmethod
    def makedirs(path: filesystem.PathType) -> None:
        """Does nothing: an object needs no folder."""

    @staticmethod
    def mkdir(path: filesystem.PathType) -> None:
        """Does nothing: an object needs no folder."""

    @staticmethod
    def remove(path: filesystem.PathType) -> None:
        """Removes an object."""
        with _not_found():
            s3.remove(_text(path))

    @staticmethod
    def rename(src: filesystem.PathType, dst: filesystem.PathType, overwrite: bool = False) -> None:
        """Moves an object, or one after the other those of a folder."""
        _check_free(_text(dst), overwrite)
        with _not_found():
            s3.move(_text(src), _text(dst))

    @staticmethod
    def rmtree(path: filesystem.PathType) -> None:
        """Removes all objects of a folder."""
        with _not_found():
            s3.remove_folder(_text(path))

    @staticmethod
    def stat(path: filesystem.PathType) -> Any:
        """Returns what TFX's drivers tell a changed file by: `length` and `mtime_nsec`."""
        with _not_found():
            return Status(*s3.status(_text(path)))

    @staticmethod
    def walk(
        top: filesystem.PathType,
        topdown: bool = True,
        onerror: Callable[..., None] | None = None,
    ) -> Iterable[tuple[filesystem.PathType, list[filesystem.PathType], list[filesystem.PathType]]]:
        """Yields each folder with the names of its folders and objects, as `os.walk` does."""
        del onerror  # of a folder that cannot be listed: that is an error here
        path = _text(top)
        with _not_found():
            folders, objects = s3.children(path)
        here = (path, list(folders), list(objects))
        if topdown:
            yield here
        for name in folders:
            yield from ObjectStoreFilesystem.walk(f"{path.rstrip('/')}/{name}", topdown)
        if not topdown:
            yield here


def _text(path: filesystem.PathType) -> str:
    return path.decode("utf-8") if isinstance(path, bytes) else str(path)


def _check_free(uri: str, overwrite: bool) -> None:
    if not overwrite and s3.exists(uri):
        raise OSError(f"{uri} already exists, and is never overwritten")


@contextlib.contextmanager
def _not_found() -> Iterator[None]:
    """Raises what TFX expects where nothing is found."""
    try:
        yield
    except FileNotFoundError as error:
        raise filesystem.NotFoundError(str(error)) from error


filesystem_registry.DEFAULT_FILESYSTEM_REGISTRY.register(
    ObjectStoreFilesystem, priority=_BEFORE_TENSORFLOW
)

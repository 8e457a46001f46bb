"""Object stores, by URI: those that speak S3 (MinIO, SeaweedFS, Amazon's and others), and Google's.

Kubeflow's launcher brings the artifacts of a task and takes them back. What is named by a parameter
(rows, the state, the folder of pushed models) it does not see: that is read and written from here.

Server and credentials come from the variables that other S3 clients read too: `AWS_ENDPOINT_URL_S3`
or `AWS_ENDPOINT_URL`, `AWS_REGION`, `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, and what else
Amazon's chain of credentials knows. `minio://` is S3 too, and always needs an endpoint; `s3://`
without one is Amazon's own. An endpoint that is set and empty says that there is no server to ask.

`gs://` is read by commands alone, see `gcs`: TFX reads and writes it by itself.
"""

from __future__ import annotations

import contextlib
import fnmatch
import functools
import io
import os
import pathlib
import shutil
from collections.abc import Iterator
from typing import IO, TYPE_CHECKING, Any

from skewgate.core import temporary
from skewgate.core.errors import InputError
from skewgate.storage import gcs, object_reading, object_writing, patterns, s3_connection, uris
from skewgate.storage.s3_connection import ENDPOINT_VARIABLES, endpoint

if TYPE_CHECKING:
    from pyarrow import fs

SCHEMES = uris.OF_S3
"""What TFX reads and writes through here."""
_BUFFER = 1 << 20
_VERSIONS = ("generation", "ETag")
"""What stores say of an object that differs after each other content; Google's ETag does too."""


def is_object(uri: str) -> bool:
    """Says whether a URI is one of an object store that is read from here."""
    return uri.startswith(SCHEMES)


def is_remote(uri: str) -> bool:
    """Says whether commands read a URI from here: of S3 or of Google."""
    return uri.startswith((*SCHEMES, gcs.SCHEME))


def is_reachable(uri: str) -> bool:
    """Says whether it is known here where a store is; not whether it answers."""
    if endpoint():
        return is_object(uri)
    return uri.startswith("s3://") and not any(each in os.environ for each in ENDPOINT_VARIABLES)


def has_bucket(uri: str) -> bool:
    """Says whether the bucket of a URI is there."""
    return exists(uris.scheme(uri) + uris.key(uri).partition("/")[0])


def exists(uri: str) -> bool:
    """Says whether there is an object, or objects below it."""
    return _kind(uri) != "NotFound"


def is_folder(uri: str) -> bool:
    """Says whether there are objects below a URI."""
    return _kind(uri) == "Directory"


def status(uri: str) -> tuple[int, int]:
    """Returns the bytes of an object, and when it was written in nanoseconds since 1970.

    Raises:
        FileNotFoundError: there is none.
    """
    with _asked(uri) as (store, key):
        found = store.get_file_info(key)
        if not found.is_file:
            raise FileNotFoundError(uri)
        return int(found.size), int(found.mtime_ns)


def measured(uri: str) -> tuple[int, int]:
    """Returns how many objects there are at a URI or below it, and their bytes."""
    with _asked(uri) as (store, key):
        found = store.get_file_info(key)
        if found.is_file:
            return 1, int(found.size)
    try:
        below = [each for each in _listed(uri, recursive=True) if each.is_file]
    except FileNotFoundError:
        return 0, 0
    return len(below), sum(int(each.size) for each in below)


def version(uri: str) -> str:
    """Returns what a store says of the content of an object: it differs after each other content.

    That is the ETag of S3 and the generation of Google's.

    Returns:
        "" where the store says nothing.

    Raises:
        FileNotFoundError: there is no such object.
    """
    with _asked(uri) as (store, key), store.open_input_file(key) as opened:
        said = opened.metadata() or {}
    told = [f"{name}:{value.decode()}" for name in _VERSIONS if (value := said.get(name))]
    return told[0] if told else ""


def children(uri: str) -> tuple[list[str], list[str]]:
    """Returns the names of the folders and of the objects in a folder, both sorted.

    Raises:
        FileNotFoundError: there is no such folder.
    """
    if uri.startswith(gcs.SCHEME):  # of whose folders Arrow lists those alone that were made
        below = below_folder(uri)
        if not below:
            raise FileNotFoundError(uri)
        deep = {path.partition("/")[0] for path in below if "/" in path}
        return sorted(deep), sorted(path for path in below if "/" not in path)
    found = _listed(uri, recursive=False)
    folders = sorted(each.base_name for each in found if not each.is_file)
    return folders, sorted(each.base_name for each in found if each.is_file)


def matching(pattern: str) -> list[str]:
    """Returns the URIs that match a glob, sorted.

    `*`, `?` and `[...]` stay within a folder; a part that is `**` stands for folders of any depth,
    none among them, and then only objects match.
    """
    fixed, wild = patterns.split_wild(pattern.removeprefix(uris.scheme(pattern)))
    if not fixed:
        raise InputError(pattern, "must name its bucket", f"give {uris.scheme(pattern)}BUCKET/...")
    uris.key(pattern)
    fixed = uris.scheme(pattern) + fixed
    if not wild:
        return [fixed] if exists(pattern) else []
    if "**" in wild.split("/"):
        matches = patterns.matcher(wild)
        return sorted(f"{fixed}/{below}" for below in below_folder(fixed) if matches(below))
    found = [fixed]
    for part in wild.split("/"):
        found = [
            f"{folder}/{name}"
            for folder in found
            for name in _names(folder)
            if fnmatch.fnmatchcase(name, part)
        ]
    return sorted(found)


def _names(folder: str) -> list[str]:
    """Returns the names in a folder; none if there is no such folder."""
    try:
        folders, names = children(folder)
    except FileNotFoundError:
        return []
    return [*folders, *names]


def open_object(uri: str, mode: str) -> IO[Any]:
    """Opens an object; it is there when the stream that writes it was closed.

    Where the body of a `with` raises, or the stream is forgotten, what was there before stays.

    Args:
        uri: of the object.
        mode: "r", "rb", "w" or "wb"; text is UTF-8.

    Raises:
        FileNotFoundError: there is none.
        ValueError: another mode.
        InputError: of the stream too: the store does not answer or refuses, or an object is not
            what it was when it was opened.
    """
    if mode not in ("r", "rb", "w", "wb"):
        raise ValueError(f"objects are read or written as a whole: mode r, rb, w or wb, got {mode}")
    asked = functools.partial(_asked, uri)
    with asked() as (store, key):
        if mode.startswith("r"):
            reading = object_reading.Reading(uri, store.open_input_file(key), asked)
            stream: Any = io.BufferedReader(reading, _BUFFER)
            return stream if mode.endswith("b") else io.TextIOWrapper(stream, encoding="utf-8")
        written = store.open_output_stream(key, compression=None)  # else Arrow packs `.gz`
        return object_writing.writer(written, asked, text=not mode.endswith("b"))


def copy(source: str, target: str) -> None:
    """Copies an object within the store, without its bytes coming here.

    Raises:
        FileNotFoundError: there is none.
    """
    with _asked(source) as (store, key):
        store.copy_file(key, uris.key(target))


def move(source: str, target: str) -> None:
    """Moves an object, or all objects of a folder.

    Raises:
        FileNotFoundError: there is none.
    """
    if not is_folder(source):
        with _asked(source) as (store, key):
            store.move(key, uris.key(target))
        return
    for below in below_folder(source):
        copy(f"{source.rstrip('/')}/{below}", f"{target.rstrip('/')}/{below}")
    remove_folder(source)


def remove(uri: str) -> None:
    """Removes an object.

    Raises:
        FileNotFoundError: there is none.
    """
    with _asked(uri) as (store, key):
        store.delete_file(key)


def remove_folder(uri: str) -> None:
    """Removes all objects of a folder.

    Raises:
        FileNotFoundError: there is none.
    """
    with _asked(uri) as (store, key):
        store.delete_dir(key)


def download(uri: str, path: str) -> None:
    """Brings an object or a folder to a path; like Kubeflow's launcher nothing if nothing is there.

    What is only half there when this fails has a name that nobody looks for.
    """
    kind = _kind(uri)
    if kind == "File":
        _bring(uri, pathlib.Path(path))
    elif kind == "Directory":
        for below in below_folder(uri):
            _bring(f"{uri.rstrip('/')}/{below}", pathlib.Path(path, below))


def upload(path: str, uri: str) -> None:
    """Takes a file or a folder to the store; nothing if nothing is there."""
    source, uri = pathlib.Path(path), uri.rstrip("/")
    found = [each for each in sorted(source.rglob("*")) if each.is_file()]
    for each in [source] if source.is_file() else found:
        target = f"{uri}/{each.relative_to(source).as_posix()}".removesuffix("/.")
        with open(each, "rb") as read, open_object(target, "wb") as written:
            shutil.copyfileobj(read, written, _BUFFER)


def _bring(uri: str, path: pathlib.Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    staged = temporary.path_in(path.parent)
    try:
        with open_object(uri, "rb") as read, open(staged, "wb") as written:
            shutil.copyfileobj(read, written, _BUFFER)
        staged.rename(path)
    finally:
        staged.unlink(missing_ok=True)


def below_folder(uri: str) -> list[str]:
    """Returns the objects below a folder, by their paths in it; none if there is no such folder."""
    try:
        found = _listed(uri, recursive=True)
    except FileNotFoundError:
        return []
    return [each.path[len(uris.key(uri)) + 1 :] for each in found if each.is_file]


def _listed(uri: str, *, recursive: bool) -> list[fs.FileInfo]:
    """Returns what is in a folder.

    Raises:
        FileNotFoundError: there is no such folder.
        InputError: it holds a key that cannot be read.
    """
    from pyarrow import fs

    with _asked(uri) as (store, key):
        selector = fs.FileSelector(key, recursive=recursive, allow_not_found=recursive)
        found: list[fs.FileInfo] = store.get_file_info(selector)
    for each in found:
        uris.check_listed(uri, each.path[len(key) + 1 :])
    return found


def _kind(uri: str) -> str:
    try:
        with _asked(uri) as (store, key):
            return str(store.get_file_info(key).type.name)
    except FileNotFoundError:  # of a bucket of Google's
        return "NotFound"


@contextlib.contextmanager
def _asked(uri: str) -> Iterator[tuple[fs.FileSystem, str]]:
    """Yields the store of a URI and the key there.

    Raises:
        FileNotFoundError: of what is done within.
        InputError: the store does not answer, or refuses.
    """
    key = uris.key(uri)
    if uri.startswith(gcs.SCHEME):
        with gcs.asked(uri) as store:
            yield store, key
        return
    if not is_reachable(uri):
        raise InputError(
            uri, "needs the address of its server", f"set {ENDPOINT_VARIABLES[0]} to its URL"
        )
    with s3_connection.asked(uri) as store:
        yield store, key

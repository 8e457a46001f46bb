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
import io
import os
import pathlib
import shutil
from collections.abc import Iterator
from typing import IO, TYPE_CHECKING, Any, cast

from skewgate.core.errors import InputError
from skewgate.storage import gcs, patterns, s3_connection, whole_objects
from skewgate.storage.s3_connection import ENDPOINT_VARIABLES, endpoint

if TYPE_CHECKING:
    from pyarrow import fs

SCHEMES = ("minio://", "s3://")
"""What TFX reads and writes through here."""
_BUFFER = 1 << 20


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
    return exists(_scheme(uri) + _key(uri).partition("/")[0])


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
    with _asked(uri) as (store, key):
        found = store.get_file_info(_selector(key))
    folders = sorted(each.base_name for each in found if not each.is_file)
    return folders, sorted(each.base_name for each in found if each.is_file)


def matching(pattern: str) -> list[str]:
    """Returns the URIs that match a glob, sorted.

    `*`, `?` and `[...]` stay within a folder; a part that is `**` stands for folders of any depth,
    none among them, and then only objects match.
    """
    fixed, wild = patterns.split_wild(pattern.removeprefix(_scheme(pattern)))
    if not fixed:
        raise InputError(pattern, "must name its bucket", f"give {_scheme(pattern)}BUCKET/...")
    fixed = _scheme(pattern) + fixed
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
    """
    if mode not in ("r", "rb", "w", "wb"):
        raise ValueError(f"objects are read or written as a whole: mode r, rb, w or wb, got {mode}")
    with _asked(uri) as (store, key):
        if mode.startswith("r"):
            stream: Any = io.BufferedReader(cast(Any, store.open_input_file(key)), _BUFFER)
            return stream if mode.endswith("b") else io.TextIOWrapper(stream, encoding="utf-8")
        written = store.open_output_stream(key, compression=None)  # else Arrow packs `.gz`
        return whole_objects.writer(written, text=not mode.endswith("b"))


def copy(source: str, target: str) -> None:
    """Copies an object within the store, without its bytes coming here.

    Raises:
        FileNotFoundError: there is none.
    """
    with _asked(source) as (store, key):
        store.copy_file(key, _key(target))


def move(source: str, target: str) -> None:
    """Moves an object, or all objects of a folder.

    Raises:
        FileNotFoundError: there is none.
    """
    if not is_folder(source):
        with _asked(source) as (store, key):
            store.move(key, _key(target))
        return
    for below in below_folder(source):
        copy(f"{source}/{below}", f"{target}/{below}")
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
            _bring(f"{uri}/{below}", pathlib.Path(path, below))


def upload(path: str, uri: str) -> None:
    """Takes a file or a folder to the store; nothing if nothing is there."""
    source = pathlib.Path(path)
    found = [each for each in sorted(source.rglob("*")) if each.is_file()]
    for each in [source] if source.is_file() else found:
        target = f"{uri}/{each.relative_to(source).as_posix()}".removesuffix("/.")
        with open(each, "rb") as read, open_object(target, "wb") as written:
            shutil.copyfileobj(read, written, _BUFFER)


def _bring(uri: str, path: pathlib.Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f"{path.name}.partial")
    with open_object(uri, "rb") as read, open(partial, "wb") as written:
        shutil.copyfileobj(read, written, _BUFFER)
    partial.rename(path)


def below_folder(uri: str) -> list[str]:
    """Returns the objects below a folder, by their paths in it; none if there is no such folder."""
    try:
        with _asked(uri) as (store, key):
            found = store.get_file_info(_selector(key, recursive=True, allow_not_found=True))
            return [each.path[len(key) + 1 :] for each in found if each.is_file]
    except FileNotFoundError:  # as above
        return []


def _kind(uri: str) -> str:
    try:
        with _asked(uri) as (store, key):
            return str(store.get_file_info(key).type.name)
    except FileNotFoundError:  # of a bucket of Google's
        return "NotFound"


def _selector(
    key: str, *, recursive: bool = False, allow_not_found: bool = False
) -> fs.FileSelector:
    """Returns what lists a folder."""
    from pyarrow import fs

    return fs.FileSelector(key, allow_not_found=allow_not_found, recursive=recursive)


@contextlib.contextmanager
def _asked(uri: str) -> Iterator[tuple[fs.FileSystem, str]]:
    """Yields the store of a URI and the key there.

    Raises:
        FileNotFoundError: of what is done within.
        InputError: the store does not answer, or refuses.
    """
    key = _key(uri)
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


def _scheme(uri: str) -> str:
    schemes = (*SCHEMES, gcs.SCHEME)
    found = next((each for each in schemes if uri.startswith(each)), None)
    if found is None:
        raise ValueError(f"must begin with {' or '.join(schemes)}, got {uri!r}")
    return found


def _key(uri: str) -> str:
    """Returns bucket and path of a URI.

    Raises:
        InputError: it names no bucket.
    """
    key = uri.removeprefix(_scheme(uri)).strip("/")
    if not key:
        raise InputError(uri, "names no bucket", f"give {_scheme(uri)}BUCKET/...")
    return key

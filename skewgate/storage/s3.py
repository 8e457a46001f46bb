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
import re
import shutil
from collections.abc import Iterator
from typing import IO, TYPE_CHECKING, Any, cast

from skewgate.core.errors import InputError
from skewgate.storage import gcs, patterns

if TYPE_CHECKING:
    from pyarrow import fs

SCHEMES = ("minio://", "s3://")
"""What TFX reads and writes through here."""
ENDPOINT_VARIABLES = ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL")
REGION_VARIABLES = ("AWS_REGION", "AWS_DEFAULT_REGION")
DEFAULT_REGION = "us-east-1"
"""What servers that know no regions take."""

_BUFFER = 1 << 20
_ENDPOINT = re.compile(r"(https?)://([^/\s]+)/?")
_AMAZONS_CODE = re.compile(r"AWS Error (\w+)")
_REFUSED = (
    "ACCESS_DENIED",
    "INVALID_ACCESS_KEY_ID",
    "INVALID_CLIENT_TOKEN_ID",
    "SIGNATURE_DOES_NOT_MATCH",
    "MISSING_AUTHENTICATION_TOKEN",
    "UNRECOGNIZED_CLIENT",
    "EXPIRED_TOKEN",
)
_TIMEOUT = 20.0
"""Seconds until a connection is given up; Arrow tries again a few times."""


def is_object(uri: str) -> bool:
    """Says whether a URI is one of an object store that is read from here."""
    return uri.startswith(SCHEMES)


def is_remote(uri: str) -> bool:
    """Says whether commands read a URI from here: of S3 or of Google."""
    return uri.startswith((*SCHEMES, gcs.SCHEME))


def endpoint() -> str:
    """Returns the address of the server; empty for Amazon's own."""
    return _first(ENDPOINT_VARIABLES)


def is_endpoint(url: str) -> bool:
    """Says whether a text is the URL of a server."""
    return _ENDPOINT.fullmatch(url) is not None


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
    with _asked(folder) as (store, key):
        found = store.get_file_info(_selector(key, allow_not_found=True))
        return [each.base_name for each in found]


def open_object(uri: str, mode: str) -> IO[Any]:
    """Opens an object; it is there when the stream that writes it was closed.

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
        else:
            written = store.open_output_stream(key, compression=None)  # else Arrow packs `.gz`
            stream = io.BufferedWriter(cast(Any, written), _BUFFER)
    return stream if mode.endswith("b") else io.TextIOWrapper(stream, encoding="utf-8")


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
    with _asked(uri) as (store, key):
        found = store.get_file_info(_selector(key, recursive=True, allow_not_found=True))
        return [each.path[len(key) + 1 :] for each in found if each.is_file]


def _kind(uri: str) -> str:
    with _asked(uri) as (store, key):
        return str(store.get_file_info(key).type.name)


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
    try:
        yield _connect(endpoint(), _first(REGION_VARIABLES) or DEFAULT_REGION), key
    except FileNotFoundError as error:
        raise FileNotFoundError(uri) from error
    except OSError as error:
        raise _refusal(uri, error) from error


def _refusal(uri: str, error: OSError) -> InputError:
    """Returns what to say of an error of the store."""
    server = endpoint() or "Amazon S3"
    code = _AMAZONS_CODE.search(str(error))
    if code and code[1] in _REFUSED:
        return InputError(
            uri,
            f"is refused by {server} ({code[1]})",
            "check AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, and what they may do",
        )
    return InputError(
        uri,
        f"cannot be reached at {server}: {_reason(error)}",
        "check the endpoint, the credentials and what they may do",
    )


@functools.lru_cache(maxsize=8)
def _connect(url: str, region: str) -> fs.S3FileSystem:
    """Returns a client; credentials are Amazon's own chain, which looks at the environment first.

    Raises:
        InputError: the address is none.
    """
    from pyarrow import fs

    found = _ENDPOINT.fullmatch(url)
    if url and not found:
        raise InputError(
            ENDPOINT_VARIABLES[0],
            f"must be such as http://minio-service.kubeflow:9000, got {url!r}",
            "correct the variable",
        )
    place = {"scheme": found[1], "endpoint_override": found[2]} if found else {}
    return fs.S3FileSystem(
        region=region, connect_timeout=_TIMEOUT, request_timeout=3 * _TIMEOUT, **place
    )


def _first(variables: tuple[str, ...]) -> str:
    return next((os.environ[each] for each in variables if os.environ.get(each)), "")


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


def _reason(error: OSError) -> str:
    """Returns what Arrow says of an error, in one line."""
    return " ".join(str(error).split()).rstrip(".")

"""Object stores of a local run: folders, or a server that is asked as Kubeflow's launcher does."""

from __future__ import annotations

import os
import pathlib
import shutil
from collections.abc import Iterable
from typing import Protocol

from skewgate.core.errors import InputError
from skewgate.storage import s3, s3_connection
from skewgate.storage.mounts import Mounts

_SCHEMES = ("gs://", "minio://", "s3://")


class Stores(Protocol):
    """Where the artifacts of a run are."""

    def check(self, root: str) -> None:
        """Checks that a pipeline root can be reached.

        Raises:
            InputError: it cannot.
        """

    def mounts(self, task: pathlib.Path) -> Mounts:
        """Returns the folders in which a task finds its artifacts.

        Args:
            task: the folder of the task in its run.
        """

    def variables(self) -> dict[str, str]:
        """Returns variables that count more than those of a container."""

    def parameters(self) -> Mounts:
        """Returns the URIs in parameters that are paths here."""

    def bring(self, uris: Iterable[str], mounts: Mounts) -> None:
        """Brings artifacts to a task, as they are before it starts."""

    def take(self, uris: Iterable[str], mounts: Mounts) -> None:
        """Takes artifacts of a task that has gone through."""

    def clear(self, uris: Iterable[str], mounts: Mounts) -> None:
        """Removes what was brought."""

    def has(self, uri: str) -> bool:
        """Says whether an artifact is there."""


class Folders:
    """Each kind of store is a folder that all tasks share; it cannot show what was not brought."""

    def __init__(self, root: pathlib.Path) -> None:
        """Keeps everything below `root`."""
        self._mounts = _mounts(root, _SCHEMES)

    def check(self, root: str) -> None:
        """Does nothing: folders are made."""

    def mounts(self, task: pathlib.Path) -> Mounts:
        """Returns the same folders for every task."""
        del task
        return self._mounts

    def variables(self) -> dict[str, str]:
        """Returns empty endpoints: there is no server to ask."""
        return dict.fromkeys(s3_connection.ENDPOINT_VARIABLES, "")

    def parameters(self) -> Mounts:
        """Returns the folders, as there is no other way to what a parameter names."""
        return self._mounts

    def bring(self, uris: Iterable[str], mounts: Mounts) -> None:
        """Does nothing: all is there."""

    def take(self, uris: Iterable[str], mounts: Mounts) -> None:
        """Does nothing: it stays where it is."""

    def clear(self, uris: Iterable[str], mounts: Mounts) -> None:
        """Does nothing."""

    def has(self, uri: str) -> bool:
        """Says whether the path is there."""
        return os.path.exists(self._mounts.local(uri))


class Server:
    """`minio://` and `s3://` are on a server; each task has a folder with its own artifacts alone.

    What a parameter names is read and written by the task itself. `gs://` is a folder.
    """

    def __init__(self, url: str, root: pathlib.Path) -> None:
        """Takes up the server.

        Args:
            url: of the server; the credentials are those of the environment.
            root: keeps `gs://`.
        """
        self._url = url
        self._folders = _mounts(root, ("gs://",))
        # Set for this process: the client of artifacts is in it, and every task inherits it.
        os.environ[s3_connection.ENDPOINT_VARIABLES[0]] = url

    def check(self, root: str) -> None:
        """Asks the server for the bucket of the root.

        Raises:
            InputError: the server does not answer, or has no such bucket.
        """
        scheme, _, rest = root.partition("://")
        bucket = f"{scheme}://{rest.partition('/')[0]}"
        if s3.is_object(root) and not s3.exists(bucket):
            raise InputError(
                root,
                f"is in a bucket that {self._url} does not have",
                "create the bucket, or compile with another root",
            )

    def mounts(self, task: pathlib.Path) -> Mounts:
        """Returns folders of the task, and those that all share."""
        own = _mounts(task / "objects", s3.SCHEMES)
        return Mounts({**self._folders.folders, **own.folders})

    def variables(self) -> dict[str, str]:
        """Returns where the server is."""
        return {s3_connection.ENDPOINT_VARIABLES[0]: self._url}

    def parameters(self) -> Mounts:
        """Returns what is no server."""
        return self._folders

    def bring(self, uris: Iterable[str], mounts: Mounts) -> None:
        """Downloads artifacts; nothing of one that is not there."""
        for uri in filter(s3.is_object, uris):
            s3.download(uri, mounts.local(uri))

    def take(self, uris: Iterable[str], mounts: Mounts) -> None:
        """Uploads artifacts."""
        for uri in filter(s3.is_object, uris):
            s3.upload(mounts.local(uri), uri)

    def clear(self, uris: Iterable[str], mounts: Mounts) -> None:
        """Removes downloaded artifacts; they are on the server."""
        for uri in filter(s3.is_object, uris):
            path = pathlib.Path(mounts.local(uri))
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)

    def has(self, uri: str) -> bool:
        """Asks the server, or looks at the path."""
        if s3.is_object(uri):
            return s3.exists(uri)
        return os.path.exists(self._folders.local(uri))


def create(url: str | None, root: pathlib.Path) -> Stores:
    """Returns the stores of a run.

    Args:
        url: of a server that speaks S3; None for folders alone.
        root: of the folders.

    Raises:
        InputError: it is not a URL.
    """
    if url is None:
        return Folders(root)
    if not s3_connection.is_endpoint(url):
        raise InputError(
            "--object-store", f"must be the URL of a server, got {url!r}", "give http://HOST:PORT"
        )
    return Server(url, root)


def _mounts(root: pathlib.Path, schemes: Iterable[str]) -> Mounts:
    return Mounts({each: f"{root}/{each.removesuffix('://')}/" for each in schemes})

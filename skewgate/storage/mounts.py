"""Object-store URIs and the local folders under which a launcher puts what they name.

Open-source Kubeflow downloads `minio://bucket/key` to `/minio/bucket/key` before a container
starts, and uploads what is there when it has ended. TFX cannot read such a URI, but the folder.
"""

from __future__ import annotations

import dataclasses
import os
import re
from collections.abc import Callable, Mapping
from typing import Any

from skewgate.core.errors import InputError

VARIABLE = "SKEWGATE_MOUNTS"
"""The variable of a container that says which URIs are folders there."""
AUTO, NONE = "auto", "none"
_STANDARD = {"gs://": "/gcs/", "minio://": "/minio/", "s3://": "/s3/"}


@dataclasses.dataclass(frozen=True)
class Mounts:
    """Which URIs are folders here.

    Attributes:
        folders: schemes such as "gs://" to folders; both end in a slash.
    """

    folders: Mapping[str, str]

    def local(self, uri: str) -> str:
        """Returns the path of a URI, or what it was given if it is not under a mount."""
        for scheme, folder in self.folders.items():
            if uri.startswith(scheme):
                return folder + uri.removeprefix(scheme)
        return uri

    def remote(self, path: str) -> str:
        """Returns the URI of a path, or what it was given if it is not under a mount."""
        for scheme, folder in self.folders.items():
            if path.startswith(folder):
                return scheme + path.removeprefix(folder)
        return path

    def located(self, text: str) -> str:
        """Returns a parameter in which every URI under a mount is a path."""
        for scheme, folder in self.folders.items():
            text = re.sub(rf"(?<![\w+.-]){re.escape(scheme)}", lambda _, to=folder: to, text)  # type: ignore[misc]
        return text

    def restored(self, text: str) -> str:
        """Returns a text for people in which paths under mounts are URIs again."""
        for scheme, folder in self.folders.items():
            text = re.sub(rf"(?<![\w./-]){re.escape(folder)}", scheme, text)
        return text

    def describe(self) -> str:
        """Returns the text that `parse` reads."""
        pairs = (f"{scheme}={folder}" for scheme, folder in self.folders.items())
        return ",".join(pairs) or NONE


def check(text: str) -> dict[str, str]:
    """Returns the schemes and folders that a text names; none for "auto" and "none".

    Raises:
        ValueError: the text is not one that `parse` reads.
    """
    if text in (AUTO, NONE):
        return {}
    folders = {}
    for pair in text.split(","):
        scheme, _, folder = pair.partition("=")
        if not re.fullmatch(r"[a-z0-9]+://", scheme) or not folder.startswith("/"):
            raise ValueError(f"must be {AUTO}, {NONE} or pairs such as s3://=/mnt, got {text!r}")
        folders[scheme] = folder.rstrip("/") + "/"
    return folders


def parse(text: str) -> Mounts:
    """Reads "auto" (the launcher's folders that exist), "none", or "gs://=/folder,s3://=/other".

    Raises:
        InputError: the text is none of these.
    """
    if text == AUTO:
        return Mounts({uri: folder for uri, folder in _STANDARD.items() if os.path.isdir(folder)})
    try:
        return Mounts(check(text))
    except ValueError as error:
        raise InputError(VARIABLE, str(error), "correct the variable") from error


def current() -> Mounts:
    """Returns the mounts of this process; none where the variable is not set.

    Raises:
        InputError: the variable says something else.
    """
    return parse(os.environ.get(VARIABLE, NONE))


def mapped(value: Any, change: Callable[[str], str]) -> Any:
    """Returns `value` with `change` applied to every text in it, keys of mappings aside."""
    if isinstance(value, str):
        return change(value)
    if isinstance(value, dict):
        return {key: mapped(each, change) for key, each in value.items()}
    if isinstance(value, list):
        return [mapped(each, change) for each in value]
    return value

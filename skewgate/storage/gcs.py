"""Google Cloud Storage, by Arrow's own client.

Credentials are Google's application default credentials: `GOOGLE_APPLICATION_CREDENTIALS`, those of
`gcloud auth application-default login`, or of the machine. With `STORAGE_EMULATOR_HOST` another
server is asked, without credentials.
"""

from __future__ import annotations

import contextlib
import datetime
import functools
import os
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from skewgate.core.errors import InputError
from skewgate.storage import uris

if TYPE_CHECKING:
    from pyarrow import fs

SCHEME = uris.OF_GOOGLE
EMULATOR_VARIABLE = "STORAGE_EMULATOR_HOST"
_RETRIES = datetime.timedelta(seconds=20)
"""How long a request is tried again; by default Google's client does not give up for minutes."""


@contextlib.contextmanager
def asked(uri: str) -> Iterator[fs.FileSystem]:
    """Yields the store of a URI.

    Raises:
        FileNotFoundError: of what is done within.
        InputError: this installation has no client, or the store does not answer or refuses.
    """
    try:
        yield _connect(os.environ.get(EMULATOR_VARIABLE, ""))
    except FileNotFoundError as error:
        raise FileNotFoundError(uri) from error
    except OSError as error:
        reason = " ".join(str(error).split()).rstrip(".")
        raise InputError(
            uri,
            f"cannot be read from Google Cloud Storage: {reason}",
            "check the bucket, and GOOGLE_APPLICATION_CREDENTIALS or `gcloud auth "
            "application-default login`",
        ) from error
    except ImportError as error:
        raise InputError(
            uri,
            "needs pyarrow with its client of Google Cloud Storage, which is not installed",
            "install pyarrow from PyPI or conda-forge, or copy the files to this machine",
        ) from error


@functools.lru_cache(maxsize=4)
def _connect(emulator: str) -> Any:
    """Returns a client.

    Raises:
        ImportError: pyarrow was built without one.
    """
    from pyarrow.fs import GcsFileSystem

    if not emulator:
        return GcsFileSystem(retry_time_limit=_RETRIES)
    scheme, found, address = emulator.partition("://")
    return GcsFileSystem(
        anonymous=True,
        scheme=scheme if found else "http",
        endpoint_override=(address if found else emulator).rstrip("/"),
        retry_time_limit=_RETRIES,
    )

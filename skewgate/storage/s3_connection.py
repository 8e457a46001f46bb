"""The client of stores that speak S3: where their server is, and what its errors mean.

What may pass (a connection that breaks, a server that restarts or is busy) is tried again, as often
as `AWS_MAX_ATTEMPTS` says, with waits that grow: while an object is opened, read and written.
"""

from __future__ import annotations

import contextlib
import functools
import os
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from skewgate.core.errors import InputError
from skewgate.storage import uris

if TYPE_CHECKING:
    from pyarrow import fs

ENDPOINT_VARIABLES = ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL")
REGION_VARIABLES = ("AWS_REGION", "AWS_DEFAULT_REGION")
DEFAULT_REGION = "us-east-1"
"""What servers that know no regions take."""

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
_TRANSIENT = (
    "NETWORK_CONNECTION",
    "REQUEST_TIMEOUT",
    "INTERNAL_FAILURE",
    "SERVICE_UNAVAILABLE",
    "SLOW_DOWN",
    "THROTTLING",
)
_TOO_DEEP = "maximum nesting depth"
"""What Arrow says where a folder holds one without a name, again and again."""
_TIMEOUT = 20.0
"""Seconds until a connection is given up."""
ATTEMPTS_VARIABLE = "AWS_MAX_ATTEMPTS"
_ATTEMPTS = 5
"""How often something that may pass is tried, by default: about 8 seconds in all."""


def endpoint() -> str:
    """Returns the address of the server; empty for Amazon's own."""
    return _first(ENDPOINT_VARIABLES)


def is_endpoint(url: str) -> bool:
    """Says whether a text is the URL of a server."""
    return _ENDPOINT.fullmatch(url) is not None


@contextlib.contextmanager
def asked(uri: str) -> Iterator[fs.FileSystem]:
    """Yields the store of a URI.

    Raises:
        FileNotFoundError: of what is done within.
        InputError: the store does not answer, or refuses.
    """
    try:
        yield _connect(endpoint(), _first(REGION_VARIABLES) or DEFAULT_REGION, _attempts())
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
    if _TOO_DEEP in str(error):
        return uris.unnamed(uri)
    if code and code[1] not in _TRANSIENT and "HTTP status 5" not in str(error):
        return InputError(
            uri,
            f"cannot be read or written at {server}: {_reason(error)}",
            "check the bucket, and what the credentials may do",
        )
    return InputError(
        uri,
        f"cannot be reached at {server}: {_reason(error)}",
        "check the endpoint, the credentials and what they may do",
    )


def _attempts() -> int:
    """Returns how often something that may pass is tried.

    Raises:
        InputError: the variable says nothing of it.
    """
    text = os.environ.get(ATTEMPTS_VARIABLE) or str(_ATTEMPTS)
    if not (text.isascii() and text.isdigit() and 0 < int(text) <= 100):
        raise InputError(
            ATTEMPTS_VARIABLE, f"must be a number from 1 to 100, got {text!r}", "correct it"
        )
    return int(text)


@functools.lru_cache(maxsize=8)
def _connect(url: str, region: str, attempts: int) -> fs.S3FileSystem:
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
        region=region,
        connect_timeout=_TIMEOUT,
        request_timeout=3 * _TIMEOUT,
        retry_strategy=fs.AwsStandardS3RetryStrategy(max_attempts=attempts),
        **place,
    )


def _first(variables: tuple[str, ...]) -> str:
    return next((os.environ[each] for each in variables if os.environ.get(each)), "")


def _reason(error: OSError) -> str:
    """Returns what Arrow says of an error, in one line."""
    return " ".join(str(error).split()).rstrip(".")

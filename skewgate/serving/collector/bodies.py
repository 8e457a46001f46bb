"""Bodies of requests: JSON is kept byte for byte, so that no number changes its spelling."""

from __future__ import annotations

import base64
import json
from typing import Any, NoReturn

from skewgate.core import nesting
from skewgate.serving import gzip_bodies
from skewgate.serving.collector.refusals import RefusedError, unsupported


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


DECODER = json.JSONDecoder(parse_constant=_refuse_constant)
"""Reads JSON as the standard has it, without NaN and Infinity."""


def parsed(body: bytes, deepest: int = nesting.DEEPEST) -> Any:
    """Returns the value of a text in JSON.

    Args:
        body: the text.
        deepest: levels that lists and objects may have.

    Raises:
        ValueError: it is no JSON in UTF-8, or nests deeper than readers of the file can bear.
    """
    try:
        value = DECODER.decode(body.decode("utf-8"))
    except RecursionError:
        raise ValueError("nests too deep") from None
    if nesting.is_deep(body, deepest):
        raise ValueError(f"nests deeper than {deepest}")
    return value


def on_one_line(json_text: bytes) -> bytes:
    r"""Returns JSON without line breaks, which stand only between its tokens.

    >>> on_one_line(b'{\n"a": "\\n"}\r\n')
    b'{ "a": "\\n"}'
    """
    if b"\n" in json_text or b"\r" in json_text:
        json_text = json_text.replace(b"\n", b" ").replace(b"\r", b" ")
    return json_text.strip()


def member(body: bytes, *, is_json: bool) -> bytes:
    """Returns a body as the last member of an event in JSON, with the comma in front.

    Args:
        body: of a request in binary mode.
        is_json: whether its content type says JSON. What then is none is kept in base64 as well:
            what a model was sent must be found again, however broken.

    >>> member(b'[1.50]', is_json=True), member(b"1,2", is_json=False), member(b"", is_json=True)
    (b',"data":[1.50]', b',"data_base64":"MSwy"', b'')
    """
    if not body:
        return b""
    if is_json:
        try:
            parsed(body, nesting.DEEPEST - 1)  # it stands in the object of its event
        except ValueError:
            pass
        else:
            return b',"data":' + on_one_line(body)
    return b',"data_base64":"' + base64.b64encode(body) + b'"'


def inflated(body: bytes, encoding: str, most: int) -> bytes:
    """Returns a body without its content encoding.

    Args:
        body: as it came.
        encoding: the header `Content-Encoding`.
        most: bytes that it may have afterwards; no more are ever held.

    Raises:
        RefusedError: the encoding is not known, the body does not have it, or holds too much.
    """
    if encoding in ("", "identity"):
        return body
    if encoding not in gzip_bodies.NAMES:
        raise unsupported(f"content encoding {encoding[:40]!r} is not read: send gzip or none")
    try:
        return gzip_bodies.inflated(body, most)
    except gzip_bodies.TooLargeError:
        raise too_large(most) from None
    except ValueError:
        raise RefusedError(400, "the body is not a complete gzip stream") from None


def too_large(most: int) -> RefusedError:
    """Returns the refusal of a body."""
    return RefusedError(413, f"the body may have at most {most} bytes (--max-event)", unread=True)

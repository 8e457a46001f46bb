r"""CloudEvents of a request, each as the line that is stored.

A line is the event in the JSON format of CloudEvents 1.0, whatever mode it came in: its attributes,
`collectedtime`, and `data` or `data_base64`. In binary mode the attributes are headers:

>>> headers = [(b"ce-specversion", b"1.0"), (b"ce-id", b"7"), (b"ce-source", b"s")]
>>> headers += [(b"ce-type", b"t"), (b"content-type", b"application/json")]
>>> (event,) = parse(headers, b'{"instances":\n[1.50]}', "2026-11-30T19:00:00.000000Z")
>>> event.type, event.line.count(b"\n"), event.line.endswith(b'"data":{"instances": [1.50]}}\n')
('t', 1, True)
"""

from __future__ import annotations

import base64
import json
import re
import urllib.parse
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from skewgate.serving.collector import bodies
from skewgate.serving.collector.refusals import malformed, unsupported
from skewgate.serving.event_types import COLLECTED

Headers = Iterable[tuple[bytes, bytes]]

STRUCTURED = "application/cloudevents+json"
BATCHED = "application/cloudevents-batch+json"
_FAMILY = "application/cloudevents"
_REQUIRED = ("specversion", "id", "source", "type")
_DATA = ("data", "data_base64")
_NAME = re.compile(r"[a-z0-9]+")
_SPACE = re.compile(r"[ \t\n\r]*")
_ENCODE = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


class Event(NamedTuple):
    """An event to store.

    Attributes:
        line: the event in JSON, with the line break.
        type: its attribute `type`.
        collected: when it was taken.
    """

    line: bytes
    type: str
    collected: str


def parse(headers: Headers, body: bytes, collected: str) -> list[Event]:
    """Returns the events of a request.

    Args:
        headers: names in lower case and values, as ASGI has them.
        body: without its content encoding.
        collected: when it was taken, RFC 3339.

    Raises:
        RefusedError: the content type is none of CloudEvents, or an event lacks what it must have.
            Of a batch all events are taken, or none.
    """
    attributes: dict[str, str] = {}
    content_type = ""
    for name, value in headers:
        if name.startswith(b"ce-"):
            key = name[3:].decode("latin-1")
            if key in attributes:
                raise malformed(f"header ce-{key[:40]} is given twice")
            attributes[key] = _header_text(value)
        elif name == b"content-type":
            content_type = _header_text(value)
    media = content_type.partition(";")[0].strip().lower()
    if media == STRUCTURED:
        return [_of_json(text, event, collected, "") for text, event in _only(body, content_type)]
    if media == BATCHED:
        return list(_batch(body, content_type, collected))
    if media.startswith(_FAMILY):
        raise unsupported(f"content type {media[:60]!r} is not read: send {STRUCTURED} or headers")
    if not attributes:
        raise unsupported(
            f"this takes CloudEvents: send headers ce-id and so on, {STRUCTURED} or {BATCHED}"
        )
    return [_of_headers(attributes, content_type, media, body, collected)]


def _header_text(value: bytes) -> str:
    """Returns the text of a header, whose special characters are written by percent signs."""
    try:
        text = value.decode("utf-8")
        return urllib.parse.unquote(text, errors="strict") if "%" in text else text
    except UnicodeDecodeError:
        return value.decode("latin-1")


def _of_headers(
    attributes: dict[str, str], content_type: str, media: str, body: bytes, collected: str
) -> Event:
    attributes.pop("datacontenttype", None)  # stands in the content type
    if content_type:
        attributes["datacontenttype"] = content_type
    _check(attributes, "header ce-", may_hold=())
    attributes[COLLECTED] = collected
    is_json = not media or media == "application/json" or media.endswith("+json")
    head = _ENCODE(attributes)[:-1].encode()
    line = b"".join((head, bodies.member(body, is_json=is_json), b"}\n"))
    return Event(line, attributes["type"], collected)


def _of_json(text: str, event: Any, collected: str, where: str) -> Event:
    """Returns an event that is JSON already, with nothing changed but the time added."""
    if not isinstance(event, dict):
        raise malformed(f"{where or 'the body'} must be a JSON object, an event")
    _check(event, f"{where}: " if where else "", may_hold=_DATA)
    line = bodies.on_one_line(text.encode())[:-1]
    ours = f',"{COLLECTED}":"{collected}"}}\n'.encode()
    return Event(line + ours, event["type"], collected)


def _check(event: Mapping[str, Any], where: str, *, may_hold: tuple[str, ...]) -> None:
    """Checks the attributes of an event.

    Args:
        event: its attributes, in JSON with what holds its data.
        where: in front of a name in the sentence.
        may_hold: names of data.

    Raises:
        RefusedError: a required one is missing, or one is not what it must be.
    """
    for name in _REQUIRED:
        value = event.get(name)
        if not isinstance(value, str) or not value:
            raise malformed(f"{where}{name} is missing: every event has {', '.join(_REQUIRED)}")
    if event["specversion"] != "1.0":
        raise malformed(f"{where}specversion must be 1.0, got {event['specversion'][:40]!r}")
    if COLLECTED in event:
        raise malformed(f"{where}{COLLECTED} is set by the collector, and may not be sent")
    for name, value in event.items():
        if name in may_hold:
            continue
        if not _NAME.fullmatch(name) or name in _DATA:
            raise malformed(f"{where}{name[:40]} is not an attribute: names consist of a-z and 0-9")
        if isinstance(value, dict | list):
            raise malformed(f"{where}{name} must be text, a whole number or a boolean")
    if all(name in event for name in _DATA):  # never of headers
        raise malformed(f"{where}data and data_base64 are both in one event")
    if "data_base64" in event and not _is_base64(event["data_base64"]):
        raise malformed(f"{where}data_base64 must be text in base64")


def _is_base64(value: Any) -> bool:
    try:
        base64.b64decode(value, validate=True)
    except (TypeError, ValueError):
        return False
    return isinstance(value, str)


def _only(body: bytes, content_type: str) -> Iterator[tuple[str, Any]]:
    value = _json(body, content_type)
    yield body.decode("utf-8"), value


def _batch(body: bytes, content_type: str, collected: str) -> Iterator[Event]:
    """Yields the events of a list, each cut out of the text as it stands there."""
    found = _json(body, content_type)
    if not isinstance(found, list):
        raise malformed("a batch must be a JSON list of events")
    text = body.decode("utf-8")
    place = text.index("[") + 1
    for number, event in enumerate(found):
        start = _SPACE.match(text, place).end()  # type: ignore[union-attr]
        _, end = bodies.DECODER.raw_decode(text, start)
        place = _SPACE.match(text, end).end() + 1  # type: ignore[union-attr]
        yield _of_json(text[start:end], event, collected, f"event {number} of the batch")


def _json(body: bytes, content_type: str) -> Any:
    charset = content_type.lower().partition("charset=")[2].split(";")[0].strip(' "')
    if charset not in ("", "utf-8", "utf8", "us-ascii"):
        raise unsupported(f"charset {charset[:40]!r} is not read: send UTF-8")
    try:
        return bodies.parsed(body)
    except ValueError as error:
        raise malformed(f"the body is not JSON in UTF-8: {str(error)[:200]}") from None

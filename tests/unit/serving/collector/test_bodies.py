"""Bodies are inflated within a bound."""

import gzip

import pytest

from skewgate.core import json_text
from skewgate.serving.collector import bodies
from skewgate.serving.collector.refusals import RefusedError


@pytest.mark.parametrize("encoding", ["gzip", "x-gzip"])
def test_gzip_is_inflated(encoding):
    assert bodies.inflated(gzip.compress(b"[1]", mtime=0), encoding, 3) == b"[1]"


@pytest.mark.parametrize("encoding", ["", "identity"])
def test_plain_bodies_stay(encoding):
    assert bodies.inflated(b"[1]", encoding, 3) == b"[1]"


def test_a_bomb_is_refused():
    with pytest.raises(RefusedError) as caught:
        bodies.inflated(gzip.compress(bytes(10 << 20)), "gzip", 1000)
    assert caught.value.status == 413


@pytest.mark.parametrize(
    ("body", "encoding", "status"),
    [
        (b"[1]", "gzip", 400),
        (gzip.compress(b"[1]", mtime=0)[:-1], "gzip", 400),
        (gzip.compress(b"[1]", mtime=0) + b"x", "gzip", 400),
        (b"", "gzip", 400),
        (b"[1]", "br", 415),
        (b"[1]", "gzip, gzip", 415),
    ],
)
def test_what_is_not_one_stream_of_gzip_is_refused(body, encoding, status):
    with pytest.raises(RefusedError) as caught:
        bodies.inflated(body, encoding, 1000)
    assert caught.value.status == status


def test_what_is_stored_in_an_event_is_no_deeper_than_readers_of_events_bear():
    for levels, name in ((63, b',"data":'), (64, b',"data_base64":')):
        found = bodies.member(b"[" * levels + b"]" * levels, is_json=True)
        assert found.startswith(name)
        assert json_text.load(b'{"id":"1"' + found + b"}")

"""Events as the collector stores them."""

from __future__ import annotations

import base64
import gzip
import json

import pytest

from skewgate.serving.capture.formats.cloud_events import KServe
from skewgate.serving.capture.log.config import CaptureConfig
from skewgate.serving.capture.log.events import LostError
from skewgate.serving.capture.payloads import value_of

REQUEST = {"instances": [{"fare": 1.5}]}


def read(**attributes):
    event = {
        "specversion": "1.0",
        "id": "1",
        "source": "x",
        "type": "org.kubeflow.serving.inference.request",
        "time": "2026-03-01T12:00:00Z",
        **attributes,
    }
    (found,) = KServe(CaptureConfig(format="kserve")).events(json.dumps(event).encode(), "log", 1)
    return found


def coded(data):
    return base64.b64encode(data).decode()


@pytest.mark.parametrize(
    "attributes",
    [
        {"data": REQUEST},
        {"data": json.dumps(REQUEST)},
        {"data_base64": coded(json.dumps(REQUEST).encode())},
        {
            "data_base64": coded(gzip.compress(json.dumps(REQUEST).encode())),
            "contentencoding": "gzip",
        },
        {"data_base64": coded(gzip.compress(json.dumps(REQUEST).encode()))},
    ],
)
def test_one_request_however_it_is_stored(attributes):
    assert value_of(read(**attributes)) == REQUEST


def test_csv_is_text():
    found = read(datacontenttype="text/csv", data="1.5,2\n")
    assert value_of(found) == "1.5,2\n"
    found = read(datacontenttype="text/csv; charset=utf-8", data_base64=coded(b"1.5,2\n"))
    assert value_of(found) == "1.5,2\n"


def test_an_event_without_a_time_has_that_of_its_storing():
    found = read(time=None, recordedtime="2026-03-01T12:00:00Z")
    assert found.time == read().time
    assert read(time=None).time is None


@pytest.mark.parametrize(
    ("attributes", "reason"),
    [
        ({"specversion": None, "type": None}, "not a CloudEvent"),
        ({"type": "com.example.other"}, "is not that of a request"),
        ({"data_base64": "!"}, "invalid base64"),
        ({"data_base64": "aGk=", "contentencoding": "br"}, "a compression that cannot be read"),
        ({"data_base64": coded(gzip.compress(b"{}")[:-9])}, "not a complete gzip"),
        ({"data_base64": coded(gzip.compress(bytes(200_000_000)))}, "more than 128 MB"),
    ],
)
def test_what_is_no_event_is_told(attributes, reason):
    with pytest.raises(LostError) as lost:
        read(**attributes)
    assert reason in lost.value.reason


def test_a_time_that_is_none_is_not_replaced_by_that_of_storing():
    assert read(time="yesterday", collectedtime="2026-03-01T12:00:00Z").time is None


def test_what_stands_behind_a_gzip_is_not_passed_over():
    two = gzip.compress(b"{}") + gzip.compress(b"[]")
    with pytest.raises(LostError, match="not a complete gzip"):
        read(data_base64=coded(two))

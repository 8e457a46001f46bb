"""What a request holds, as lines: the rules of CloudEvents 1.0, and no change of what was sent."""

import base64
import json

import pytest
from cloudevents.core.bindings import http as sdk
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent

from skewgate.serving.collector import events
from skewgate.serving.collector.refusals import RefusedError

NOW = "2026-11-30T19:00:00.000000Z"
BINARY = {
    "ce-specversion": "1.0",
    "ce-id": "7",
    "ce-source": "http://localhost:9081/",
    "ce-type": "org.kubeflow.serving.inference.request",
}
EVENT = {"specversion": "1.0", "id": "7", "source": "s", "type": "t"}


def parse(body, headers=None, **more):
    """Returns the stored events, and checks that each is one line of JSON."""
    named = {
        name.lower(): value for name, value in (BINARY if headers is None else headers).items()
    }
    named.update({name.replace("_", "-"): value for name, value in more.items()})
    pairs = [(name.encode(), value.encode()) for name, value in named.items()]
    found = events.parse(pairs, body, NOW)
    for event in found:
        assert event.line.count(b"\n") == 1
        assert event.line.endswith(b"\n")
        assert event.collected == NOW
    return [event.line.decode() for event in found]


def one(body, headers=None, **more):
    (line,) = parse(body, headers, **more)
    return json.loads(line)


def refusal(body, headers=None, **more):
    with pytest.raises(RefusedError) as caught:
        parse(body, headers, **more)
    return caught.value.status, caught.value.sentence


def structured(event, media=events.STRUCTURED):
    return refusal(json.dumps(event).encode(), {"content-type": media})


def test_a_binary_event_has_its_headers_as_attributes_and_its_body_as_data():
    found = one(
        b'{"instances": [1]}',
        content_type="application/json",
        ce_time="2026-11-30T18:59:59Z",
        ce_inferenceservicename="taxi",
        traceparent="00-1-1-00",
    )
    assert found == {
        "specversion": "1.0",
        "id": "7",
        "source": "http://localhost:9081/",
        "type": "org.kubeflow.serving.inference.request",
        "time": "2026-11-30T18:59:59Z",
        "inferenceservicename": "taxi",
        "datacontenttype": "application/json",
        "collectedtime": NOW,
        "data": {"instances": [1]},
    }


def test_numbers_keep_their_spelling():
    body = b'{"a":1.50,\r\n "b":10000000000000000000001,"c":1e999}'
    (binary,) = parse(body, content_type="application/json")
    assert '"data":{"a":1.50,   "b":10000000000000000000001,"c":1e999}' in binary
    event = b'{"specversion":"1.0","id":"7","source":"s","type":"t","data":1.50}'
    (structured,) = parse(event, {"content-type": events.STRUCTURED})
    assert '"data":1.50,' in structured


@pytest.mark.parametrize("media", ["", "application/json; charset=utf-8", "application/x+json"])
def test_json_is_known_by_its_content_type(media):
    assert one(b"[1]", **({"content_type": media} if media else {}))["data"] == [1]


@pytest.mark.parametrize(
    ("media", "body"),
    [
        ("text/csv", b"1,2\n3,4\n"),
        ("application/octet-stream", bytes(range(256))),
        ("application/json", b"{"),
        ("application/json", b'{"a": NaN}'),
        ("application/json", b'"\xff"'),
        ("application/json", b'"a\nb"'),
        ("application/json", b"[" * 65 + b"]" * 65),
        ("application/json", b"[" * 100_000),
        ("application/json", b"9" * 5_000),
        ("application/json", b"\xef\xbb\xbf{}"),
    ],
)
def test_what_is_no_json_is_kept_byte_for_byte(media, body):
    found = one(body, content_type=media)
    if "data" in found:  # whole numbers of any length are JSON, where Python reads them
        assert found["data"] == json.loads(body)
    else:
        assert base64.b64decode(found["data_base64"]) == body
    assert found["datacontenttype"] == media


def test_a_body_may_be_empty():
    assert {"data", "data_base64"} & set(one(b"")) == set()


def test_headers_are_decoded():
    found = one(b"", ce_subject="Z%C3%BCrich%20%22a%22", ce_source="größe", ce_more="100%")
    assert (found["subject"], found["source"], found["more"]) == ('Zürich "a"', "größe", "100%")


@pytest.mark.parametrize("missing", ["specversion", "id", "source", "type"])
def test_each_required_attribute_is_asked_for(missing):
    headers = {name: value for name, value in BINARY.items() if name != f"ce-{missing}"}
    status, sentence = refusal(b"", headers)
    assert status == 400
    assert sentence.startswith(f"header ce-{missing} is missing")
    assert refusal(b"", {**BINARY, f"ce-{missing}": ""})[0] == 400
    event = {name: value for name, value in EVENT.items() if name != missing}
    assert structured(event)[0] == 400
    assert structured({**EVENT, missing: 7})[0] == 400


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"specversion": "0.3"}, "specversion must be 1.0, got '0.3'"),
        ({"collectedtime": NOW}, "collectedtime is set by the collector, and may not be sent"),
        ({"Flavour": "x"}, "Flavour is not an attribute: names consist of a-z and 0-9"),
        ({"a": {}}, "a must be text, a whole number or a boolean"),
        ({"data": 1, "data_base64": ""}, "data and data_base64 are both in one event"),
    ],
)
def test_an_event_must_be_one(more, said):
    assert structured({**EVENT, **more}) == (400, said)


def test_headers_may_not_pass_for_data():
    assert refusal(b"", ce_data="1")[0] == 400
    with pytest.raises(RefusedError, match="is given twice"):
        events.parse([(b"ce-id", b"1"), (b"ce-id", b"2")], b"", NOW)


def test_a_batch_is_taken_as_it_stands_or_not_at_all():
    batch = b' [ {"specversion":"1.0","id":"a","source":"s","type":"t","data":1.50} ,\n'
    batch += b'{"specversion":"1.0","id":"b","source":"s","type":"t"}]\n'
    media = {"content-type": events.BATCHED}
    first, second = parse(batch, media)
    assert '"data":1.50' in first
    assert json.loads(second)["id"] == "b"
    assert parse(b"[]", media) == []
    assert structured([EVENT, {**EVENT, "id": ""}], events.BATCHED)[1].startswith(
        "event 1 of the batch: id is missing"
    )
    assert structured({}, events.BATCHED) == (400, "a batch must be a JSON list of events")
    assert structured([1], events.BATCHED)[0] == 400


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 415),
        ({"content-type": "application/json"}, 415),
        ({"content-type": "application/cloudevents+avro"}, 415),
        ({"content-type": f"{events.STRUCTURED}; charset=latin-1"}, 415),
        ({"content-type": events.STRUCTURED}, 400),
        ({"content-type": f"{events.BATCHED}; charset=UTF-8"}, 400),
    ],
)
def test_other_content_types_are_refused(headers, status):
    assert refusal(b"x", headers)[0] == status


@pytest.mark.parametrize("body", [b"", b"[" * 100_000, b'"\xff"', b"[]", b"1", b"{}", b"NaN"])
def test_a_structured_event_that_is_none_is_refused(body):
    assert refusal(body, {"content-type": events.STRUCTURED})[0] == 400


@pytest.mark.parametrize("write", [sdk.to_binary_event, sdk.to_structured_event])
@pytest.mark.parametrize("data", [{"a": [1, 2.5, "ü\u2028"]}, b"\x00\xff", None])
def test_events_of_the_sdk_are_read_back_by_it(write, data):
    media = "application/octet-stream" if isinstance(data, bytes) else "application/json"
    attributes = {"type": "t", "source": "s", "datacontenttype": media, "subject": "a b"}
    event = CloudEvent(attributes, data)
    sent = write(event)
    (line,) = parse(sent.body, sent.headers)
    read = JSONFormat().read(CloudEvent, line)
    assert read.get_attributes()["collectedtime"] == NOW
    assert (read.get_data(), read.get_id(), read.get_subject()) == (data, event.get_id(), "a b")


@pytest.mark.parametrize("coded", [7, None, "!!", "MQ", ["MQ=="], "MQ==\n", "é"])
def test_data_in_base64_are_text_in_base64(coded):
    event = {"specversion": "1.0", "id": "1", "source": "s", "type": "t", "data_base64": coded}
    body = json.dumps(event).encode()
    status, sentence = refusal(body, {"content-type": events.STRUCTURED})
    assert (status, sentence) == (400, "data_base64 must be text in base64")

"""Requests of every layout become rows."""

from __future__ import annotations

import base64

import pytest

from skewgate.serving.capture.log.config import Request
from skewgate.serving.capture.log.events import Event, LostError
from skewgate.serving.capture.payloads import request_rows, value_of

ROWS = [{"fare": 1.5, "paid": "Cash"}, {"fare": 2, "paid": None}]
TENSORS = {
    "inputs": [
        {"name": "fare", "shape": [2], "datatype": "FP64", "data": [1.5, 2]},
        {"name": "paid", "shape": [2, 1], "datatype": "BYTES", "data": [["Cash"], [None]]},
    ]
}
LISTS = [[1.5, "Cash"], [2, None]]
NAMES = ["fare", "paid"]


@pytest.mark.parametrize(
    ("value", "names"),
    [
        ({"signature_name": "x", "instances": ROWS}, []),
        ({"instances": LISTS}, NAMES),
        ({"instances": [{"fare": [1.5], "paid": [["Cash"]]}, {"fare": [2], "paid": None}]}, []),
        ({"inputs": {"fare": [1.5, 2], "paid": [["Cash"], None]}}, []),
        (TENSORS, []),
        ("1.5,Cash\n2,\n", NAMES),
        (ROWS, []),
        ({"data": {"names": NAMES, "ndarray": LISTS}}, []),
        ({"data": {"ndarray": LISTS}}, NAMES),
    ],
)
def test_one_request_in_every_layout(value, names):
    assert request_rows(value, Request(names=names)) == ROWS


def test_a_table_in_one_tensor_takes_names():
    tensor = {"name": "x", "shape": [2, 2], "datatype": "FP32", "data": [1, 2, 3, 4]}
    rows = request_rows({"inputs": [tensor]}, Request(names=["a", "b"]))
    assert rows == [{"a": 1, "b": 2}, {"a": 3, "b": 4}]


@pytest.mark.parametrize(
    "wrap",
    [
        lambda text: {"instances": [{"b64": text}]},
        lambda text: {"instances": [{"examples": {"b64": text}}]},
        lambda text: {"inputs": {"examples": [{"b64": text}]}},
        lambda text: {"inputs": [{"b64": text}]},
    ],
)
def test_base64_is_taken_for_examples(wrap):
    value = wrap(base64.b64encode(b"record").decode())
    assert request_rows(value, Request()) == [b"record"]
    assert request_rows(value, Request(layout="examples")) == [b"record"]


@pytest.mark.parametrize(
    ("value", "request_", "reason"),
    [
        (7, {}, "not an object, a list or CSV"),
        ({"instances": []}, {}, "no rows"),
        ({"instances": {"a": 1}}, {}, "no list of instances"),
        ({"instances": [1.5, 2]}, {}, "no names (request.names)"),
        ({"instances": [[1, 2]]}, {"names": ["a"]}, "2 values, not 1"),
        ({"instances": [{"a": {"b": 1}}]}, {}, "a is an object"),
        ({"instances": [{"a": [[1, 2], [3]]}]}, {}, "lists or objects in a list"),
        ({"instances": [{"a": 1 << 63}]}, {}, "more than 64 bits"),
        ({"instances": [{"a": "\ud800"}]}, {}, "half of a character"),
        ({"instances": [{"b64": "!"}]}, {}, "not base64"),
        ({"inputs": {"a": [1], "b": [1, 2]}}, {}, "different numbers of rows"),
        ({"instances": ROWS}, {"layout": "tensors"}, "no tensors"),
        ({"instances": ROWS}, {"layout": "examples"}, "no base64 tf.Example"),
        (TENSORS, {"layout": "instances"}, "no list of instances"),
        ("1,2", {}, "whose values have no names"),
        ("1,2,3", {"names": ["a", "b"]}, "3 values, not 2"),
        ({"data": {}}, {"layout": "ndarray"}, "neither ndarray nor tensor"),
    ],
)
def test_what_is_no_request_is_told_without_its_values(value, request_, reason):
    with pytest.raises(LostError) as lost:
        request_rows(value, Request(**request_))
    assert reason in lost.value.reason
    assert lost.value.cause == "not_understood"


def test_bytes_are_what_their_content_type_says():
    def value(payload, kind):
        return value_of(Event("request", "1", 0, payload, kind))

    assert value(b'{"a": 1}', "application/json; charset=utf-8") == {"a": 1}
    assert value(b"1,2\n", "text/csv") == "1,2\n"
    assert value(b'{"a": 1}\n\n{"a": 2}\n', "application/jsonlines") == [{"a": 1}, {"a": 2}]
    assert value(b"1,2", "") == "1,2"
    for payload, kind in [(b"\xff", "image/png"), (b"{", "application/json"), (b"1,2", "text/x")]:
        with pytest.raises(LostError):
            value(payload, kind)

"""Events are taken apart by what their lines have in common, and give what JSON says."""

from __future__ import annotations

import json
import random

import pytest

from skewgate.serving.capture.envelopes import split
from skewgate.serving.capture.log.config import CaptureConfig
from tests.unit.serving.capture.test_columnar import same


def event(number, **more):
    return {
        "specversion": "1.0",
        "id": f"{number:08x}",
        "type": f"org.kubeflow.serving.inference.{'response' if number % 2 else 'request'}",
        "time": f"2026-03-01T12:00:{number % 60:02d}Z",
        "data": {"predictions": [number / 8]} if number % 2 else {"instances": [{"a": number}]},
        **more,
    }


def block(records):
    return "".join(f"{json.dumps(record)}\n" for record in records).encode()


def test_attributes_and_data_are_those_of_the_lines():
    records = [event(n, collectedtime=f"2026-03-01T12:00:{n:02d}.5Z") for n in range(40)]
    data = block(records)
    found = split(data)
    assert found.rows.tolist() == list(range(40))
    assert len(found.odd) == 0
    assert found.table.to_pylist() == [
        {name: record[name] for name in found.table.column_names} for record in records
    ]
    assert set(found.table.column_names) == records[0].keys() - {"data"}
    spans = zip(found.start.tolist(), found.end.tolist(), strict=True)
    assert [json.loads(data[a:b]) for a, b in spans] == [record["data"] for record in records]


@pytest.mark.parametrize(
    "odd",
    [
        {"id": "a\\b"},
        {"id": "é"},
        {"id": 7},
        {"other": None},
        {"traceparent": "00"},
        {"id": 'a"b'},
    ],
)
def test_a_line_that_differs_is_read_whole(odd):
    records = [event(n) for n in range(30)]
    records[11] = event(11, **odd)
    same(CaptureConfig(format="kserve"), records)


def test_spaces_and_the_order_of_keys_do_not_matter():
    rng = random.Random(5)
    records = [event(n, endpoint="default") for n in range(50)]
    lines = []
    for record in records:
        items = list(record.items())
        if rng.random() < 0.3:
            items.reverse()
        separators = rng.choice([(",", ":"), (", ", ": "), (" , ", " : ")])
        lines.append(json.dumps(dict(items), separators=separators))
    found = split("\n".join(lines).encode())
    assert sorted([*found.rows.tolist(), *found.odd.tolist()]) == list(range(50))
    assert len(found.rows) > 30
    for row, kept in zip(found.rows.tolist(), found.table.to_pylist(), strict=True):
        assert kept == {name: records[row][name] for name in kept}


@pytest.mark.parametrize(
    "line",
    [
        b'{"specversion": "1.0", "id": "0", "data": {"a": 1},}',
        b'{"specversion": "1.0", "id": "0", "data": {"a": 1}} {"b": 2}',
        b'{"specversion": "1.0", "id": "0", "data": {"a": 1}',
        b'{"specversion": "1.0", "id": "0" "data": {"a": 1}}',
        b'{"specversion": "1.0", "data": [1]}',
        b"null",
        b"",
    ],
)
def test_lines_that_are_no_json_of_events_are_not_taken_apart(line):
    found = split(line + b"\n")
    assert found is None
    mixed = split(block([event(1)]) + line + b"\n" + block([event(3)]))
    assert mixed is None or (mixed.odd.tolist(), mixed.rows.tolist()) == ([1], [0, 2])


def test_data_that_hide_an_attribute_are_no_attribute():
    good = event(1, endpoint="a")
    bad = json.dumps(event(3)).replace(
        '"data": {"predictions": [0.375]}', '"data": {"x": 1}, "y": {"z": 1}, "endpoint": "a"'
    )
    config = CaptureConfig(format="kserve")
    from tests.unit.serving.capture.test_columnar import at_once

    assert at_once(config, block([good]) + bad.encode() + b"\n") is None


def test_events_without_anything_in_common_are_left():
    rng = random.Random(2)
    records = [event(n, **{f"x{rng.random()}".replace(".", ""): "y"}) for n in range(200)]
    assert split(block(records)) is None

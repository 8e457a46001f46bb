"""A block that is read at once gives the rows that its lines give one by one."""

from __future__ import annotations

import json
import random

import numpy as np
import pyarrow as pa
import pytest

from skewgate.serving.capture.columnar import Reader
from skewgate.serving.capture.decoding import Decoder, Place
from skewgate.serving.capture.formats import FORMATS, lines
from skewgate.serving.capture.formats.base import Block
from skewgate.serving.capture.log.config import CaptureConfig
from skewgate.serving.capture.tally import Tally


def one_by_one(config, data):
    tally = Tally(config.max_rejected)
    decoder, log = Decoder(config, tally), FORMATS[config.format](config)
    for line, record in lines.records(Block([], data, 1)):
        for event in log.events(record, "log", line):
            decoder.take(event, Place("log", 0, line))
    return decoder.chunks(), tally


def at_once(config, data):
    return Reader(config, FORMATS[config.format](config).envelope).read(data, 1, 0)


def rows(chunks):
    found = []
    for chunk in chunks:
        for at in range(len(chunk)):
            own = (chunk.part, chunk.ids[at].as_py(), int(chunk.index[at]), int(chunk.times[at]))
            more = (chunk.versions[at].as_py(), int(chunk.files[at]), int(chunk.lines[at]))
            held = {name: array[at].as_py() for name, array in chunk.columns.items()}
            found.append((*own, *more, held))
    return sorted(found, key=repr)


def same(config, records):
    data = "".join(f"{json.dumps(record)}\n" for record in records).encode()
    found = at_once(config, data)
    wanted, tally = one_by_one(config, data)
    assert found is not None
    assert rows(found.chunks) == rows(wanted)
    assert (found.events, found.other_models) == (tally.events, tally.other_models)
    return found


def line(number, request, response=None, **more):
    found = {"id": f"r{number}", "time": 1_772_366_400 + number, "request": request, **more}
    return found if response is None else {**found, "response": response}


def value(rng, kind):
    if rng.random() < 0.1:
        return None
    made = {
        "int": lambda: rng.randrange(-5, 1 << 40),
        "float": lambda: rng.choice([0.1, -2.5e-9, 1e15, 7]),
        "text": lambda: rng.choice(["", "a", "Été", "2026-03-01", "2026-03-01 10:00:00", '"\\u']),
        "bool": lambda: rng.random() < 0.5,
        "one": lambda: [rng.random()],
        "many": lambda: [rng.random() for _ in range(rng.randrange(4))],
        "texts": lambda: [rng.choice("ab") for _ in range(rng.randrange(3))],
    }
    return made[kind]()


@pytest.mark.parametrize("seed", range(40))
def test_random_rows_are_the_same(seed):
    rng = random.Random(seed)
    kinds = {f"x{n}": rng.choice(["int", "float", "text", "bool", "one", "many"]) for n in range(4)}

    def row():
        return {name: value(rng, kind) for name, kind in kinds.items() if rng.random() < 0.9}

    def response(count):
        if seed % 3 == 0:
            return {"predictions": [[rng.random()] for _ in range(count)]}
        if seed % 3 == 1:
            return {"outputs": {"a": [rng.random() for _ in range(count)], "b": ["x"] * count}}
        return {"predictions": [{"p": [rng.random(), rng.random()]} for _ in range(count)]}

    records = []
    for number in range(30):
        count = rng.randrange(1, 4)
        request = {"instances": [row() for _ in range(count)]}
        answered = response(count) if rng.random() < 0.9 else None
        records.append(line(number, request, answered, model_version=seed))
    same(CaptureConfig(format="jsonl"), records)


@pytest.mark.parametrize(
    ("request_", "more"),
    [
        ({"instances": [[1.5, 2.5], [3.5, 4.5]]}, {"request": {"names": ["a", "b"]}}),
        ({"instances": [1.5, 2.5]}, {"request": {"names": ["a"]}}),
        ({"instances": [{"a": [None, 1.5]}]}, {}),
        ({"inputs": {"a": [1, 2], "b": [[0.5], [1.5]]}}, {}),
        ({"instances": [{"a": 1}, {"a": 2}]}, {"features": {"a": "float"}}),
        ({"instances": [{"a": 1, "b": 2}]}, {"features": {"a": "any", "c": "text"}}),
        ({"instances": [{"a": "2026-03-01T12:00:00Z"}]}, {"time": {"feature": "a"}}),
    ],
)
def test_layouts_are_the_same(request_, more):
    config = CaptureConfig(format="jsonl", **more)
    same(config, [line(number, request_) for number in range(5)])


def test_a_line_may_have_no_request():
    same(
        CaptureConfig(format="jsonl"),
        [
            line(1, {"instances": [{"a": 1}]}),
            {"id": "r1", "time": 3, "response": {"predictions": [1.5]}},
        ],
    )


def test_events_of_other_models_are_passed_over():
    kind = "org.kubeflow.serving.inference.request"
    records = [
        {
            "specversion": "1.0",
            "id": str(number),
            "type": kind,
            "time": f"2026-03-01T12:00:0{9 - number}.5Z",
            "inferenceservicename": "taxi" if number % 3 else "bike",
            "endpoint": "default",
            "data": {"instances": [{"a": number}]},
        }
        for number in range(9)
    ]
    found = same(CaptureConfig(format="kserve", model="taxi"), records)
    assert found.other_models == 3
    assert sorted(found.models) == ["bike", "taxi"]


@pytest.mark.parametrize(
    "record",
    [
        {"id": "1", "time": "noon", "request": {"instances": [{"a": 1}]}},
        {"id": "", "time": 1, "request": {"instances": [{"a": 1}]}},
        {"id": "1", "time": 1, "request": {"instances": []}},
        {"id": "1", "time": 1, "request": {"instances": [{"a": {"b": 1}}]}},
        {"id": "1", "time": 1, "request": {"instances": [{"a": 1 << 64}]}},
        {"id": "1", "time": 1, "request": {"instances": [{"a": 1e300}]}},
        {"id": "1", "time": 1, "request": {"instances": [{"a": 10**400}]}},
        {"id": "1", "time": 1, "request": {"instances": [{"b64": "x"}]}},
        {"id": "1", "time": 1},
        {"id": "1", "time": 1, "request": '{"instances": [{"a": 1}]}'},
    ],
)
def test_what_has_to_be_looked_at_is_left_to_the_reference(record):
    good = line(2, {"instances": [{"a": 1}]})
    data = f"{json.dumps(good)}\n{json.dumps(record)}\n".encode()
    assert at_once(CaptureConfig(format="jsonl"), data) is None


@pytest.mark.parametrize(
    "data", [b"null\n", b"{}{}\n", b'{"a": Inf}\n', b"[" * 5000 + b"\n", b"\xff\n", b"\n\n"]
)
def test_lines_that_are_no_objects_never_reach_arrow(data):
    assert at_once(CaptureConfig(format="jsonl"), data) is None


def test_text_that_looks_like_a_time_in_one_block_is_text_in_all():
    config = CaptureConfig(format="jsonl")
    reader = Reader(config, FORMATS["jsonl"](config).envelope)
    for texts in (["2026-03-01 10:00:00"], ["x"], [None], ["2026-03-01"]):
        records = [line(n, {"instances": [{"a": text}]}) for n, text in enumerate(texts)]
        data = "".join(f"{json.dumps(each)}\n" for each in records).encode()
        (chunk,) = reader.read(data, 1, 0).chunks
        assert chunk.columns["a"].to_pylist() == texts
        assert chunk.columns["a"].type in (pa.string(), pa.null())


def test_lines_keep_their_numbers():
    config = CaptureConfig(format="jsonl")
    data = "".join(
        f"{json.dumps(line(n, {'instances': [{'a': 1}, {'a': 2}]}))}\n" for n in range(3)
    ).encode()
    (chunk,) = Reader(config, FORMATS["jsonl"](config).envelope).read(data, 11, 4).chunks
    assert chunk.lines.tolist() == [11, 11, 12, 12, 13, 13]
    assert np.unique(chunk.files).tolist() == [4]


@pytest.mark.parametrize(
    ("request_", "layout"),
    [
        ({"instances": [{"a": 1}]}, "examples"),
        ({"instances": None, "inputs": {"a": [1]}}, "auto"),
    ],
)
def test_what_the_reference_refuses_is_not_taken_at_once(request_, layout):
    config = CaptureConfig(format="jsonl", request={"layout": layout}, max_rejected=9)
    data = f"{json.dumps(line(1, request_))}\n".encode()
    assert at_once(config, data) is None
    assert one_by_one(config, data)[1].lost["not_understood"] == 1

"""Blocks of lines are read by Arrow as JSON is meant."""

from __future__ import annotations

import json

import pyarrow as pa
import pytest

from skewgate.data.sources import json_blocks


@pytest.mark.parametrize(
    "data",
    [
        b'{"p":[null,0.5]}\n',
        b'{"p":[null,null,1]}\n{"p":[2]}\n',
        b'{"q":{"p":[null,"a"]},"r":1}\n{"q":{"p":["b"]},"r":null}\n',
        b'{"p":[null,{"a":1}]}\n',
        b'{"p":[null,[1]]}\n',
        b'{"p":[null,0.5],"t":"2026-03-01T12:00:00Z","n":null}\n',
    ],
)
def test_nulls_at_the_beginning_of_lists_are_not_lost(data):
    found = json_blocks.parse(data, pa.schema([]))
    rows = [json.loads(line) for line in data.splitlines()]
    assert [{**row, "t": 0} for row in found.to_pylist()] == [{**row, "t": 0} for row in rows]

"""Rows are kept until their counterparts are there, in memory or in files."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from skewgate.serving.capture.chunks import Chunk
from skewgate.serving.capture.spill import Spill, chosen


def chunk(part, ids, values):
    zeros = np.zeros(len(ids), np.int64)
    text = pa.array(ids)
    return Chunk(part, text, zeros, zeros, text, zeros, zeros, {"value": pa.array(values)})


@pytest.mark.parametrize("budget", [1, 1 << 30])
def test_rows_of_an_id_come_back_together_with_one_type(budget, tmp_path):
    spill = Spill(tmp_path, 7, "log", budget)
    ids = [f"r{n}" for n in range(50)]
    spill.add(chunk("response", ids[::-1], [None] * 50))
    spill.add(chunk("request", ids, list(range(50))))
    spill.add(chunk("request", ["late"], [0.5]))
    seen = []
    for held in spill.parts():
        requests, responses = set(held.request.ids.to_pylist()), set(held.response.ids.to_pylist())
        assert requests - {"late"} == responses
        assert held.request.columns["value"].type == pa.float64()
        seen += held.request.ids.to_pylist()
    assert sorted(seen) == sorted([*ids, "late"])
    assert list(tmp_path.iterdir()) == []


def test_a_share_of_ids_is_chosen():
    ids = pa.array([f"{n:x}" for n in range(20_000)])
    found = chosen(ids, 0.1)
    assert 1_800 < found.sum() < 2_200
    assert (chosen(ids, 0.2) | ~found).all()
    assert chosen(ids, 1.0).all()

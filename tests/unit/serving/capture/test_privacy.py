"""Columns are dropped, hashed and made coarser."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from skewgate.core.errors import InputError
from skewgate.serving.capture.chunks import Chunk
from skewgate.serving.capture.log.config import CaptureConfig
from skewgate.serving.capture.privacy import Privacy


def changed(columns, **rules):
    config = CaptureConfig(format="kserve", columns=rules)
    rows = len(next(iter(columns.values())))
    zeros = np.zeros(rows, np.int64)
    ids = pa.array(["a"] * rows)
    arrays = {name: pa.array(values) for name, values in columns.items()}
    chunk = Chunk("request", ids, zeros, zeros, ids, zeros, zeros, arrays)
    return Privacy(config, "capture.yaml").apply(chunk)


@pytest.fixture(autouse=True)
def key(monkeypatch):
    monkeypatch.setenv("SKEWGATE_HASH_KEY", "0123456789abcdef")


def test_equal_values_have_equal_hashes_under_one_key_alone(monkeypatch):
    found = changed({"a": [7, 7, None, 8], "b": ["7", "x", "x", None]}, hash=["a", "b"])
    one, other = (found.columns[name].to_pylist() for name in "ab")
    assert one[0] == one[1] == other[0]
    assert len({*one[:2], *one[3:], *other[:2]}) == 3
    assert (one[2], other[3]) == (None, None)
    assert all(len(each) == 32 for each in one if each)
    monkeypatch.setenv("SKEWGATE_HASH_KEY", "another key, as long")
    assert changed({"a": [7]}, hash=["a"]).columns["a"][0].as_py() != one[0]


def test_the_values_of_lists_are_changed_one_by_one():
    rules = {"a": {"step": 0.5}, "b": {"letters": 1}}
    found = changed({"a": [[1.7, -0.2], None, []], "b": [["xy"], ["Été"], None]}, generalise=rules)
    assert found.columns["a"].to_pylist() == [[1.5, -0.5], None, []]
    assert found.columns["b"].to_pylist() == [["x"], ["É"], None]


def test_a_rule_for_text_does_not_fit_numbers():
    with pytest.raises(InputError, match=r"columns.generalise.a is for text, but a holds int64"):
        changed({"a": [1]}, generalise={"a": {"letters": 2}})


def test_a_short_key_is_no_key(monkeypatch):
    monkeypatch.setenv("SKEWGATE_HASH_KEY", "short")
    with pytest.raises(InputError, match="SKEWGATE_HASH_KEY is too short"):
        changed({"a": [1]}, hash=["a"])


def test_a_column_that_is_not_there_is_of_no_matter():
    assert changed({"a": [1]}, drop=["x"], hash=["y"], generalise={"z": {"step": 1}}).columns


def test_a_rule_without_a_column_in_the_whole_log_is_told():
    config = CaptureConfig(format="kserve", columns={"drop": ["snn"]})
    privacy = Privacy(config, "capture.yaml")
    zeros, ids = np.zeros(1, np.int64), pa.array(["a"])
    privacy.apply(Chunk("request", ids, zeros, zeros, ids, zeros, zeros, {"ssn": pa.array(["1"])}))
    with pytest.raises(
        InputError, match=r"columns.drop names snn, and the log has no such column, but ssn"
    ):
        privacy.check()


def test_columns_that_capture_yaml_names_may_be_missing():
    rules = {"drop": ["age"], "hash": ["request_id"], "generalise": {"score": {"step": 1}}}
    config = CaptureConfig(
        format="kserve",
        columns=rules,
        features={"age": "int", "fare": "float"},
        prediction={"rename": {"output_0": "score"}},
    )
    Privacy(config, "capture.yaml").check()


def test_whole_numbers_become_multiples_without_rounding():
    values = [9007199254740993, -1, 0, None, 2**63 - 1]
    found = changed({"a": values}, generalise={"a": {"step": 10}}).columns["a"]
    assert found.to_pylist() == [9007199254740990, -10, 0, None, 9223372036854775800]
    found = changed({"a": [5, 2**62]}, generalise={"a": {"step": 1e30}}).columns["a"]
    assert found.to_pylist() == [0, 0]


@pytest.mark.parametrize(("value", "step"), [(-(2**63), 10), (-1, 1e30)])
def test_a_multiple_of_more_than_64_bits_is_told(value, step):
    with pytest.raises(InputError, match="has more than 64 bits"):
        changed({"a": [value]}, generalise={"a": {"step": step}})

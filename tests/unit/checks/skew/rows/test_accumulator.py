from __future__ import annotations

import collections
import math
import pickle

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skewgate.checks.skew.config import RowRule, RowRules
from skewgate.checks.skew.rows.accumulator import RowAccumulator
from skewgate.checks.skew.rows.comparing import KINDS
from skewgate.checks.skew.rows.judging import details
from skewgate.checks.skew.rows.parts import make_part
from skewgate.core.errors import InputError
from skewgate.data.arrow.row_parts import RowPart, split
from tests.row_comparison import compare_batches

RULES = RowRules(keys=["id"], slices=[["town"], ["town", "kind"]], samples=3)

NUMBERS = st.one_of(st.none(), st.sampled_from([1.0, 2.0, math.nan]))
ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "id": st.one_of(st.none(), st.integers(0, 12)),
            "town": st.sampled_from([None, "a", "b"]),
            "kind": st.sampled_from([1, 2]),
            "fare": NUMBERS,
            "tags": st.lists(st.sampled_from("xy"), max_size=2),
        }
    ),
    max_size=14,
)
SCHEMA = pa.schema(
    [
        ("id", pa.large_list(pa.int64())),
        ("town", pa.large_list(pa.large_binary())),
        ("kind", pa.large_list(pa.int64())),
        ("fare", pa.large_list(pa.float32())),
        ("tags", pa.large_list(pa.large_binary())),
    ]
)


def batch(rows):
    """Makes a batch as TFXIO gives it."""

    def cell(value):
        values = value if isinstance(value, list) else [value]
        return [each.encode() if isinstance(each, str) else each for each in values]

    columns = [
        [None if row[name] is None else cell(row[name]) for row in rows] for name in SCHEMA.names
    ]
    arrays = [pa.array(c, field.type) for c, field in zip(columns, SCHEMA, strict=True)]
    return pa.RecordBatch.from_arrays(arrays, SCHEMA.names)


def cut(rows, places):
    ends = sorted({min(place, len(rows)) for place in places} | {len(rows)})
    return [rows[low:high] for low, high in zip([0, *ends], ends, strict=False)]


def expected(training, serving):
    """Counts by the definition, row by row."""
    sides = [
        collections.Counter(row["id"] for row in side if row["id"] is not None)
        for side in (training, serving)
    ]
    partner = {row["id"]: row for row in serving}
    counts = collections.defaultdict(collections.Counter)
    for row in training:
        key = row["id"]
        if key is None or sides[0][key] != 1 or sides[1][key] != 1:
            continue
        other = partner[key]
        names = [""]
        if other["town"] is not None:
            names += [f"town={other['town']}", f"kind={other['kind']}&town={other['town']}"]
        for name in names:
            counts[name]["matched"] += 1
            for feature in ("town", "kind", "fare", "tags"):
                left, right = (side[feature] for side in (row, other))
                left, right = (None if x == [] else x for x in (left, right))
                same = left == right or (left != left and right != right)
                if not same:
                    kind = KINDS[0] if left is None else KINDS[1] if right is None else KINDS[2]
                    counts[name][feature, kind] += 1
    counts[""]["matched"] += 0
    return {name: dict(found) for name, found in counts.items()}


def shown(counted):
    return {
        name: {
            "matched": found.matched,
            **{
                (feature, kind): count
                for feature, kinds in found.features.items()
                for kind, count in zip(KINDS, kinds.tolist(), strict=True)
                if count
            },
        }
        for name, found in counted.slices.items()
    }


@settings(max_examples=150)
@given(training=ROWS, serving=ROWS)
def test_counts_are_those_of_the_definition(training, serving):
    counted = compare_batches([batch(training)], [batch(serving)], RULES)
    wanted = expected(training, serving)
    assert shown(counted) == {"": {"matched": 0}, **wanted}
    for side, rows in ((counted.training, training), (counted.serving, serving)):
        assert side.rows == len(rows)
        assert side.without_key == sum(row["id"] is None for row in rows)
        left_out = side.without_key + side.duplicated + side.duplicated_there + side.unmatched
        assert side.rows == counted.matched + left_out


@settings(max_examples=60)
@given(
    training=ROWS,
    serving=ROWS,
    places=st.tuples(*[st.lists(st.integers(0, 14), max_size=3)] * 2),
    parts=st.integers(1, 4),
    order=st.randoms(),
)
def test_any_batches_partitions_and_order_of_merging_give_the_same(
    training, serving, places, parts, order
):
    whole = compare_batches([batch(training)], [batch(serving)], RULES)
    pieces = []
    partitions = [([], []) for _ in range(parts)]
    for number, (rows, ends) in enumerate(zip((training, serving), places, strict=True)):
        for some in cut(rows, ends):
            part, seen = make_part([batch(some)], RULES)
            counted = RowAccumulator()
            (counted.training, counted.serving)[number].merge(seen)
            pieces.append(counted)
            for place, found in split(part, parts):
                partitions[place][number].append(RowPart.from_batch(found.to_batch()))
    for here, there in partitions:
        counted = RowAccumulator()
        counted.compare(RowPart.join(here), RowPart.join(there), RULES)
        pieces.append(pickle.loads(pickle.dumps(counted)))
    order.shuffle(pieces)
    merged = RowAccumulator(RULES.samples)
    for piece in pieces:
        merged.merge(piece)
    assert shown(merged) == shown(whole)
    assert merged.training == whole.training
    assert merged.serving == whole.serving
    assert details(merged, RULES) == details(whole, RULES)


def test_merging_leaves_the_other_accumulator_as_it_is():
    rows = [{"id": n, "town": "a", "kind": 1, "fare": 1.0, "tags": ["x"]} for n in range(5)]
    others = [{**row, "fare": 2.0, "tags": ["y"]} for row in rows]
    one, other = (compare_batches([batch(rows)], [batch(others)], RULES) for _ in range(2))
    before = pickle.dumps(other)
    merged = RowAccumulator(3)
    for counted in (other, one, one):
        merged.merge(counted)
    assert pickle.dumps(other) == before
    assert merged.matched == 15
    assert details(merged, RULES)["features"]["tags"]["pairs"] == [
        {"training": "x", "serving": "y", "count": 15}
    ]


def test_a_column_on_one_side_or_in_some_batches_is_missing_elsewhere():
    training = [
        pa.RecordBatch.from_arrays([pa.array([1, 2]), pa.array([7, None])], ["id", "a"]),
        pa.RecordBatch.from_arrays([pa.array([3]), pa.array(["x"])], ["id", "b"]),
    ]
    serving = [pa.RecordBatch.from_arrays([pa.array([1.0, 2.0, 3.0, 4.0])], ["id"])]
    counted = compare_batches(training, serving, RowRules(keys=["id"]))
    assert shown(counted) == {
        "": {"matched": 3, ("a", "missing in serving"): 1, ("b", "missing in serving"): 1}
    }
    swapped = compare_batches(serving, training, RowRules(keys=["id"]))
    assert shown(swapped)[""]["a", "missing in training"] == 1
    assert (swapped.training.unmatched, swapped.serving.unmatched) == (1, 0)


def test_only_the_features_asked_for_are_read():
    sides = [
        pa.RecordBatch.from_arrays(
            [pa.array([1]), pa.array([k]), pa.array([[[k]]]), pa.array(["u"]), pa.array([k])],
            ["id", "a", "nested", "town", "late"],
        )
        for k in (5, 6)
    ]
    rules = RowRules(keys=["id"], slices=[["town"]], features={"late": RowRule(ignore=True)})
    with pytest.raises(InputError, match="column nested"):
        compare_batches(sides[:1], sides[1:], rules)
    counted = compare_batches(sides[:1], sides[1:], rules, features=["a", "late"])
    assert set(counted.slices[""].features) == {"a", "town"}
    assert set(counted.slices) == {"", "town=u"}


def test_slices_are_made_by_the_serving_value():
    training = pa.RecordBatch.from_arrays([pa.array([1, 2]), pa.array(["a", "b"])], ["id", "town"])
    serving = pa.RecordBatch.from_arrays([pa.array([1, 2]), pa.array(["a", "c"])], ["id", "town"])
    counted = compare_batches([training], [serving], RowRules(keys=["id"], slices=[["town"]]))
    assert {name: found.matched for name, found in counted.slices.items()} == {
        "": 2,
        "town=a": 1,
        "town=c": 1,
    }


def test_slices_by_fractions_are_refused():
    side = pa.RecordBatch.from_arrays([pa.array([1]), pa.array([0.5])], ["id", "fare"])
    with pytest.raises(InputError, match="slices: fare"):
        compare_batches([side], [side], RowRules(keys=["id"], slices=[["fare"]]))


def test_samples_are_bounded_and_show_what_json_can_hold():
    n = 40
    values = np.full(n, math.nan, np.float32)
    values[::2] = 0.1
    training = pa.RecordBatch.from_arrays(
        [
            pa.array([f"k{i}".encode() for i in range(n)]),
            pa.array(values),
            pa.array([b"\xff" * 300] * n),
        ],
        ["id", "fare", "raw"],
    )
    serving = pa.RecordBatch.from_arrays(
        [training.column(0), pa.array([math.inf] * n), pa.array([[b"a", b"b"] * 6] * n)],
        ["id", "fare", "raw"],
    )
    rules = RowRules(keys=["id"], samples=6)
    features = details(compare_batches([training], [serving], rules), rules)["features"]
    assert len(features["fare"]["samples"]) == len(features["raw"]["samples"]) == 6
    assert {sample["training"] for sample in features["fare"]["samples"]} == {0.1, "nan"}
    assert {sample["serving"] for sample in features["fare"]["samples"]} == {"inf"}
    (first, *_) = features["raw"]["samples"]
    assert first["training"] == "\\xff" * 25 + "... (300 bytes)"
    assert first["serving"] == ["a", "b"] * 5 + ["... 12 values in all"]
    assert first["kind"] == "different"
    assert all(sample["key"]["id"].startswith("k") for sample in features["raw"]["samples"])
    assert features["raw"]["different_and_in_no_pair_listed"] == n
    assert (
        details(compare_batches([training], [serving], RowRules(keys=["id"], samples=0)), rules)[
            "features"
        ]["fare"]["samples"]
        == []
    )

import itertools
import math
import pickle

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skewgate.checks.performance.segment_ranking import rank
from skewgate.checks.performance.segments import SegmentAccumulator
from tests.unit.checks.performance.segment_rows import FEATURES, ROWS, columns, counted


def contents(accumulator):
    return {segment: found for segment, *found in accumulator.segments()}


def assert_same(one, other):
    assert (one.rows, one.forgotten, one.slack) == (other.rows, other.forgotten, other.slack)
    assert one.mean == pytest.approx(other.mean)
    ours, theirs = contents(one), contents(other)
    assert set(ours) == set(theirs)
    for segment, found in ours.items():
        assert found == pytest.approx(theirs[segment], abs=1e-6)


@given(rows=ROWS)
def test_segments_are_the_groups_of_pandas(rows):
    frame = pd.DataFrame(rows, columns=[*FEATURES, "loss"])
    frame["payment"] = frame["payment"].fillna("(missing)")
    found = contents(counted(rows))
    expected = {}
    for size in (1, 2):
        for names in itertools.combinations(FEATURES, size):
            for values, group in frame.groupby(list(names))["loss"]:
                values = values if isinstance(values, tuple) else (values,)
                places = [FEATURES.index(name) for name in names]
                segment = tuple(
                    (place, f"={value}") for place, value in zip(places, values, strict=True)
                )
                expected[segment] = (len(group), group.mean(), len(group) * group.var(ddof=0))
    assert set(found) == set(expected)
    for segment, numbers in expected.items():
        assert found[segment] == pytest.approx(numbers, abs=1e-6)


@given(rows=ROWS, cut=st.integers(0, 40))
def test_one_batch_two_batches_and_merges_in_any_order_agree(rows, cut):
    one = counted(rows)
    parts = [part for part in (rows[:cut], rows[cut:]) if part]
    assert_same(one, counted(*parts))
    for order in itertools.permutations(parts):
        merged = SegmentAccumulator(FEATURES, 2, "log_loss")
        for part in order:
            merged.merge(counted(part))
        assert_same(one, merged)


def test_merging_leaves_the_other_as_it_is():
    one, other = counted([("Cash", "A", 1, 2.0)]), counted([("Card", "B", 1, 4.0)])
    before = contents(other)
    one.merge(other)
    assert contents(other) == before
    assert other.rows == 1


def test_many_small_batches_are_many_rows():
    batch = [("Cash", "A", 1, 2.0), ("Card", "B", 1, 4.0), (None, "B", 2, 1.0)]
    assert_same(counted(batch * 12_000), counted(*[batch * 100] * 120))


def test_depth_one_has_no_pairs():
    found = contents(counted([("Cash", "A", 1, 2.0)], depth=1))
    assert sorted(found) == [((0, "=Cash"),), ((1, "=A"),), ((2, "=1"),)]


def test_a_pickled_accumulator_counts_on():
    batch = [("Cash", "A", 1, 2.0), ("Card", "B", 1, 4.0)]
    copy = pickle.loads(pickle.dumps(counted(batch)))
    copy.add(*columns(batch))
    assert_same(copy, counted(batch, batch))


def test_memory_is_bounded_and_what_is_forgotten_is_told():
    accumulator = SegmentAccumulator(["id", "payment"], 2, most=1000)
    parts = [SegmentAccumulator(["id", "payment"], 2, most=1000) for _ in range(3)]
    rng = np.random.default_rng(1)
    seen = {"Cash": 0, "Card": 0}
    for part in parts:
        for _ in range(4):
            ids = [f"trip {i}" for i in rng.integers(0, 10**9, 10_000)]
            payment = rng.choice(["Cash", "Card"], 10_000, p=[0.3, 0.7]).tolist()
            for name in seen:
                seen[name] += payment.count(name)
            part.add({"id": ids, "payment": payment}, rng.random(10_000))
            assert len(part) <= 1000
        accumulator.merge(part)
        assert len(accumulator) <= 1000
    assert accumulator.forgotten > 100_000
    found = contents(accumulator)
    for name, rows in seen.items():
        kept = found[((1, f"={name}"),)][0]
        assert rows - accumulator.slack <= kept <= rows
    told = rank(accumulator, 100, 5)
    assert (told["forgotten"], told["slack"]) == (accumulator.forgotten, accumulator.slack)


def test_no_rows_are_no_segments():
    accumulator = SegmentAccumulator(FEATURES)
    accumulator.add({}, np.zeros(0))
    told = rank(accumulator, 2, 3)
    assert (told["rows"], told["mean_loss"], told["worst"]) == (0, None, [])
    assert told["absent"] == FEATURES


def test_a_feature_that_no_batch_has_is_missing_and_named():
    accumulator = SegmentAccumulator(["payment", "compny"], 1)
    accumulator.add({"payment": ["Cash", "Card"], "company": ["A", "B"]}, [1.0, 2.0])
    assert contents(accumulator)[((1, "=(missing)"),)][0] == 2
    assert rank(accumulator, 2, 3)["absent"] == ["compny"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((["a", "a"],), "distinct"),
        ((["a"], 3), "depth must be 1 or 2, got 3"),
        ((["a"], 0), "depth must be 1 or 2, got 0"),
        ((["a"], 1, "loss", 1), "at least 2, got 1"),
    ],
)
def test_what_cannot_be_counted_is_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        SegmentAccumulator(*arguments)


@pytest.mark.parametrize("losses", [[1.0, math.nan], [[1.0, 2.0]], [1.0, math.inf]])
def test_losses_that_are_none_are_refused(losses):
    with pytest.raises(ValueError, match="finite numbers"):
        SegmentAccumulator(["a"]).add({"a": [1, 2]}, losses)


def test_a_column_of_other_length_is_refused():
    with pytest.raises(ValueError, match="a must have one value a loss, got 3 for 2"):
        SegmentAccumulator(["a"]).add({"a": [1, 2, 3]}, [1.0, 2.0])


def test_accumulators_of_other_features_do_not_merge():
    with pytest.raises(ValueError, match="must count the same"):
        SegmentAccumulator(["a"]).merge(SegmentAccumulator(["b"]))

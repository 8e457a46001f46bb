import itertools
import json
import math
import pickle

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from skewgate.checks.performance.binning import label_rows
from skewgate.checks.performance.segments import SegmentAccumulator, rank
from skewgate.core.errors import InputError

FEATURES = ["payment", "company", "hour"]
ROWS = st.lists(
    st.tuples(
        st.sampled_from(["Cash", "Card", None]),
        st.sampled_from(["A", "B", "C"]),
        st.integers(0, 3),
        st.floats(0, 16),
    ),
    min_size=1,
    max_size=40,
)


def columns(rows):
    frame = list(zip(*rows, strict=True))
    return dict(zip(FEATURES, map(list, frame[:3]), strict=True)), np.array(frame[3], float)


def counted(*batches, depth=2, features=FEATURES, **options):
    accumulator = SegmentAccumulator(features, depth, "log_loss", **options)
    for batch in batches:
        accumulator.add(*columns(batch))
    return accumulator


def contents(accumulator):
    return {segment: found for segment, *found in accumulator.segments()}


def assert_same(one, other):
    assert (one.rows, one.forgotten, one.slack) == (other.rows, other.forgotten, other.slack)
    assert one.mean == pytest.approx(other.mean)
    ours, theirs = contents(one), contents(other)
    assert set(ours) == set(theirs)
    for segment, found in ours.items():
        assert found == pytest.approx(theirs[segment], abs=1e-6)


def lossy(n=4000, seed=3):
    """Cash loses more, and with company A far more; the hour has nothing to do with it."""
    rng = np.random.default_rng(seed)
    payment = rng.choice(["Cash", "Card", "Mobile"], n, p=[0.4, 0.5, 0.1])
    company = rng.choice(["A", "B", "C"], n, p=[0.2, 0.5, 0.3])
    cash = payment == "Cash"
    losses = rng.exponential(0.3, n) + 0.2 * cash + 0.8 * (cash & (company == "A"))
    data = {"payment": payment.tolist(), "company": company.tolist()}
    return {**data, "hour": rng.integers(0, 24, n)}, losses


def ranked(min_rows=50, top=10):
    accumulator = SegmentAccumulator(FEATURES, 2, "log_loss")
    accumulator.add(*lossy())
    return rank(accumulator, min_rows, top)


# Counting.


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


# Labels of values.


def label(value, kind=None):
    codes, labels = label_rows(pa.array([value], kind), "x", 1)
    return labels[codes[0]]


@pytest.mark.parametrize(
    ("value", "kind", "expected"),
    [
        (5, None, "=5"),
        (-127, None, "=-127"),
        (128, None, " in [128, 256)"),
        (-128, None, " in (-256, -128]"),
        (300, None, " in [256, 512)"),
        (2**40, None, " in [1099511627776, 2199023255552)"),
        (True, None, "=1"),
        (0.0, None, "=0"),
        (-0.0, None, "=0"),
        (1.0, None, " in [1, 2)"),
        (1.7, pa.float32(), " in [1, 2)"),
        (-1.0, None, " in (-2, -1]"),
        (0.3, None, " in [0.25, 0.5)"),
        (2.0**-10, None, " in [0.0009765625, 0.001953125)"),
        (1e-9, None, " in (0, 0.0009765625)"),
        (-1e-9, None, " in (-0.0009765625, 0)"),
        (math.inf, None, "=inf"),
        (-math.inf, None, "=-inf"),
        (math.nan, None, "=(missing)"),
        (None, None, "=(missing)"),
        ("Cash", None, "=Cash"),
        (b"\xff", None, "=\\xff"),
        ("x" * 200, None, "=" + "x" * 99 + "…"),
        ([], pa.list_(pa.string()), "=(missing)"),
        (["Cash"], None, "=Cash"),
        ([2.5], None, " in [2, 4)"),
        (["Cash", "Card"], None, "=(several)"),
    ],
)
def test_every_value_has_its_label(value, kind, expected):
    assert label(value, kind) == expected


@given(value=st.floats(allow_nan=False, allow_infinity=False))
def test_a_float_lies_in_its_bin(value):
    text = label(value)
    if value == 0:
        assert text == "=0"
        return
    low, high = (float(edge) for edge in text.removeprefix(" in ")[1:-1].split(", "))
    assert low <= value <= high
    assert value not in (high, low) or (text[4] == "[" and value == low) or text[-1] == "]"


@given(
    values=st.lists(
        st.none() | st.lists(st.sampled_from(["a", "b"]), max_size=3), min_size=1, max_size=9
    )
)
def test_labels_of_a_batch_are_those_of_its_rows(values):
    kind = pa.list_(pa.string())
    codes, labels = label_rows(pa.array(values, kind), "x", len(values))
    assert [labels[code] for code in codes] == [label(value, kind) for value in values]


@given(
    values=st.lists(st.none() | st.integers(-300, 300) | st.just(-(2**63)), min_size=1, max_size=9)
)
def test_labels_of_integers_are_those_of_its_rows(values):
    codes, labels = label_rows(pa.chunked_array([pa.array(values, pa.int64())]), "x", len(values))
    assert [labels[code] for code in codes] == [label(value, pa.int64()) for value in values]
    assert len(set(labels)) == len(labels)


def test_a_struct_is_neither_number_nor_text():
    with pytest.raises(InputError, match="column x"):
        label({"a": 1})


# Ranking.


def test_the_segment_with_the_planted_loss_is_the_worst():
    worst = ranked()["worst"][0]
    data, losses = lossy()
    inside = (np.array(data["payment"]) == "Cash") & (np.array(data["company"]) == "A")
    assert worst["segment"] == "payment=Cash, company=A"
    assert worst["rows"] == inside.sum()
    assert worst["share"] == pytest.approx(inside.mean())
    assert worst["mean_loss"] == pytest.approx(losses[inside].mean())
    assert worst["excess"] == pytest.approx((losses[inside] - losses.mean()).sum())
    assert worst["sure"] is True


def test_the_costliest_segment_is_the_one_whose_loss_would_go_away():
    costliest = ranked()["costliest"]
    assert costliest[0]["segment"] == "payment=Cash"
    excess = [entry["excess"] for entry in costliest]
    assert excess == sorted(excess, reverse=True)


def test_interval_is_students_at_the_level_of_all_segments():
    data, losses = lossy()
    told = ranked()
    [cash] = [entry for entry in told["worst"] if entry["segment"] == "payment=Cash"]
    inside = losses[np.array(data["payment"]) == "Cash"]
    n = len(inside)
    variance = (n * inside.var() + losses.var()) / n
    t = stats.t.isf(0.025 / told["segments"], n - 1)
    half = t * math.sqrt(variance / n)
    assert cash["lower"] == pytest.approx(inside.mean() - half)
    assert cash["upper"] == pytest.approx(inside.mean() + half)


def test_those_surely_worse_come_first_each_by_mean_loss():
    worst = ranked(min_rows=5, top=1000)["worst"]
    sure = [entry["sure"] for entry in worst]
    assert sure == sorted(sure, reverse=True)
    assert any(sure)
    assert not all(sure)
    for group in (True, False):
        means = [entry["mean_loss"] for entry in worst if entry["sure"] is group]
        assert means == sorted(means, reverse=True)


@given(rows=ROWS)
def test_nothing_is_listed_twice_and_no_pair_hides_behind_a_parent(rows):
    accumulator = counted(rows)
    told = rank(accumulator, 2, 1000)
    overall = told["mean_loss"]
    for entries in (told["worst"], told["costliest"]):
        names = [entry["segment"] for entry in entries]
        assert len(set(names)) == len(names)
        assert all(entry["rows"] >= 2 and entry["mean_loss"] > overall for entry in entries)
        rows_of = {entry["segment"]: entry for entry in entries}
        for name, entry in rows_of.items():
            for parent in name.split(", ") if ", " in name else []:
                if parent in rows_of:
                    assert entry["rows"] < rows_of[parent]["rows"]
                    assert entry["mean_loss"] > rows_of[parent]["upper"]
    assert told["segments"] + told["small"] == len(accumulator)
    json.dumps(told, allow_nan=False)


def test_a_pair_that_adds_nothing_is_not_listed():
    names = {entry["segment"] for entry in ranked(top=1000)["worst"]}
    assert "payment=Cash" in names
    assert not [name for name in names if "hour" in name and "payment" in name]
    # Every row of the first feature is of the second: the same rows under two names.
    accumulator = SegmentAccumulator(["a", "b"])
    accumulator.add(
        {"a": ["x"] * 40 + ["y"] * 60, "b": ["u"] * 40 + ["v"] * 60},
        np.repeat([2.0, 1.0], [40, 60]) + np.tile([0.0, 0.1], 50),
    )
    assert {e["segment"] for e in rank(accumulator, 2, 9)["worst"]} == {"a=x", "b=u"}


def test_few_equal_losses_do_not_look_certain():
    accumulator = SegmentAccumulator(["a"])
    rng = np.random.default_rng(2)
    losses = np.append(rng.exponential(1.0, 500), [1.2, 1.2])
    accumulator.add({"a": ["usual"] * 500 + ["odd"] * 2}, losses)
    [odd] = rank(accumulator, 2, 9)["worst"]
    assert odd["segment"] == "a=odd"
    assert odd["sure"] is False


def test_segments_without_a_difference_are_seldom_sure():
    sure = 0
    for seed in range(40):
        rng = np.random.default_rng(seed)
        accumulator = SegmentAccumulator(["a", "b"])
        data = {"a": rng.integers(0, 8, 3000), "b": rng.integers(0, 8, 3000)}
        accumulator.add(data, rng.exponential(0.4, 3000))
        sure += any(entry["sure"] for entry in rank(accumulator, 30, 5)["worst"])
    assert sure <= stats.binom.ppf(0.999, 40, 0.05)


@pytest.mark.parametrize(("min_rows", "top", "alpha"), [(1, 5, 0.05), (2, 0, 0.05), (2, 5, 1.0)])
def test_a_ranking_that_cannot_be_is_refused(min_rows, top, alpha):
    with pytest.raises(ValueError, match="min_rows must be at least 2"):
        rank(SegmentAccumulator(["a"]), min_rows, top, alpha)

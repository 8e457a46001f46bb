"""Chunks add up to what one pass over all values gives."""

from __future__ import annotations

import collections
import statistics

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skewgate.data.tf_example.columns import FLOAT, INT, STRING, DecodedValues
from skewgate.statistics import messages
from skewgate.statistics.generating import profile
from skewgate.statistics.generating.columns import MixedTypesError, UnsupportedError, columns_of
from skewgate.statistics.generating.features import StatisticsOptions

TEXTS = st.lists(st.sampled_from([b"", b"a", b"b", b"ab", "ä".encode(), b"\xff"]), max_size=2)
INTS = st.lists(st.integers(-3, 12), max_size=2)
FLOATS = st.lists(st.floats(-100, 100, width=32) | st.just(float("nan")), max_size=2)
ROWS = st.lists(st.tuples(*(st.none() | values for values in (TEXTS, INTS, FLOATS))), max_size=12)


def values(kind, rows):
    lengths = np.array([-1 if row is None else len(row) for row in rows], np.int64)
    flat = [value for row in rows if row for value in row]
    if kind == STRING:
        return DecodedValues(kind, lengths, pa.array(flat, pa.large_binary()))
    return DecodedValues(kind, lengths, np.array(flat, np.float32 if kind == FLOAT else np.int64))


def chunk(rows, names=("text", "code", "fare"), kinds=(STRING, INT, FLOAT)):
    columns = zip(*rows, strict=True) if rows else [()] * len(names)
    return {n: values(k, c) for n, k, c in zip(names, kinds, columns, strict=True)}


def profiled(chunks, options, make=chunk):
    whole = profile.StatisticsBuilder(options)
    for rows in chunks:
        columns = columns_of([make(rows)], [len(rows)])
        whole.add(profile.describe(columns, len(rows), options))
    return whole


def describe(chunks, options, make=chunk):
    return profiled(chunks, options, make).statistics()


def features_of(dataset):
    return {feature.path.step[0]: feature for feature in dataset.features}


def expected_ranks(values, named):
    counts = collections.Counter(values)
    ordered = sorted(counts.items(), key=lambda pair: (pair[1], pair[0]), reverse=True)[:named]
    return [
        (
            str(value)
            if isinstance(value, int)
            else ("__BYTES_VALUE__" if value == b"\xff" else value.decode()),
            count,
        )
        for value, count in ordered
    ]


@settings(deadline=None)
@given(st.lists(ROWS, min_size=1, max_size=4), st.integers(1, 4))
def test_chunks_add_up(chunks, named):
    options = StatisticsOptions(
        num_top_values=2, num_rank_histogram_buckets=named, categories=frozenset(["code"])
    )
    (dataset,) = describe(chunks, options).datasets
    rows = [row for part in chunks for row in part]
    assert dataset.num_examples == len(rows)
    if not rows:
        return
    found = features_of(dataset)
    for place, name in enumerate(("text", "code")):
        lists = [row[place] for row in rows if row[place] is not None]
        flat = [value for row in lists for value in row]
        stats = found[name].string_stats
        common = stats.common_stats
        assert (common.num_non_missing, common.num_missing, common.tot_num_values) == (
            len(lists),
            len(rows) - len(lists),
            len(flat),
        )
        assert stats.unique == len(set(flat))
        buckets = stats.rank_histogram.buckets
        assert [(b.label, b.sample_count) for b in buckets] == expected_ranks(flat, named)
        tops = [(top.value, top.frequency) for top in stats.top_values]
        assert tops == expected_ranks(flat, 2)
        sizes = [len(value if isinstance(value, bytes) else str(value)) for value in flat]
        assert stats.avg_length == pytest.approx(sum(sizes) / len(sizes) if sizes else 0)
        assert stats.invalid_utf8_count == flat.count(b"\xff")
        if lists:
            lengths = [len(values) for values in lists]
            assert (common.min_num_values, common.max_num_values) == (min(lengths), max(lengths))
    fares = [value for row in rows for value in row[2] or () if value == value]
    n_nan = sum(value != value for row in rows for value in row[2] or ())
    stats = found["fare"].num_stats
    assert {histogram.num_nan for histogram in stats.histograms} <= {n_nan}
    if fares:
        assert (stats.min, stats.max) == (min(fares), max(fares))
        assert stats.num_zeros == fares.count(0.0)
        assert stats.mean == pytest.approx(statistics.fmean(fares), abs=1e-9)
        assert stats.std_dev == pytest.approx(statistics.pstdev(fares), abs=1e-7)
        (standard, _) = stats.histograms
        assert len(standard.buckets) == (10 if min(fares) < max(fares) else 1)


@settings(deadline=None)
@given(st.lists(ROWS, min_size=1, max_size=3))
def test_slices_hold_the_rows_with_their_value(chunks):
    options = StatisticsOptions(slices=(("code",),))
    found = describe(chunks, options)
    rows = [row for part in chunks for row in part]
    expected = collections.Counter(code for row in rows for code in set(row[1] or ()))
    sizes = {dataset.name: dataset.num_examples for dataset in found.datasets}
    whole = sizes.pop("All Examples" if rows else "")
    assert whole == len(rows)
    assert sizes == {f"code_{code}": count for code, count in expected.items()}
    if rows:
        names = {frozenset(features_of(dataset)) for dataset in found.datasets}
        assert names == {frozenset(["text", "code", "fare"])}


def test_every_way_to_call_gives_the_same_message():
    rows = [([b"a"], [n % 3], [float(n)]) for n in range(50)]
    whole = profiled([rows], StatisticsOptions(slices=(("code",),)))
    backwards = whole.statistics(lambda call, items: [call(i) for i in reversed(items)][::-1])
    assert backwards == whole.statistics()
    assert whole.n_rows == 50


def test_a_feature_that_comes_late_is_missing_before():
    early = [([b"a"], [1], [1.0])] * 3
    late = [([b"a"], [1], [1.0], [7])] * 2

    def make(rows):
        wide = len(rows[0]) == 4
        names, kinds = ("text", "code", "fare", "late")[: 3 + wide], (STRING, INT, FLOAT, INT)
        return chunk(rows, names, kinds[: len(names)])

    (dataset,) = describe([early, late], StatisticsOptions(), make).datasets
    common = features_of(dataset)["late"].num_stats.common_stats
    assert (common.num_missing, common.num_non_missing) == (3, 2)


def test_a_feature_of_two_types_is_refused():
    def make(rows):
        return {"fare": values(FLOAT if isinstance(rows[0][0], float) else INT, rows)}

    with pytest.raises(MixedTypesError, match="fare"):
        describe([[[1.0]], [[1]]], StatisticsOptions(), make)
    with pytest.raises(MixedTypesError, match="fare"):
        columns_of([make([[1.0]]), make([[1]])], [1, 1])


@pytest.mark.parametrize("features", [("fare",), ("code", "absent"), ("odd",)])
def test_slices_that_depend_on_batches_are_left_to_tfdv(features):
    def make(rows):
        return {**chunk(rows), "odd": DecodedValues(None, np.full(len(rows), -1), None)}

    with pytest.raises(UnsupportedError):
        describe([[([b"a"], [1], [1.0])]], StatisticsOptions(slices=(features,)), make)


def test_values_that_make_one_name_make_slices_of_their_own():
    def make(rows):
        kinds = {"a": STRING, "b": STRING}
        return {
            n: values(k, c)
            for (n, k), c in zip(kinds.items(), zip(*rows, strict=True), strict=True)
        }

    rows = [([b"1_b_x"], [b"y"]), ([b"1"], [b"x"]), ([b"1"], [b"x"]), ([b"\xff"], [b""])]
    options = StatisticsOptions(slices=(("a",), ("a", "b")))
    found = describe([rows], options, make)
    assert {dataset.name: dataset.num_examples for dataset in found.datasets} == {
        "All Examples": 4,
        "a='1_b_x'": 1,
        "a='1', b='x'": 2,
        "a_1": 2,
        "a_\\xff": 1,
        "a_1_b_x_b_y": 1,
        "a_\\xff_b_": 1,
    }
    keys = [messages.slice_key(dataset) for dataset in found.datasets]
    assert sorted(keys) == sorted(
        ["", "a=1_b_x", "a=1&b=x", "a=1", "a=%FF", "a=1_b_x&b=y", "a=%FF&b="]
    )


def test_many_distinct_values_are_counted_exactly():
    generator = np.random.default_rng(5)
    keys = generator.integers(0, 90_000, 200_000)
    chunks = [
        [([b"%d" % key], [int(key)], None) for key in keys[start : start + 50_000].tolist()]
        for start in range(0, len(keys), 50_000)
    ]
    (dataset,) = describe(chunks, StatisticsOptions(categories=frozenset(["code"]))).datasets
    found = features_of(dataset)
    for name, flat in (("text", [b"%d" % key for key in keys]), ("code", keys.tolist())):
        stats = found[name].string_stats
        assert stats.unique == len(set(flat))
        buckets = stats.rank_histogram.buckets
        assert [(b.label, b.sample_count) for b in buckets] == expected_ranks(flat, 1000)

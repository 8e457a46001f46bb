from __future__ import annotations

import pickle
import random
import subprocess
import sys

import apache_beam as beam
import numpy as np
import pyarrow as pa
import pytest
from apache_beam.testing import test_pipeline, util
from hypothesis import given, settings
from hypothesis import strategies as st

from skewgate.beam.profile import ProfileBatches, ProfileFn
from skewgate.core.distributions import CategoricalDistribution, EmptyDistribution, n_rows
from skewgate.profiling.accumulators.options import ProfileOptions
from skewgate.profiling.accumulators.profile import ProfileAccumulator
from tests.plain_profiles import described

RESOLUTION = 16  # few points, so that small data are summarised and joined

NUMBERS = st.one_of(
    st.none(),
    st.integers(-3, 3).map(float),
    st.floats(width=32),
)
ROWS = st.lists(
    st.tuples(NUMBERS, st.lists(NUMBERS, max_size=3), st.sampled_from([None, "a", "b", "c"])),
    max_size=120,
)


def batch_of(rows):
    """Makes a batch as TFXIO gives them: lists of values, None where there is none."""
    return pa.RecordBatch.from_arrays(
        [
            pa.array([None if x is None else [x] for x, _, _ in rows], pa.large_list(pa.float32())),
            pa.array(
                [[y for y in ys if y is not None] or None for _, ys, _ in rows],
                pa.large_list(pa.float32()),
            ),
            pa.array(
                [None if z is None else [z.encode()] for _, _, z in rows],
                pa.large_list(pa.large_binary()),
            ),
        ],
        ["x", "y", "z"],
    )


def combine(combine_fn, parts, order):
    """Adds each part to an accumulator, pickles it, and joins random pairs."""
    accumulators = [
        pickle.loads(pickle.dumps(add(combine_fn, combine_fn.create_accumulator(), part)))
        for part in parts
    ] or [combine_fn.create_accumulator()]
    while len(accumulators) > 1:
        order.shuffle(accumulators)
        many = order.randint(2, len(accumulators))
        merged = combine_fn.merge_accumulators(accumulators[:many])
        accumulators = [pickle.loads(pickle.dumps(merged)), *accumulators[many:]]
    return combine_fn.extract_output(accumulators[0])


def add(combine_fn, accumulator, batches):
    for batch in batches:
        accumulator = combine_fn.add_input(accumulator, batch)
    return accumulator


def split(rows, cuts):
    ends = sorted({min(cut, len(rows)) for cut in cuts} | {len(rows)})
    return [rows[low:high] for low, high in zip([0, *ends], ends, strict=False)]


def assert_bounds_hold(side, values):
    """Compares the bounds of a distribution with the exact CDF of its values."""
    values = np.sort(np.asarray(values, dtype=float))
    n = len(values)
    assert side.n == n
    points = np.unique(values)
    for exact, (low, high) in (
        (np.searchsorted(values, points, side="right") / n, side.bounds_at(points)),
        (np.searchsorted(values, points, side="left") / n, side.bounds_before(points)),
    ):
        assert np.all(low <= exact + 1e-12)
        assert np.all(exact <= high + 1e-12)


def assert_describes(profile, rows, name=""):
    assert profile.rows[name] == len(rows)
    columns = {
        "x": [[x] for x, _, _ in rows if x is not None],
        "y": [[y for y in ys if y is not None] for _, ys, _ in rows],
    }
    for feature, lists in columns.items():
        present = [values for values in lists if values]
        side = profile.slices[name][feature]
        values = np.array([np.float32(value) for values in present for value in values])
        known = values[~np.isnan(values)]
        assert n_rows(side) == len(rows)
        assert side.n_missing == len(rows) - len(present)
        assert side.n_nan == len(values) - len(known)
        if len(known):
            assert_bounds_hold(side, known)
        else:
            assert isinstance(side, EmptyDistribution)
        if any(len(values) > 1 for values in present):
            lengths = profile.value_counts[name][feature]
            assert_bounds_hold(lengths, [len(values) for values in present])
        else:
            assert feature not in profile.value_counts[name]
    names = [z for _, _, z in rows if z is not None]
    side = profile.slices[name]["z"]
    if names:
        assert isinstance(side, CategoricalDistribution)
        assert side.counts == {z: names.count(z) for z in set(names)}
        assert side.other == side.slack == 0
    assert n_rows(side) == len(rows)


@settings(deadline=None, max_examples=60)
@given(rows=ROWS.filter(len), cuts=st.lists(st.integers(0, 120), max_size=8), order=st.randoms())
def test_any_batches_in_any_order_describe_the_same_rows(rows, cuts, order):
    combine_fn = ProfileFn(ProfileOptions(slice_by=[["z"]], resolution=RESOLUTION))
    parts = split(rows, cuts)
    one_batch = combine(combine_fn, [[batch_of(rows)]], order)
    many_batches = combine(combine_fn, [[batch_of(part) for part in parts]], order)
    many_accumulators = combine(combine_fn, [[batch_of(part)] for part in parts], order)
    for profile in (one_batch, many_batches, many_accumulators):
        assert_describes(profile, rows)
        present = {z for _, _, z in rows if z is not None}
        assert set(profile.slices) == {"", *(f"z={z}" for z in present)}
        for z in present:
            assert_describes(profile, [row for row in rows if row[2] == z], f"z={z}")


@settings(deadline=None, max_examples=15)
@given(seed=st.integers(0, 2**32), order=st.randoms())
def test_bounds_hold_and_stay_close_where_summaries_are_joined_often(seed, order):
    generator = np.random.default_rng(seed)
    values = np.where(
        generator.random(30_000) < 0.3, 7.0, generator.lognormal(1.0, 2.0, 30_000)
    ).astype(np.float32)
    combine_fn = ProfileFn(ProfileOptions(resolution=256))
    parts = np.split(values, np.sort(generator.integers(0, len(values), 40)))
    batches = [[pa.RecordBatch.from_arrays([pa.array(part)], ["x"])] for part in parts]
    side = combine(combine_fn, batches, order).slices[""]["x"]
    assert_bounds_hold(side, values)
    assert side.rank_error < 0.05
    assert side.mean == pytest.approx(values.astype(float).mean(), rel=1e-9)
    assert side.std == pytest.approx(values.astype(float).std(), rel=1e-9)


def test_only_the_first_accumulator_is_changed_by_merging():
    combine_fn = ProfileFn(ProfileOptions(resolution=RESOLUTION))
    rows = [(float(i), [], "a") for i in range(50)]
    others = [add(combine_fn, combine_fn.create_accumulator(), [batch_of(rows)]) for _ in range(3)]
    before = [pickle.dumps(other) for other in others]
    merged = combine_fn.merge_accumulators([combine_fn.create_accumulator(), *others])
    combine_fn.add_input(merged, batch_of(rows))
    assert combine_fn.extract_output(merged).rows[""] == 200
    assert [pickle.dumps(other) for other in others] == before
    assert combine_fn.extract_output(combine_fn.merge_accumulators([])).rows == {"": 0}


def test_numbers_that_name_categories_and_features_left_out():
    combine_fn = ProfileFn(ProfileOptions(categorical=["area"], features=["area"]))
    batch = pa.RecordBatch.from_arrays(
        [pa.array([8, 8, 32]), pa.array([1.0, 2.0, 3.0])], ["area", "x"]
    )
    profile = combine(combine_fn, [[batch], [batch]], random.Random(0))
    assert set(profile.slices[""]) == {"area"}
    assert profile.slices[""]["area"].counts == {"8": 4, "32": 2}


def test_text_and_numbers_in_one_column_are_kept_as_that():
    combine_fn = ProfileFn()
    parts = [
        add(
            combine_fn,
            combine_fn.create_accumulator(),
            [pa.RecordBatch.from_arrays([pa.array(values)], ["x"])],
        )
        for values in ([1.0], ["a"])
    ]
    profile = combine_fn.extract_output(combine_fn.merge_accumulators(parts))
    side = profile.slices[""]["x"]
    assert side.problem == "is double in one part of the data and string in another"


def test_a_pipeline_gives_the_profile_that_one_batch_in_this_process_gives():
    rows = [(float(i % 7), [float(i), 1.0][: i % 3], "abc"[i % 3]) for i in range(300)]
    batches = [batch_of(part) for part in split(rows, range(0, 300, 20))]
    options = ProfileOptions(slice_by=[["z"]])
    whole = ProfileAccumulator(options)
    whole.add(batch_of(rows))
    expected = described(whole.profile())

    def check(profiles):
        (profile,) = profiles
        assert_describes(profile, rows)
        assert described(profile) == expected

    with test_pipeline.TestPipeline() as pipeline:
        profiles = pipeline | beam.Create(batches) | ProfileBatches(options)
        util.assert_that(profiles, check)


def test_no_batch_gives_a_profile_without_rows():
    def check(profiles):
        assert [profile.rows for profile in profiles] == [{"": 0}]

    with test_pipeline.TestPipeline() as pipeline:
        util.assert_that(pipeline | beam.Create([]) | ProfileBatches(), check)


def test_feature_lists_are_features():
    struct = pa.StructArray.from_arrays(
        [pa.array([[[1, 2], [], [3]], None, [[4]]], pa.large_list(pa.large_list(pa.int64())))],
        ["events"],
    )
    fares = pa.array([[4.5], [7.0], None], pa.large_list(pa.float32()))
    batch = pa.RecordBatch.from_arrays([fares, struct], ["fare", "##SEQUENCE##"])
    accumulator = ProfileFn().add_input(ProfileFn().create_accumulator(), batch)
    profile = ProfileFn().extract_output(accumulator)
    assert sorted(profile.slices[""]) == ["##SEQUENCE##.events", "fare"]
    events = profile.slices[""]["##SEQUENCE##.events"]
    assert (events.n, events.n_missing, events.edges.tolist()) == (4, 1, [1, 2, 3, 4])
    assert_bounds_hold(profile.value_counts[""]["##SEQUENCE##.events"], [3, 1])


def test_the_transform_loads_no_tfx():
    code = (
        "import sys, skewgate.beam.profile\n"
        "heavy = {'tensorflow', 'tfx', 'tensorflow_data_validation'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert result.stdout.strip() == "[]"

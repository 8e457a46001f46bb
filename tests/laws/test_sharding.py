"""Law: how rows are cut into batches, files and shards, and in which order, changes no profile."""

from __future__ import annotations

import copy
import math
import pickle
import random

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from skewgate.checks.drift import comparing
from skewgate.checks.drift.config import DriftConfig
from skewgate.core.results import Status
from skewgate.profiling.accumulators.options import ProfileOptions
from skewgate.profiling.accumulators.profile import ProfileAccumulator
from skewgate.profiling.merging import merge_profiles
from skewgate.statistics.reading import parse_profile
from skewgate.statistics.writing import to_statistics
from tests.laws.cases import law
from tests.plain_profiles import described

SLICES = [["company"], ["area", "company"], ["area"]]
OPTIONS = ProfileOptions(slice_by=SLICES, categorical=["code"])
CONFIG = DriftConfig(slices=SLICES)
NUMBERS = [None, 0.0, -0.0, 1.5, -7.25, 3e38, math.inf, -math.inf, math.nan]
TEXTS = [None, "", "a", "_", "1_area_8", "b\n"]
SCHEMA = pa.schema(
    [
        ("fare", pa.float64()),
        ("code", pa.int64()),
        ("company", pa.string()),
        ("area", pa.list_(pa.int64())),
        ("tags", pa.list_(pa.string())),
        ("counts", pa.list_(pa.float32())),
        ("nothing", pa.string()),
    ]
)
ROW = st.tuples(
    st.sampled_from(NUMBERS) | st.floats(-100, 100),
    st.sampled_from([None, 1, 2]),
    st.sampled_from(TEXTS),
    st.none() | st.lists(st.sampled_from([None, 8, 32]), max_size=2),
    st.none() | st.lists(st.sampled_from([None, "x", ""]), max_size=3),
    st.none() | st.lists(st.sampled_from([None, 0.5, 2.0]), max_size=1),
    st.none(),
)
ROWS = st.lists(ROW, min_size=1, max_size=14)


MAKERS = {"area", "company"}


def as_batch(rows, order, needed=MAKERS):
    """Makes a batch in which a column without a value may be of no type, or not be there.

    Those `needed` are there: shards that lack a column of the slices are refused by themselves.
    """
    arrays, names = [], []
    for place, field in enumerate(SCHEMA):
        array = pa.array([row[place] for row in rows], field.type)
        if array.null_count == len(array):
            how = order.choice(["typed", "untyped", "absent"])
            if how == "absent" and field.name not in needed:
                continue
            array = array if how == "typed" else pa.nulls(len(array))
        elif order.random() < 0.3 and pa.types.is_string(field.type):
            array = array.dictionary_encode()
        arrays.append(array)
        names.append(field.name)
    places = order.sample(range(len(names)), len(names))
    return pa.RecordBatch.from_arrays([arrays[i] for i in places], [names[i] for i in places])


def cut(rows, order, most):
    """Cuts rows into at most so many parts, of which some may be empty."""
    ends = sorted(order.randint(0, len(rows)) for _ in range(order.randint(0, most - 1)))
    return [rows[low:high] for low, high in zip([0, *ends], [*ends, len(rows)], strict=True)]


def never_given(rows):
    """Returns the columns of slices of which no row has a value."""
    return {name for name in MAKERS if all(row[SCHEMA.names.index(name)] is None for row in rows)}


def accumulated(rows, order, needed=MAKERS):
    accumulator = ProfileAccumulator(OPTIONS)
    for part in cut(rows, order, 3):
        if part:
            accumulator.add(as_batch(part, order, needed))
    return accumulator


def at_once(rows):
    columns = list(zip(*rows, strict=True))
    arrays = [pa.array(c, field.type) for c, field in zip(columns, SCHEMA, strict=True)]
    accumulator = ProfileAccumulator(OPTIONS)
    accumulator.add(pa.RecordBatch.from_arrays(arrays, SCHEMA.names))
    return accumulator.profile()


def merged(rows, order):
    """Profiles shards in accumulators of their own, and joins these in any order and grouping."""
    needed = never_given(rows)
    shards = [accumulated(shard, order, needed) for shard in cut(rows, order, 4)]
    while len(shards) > 1:
        order.shuffle(shards)
        shards[0].merge(pickle.loads(pickle.dumps(shards.pop())))
    return shards[0].profile()


def joined(rows, order, *, by_file):
    """Profiles shards to the end, writes them to statistics if asked for, and joins these."""
    profiles = [accumulated(shard, order).profile() for shard in cut(rows, order, 4) if shard]
    order.shuffle(profiles)
    if by_file:
        written = [to_statistics(each, 4096).SerializeToString() for each in profiles]
        profiles = [parse_profile(content, "s.pb") for content in written]
    names = [f"shard {place}" for place in range(len(profiles))]
    return merge_profiles(profiles, names)


def combined(rows, order):
    """Profiles as a Beam runner does: pickled, in bundles, merged in any order."""
    from skewgate.beam.profile import ProfileFn

    fn, needed = ProfileFn(OPTIONS), never_given(rows)
    bundles = []
    for bundle in cut(rows, order, 4):
        accumulator = fn.create_accumulator()
        for part in cut(bundle, order, 2):
            if part:
                accumulator = fn.add_input(accumulator, as_batch(part, order, needed))
        bundles.append(pickle.loads(pickle.dumps(accumulator)))
    while len(bundles) > 1:
        order.shuffle(bundles)
        some = order.randint(2, len(bundles))
        bundles = [fn.merge_accumulators(bundles[:some]), *bundles[some:]]
    return fn.extract_output(bundles[0])


@law(cases=15)
@given(rows=ROWS, seed=st.integers(0, 2**32))
def test_any_way_to_cut_and_join_rows_gives_the_same_profile(rows, seed):
    order = random.Random(seed)
    whole = described(at_once(rows))
    shuffled = order.sample(rows, len(rows))
    assert described(merged(shuffled, order)) == whole
    assert described(joined(shuffled, order, by_file=False)) == whole
    assert described(joined(shuffled, order, by_file=True)) == whole


@law(cases=10)
@given(rows=ROWS, seed=st.integers(0, 2**32))
def test_any_bundles_of_beam_give_the_same_profile(rows, seed):
    order = random.Random(seed)
    assert described(combined(order.sample(rows, len(rows)), order)) == described(at_once(rows))


@law(cases=15)
@given(rows=ROWS, copies=st.sampled_from([1, 40]), seed=st.integers(0, 2**32))
def test_rows_pass_against_themselves_however_they_are_cut(rows, copies, seed):
    order = random.Random(seed)
    whole, parts = at_once(rows * copies), joined(rows * copies, order, by_file=True)
    results = comparing.compare(whole, parts, CONFIG)
    assert results == comparing.compare(whole, copy.deepcopy(whole), CONFIG)
    assert all(result.status is not Status.FAIL for result in results)

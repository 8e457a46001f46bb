import collections
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skewgate.core.distributions import EmptyDistribution
from skewgate.profiling.accumulators.categorical import CategoricalAccumulator

SEEDS = st.integers(0, 2**31)


def streams_of(seed):
    """Returns 1 to 5 streams of batches of names with counts, some names far more frequent."""
    rng = np.random.default_rng(seed)
    kinds = int(rng.choice([3, 26, 100]))
    return [
        [
            [
                (str(int(kinds * rng.random() ** 3)), int(rng.geometric(0.3)))
                for _ in range(rng.integers(0, 20))
            ]
            for _ in range(rng.integers(0, 12))
        ]
        for _ in range(rng.integers(1, 6))
    ]


def accumulate(streams, capacity, seed):
    """Gives each stream to an accumulator, and merges these in some order."""
    rng = np.random.default_rng(seed)
    kept = []
    for batches in streams:
        accumulator = CategoricalAccumulator(capacity)
        for batch in batches:
            accumulator.add(batch)
        kept.append(accumulator)
    while len(kept) > 1:
        taken = kept.pop(rng.integers(len(kept)))
        kept[rng.integers(len(kept))].merge(taken)
    return kept[0]


def true_counts(streams):
    counted = collections.Counter()
    for batches in streams:
        for batch in batches:
            for name, count in batch:
                counted[name] += count
    return counted


def test_counts_by_hand():
    accumulator = CategoricalAccumulator()
    accumulator.add([("Blue", 3), ("Red", 1)])
    accumulator.add([("Blue", 2), (None, 4)])
    side = accumulator.distribution(n_missing=7)
    assert side.counts == {"Blue": 5.0, "Red": 1.0}
    assert (side.n, side.other, side.slack, side.n_missing) == (10, 4.0, 0.0, 7)


def test_nothing_is_empty():
    assert CategoricalAccumulator().distribution(3, 2) == EmptyDistribution(3, n_present=2)


def test_values_without_a_name_are_values():
    accumulator = CategoricalAccumulator()
    accumulator.add([(None, 4)])
    side = accumulator.distribution()
    assert (side.counts, side.n, side.other) == ({}, 4, 4.0)


@settings(max_examples=200)
@given(seed=SEEDS, order=SEEDS)
def test_up_to_the_capacity_every_count_is_exact(seed, order):
    streams = streams_of(seed)
    truth = true_counts(streams)
    accumulator = accumulate(streams, max(len(truth), 1), order)
    if not truth:
        assert accumulator.distribution() == EmptyDistribution(0)
        return
    side = accumulator.distribution()
    assert side.counts == truth
    assert (side.n, side.other, side.slack) == (sum(truth.values()), 0.0, 0.0)


@settings(max_examples=300)
@given(seed=SEEDS, capacity=st.sampled_from([1, 2, 3, 8]), order=SEEDS)
def test_beyond_the_capacity_true_counts_lie_within_the_slack(seed, capacity, order):
    streams = streams_of(seed)
    truth = true_counts(streams)
    accumulator = accumulate(streams, capacity, order)
    assert len(accumulator._counts) <= 2 * capacity
    if not truth:
        return
    side = accumulator.distribution()
    for name, count in truth.items():
        assert side.counts.get(name, 0.0) <= count <= side.counts.get(name, 0.0) + side.slack
    assert side.counts.keys() <= truth.keys()
    assert side.n == sum(truth.values())
    assert side.other == side.n - math.fsum(side.counts.values()) >= 0
    # Misra and Gries: what is dropped at a time is dropped of more than `capacity` categories.
    assert side.slack * (capacity + 1) <= side.n


def test_frequent_categories_survive_many_rare_ones():
    accumulator = CategoricalAccumulator(capacity=10)
    for start in range(0, 1_000, 5):
        accumulator.add([("Blue", 3), ("Red", 2), *((f"id {start + i}", 1) for i in range(5))])
    side = accumulator.distribution()
    assert 600 - side.slack <= side.counts["Blue"] <= 600
    assert 400 - side.slack <= side.counts["Red"] <= 400
    assert side.slack <= 2_000 / 11


def test_a_capacity_of_none_is_refused():
    with pytest.raises(ValueError, match="capacity must be at least 1, got 0"):
        CategoricalAccumulator(0)

"""Law: the interval of every metric holds the exact value, whatever was kept of the values."""

from __future__ import annotations

import dataclasses
from unittest import mock

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from skewgate.core import precision
from skewgate.core.profile import Profile
from skewgate.core.results import Status
from skewgate.decision import Check, judge
from skewgate.decision.policy import Significance
from skewgate.metrics import REGISTRY
from skewgate.profiling.accumulators.categorical import CategoricalAccumulator
from skewgate.profiling.accumulators.numeric import NumericAccumulator
from skewgate.profiling.merging import merge_distributions
from skewgate.statistics import writing
from skewgate.statistics.reading import parse_profile
from tests import exact_metrics
from tests.laws.cases import law

SIZES = [1, 2, 3, 9, 10, 11, 40, 100, 399, 1_000, 4_096, 5_001, 12_000, 30_000]
"""Small ones beside few points kept are what a million is beside 4,096."""


def atoms(rng, n):
    """Some values as heavy as a bin or nearly, others around them."""
    heavy = rng.choice([0.0, 1.0, 2.5], rng.integers(1, 4), replace=False)
    return np.where(
        rng.random(n) < rng.choice([0.1, 0.2, 0.5, 0.95]), rng.choice(heavy, n), 3 * rng.random(n)
    )


def levels(rng, n):
    """Values with whole tenths of the rows where n allows: quantiles lie where values change."""
    return np.floor(np.arange(n) * 10 / n) // rng.integers(1, 5)


def with_infinities(rng, n):
    values = rng.normal(size=n)
    values[rng.random(n) < 0.15] = np.inf
    values[rng.random(n) < 0.05] = -np.inf
    return values


def with_sentinels(rng, n):
    values = rng.normal(rng.choice([0.0, 5.0]), 1, n)
    values[rng.random(n) < rng.choice([0.001, 0.2])] = 10.0 ** rng.integers(3, 38)
    values[: int(rng.integers(0, 3))] = -9_999.0
    return values


def nearly_constant(rng, n):
    values = np.full(n, 7.0)
    values[: n // 50] = rng.choice([6.0, 8.0])
    return values


SHAPES = {
    "normal": lambda rng, n: rng.normal(rng.choice([0.0, 0.3]), rng.choice([1.0, 2.0]), n),
    "ties": lambda rng, n: np.round(rng.normal(0, 1, n) * rng.choice([1.0, 4.0, 30.0])),
    "pareto": lambda rng, n: rng.pareto(rng.choice([0.3, 1.0, 3.0]), n),
    "cauchy": lambda rng, n: rng.standard_cauchy(n) * 10.0 ** rng.integers(-3, 12),
    "exponential": lambda rng, n: rng.exponential(size=n),
    "uniform": lambda rng, n: rng.random(n) + rng.choice([0.0, 0.05, 5.0]),
    "mostly zero": lambda rng, n: rng.normal(size=n) * (rng.random(n) < rng.choice([0.05, 0.5])),
    "constant": lambda rng, n: np.full(n, rng.choice([0.0, 1.0, 7.0])),
    "nearly constant": nearly_constant,
    "two values": lambda rng, n: (rng.random(n) < rng.choice([0.1, 0.5, 0.9])).astype(float),
    "atoms": atoms,
    "levels": levels,
    "infinities": with_infinities,
    "sentinels": with_sentinels,
    "tiny": lambda rng, n: rng.exponential(size=n) * 10.0 ** rng.integers(-300, -5),
    "far from zero": lambda rng, n: 1e9 + rng.normal(rng.choice([0.0, 0.5]), 1, n),
}


@dataclasses.dataclass(frozen=True)
class Kept:
    """What is kept of values, and how they come.

    Attributes:
        resolution: points kept while they are read.
        parts: how many parts are read apart and merged.
        profiles: whether they are merged as profiles, or else while they are read.
        ordered: whether the parts hold different ranges of the values.
        written: points written to statistics and read back; 0 for no statistics.
        single: whether the values are stored in 32 bits.
    """

    resolution: int
    parts: int
    profiles: bool
    ordered: bool
    written: int
    single: bool


KEPT = st.builds(
    Kept,
    resolution=st.sampled_from([2, 8, 20, 64, 400, 4_096]),
    parts=st.sampled_from([1, 1, 2, 5, 17]),
    profiles=st.booleans(),
    ordered=st.booleans(),
    written=st.sampled_from([0, 0, 5, 50, 1_000]),
    single=st.booleans(),
)


def as_statistics(side, points):
    """Writes a distribution to statistics, and reads it."""
    rows = side.n + side.n_missing + side.n_nan
    written = writing.to_statistics(Profile({"": {"x": side}}, {"": rows}), points)
    return parse_profile(written.SerializeToString(), "statistics").slices[""]["x"]


def described(accumulator, kept, n_missing):
    """Returns what an accumulator knows, read from statistics if it is written to some."""
    found = accumulator.distribution(n_missing)
    side = dataclasses.replace(found, types=frozenset({"float" if kept.single else "double"}))
    return as_statistics(side, kept.written) if kept.written else side


def summarised(values, kept, n_missing):
    """Returns what is known of values of which only so much was kept."""
    if kept.ordered:
        values = np.sort(values)
    accumulators = []
    for part in np.array_split(values, min(kept.parts, len(values))):
        accumulators.append(NumericAccumulator(kept.resolution))
        accumulators[-1].add(part)
        accumulators[-1].summary()  # a summary of its own, as a large part has
    first, *others = accumulators
    if kept.profiles:
        rest = [described(other, kept, 0) for other in others]
        return merge_distributions([described(first, kept, n_missing), *rest])
    for other in others:
        first.merge(other)
    return described(first, kept, n_missing)


@law(cases=120)
@given(
    seed=st.integers(0, 2**32 - 1),
    shapes=st.tuples(*[st.sampled_from(sorted(SHAPES))] * 2),
    sizes=st.tuples(*[st.sampled_from(SIZES)] * 2),
    kept=st.tuples(KEPT, KEPT),
    missing=st.tuples(*[st.sampled_from([0, 3, 5_000])] * 2),
)
@example(  # numbers of 1e-158, whose squares lose digits
    seed=3776400,
    shapes=("tiny", "atoms"),
    sizes=(100, 1),
    kept=(Kept(400, 1, False, False, 0, False),) * 2,
    missing=(0, 0),
)
def test_the_interval_of_every_metric_of_numbers_holds_the_exact_value(
    seed, shapes, sizes, kept, missing
):
    rng = np.random.default_rng(seed)
    values = [SHAPES[shape](rng, n) for shape, n in zip(shapes, sizes, strict=True)]
    if any(side.single for side in kept):
        values = [side.astype(np.float32).astype(float) for side in values]
    sides = [summarised(side, how, n) for side, how, n in zip(values, kept, missing, strict=True)]
    rates = [n / (n + size) for n, size in zip(missing, sizes, strict=True)]
    exact = {**exact_metrics.of_numbers(*values), "missing_rate": abs(rates[0] - rates[1])}
    baseline, current, _ = precision.aligned(*sides)
    for name, value in exact.items():
        measured = REGISTRY[name].measure(baseline, current, 0.05)
        assert exact_metrics.holds(measured, value), (name, value, measured)


THRESHOLDS = {"ks": 0.1, "wasserstein": 0.3, "psi": 0.2, "jsd": 0.03, "hellinger": 0.1}


@law(cases=60)
@given(
    seed=st.integers(0, 2**32 - 1),
    shape=st.sampled_from(sorted(SHAPES)),
    size=st.sampled_from(SIZES[6:]),
    kept=st.tuples(*[KEPT.filter(lambda kept: kept.resolution >= 64 and kept.written != 5)] * 3),
    moved=st.sampled_from([0.0, 0.0, 0.2, 1.0]),
)
def test_values_too_many_to_be_kept_have_the_same_counts_and_verdicts_that_do_not_contradict(
    seed, shape, size, kept, moved
):
    """In which order summaries are merged decides what is known, and never what is true."""
    rng = np.random.default_rng(seed)
    values = SHAPES[shape](rng, size).astype(np.float32).astype(float)
    kept = [dataclasses.replace(how, single=True) for how in kept]
    sides = [summarised(rng.permutation(values), how, 7) for how in kept[:2]]
    one, other = sides
    for field in ("n", "n_missing", "n_nan"):
        assert getattr(one, field) == getattr(other, field)
    assert (one.edges[0], one.edges[-1]) == (other.edges[0], other.edges[-1])
    assert (one.mean, one.std) == pytest.approx((other.mean, other.std), rel=1e-6, nan_ok=True)
    points = np.union1d(one.edges, other.edges)
    exact = np.searchsorted(np.sort(values), points, side="right") / size
    for side in sides:
        lower, upper = side.bounds_at(points)
        assert np.all((lower <= exact + 1e-9) & (exact <= upper + 1e-9))
    later = summarised(SHAPES[shape](rng, size).astype(np.float32) + moved, kept[2], 7)
    for name, threshold in THRESHOLDS.items():
        verdicts = {
            pair: verdict(name, threshold, *pair_of_sides)
            for pair, pair_of_sides in {
                "itself": sides,
                "one": (sides[0], later),
                "other": (sides[1], later),
            }.items()
        }
        assert verdicts["itself"] is not Status.FAIL
        assert {verdicts["one"], verdicts["other"]} != {Status.PASS, Status.FAIL}, name


def verdict(name, threshold, baseline, current):
    """Returns the verdict; none where it is about what is not extreme among the points kept."""
    measured = REGISTRY[name].measure(baseline, current, 0.05)
    if measured.bulk is not None:
        return None
    check = Check("x", "", name, threshold, measured, baseline.n, current.n)
    [result] = judge([check], Significance())
    return result.status


TABLES = {
    "few": lambda rng, n: rng.integers(0, rng.integers(1, 9), n),
    "skewed": lambda rng, n: rng.geometric(0.3, n),
    "many": lambda rng, n: np.floor(rng.pareto(0.7, n) * 3).clip(0, 1e6).astype(int),
    "identifiers": lambda rng, n: np.arange(n) + rng.integers(0, 2 * n),
    "atom and rest": lambda rng, n: np.where(rng.random(n) < 0.9, 0, rng.integers(1, 400, n)),
}


def counted(values, capacity, parts, ranks, profiles, nameless):
    """Returns the counts by name, and what is known of them where few categories are kept.

    Args:
        values: whole numbers, which are the names.
        capacity: of the accumulators.
        parts: how many parts are counted apart and merged.
        ranks: categories written to statistics and read back; 0 for no statistics.
        profiles: whether the parts are merged as profiles, or else while they are read.
        nameless: last digit of the categories that have no name.
    """
    names, counts = np.unique(values, return_counts=True)
    table = dict(zip(map(str, names.tolist()), counts.tolist(), strict=True))
    accumulators = []
    for part in np.array_split(values, parts):
        accumulator = CategoricalAccumulator(capacity)
        names, counts = np.unique(part, return_counts=True)
        for name, count in zip(map(str, names.tolist()), counts.tolist(), strict=True):
            accumulator.add([(None if name[-1:] == nameless else name, count)])
        accumulators.append(accumulator)
    if not profiles:
        first, *others = accumulators
        for other in others:
            first.merge(other)
        accumulators = [first]
    sides = [accumulator.distribution() for accumulator in accumulators]
    if ranks:
        with mock.patch.object(writing, "_RANKS", ranks):
            sides = [as_statistics(side, 10) for side in sides]
    return table, merge_distributions(sides)


@law(cases=120)
@given(
    seed=st.integers(0, 2**32 - 1),
    shapes=st.tuples(*[st.sampled_from(sorted(TABLES))] * 2),
    sizes=st.tuples(*[st.sampled_from([1, 2, 9, 60, 700])] * 2),
    kept=st.tuples(
        *[
            st.tuples(
                st.sampled_from([1, 3, 20, 1_000]),
                st.sampled_from([1, 2, 7]),
                st.sampled_from([0, 0, 2, 15]),
                st.booleans(),
            )
        ]
        * 2
    ),
    nameless=st.sampled_from(["none", "none", "1"]),
)
def test_the_interval_of_every_metric_of_categories_holds_the_exact_value(
    seed, shapes, sizes, kept, nameless
):
    rng = np.random.default_rng(seed)
    values = [TABLES[shape](rng, n) for shape, n in zip(shapes, sizes, strict=True)]
    tables, sides = zip(
        *(counted(side, *how, nameless) for side, how in zip(values, kept, strict=True)),
        strict=True,
    )
    for name, value in exact_metrics.of_categories(*tables).items():
        measured = REGISTRY[name].measure(*sides, 0.05)
        assert exact_metrics.holds(measured, value), (name, value, measured)


def test_the_laws_are_about_every_metric():
    numbers = exact_metrics.of_numbers([1.0, 2.0], [2.0, 3.0])
    categories = exact_metrics.of_categories({"a": 2}, {"a": 1, "b": 1})
    assert {*numbers, *categories, "missing_rate"} == set(REGISTRY)
    assert all(
        name in found or name == "missing_rate"
        for name, metric in REGISTRY.items()
        for kind, found in (("numeric", numbers), ("categorical", categories))
        if kind in metric.kinds
    )


@pytest.mark.parametrize(
    ("values", "ends"),
    [
        pytest.param(range(1, 21), [2, 4, 6, 8, 10, 12, 14, 16, 18], id="even"),
        pytest.param([5] * 4, [np.nextafter(5, 0), 5], id="constant"),
        pytest.param([1] * 9 + [2] * 11, [1, np.nextafter(2, 0)], id="two-values"),
    ],
)
def test_bins_end_by_their_definition(values, ends):
    assert exact_metrics.bin_ends(values).tolist() == ends

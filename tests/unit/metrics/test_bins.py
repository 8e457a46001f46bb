"""Where bins of equal baseline mass end, and what is certain of a sum over them."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skewgate.core.distributions import NumericDistribution
from skewgate.metrics import REGISTRY, bins
from skewgate.metrics.psi import psi_terms
from skewgate.profiling.accumulators.numeric import FINE_RESOLUTION, RESOLUTION, NumericAccumulator
from tests import exact_metrics

BINNED = ["psi", "jsd", "hellinger"]
SEEDS = st.integers(0, 2**32 - 1)


def summarised(values, resolution=RESOLUTION):
    accumulator = NumericAccumulator(resolution)
    accumulator.add(np.asarray(values, float))
    return accumulator.distribution()


def true_ends(baseline, current):
    """Returns the shares of both sides up to each end, from all values."""
    counts = exact_metrics.binned(baseline, current)
    return [np.cumsum(side)[:-1] / np.sum(side) for side in counts]


@pytest.mark.parametrize(
    "baseline",
    [
        pytest.param(range(1_000), id="even"),
        pytest.param([3] * 8, id="constant"),
        pytest.param([3], id="one-value"),
        pytest.param([3, 4], id="two-values"),
        pytest.param([0] * 30 + [1] * 970, id="heavy-maximum"),
        pytest.param([0] * 970 + [1] * 30, id="heavy-minimum"),
        pytest.param([0] * 20 + [1] * 960 + [2] * 20, id="heavy-in-the-middle"),
        pytest.param([*range(10), *[10] * 3, *range(11, 18)], id="atom-that-is-one-quantile"),
        pytest.param([*range(9), *[10] * 4, *range(11, 18)], id="atom-that-is-two-quantiles"),
        pytest.param(np.repeat(range(10), 7), id="quantiles-where-values-change"),
        pytest.param([-np.inf] * 3 + [0, 1, 2] + [np.inf] * 4, id="infinities"),
    ],
)
def test_values_that_are_all_kept_have_the_bins_of_their_definition(baseline):
    rng = np.random.default_rng(3)
    current = np.concatenate([rng.choice(np.asarray(baseline, float), 60), rng.normal(5, 9, 40)])
    ends = bins.find_ends(summarised(baseline), summarised(current), 10)
    assert ends.certain
    expected = true_ends(baseline, current)
    for side, found in zip(expected, (ends.baseline, ends.current), strict=True):
        assert found.tolist() == [0.0, *side.tolist(), 1.0]


@settings(max_examples=150)
@given(
    seed=SEEDS,
    sizes=st.tuples(st.integers(1, 400), st.integers(1, 300)),
    step=st.sampled_from([1e-9, 0.05, 0.5, 2.0]),
    resolution=st.tuples(*[st.sampled_from([2, 10, 40])] * 2),
)
def test_every_end_lies_in_its_interval(seed, sizes, step, resolution):
    rng = np.random.default_rng(seed)
    values = [
        np.round(rng.normal(0, scale, n) / step) for n, scale in zip(sizes, (1, 2), strict=True)
    ]
    ends = bins.find_ends(*map(summarised, values, resolution), 10)
    for own, other in zip(*true_ends(*values), strict=True):
        inside = (
            (ends.baseline_lower <= own)
            & (own <= ends.baseline_upper)
            & (ends.current_lower <= other)
            & (other <= ends.current_upper)
        )
        assert np.any(inside)


def test_an_end_between_two_edges_leaves_open_what_lies_between_them():
    # The median lies above 2 and up to 6; three of ten current values do as well.
    baseline = NumericDistribution(
        edges=np.array([0.0, 2.0, 6.0, 9.0]),
        left_lower=np.array([0.0, 0.3, 0.45, 0.9]),
        left_upper=np.array([0.0, 0.3, 0.7, 0.9]),
        right_lower=np.array([0.1, 0.4, 0.6, 1.0]),
        right_upper=np.array([0.1, 0.4, 0.8, 1.0]),
        n=10,
    )
    current = summarised([1, 2, 2, 3, 5, 6, 7, 8, 8, 9])
    ends = bins.find_ends(baseline, current, 2)
    assert (ends.baseline_lower[1], ends.baseline_upper[1]) == (0.5, 0.8)
    assert (ends.current_lower[1], ends.current_upper[1]) == (0.3, 0.6)
    assert not ends.certain


def boxes(rng, k):
    """Returns ends of k bins with intervals that do not overlap, and their centres."""
    sides = []
    for _ in range(2):
        sorted_ = np.sort(rng.random(2 * (k - 1)))
        low, high = np.append(0.0, sorted_[::2]), np.append(0.0, sorted_[1::2])
        sides += [(low + high) / 2, low, high]
    return bins.Ends(*(np.append(side, 1.0) for side in sides))


def psi_of(upto, other):
    return psi_terms(np.diff(upto), np.diff(other), 0.01)


@settings(max_examples=40)
@given(seed=SEEDS, k=st.integers(2, 4))
def test_the_upper_bound_is_the_largest_corner(seed, k):
    ends = boxes(np.random.default_rng(seed), k)
    sides = [
        list(itertools.product(*zip(low, high, strict=True)))
        for low, high in ((ends[1], ends[2]), (ends[4], ends[5]))
    ]
    largest = max(float(np.sum(psi_of(*pair))) for pair in itertools.product(*sides))
    unused = np.zeros(k)
    _, upper = bins.sum_bounds(ends, lambda b, c: psi_terms(b, c, 0.01), unused, unused)
    assert upper == pytest.approx(largest)


@settings(max_examples=80)
@given(seed=SEEDS, k=st.integers(2, 10))
def test_no_point_of_the_box_is_beyond_the_bounds(seed, k):
    rng = np.random.default_rng(seed)
    ends = boxes(rng, k)
    unused = np.zeros(k)
    lower, upper = bins.sum_bounds(ends, lambda b, c: psi_terms(b, c, 0.01), unused, unused)
    for _ in range(20):
        inside = [
            low + rng.choice([0.0, 1.0, rng.random()], k + 1) * (high - low)
            for low, high in ((ends[1], ends[2]), (ends[4], ends[5]))
        ]
        assert lower - 1e-12 <= np.sum(psi_of(*inside)) <= upper + 1e-12


def test_where_ends_overlap_the_bin_between_them_has_its_own_bounds():
    low, high = np.array([0.0, 0.2, 0.5, 1.0]), np.array([0.0, 0.6, 0.7, 1.0])
    ends = bins.Ends(low, low, low, low, low, high)
    lower, upper = bins.sum_bounds(
        ends, lambda b, c: np.abs(b - c), np.array([7.0, 11.0, 13.0]), np.array([19.0, 23.0, 29.0])
    )
    # |0.2 - c| of the first bin and |0.5 - c| of the last are at most 0.4 and 0.2.
    assert upper == pytest.approx(23.0 + 0.4 + 0.2)
    # At the centres they are 0.2 and 0.1.
    assert lower == pytest.approx(11.0 + 2 * 0.3 - 0.6)


@pytest.mark.parametrize("metric", BINNED)
def test_a_thinned_baseline_and_few_rows_give_an_interval_that_holds_the_exact_value(metric):
    # 400 rows: one that lies beside the end of a bin is in either.
    for seed in range(6):
        rng = np.random.default_rng(seed)
        baseline, current = rng.pareto(1.5, 60_000), rng.pareto(1.9, 400)
        measured = REGISTRY[metric].measure(summarised(baseline), summarised(current), 0.05)
        exact = exact_metrics.of_numbers(baseline, current)[metric]
        assert measured.lower - 1e-12 <= exact <= measured.upper + 1e-12
        assert measured.upper - measured.lower < 0.25 * exact


@pytest.mark.parametrize("metric", BINNED)
def test_more_points_narrow_the_interval(metric):
    rng = np.random.default_rng(5)
    values = rng.normal(0, 1, 90_000), rng.normal(0.3, 1, 70_000)
    coarse, fine = (
        REGISTRY[metric].measure(*(summarised(side, points) for side in values), 0.05)
        for points in (RESOLUTION, FINE_RESOLUTION)
    )
    exact = exact_metrics.of_numbers(*values)[metric]
    for measured in (coarse, fine):
        assert measured.lower <= exact <= measured.upper
    assert coarse.upper - coarse.lower < 0.03 * exact
    assert fine.upper - fine.lower < (coarse.upper - coarse.lower) / 10


@pytest.mark.parametrize("metric", BINNED)
def test_a_thinned_table_is_close_to_itself(metric):
    side = summarised(np.random.default_rng(6).lognormal(0, 2, 50_000))
    measured = REGISTRY[metric].measure(side, side, 0.05)
    assert measured.value == measured.lower == 0.0
    assert measured.upper < {"psi": 1e-4, "jsd": 1e-5, "hellinger": 0.005}[metric]

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import special

from skewgate.metrics import hellinger, jsd

PAIRS_OF_COUNTS = st.integers(2, 9).flatmap(
    lambda k: st.tuples(*[st.lists(st.integers(0, 300), min_size=k, max_size=k).filter(any)] * 2)
)
COUNTS = st.dictionaries(st.sampled_from("abcdefgh"), st.integers(1, 500), min_size=1, max_size=8)


def shares(counts):
    return np.asarray(counts, float) / np.sum(counts)


@pytest.mark.parametrize(("p", "q"), [(0.5, 0.1), (0.3, 0.31), (0.0, 0.4), (1.0, 0.25)])
def test_two_bernoulli_laws(p, q):
    expected = math.sqrt(1 - math.sqrt(p * q) - math.sqrt((1 - p) * (1 - q)))
    assert hellinger.hellinger([p, 1 - p], [q, 1 - q]) == pytest.approx(expected)


def test_disjoint_shares_are_at_distance_one():
    assert hellinger.hellinger([0.25, 0.75, 0, 0], [0, 0, 0.6, 0.4]) == pytest.approx(1.0)


@given(pair=PAIRS_OF_COUNTS)
def test_value_is_in_range_symmetric_and_zero_on_itself(pair):
    one, two = (shares(side) for side in pair)
    value = hellinger.hellinger(one, two)
    assert 0.0 <= value <= 1.0
    assert value == hellinger.hellinger(two, one)
    assert hellinger.hellinger(one, one) == 0.0


@given(pair=PAIRS_OF_COUNTS)
def test_value_is_one_less_the_affinity(pair):
    one, two = (shares(side) for side in pair)
    affinity = float(np.sum(np.sqrt(one * two)))
    assert hellinger.hellinger(one, two) ** 2 == pytest.approx(1 - affinity, abs=1e-12)


@given(pair=PAIRS_OF_COUNTS)
def test_known_inequalities_with_other_distances(pair):
    # Le Cam: H^2 <= total variation <= sqrt(2) H. Lin: JSD <= total variation.
    one, two = (shares(side) for side in pair)
    distance, variation = hellinger.hellinger(one, two), np.abs(one - two).sum() / 2
    assert distance**2 <= variation + 1e-12
    assert variation <= math.sqrt(2) * distance + 1e-12
    assert distance**2 * math.log2(math.e) / 2 <= jsd.jsd(one, two) + 1e-12


@given(
    triple=st.lists(st.lists(st.integers(1, 50), min_size=4, max_size=4), min_size=3, max_size=3)
)
def test_distance_obeys_the_triangle_inequality(triple):
    a, b, c = (shares(side) for side in triple)
    assert hellinger.hellinger(a, c) <= (
        hellinger.hellinger(a, b) + hellinger.hellinger(b, c) + 1e-12
    )


@pytest.mark.parametrize(
    ("sides", "message"),
    [
        (([0.5, 0.5], [0.2, 0.3, 0.5]), r"shapes differ: \(2,\) and \(3,\)"),
        (([1.5, -0.5], [0.4, 0.6]), "baseline must hold non-negative shares that sum to 1"),
        (([0.4, 0.6], [40, 60]), "current must hold non-negative shares that sum to 1"),
    ],
)
def test_what_is_no_pair_of_shares_is_refused(sides, message):
    with pytest.raises(ValueError, match=message):
        hellinger.hellinger(*sides)


@given(baseline=COUNTS, current=COUNTS)
def test_complete_categories_are_measured_exactly(build, baseline, current):
    measured = hellinger.METRIC.measure(
        build.categorical(baseline), build.categorical(current), 0.05
    )
    names = sorted({*baseline, *current})
    expected = hellinger.hellinger(
        *(shares([side.get(name, 0) for name in names]) for side in (baseline, current))
    )
    assert measured.value == pytest.approx(expected, abs=1e-9)
    assert measured.upper - measured.lower < 1e-9


def test_null_law_is_the_root_of_a_scaled_chi_square(build):
    rng = np.random.default_rng(22)
    law = [0.4, 0.3, 0.15, 0.1, 0.05]
    measured = [
        hellinger.METRIC.measure(
            *(
                build.categorical(
                    dict(zip("abcde", map(int, rng.multinomial(n, law)), strict=True))
                )
                for n in (1_500, 4_000)
            ),
            0.05,
        )
        for _ in range(800)
    ]
    assert 0.03 <= np.mean([m.p_value <= 0.05 for m in measured]) <= 0.075
    assert np.mean([m.value for m in measured]) == pytest.approx(measured[0].null_value, rel=0.05)
    # Four degrees of freedom: the mean of the root of chi-square is sqrt(2) Gamma(5/2).
    unit = math.sqrt((1 / 1_500 + 1 / 4_000) / 8)
    assert measured[0].null_value == pytest.approx(unit * math.sqrt(2) * special.gamma(2.5))


def test_detectable_is_where_significance_begins(build):
    measured = hellinger.METRIC.measure(
        build.categorical({"a": 700, "b": 300}), build.categorical({"a": 250, "b": 150}), 0.05
    )
    # One degree of freedom: the root of chi-square exceeds 1.96 with probability 0.05.
    unit = math.sqrt((1 / 1000 + 1 / 400) / 8)
    assert measured.null_value == pytest.approx(math.sqrt(2 / math.pi) * unit)
    assert measured.with_chance(measured.detectable) == pytest.approx(1.959964 * unit)


def test_kinds_cannot_be_mixed(build):
    with pytest.raises(TypeError, match="cannot compare a numeric with a categorical feature"):
        hellinger.METRIC.measure(build.numeric([1, 2]), build.categorical({"a": 3}), 0.05)

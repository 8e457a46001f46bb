"""No check weakens another, but by the correction for their number that docs/metrics.md states."""

from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from skewgate import decision
from skewgate.checks.drift import comparing
from skewgate.checks.drift.config import DriftConfig
from skewgate.core.distributions import (
    CategoricalDistribution,
    EmptyDistribution,
    OpaqueDistribution,
)
from skewgate.core.profile import Profile
from skewgate.core.results import Measurement, Status
from skewgate.decision.policy import Significance
from skewgate.estimation.bands import WindowValue
from skewgate.estimation.estimates import Exact, Resampled, Share, Unchanging
from tests.laws.cases import law

RULES = st.sampled_from([Significance(), Significance(correction="none")])
SMALL = st.floats(0, 0.4)
P_VALUES = st.floats(0, 1) | st.floats(0, 1).map(lambda p: p**8) | st.sampled_from([0.0, 1.0])


@st.composite
def measurements(draw):
    lower, value, upper = sorted(draw(st.lists(SMALL, min_size=3, max_size=3)))
    numbers = {
        "value": value,
        "lower": lower,
        "upper": draw(st.just(upper) | st.just(math.inf)),
        "p_value": draw(P_VALUES),
        "detectable": draw(SMALL | st.just(math.inf)),
        "null_value": draw(st.just(0.0) | SMALL),
        "attainable": draw(st.just(math.inf) | SMALL),
    }
    for name in draw(st.sets(st.sampled_from(sorted(numbers)), max_size=1)):
        numbers[name] = draw(st.just(numbers[name]) | st.just(math.nan))
    return Measurement(**numbers, in_quadrature=draw(st.booleans()))


@st.composite
def distances(draw):
    threshold = draw(st.sampled_from([0.05, 0.1, 0.2]))
    return decision.Check("fare", "", "psi", threshold, draw(measurements()), 500, 70)


@st.composite
def bounds(draw):
    rows = draw(st.integers(1, 200))
    estimate = draw(
        st.one_of(
            st.just(Exact(math.nan, rows)),
            st.floats(0, 1).map(lambda value: Exact(value, rows)),
            st.integers(0, rows).map(lambda count: Share(count, rows, rows)),
            st.floats(0, 1).map(lambda value: Resampled(value, 0.05, 19, rows)),
            st.floats(0, 1).map(lambda value: Unchanging(value, 1.0, rows)),
        )
    )
    return decision.BoundCheck("", "auc", estimate, draw(st.floats(0.1, 0.9)), draw(st.booleans()))


@st.composite
def shares(draw):
    rows = draw(st.integers(1, 300))
    count = draw(st.integers(0, rows))
    return decision.ShareCheck("fare", "", "rows", "fare differs", draw(SMALL), count, rows)


def told(result):
    return result.status, result.reason, result.p_adjusted


def check_family(judge, checks, other, rules, can_fail):
    """Judges checks with and without another one, and compares what is said of them."""
    alone = judge(checks, rules)
    *beside, added = judge([*checks, other], rules)
    counted = [
        result.p_value
        for check, result in zip([*checks, other], [*beside, added], strict=True)
        if can_fail(check)
    ]
    corrected = iter(stats.false_discovery_control(counted) if counted else ())
    for check, before, after in zip(checks, alone, beside, strict=True):
        if rules.correction == "none" or not can_fail(other):
            assert told(before) == told(after)
        if before.status is Status.PASS:
            assert after.status is Status.PASS
        p_adjusted = next(corrected) if can_fail(check) else 1.0
        if before.status is Status.FAIL and after.status is not Status.FAIL:
            assert after.status is Status.INCONCLUSIVE
            assert rules.correction == "bh"
            assert p_adjusted > rules.alpha * (1 - 1e-12)
    assert can_fail(other) or added.status is not Status.FAIL


@law(cases=60)
@given(st.lists(distances(), min_size=1, max_size=6), distances(), RULES)
def test_a_distance_weakens_no_other_but_by_the_correction(checks, other, rules):
    check_family(decision.judge, checks, other, rules, decision.can_fail)


@law(cases=60)
@given(st.lists(bounds(), min_size=1, max_size=6), bounds(), RULES)
def test_a_bound_weakens_no_other_but_by_the_correction(checks, other, rules):
    def judge(each, significance):
        return decision.judge_bounds(each, significance, min_rows=10)

    def can_fail(check):
        return check.estimate.n >= 10 and not math.isnan(check.estimate.value)

    check_family(judge, checks, other, rules, can_fail)


@law(cases=50)
@given(st.lists(shares(), min_size=1, max_size=6), shares(), RULES)
def test_a_share_weakens_no_other_but_by_the_correction(checks, other, rules):
    check_family(decision.judge_shares, checks, other, rules, lambda check: True)


@law(cases=40)
@given(st.integers(0, 3), st.floats(0.0, 0.3), RULES)
def test_a_series_that_is_too_short_weakens_no_other(short, drop, rules):
    def series(values):
        windows = [WindowValue(str(i), value, 0.01, 900) for i, value in enumerate(values)]
        names = [f"week:{window.name}" for window in windows]
        return decision.ChangeCheck("auc", windows, names, "lower")

    long = series([0.9, 0.91, 0.89, 0.9, 0.9 - drop, 0.91 - drop, 0.9 - drop])
    alone = decision.judge_change_points([long], rules)
    beside = decision.judge_change_points([long, series([0.9] * short)], rules)
    assert beside[:-1] == alone
    assert beside[-1].status is Status.INCONCLUSIVE


# The same of whole comparisons.


@st.composite
def features(draw):
    """Draws what two sides hold of a feature."""
    kind = draw(st.sampled_from(["categories", "keys", "nothing", "unread", "half a pair"]))
    sizes = draw(st.tuples(st.integers(30, 900), st.integers(30, 900)))
    if kind == "categories":
        return tuple(_categories(draw, size) for size in sizes)
    if kind == "keys":
        names = draw(st.sampled_from(["ab", "aa"]))
        return tuple(
            CategoricalDistribution({f"{name}{i}": 1.0 for i in range(size // 6)}, 0.0, size // 6)
            for name, size in zip(names, sizes, strict=True)
        )
    if kind == "nothing":
        return tuple(EmptyDistribution(n_missing=size) for size in sizes)
    if kind == "unread":
        return (OpaqueDistribution(0, sizes[0], "holds structs"),) * 2
    return _categories(draw, sizes[0]), EmptyDistribution(n_missing=sizes[1])


def _categories(draw, size):
    common = draw(st.integers(1, size))
    missing = draw(st.integers(0, size))
    counts = {"Cash": float(common), "Card": float(size - common)}
    return CategoricalDistribution(
        {name: count for name, count in counts.items() if count}, 0.0, size, n_missing=missing
    )


@law(cases=40)
@given(st.lists(features(), min_size=1, max_size=4), features(), RULES)
def test_a_feature_weakens_no_other_but_by_the_correction(known, other, rules):
    config = DriftConfig(significance=rules)

    def compare(pairs):
        sides = zip(*pairs, strict=True)
        named = [{f"x{i}": side for i, side in enumerate(each)} for each in sides]
        profiles = [Profile({"": each}, {"": 1_000}) for each in named]
        found = comparing.compare(*profiles, config)
        return {(result.feature, result.metric): result for result in found}

    alone, beside = compare(known), compare([*known, other])
    measured = sum(result.p_value is not None for result in beside.values())
    for key, before in alone.items():
        after = beside[key]
        assert (before.value, before.p_value) == (after.value, after.p_value)
        if rules.correction == "none":
            assert told(before) == told(after)
        elif before.status is Status.FAIL and after.status is not Status.FAIL:
            assert after.status is Status.INCONCLUSIVE
            assert rules.alpha < after.p_adjusted <= after.p_value * measured

"""Law: no value, however far out, hides what happened to the others."""

from __future__ import annotations

import re

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from skewgate.core.results import Status
from skewgate.core.wording import MOST_NEEDED
from skewgate.decision import Check, judge
from skewgate.decision.policy import Significance
from skewgate.metrics import REGISTRY
from skewgate.profiling.accumulators.numeric import NumericAccumulator
from tests.laws.cases import law

THRESHOLDS = {"ks": 0.1, "wasserstein": 0.3, "psi": 0.2, "jsd": 0.03, "hellinger": 0.1}
SHAPES = {
    "normal": lambda rng, n: rng.normal(size=n),
    "even": lambda rng, n: rng.uniform(-1.7, 1.7, n),
    "rounded": lambda rng, n: np.round(rng.normal(size=n), 1),
    "skewed": lambda rng, n: rng.exponential(size=n),
}
OUTLIERS = st.fixed_dictionaries(
    {
        "count": st.integers(1, 8),
        "exponent": st.one_of(st.floats(1, 38), st.sampled_from([1.0, 3.0, 20.0, 38.0, 308.0])),
        "signs": st.sampled_from([(1,), (-1,), (1, -1)]),
        "alike": st.booleans(),
        "infinite": st.sampled_from([False, False, False, True]),
        "sides": st.sampled_from([(0,), (1,), (0, 1)]),
    }
)
SIZES = [150, 151, 400, 1_000, 6_000]


def profile(values):
    accumulator = NumericAccumulator()
    accumulator.add(np.asarray(values, float))
    return accumulator.distribution()


def with_outliers(rng, values, outliers):
    """Puts outliers at the end of values, of one size or of several up to it."""
    count = min(outliers["count"], len(values) // 20)
    exponents = np.full(count, outliers["exponent"])
    if not outliers["alike"]:
        exponents = rng.uniform(1, outliers["exponent"], count)
    found = 10.0**exponents * rng.choice(outliers["signs"], count)
    if outliers["infinite"]:
        found = np.where(found > 0, np.inf, -np.inf)
    return np.concatenate((values, found))


def verdict(name, before, now):
    measured = REGISTRY[name].measure(before, now, 0.05)
    check = Check("x", "", name, THRESHOLDS[name], measured, before.n, now.n)
    [result] = judge([check], Significance())
    for rows in re.findall(r"about ([\d,]+) ", result.reason):
        assert int(rows.replace(",", "")) <= MOST_NEEDED
    return result


@law(cases=80)
@given(
    name=st.sampled_from([*sorted(THRESHOLDS), *["wasserstein"] * 4]),
    seed=st.integers(0, 2**32 - 1),
    shape=st.sampled_from(sorted(SHAPES)),
    sizes=st.tuples(st.sampled_from(SIZES), st.sampled_from(SIZES)),
    shift=st.floats(1, 5),
    unit=st.sampled_from([1.0, 1e-6, 1e6]),
    origin=st.sampled_from([0.0, 30.0, -1_000.0]),
    outliers=OUTLIERS,
)
def test_a_shift_never_passes(name, seed, shape, sizes, shift, unit, origin, outliers):
    rng = np.random.default_rng(seed)
    sides = [
        (SHAPES[shape](rng, n) + moved + origin) * unit
        for n, moved in zip(sizes, (0, shift), strict=True)
    ]
    for index in outliers["sides"]:
        sides[index] = with_outliers(rng, sides[index], outliers)
    before, now = map(profile, sides)
    assert verdict(name, before, now).status is not Status.PASS


@law(cases=40)
@given(seed=st.integers(0, 2**32 - 1), shape=st.sampled_from(sorted(SHAPES)), outliers=OUTLIERS)
def test_rows_with_outliers_pass_against_themselves(seed, shape, outliers):
    rng = np.random.default_rng(seed)
    values = with_outliers(rng, SHAPES[shape](rng, 3_000), outliers)
    result = verdict("wasserstein", profile(values), profile(rng.permutation(values)))
    assert (result.status, result.value) == (Status.PASS, 0.0)


@law(cases=20)
@given(
    seed=st.integers(0, 2**32 - 1),
    shape=st.sampled_from(sorted(SHAPES)),
    sizes=st.tuples(st.sampled_from(SIZES[2:]), st.sampled_from(SIZES[2:])),
    shift=st.floats(1, 5),
    codes=st.lists(
        st.sampled_from([-999.0, -998.0, -1e20, 99_999.0, 3.4e38, 1e308]),
        min_size=1,
        max_size=3,
        unique=True,
    ),
    share=st.floats(0.3, 0.95),
)
def test_numbers_that_stand_for_unknown_hide_no_shift_however_many_there_are(
    seed, shape, sizes, shift, codes, share
):
    rng = np.random.default_rng(seed)
    sides = []
    for n, moved in zip(sizes, (0, shift), strict=True):
        values = SHAPES[shape](rng, n) + moved
        unknown = int(share * n)
        values[:unknown] = rng.choice(codes, unknown)
        sides.append(profile(values))
    assert verdict("wasserstein", *sides).status is not Status.PASS

"""The null law of the divergences holds however rare the categories are."""

import numpy as np
import pytest

from skewgate.metrics import REGISTRY, null
from skewgate.profiling.accumulators.numeric import NumericAccumulator


@pytest.mark.parametrize("name", ["psi", "jsd", "hellinger"])
@pytest.mark.parametrize(
    ("categories", "n_baseline", "n_current", "tail"),
    [(400, 5000, 3000, 0.0), (60, 6000, 500, 1.2), (300, 300, 9000, 1.1), (5, 1000, 800, 0.0)],
)
def test_no_change_alarms_about_as_often_as_it_may(
    build, name, categories, n_baseline, n_current, tail
):
    rng = np.random.default_rng(6)
    law = 1 / np.arange(1, categories + 1) ** tail
    law /= law.sum()

    def draw(n):
        counts = np.bincount(rng.choice(categories, size=n, p=law))
        return build.categorical({f"c{i}": int(c) for i, c in enumerate(counts) if c})

    measured = [REGISTRY[name].measure(draw(n_baseline), draw(n_current), 0.05) for _ in range(60)]
    assert np.mean([m.p_value <= 0.05 for m in measured]) <= 0.15
    excess = np.array([m.value - m.null_value for m in measured])
    assert abs(excess.mean()) <= 3 * excess.std() / np.sqrt(len(excess)) + 0.15 * excess.std()


@pytest.mark.parametrize("name", ["psi", "jsd", "hellinger"])
def test_a_planted_change_among_many_categories_is_found(build, name):
    rng = np.random.default_rng(7)
    flat = np.full(1000, 1 / 1000)
    tilted = flat * np.where(np.arange(1000) < 500, 1.6, 0.4)

    def draw(n, law):
        counts = np.bincount(rng.choice(1000, size=n, p=law))
        return build.categorical({f"c{i}": int(c) for i, c in enumerate(counts) if c})

    measured = REGISTRY[name].measure(draw(4000, flat), draw(3000, tilted), 0.05)
    assert measured.p_value < 1e-4
    assert measured.value > measured.null_value


def test_the_law_is_the_same_at_every_call(build):
    sides = build.categorical({"a": 90, "b": 3, "c": 1}), build.categorical({"a": 40, "b": 2})
    first, second = (REGISTRY["psi"].measure(*sides, 0.05) for _ in range(2))
    assert first == second


@pytest.mark.parametrize("name", ["psi", "jsd", "hellinger"])
def test_many_equally_likely_categories_do_not_alarm(build, name):
    # 12.5 values expected of each on a side: too few for the chi-square law of so many.
    rng = np.random.default_rng(13)

    def draw():
        counts = rng.multinomial(5_000, np.full(400, 1 / 400))
        return build.categorical({f"c{i}": int(c) for i, c in enumerate(counts) if c})

    measured = [REGISTRY[name].measure(draw(), draw(), 0.05) for _ in range(100)]
    assert np.mean([m.p_value <= 0.05 for m in measured]) <= 0.09
    assert np.mean([m.value for m in measured]) == pytest.approx(
        np.mean([m.null_value for m in measured]), rel=0.02
    )


@pytest.mark.parametrize("name", ["psi", "jsd", "hellinger"])
@pytest.mark.parametrize("sizes", [(700, 300), (3_000, 60)], ids=str)
def test_moments_over_many_bins_are_those_of_draws(build, name, sizes):
    rng = np.random.default_rng(14)
    law = 1 / np.arange(1, 121)
    law /= law.sum()

    def draw(n):
        counts = rng.multinomial(n, law)
        return build.categorical({f"c{i}": int(c) for i, c in enumerate(counts) if c})

    baseline, current = draw(sizes[0]), draw(sizes[1])
    from_moments = REGISTRY[name].measure(baseline, current, 0.05)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(null, "_FEW_BINS", 1_000)
        drawn = REGISTRY[name].measure(baseline, current, 0.05)
    assert from_moments.null_value == pytest.approx(drawn.null_value, rel=0.02)
    assert from_moments.detectable == pytest.approx(drawn.detectable, rel=0.15)


@pytest.mark.parametrize("name", ["psi", "jsd", "hellinger"])
def test_bins_that_are_fitted_to_few_values_alarm_no_more_often_than_they_may(name):
    rng = np.random.default_rng(15)

    def draw(n):
        accumulator = NumericAccumulator()
        accumulator.add(rng.normal(size=n))
        return accumulator.distribution()

    found = [REGISTRY[name].measure(draw(30), draw(900), 0.05).p_value for _ in range(150)]
    assert np.mean(np.array(found) <= 0.05) <= 0.1


def test_a_lone_value_is_no_evidence_and_hides_what_few_rows_cannot_tell(build):
    # Whichever side has it, the divergence is the same.
    one, other = build.categorical({"a": 40, "b": 1}), build.categorical({"a": 41})
    measured = REGISTRY["psi"].measure(one, other, 0.05)
    assert measured.p_value == 1.0
    assert measured.value == pytest.approx(measured.null_value)
    assert measured.detectable > 0.05

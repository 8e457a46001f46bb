"""What every metric in the registry must do; a new metric is tested by being registered."""

import math
import subprocess
import sys

import pytest

from skewgate.checks.drift import config as drift_config
from skewgate.core.distributions import EmptyDistribution
from skewgate.core.results import Status
from skewgate.decision import Check, judge, policy
from skewgate.metrics import REGISTRY

KINDS = {"numeric", "categorical", "empty"}
CASES = [
    pytest.param(metric, kind, id=f"{metric.name}-{kind}")
    for metric in REGISTRY.values()
    for kind in metric.kinds
    if kind != "empty"
]


@pytest.fixture(scope="module")
def sides(build):
    """Per kind: a baseline, more of the same, and a smaller sample of something else."""
    return {
        "numeric": (
            build.numeric(range(4_000), n_missing=40),
            build.numeric(range(0, 4_000, 2), n_missing=20),
            build.numeric(range(3_000, 4_500), n_missing=700),
        ),
        "categorical": (
            build.categorical({"a": 2_400, "b": 1_200, "c": 400}, n_missing=40),
            build.categorical({"a": 1_200, "b": 600, "c": 200}, n_missing=20),
            build.categorical({"a": 100, "c": 900, "z": 500}, n_missing=700),
        ),
    }


def test_the_registry_holds_the_metrics_of_the_design():
    assert set(REGISTRY) == {
        "ks",
        "jsd",
        "psi",
        "linf",
        "wasserstein",
        "hellinger",
        "missing_rate",
        "new_categories",
    }


def test_importing_the_metrics_leaves_scipy_stats_alone():
    # It takes over a second to load.
    code = "import sys, skewgate.metrics; sys.exit('scipy.stats' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize("name", REGISTRY)
def test_metric_describes_itself(name):
    metric = REGISTRY[name]
    assert metric.name == name
    assert metric.kinds
    assert set(metric.kinds) <= KINDS
    assert metric.maximum is None or metric.maximum > 0
    assert metric.summary
    assert "\n" not in metric.summary
    assert not metric.summary.endswith(".")


@pytest.mark.parametrize(("metric", "kind"), CASES)
def test_metric_can_be_named_in_the_config(metric, kind):
    assert drift_config.check_thresholds({metric.name: 0.5}, kind) == {metric.name: 0.5}


@pytest.mark.parametrize(("metric", "kind"), CASES)
@pytest.mark.parametrize("pair", [(0, 1), (0, 2), (2, 0), (1, 2)], ids=str)
def test_measurement_is_well_formed(sides, metric, kind, pair):
    measured = metric.measure(*(sides[kind][i] for i in pair), 0.05)
    assert 0.0 <= measured.lower <= measured.value <= measured.upper
    assert measured.upper <= (metric.maximum or math.inf)
    assert 0.0 <= measured.p_value <= 1.0
    assert measured.detectable >= 0.0
    assert measured.null_value >= 0.0
    assert measured.size_exponent > 0.0


@pytest.mark.parametrize(("metric", "kind"), CASES)
def test_more_of_the_same_is_not_significant(sides, metric, kind):
    baseline, same, _ = sides[kind]
    measured = metric.measure(baseline, same, 0.05)
    assert measured.lower - measured.null_value <= 1e-3
    assert measured.p_value > 0.5


@pytest.mark.parametrize(("metric", "kind"), CASES)
def test_a_plain_change_is_significant_and_large(sides, metric, kind):
    baseline, _, other = sides[kind]
    measured = metric.measure(baseline, other, 0.05)
    assert measured.lower - measured.null_value > 0.2
    assert measured.p_value < 1e-9


@pytest.mark.parametrize(("metric", "kind"), CASES)
def test_verdict_follows_the_change(sides, metric, kind):
    baseline, same, other = sides[kind]
    checks = [
        Check("x", "", metric.name, 0.2, metric.measure(baseline, current, 0.01), 4_000, current.n)
        for current in (same, other)
    ]
    assert [result.status for result in judge(checks, policy.Significance())] == [
        Status.PASS,
        Status.FAIL,
    ]


@pytest.mark.parametrize(("metric", "kind"), CASES)
def test_identical_sides_measure_zero(sides, metric, kind):
    baseline = sides[kind][0]
    assert metric.measure(baseline, baseline, 0.05).value == 0.0


@pytest.mark.parametrize(
    ("metric", "kind"), [case for case in CASES if case.values[0].name != "new_categories"]
)
def test_value_is_symmetric_unless_documented_otherwise(sides, metric, kind):
    baseline, _, other = sides[kind]
    one, two = metric.measure(baseline, other, 0.05), metric.measure(other, baseline, 0.05)
    if kind == "numeric" and metric.name in ("psi", "jsd", "hellinger", "wasserstein"):
        # Their bins, or the standard deviation, are the baseline's.
        assert one.value != two.value
    else:
        assert one.value == pytest.approx(two.value)


def test_new_categories_depend_on_the_side(sides):
    baseline, _, other = sides["categorical"]
    metric = REGISTRY["new_categories"]
    assert metric.measure(baseline, other, 0.05).value == pytest.approx(1 / 3)
    assert metric.measure(other, baseline, 0.05).value == pytest.approx(0.3)


@pytest.mark.parametrize(("metric", "kind"), CASES)
def test_a_stricter_level_needs_a_larger_difference(sides, metric, kind):
    pair = sides[kind][0], sides[kind][1]
    strict, lax = (metric.measure(*pair, alpha).detectable for alpha in (1e-4, 0.1))
    assert strict >= lax
    assert strict > 0


@pytest.mark.parametrize("name", [n for n, m in REGISTRY.items() if "empty" in m.kinds])
def test_metrics_for_empty_features_measure_them(name):
    measured = REGISTRY[name].measure(
        EmptyDistribution(n_missing=30), EmptyDistribution(n_missing=70), 0.05
    )
    assert measured.value == 0.0
    assert measured.p_value == 1.0

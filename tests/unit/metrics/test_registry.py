"""What every metric in the registry must do; a new metric is tested by being registered."""

import dataclasses
import importlib
import math
import operator
import pathlib
import re
import subprocess
import sys

import pytest

from skewgate import metrics
from skewgate.checks.drift import comparing
from skewgate.checks.drift import config as drift_config
from skewgate.core.distributions import EmptyDistribution, n_rows
from skewgate.core.profile import Profile
from skewgate.core.results import Status
from skewgate.decision import Check, judge, policy
from skewgate.metrics import REGISTRY
from skewgate.metrics.base import KINDS
from skewgate.metrics.plugins import Registry

ROOT = pathlib.Path(__file__).parents[3]
CASES = [
    pytest.param(metric, kind, id=f"{metric.name}-{kind}")
    for metric in REGISTRY.values()
    for kind in metric.kinds
    if kind != "empty"
]
ELSEWHERE = [
    pytest.param(metric, kind, id=f"{metric.name}-{kind}")
    for metric in REGISTRY.values()
    for kind in sorted(KINDS - {"empty"} - set(metric.kinds))
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


def test_every_metric_of_the_package_is_registered():
    modules = [
        importlib.import_module(f"skewgate.metrics.{path.stem}")
        for path in pathlib.Path(metrics.__file__).parent.glob("*.py")
    ]
    found = {module.METRIC.name for module in modules if hasattr(module, "METRIC")}
    assert found == set(REGISTRY)
    assert {"ks", "missing_rate"} <= found


def test_loading_the_metrics_leaves_scipy_stats_alone():
    # It takes over a second to load.
    code = (
        "import sys, skewgate.metrics as metrics\n"
        "sys.exit(not metrics.REGISTRY or 'scipy.stats' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_module_with_a_metric_of_another_name_is_refused(monkeypatch):
    monkeypatch.setattr("skewgate.metrics.ks.METRIC", REGISTRY["psi"])
    with pytest.raises(
        ValueError, match=r"METRIC of skewgate\.metrics\.ks must be the metric 'ks'"
    ):
        list(Registry("psi", "ks"))


@pytest.mark.parametrize("name", REGISTRY)
def test_metric_describes_itself(name):
    metric = REGISTRY[name]
    assert metric.name == name
    assert metric.summary
    assert "\n" not in metric.summary
    assert not metric.summary.endswith(".")


@pytest.mark.parametrize("name", REGISTRY)
def test_metric_has_a_file_of_tests(name):
    assert (ROOT / "tests" / "unit" / "metrics" / f"test_{name}.py").is_file()


def section_of(name):
    """Returns the section of a metric in the docs."""
    text = (ROOT / "docs" / "metrics.md").read_text(encoding="utf-8")
    [section] = re.findall(rf"^## {name}\n(.*?)(?=^## )", text, re.DOTALL | re.MULTILINE)
    return section


@pytest.mark.parametrize("name", REGISTRY)
def test_metric_says_in_the_docs_when_it_is_inconclusive(name):
    [said] = re.findall(r"^- \*\*Inconclusive:\*\* (\S.*)", section_of(name), re.MULTILINE)
    assert len(said.split()) > 5


@pytest.mark.parametrize("name", [name for name in REGISTRY if "numeric" in REGISTRY[name].kinds])
def test_metric_of_numbers_says_in_the_docs_what_extreme_values_do(name):
    [said] = re.findall(r"^- \*\*Extreme values:\*\* (\S.*)", section_of(name), re.MULTILINE)
    assert len(said) > 10


@pytest.mark.parametrize("name", REGISTRY)
def test_metric_has_a_section_in_the_docs_that_says_to_what_it_applies(name):
    metric, section = REGISTRY[name], section_of(name)
    applies, limits = re.search(
        r"\*\*Applies to:\*\* (.*?)\. \*\*Range:\*\* \[0, (\S+?)[\])],", section, re.DOTALL
    ).groups()
    assert ("numeric" in applies, "categorical" in applies) == (
        "numeric" in metric.kinds,
        "categorical" in metric.kinds,
    )
    assert ("without any value" in applies) == ("empty" in metric.kinds)
    assert float(limits) == (metric.maximum or math.inf)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"name": "Total variation"}, "'Total variation' is not the name of a metric"),
        ({"name": ""}, "'' is not the name of a metric"),
        ({"kinds": ()}, r"kinds must be some of categorical, empty, numeric, got \(\)"),
        ({"kinds": ("empty",)}, "kinds must be some of"),
        ({"kinds": ("numeric", "text")}, "kinds must be some of"),
        ({"maximum": 0.0}, r"maximum must be above 0 or None, got 0\.0"),
        ({"maximum": math.inf}, "maximum must be above 0 or None, got inf"),
        ({"symmetric": ("categorical",)}, r"symmetric must be some of \('numeric',\)"),
    ],
)
def test_a_metric_that_says_what_cannot_be_is_refused(wrong, message):
    with pytest.raises(ValueError, match=message):
        dataclasses.replace(REGISTRY["ks"], **wrong)


@pytest.mark.parametrize(("metric", "kind"), CASES)
def test_metric_can_be_named_in_the_config(metric, kind):
    assert drift_config.check_thresholds({metric.name: 0.5}) == {metric.name: 0.5}


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


@pytest.mark.parametrize(("metric", "kind"), CASES)
def test_metric_is_symmetric_where_it_says_so(sides, metric, kind):
    baseline, _, other = sides[kind]
    one, two = metric.measure(baseline, other, 0.05), metric.measure(other, baseline, 0.05)
    if kind in metric.symmetric:
        assert one.value == pytest.approx(two.value)
    else:
        assert one.value != pytest.approx(two.value)


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


@pytest.mark.parametrize(("metric", "kind"), CASES)
def test_a_change_is_explained_by_half_a_sentence(sides, metric, kind):
    baseline, _, other = sides[kind]
    told = metric.explain(baseline, other)
    assert told
    assert "\n" not in told
    assert not told.endswith(".")


# In a comparison, by name in drift.yaml.


def compared(before, now, name):
    """Returns the results of one metric of the feature x and of what counts its values."""
    counts = {"": {"x": dataclasses.replace(before, n_missing=0, n_present=None)}}
    config = drift_config.DriftConfig(
        defaults={"numeric": {}, "categorical": {}, "missing_rate": None},
        features={feature: {name: 0.2} for feature in ("x", "num_values(x)")},
    )
    profiles = [Profile({"": {"x": side}}, {"": n_rows(side)}, counts) for side in (before, now)]
    results = comparing.compare(*profiles, config)
    return {result.feature: result for result in results if result.metric == name}


@pytest.mark.parametrize(("metric", "kind"), CASES)
def test_a_failure_names_what_changed_and_how_much_was_compared(sides, metric, kind):
    baseline, _, other = sides[kind]
    result = compared(baseline, other, metric.name)["x"]
    assert result.status is Status.FAIL
    assert result.reason.endswith(f": {metric.explain(baseline, other)}")
    size = n_rows if metric.per_row else operator.attrgetter("n")
    assert (result.n_baseline, result.n_current) == (size(baseline), size(other))
    assert result.n_baseline != result.n_current


@pytest.mark.parametrize(("metric", "kind"), CASES)
def test_how_many_values_a_row_has_is_compared_unless_the_metric_is_about_rows(sides, metric, kind):
    results = compared(sides[kind][0], sides[kind][2], metric.name)
    assert set(results) == ({"x"} if metric.per_row else {"x", "num_values(x)"})


@pytest.mark.parametrize(("metric", "kind"), CASES)
def test_where_a_side_has_no_value_only_metrics_that_need_none_are_measured(sides, metric, kind):
    result = compared(sides[kind][0], EmptyDistribution(n_missing=900), metric.name)["x"]
    if "empty" in metric.kinds:
        assert result.value is not None
    else:
        assert result.status is Status.INCONCLUSIVE
        assert result.reason == "x has no value in the current data"


@pytest.mark.parametrize(("metric", "kind"), ELSEWHERE)
def test_metric_does_not_apply_to_other_kinds(sides, metric, kind):
    result = compared(sides[kind][0], sides[kind][2], metric.name)["x"]
    assert result.status is Status.INCONCLUSIVE
    assert f"{metric.name} does not apply to the {kind} feature x" in result.reason
    with pytest.raises(ValueError, match=f"'{metric.name}' is not a {kind} metric"):
        drift_config.check_thresholds({metric.name: 0.5}, kind)

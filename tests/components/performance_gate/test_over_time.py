from __future__ import annotations

import json

import pytest
from tensorflow_model_analysis.metrics import metric_types

from skewgate import decision
from skewgate.checks.performance import following
from skewgate.checks.performance.config import PerformanceConfig
from skewgate.checks.performance.label_coverage import Coverage
from skewgate.components.performance_gate import completion, configuration, judging, over_time
from skewgate.core.errors import InputError
from skewgate.core.results import (
    BASELINE_CHECK,
    LOW_COVERAGE,
    OPEN_WINDOW,
    SMALL_SLICE,
    MetricResult,
    Status,
)
from tests.unit.checks.performance.label_windows import DAY, covered, days

CONFIG = """
model_specs { label_key: "label" prediction_key: "p" }
slicing_specs {}
metrics_specs {
  metrics { class_name: "AUC" threshold { value_threshold { lower_bound { value: 0.7 } } } }
  metrics { class_name: "MeanLabel" }
}
"""
AUC, MEAN = metric_types.MetricKey("auc"), metric_types.MetricKey("mean_label")
THEIRS = metric_types.MetricKey("auc", model_name="champion")
USUAL = [0.90, 0.91, 0.89, 0.90, 0.92, 0.90, 0.89, 0.91, 0.90, 0.91, 0.90, 0.89]


def window(name):
    return (("window", name),)


@pytest.fixture
def judge(measurements):
    """Judges values of AUC over days; None is a day on which it could not be computed."""

    def judge(
        values,
        *,
        rules=None,
        coverage=None,
        text=CONFIG,
        rows=400,
        error=0.012,
        names=None,
        theirs=None,
        unusable=None,
    ):
        parsed = configuration.parse_eval_config(text)
        completed = completion.complete(parsed, has_baseline=False, slices=["window"])
        names = names or days(len(values))
        slices = {
            window(name): (
                rows[name] if isinstance(rows, dict) and name in rows else 400,
                {MEAN: (0.3, 0.02, 19)}
                | ({} if value is None else {AUC: (value, error, 19)})
                | ({} if other is None else {THEIRS: (other, error, 19)}),
            )
            for name, value, other in zip(
                names, values, theirs or [None] * len(values), strict=True
            )
        }
        for name in coverage.incomplete if coverage else ():
            slices.pop(window(name), None)  # their rows were not evaluated
        config = PerformanceConfig.model_validate({"windows": {"reference": 6} | (rules or {})})
        series = over_time.collect(
            configuration.metric_thresholds(parsed),
            measurements(completed, {(): (5000, {AUC: (0.9, 0.004, 19)}), **slices}),
            config.windows,
            None if theirs is None else "champion",
        )
        return following.judge(series, config, coverage or Coverage(), unusable)

    return judge


def told(results):
    return {(r.slice, r.metric): r.status.value for r in results}


def test_windows_as_before_pass_and_no_change_is_found(judge):
    results, _ = judge(USUAL)
    assert told(results) == {
        **{(f"window:{day}", "auc band"): "pass" for day in days(12)[6:]},
        ("", "auc change point"): "pass",
    }


def test_a_drop_fails_in_the_window_where_it_begins(judge):
    results, _ = judge([*USUAL[:9], 0.72, 0.71, 0.72])
    failed = {place for place, status in told(results).items() if status == "fail"}
    assert failed == {
        *((f"window:2016-03-{day}", "auc band") for day in ("10", "11", "12")),
        ("window:2016-03-10", "auc change point"),
    }


def test_a_rise_fails_only_where_higher_is_worse(judge):
    values = [*USUAL[:9], 0.995, 0.994, 0.995]
    assert "fail" not in told(judge(values)[0]).values()
    ceiling = CONFIG.replace("lower_bound { value: 0.7 }", "upper_bound { value: 0.7 }")
    assert told(judge(values, text=ceiling)[0])["window:2016-03-10", "auc band"] == "fail"
    both = CONFIG.replace(
        "lower_bound { value: 0.7 }", "lower_bound { value: 0.7 } upper_bound { value: 1 }"
    )
    assert told(judge(values, text=both)[0])["window:2016-03-10", "auc band"] == "fail"


@pytest.mark.parametrize("number", [0, 1, 6])
def test_too_few_windows_for_a_reference_lack_a_baseline(judge, number):
    results, drawn = judge(USUAL[:number])
    (result,) = results
    assert (result.metric, result.status) == (BASELINE_CHECK, Status.INCONCLUSIVE)
    windows = "1 window" if number == 1 else f"{number} windows"
    assert f"auc has {windows} with enough labels and rows, and to follow it 7" in result.reason
    assert drawn["auc"]["band"] is None
    assert len(drawn["auc"]["points"]) == number


def test_windows_without_labels_or_rows_or_value_are_neither_reference_nor_judged(judge):
    coverage = covered(12, **{LOW_COVERAGE: ["2016-03-02"], OPEN_WINDOW: ["2016-03-12"]})
    values = [0.9, 0.1, *USUAL[2:]]
    values[3] = None
    results, drawn = judge(values, coverage=coverage, rows={"2016-03-05": 29})
    # Reference: days 1, 3, 6, 7, 8 and 9.
    assert told(results) == {
        ("window:2016-03-10", "auc band"): "pass",
        ("window:2016-03-11", "auc band"): "pass",
        ("", "auc change point"): "pass",
    }
    points = {point["window"]: point for point in drawn["auc"]["points"]}
    assert sorted(points) == days(12)
    hollow = {name for name, point in points.items() if point["status"] == "inconclusive"}
    assert hollow == {"2016-03-02", "2016-03-04", "2016-03-05", "2016-03-12"}
    assert points["2016-03-12"]["value"] is None
    assert points["2016-03-05"]["n"] == 29


def test_windows_that_lack_labels_are_inconclusive_and_not_wrong(measurements):
    """A window with half of its labels would look bad, and its rows are not judged."""
    parsed = configuration.parse_eval_config(CONFIG)
    completed = completion.complete(parsed, has_baseline=False, slices=["window"])
    coverage = covered(10, **{OPEN_WINDOW: ["2016-03-09", "2016-03-10"]})
    slices = {window(name): (400, {AUC: (0.9, 0.012, 19)}) for name in days(8)}
    numbers = measurements(completed, {(): (3200, {AUC: (0.9, 0.004, 19)}), **slices})
    config = PerformanceConfig.model_validate({"windows": {"reference": 6}})
    results, _ = judging.judge(parsed, completed, numbers, None, config, coverage)
    found = {(r.slice, r.metric): r for r in results}
    doubts = {place for place, r in found.items() if r.status is not Status.PASS}
    assert doubts == {("window:2016-03-09", "coverage"), ("window:2016-03-10", "coverage")}
    assert found["window:2016-03-08", "auc band"].status is Status.PASS
    assert found["window:2016-03-08", "auc"].status is Status.PASS
    assert not decision.decide(results, config.policy).blessed
    allowed = config.policy.model_copy(update={"on_open_window": "allow"})
    assert decision.decide(results, allowed).blessed


def test_windows_of_the_hour_that_comes_twice_are_in_order_of_time():
    first, second = "2026-10-25T02:00+02:00", "2026-10-25T02:00+01:00"
    coverage = Coverage(spans={second: (3_600, 7_200), first: (0, 3_600)})
    assert coverage.in_order([second, first]) == [first, second]
    assert Coverage().in_order([second, first]) == [first, second]  # only their names are known


def test_a_decline_is_found_where_windows_are_called_by_numbers(judge):
    numbers = [str(number) for number in range(1, 13)]
    results, drawn = judge([*USUAL[:9], 0.72, 0.71, 0.72], names=numbers)
    assert [point["window"] for point in drawn["auc"]["points"]] == numbers
    failed = {place for place, status in told(results).items() if status == "fail"}
    assert failed == {
        *((f"window:{number}", "auc band") for number in ("10", "11", "12")),
        ("window:10", "auc change point"),
    }


def test_windows_whose_order_cannot_be_told_are_refused(judge):
    with pytest.raises(InputError, match=r"windows.feature: calls windows 'autumn', 'spring'"):
        judge(USUAL[:4], names=["spring", "summer", "autumn", "winter"])


def test_a_later_window_that_cannot_be_judged_is_inconclusive(judge):
    values = [*USUAL[:10], None, 0.5]
    results, _ = judge(values, rows={"2016-03-12": 29})
    found = {r.slice: r for r in results if r.metric == "auc band"}
    assert sorted(found) == [f"window:{day}" for day in days(12)[6:]]
    no_value, small = found["window:2016-03-11"], found["window:2016-03-12"]
    assert {no_value.status, small.status} == {Status.INCONCLUSIVE}
    assert no_value.reason == "auc could not be computed with an interval in this window"
    assert small.reason == "auc is of 29 rows, and a window needs 30 to be judged"
    assert (no_value.cause, small.cause) == (None, SMALL_SLICE)


def test_a_change_of_the_baseline_model_is_not_one_of_the_candidate(judge):
    theirs = [*USUAL[:9], 0.5, 0.5, 0.5]
    results, drawn = judge(USUAL, theirs=theirs, rules={"metrics": ["auc"]})
    assert list(drawn) == ["auc"]
    assert set(told(results).values()) == {"pass"}


@pytest.mark.parametrize("broken", [5, 6, 9])
def test_windows_that_cannot_be_judged_do_not_take_their_places_in_the_reference(judge, broken):
    """Twelve days, six of them the reference: those after the sixth must say something."""
    values = [*USUAL[:broken], *[None] * (12 - broken)]
    results, _ = judge(values, rules={"reference": 6})
    found = {r.slice: r.status for r in results if r.metric == "auc band"}
    assert sorted(found) == [f"window:{day}" for day in days(12)[6:]]
    unjudged = {f"window:{day}" for day in days(12)[broken:]}
    assert all(status is Status.INCONCLUSIVE for name, status in found.items() if name in unjudged)


def test_a_window_without_all_its_rows_is_no_reference_and_inconclusive(judge):
    why = {"2016-03-02": "", "2016-03-11": "without 3 of 400 rows: label 'tip' is NaN"}
    results, _ = judge([*USUAL[:1], 0.1, *USUAL[2:]], unusable=why)
    found = {r.slice: r for r in results if r.metric == "auc band"}
    # Reference: days 1 and 3 to 7.
    assert sorted(found) == [f"window:{day}" for day in days(12)[7:]]
    assert found["window:2016-03-11"].reason == (
        "auc was computed without 3 of 400 rows: label 'tip' is NaN"
    )
    statuses = {name: r.status for name, r in found.items()}
    assert statuses.pop("window:2016-03-11") is Status.INCONCLUSIVE
    assert set(statuses.values()) == {Status.PASS}


def test_a_complete_window_without_any_row_is_inconclusive(judge):
    results, _ = judge(USUAL[:11], coverage=covered(12))
    found = {r.slice: r for r in results if r.metric == "auc band"}
    assert found["window:2016-03-12"].status is Status.INCONCLUSIVE
    assert found["window:2016-03-11"].status is Status.PASS


def test_a_metric_by_name_lacks_a_reference_where_no_row_is_in_a_window(judge):
    results, _ = judge([], rules={"metrics": ["mean_label", "auc"]})
    assert [(r.metric, r.status) for r in results] == [(BASELINE_CHECK, Status.INCONCLUSIVE)] * 2


def test_following_no_metric_is_refused(judge):
    across = CONFIG.replace(
        "threshold { value_threshold { lower_bound { value: 0.7 } } }",
        "cross_slice_thresholds { cross_slicing_specs { baseline_spec {} "
        'slicing_specs { feature_keys: "payment" } } '
        "threshold { value_threshold { upper_bound { value: 0.1 } } } }",
    )
    with pytest.raises(InputError, match=r"^performance.yaml: windows: follow no metric"):
        judge(USUAL, text=across)
    assert list(judge(USUAL, text=across, rules={"metrics": ["auc"]})[1]) == ["auc"]


def test_a_window_that_is_a_number_here_and_a_text_there_is_refused():
    with pytest.raises(InputError, match=r"is window, where 3 is both a number and text"):
        over_time.windows_of([(("window", 3),), (("window", "3"),), ()], "window")


def test_rolling_windows_are_taken_apart(judge):
    """Of three-day windows every day, only those that share no row tell apart chance and change."""
    spans = {name: (index * DAY, (index + 3) * DAY) for index, name in enumerate(days(24))}
    results = tuple(
        MetricResult("", f"window:{name}", "coverage", Status.PASS, "enough") for name in days(24)
    )
    rolling = Coverage("window", results, spans)
    values = [0.9 + 0.004 * (index % 5 - 2) for index in range(24)]
    found, drawn = judge(values, coverage=rolling)
    bands = sorted(r.slice for r in found if r.metric == "auc band")
    # References begin on days 1, 4, 7, 10, 13 and 16; the windows after them are judged.
    assert bands[0] > "window:2016-03-16"
    assert bands[-1] == "window:2016-03-24"
    (change,) = (r for r in found if r.metric == "auc change point")
    assert change.reason == "no change of auc in 8 windows"
    assert len(drawn["auc"]["points"]) == 24


def test_a_metric_is_followed_by_name_with_or_without_a_threshold(judge):
    _, drawn = judge(USUAL, rules={"metrics": ["mean_label"]})
    assert list(drawn) == ["mean_label"]
    assert drawn["mean_label"]["threshold"] is None
    _, drawn = judge(USUAL, rules={"metrics": ["mean_label", "auc"]})
    assert sorted(drawn) == ["auc", "mean_label"]


def test_a_metric_that_was_not_computed_is_one_sentence(judge):
    with pytest.raises(
        InputError, match=r"windows.metrics: name acc, which was not computed; there are auc, "
    ):
        judge(USUAL, rules={"metrics": ["acc"]})


def test_the_threshold_drawn_is_that_of_all_slices_and_not_of_another(judge):
    text = CONFIG.replace(
        "threshold {",
        'per_slice_thresholds { slicing_specs { feature_values { key: "payment" value: "Cash" } } '
        "threshold { value_threshold { upper_bound { value: 0.999 } } } } threshold {",
        1,
    )
    _, drawn = judge([*USUAL[:9], 0.72, 0.71, 0.72], text=text)
    assert drawn["auc"]["threshold"] == 0.7
    results, _ = judge([*USUAL[:9], 0.72, 0.71, 0.72], text=text)
    assert told(results)["window:2016-03-10", "auc band"] == "fail"


def test_a_threshold_on_windows_is_drawn_before_one_on_a_slice(judge):
    text = CONFIG.replace(
        "threshold { value_threshold { lower_bound { value: 0.7 } } }",
        'per_slice_thresholds { slicing_specs { feature_keys: "payment" } '
        "threshold { value_threshold { upper_bound { value: 0.999 } } } } "
        'per_slice_thresholds { slicing_specs { feature_keys: "window" } '
        "threshold { value_threshold { lower_bound { value: 0.6 } } } }",
    )
    assert judge(USUAL, text=text)[1]["auc"]["threshold"] == 0.6
    on_slice = CONFIG.replace(
        "threshold {",
        'per_slice_thresholds { slicing_specs { feature_keys: "payment" } threshold {',
        1,
    ).replace("0.7 } } }", "0.7 } } } }")
    results, drawn = judge([*USUAL[:9], 0.72, 0.71, 0.72], text=on_slice)
    assert drawn["auc"]["threshold"] is None
    assert told(results)["window:2016-03-10", "auc band"] == "fail"


def test_what_is_drawn_fits_json_and_its_points(judge):
    values = [*USUAL[:9], 0.72, 0.71, 0.72]
    values[4] = None
    _, drawn = judge(values, coverage=covered(12, **{LOW_COVERAGE: ["2016-03-02"]}))
    found = json.loads(json.dumps(drawn, allow_nan=False))["auc"]
    assert [point["window"] for point in found["points"]] == days(12)
    assert len(found["band"]["lower"]) == len(found["band"]["upper"]) == 12
    assert found["band"]["mean"] == pytest.approx(0.9, abs=0.02)
    assert [found["band"]["lower"][i] for i in (1, 4)] == [None, None]
    assert found["threshold"] == 0.7
    assert [change["window"] for change in found["change_points"]] == ["2016-03-10"]
    for point in found["points"]:
        if point["value"] is not None:
            assert point["lower"] < point["value"] < point["upper"]

from __future__ import annotations

import math

import pytest
import tensorflow_model_analysis as tfma
from hypothesis import given, settings
from hypothesis import strategies as st
from tensorflow_model_analysis.metrics import metric_types

from skewgate.checks.performance.one_verdict import one_each
from skewgate.components.performance_gate import completion, configuration, thresholds
from skewgate.components.performance_gate.measured import MeasuredValue, Measurements, SliceMetrics
from skewgate.core.results import BASELINE_CHECK, SMALL_SLICE, Status
from skewgate.decision import judge_bounds
from skewgate.decision.policy import Significance

CONFIG = """
model_specs { label_key: "label" }
slicing_specs {}
slicing_specs { feature_keys: "payment" }
metrics_specs { metrics { class_name: "AUC" %s } }
"""
FLOOR = "value_threshold { lower_bound { value: 0.8 } }"
CHANGE = "change_threshold { direction: HIGHER_IS_BETTER %s }"
BOTH = CHANGE % "absolute { value: -0.02 } relative { value: -0.05 }"
WHOLE, CASH, CARD = (), (("payment", "Cash"),), (("payment", "Card"),)
CANDIDATE, BASELINE = tfma.CANDIDATE_KEY, tfma.BASELINE_KEY


def auc(model="", is_diff=False):
    return metric_types.MetricKey("auc", model_name=model, is_diff=is_diff)


@pytest.fixture
def collect(measurements):
    """Collects thresholds, from the text of those of AUC, over slices given by hand."""

    def collect(text, slices, baseline=None, stored=None, min_rows=1):
        parsed = configuration.parse_eval_config(CONFIG % text)
        completed = completion.complete(parsed, has_baseline=baseline is not None)
        config = completed if baseline else completion.without_baseline(parsed)
        return thresholds.collect(
            configuration.metric_thresholds(config),
            measurements(completed, slices),
            baseline,
            None if stored is None else measurements(completed, stored),
            min_rows,
        )

    return collect


def told(found):
    return sorted((c.slice, c.metric, c.bound, c.floor) for c in found.checks)


def judged(found):
    results = [*judge_bounds(found.checks, Significance()), *found.unmeasured]
    return {(r.slice, r.metric): r.status.value for r in results}


def slices(value=0.9, error=0.01, rows=500, keys=(WHOLE, CASH, CARD)):
    return {key: (rows, {auc(): (value, error, 19)}) for key in keys}


def test_a_threshold_without_slices_is_on_all_of_them(collect):
    found = collect(f"threshold {{ {FLOOR} }}", slices())
    assert told(found) == [
        ("", "auc", 0.8, True),
        ("payment:Card", "auc", 0.8, True),
        ("payment:Cash", "auc", 0.8, True),
    ]
    assert found.unmeasured == []


def test_floor_and_ceiling_are_two_checks(collect):
    both = "value_threshold { lower_bound { value: 0.8 } upper_bound { value: 0.99 } }"
    found = collect(f"threshold {{ {both} }}", slices(keys=[WHOLE]))
    assert told(found) == [("", "auc", 0.8, True), ("", "auc", 0.99, False)]


def test_a_threshold_on_a_slice_is_on_that_alone(collect):
    per_slice = (
        'per_slice_thresholds { slicing_specs { feature_values { key: "payment" value: "Cash" } } '
        f"threshold {{ {FLOOR} }} }}"
    )
    assert told(collect(per_slice, slices())) == [("payment:Cash", "auc", 0.8, True)]


def test_thresholds_on_several_features_meet_their_slices(collect):
    """Where TFMA reports the slices as missing: tensorflow/model-analysis, issue 150."""
    made = " ".join(
        f'slicing_specs {{ feature_keys: "{one}" feature_keys: "{other}" }}'
        for one, other in (("payment", "company"), ("day", "payment"))
    )
    found = collect(
        f"per_slice_thresholds {{ {made} threshold {{ {FLOOR} }} }}",
        slices(
            keys=[
                WHOLE,
                CASH,
                (("company", "X"), ("payment", "Cash")),
                (("company", "Y"), ("payment", "Card")),
                (("day", 3), ("payment", "Cash")),
                (("company", "Y"), ("day", 3)),
            ]
        ),
    )
    assert [each[0] for each in told(found)] == [
        "company_X_payment:X_X_Cash",
        "company_X_payment:Y_X_Card",
        "day_X_payment:3_X_Cash",
    ]
    assert found.unmeasured == []


def test_a_threshold_on_a_comparison_of_slices_is_on_that_alone(collect):
    across = (
        "cross_slice_thresholds { cross_slicing_specs { baseline_spec {} "
        'slicing_specs { feature_keys: "payment" } } '
        "threshold { value_threshold { upper_bound { value: 0.1 } } } }"
    )
    found = collect(across, slices(keys=[WHOLE, CASH, CARD, (WHOLE, CASH), (CASH, CARD)]))
    assert told(found) == [("all data against payment:Cash", "auc", 0.1, False)]
    (check,) = found.checks
    assert check.estimate.n == 500


def test_a_plain_threshold_is_not_on_comparisons_of_slices(collect):
    found = collect(f"threshold {{ {FLOOR} }}", slices(keys=[WHOLE, CASH, (WHOLE, CASH)]))
    assert [each[0] for each in told(found)] == ["", "payment:Cash"]


@pytest.mark.parametrize(
    ("spec", "named"),
    [
        ('slicing_specs { feature_keys: "company" feature_keys: "day" }', "company, day"),
        ('slicing_specs { feature_values { key: "company" value: "Z" } }', "company=Z"),
    ],
)
def test_a_slice_that_is_not_there_is_a_doubt_that_names_it(collect, spec, named):
    found = collect(f"per_slice_thresholds {{ {spec} threshold {{ {FLOOR} }} }}", slices())
    (doubt,) = found.unmeasured
    assert (doubt.status, doubt.metric, found.checks) == (Status.INCONCLUSIVE, "auc", [])
    assert f"could not be evaluated on {named}: there is no such slice" in doubt.reason


def test_a_slice_of_the_eval_config_that_no_row_is_in_is_a_doubt_of_each_metric(measurements):
    text = CONFIG % f"threshold {{ {FLOOR} }}" + (
        'slicing_specs { feature_values { key: "company" value: "Z" } }'
    )
    parsed = configuration.parse_eval_config(text)
    found = thresholds.collect(
        configuration.metric_thresholds(parsed),
        measurements(parsed, slices(keys=[WHOLE])),
        None,
        slicing_specs=parsed.slicing_specs,
    )
    assert [(r.slice, r.metric, r.status) for r in found.unmeasured] == [
        (name, "auc", Status.INCONCLUSIVE) for name in ("payment", "company:Z")
    ]
    assert told(found) == [("", "auc", 0.8, True)]


def test_a_comparison_that_is_not_there_is_a_doubt_that_names_it(collect):
    across = (
        "cross_slice_thresholds { cross_slicing_specs { baseline_spec {} "
        'slicing_specs { feature_keys: "company" } } '
        f"threshold {{ {FLOOR} }} }}"
    )
    (doubt,) = collect(across, slices()).unmeasured
    assert "could not be evaluated on all data against company" in doubt.reason


def test_an_evaluation_of_nothing_is_a_doubt(collect):
    assert judged(collect(f"threshold {{ {FLOOR} }}", {})) == {("", "auc"): "inconclusive"}


@pytest.mark.parametrize(
    "number", [None, (math.nan, math.nan, 19), (0.9, None, None), (0.9, math.nan, 19)]
)
def test_a_metric_without_value_or_interval_is_a_doubt_and_never_passes(collect, number):
    metrics = {} if number is None else {auc(): number}
    found = collect(f"threshold {{ {FLOOR} }}", {**slices(), CASH: (40, metrics)})
    (doubt,) = found.unmeasured
    assert (doubt.slice, doubt.n_current, doubt.cause) == ("payment:Cash", 40, None)
    assert doubt.reason == "auc could not be computed with an interval on 40 rows"


@pytest.mark.parametrize(
    ("key", "rows", "cause"),
    [
        (CASH, 1, SMALL_SLICE),
        (CASH, 29, SMALL_SLICE),
        (CASH, 30, None),
        (CASH, 0, None),
        (WHOLE, 1, None),
    ],
)
def test_a_metric_without_an_interval_on_few_rows_is_a_small_slice(collect, key, rows, cause):
    found = collect(
        f"threshold {{ {FLOOR} }}", {key: (rows, {auc(): (0.9, None, None)})}, min_rows=30
    )
    (doubt,) = found.unmeasured
    assert doubt.cause == cause


def test_a_slice_that_the_eval_config_leaves_out_for_its_size_is_a_small_slice(measurements):
    parsed = configuration.parse_eval_config(CONFIG % f"threshold {{ {FLOOR} }}")
    numbers = measurements(parsed, {WHOLE: (500, {auc(): (0.9, 0.01, 19)}), CASH: (0, {})})
    numbers.slices[CASH].left_out = True
    found = thresholds.collect(configuration.metric_thresholds(parsed), numbers, None)
    (doubt,) = found.unmeasured
    assert (doubt.slice, doubt.cause) == ("payment:Cash", SMALL_SLICE)
    assert "left out: the EvalConfig's min_slice_size" in doubt.reason


def paired(change, before, error=0.01):
    value, change_error = change
    return {
        WHOLE: (
            500,
            {
                auc(CANDIDATE): (before + value, error, 19),
                auc(BASELINE): (before, error, 19),
                auc(CANDIDATE, is_diff=True): (value, change_error, 19),
            },
        )
    }


@pytest.mark.parametrize(
    ("change", "before", "absolute", "relative"),
    [
        ((0.01, 0.005), 0.8, "pass", "pass"),
        ((-0.03, 0.003), 0.8, "fail", "pass"),
        ((-0.03, 0.015), 0.8, "inconclusive", "inconclusive"),
        ((-0.3, 0.02), 0.8, "fail", "fail"),
        ((0.0, 0.0), 0.8, "pass", "pass"),
        ((0.4, 0.02), 0.0, "pass", "inconclusive"),
        ((0.4, 0.02), 0.01, "pass", "inconclusive"),
    ],
)
def test_change_against_a_baseline_model(collect, change, before, absolute, relative):
    found = collect(f"threshold {{ {BOTH} }}", paired(change, before), baseline=BASELINE)
    assert judged(found) == {
        ("", "auc change"): absolute,
        ("", "auc relative change"): relative,
    }


def test_lower_is_better_turns_the_bound_to_a_ceiling(collect):
    text = CHANGE.replace("HIGHER", "LOWER") % "absolute { value: 0.02 }"
    found = collect(f"threshold {{ {text} }}", paired((0.05, 0.005), 0.3), baseline=BASELINE)
    assert told(found) == [("", "auc change", 0.02, False)]
    assert judged(found) == {("", "auc change"): "fail"}


def test_values_and_changes_are_checked_apart(collect):
    found = collect(
        f"threshold {{ {FLOOR} {BOTH} }}", paired((0.01, 0.005), 0.85), baseline=BASELINE
    )
    assert {metric for _, metric, _, _ in told(found)} == {
        "auc",
        "auc change",
        "auc relative change",
    }
    assert found.checks[0].estimate.value in (0.86, 0.01)


def test_a_change_without_an_interval_is_a_doubt(collect):
    found = collect(f"threshold {{ {BOTH} }}", slices(keys=[WHOLE]), baseline=BASELINE)
    assert found.checks == []
    assert [d.metric for d in found.unmeasured] == ["auc change", "auc relative change"]


@pytest.mark.parametrize(
    ("ours", "theirs", "absolute", "relative"),
    [
        ((0.85, 0.004), (0.80, 0.005), "pass", "pass"),
        ((0.70, 0.004), (0.80, 0.005), "fail", "fail"),
        ((0.77, 0.003), (0.80, 0.003), "fail", "pass"),
        ((0.80, 0.020), (0.80, 0.020), "inconclusive", "inconclusive"),
        ((1.00, 0.000), (0.80, 0.005), "pass", "pass"),
        ((0.80, 0.005), (0.00, 0.000), "pass", "inconclusive"),
    ],
)
def test_change_against_a_stored_evaluation(collect, ours, theirs, absolute, relative):
    found = collect(
        f"threshold {{ {BOTH} }}",
        {WHOLE: (500, {auc(): (*ours, 19)})},
        stored={WHOLE: (900, {auc(CANDIDATE): (*theirs, 19)})},
    )
    assert judged(found) == {
        ("", "auc change"): absolute,
        ("", "auc relative change"): relative,
    }
    assert {(c.n_baseline, c.estimate.n) for c in found.checks} == {(900, 500)}


def test_a_slice_that_a_stored_evaluation_lacks_has_no_baseline(collect):
    found = collect(f"threshold {{ {BOTH} }}", slices(), stored=slices(keys=[WHOLE, CARD]))
    assert {c.slice for c in found.checks} == {"", "payment:Card"}
    (doubt,) = found.unmeasured
    assert (doubt.slice, doubt.metric) == ("payment:Cash", BASELINE_CHECK)
    assert doubt.reason.endswith("has no auc with an interval on the slice payment:Cash")


def test_a_stored_evaluation_without_intervals_is_no_baseline(collect):
    stored = {WHOLE: (900, {auc(): (0.9, None, None)})}
    found = collect(f"threshold {{ {BOTH} }}", slices(keys=[WHOLE]), stored=stored)
    assert found.checks == []
    (doubt,) = found.unmeasured
    assert (doubt.metric, doubt.slice) == (BASELINE_CHECK, "")
    assert doubt.reason.endswith("on all data")


def test_a_baseline_model_is_preferred_to_a_stored_evaluation(collect):
    found = collect(
        f"threshold {{ {CHANGE % 'absolute { value: -0.02 }'} }}",
        paired((0.01, 0.005), 0.8),
        baseline=BASELINE,
        stored={WHOLE: (900, {auc(): (0.99, 0.001, 19)})},
    )
    assert judged(found) == {("", "auc change"): "pass"}


def test_change_thresholds_without_any_baseline_are_one_doubt(collect):
    found = collect(f"threshold {{ {FLOOR} {BOTH} }}", slices())
    assert len(found.checks) == 3
    (doubt,) = found.unmeasured
    assert (doubt.metric, doubt.status) == (BASELINE_CHECK, Status.INCONCLUSIVE)
    assert "there is no baseline" in doubt.reason


def test_metrics_that_a_stored_evaluation_lacks_are_one_doubt_for_each_slice(measurements):
    text = CONFIG % (f"threshold {{ {BOTH} }}") + (
        f'metrics_specs {{ metrics {{ class_name: "Precision" threshold {{ {BOTH} }} }} }}'
    )
    parsed = configuration.parse_eval_config(text)
    found = thresholds.collect(
        configuration.metric_thresholds(parsed),
        measurements(parsed, slices(keys=[WHOLE, CASH])),
        None,
        measurements(parsed, {}),
    )
    assert [(r.slice, r.metric, r.reason) for r in found.unmeasured] == [
        (
            name,
            BASELINE_CHECK,
            f"the stored evaluation has no auc, precision with an interval on {where}",
        )
        for name, where in (("", "all data"), ("payment:Cash", "the slice payment:Cash"))
    ]


def test_slices_of_one_name_are_told_apart(collect):
    one, other = (("a", "1_X_2"), ("b", "3")), (("a", "1"), ("b", "2_X_3"))
    found = collect(f"threshold {{ {FLOOR} }}", slices(keys=[one, other, WHOLE]))
    assert [each[0] for each in told(found)] == ["", "a:'1', b:'2_X_3'", "a:'1_X_2', b:'3'"]


BOUNDS = st.sampled_from([FLOOR, FLOOR.replace("lower", "upper"), BOTH])
SLICE_KEYS = st.sets(
    st.sampled_from([WHOLE, CASH, CARD, (("payment", ""),), (("payment", 3),), (("payment", "3"),)])
)


@settings(max_examples=40, derandomize=True, deadline=None)
@given(
    BOUNDS,
    BOUNDS,
    SLICE_KEYS,
    st.sampled_from([(0.9, 0.01, 19), (0.9, None, None), (math.nan, math.nan, 19), None]),
)
def test_every_metric_of_every_slice_has_one_result(one, other, keys, number):
    """One threshold is on all slices, and one on one of them."""
    per_slice = (
        'per_slice_thresholds { slicing_specs { feature_values { key: "payment" value: "Cash" } } '
        f"threshold {{ {other} }} }}"
    )
    parsed = configuration.parse_eval_config(CONFIG % f"threshold {{ {one} }} {per_slice}")
    numbers = {} if number is None else {auc(): number}
    measured = Measurements(
        {
            key: SliceMetrics(
                {metric_types.MetricKey("example_count"): MeasuredValue(90.0)}
                | {name: MeasuredValue(*found) for name, found in numbers.items()}
            )
            for key in keys
        },
        parsed,
    )
    found = thresholds.collect(configuration.metric_thresholds(parsed), measured, None)
    results = one_each([*judge_bounds(found.checks, Significance()), *found.unmeasured])
    places = [(r.slice, r.metric) for r in results]
    assert len(places) == len(set(places))
    names = thresholds.names_of(keys)
    assert len(set(names.values())) == len(keys)
    expected = {(name, "auc") for name in names.values()} if one != BOTH or not keys else set()
    expected |= {("payment:Cash", "auc")} if other != BOTH or CASH not in keys else set()
    expected |= {("", "auc")} if not keys else set()
    expected |= {("", BASELINE_CHECK)} if BOTH in (one, other) else set()
    assert set(places) == expected
    if number is None or number[1] is None or math.isnan(number[0]):
        assert Status.PASS not in {r.status for r in results}


@pytest.mark.parametrize(
    ("key", "name"),
    [
        (auc(), "auc"),
        (auc(CANDIDATE), "auc"),
        (auc("new"), "auc (new)"),
        (auc(CANDIDATE)._replace(output_name="tip"), "auc (tip)"),
        (auc()._replace(sub_key=metric_types.SubKey(top_k=3)), "auc (topK:3)"),
        (auc()._replace(example_weighted=True), "auc (weighted)"),
        (
            auc("new")._replace(
                output_name="tip",
                sub_key=metric_types.SubKey(class_id=0),
                example_weighted=True,
            ),
            "auc (new, tip, classId:0, weighted)",
        ),
    ],
)
def test_a_metric_is_named_with_what_tells_it_from_others(key, name):
    assert thresholds.label(key) == name


def test_averages_of_different_kinds_have_different_names():
    kinds = [
        metric_types.AggregationType(**{kind: True})
        for kind in ("micro_average", "macro_average", "weighted_macro_average")
    ]
    names = {thresholds.label(auc()._replace(aggregation_type=kind)) for kind in kinds}
    assert len(names) == 3
    assert all("\n" not in name for name in names), names

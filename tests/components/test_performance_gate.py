from __future__ import annotations

import math

import pyarrow as pa
import pytest
import tensorflow_model_analysis as tfma
from google.protobuf import text_format
from tensorflow_model_analysis.metrics import metric_types
from tfx.types import standard_artifacts

from skewgate.components.performance_gate import evaluation, executor, thresholds
from skewgate.components.performance_gate.thresholds import Estimate
from skewgate.errors import InputError
from skewgate.types import Status

CONFIG = """
model_specs { signature_name: "serving_default" label_key: "label" }
slicing_specs {}
slicing_specs { feature_keys: "payment" }
metrics_specs {
  metrics { class_name: "ExampleCount" }
  metrics { class_name: "AUC" threshold { value_threshold { lower_bound { value: 0.8 } } } }
}
"""
CHANGE = """
change_threshold { direction: HIGHER_IS_BETTER absolute { value: -0.02 } relative { value: -0.05 } }
"""


def auc(model="", is_diff=False):
    return metric_types.MetricKey(name="auc", model_name=model, is_diff=is_diff)


def count(model=""):
    return metric_types.MetricKey(name="example_count", model_name=model)


def judged(config, metrics):
    return [(r.slice, r.metric, r.status) for r in thresholds.judge(config, metrics)]


@pytest.mark.parametrize(
    ("estimate", "status"),
    [
        (Estimate(0.9, 0.85, 0.95), Status.PASS),
        (Estimate(0.7, 0.65, 0.75), Status.FAIL),
        (Estimate(0.85, 0.75, 0.95), Status.INCONCLUSIVE),
        (Estimate(0.8, 0.8, 0.8), Status.PASS),
        (Estimate(math.nan, math.nan, math.nan), Status.INCONCLUSIVE),
    ],
)
def test_a_threshold_inside_the_interval_is_inconclusive(estimate, status):
    config = evaluation.complete(evaluation.parse_eval_config(CONFIG), has_baseline=False)
    metrics = {(): {auc(): estimate, count(): Estimate(50, 50, 50)}}
    (result,) = thresholds.judge(config, metrics)
    assert (result.metric, result.status, result.n_current) == ("auc", status, 50)


def test_a_failing_slice_is_named():
    config = evaluation.complete(
        evaluation.parse_eval_config(
            CONFIG.replace(
                "threshold {",
                """per_slice_thresholds {
                  slicing_specs { feature_keys: "payment" }
                  threshold { value_threshold { lower_bound { value: 0.8 } } } }
                threshold {""",
                1,
            )
        ),
        has_baseline=False,
    )
    good, bad = Estimate(0.9, 0.9, 0.9), Estimate(0.6, 0.55, 0.65)
    metrics = {(): {auc(): good}, (("payment", "Cash"),): {auc(): bad}}
    assert ("payment:Cash", "auc", Status.FAIL) in judged(config, metrics)
    assert ("", "auc", Status.PASS) in judged(config, metrics)


def test_a_threshold_that_was_never_evaluated_is_inconclusive():
    config = evaluation.complete(evaluation.parse_eval_config(CONFIG), has_baseline=False)
    assert judged(config, {}) == [("", "auc", Status.INCONCLUSIVE)]
    assert judged(config, {(): {count(): Estimate(9, 9, 9)}}) == [("", "auc", Status.INCONCLUSIVE)]


@pytest.mark.parametrize(
    ("change", "before", "absolute", "relative"),
    [
        (Estimate(0.01, 0.0, 0.02), 0.8, Status.PASS, Status.PASS),
        (Estimate(-0.03, -0.035, -0.025), 0.8, Status.FAIL, Status.PASS),
        (Estimate(-0.03, -0.05, -0.01), 0.8, Status.INCONCLUSIVE, Status.INCONCLUSIVE),
        (Estimate(-0.3, -0.35, -0.25), 0.8, Status.FAIL, Status.FAIL),
        (Estimate(0.5, 0.4, 0.6), 0.0, Status.PASS, Status.INCONCLUSIVE),
    ],
)
def test_change_against_the_baseline_model(change, before, absolute, relative):
    text = CONFIG.replace("threshold {", "threshold {" + CHANGE, 1)
    config = evaluation.complete(evaluation.parse_eval_config(text), has_baseline=True)
    candidate, baseline = tfma.CANDIDATE_KEY, tfma.BASELINE_KEY
    metrics = {
        (): {
            auc(candidate): Estimate(0.9, 0.88, 0.92),
            auc(baseline): Estimate(before, before, before),
            auc(candidate, is_diff=True): change,
        }
    }
    found = {metric: status for _, metric, status in judged(config, metrics)}
    assert found == {
        "auc": Status.PASS,
        "auc change": absolute,
        "auc relative change": relative,
    }


def test_a_change_threshold_is_seen_only_where_there_is_one():
    plain = text_format.Parse(CONFIG, tfma.EvalConfig())
    change = CONFIG.replace("threshold {", "threshold {" + CHANGE, 1)
    assert not thresholds.has_change(plain)
    assert thresholds.has_change(text_format.Parse(change, tfma.EvalConfig()))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("model_specs {", r"eval_config.pbtxt: is not a tfma.EvalConfig"),
        ("{", r"eval_config.pbtxt: is not a tfma.EvalConfig"),
        (CONFIG.replace('label_key: "label"', ""), r"every model_spec must name its label_key"),
        (
            CONFIG.replace("lower_bound { value: 0.8 }", ""),
            r"sets a threshold without a bound on auc",
        ),
        (
            CONFIG.replace("threshold { value_threshold { lower_bound { value: 0.8 } } }", ""),
            r"sets no threshold",
        ),
    ],
)
def test_malformed_eval_config_is_one_sentence(text, message):
    with pytest.raises(InputError, match=message):
        evaluation.parse_eval_config(text)


def test_only_rows_whose_label_has_arrived_are_evaluated():
    batch = pa.RecordBatch.from_arrays(
        [
            pa.array([[1], None, [], [0]], pa.list_(pa.int64())),
            pa.array([[b"a"], [b"b"], [b"c"], [b"d"]], pa.large_list(pa.large_binary())),
        ],
        ["label", "payment"],
    )
    (kept,) = evaluation.labelled_rows(batch, "label")
    assert kept.column(1).to_pylist() == [[b"a"], [b"d"]]
    assert list(evaluation.labelled_rows(batch.slice(1, 2), "label")) == []
    assert list(evaluation.labelled_rows(batch, "other")) == []


@pytest.mark.parametrize(("blessed", "name"), [(True, "BLESSED"), (False, "NOT_BLESSED")])
def test_blessing_is_written_as_pusher_and_resolver_read_it(output, tmp_path, blessed, name):
    from tfx.components.pusher import executor as pusher_executor

    blessing = output(standard_artifacts.ModelBlessing, "blessing")
    model, before = standard_artifacts.Model(), standard_artifacts.Model()
    model.uri, model.id, before.uri, before.id = "/m/2", 7, "/m/1", 4
    executor.bless(blessing, model, before, blessed)
    assert (tmp_path / "out" / "blessing" / name).exists()
    assert blessing.get_int_custom_property("current_model_id") == 7
    assert blessing.get_int_custom_property("baseline_model_id") == 4
    pusher = pusher_executor.Executor()
    assert pusher.CheckBlessing({"model_blessing": [blessing]}) is blessed

"""PerformanceGate as a whole, on rows that hold predictions; the Beam runs are shared."""

from __future__ import annotations

import json
import os
import pathlib

import jsonschema
import numpy as np
import pandas as pd
import pytest
import sklearn.metrics
import tensorflow_model_analysis as tfma
from tfx.components.pusher import executor as pusher_executor
from tfx.types import artifact_utils, standard_artifacts

import skewgate
from skewgate import decision
from skewgate.checks.performance.config import PerformancePolicy
from skewgate.components import artifact_types
from skewgate.components.performance_gate import completion, executor, measured
from skewgate.core.errors import InputError
from skewgate.core.results import LOW_COVERAGE, OPEN_WINDOW, MetricResult, Status
from skewgate.estimation.estimates import Share
from skewgate.report import report as report_lib

SHARES = sorted(completion.PROPORTIONS)
FLOOR = "threshold { value_threshold { lower_bound { value: 0 } } }"
WITH_FLOOR = " ".join(f'metrics {{ class_name: "{name}" {FLOOR} }}' for name in SHARES)
LOGGED = f"""
model_specs {{ name: "candidate" prediction_key: "prediction" label_key: "label" }}
model_specs {{
  name: "baseline" is_baseline: true prediction_key: "before" label_key: "label" }}
slicing_specs {{}}
slicing_specs {{ feature_keys: "payment" }}
metrics_specs {{
  metrics {{ class_name: "AUC" threshold {{
    value_threshold {{ lower_bound {{ value: 0.8 }} }}
    change_threshold {{ direction: HIGHER_IS_BETTER absolute {{ value: -0.05 }} }} }} }}
}}
metrics_specs {{ {WITH_FLOOR} }}
"""
MONITORED = """
model_specs { prediction_key: "prediction" label_key: "label" }
slicing_specs {}
metrics_specs {
  metrics { class_name: "AUC" threshold {
    value_threshold { lower_bound { value: 0.8 } }
    change_threshold { direction: HIGHER_IS_BETTER absolute { value: -0.05 } } } }
}
"""


def sigmoid(values):
    return 1 / (1 + np.exp(-values))


@pytest.fixture(scope="module")
def frame():
    """1,503 rows; labels flipped for payment by Dispute, one row by Barter, all alike by Free."""
    rng = np.random.default_rng(3)
    size = 1503
    label = (rng.random(size) < 0.3).astype(int)
    payment = rng.choice(["Cash", "Card", "Dispute"], size, p=[0.5, 0.4, 0.1])
    payment[0], payment[1:41] = "Barter", "Free"
    label[1:41] = 0
    prediction = sigmoid(1.3 * rng.normal(size=size) + 4.0 * label - 2.0)
    prediction[payment == "Dispute"] = 1 - prediction[payment == "Dispute"]
    before = sigmoid(1.3 * rng.normal(size=size) + 3.5 * label - 1.7)
    found = pd.DataFrame({"label": label.astype(float), "prediction": prediction, "before": before})
    found = found.astype("float32").assign(payment=payment)
    found.loc[1500:, "label"] = None  # labels that have not come
    return found


@pytest.fixture(scope="module")
def logged(tmp_path_factory, frame, frame_examples, gate):
    """One run on predictions of two models in the rows."""
    folder = tmp_path_factory.mktemp("logged")
    examples = frame_examples(folder / "examples", frame, counted=len(frame))
    return gate(
        folder,
        examples,
        LOGGED,
        config="{segments: {features: [payment], min_rows: 20}, policy: {on_small_slice: allow}}",
    )


def labelled(frame):
    return frame.iloc[:1500]


def test_a_slice_with_flipped_labels_blocks_and_is_named_though_the_whole_passes(logged):
    assert logged.statuses("auc") == {
        "": "pass",
        "payment:Cash": "pass",
        "payment:Card": "pass",
        "payment:Dispute": "fail",
        "payment:Barter": "inconclusive",
        "payment:Free": "inconclusive",
    }
    assert (logged.report["status"], logged.report["blessed"]) == ("fail", False)
    assert logged.statuses("auc change")["payment:Dispute"] == "fail"
    assert logged.statuses("auc change")["payment:Cash"] == "pass"


def test_values_are_those_of_the_labelled_rows(logged, frame):
    rows = labelled(frame)
    for name, part in (("", rows), ("payment:Card", rows[rows.payment == "Card"])):
        result = logged.results("auc")[name]
        expected = sklearn.metrics.roc_auc_score(part.label, part.prediction)
        assert result["value"] == pytest.approx(expected, abs=1e-3)
        assert result["n_current"] == len(part)
        assert result["lower"] < result["value"] < result["upper"]
    before = sklearn.metrics.roc_auc_score(rows.label, rows.before)
    after = sklearn.metrics.roc_auc_score(rows.label, rows.prediction)
    change = logged.results("auc change")[""]["value"]
    assert change == pytest.approx(after - before, abs=1e-3)


def test_a_slice_of_a_single_row_never_passes_and_is_small(logged):
    for metric in ("auc", "auc change"):
        result = logged.results(metric)["payment:Barter"]
        assert (result["status"], result["cause"]) == ("inconclusive", "small_slice")
    assert logged.results("binary_accuracy")["payment:Barter"]["cause"] == "small_slice"


def test_a_slice_of_one_class_has_no_auc_and_never_passes(logged):
    assert logged.statuses("auc")["payment:Free"] == "inconclusive"
    result = logged.results("auc")["payment:Free"]
    assert "cause" not in result
    assert result["n_current"] == 40


def test_the_report_counts_rows_read_labelled_and_evaluated(logged):
    current = logged.report["current"]
    assert (current["rows"], current["rows_labelled"], current["rows_evaluated"]) == (
        1503,
        1500,
        1500,
    )
    schema = pathlib.Path(skewgate.__file__).parent / "report" / "report.schema.json"
    jsonschema.validate(logged.report, json.loads(schema.read_text()))
    folder = pathlib.Path(logged.artifacts["performance_report"].uri)
    assert sorted(os.listdir(folder)) == ["metrics.prom", "report.html", "report.json"]
    assert "payment:Dispute" in (folder / "report.html").read_text()


def test_the_worst_segment_is_that_with_flipped_labels(logged):
    found = logged.report["details"]["segments"]
    assert found["rows"] == 1500
    assert found["worst"][0]["segment"] == found["costliest"][0]["segment"] == "payment=Dispute"


def test_the_evaluation_opens_in_tfmas_own_loaders(logged):
    path = logged.artifacts["evaluation"].uri
    result = tfma.load_eval_result(path, model_name="candidate")
    slices = dict(result.slicing_metrics)
    found = slices[(("payment", "Card"),)][""][""]["auc"]["boundedValue"]["value"]
    assert found == pytest.approx(logged.results("auc")["payment:Card"]["value"])
    keys = {slicer_key(record) for record in tfma.load_metrics(path)}
    assert ("Dispute",) in keys
    assert not tfma.load_validation_result(path).validation_ok


def slicer_key(record):
    return tuple(each.bytes_value.decode() for each in record.slice_key.single_slice_keys)


def test_every_share_is_its_metrics_own_value(logged):
    numbers = measured.load(logged.artifacts["evaluation"].uri)
    seen = set()
    for slice_key in ((), (("payment", "Cash"),), (("payment", "Dispute"),)):
        for key in list(numbers.slices[slice_key].values):
            if numbers._classes.get(key) not in completion.PROPORTIONS or key.is_diff:
                continue
            estimate = numbers.estimate(slice_key, key)
            assert isinstance(estimate, Share), key
            assert estimate.value == pytest.approx(
                numbers.slices[slice_key].values[key].value, abs=1e-9
            )
            assert estimate.trials <= estimate.n == numbers.rows(slice_key)
            seen.add((numbers._classes[key], key.model_name))
    assert seen == {(name, model) for name in SHARES for model in ("candidate", "baseline")}


def test_shares_are_those_of_scikit_learn(logged, frame):
    rows = labelled(frame)
    said = rows.prediction > 0.5
    expected = {
        "precision": sklearn.metrics.precision_score(rows.label, said),
        "recall": sklearn.metrics.recall_score(rows.label, said),
        "binary_accuracy": sklearn.metrics.accuracy_score(rows.label, said),
        "prevalence": rows.label.mean(),
    }
    for name, value in expected.items():
        assert logged.results(name)[""]["value"] == pytest.approx(value, abs=1e-6)


def test_no_number_of_the_report_is_nan(logged):
    text = pathlib.Path(logged.artifacts["performance_report"].uri, "report.json").read_text()
    json.loads(text, parse_constant=lambda name: pytest.fail(f"{name} in report.json"))


@pytest.mark.parametrize(("blessed", "name"), [(True, "BLESSED"), (False, "NOT_BLESSED")])
def test_a_blessing_is_written_as_pusher_and_resolver_read_it(output, tmp_path, blessed, name):
    blessing = output(standard_artifacts.ModelBlessing, "blessing")
    model, before = standard_artifacts.Model(), standard_artifacts.Model()
    model.uri, model.id, before.uri, before.id = "/m/2", 7, "/m/1", 4
    executor.bless(blessing, model, before, blessed)
    assert os.listdir(tmp_path / "out" / "blessing") == [name]
    assert blessing.get_string_custom_property("current_model") == "/m/2"
    assert blessing.get_int_custom_property("current_model_id") == 7
    assert blessing.get_int_custom_property("baseline_model_id") == 4
    assert blessing.get_int_custom_property("blessed") == int(blessed)
    pusher = pusher_executor.Executor()
    assert pusher.CheckBlessing({"model_blessing": [blessing]}) is blessed


def test_a_run_writes_its_blessing(logged, monitored):
    assert os.listdir(logged.artifacts["blessing"].uri) == ["NOT_BLESSED"]
    assert os.listdir(monitored.artifacts["blessing"].uri) == ["BLESSED"]
    pusher = pusher_executor.Executor()
    assert pusher.CheckBlessing({"model_blessing": [monitored.artifacts["blessing"]]})


DAYS = [f"2016-03-{day:02d}" for day in range(1, 13)]


def label_report(folder):
    """The report of a LabelJoiner: one day is open, one lacks labels."""
    causes = {DAYS[2]: LOW_COVERAGE, DAYS[11]: OPEN_WINDOW}
    results = [
        MetricResult(
            "",
            f"window:{day}",
            "coverage",
            Status.INCONCLUSIVE if day in causes else Status.PASS,
            "half of the labels" if day in causes else "enough",
            cause=causes.get(day),
        )
        for day in DAYS
    ]
    windows = [
        {"name": day, "start": i * 86_400, "end": (i + 1) * 86_400} for i, day in enumerate(DAYS)
    ]
    artifact = artifact_types.LabelReport()
    artifact.uri = str(folder)
    os.makedirs(folder)
    made = report_lib.Report(
        kind="labels",
        decision=decision.decide(results, PerformancePolicy()),
        baseline={},
        current={},
        details={"labels": {"windows": windows}},
    )
    (folder / "report.json").write_text(json.dumps(made.to_json()))
    return artifact


@pytest.fixture(scope="module")
def over_days(frame):
    """The rows by Cash and Card over twelve days; those of incomplete days are all wrong."""
    rows = labelled(frame)[lambda f: f.payment.isin(["Cash", "Card"])].iloc[:1200]
    rows = rows.reset_index(drop=True).assign(window=np.repeat(DAYS, 100))
    wrong = rows.window.isin([DAYS[2], DAYS[11]])
    rows.loc[wrong, "prediction"] = 1 - rows.prediction[wrong]
    return rows


@pytest.fixture(scope="module")
def monitored(tmp_path_factory, over_days, logged, frame_examples, gate):
    """One run on logged predictions over days, with late labels and a stored evaluation."""
    folder = tmp_path_factory.mktemp("monitored")
    stored = standard_artifacts.ModelEvaluation()
    stored.uri = str(folder / "stored")
    os.symlink(logged.artifacts["evaluation"].uri, stored.uri)
    return gate(
        folder,
        frame_examples(folder / "examples", over_days, counted=len(over_days)),
        MONITORED.replace("slicing_specs {}", ""),
        config="{windows: {reference: 6}, policy: {on_low_coverage: allow, on_open_window: allow,"
        " on_missing_baseline: allow, on_inconclusive: allow}}",
        label_report=label_report(folder / "labels"),
        baseline_evaluation=stored,
    )


def test_days_that_lack_labels_are_inconclusive_and_their_rows_are_left_out(monitored):
    coverage = monitored.results("coverage")
    doubts = {name: r["cause"] for name, r in coverage.items() if r["status"] == "inconclusive"}
    assert doubts == {f"window:{DAYS[2]}": LOW_COVERAGE, f"window:{DAYS[11]}": OPEN_WINDOW}
    judged = set(monitored.statuses("auc"))
    assert judged == {"", *(f"window:{day}" for day in DAYS if day not in (DAYS[2], DAYS[11]))}
    assert "fail" not in {r["status"] for r in monitored.report["results"]}
    current = monitored.report["current"]
    assert (current["rows"], current["rows_labelled"], current["rows_evaluated"]) == (
        1200,
        1200,
        1000,
    )


def test_days_after_the_reference_are_judged_by_its_band(monitored):
    assert monitored.statuses("auc band") == {
        f"window:{day}": "pass" for day in (DAYS[7], DAYS[8], DAYS[9], DAYS[10])
    }
    drawn = monitored.report["details"]["windows"]["auc"]
    assert [point["window"] for point in drawn["points"]] == DAYS
    assert drawn["threshold"] == 0.8


def test_a_stored_evaluation_is_compared_with_where_it_has_the_slice(monitored, logged):
    result = monitored.results("auc change")[""]
    assert (result["status"], result["n_baseline"]) == ("pass", 1500)
    without = monitored.results("baseline")
    assert set(without) == {name for name in monitored.statuses("auc") if name}
    assert monitored.report["baseline"]["uri"].endswith("stored")
    assert logged.report["baseline"] == {}


def test_a_policy_that_allows_doubts_by_name_blesses(monitored):
    assert (monitored.report["status"], monitored.report["blessed"]) == ("inconclusive", True)


@pytest.fixture(scope="module")
def few(tmp_path_factory, frame, frame_examples):
    """An artifact of 60 rows."""
    return frame_examples(tmp_path_factory.mktemp("few") / "examples", frame.iloc[100:160])


def counted(examples, rows):
    """The same, of which an ingest counted rows."""
    found = standard_artifacts.Examples()
    found.uri, found.split_names = examples.uri, examples.split_names
    found.set_int_custom_property("rows_eval", rows)
    return found


def data_file(examples):
    return pathlib.Path(artifact_utils.get_split_uri([examples], "eval"), "data.gz")


@pytest.mark.parametrize("is_counted", [True, False])
def test_a_truncated_file_is_named(tmp_path, frame, few, frame_examples, gate, is_counted):
    broken = frame_examples(tmp_path / "broken", frame.iloc[:1], counted=60 if is_counted else None)
    data_file(broken).write_bytes(data_file(few).read_bytes()[:-40])
    with pytest.raises(InputError, match=r"data.gz: is not a readable gzip TFRecord"):
        gate(tmp_path, broken, MONITORED)


def test_rows_that_were_lost_on_the_way_are_missed(tmp_path, few, gate):
    with pytest.raises(InputError, match=r"has 61 rows, but 60 were read"):
        gate(tmp_path, counted(few, 61), MONITORED)


@pytest.mark.parametrize(
    ("eval_config", "config", "message"),
    [
        (
            MONITORED.replace('prediction_key: "prediction"', ""),
            "{}",
            r"^PerformanceGate: has no model, and no model_spec .* names a prediction_key",
        ),
        ("model_specs {", "{}", r"^eval_config.pbtxt: is not a tfma.EvalConfig"),
        (MONITORED, "{min_slice_rows: many}", r"^performance.yaml: min_slice_rows: "),
        (MONITORED, "[", r"^performance.yaml: line 1, column 2: is not valid YAML"),
    ],
)
def test_what_cannot_be_run_is_one_sentence(tmp_path, few, gate, eval_config, config, message):
    with pytest.raises(InputError, match=message):
        gate(tmp_path, few, eval_config, config=config)
    assert not (tmp_path / "tmp" / "performance_gate").exists()


def test_predictions_in_the_rows_are_not_compared_with_themselves(gate, tmp_path, write_examples):
    rows = write_examples(tmp_path / "rows", [{"label": 1, "prediction": 0.75}])
    baseline = standard_artifacts.Model()
    baseline.uri = str(tmp_path)
    with pytest.raises(InputError, match="is given a baseline_model, but the rows hold the predic"):
        gate(tmp_path / "gate", rows, MONITORED, baseline_model=baseline)

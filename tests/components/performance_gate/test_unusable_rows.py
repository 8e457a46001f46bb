"""Rows that no metric can count: a verdict or one sentence, never a traceback, never a pass."""

from __future__ import annotations

import math
import re

import numpy as np
import pytest
import sklearn.metrics
import tensorflow as tf

from skewgate.core.errors import InputError
from tests.components.performance_gate.eval_configs import parse

AUC = 'metrics { class_name: "AUC" threshold { value_threshold { lower_bound { value: 0.6 } } } }'
MSE = (
    'metrics { class_name: "MeanSquaredError" '
    "threshold { value_threshold { upper_bound { value: 0.4 } } } }"
)
BRIER = MSE.replace("MeanSquaredError", "BrierScore")
ECE = MSE.replace("MeanSquaredError", "ExpectedCalibrationError")
LOGGED = f"""
model_specs {{ prediction_key: "said" label_key: "label" }}
slicing_specs {{}}
slicing_specs {{ feature_keys: "payment" }}
metrics_specs {{ {AUC} {MSE} {BRIER} {ECE} }}
"""
DAYS = 12


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    return tmp_path_factory.mktemp("unusable")


def make_rows(size=1200):
    """Rows over twelve days called by numbers, half of each day paid by card."""
    random = np.random.default_rng(4)
    label = (random.random(size) < 0.4).astype(int)
    said = 1 / (1 + np.exp(-(random.normal(size=size) + 3.0 * label - 1.5)))
    return [
        {
            "label": float(label[i]),
            "said": float(said[i]),
            "payment": "Card" if i % 2 else "Cash",
            "day": i * DAYS // size + 1,
            "importance": 1.0,
        }
        for i in range(size)
    ]


@pytest.fixture(scope="module")
def broken(root, write_examples, gate):
    """One run on rows of which some are broken, each in its own way."""
    rows = make_rows()
    for index in (0, 2, 4):  # Cash, day 1
        rows[index]["said"] = math.nan
    rows[6]["said"] = math.inf
    rows[8]["said"] = []
    rows[1111]["label"] = math.nan  # Card, day 12
    rows[1113]["label"] = 2.0
    rows.append({**rows[1], "said": math.nan, "payment": "Barter"})
    return gate(
        root / "broken",
        write_examples(root / "broken rows", rows),
        LOGGED,
        config="{segments: {features: [payment]}, windows: {feature: day, reference: 6}}",
    )


def test_a_model_that_predicts_no_number_fails(broken):
    found = broken.results("prediction")
    assert {place: r["status"] for place, r in found.items()} == {
        "": "fail",
        "payment:Cash": "fail",
        "payment:Barter": "fail",
        "day:1": "fail",
    }
    assert re.fullmatch(
        r"prediction_key 'said' is missing in 1 of 1,201 rows; prediction_key 'said' is NaN or "
        r"infinite in 5 of 1,201 rows \(such as (nan|inf)\); these rows were left out of auc, "
        r"brier_score, expected_calibration_error, mean_squared_error",
        found[""]["reason"],
    )
    assert broken.report["status"] == "fail"


def test_labels_that_are_no_number_or_of_another_class_are_in_doubt(broken):
    found = broken.results("label")
    assert {place: r["status"] for place, r in found.items()} == {
        "": "inconclusive",
        "payment:Card": "inconclusive",
        "day:12": "inconclusive",
    }
    assert "label_key 'label' is NaN or infinite in 1 of 1,201 rows" in found[""]["reason"]
    assert (
        "label_key 'label' is not in [0, 1] in 1 of 1,201 rows (such as 2)" in (found[""]["reason"])
    )


@pytest.mark.parametrize(
    "metric", ["auc", "mean_squared_error", "brier_score", "expected_calibration_error"]
)
def test_no_metric_passes_on_a_part_of_the_rows_of_its_slice(broken, metric):
    statuses = broken.statuses(metric)
    for place in ("", "payment:Cash", "payment:Card", "payment:Barter", "day:1", "day:12"):
        assert statuses[place] == "inconclusive", place
    assert {statuses[f"day:{day}"] for day in range(2, 12)} == {"pass"}
    assert "but without 2 of " in broken.results(metric)["payment:Card"]["reason"]


def test_a_slice_without_a_usable_row_has_a_result_of_each_metric(broken):
    result = broken.results("auc")["payment:Barter"]
    assert result["reason"] == "auc could not be computed with an interval on 0 rows"


def test_values_are_those_of_the_usable_rows(broken):
    rows = [r for i, r in enumerate(make_rows()) if i not in (0, 2, 4, 6, 8, 1111, 1113)]
    label, said = ([row[name] for row in rows] for name in ("label", "said"))
    expected = {
        "auc": sklearn.metrics.roc_auc_score(label, said),
        "mean_squared_error": sklearn.metrics.mean_squared_error(label, said),
        "brier_score": sklearn.metrics.brier_score_loss(label, said),
    }
    for metric, value in expected.items():
        assert broken.results(metric)[""]["value"] == pytest.approx(value, abs=1e-4)
    assert broken.report["current"]["rows_labelled"] == 1201
    assert broken.report["current"]["rows_evaluated"] == 1193
    assert broken.report["details"]["segments"]["rows"] == 1193


def test_days_with_broken_rows_are_no_reference_and_not_judged_as_if_whole(broken):
    found = broken.results("auc band")
    # Reference: days 2 to 7, for day 1 lacks rows.
    assert sorted(found, key=lambda name: int(name.partition(":")[2])) == [
        f"day:{day}" for day in range(8, 13)
    ]
    assert found["day:12"]["status"] == "inconclusive"
    assert {found[f"day:{day}"]["status"] for day in range(8, 12)} == {"pass"}


def test_each_result_is_there_once(broken):
    places = [(r["slice"], r["metric"]) for r in broken.report["results"]]
    assert len(places) == len(set(places))


@pytest.mark.parametrize(
    ("change", "text", "message"),
    [
        (
            {"label": "yes"},
            LOGGED,
            r"asks for auc, brier_score, .* by label_key 'label', which is text in all of 60 rows "
            r"\(such as 'yes'\). Fix: name a feature of numbers",
        ),
        (
            {},
            LOGGED.replace('"said"', '"sayd"'),
            r"asks for .* by prediction_key 'sayd', which is missing in all of 60 rows. Fix: name",
        ),
    ],
    ids=["text", "no prediction"],
)
def test_a_contract_that_fits_no_row_is_one_sentence(
    root, write_examples, gate, request, change, text, message
):
    name = request.node.callspec.id
    rows = [{**row, **change} for row in make_rows(60)]
    with pytest.raises(InputError, match=rf"^eval_config.pbtxt: {message}"):
        gate(root / name, write_examples(root / f"{name} rows", rows), text)


def test_a_model_without_any_number_fails_and_has_no_pass(root, write_examples, gate):
    rows = [{**row, "said": math.nan} for row in make_rows(60)]
    found = gate(root / "nan", write_examples(root / "nan rows", rows), LOGGED)
    assert found.statuses("prediction")[""] == "fail"
    assert set(found.statuses("auc").values()) == {"inconclusive"}
    assert sorted(found.statuses("auc")) == ["", "payment:Card", "payment:Cash"]


def test_what_tfma_cannot_compute_is_one_sentence_with_metric_and_row(root, write_examples, gate):
    rows = [{**row, "said": [0.5, 0.5], "label": [0.0, 1.0]} for row in make_rows(60)]
    text = LOGGED.replace(AUC, AUC.replace("AUC", "R2Score"))
    with pytest.raises(
        InputError,
        match=r"^eval_config.pbtxt: asks for r2_score, which TFMA could not compute of a row with "
        r"the label \[0. 1.\] and the prediction \[0.5 0.5\] \(ValueError: R2Score needs one value",
    ):
        gate(root / "wide", write_examples(root / "wide rows", rows), text)


class Both(tf.Module):
    """Predicts two numbers, the second of which is NaN for some rows."""

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="examples")])
    def serve(self, examples):
        parsed = tf.io.parse_example(examples, {"said": tf.io.FixedLenFeature([1], tf.float32)})
        said = parsed["said"]
        return {"chance": said, "amount": tf.where(said > 0.95, float("nan"), said)}


@pytest.fixture(scope="module")
def model(root, model_artifact):
    """A model of two outputs."""
    module = Both()
    return model_artifact(
        root / "model",
        lambda path: tf.saved_model.save(
            module, path, signatures={"serving_default": module.serve}
        ),
    )


def test_a_prediction_key_chooses_the_output_that_is_judged(root, model, write_examples, gate):
    examples = write_examples(root / "chosen rows", make_rows(300))
    found = gate(root / "chosen", examples, one_output('prediction_key: "amount"'), model)
    (result,) = found.results("prediction").values()
    assert result["status"] == "fail"
    assert result["reason"].startswith("output 'amount' of the model is NaN or infinite in ")
    assert found.statuses("auc") == {"": "inconclusive"}
    assert found.results("auc")[""]["value"] > 0.6


def one_output(key, output=""):
    return f"""
    model_specs {{ signature_name: "serving_default" label_key: "label" {key} }}
    metrics_specs {{ {output} {AUC} }}
    """


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            one_output('prediction_key: "said"'),
            r"asks for AUC of prediction_key 'said', and the model at .* has the outputs amount, "
            r"chance. Fix: name one of them, or leave the model out",
        ),
        (one_output(""), r"asks for AUC of no output, and the model .* Fix: name one as"),
        (
            one_output("", 'output_names: "chances"'),
            r"asks for AUC of the output 'chances', and the model at .* has the outputs amount, ch",
        ),
    ],
)
def test_an_output_that_the_model_lacks_is_one_sentence(
    root, model, write_examples, gate, tmp_path, text, message
):
    parse(text)
    examples = write_examples(tmp_path / "rows", make_rows(60))
    with pytest.raises(InputError, match=rf"^eval_config.pbtxt: {message}"):
        gate(tmp_path, examples, text, model)

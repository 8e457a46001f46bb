"""PerformanceGate takes every kind of model, and predictions without a model."""

from __future__ import annotations

import os

import numpy as np
import pytest
import sklearn.datasets
import sklearn.linear_model
import tensorflow as tf
import tensorflow_model_analysis as tfma

from skewgate.core.errors import InputError


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    """Returns the folder of this module's examples and models."""
    return tmp_path_factory.mktemp("kinds")


@pytest.fixture(scope="module")
def tumours(root, write_examples):
    """Returns 569 rows with two numbers and a label of 0 or 1, and weights that predict it."""
    found = sklearn.datasets.load_breast_cancer()
    features = np.stack([found.data[:, 0], found.data[:, 1]], axis=1)
    fitted = sklearn.linear_model.LogisticRegression(max_iter=1000).fit(features, found.target)
    weights, bias = fitted.coef_[0], fitted.intercept_[0]
    chance = 1.0 / (1.0 + np.exp(-(features @ weights + bias)))
    rows = [
        {
            "radius": float(radius),
            "texture": float(texture),
            "payment": "Cash" if index % 3 else "Card",
            "label": int(label),
            "said": float(chance[index]),
            "said_before": float(chance[index - 1]),
        }
        for index, ((radius, texture), label) in enumerate(zip(features, found.target, strict=True))
    ]
    return write_examples(root / "tumours", rows), weights, bias


class OfExamples(tf.Module):
    """Serves serialized examples and tensors of features."""

    def __init__(self, weights, bias):
        super().__init__()
        self.weights = tf.constant(weights, tf.float32)
        self.bias = tf.constant(bias, tf.float32)

    def _score(self, radius, texture):
        return tf.sigmoid(tf.concat([radius, texture], axis=1) @ self.weights[:, None] + self.bias)

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="examples")])
    def serve(self, examples):
        spec = {name: tf.io.FixedLenFeature([1], tf.float32) for name in ("radius", "texture")}
        parsed = tf.io.parse_example(examples, spec)
        return {"outputs": self._score(parsed["radius"], parsed["texture"])}

    @tf.function(
        input_signature=[
            tf.TensorSpec([None, 1], tf.float32, name="radius"),
            tf.TensorSpec([None, 1], tf.float32, name="texture"),
        ]
    )
    def by_name(self, radius, texture):
        return {"outputs": self._score(radius, texture)}


class Unnamed(OfExamples):
    """Takes two numbers under names that are not those of features."""

    @tf.function(
        input_signature=[
            tf.TensorSpec([None, 1], tf.float32, name="first"),
            tf.TensorSpec([None, 1], tf.float32, name="second"),
        ]
    )
    def serve(self, first, second):
        return {"outputs": self._score(first, second)}


SCHEMA = """
feature { name: "radius" type: FLOAT presence { min_fraction: 1 } shape { dim { size: 1 } } }
feature { name: "texture" type: FLOAT presence { min_fraction: 1 } shape { dim { size: 1 } } }
feature { name: "payment" type: BYTES presence { min_fraction: 1 } shape { dim { size: 1 } } }
feature { name: "label" type: INT presence { min_fraction: 1 } shape { dim { size: 1 } } }
"""


def keras_model(weights, bias):
    """Returns a Keras model of two named inputs."""
    radius, texture = (tf.keras.Input((1,), name=name) for name in ("radius", "texture"))
    joined = tf.keras.layers.Concatenate()([radius, texture])
    dense = tf.keras.layers.Dense(1, activation="sigmoid", name="big")
    model = tf.keras.Model({"radius": radius, "texture": texture}, dense(joined))
    dense.set_weights([np.array(weights)[:, None], np.array([bias])])
    return model


def saved(module, name="serve", signature="serving_default"):
    """Returns what saves a module with one signature."""
    return lambda path: tf.saved_model.save(
        module, path, signatures={signature: getattr(module, name)}
    )


KINDS = {
    "serialized examples": (lambda w, b: saved(OfExamples(w, b)), "serving_default", None),
    "named tensors": (
        lambda w, b: saved(OfExamples(w, b), "by_name"),
        "serving_default",
        SCHEMA,
    ),
    "another signature": (
        lambda w, b: saved(OfExamples(w, b), signature="judge"),
        "judge",
        None,
    ),
    "keras export": (lambda w, b: keras_model(w, b).export, "serving_default", SCHEMA),
}


BINARY = """
model_specs { signature_name: "%s" label_key: "label" }
slicing_specs {}
slicing_specs { feature_keys: "payment" }
metrics_specs { metrics { class_name: "BinaryAccuracy"
  threshold { value_threshold { lower_bound { value: 0.8 } } }
  per_slice_thresholds {
    slicing_specs { feature_values { key: "payment" value: "Cash" } }
    threshold { value_threshold { lower_bound { value: 0.95 } } } } } }
"""


@pytest.mark.parametrize("kind", KINDS)
def test_binary_classifier_passes_its_floor_and_fails_that_of_a_slice(
    kind, root, tumours, gate, model_artifact
):
    examples, weights, bias = tumours
    make, signature, schema = KINDS[kind]
    model = model_artifact(root / kind, make(weights, bias))
    found = gate(root / f"{kind} gated", examples, BINARY % signature, model, schema=schema)
    assert found.verdicts() == {
        ("", "binary_accuracy"): "pass",
        ("payment:Card", "binary_accuracy"): "pass",
        ("payment:Cash", "binary_accuracy"): "fail",
    }
    assert values(found)["", "binary_accuracy"] == pytest.approx(507 / 569)
    assert found.artifacts["blessing"].get_int_custom_property("blessed") == 0


def values(found):
    """Returns the value of each result by slice and metric."""
    return {(r["slice"], r["metric"]): r["value"] for r in found.report["results"]}


def test_a_model_without_the_signature_is_one_sentence(root, tumours, gate, model_artifact):
    examples, weights, bias = tumours
    model = model_artifact(root / "unsigned", saved(OfExamples(weights, bias), signature="judge"))
    with pytest.raises(
        InputError, match=r"has no signature serving_default; it has judge. Fix: name one"
    ):
        gate(root / "unsigned gated", examples, BINARY % "serving_default", model)


def test_a_keras_file_in_place_of_a_saved_model_is_one_sentence(
    root, tumours, gate, model_artifact
):
    examples, weights, bias = tumours

    def save(path):
        os.makedirs(path)
        keras_model(weights, bias).save(os.path.join(path, "model.keras"))

    model = model_artifact(root / "zipped", save)
    with pytest.raises(
        InputError, match=r"does not hold a SavedModel .*found model.keras.*model.export"
    ):
        gate(root / "zipped gated", examples, BINARY % "serving_default", model)


def test_a_signature_whose_inputs_are_no_features_is_one_sentence(
    root, tumours, gate, model_artifact
):
    examples, weights, bias = tumours
    model = model_artifact(root / "unnamed", saved(Unnamed(weights, bias)))
    with pytest.raises(
        InputError, match=r"signature: could not be fed; its inputs are .*'first': .*Fix: take"
    ):
        gate(root / "unnamed gated", examples, BINARY % "serving_default", model, schema=SCHEMA)


@pytest.fixture(scope="module")
def flowers(root, write_examples, model_artifact):
    """Returns rows of 150 flowers of three kinds, and a model that gives a chance of each."""
    found = sklearn.datasets.load_iris()
    features = found.data[:, 1:3]
    fitted = sklearn.linear_model.LogisticRegression(max_iter=1000).fit(features, found.target)
    rows = [
        {
            "flower": [float(x) for x in row],
            "label": int(label),
            "one_hot": [float(label == kind) for kind in range(3)],
        }
        for row, label in zip(features, found.target, strict=True)
    ]
    module = OfFlowers(fitted.coef_.T, fitted.intercept_)
    return write_examples(root / "flowers", rows), model_artifact(root / "iris", saved(module))


class OfFlowers(tf.Module):
    """Serves examples of flowers."""

    def __init__(self, weights, bias):
        super().__init__()
        self.weights = tf.constant(weights, tf.float32)
        self.bias = tf.constant(bias, tf.float32)

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="examples")])
    def serve(self, examples):
        parsed = tf.io.parse_example(examples, {"flower": tf.io.FixedLenFeature([2], tf.float32)})
        return {"outputs": tf.nn.softmax(parsed["flower"] @ self.weights + self.bias)}


CLASSES = """
model_specs { signature_name: "serving_default" label_key: "label" }
metrics_specs {
  metrics { class_name: "SparseCategoricalAccuracy"
    threshold { value_threshold { lower_bound { value: 0.85 } } } }
  metrics { class_name: "MultiClassConfusionMatrixAtThresholds" }
  metrics { class_name: "MultiClassConfusionMatrixPlot" }
}
"""
CLASS = """
metrics_specs {
  binarize { class_ids { values: %s } }
  metrics { class_name: "Recall" threshold { value_threshold { lower_bound { value: %s } } } }
}
"""
FLOORS = {0: 0.8, 1: 0.999, 2: 0.9}


def test_many_classes_have_a_threshold_each(root, flowers, gate):
    examples, model = flowers
    text = CLASSES + "".join(CLASS % pair for pair in FLOORS.items())
    found = gate(root / "classes", examples, text, model)
    assert found.verdicts() == {
        ("", "sparse_categorical_accuracy"): "pass",
        ("", "recall (classId:0)"): "pass",
        ("", "recall (classId:1)"): "fail",
        ("", "recall (classId:2)"): "inconclusive",
    }
    assert values(found)["", "sparse_categorical_accuracy"] == pytest.approx(143 / 150)
    plots = [
        plot for record in tfma.load_plots(found.evaluation) for plot in record.plot_keys_and_values
    ]
    assert any(plot.value.HasField("multi_class_confusion_matrix_at_thresholds") for plot in plots)


def test_classes_may_be_one_hot(root, flowers, gate):
    examples, model = flowers
    text = """
    model_specs { signature_name: "serving_default" label_key: "one_hot" }
    metrics_specs {
      metrics { class_name: "CategoricalAccuracy"
        threshold { value_threshold { lower_bound { value: 0.99 } } } }
      metrics { class_name: "CategoricalCrossEntropy"
        threshold { value_threshold { upper_bound { value: 0.3 } } } }
    }
    """
    found = gate(root / "one hot", examples, text, model)
    assert found.verdicts() == {
        ("", "categorical_accuracy"): "fail",
        ("", "categorical_crossentropy"): "pass",
    }
    # Of a share Clopper's and Pearson's interval is exact, whatever the jackknife says.
    assert found.report["results"][0]["lower"] == pytest.approx(0.9141366, abs=1e-6)


@pytest.fixture(scope="module")
def patients(root, write_examples, model_artifact):
    """Returns 442 rows of patients, a model of their disease, and a worse one of less."""
    found = sklearn.datasets.load_diabetes()
    rows = [
        {
            "patient": [float(x) for x in row],
            "sex": "first" if row[1] > 0 else "second",
            "label": float(label),
            "risk": int(label > 150),
        }
        for row, label in zip(found.data, found.target, strict=True)
    ]

    def make(name, used):
        data = found.data * used
        fitted = sklearn.linear_model.LinearRegression().fit(data, found.target)
        return model_artifact(
            root / name, saved(OfPatients(fitted.coef_ * used, fitted.intercept_))
        )

    every = np.ones(10)
    return (
        write_examples(root / "patients", rows),
        make("all features", every),
        make("few features", np.where(np.arange(10) == 2, 1.0, 0.0)),
    )


class OfPatients(tf.Module):
    """Serves examples of patients: one output, or two of them."""

    def __init__(self, weights, bias):
        super().__init__()
        self.weights = tf.constant(weights, tf.float32)
        self.bias = tf.constant(bias, tf.float32)

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="examples")])
    def serve(self, examples):
        parsed = tf.io.parse_example(examples, {"patient": tf.io.FixedLenFeature([10], tf.float32)})
        return {"outputs": parsed["patient"] @ self.weights[:, None] + self.bias}

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="examples")])
    def both(self, examples):
        disease = self.serve(examples)["outputs"]
        return {"disease": disease, "risk": tf.sigmoid((disease - 150.0) / 30.0)}


REGRESSION = """
model_specs { signature_name: "serving_default" label_key: "label" }
slicing_specs {}
slicing_specs { feature_keys: "sex" }
metrics_specs {
  metrics { class_name: "MeanSquaredError"
    threshold {
      value_threshold { upper_bound { value: %s } }
      change_threshold { direction: LOWER_IS_BETTER relative { value: %s } } } }
  metrics { class_name: "MeanAbsoluteError"
    threshold { value_threshold { upper_bound { value: 60 } } } }
}
"""


def test_regression_is_held_to_ceilings_and_to_the_baseline_by_relative_change(
    root, patients, gate
):
    examples, full, few = patients
    found = gate(root / "regression", examples, REGRESSION % (3200, 0.05), few, full)
    assert found.verdicts() == {
        ("", "mean_squared_error"): "fail",
        ("sex:first", "mean_squared_error"): "inconclusive",
        ("sex:second", "mean_squared_error"): "fail",
        **{
            (where, "mean_squared_error relative change"): "fail"
            for where in ("", "sex:first", "sex:second")
        },
        **{(where, "mean_absolute_error"): "pass" for where in ("", "sex:first", "sex:second")},
    }
    assert values(found)["", "mean_squared_error relative change"] == pytest.approx(0.36044, 1e-4)


OUTPUTS = """
model_specs {
  signature_name: "serving_default"
  label_keys { key: "disease" value: "label" }
  label_keys { key: "risk" value: "risk" }
}
metrics_specs {
  output_names: "disease"
  metrics { class_name: "MeanAbsoluteError"
    threshold { value_threshold { upper_bound { value: 80 } } } }
}
metrics_specs {
  output_names: "risk"
  metrics { class_name: "AUC" threshold { value_threshold { lower_bound { value: 0.95 } } } }
}
"""


def test_every_output_of_a_model_has_its_thresholds(root, patients, gate, model_artifact):
    found = gate(root / "outputs", patients[0], OUTPUTS, of_both(root, model_artifact))
    assert found.verdicts() == {
        ("", "mean_absolute_error (disease)"): "pass",
        ("", "auc (risk)"): "fail",
    }


def of_both(root, model_artifact):
    """Returns a model of two outputs."""
    return model_artifact(root / "both", saved(OfPatients(np.full(10, 300.0), 152.0), name="both"))


def test_segments_of_a_model_of_several_outputs_are_refused(root, patients, gate, model_artifact):
    config = "segments: {features: [sex], loss: squared_error}"
    model = of_both(root, model_artifact)
    with pytest.raises(
        InputError, match=r"segments: need one output, but the model has disease, risk"
    ):
        gate(root / "segments", patients[0], OUTPUTS, model, config=config)


LOGGED = """
model_specs { name: "new" label_key: "label" prediction_key: "said" }
model_specs { name: "old" label_key: "label" prediction_key: "said_before" is_baseline: true }
metrics_specs { model_names: "new" model_names: "old"
  metrics { class_name: "AUC"
    threshold {
      value_threshold { lower_bound { value: 0.85 } }
      change_threshold { direction: HIGHER_IS_BETTER absolute { value: -0.01 } } } }
  metrics { class_name: "MeanPrediction"
    threshold { change_threshold { direction: HIGHER_IS_BETTER absolute { value: 0.3 } } } }
}
"""


def test_logged_predictions_are_compared_with_those_logged_before(root, tumours, gate):
    examples, _, _ = tumours
    found = gate(root / "logged", examples, LOGGED)
    assert found.verdicts() == {
        ("", "auc (new)"): "pass",
        ("", "auc (new) change"): "pass",
        ("", "mean_prediction (new) change"): "fail",
    }
    assert values(found)["", "auc (new) change"] == pytest.approx(0.39591, 1e-4)

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tensorflow_model_analysis.metrics import (
    binary_confusion_matrices,
    calibration_histogram,
    metric_specs,
)
from tensorflow_model_analysis.metrics.calibration_histogram import Bucket
from tensorflow_model_analysis.proto import config_pb2

from skewgate.components.performance_gate.matrices import FromHistogram, faster

LAST = calibration_histogram.DEFAULT_NUM_BUCKETS + 1
WEIGHTS = st.integers(0, 8)  # sums of whole numbers are the same in any order
HISTOGRAMS = st.dictionaries(
    st.one_of(st.integers(0, LAST + 2), st.sampled_from([0, 1, 2, LAST - 1, LAST, LAST + 1])),
    st.tuples(WEIGHTS, WEIGHTS),
    max_size=30,
).map(
    lambda found: [
        Bucket(place, float(positive), 0.25 * positive, float(positive + negative))
        for place, (positive, negative) in sorted(found.items())
    ]
)


def derived(metric, config=""):
    specs = [
        config_pb2.MetricsSpec(metrics=[config_pb2.MetricConfig(class_name=metric, config=config)])
    ]
    eval_config = config_pb2.EvalConfig(
        model_specs=[config_pb2.ModelSpec(label_key="label")], metrics_specs=specs
    )
    return [
        computation
        for computation in metric_specs.to_computations(specs, eval_config=eval_config)
        if hasattr(computation, "result")
    ]


def replaced(metric, config=""):
    """Returns TFMA's computations that we replace, each with ours."""
    pairs = [(theirs, faster(theirs)) for theirs in derived(metric, config)]
    return [(theirs, ours) for theirs, ours in pairs if ours is not theirs]


def check(theirs, ours, histogram):
    key = ours.result._histogram_key
    expected, found = theirs.result({key: histogram}), ours.result({key: histogram})
    assert expected.keys() == found.keys()
    for name, matrices in expected.items():
        for field in ("thresholds", "tp", "tn", "fp", "fn"):
            assert getattr(found[name], field) == getattr(matrices, field), field


((AUC_THEIRS, AUC_OURS),) = replaced("AUC")


@settings(max_examples=25, deadline=None)
@given(HISTOGRAMS)
def test_matrices_of_auc_are_exactly_tfmas(histogram):
    check(AUC_THEIRS, AUC_OURS, histogram)


SPACED = {
    "0 and 1": np.linspace(0, 1, 101),
    "neither": np.linspace(0.004, 0.996, 100),
    "0": np.linspace(0, 0.99, 100),
    "1": np.linspace(0.01, 1, 100),
    "beyond both": np.concatenate([[-1e-6], np.linspace(0, 1, 101), [1 + 1e-6]]),
    "edges of bins": np.arange(0, 200) / 10_000,
}


def spaced(values):
    """Returns TFMA's computation for thresholds, and ours."""
    (theirs,) = (
        computation
        for computation in binary_confusion_matrices.binary_confusion_matrices(
            thresholds=values.tolist(), use_histogram=True
        )
        if hasattr(computation, "result")
    )
    return theirs, faster(theirs)


PAIRS = {name: spaced(values) for name, values in SPACED.items()}


@pytest.mark.parametrize("name", SPACED)
def test_matrices_are_exactly_tfmas_at_thresholds_that_hold(name):
    theirs, ours = PAIRS[name]
    assert isinstance(ours.result, FromHistogram)

    @settings(max_examples=60, deadline=None)
    @given(HISTOGRAMS)
    def holds(histogram):
        check(theirs, ours, histogram)

    holds()


@pytest.mark.parametrize(
    "buckets", [[], [0], [LAST], [LAST + 5], [0, LAST], [1], [5_001], [0, 1, 5_000, LAST]]
)
def test_a_few_histograms_by_name(buckets):
    histogram = [Bucket(place, 2.0, 1.0, 5.0 + place % 3) for place in buckets]
    check(AUC_THEIRS, AUC_OURS, histogram)
    for theirs, ours in PAIRS.values():
        check(theirs, ours, histogram)


def test_by_hand():
    ours = FromHistogram([0.25, 0.75], "in", "out")
    histogram = [
        Bucket(1, 1.0, 0.0, 3.0),  # predictions of 0: 1 positive, 2 negative
        Bucket(5_001, 4.0, 2.0, 9.0),  # of 0.5: 4 positive, 5 negative
        Bucket(9_001, 6.0, 5.4, 7.0),  # of 0.9: 6 positive, 1 negative
    ]
    (found,) = ours({"in": histogram}).values()
    assert (found.tp, found.fp) == ([10.0, 6.0], [6.0, 1.0])
    assert (found.fn, found.tn) == ([1.0, 5.0], [2.0, 7.0])


@pytest.mark.parametrize("metric", ["AUC", "AUCPrecisionRecall", "SensitivityAtSpecificity"])
def test_metrics_of_many_thresholds_are_made_faster_on_this_stack(metric):
    config = '"specificity": 0.9' if metric == "SensitivityAtSpecificity" else ""
    found = replaced(metric, config)
    assert found
    for theirs, ours in found:
        assert isinstance(ours.result, FromHistogram)
        assert ours.keys == theirs.keys
        assert theirs.keys[0].name.startswith(
            binary_confusion_matrices.BINARY_CONFUSION_MATRICES_NAME
        )


@pytest.mark.parametrize("metric", ["BinaryAccuracy", "Precision", "F1Score", "MeanLabel"])
def test_other_computations_stay_as_they_are(metric):
    assert derived(metric)
    assert replaced(metric) == []

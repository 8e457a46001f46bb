from __future__ import annotations

import math
import pickle

import numpy as np
import pytest
import sklearn.metrics
from hypothesis import given
from hypothesis import strategies as st
from tensorflow_model_analysis.evaluators import (
    metrics_plots_and_validations_evaluator as upstream,
)
from tensorflow_model_analysis.metrics import metric_specs, metric_types
from tensorflow_model_analysis.proto import config_pb2

from skewgate.components.performance_gate.sampling import GROUP, SampleFn, standard_error

CLASSES = ["AUC", "MeanSquaredError", "BinaryCrossEntropy", "BinaryAccuracy", "MeanPrediction"]


def computations():
    specs = [
        config_pb2.MetricsSpec(metrics=[config_pb2.MetricConfig(class_name=name)])
        for name in CLASSES
    ]
    config = config_pb2.EvalConfig(
        model_specs=[config_pb2.ModelSpec(label_key="label")], metrics_specs=specs
    )
    return upstream._filter_and_separate_computations(
        metric_specs.to_computations(specs, eval_config=config)
    )


COMPUTATIONS = computations()


def sample_fn():
    made = COMPUTATIONS.non_derived_computations
    return SampleFn([c.combiner for c in made], [c.keys[0].name for c in made])


def rows(labels, predictions, groups):
    number = len(COMPUTATIONS.non_derived_computations)
    return [
        {
            GROUP: int(group),
            upstream._COMBINER_INPUTS_KEY: [None] * number,
            upstream._DEFAULT_COMBINER_INPUT_KEY: [
                metric_types.StandardMetricInputs(
                    label=np.array([float(label)]),
                    prediction=np.array([float(prediction)]),
                    example_weight=np.array([1.0]),
                )
            ],
        }
        for label, prediction, group in zip(labels, predictions, groups, strict=True)
    ]


def accumulated(elements):
    fn = sample_fn()
    accumulator = fn.create_accumulator()
    for element in elements:
        accumulator = fn.add_input(accumulator, element)
    return accumulator


def named(metrics):
    """Returns the metrics that users see, by name."""
    for computation in COMPUTATIONS.derived_computations:
        metrics = {**metrics, **computation.result(metrics)}
    return {
        key.name: float(value)
        for key, value in metrics.items()
        if isinstance(key, metric_types.MetricKey)
        and np.ndim(value) == 0
        and isinstance(value, float | np.floating)
    }


def expected(labels, predictions):
    labels, predictions = np.asarray(labels, float), np.asarray(predictions, float)
    return {
        "auc": sklearn.metrics.roc_auc_score(labels, predictions),
        "mean_squared_error": np.mean((labels - predictions) ** 2),
        "binary_crossentropy": sklearn.metrics.log_loss(labels, predictions, labels=[0, 1]),
        "binary_accuracy": np.mean((predictions > 0.5) == labels),
        "mean_prediction": predictions.mean(),
    }


@pytest.fixture(scope="module")
def data():
    """61 rows in 5 groups of 6 to 20 rows, both classes in each; predictions on TFMA's bins."""
    rng = np.random.default_rng(4)
    labels = np.r_[rng.random(51) < 0.4, [0, 1] * 5].astype(int)
    predictions = np.round(np.clip(0.5 * labels + rng.random(61) * 0.5, 0.01, 0.99), 3)
    groups = np.r_[np.repeat([0, 3, 7, 11, 19], [4, 7, 9, 13, 18]), np.repeat([0, 3, 7, 11, 19], 2)]
    return labels, predictions, groups


def check(sampled, data):
    labels, predictions, groups = data
    found = named(sampled.full)
    for name, value in expected(labels, predictions).items():
        assert found[name] == pytest.approx(value, abs=1e-5), name
    assert sampled.rows == {int(g): int(np.sum(groups == g)) for g in np.unique(groups)}
    assert sorted(sampled.without) == sorted(sampled.rows)
    for group, metrics in sampled.without.items():
        kept = groups != group
        found = named(metrics)
        for name, value in expected(labels[kept], predictions[kept]).items():
            assert found[name] == pytest.approx(value, abs=1e-5), (name, group)


def test_one_batch_gives_the_metrics_of_all_rows_and_without_each_group(data):
    check(sample_fn().extract_output(accumulated(rows(*data))), data)


@pytest.mark.parametrize("seed", range(4))
def test_many_batches_in_any_order_and_any_tree_of_merges_give_the_same(data, seed):
    rng = np.random.default_rng(seed)
    elements = rows(*data)
    order = rng.permutation(len(elements))
    cuts = np.sort(rng.choice(np.arange(1, len(elements)), 6, replace=False))
    parts = [accumulated([elements[i] for i in part]) for part in np.split(order, cuts)]
    parts.append(sample_fn().create_accumulator())  # a bundle without a row
    while len(parts) > 1:
        number = int(rng.integers(2, 4))
        taken = [parts.pop(int(rng.integers(len(parts)))) for _ in range(min(number, len(parts)))]
        merged = sample_fn().merge_accumulators(taken)
        parts.append(pickle.loads(pickle.dumps(merged)))  # as between workers
    check(sample_fn().extract_output(parts[0]), data)


def test_merging_takes_no_row_twice_where_tfmas_own_merge_does(data):
    """Some of its combiners take the first of a list twice; merged by us each counts once."""
    labels, predictions, _ = data
    elements = rows(labels, predictions, np.zeros(61, int))
    first, second = elements[:20], elements[20:]
    merged = sample_fn().merge_accumulators([accumulated(first), accumulated(second)])
    found = named(sample_fn().extract_output(merged).full)
    for name, value in expected(labels, predictions).items():
        assert found[name] == pytest.approx(value, abs=1e-5), name


def test_output_can_be_extracted_again(data):
    accumulator = accumulated(rows(*data))
    check(sample_fn().extract_output(accumulator), data)
    check(sample_fn().extract_output(accumulator), data)


def test_rows_of_one_group_alone_say_nothing_of_the_uncertainty(data):
    labels, predictions, _ = data
    found = sample_fn().extract_output(accumulated(rows(labels, predictions, np.full(61, 4))))
    assert (found.without, found.rows) == ({}, {4: 61})
    assert named(found.full)["auc"] == pytest.approx(expected(labels, predictions)["auc"])


@given(st.lists(st.floats(-50, 50), min_size=2, max_size=30))
def test_groups_of_single_rows_are_the_textbooks_jackknife(values):
    values = np.array(values)
    left_out = [np.delete(values, i).mean() for i in range(len(values))]
    n = len(values)
    textbook = math.sqrt((n - 1) / n * np.sum((np.array(left_out) - np.mean(left_out)) ** 2))
    found = standard_error(values.mean(), left_out, [1] * n)
    assert found == pytest.approx(textbook, abs=1e-9)
    assert found == pytest.approx(values.std(ddof=1) / math.sqrt(n), abs=1e-9)


def test_unequal_groups_by_hand():
    # The mean of 1, 2, 6 in groups {1, 2} and {6}: h = 3/2 and 3, without a group 6 and 1.5.
    # Pseudo-values 1.5 * 3 - 0.5 * 6 = 1.5 and 3 * 3 - 2 * 1.5 = 6; the estimate is
    # 2 * 3 - (1 - 2/3) * 6 - (1 - 1/3) * 1.5 = 3; the variance
    # ((1.5 - 3)^2 / 0.5 + (6 - 3)^2 / 2) / 2 = 4.5.
    assert standard_error(3.0, [6.0, 1.5], [2, 1]) == pytest.approx(math.sqrt(4.5))


@given(
    st.lists(st.tuples(st.floats(-9, 9), st.integers(1, 40)), min_size=2, max_size=20),
    st.randoms(use_true_random=False),
)
def test_the_order_of_groups_is_of_no_matter(groups, random):
    shuffled = random.sample(groups, len(groups))
    found = [standard_error(1.0, *zip(*each, strict=True)) for each in (groups, shuffled)]
    assert found[0] == pytest.approx(found[1], rel=1e-9, abs=1e-12)


def test_a_statistic_that_no_group_moves_has_no_error():
    assert standard_error(0.7, [0.7] * 20, [*range(1, 21)]) == pytest.approx(0.0, abs=1e-12)


def auc_of(positive, negative):
    """Returns the probability that a positive row ranks above a negative one."""
    if not len(positive) or not len(negative):
        return math.nan
    ranks = np.searchsorted(np.sort(negative), positive)
    return float(ranks.mean() / len(negative))


def covered(seed, size=400):
    """Says which 90% intervals hold the truth: of an accuracy, of a mean loss, and of an AUC."""
    rng = np.random.default_rng(seed)
    labels = rng.random(size) < 0.3
    scores = rng.normal(size=size) + 1.5 * labels
    groups = rng.integers(20, size=size)
    right = (scores > 0.75) == labels
    losses = rng.exponential(size=size)
    statistics = (
        (lambda kept: right[kept].mean(), 0.7733726),  # Phi(0.75) on either side
        (lambda kept: losses[kept].mean(), 1.0),
        (lambda kept: auc_of(scores[kept & labels], scores[kept & ~labels]), 0.8555778),
    )
    everything = np.ones(size, bool)
    counts = np.bincount(groups, minlength=20)
    held = []
    for statistic, truth in statistics:
        full = statistic(everything)
        error = standard_error(full, [statistic(groups != g) for g in range(20)], counts)
        held.append(abs(full - truth) <= 1.7291 * error)  # t(0.95) with 19 degrees of freedom
    return held


def test_intervals_hold_the_truth_as_often_as_they_say():
    shares = np.mean([covered(seed) for seed in range(200)], axis=0)
    assert all(0.85 <= share <= 0.95 for share in shares), shares

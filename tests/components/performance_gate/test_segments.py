from __future__ import annotations

import functools
import math

import apache_beam as beam
import numpy as np
import pyarrow as pa
import pytest
import tensorflow_model_analysis as tfma
from apache_beam.testing.util import assert_that, is_not_empty
from tensorflow_model_analysis.api import types as tfma_types

from skewgate.beam.merging import MergeFn
from skewgate.checks.performance.config import Segments
from skewgate.components.performance_gate import segments
from skewgate.components.support.handover import Handover
from skewgate.core.errors import InputError

RULES = Segments(features=["payment", "company"], min_rows=2)
LABELS = np.array([[1], [0], [1], [0], [1]])
PREDICTIONS = np.array([[0.9], [0.2], [0.1], [0.4], [0.8]])
PAYMENTS = [b"Cash", b"Card", b"Cash", None, b"Card"]
COMPANIES = [b"X", b"X", b"Y", b"Y", b"Y"]


def extracts(labels=LABELS, predictions=PREDICTIONS, rows=slice(None), **columns):
    found = {"payment": PAYMENTS, "company": COMPANIES} | columns
    lists = {
        name: pa.array([None if v is None else [v] for v in values[rows]], pa.list_(pa.binary()))
        for name, values in found.items()
    }
    kept = {
        tfma.ARROW_RECORD_BATCH_KEY: pa.RecordBatch.from_arrays(list(lists.values()), list(lists)),
        tfma.LABELS_KEY: labels[rows] if isinstance(labels, np.ndarray) else labels,
        tfma.PREDICTIONS_KEY: predictions[rows]
        if isinstance(predictions, np.ndarray)
        else predictions,
    }
    return segments.keep_batch(kept)


def sums(accumulator):
    """Returns rows and mean loss of each segment."""
    return {
        str(segment): (rows, round(mean, 9)) for segment, rows, mean, _ in accumulator.segments()
    }


def losses():
    p = np.where(LABELS == 1, PREDICTIONS, 1 - PREDICTIONS).ravel()
    return -np.log(p)


def test_losses_are_summed_by_segment():
    found = segments.collect(RULES, extracts(), "")
    assert found.rows == 5
    ranked = segments.rank(found, 2, 50)
    assert ranked["mean_loss"] == pytest.approx(losses().mean())
    (cash,) = (each for each in ranked["worst"] if each["segment"] == "payment=Cash")
    assert (cash["rows"], cash["share"]) == (2, 0.4)
    assert cash["mean_loss"] == pytest.approx(losses()[[0, 2]].mean())
    assert any("(missing)" in name for name in sums(found))


def test_the_candidate_is_taken_where_several_models_predict():
    both = {"candidate": PREDICTIONS, "baseline": 1 - PREDICTIONS}
    found = segments.collect(RULES, extracts(LABELS, both), "candidate")
    assert sums(found) == sums(segments.collect(RULES, extracts(), ""))
    labels = {"candidate": LABELS, "baseline": LABELS}
    assert sums(segments.collect(RULES, extracts(labels, both), "candidate")) == sums(found)


def test_labels_of_variable_length_are_read_as_sparse_tensors_hold_them():
    sparse = tfma_types.SparseTensorValue(
        values=LABELS.ravel(),
        indices=np.array([[i, 0] for i in range(5)]),
        dense_shape=np.array([5, 1]),
    )
    assert sums(segments.collect(RULES, extracts(sparse), "")) == sums(
        segments.collect(RULES, extracts(), "")
    )


def test_rows_of_several_labels_have_no_one_loss():
    sparse = tfma_types.SparseTensorValue(
        values=np.array([1, 0, 1]),
        indices=np.array([[0, 0], [0, 1], [1, 0]]),
        dense_shape=np.array([2, 2]),
    )
    with pytest.raises(InputError, match=r"segments.loss: cannot be log_loss \(rows have differ"):
        segments.collect(RULES, extracts(sparse, rows=slice(0, 2)), "")


@pytest.mark.parametrize(
    ("labels", "predictions", "message"),
    [
        (LABELS, PREDICTIONS + 3, r"segments.loss: cannot be log_loss .* Fix: choose another loss"),
        (LABELS * 2, PREDICTIONS, r"segments.loss: cannot be log_loss"),
        (np.array([["a"]] * 5), PREDICTIONS, r"segments.loss: cannot be log_loss"),
        (LABELS, np.full((5, 1), math.nan), r"segments.loss: cannot be log_loss"),
        (
            {"x": LABELS, "y": LABELS},
            PREDICTIONS,
            r"need one output, but the labels are those of x, y",
        ),
        (LABELS, {"x": PREDICTIONS, "y": PREDICTIONS}, r"need one output, but the predictions are"),
    ],
)
def test_what_does_not_fit_the_loss_is_one_sentence(labels, predictions, message):
    with pytest.raises(InputError, match=message):
        segments.collect(RULES, extracts(labels, predictions), "")


def batches():
    cuts = [slice(0, 1), slice(1, 3), slice(3, 5)]
    return [
        segments.CollectedSegments(segments.collect(RULES, extracts(rows=cut), "")) for cut in cuts
    ]


MERGE = MergeFn(functools.partial(segments.empty, RULES))


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 0, 1), (1, 2, 0)])
def test_batches_merge_in_any_order(order):
    found = batches()
    first, second, third = (found[i] for i in order)
    left = MERGE.add_input(MERGE.add_input(MERGE.create_accumulator(), first), second)
    right = MERGE.add_input(MERGE.create_accumulator(), third)
    joined = MERGE.merge_accumulators([MERGE.create_accumulator(), right, left])
    whole = segments.collect(RULES, extracts(), "")
    assert sums(MERGE.extract_output(joined).accumulator) == sums(whole)
    assert joined.accumulator.rows == 5
    assert joined.error is None


@pytest.mark.parametrize("place", range(4))
def test_an_error_among_batches_is_kept(place):
    error = InputError("performance.yaml: segments.loss", "cannot be log_loss", "choose another")
    elements = [*batches()]
    broken = segments.empty(RULES)
    broken.error = error
    elements.insert(place, broken)
    parts = [MERGE.add_input(MERGE.create_accumulator(), element) for element in elements]
    assert MERGE.extract_output(MERGE.merge_accumulators(parts)).error is error


def written(tmp_path, rules=RULES, labels=LABELS):
    """Runs the collector on a real runner, and returns the file that it wrote."""
    handover = Handover(str(tmp_path / "segments"))
    with beam.Pipeline(runner="DirectRunner") as pipeline:
        kept = [extracts(labels, rows=cut) for cut in (slice(0, 2), slice(2, 5))]
        found = pipeline | beam.Create(kept) | segments.Collector(rules, "", handover)
        assert_that(found, is_not_empty())
    return handover


def test_the_collector_writes_what_all_batches_say(tmp_path):
    ranked = segments.ranking(RULES, written(tmp_path))
    assert (ranked["rows"], ranked["loss"]) == (5, "log_loss")
    assert ranked["mean_loss"] == pytest.approx(losses().mean())


def test_an_error_in_a_worker_comes_out_as_it_went_in(tmp_path):
    handover = written(tmp_path, labels=LABELS * 2)
    with pytest.raises(InputError, match=r"^performance.yaml: segments.loss: cannot be log_loss"):
        segments.ranking(RULES, handover)


def test_a_feature_that_no_row_has_is_named(tmp_path):
    rules = Segments(features=["payment", "compani"])
    handover = Handover(str(tmp_path / "segments"))
    handover.write(segments.CollectedSegments(segments.collect(rules, extracts(), "")))
    with pytest.raises(InputError, match=r"segments.features: name compani, which no row has"):
        segments.ranking(rules, handover)


def test_the_batch_is_taken_away_again_before_tfma_cuts_it_into_rows():
    kept = extracts()
    assert set(kept) - set(segments.drop_batch(kept)) == {"_skewgate_batch"}

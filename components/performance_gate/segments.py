"""Collects the loss of each segment while TFMA reads the rows."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Iterator
from typing import Any

import apache_beam as beam
import numpy as np
import pyarrow as pa
import tensorflow_model_analysis as tfma
from tensorflow_model_analysis.proto import config_pb2

from skewgate.beam.merging import MergeFn
from skewgate.checks.performance.config import Segments
from skewgate.checks.performance.losses import LOSSES
from skewgate.checks.performance.segment_ranking import rank
from skewgate.checks.performance.segments import SegmentAccumulator
from skewgate.components.performance_gate.screening import FAULT
from skewgate.components.support.handover import Handover
from skewgate.core.errors import InputError

TAPPED = "ExtractUnbatchedInputs"
"""TFMA's stage before which labels and predictions are there, and rows still in batches."""
_BATCH = "_skewgate_batch"
_WHERE = "performance.yaml: segments"


def check_outputs(config: config_pb2.EvalConfig) -> None:
    """Makes sure that a row has one loss.

    Raises:
        InputError: the model has several outputs.
    """
    for spec in config.model_specs:
        if spec.label_keys:
            raise InputError(
                _WHERE,
                f"need one output, but the model has {', '.join(sorted(spec.label_keys))}",
                "remove the section",
            )


def collect(rules: Segments, extracts: dict[str, Any], model: str) -> SegmentAccumulator:
    """Returns what the usable rows of one batch of TFMA's extracts say of each segment.

    Args:
        rules: which segments.
        extracts: with the record batch, labels and predictions.
        model: name of the candidate, "" if it has none.

    Raises:
        InputError: labels and predictions do not fit the loss.
    """
    labels, predictions = (
        _of_model(extracts.get(key), model) for key in (tfma.LABELS_KEY, tfma.PREDICTIONS_KEY)
    )
    for name, values in (("labels", labels), ("predictions", predictions)):
        if isinstance(values, dict):
            outputs = ", ".join(sorted(map(str, values)))
            raise InputError(
                _WHERE,
                f"need one output, but the {name} are those of {outputs}",
                "remove the section",
            )
    usable = None if FAULT not in extracts else np.asarray(extracts[FAULT]) == 0
    accumulator = SegmentAccumulator(rules.features, rules.depth, rules.loss)
    if usable is not None and not usable.any():
        return accumulator
    try:
        losses = LOSSES[rules.loss](_dense(labels, usable), _dense(predictions, usable))
    except (ValueError, TypeError) as error:
        raise InputError(
            f"{_WHERE}.loss", f"cannot be {rules.loss} ({error})", "choose another loss"
        ) from error
    batch = extracts[_BATCH]
    if usable is not None:
        batch = batch.filter(pa.array(usable))
    columns = {
        name: batch.column(batch.schema.get_field_index(name))
        for name in rules.features
        if name in batch.schema.names
    }
    accumulator.add(columns, losses)
    return accumulator


def _of_model(values: Any, model: str) -> Any:
    """Returns the values of one model, or what there is if TFMA does not tell models apart."""
    return values[model] if isinstance(values, dict) and model in values else values


def keep_batch(extracts: dict[str, Any]) -> dict[str, Any]:
    """Keeps the record batch, which TFMA takes away, for `collect`."""
    return {**extracts, _BATCH: extracts[tfma.ARROW_RECORD_BATCH_KEY]}


def drop_batch(extracts: dict[str, Any]) -> dict[str, Any]:
    """Takes away what `keep_batch` kept, which TFMA cannot cut into rows."""
    return {key: value for key, value in extracts.items() if key != _BATCH}


def _dense(values: Any, usable: Any) -> Any:
    """Returns an array with one row of values for each usable row.

    Args:
        values: of all rows, as an array or, where TFMA keeps them so, as sparse.
        usable: which rows are, shape (n,); None for all.

    Raises:
        ValueError: rows have different numbers of values.
    """
    if not hasattr(values, "dense_shape"):
        return values if usable is None or values is None else np.asarray(values)[usable]
    size = int(values.dense_shape[0])
    kept = np.ones(size, bool) if usable is None else usable
    counts = np.bincount(values.indices[:, 0], minlength=size)[kept]
    if len(set(counts.tolist())) > 1:
        raise ValueError("rows have different numbers of values")
    return values.values[kept[values.indices[:, 0]]].reshape(len(counts), -1)


@dataclasses.dataclass
class CollectedSegments:
    """What some batches say, or the first error among them, which Beam would wrap."""

    accumulator: SegmentAccumulator
    error: InputError | None = None

    def merge(self, other: CollectedSegments) -> None:
        """Adds what other batches say."""
        self.error = self.error or other.error
        if self.error is None:
            self.accumulator.merge(other.accumulator)


def empty(rules: Segments) -> CollectedSegments:
    """Returns what no batch says."""
    return CollectedSegments(SegmentAccumulator(rules.features, rules.depth, rules.loss))


class _Count(beam.DoFn):  # type: ignore[misc, unused-ignore]
    """Turns a batch into what it says."""

    def __init__(self, rules: Segments, model: str) -> None:
        super().__init__()
        self._rules, self._model = rules, model

    def process(self, extracts: dict[str, Any]) -> Iterator[CollectedSegments]:
        counted = empty(self._rules)
        try:
            counted.accumulator = collect(self._rules, extracts, self._model)
        except InputError as error:
            counted.error = error
        yield counted


class Collector(beam.PTransform):  # type: ignore[misc, unused-ignore]
    """Writes what all batches say to a file; `ranking` reads it."""

    def __init__(self, rules: Segments, model: str, handover: Handover) -> None:
        """Takes which segments, the name of the candidate, and the file."""
        super().__init__()
        self._rules, self._model, self._handover = rules, model, handover

    def expand(self, extracts: beam.PCollection) -> beam.PCollection:
        """Adds the steps to the pipeline."""
        return (
            extracts
            | "Count" >> beam.ParDo(_Count(self._rules, self._model))
            | "Merge" >> beam.CombineGlobally(MergeFn(functools.partial(empty, self._rules)))
            | "Write" >> beam.Map(self._handover.write)
        )


def ranking(rules: Segments, handover: Handover) -> dict[str, Any]:
    """Returns the worst segments, as plain values.

    Raises:
        InputError: losses could not be computed, or a feature is in no row.
    """
    collected: CollectedSegments = handover.read()
    if collected.error is not None:
        raise collected.error
    accumulator = collected.accumulator
    ranked = rank(accumulator, rules.min_rows, rules.top)
    if accumulator.rows and ranked["absent"]:
        raise InputError(
            f"{_WHERE}.features",
            f"name {', '.join(ranked['absent'])}, which no row has",
            "correct the name",
        )
    return ranked

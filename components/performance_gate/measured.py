"""Reads what TFMA wrote, with what it says of the uncertainty."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import tensorflow_model_analysis as tfma
from tensorflow_model_analysis.metrics import metric_specs, metric_types
from tensorflow_model_analysis.proto import config_pb2
from tensorflow_model_analysis.slicer import slicer_lib

from skewgate.components.performance_gate.completion import (
    ALL_CELLS,
    OF_ALL_ROWS,
    PROPORTIONS,
    RANKINGS,
    cell_name,
)
from skewgate.core.errors import InputError
from skewgate.estimation.estimates import Estimate, Exact, Resampled, Share, Unchanging

SliceKey = tuple[Any, ...]
_COUNT = "example_count"
_TOO_SMALL = "lower than the minimum"
"""In what TFMA says of slices that it leaves out."""
_NOISE = 1e-9
"""Size of a standard error, relative to what was computed with, below which it is rounding."""
_WHOLE = 1e-3
"""How far from a whole number a count may be: accuracies are computed in single precision."""


@dataclasses.dataclass(frozen=True)
class MeasuredValue:
    """One number: its value, and the standard error with its degrees of freedom if it has one."""

    value: float
    error: float | None = None
    freedom: float | None = None


@dataclasses.dataclass
class SliceMetrics:
    """The numbers of one slice.

    Attributes:
        values: metric to its number.
        left_out: whether TFMA left the slice out for its size.
    """

    values: dict[metric_types.MetricKey, MeasuredValue] = dataclasses.field(default_factory=dict)
    left_out: bool = False


def is_across(slice_key: SliceKey) -> bool:
    """Says whether a key is that of two slices that are compared."""
    return bool(slicer_lib.is_cross_slice_key(slice_key))


class Measurements:
    """All numbers of an evaluation.

    Attributes:
        slices: slice key to its numbers; () is all data.
    """

    def __init__(self, slices: dict[SliceKey, SliceMetrics], config: config_pb2.EvalConfig) -> None:
        """Takes the numbers and the configuration that they were computed by."""
        self.slices = slices
        pairs = metric_specs.keys_and_metrics_from_specs(config, config.metrics_specs)
        self._classes = {key: metric.class_name for key, metric, _ in pairs}
        self._exact = metric_specs.metric_keys_to_skip_for_confidence_intervals(
            config.metrics_specs, eval_config=config
        )

    def rows(self, slice_key: SliceKey) -> int:
        """Returns the number of rows of a slice; of two that are compared, of the smaller."""
        if is_across(slice_key):
            return min(self.rows(part) for part in slice_key)
        values = self.slices.get(slice_key, SliceMetrics()).values
        counts = {key: measured.value for key, measured in values.items() if key.name == _COUNT}
        # Where rows have weights TFMA counts those; others' evaluations may have nothing else.
        rows = {key: value for key, value in counts.items() if not key.example_weighted} or counts
        return int(max(rows.values(), default=0.0))

    def estimate(self, slice_key: SliceKey, key: metric_types.MetricKey) -> Estimate | None:
        """Returns what is known of a metric; None if nothing but its value, or not even that.

        A share of trials is judged by its exact law, a count of rows is known, and all else has
        the standard error that resampling gave.
        """
        measured = self.slices[slice_key].values.get(key)
        rows = self.rows(slice_key)
        if measured is None or not math.isfinite(measured.value) or rows < 1:
            return None
        if self._of_one_class(slice_key, key):
            return None
        if key in self._exact:
            return Exact(measured.value, rows)
        share = (
            None
            if key.example_weighted or is_across(slice_key)
            else self._share(slice_key, key, measured.value, rows)
        )
        return share or _resampled(measured, rows, self._size(slice_key, key))

    def resampled(self, slice_key: SliceKey, key: metric_types.MetricKey) -> Estimate | None:
        """Returns what resampling says of a metric: Resampled, Unchanging or None."""
        measured = self.slices[slice_key].values.get(key)
        rows = self.rows(slice_key)
        if measured is None or rows < 1 or self._of_one_class(slice_key, key):
            return None
        return _resampled(measured, rows, self._size(slice_key, key))

    def only_model(self, slice_key: SliceKey, key: metric_types.MetricKey) -> Estimate | None:
        """Returns `resampled` of the model, whatever the evaluation calls it; None without it."""
        for name in (key.model_name, "", tfma.CANDIDATE_KEY):
            renamed = key._replace(model_name=name)
            if slice_key in self.slices and renamed in self.slices[slice_key].values:
                return self.resampled(slice_key, renamed)
        return None

    def _size(self, slice_key: SliceKey, key: metric_types.MetricKey) -> float:
        """Returns the size of the largest number that a metric is made of, as far as it is known.

        Of a difference, whose rounding is that of what it is the difference of.
        """
        if is_across(slice_key):
            return max((self._size(part, key) for part in slice_key), default=0.0)
        plain = key._replace(is_diff=False)
        values = self.slices[slice_key].values if slice_key in self.slices else {}
        return max(
            (
                abs(measured.value)
                for each, measured in values.items()
                if math.isfinite(measured.value)
                and (
                    each == key
                    or (key.is_diff and each._replace(model_name=key.model_name) == plain)
                )
            ),
            default=0.0,
        )

    def _of_one_class(self, slice_key: SliceKey, key: metric_types.MetricKey) -> bool:
        """Says whether a metric needs labels of both classes, and they are known to be alike."""
        if is_across(slice_key):
            return any(self._of_one_class(part, key) for part in slice_key)
        plain = key._replace(is_diff=False)
        if slice_key not in self.slices or self._classes.get(plain) not in RANKINGS:
            return False
        tp, tn, fp, fn = (self._cell(slice_key, plain, cell) for cell in ALL_CELLS.split())
        return tp + fn == 0 or tn + fp == 0

    def _share(
        self, slice_key: SliceKey, key: metric_types.MetricKey, value: float, rows: int
    ) -> Share | None:
        class_name = self._classes.get(key)
        if key.aggregation_type is not None:  # the trials of a row depend on each other
            return None
        if class_name in PROPORTIONS:
            everything, count, trials = (
                sum(self._cell(slice_key, key, cell) for cell in cells.split())
                for cells in (ALL_CELLS, *PROPORTIONS[class_name])
            )
            if not math.isclose(everything, rows, rel_tol=_WHOLE):  # as with top_k
                return None
        elif class_name in OF_ALL_ROWS and key.sub_key is None:
            count, trials = value * rows, float(rows)
        else:
            return None
        whole = math.isfinite(count + trials) and trials >= 1
        if not whole or max(abs(n - round(n)) for n in (count, trials)) > _WHOLE * max(trials, 1):
            return None
        share = Share(round(count), round(trials), rows)
        return share if math.isclose(share.value, value, abs_tol=_WHOLE) else None

    def _cell(self, slice_key: SliceKey, key: metric_types.MetricKey, cell: str) -> float:
        name = cell_name(key.name, cell)
        measured = self.slices[slice_key].values.get(key._replace(name=name))
        return math.nan if measured is None else measured.value


def _resampled(measured: MeasuredValue, rows: int, size: float) -> Estimate | None:
    if measured.error is None or not measured.freedom:
        return None
    if not math.isfinite(measured.value + measured.error):
        return None
    if measured.error <= _NOISE * max(size, abs(measured.value)):
        return Unchanging(measured.value, max(1.0, abs(measured.value)), rows)
    return Resampled(measured.value, measured.error, measured.freedom, rows)


def load(path: str) -> Measurements:
    """Reads the folder of an evaluation, whoever wrote it.

    Raises:
        InputError: there is no evaluation in it.
    """
    slices: dict[SliceKey, SliceMetrics] = {}
    try:
        config = tfma.load_eval_result(path).config
        if config is None:
            raise FileNotFoundError("no eval_config.json in it")
        for record in tfma.load_metrics(path):
            across = record.HasField("cross_slice_key")
            key = (
                slicer_lib.deserialize_cross_slice_key(record.cross_slice_key)
                if across
                else slicer_lib.deserialize_slice_key(record.slice_key)
            )
            _add(record, slices.setdefault(key, SliceMetrics()))
    except (OSError, ValueError, IndexError, RuntimeError) as error:
        raise InputError(
            path, f"does not hold a TFMA evaluation ({error})", "evaluate the model again"
        ) from error
    return Measurements(slices, config)


def _add(record: Any, metrics: SliceMetrics) -> None:
    message = record.metrics[tfma.constants.ERROR_METRIC_NAME].debug_message
    metrics.left_out = _TOO_SMALL in message
    for item in record.metric_keys_and_values:
        key = metric_types.MetricKey.from_proto(item.key)
        if not item.value.HasField("double_value"):
            continue
        error = freedom = None
        if item.HasField("confidence_interval"):
            interval = item.confidence_interval
            error = interval.standard_error.double_value.value
            freedom = float(interval.degrees_of_freedom.value)
        metrics.values[key] = MeasuredValue(item.value.double_value.value, error, freedom)

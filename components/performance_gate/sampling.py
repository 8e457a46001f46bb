"""The combiners of TFMA's metrics, fed so that each group of rows can be left out."""

from __future__ import annotations

import dataclasses
import math
import pickle
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import apache_beam as beam
import numpy as np
from tensorflow_model_analysis.evaluators import (
    metrics_plots_and_validations_evaluator as upstream,
)
from tensorflow_model_analysis.metrics import metric_types

from skewgate.components.performance_gate.metric_errors import MetricError

GROUPS = 20
"""As many as TFMA has samples."""
GROUP = "_skewgate_group"
"""Key of the group in the extracts of a row."""

Metrics = dict[metric_types.MetricKey, Any]


@dataclasses.dataclass
class Sampled:
    """The metrics of one slice: of all rows, and of all rows but those of each group.

    Attributes:
        full: of all rows.
        without: by group, for each group that has rows; empty if only one has.
        rows: by group, how many rows it has.
    """

    full: Metrics
    without: dict[int, Metrics]
    rows: dict[int, int]

    def apply(self, change: Callable[[Metrics], Metrics]) -> Sampled:
        """Returns the same with the metrics changed."""
        return Sampled(
            change(self.full),
            {group: change(metrics) for group, metrics in self.without.items()},
            self.rows,
        )


def standard_error(full: float, without: Sequence[float], rows: Sequence[int]) -> float:
    """Returns the standard error of a statistic by the delete-a-group jackknife.

    Args:
        full: the statistic on all rows.
        without: on all rows but those of each group, shape (groups,), at least 2.
        rows: the number of rows of each group, shape (groups,), each at least 1.

    Source: Busing, Meijer and van der Leeden (1999), for groups of unequal size; for equal sizes
    it is the usual jackknife.

    For a mean of single rows it is the textbook's standard error:

    >>> values = np.array([1.0, 2.0, 4.0, 8.0])
    >>> left_out = [np.delete(values, i).mean() for i in range(4)]
    >>> error = standard_error(values.mean(), left_out, [1, 1, 1, 1])
    >>> round(error, 6) == round(values.std(ddof=1) / 2, 6)
    True
    """
    count = len(without)
    ratio = sum(rows) / np.asarray(rows, float)
    values = np.asarray(without, float)
    pseudo = ratio * full - (ratio - 1.0) * values
    center = count * full - float(np.sum((1.0 - 1.0 / ratio) * values))
    return math.sqrt(float(np.sum((pseudo - center) ** 2 / (ratio - 1.0))) / count)


class SampleFn(beam.CombineFn):  # type: ignore[misc, unused-ignore]
    """Combines the rows of a slice with TFMA's combiners, apart for each group.

    An accumulator maps a group to its number of rows and one accumulator of each combiner.
    """

    def __init__(self, combiners: list[beam.CombineFn], names: list[str]) -> None:
        """Takes the combiners of the metrics, and what to call each in an error."""
        super().__init__()
        self._combiners, self._names = combiners, names

    def setup(self, *args: Any, **kwargs: Any) -> None:
        """Sets the combiners up."""
        for combiner in self._combiners:
            combiner.setup(*args, **kwargs)

    def teardown(self, *args: Any, **kwargs: Any) -> None:
        """Tears the combiners down."""
        for combiner in self._combiners:
            combiner.teardown(*args, **kwargs)

    def create_accumulator(self) -> dict[int, tuple[int, list[Any]]]:
        """Returns an accumulator that has seen nothing."""
        return {}

    def add_input(
        self, accumulator: dict[int, tuple[int, list[Any]]], element: dict[str, Any]
    ) -> dict[int, tuple[int, list[Any]]]:
        """Takes one row.

        Raises:
            MetricError: a metric cannot take it.
        """
        count, states = accumulator.get(element[GROUP]) or (0, self._new())
        inputs = element[upstream._COMBINER_INPUTS_KEY]
        common = element.get(upstream._DEFAULT_COMBINER_INPUT_KEY)
        added = []
        for combiner, state, name, own in zip(
            self._combiners, states, self._names, inputs, strict=True
        ):
            row = common if own is None else own
            try:
                added.append(combiner.add_inputs(state, row))
            except Exception as error:
                raise MetricError(name, error, row) from error
        accumulator[element[GROUP]] = (count + 1, added)
        return accumulator

    def merge_accumulators(
        self, accumulators: Iterable[dict[int, tuple[int, list[Any]]]]
    ) -> dict[int, tuple[int, list[Any]]]:
        """Joins accumulators, group by group."""
        parts: dict[int, list[tuple[int, list[Any]]]] = {}
        for accumulator in accumulators:
            for group, part in accumulator.items():
                parts.setdefault(group, []).append(part)
        return {
            group: (
                sum(count for count, _ in same_group),
                self._merge([states for _, states in same_group]),
            )
            for group, same_group in parts.items()
        }

    def extract_output(self, accumulator: dict[int, tuple[int, list[Any]]]) -> Sampled:
        """Returns the metrics of all rows, and without each group."""
        groups = sorted(accumulator)
        rows = {group: accumulator[group][0] for group in groups}
        before, after = [self._new()], [self._new()]
        for group in groups:
            before.append(self._join(before[-1], accumulator[group][1]))
        if len(groups) < 2:
            return Sampled(self._extract(before[-1]), {}, rows)
        for group in reversed(groups):
            after.append(self._join(after[-1], accumulator[group][1]))
        after.reverse()
        without = {
            group: self._extract(self._join(before[i], after[i + 1]))
            for i, group in enumerate(groups)
        }
        return Sampled(self._extract(before[-1]), without, rows)

    def _new(self) -> list[Any]:
        return [combiner.create_accumulator() for combiner in self._combiners]

    def _merge(self, parts: list[list[Any]]) -> list[Any]:
        """Joins the states of each combiner; the first part may be changed.

        Some combiners of TFMA begin with `next(iter(accumulators))` and go through `accumulators`
        again: of a list they take the first element twice. An iterator is right for all.
        """
        if len(parts) == 1:
            return parts[0]
        merged = []
        for combiner, states, name in zip(
            self._combiners, zip(*parts, strict=True), self._names, strict=True
        ):
            try:
                merged.append(combiner.merge_accumulators(iter(states)))
            except Exception as error:
                raise MetricError(name, error) from error
        return merged

    def _join(self, one: list[Any], other: list[Any]) -> list[Any]:
        # A merge may change or keep what it is given; pickling copies faster than copy.deepcopy.
        return self._merge(pickle.loads(pickle.dumps([one, other], pickle.HIGHEST_PROTOCOL)))

    def _extract(self, states: list[Any]) -> Metrics:
        metrics: Metrics = {}
        for combiner, state, name in zip(self._combiners, states, self._names, strict=True):
            try:
                metrics.update(combiner.extract_output(state))
            except Exception as error:
                raise MetricError(name, error) from error
        return metrics

"""Collects what validation and comparators say of every split, and judges it together."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from typing import Any

from tensorflow_metadata.proto.v0 import anomalies_pb2, schema_pb2

from skewgate import decision
from skewgate.checks.skew.comparator_significance import ANOMALY_OF_METRIC, Comparison, Pairing
from skewgate.checks.skew.config import AnomalyRules, SkewConfig
from skewgate.components.schema_skew_validator import anomaly_files, comparator_values, validity
from skewgate.components.schema_skew_validator.split_statistics import SplitStatistics
from skewgate.core import results as results_lib
from skewgate.core.results import WARNING, MetricResult, Status


class Examination:
    """What was found so far, over all splits.

    Attributes:
        rows: number of examples validated.
        details: of the rows that differ, by split.
    """

    def __init__(
        self, config: SkewConfig, schema: schema_pb2.Schema, environment: str | None, splits: int
    ) -> None:
        """Begins with nothing; with several `splits` each reason names its own."""
        self._config, self._schema, self._environment = config, schema, environment
        self._splits = splits
        self._results: list[MetricResult] = []
        self._comparisons: list[tuple[str, Comparison]] = []
        self.rows = 0
        self.details: dict[str, Any] = {}

    def add(self, results: Iterable[MetricResult], split: str | None = None) -> None:
        """Takes results, of a split or of everything."""
        self._results += [self._named(result, split) for result in results]

    def add_rows(
        self, results: Iterable[MetricResult], details: dict[str, Any], split: str
    ) -> None:
        """Takes what the rows of a split gave, without the slices that are too small."""
        smallest = self._config.min_slice_rows
        self.add([r for r in results if not r.slice or (r.n_current or 0) >= smallest], split)
        self.details[split] = details

    def examine(
        self, current: SplitStatistics, others: Mapping[Pairing, SplitStatistics | None]
    ) -> anomalies_pb2.Anomalies:
        """Validates a split and compares it with others; returns TFDV's anomalies.

        Args:
            current: the split.
            others: what each pairing compares it with, if that is at hand.
        """
        self.rows += current.rows
        if not current.rows:
            self.add([results_lib.inconclusive("rows", "the data hold no examples")], current.split)
            return anomalies_pb2.Anomalies()
        rules = self._config.anomalies
        smallest = self._config.min_slice_rows
        shown = current.without_small_slices(smallest)
        anomalies, results = validity.validate(
            shown.statistics,
            self._schema,
            self._environment,
            rules,
            self._config.significance.alpha,
        )
        self.add(results, current.split)
        for pairing, other in others.items():
            if other is None:
                continue
            compared = comparator_values.compare(
                pairing,
                other.without_small_slices(smallest),
                shown,
                self._schema,
                environment=self._environment,
                slices=rules.slices,
            )
            self._comparisons += [(current.split, each) for each in compared.comparisons]
            self.add([_by_rule(result, rules) for result in compared.results], current.split)
            anomaly_files.add_compared(anomalies, compared.anomalies, pairing, rules)
        return anomalies

    def judged_results(self) -> list[MetricResult]:
        """Returns all results, the comparators of all splits judged together."""
        comparisons = [comparison for _, comparison in self._comparisons]
        judged = decision.measure_and_judge(comparisons, self._config.significance)
        rules = self._config.anomalies
        return [
            *self._results,
            *(
                self._named(_by_rule(comparison.explain(result), rules), split)
                for (split, comparison), result in zip(self._comparisons, judged, strict=True)
            ),
        ]

    def _named(self, result: MetricResult, split: str | None) -> MetricResult:
        if self._splits == 1 or split is None:
            return result
        return dataclasses.replace(result, reason=f"split {split}: {result.reason}")


def _by_rule(result: MetricResult, rules: AnomalyRules) -> MetricResult:
    """Gives a comparator's result the type of anomaly it is, and the severity of that type."""
    if result.status is Status.PASS:
        return result
    kind = ANOMALY_OF_METRIC[result.metric]
    action = rules.action(result.feature, kind)
    if result.status is Status.FAIL:
        result = dataclasses.replace(result, observed=f"{result.observed} ({kind})")
    if action == "ignore":
        reason = f"ignored by skew.yaml: {result.reason}"
        return dataclasses.replace(result, status=Status.PASS, severity="ignored", reason=reason)
    return dataclasses.replace(result, severity="error" if action == "block" else WARNING)

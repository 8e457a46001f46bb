"""Compares a baseline with windows that differ from it by chance alone: A/A comparisons."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Sequence

import numpy as np
import pyarrow as pa

from skewgate import decision, metrics
from skewgate.checks.drift import comparing
from skewgate.core.profile import Profile, name_value_counts
from skewgate.core.results import MetricResult, Status
from skewgate.data.arrow.values import places_array
from skewgate.estimation import binomial
from skewgate.simulation.kinds.randoms import uniforms
from skewgate.simulation.rehearsal.stage import Stage

CONFIDENCE = 0.95
Check = tuple[str, str]  # feature and metric, over all rows
_EXCEEDING = 2
_EXACT = 10


@dataclasses.dataclass(frozen=True)
class Comparison:
    """One A/A comparison.

    Attributes:
        values: of each check over all rows, how far its metric lies above what chance gives.
        failed: number of checks that failed.
        inconclusive: number of checks that are inconclusive.
    """

    values: dict[Check, float]
    failed: int
    inconclusive: int


@dataclasses.dataclass(frozen=True)
class Chance:
    """What chance alone does.

    Attributes:
        first, held_out: comparisons of baselines and windows drawn from all rows. The first ones
            give each threshold its scale, those held out the one factor by which all grow.
        detectable: of each check, the smallest threshold at which it can pass at these sizes; inf
            if there is none, as for identifiers.
        rows: of a window.
    """

    first: tuple[Comparison, ...]
    held_out: tuple[Comparison, ...]
    detectable: dict[Check, float]
    rows: int


def needed(rate: float) -> int:
    """Returns how many comparisons bound a rate of false alarms at CONFIDENCE.

    With rates from 1% on two of them may exceed the threshold, which finds lower thresholds; with
    smaller ones none.

    >>> needed(0.01), needed(0.001)
    (628, 2995)
    """
    allowed = _EXCEEDING if rate >= 0.01 else 0
    count = math.ceil(math.log1p(-CONFIDENCE) / math.log1p(-rate))
    while binomial.bounds(allowed, count, 1 - CONFIDENCE)[1] > rate:
        count += 1
    return count


def compare(results: Sequence[MetricResult]) -> Comparison:
    """Returns what a comparison without drift shows."""
    values = {
        (result.feature, result.metric): result.above_chance(result.value)
        for result in results
        if not result.slice and result.value is not None and result.null_value is not None
    }
    statuses = [result.status for result in results]
    return Comparison(values, statuses.count(Status.FAIL), statuses.count(Status.INCONCLUSIVE))


def play(
    stage: Stage, rate: float, seed: int, progress: Callable[[], None] = lambda: None
) -> Chance:
    """Draws baselines and windows without replacement from all rows, and compares them.

    Each pair has as many rows as the baseline and a window of the stage, so that it differs as
    such a pair does if nothing changes: rows are exchanged between baseline and windows, and
    between earlier and later.

    Args:
        stage: baseline and windows.
        rate: wanted rate of false alarms per window.
        seed: of random numbers.
        progress: called after each comparison.
    """
    pool = stage.all_rows()
    size = stage.baseline_rows().num_rows
    rows = int(np.median([stage.window(number).num_rows for number in stage.numbers]))
    held_out = needed(rate)
    first = max(held_out // 2, 100)
    comparisons: list[Comparison] = []
    detectable: dict[Check, float] = {}
    for draw in range(first + held_out):
        order = np.argsort(uniforms(seed, f"chance {draw}", 0, pool.num_rows), kind="stable")
        baseline, current = (
            stage.profile(_taken(pool, np.sort(order[part])))
            for part in (slice(0, size), slice(size, size + rows))
        )
        results = comparing.compare(baseline, current, stage.config)
        comparisons.append(compare(results))
        if draw < _EXACT:
            for check, smallest in _detectable(baseline, current, results, stage).items():
                detectable[check] = max(smallest, detectable.get(check, 0.0))
        progress()
    return Chance(tuple(comparisons[:first]), tuple(comparisons[first:]), detectable, rows)


def _taken(
    pool: pa.RecordBatch, places: np.ndarray[tuple[int], np.dtype[np.int64]]
) -> pa.RecordBatch:
    taken: pa.RecordBatch = pool.take(places_array(places))
    return taken


def _detectable(
    baseline: Profile, current: Profile, results: Sequence[MetricResult], stage: Stage
) -> dict[Check, float]:
    """Returns the smallest threshold at which each check of a comparison can pass, or inf."""
    measured = [result for result in results if result.lower is not None]
    level = decision.level(max(len(measured), 1), stage.config.significance)
    counted = name_value_counts(baseline, current)
    before, now = (side.with_value_counts(counted)[""] for side in (baseline, current))
    found = {}
    for result in measured:
        feature = result.feature
        if not result.slice and feature in before and feature in now:
            metric = metrics.REGISTRY[result.metric]
            again = metric.measure(before[feature], now[feature], level)
            possible = again.detectable < again.attainable
            found[feature, result.metric] = again.detectable if possible else math.inf
    return found

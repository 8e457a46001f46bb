"""Ranks the segments whose rows lose more than the average."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from scipy import special

from skewgate.checks.performance.segments import Segment, SegmentAccumulator

_ALPHA = 0.05
"""Probability that any of the intervals is wrong."""


def rank(accumulator: SegmentAccumulator, min_rows: int, top: int) -> dict[str, Any]:
    """Ranks the segments that lose more than the average.

    The interval of a segment's mean loss is that of Student with (rows - 1) degrees of freedom, at
    the level 0.05 for all ranked segments together (Bonferroni); one row with the variance of all
    rows is thought to be added, so that few equal losses do not look certain. A segment of two
    features is listed only if it adds to its parents, the segments of one of its features: fewer
    rows than either, a mean above the intervals of both and an interval above both means.

    Args:
        accumulator: what was counted.
        min_rows: segments of fewer rows are not ranked, at least 2.
        top: most segments a list.

    Returns:
        Plain values: "rows", "loss", "mean_loss" (None without rows), "min_rows", "segments"
        (ranked), "small" (of fewer rows), "forgotten" (times that a segment was), "slack" (rows
        that a count may lack), "absent" (features that no batch had), and two lists, "worst" by
        mean loss, those first whose lower bound is above the mean of all rows, and "costliest" by
        "excess", rows * (mean loss - mean loss of all rows): the loss that would go away if the
        segment were like the rest. Their entries hold "segment", "rows", "share", "mean_loss",
        "lower", "upper", "excess" and "sure" (whether the lower bound is above the mean).

    Raises:
        ValueError: min_rows or top is out of range.
    """
    if min_rows < 2 or top < 1:
        raise ValueError(
            f"min_rows must be at least 2 and top at least 1, got {min_rows} and {top}"
        )
    counted = len(accumulator)
    ranked = [found for found in accumulator.segments() if found[1] >= min_rows]
    stats = _intervals(ranked, accumulator.variance)
    bad = [
        _entry(accumulator, segment, *found)
        for segment, found in sorted(stats.items())
        if found[1] > accumulator.mean and _adds(segment, found, stats)
    ]
    worst = sorted(bad, key=lambda entry: (not entry["sure"], -entry["mean_loss"], -entry["rows"]))
    costliest = sorted(bad, key=lambda entry: (-entry["excess"], -entry["mean_loss"]))
    return {
        "rows": accumulator.rows,
        "loss": accumulator.loss,
        "mean_loss": accumulator.mean if accumulator.rows else None,
        "min_rows": min_rows,
        "segments": len(ranked),
        "small": counted - len(ranked),
        "forgotten": accumulator.forgotten,
        "slack": accumulator.slack,
        "absent": [name for name in accumulator.features if name not in accumulator.seen],
        "worst": worst[:top],
        "costliest": costliest[:top],
    }


_MeanLoss = tuple[int, float, float, float]
"""Rows, mean loss, and the lower and upper bound on it."""


def _intervals(
    ranked: list[tuple[Segment, int, float, float]], variance: float
) -> dict[Segment, _MeanLoss]:
    if not ranked:
        return {}
    rows = np.array([found[1] for found in ranked], float)
    means = np.array([found[2] for found in ranked], float)
    squares = np.array([found[3] for found in ranked], float)
    t = -special.stdtrit(rows - 1, _ALPHA / 2 / len(ranked))
    half = t * np.sqrt((squares + variance) / rows / rows)
    bounds = zip(np.maximum(means - half, 0.0).tolist(), (means + half).tolist(), strict=True)
    return {
        segment: (count, mean, lower, upper)
        for (segment, count, mean, _), (lower, upper) in zip(ranked, bounds, strict=True)
    }


def _adds(segment: Segment, mean_loss: _MeanLoss, stats: dict[Segment, _MeanLoss]) -> bool:
    """Says whether a segment is surely worse than each of its parents."""
    if len(segment) == 1:
        return True
    parents = [stats[(part,)] for part in segment if (part,) in stats]
    return all(
        mean_loss[0] < parent[0] and mean_loss[1] > parent[3] and mean_loss[2] > parent[1]
        for parent in parents
    )


def _entry(
    accumulator: SegmentAccumulator,
    segment: Segment,
    rows: int,
    mean: float,
    lower: float,
    upper: float,
) -> dict[str, Any]:
    return {
        "segment": ", ".join(f"{accumulator.features[place]}{label}" for place, label in segment),
        "rows": rows,
        "share": rows / accumulator.rows,
        "mean_loss": mean,
        "lower": lower,
        "upper": upper,
        "excess": math.fsum([rows * mean, -rows * accumulator.mean]),
        "sure": lower > accumulator.mean,
    }

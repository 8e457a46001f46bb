"""What the counts of a join say: can the inputs be joined, and are there enough labels?"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

import numpy as np

from skewgate.checks.labels.config import LabelConfig
from skewgate.checks.labels.counts import LABELS, PREDICTIONS, LabelCounts, mixed_types
from skewgate.core.errors import InputError
from skewgate.core.results import MetricResult
from skewgate.data.windows import zones
from skewgate.decision.coverage import CoverageCheck, judge_coverage


def check(counted: LabelCounts, config: LabelConfig) -> None:
    """Makes sure that what was counted comes from rows that can be joined.

    Raises:
        InputError: a side has rows and lacks a feature that labels.yaml names, a feature is of
            several types, or rows could not be read.
    """
    needed = {
        PREDICTIONS: [*config.key, config.prediction_time],
        LABELS: [*config.key, *config.labels, *filter(None, [config.label_time])],
    }
    rows = {PREDICTIONS: counted.totals.predictions, LABELS: counted.totals.labels}
    for label in config.labels:
        if len(found := counted.types[LABELS].get(label, ())) > 1:
            raise mixed_types(label, found)
    if counted.error is not None:
        raise counted.error
    for side, names in needed.items():
        seen = counted.types[side]
        for name in names if rows[side] else ():
            if name not in seen:
                known = ", ".join(sorted(seen)) or "none"
                raise InputError(
                    side,
                    f"no row has the feature {name!r} of labels.yaml; the features are {known}",
                    "correct the name in labels.yaml, or give the rows this feature",
                )
    for name in config.key:
        kinds = [counted.types[side].get(name, frozenset()) for side in needed]
        texts = ["bytes" in kind for kind in kinds]
        if all(kinds) and texts[0] != texts[1]:
            here, there = (" and ".join(sorted(kind)) for kind in kinds)
            raise InputError(
                f"key {name}",
                f"is {here} in the predictions and {there} in the labels, so no row can match",
                "write it with one type on both sides",
            )


def judge(counted: LabelCounts, config: LabelConfig) -> list[MetricResult]:
    """Returns a result for every window, by their time, and one for rows that lie in none."""
    now = as_of(counted, config)
    checks = [
        CoverageCheck(
            slice=slice_name(window.name, config),
            labelled=window.labelled,
            predicted=window.predicted,
            threshold=config.min_coverage,
            open_until=zones.text(window.closes, config.windows.zone)
            if window.is_open(now)
            else None,
        )
        for window in _windows(counted, config)
    ]
    results = judge_coverage(checks)
    without = counted.totals.predictions_without_time
    if without and checks:
        rows = counted.totals.predictions
        (result,) = judge_coverage([CoverageCheck("", rows - without, rows, config.min_coverage)])
        reason = (
            f"{without:,} of {rows:,} prediction rows have no {config.prediction_time} and lie in "
            "no window"
        )
        results.append(
            dataclasses.replace(
                result,
                feature=config.prediction_time,
                metric="in a window",
                reason=reason,
                cause=None,
            )
        )
    return results


def details(counted: LabelCounts, config: LabelConfig) -> dict[str, Any]:
    """Returns totals and windows as plain values; times are seconds since 1970."""
    now = as_of(counted, config)
    return {
        **dataclasses.asdict(counted.totals),
        "as_of": now,
        "horizon": str(config.horizon),
        "min_coverage": config.min_coverage,
        "feature": config.windows.feature,
        "windows": [
            {
                "name": window.name,
                "start": window.start,
                "end": window.end,
                "predicted": window.predicted,
                "labelled": window.labelled,
                "open": window.is_open(now),
            }
            for window in _windows(counted, config)
        ],
    }


def as_of(counted: LabelCounts, config: LabelConfig) -> int | None:
    """Returns what is "now"; None if labels.yaml does not say and no row has a time."""
    return counted.last_time if config.as_of is None else config.as_of


def slice_name(window: str, config: LabelConfig) -> str:
    """Returns the name that TFMA gives to the slice of a window."""
    return f"{config.windows.feature}:{window}"


@dataclasses.dataclass(frozen=True)
class _Window:
    """A window of predictions; times are seconds since 1970, and labels may come until `closes`."""

    name: str
    start: int
    end: int
    closes: int
    predicted: int
    labelled: int

    def is_open(self, now: int | None) -> bool:
        """Says whether labels may still come."""
        return now is not None and self.closes > now


def _windows(counted: LabelCounts, config: LabelConfig) -> Iterator[_Window]:
    """Yields the windows, by their time."""
    grid = config.windows.grid
    starts = sorted(counted.windows)
    ends = grid.ends(grid.numbers(np.array(starts, np.int64))).tolist()
    for start, end in zip(starts, ends, strict=True):
        closes = end + config.horizon.seconds
        yield _Window(grid.name(start), start, end, closes, *counted.windows[start])

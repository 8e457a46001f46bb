"""What is known of the labels of each window, from the report of LabelJoiner."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Iterable

from skewgate.checks.performance import window_order
from skewgate.checks.performance.config import PerformanceConfig
from skewgate.core.errors import InputError
from skewgate.core.results import MetricResult, Status
from skewgate.report.report import Report


@dataclasses.dataclass(frozen=True)
class Coverage:
    """What LabelJoiner reported of the labels of each window.

    Attributes:
        feature: that names the windows of a row, "" if nothing is known.
        results: one per window.
        spans: window to its start and end, in seconds since 1970.
    """

    feature: str = ""
    results: tuple[MetricResult, ...] = ()
    spans: dict[str, tuple[float, float]] = dataclasses.field(default_factory=dict)

    def in_order(self, windows: Iterable[str]) -> list[str]:
        """Returns windows by their start, where it is known of all, else by their names.

        Raises:
            InputError: the order cannot be told by the names; see `window_order`.
        """
        return window_order.in_order(
            windows, {name: start for name, (start, _) in self.spans.items()}
        )

    @property
    def complete(self) -> set[str]:
        """The windows that have enough labels."""
        return self.spans.keys() - self.incomplete.keys()

    @functools.cached_property
    def incomplete(self) -> dict[str, MetricResult]:
        """The windows that lack too many labels, with what was found of them."""
        return {
            result.slice.partition(":")[2]: result
            for result in self.results
            if result.slice and result.status is not Status.PASS
        }


def read_coverage(report: Report, where: str, config: PerformanceConfig) -> Coverage:
    """Takes from the report of a LabelJoiner what it says of windows.

    Raises:
        InputError: it is a report of another kind, or its windows are those of another feature
            than the configuration follows.
    """
    if report.kind != "labels":
        raise InputError(
            where, f"is a {report.kind} report, not one of labels", "connect LabelJoiner's"
        )
    windows = report.details["labels"]["windows"]
    results = report.decision.results
    feature = min((r.slice.partition(":")[0] for r in results if r.slice), default="")
    if config.windows and feature not in ("", config.windows.feature):
        raise InputError(
            "performance.yaml: windows.feature",
            f"is {config.windows.feature}, but the label report is about {feature}",
            f"follow {feature}, or name it so in labels.yaml",
        )
    return Coverage(
        feature=feature,
        results=results,
        spans={each["name"]: (each["start"], each["end"]) for each in windows},
    )

"""The contract `performance.yaml`: how sure the gate on performance must be, and where it looks."""

from __future__ import annotations

import dataclasses
import fnmatch
from collections.abc import Iterable
from typing import Annotated, Literal

import pydantic

from skewgate.core.results import (
    LOW_COVERAGE,
    OPEN_WINDOW,
    SMALL_SLICE,
    WARNING,
    MetricResult,
    Status,
)
from skewgate.core.yaml_model import RefusedError, StrictModel
from skewgate.decision.policy import BasicPolicy, Significance

_Names = Annotated[list[str], pydantic.Field(min_length=1)]


class Segments(StrictModel):
    """Where to look for rows that the model serves badly; a report shows them, nothing blocks.

    Attributes:
        features: whose values make segments.
        depth: 2 to look at every pair of them too.
        loss: of a row; log_loss for classes, squared_error for numbers.
        min_rows: smaller segments are not listed.
        top: segments listed by mean loss, and as many by the loss that they add.
    """

    features: _Names
    depth: Literal[1, 2] = 2
    loss: Literal["log_loss", "squared_error"] = "log_loss"
    min_rows: int = pydantic.Field(default=30, ge=2)
    top: int = pydantic.Field(default=10, ge=1, le=1000)


class Windows(StrictModel):
    """How a metric is followed over windows of time.

    Attributes:
        feature: of the examples, names the windows of a row; LabelJoiner writes it.
        metrics: names of metrics to follow; without it every metric that has a threshold.
        reference: how many windows, from the first on, say what is normal.
        band_sigmas: half the width of the band around what is normal.
    """

    feature: str = pydantic.Field(default="window", min_length=1)
    metrics: _Names | None = None
    reference: int = pydantic.Field(default=8, ge=3)
    band_sigmas: float = pydantic.Field(default=3.0, gt=0, le=10)


class WarnRule(StrictModel):
    """Which results only warn; `*` stands for any text, as in file names.

    Attributes:
        metric: name of the check, such as "auc", "auc change" or "auc band".
        slice: as reports name it, such as "payment_type:Prcard"; "" is all data.
    """

    metric: str = "*"
    slice: str = "*"

    def applies(self, result: MetricResult) -> bool:
        """Says whether a result only warns.

        >>> rule = WarnRule(slice="payment_type:*")
        >>> [rule.applies(MetricResult("", name, "auc", Status.FAIL, "low"))
        ...  for name in ("", "payment_type:Cash")]
        [False, True]
        """
        return fnmatch.fnmatchcase(result.metric, self.metric) and fnmatch.fnmatchcase(
            result.slice, self.slice
        )


class PerformancePolicy(BasicPolicy):
    """What shuts the gate beside failures.

    Attributes:
        on_small_slice: "block" or "allow" slices with fewer than `min_slice_rows` rows.
        on_open_window: "block" or "allow" windows whose labels may still come.
        on_low_coverage: "block" or "allow" windows that lack labels which should have come.
    """

    on_small_slice: Literal["block", "allow"] = "block"
    on_open_window: Literal["block", "allow"] = "block"
    on_low_coverage: Literal["block", "allow"] = "block"

    def on_doubt(self, result: MetricResult) -> Literal["block", "allow"]:
        """Returns what an inconclusive result does."""
        by_cause = {
            SMALL_SLICE: self.on_small_slice,
            OPEN_WINDOW: self.on_open_window,
            LOW_COVERAGE: self.on_low_coverage,
        }
        return by_cause.get(result.cause or "") or super().on_doubt(result)


class PerformanceConfig(StrictModel):
    """The whole of `performance.yaml`.

    Attributes:
        significance: how sure a failure must be, over all metrics and slices.
        min_slice_rows: slices with fewer rows are inconclusive.
        segments: where to look for bad rows; without it nowhere.
        warn: failures and doubts that do not block; the report says that they warn.
        windows: how metrics are followed over time; without it they are not.
        policy: what shuts the gate beside failures.
    """

    version: Literal[1] = 1
    significance: Significance = Significance()
    min_slice_rows: pydantic.PositiveInt = 30
    segments: Segments | None = None
    windows: Windows | None = None
    warn: list[WarnRule] = []
    policy: PerformancePolicy = PerformancePolicy()

    @pydantic.field_validator("warn")
    @classmethod
    def _check_warn(cls, rules: list[WarnRule]) -> list[WarnRule]:
        """Refuses rules that together hold for whatever is checked, of the whole and of slices."""
        unheard = [MetricResult("", at, "\0", Status.FAIL, "any") for at in ("", "\0:\0")]
        if all(any(rule.applies(result) for rule in rules) for result in unheard):
            raise RefusedError("would let everything pass", "name a metric or a slice")
        return rules

    def warned(self, results: Iterable[MetricResult]) -> list[MetricResult]:
        """Returns results, those that only warn with the severity "warning"."""
        return [
            dataclasses.replace(result, severity=WARNING)
            if result.status is not Status.PASS and any(r.applies(result) for r in self.warn)
            else result
            for result in results
        ]

"""What contracts say of a decision: how sure a failure must be, and what shuts a gate."""

from __future__ import annotations

from typing import Literal

import pydantic

from skewgate.core.results import BASELINE_CHECK, MetricResult
from skewgate.core.yaml_model import StrictModel


class Significance(StrictModel):
    """How sure a failure must be.

    Attributes:
        alpha: share of false alarms that is tolerated over the whole comparison.
        correction: "bh" for Benjamini-Hochberg, "none" to compare each p-value alone.
    """

    alpha: float = pydantic.Field(default=0.05, gt=0, lt=1)
    correction: Literal["bh", "none"] = "bh"


class ShareRule(StrictModel):
    """Block if more than this share of the features fail.

    Attributes:
        share: above 0 and below 1.
    """

    share: float = pydantic.Field(gt=0, lt=1)


class BasicPolicy(StrictModel):
    """What shuts a gate on which every failure counts.

    Attributes:
        on_inconclusive: "block" or "allow" what could not be decided.
        on_missing_baseline: "block" or "allow" a run that has nothing to compare with.
    """

    on_inconclusive: Literal["block", "allow"] = "block"
    on_missing_baseline: Literal["block", "allow"] = "block"

    def on_doubt(self, result: MetricResult) -> Literal["block", "allow"]:
        """Returns what an inconclusive result does."""
        missing = result.metric == BASELINE_CHECK
        return self.on_missing_baseline if missing else self.on_inconclusive


class Policy(BasicPolicy):
    """What shuts the gate on drift, where features may be more or less important.

    Attributes:
        block_on: "any" failure, failures of "critical" features only, or `{share: s}`.
    """

    block_on: Literal["any", "critical"] | ShareRule = "any"

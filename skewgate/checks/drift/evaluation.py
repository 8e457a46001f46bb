"""The whole of a drift check: compare, read again what is in doubt, decide, report."""

from __future__ import annotations

import dataclasses
from typing import Any

from skewgate import decision
from skewgate.checks.drift import comparing, rereading, shutting, suggesting
from skewgate.checks.drift.config import DriftConfig
from skewgate.checks.drift.rereading import Reread
from skewgate.core.profile import Profile, name_value_counts
from skewgate.core.results import BASELINE_CHECK, Decision, MetricResult, Status, inconclusive
from skewgate.report import distributions, summaries
from skewgate.report.report import Report


@dataclasses.dataclass(frozen=True)
class Evaluation:
    """What a drift check found.

    Attributes:
        decision: the verdict, and the results that it rests on.
        baseline, current: what was compared, with what was read again in its place; no baseline
            if there was none.
        in_doubt: the columns that a finer look could still settle.
        ignored: the columns that were not compared.
    """

    decision: Decision
    baseline: Profile | None
    current: Profile
    in_doubt: frozenset[str]
    ignored: frozenset[str] = frozenset()

    @property
    def results(self) -> tuple[MetricResult, ...]:
        """The result of every check."""
        return self.decision.results

    def report(self, baseline: dict[str, Any], current: dict[str, Any]) -> Report:
        """Returns the report, with what the data are like, how they differ, and what to ignore.

        Args:
            baseline, current: where the two sides came from, as plain values.
        """
        details: dict[str, Any] = {}
        if self.baseline is not None:
            sides = (self.baseline, self.current)
            details["overview"] = summaries.overview(*sides, self.ignored)
            details["summaries"] = summaries.describe(*sides, self.results)
            details["distributions"] = distributions.describe(*sides, self.results)
            notes = comparing.notes(self.baseline, self.current)
            if notes:
                details["notes"] = notes
            found = suggesting.suggest(self.baseline, self.current, self.ignored)
            if found:
                details["suggestions"] = [suggestion.to_json() for suggestion in found]
        return Report("drift", self.decision, baseline, current, details=details)


def evaluate(
    baseline: Profile | None,
    current: Profile,
    config: DriftConfig,
    reread: Reread | None = None,
    *,
    where: str = "drift.yaml",
) -> Evaluation:
    """Compares two profiles, looks again where more exact values could change a verdict, decides.

    Args:
        baseline: what to compare with; None if there is nothing yet, which is inconclusive.
        current: the data in question.
        config: metrics, thresholds, slices and policy.
        reread: gives finer profiles of the columns in doubt, if the rows of a side are at hand.
            It is called once at most.
        where: the config's name, for messages.

    Raises:
        InputError: the config names a feature that neither side has, the sides have no feature in
            common, or nothing that could be found would shut the gate.
    """
    counted: dict[str, str] = {}
    if baseline is None:
        results = [inconclusive(BASELINE_CHECK, "there is no baseline to compare with")]
    else:
        baseline, current = comparing.prepared(baseline, current, config)
        counted = name_value_counts(baseline, current)
        results = comparing.compare(baseline, current, config, where=where)
        doubts = rereading.columns(decision.in_doubt(results), counted)
        if doubts and reread is not None:
            sides = (baseline, current)
            baseline, current = map(rereading.overlay, sides, reread(doubts))
            results = comparing.compare(baseline, current, config, where=where)
    # How many values a critical feature has is critical too.
    critical = config.critical.union(
        name for name, feature in counted.items() if feature in config.critical
    )
    shutting.check(results, config, critical, where)
    unsettled = [result for result in results if result.status is Status.INCONCLUSIVE]
    return Evaluation(
        decision.decide(results, config.policy, critical),
        baseline,
        current,
        rereading.columns(decision.in_doubt(unsettled), counted),
        frozenset(config.ignored),
    )

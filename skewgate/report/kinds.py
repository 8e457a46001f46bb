"""The registry of kinds of reports.

A kind is one record: its page, its headline, the type of its artifact, the input of the gate that
takes it and the name in report.schema.json all follow from it. Nothing but the standard library is
imported here, for `import skewgate` offers the artifact types by this registry.
"""

from __future__ import annotations

import dataclasses


@dataclasses.dataclass(frozen=True)
class ReportKind:
    """A kind of report.

    Attributes:
        name: what report.json calls it, under "kind".
        title: heading of its page.
        made_by: name of the component that publishes it.
        artifact_type: name of the artifact type that holds it, importable from `skewgate`.
        gate_input: input of QualityGate that takes such reports; "" for what the gate itself makes.
        failed_features: what features did of which a check failed, such as "drifted", where a
            headline counts features; "" where it counts checks.
        about_features: whether its checks are about features of the data.
        passed: what a pass says beyond "did not", where a headline counts features.
        charts: name of the function in `charts/of_report.py` that draws its charts; "" for none.
    """

    name: str
    title: str
    made_by: str
    artifact_type: str
    gate_input: str = ""
    failed_features: str = ""
    about_features: bool = True
    passed: str = ""
    charts: str = ""

    @property
    def joins_reports(self) -> bool:
        """Whether it joins other reports, which are its sources."""
        return not self.gate_input


DRIFT = ReportKind(
    name="drift",
    title="Drift report",
    made_by="DriftEvaluator",
    artifact_type="DriftReport",
    gate_input="drift_reports",
    failed_features="drifted",
    passed="a change beyond a threshold would have been noticed",
)
SKEW = ReportKind(
    name="skew",
    title="Skew report",
    made_by="SchemaSkewValidator",
    artifact_type="SkewReport",
    gate_input="skew_reports",
)
PERFORMANCE = ReportKind(
    name="performance",
    title="Performance report",
    made_by="PerformanceGate",
    artifact_type="PerformanceReport",
    gate_input="performance_reports",
    about_features=False,
    charts="performance_charts",
)
LABELS = ReportKind(
    name="labels",
    title="Label report",
    made_by="LabelJoiner",
    artifact_type="LabelReport",
    gate_input="label_reports",
    charts="label_charts",
)
DECISION = ReportKind(
    name="decision",
    title="Decision of the gate",
    made_by="QualityGate",
    artifact_type="Decision",
)

KINDS: dict[str, ReportKind] = {
    kind.name: kind for kind in (DRIFT, SKEW, PERFORMANCE, LABELS, DECISION)
}
"""By name."""


def get(name: str) -> ReportKind:
    """Returns the kind of a name.

    Raises:
        ValueError: there is no such kind.

    >>> get("labels").title
    'Label report'
    """
    if name not in KINDS:
        raise ValueError(f"kind must be one of {', '.join(KINDS)}, got {name!r}")
    return KINDS[name]

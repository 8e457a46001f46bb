"""The artifact types of skewgate. Values are in custom properties: `blessed`, `status`, ...

They are reachable as `skewgate.DriftReport` and so on, the path that Kubeflow imports, and
declare no PROPERTIES, which Kubeflow could not restore.
"""

from tfx.types import artifact


class DriftReport(artifact.Artifact):
    """What DriftEvaluator found."""

    TYPE_NAME = "skewgate.DriftReport"


class SkewReport(artifact.Artifact):
    """What SchemaSkewValidator found."""

    TYPE_NAME = "skewgate.SkewReport"


class PerformanceReport(artifact.Artifact):
    """What PerformanceGate found."""

    TYPE_NAME = "skewgate.PerformanceReport"


class LabelReport(artifact.Artifact):
    """What LabelJoiner found."""

    TYPE_NAME = "skewgate.LabelReport"


class Decision(artifact.Artifact):
    """What QualityGate decided."""

    TYPE_NAME = "skewgate.Decision"


class StateRecord(artifact.Artifact):
    """What StateRecorder left for later runs."""

    TYPE_NAME = "skewgate.StateRecord"


for _type in (DriftReport, SkewReport, PerformanceReport, LabelReport, Decision, StateRecord):
    _type.__module__ = "skewgate"

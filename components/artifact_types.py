"""The artifact types of skewgate. Values are in custom properties: `blessed`, `status`, ...

They are reachable as `skewgate.DriftReport` and so on, the path that Kubeflow imports, and
declare no PROPERTIES, which Kubeflow could not restore. A kind of report has its type from its
record in `skewgate/report/kinds.py`.
"""

from typing import Any

from tfx.types import artifact

from skewgate.report.kinds import KINDS, ReportKind


class StateRecord(artifact.Artifact):
    """What StateRecorder left for later runs."""

    TYPE_NAME = "skewgate.StateRecord"
    __module__ = "skewgate"


def _report_type(kind: ReportKind) -> type[artifact.Artifact]:
    """Makes the artifact type of a kind of report."""
    content = {
        "__doc__": f"{kind.title}: what {kind.made_by} found.",
        "__module__": "skewgate",
        "TYPE_NAME": f"skewgate.{kind.artifact_type}",
    }
    return type(kind.artifact_type, (artifact.Artifact,), content)


REPORT_TYPES: dict[str, type[artifact.Artifact]] = {
    name: _report_type(kind) for name, kind in KINDS.items()
}
"""By the name of the kind of report."""
_BY_NAME = {KINDS[name].artifact_type: each for name, each in REPORT_TYPES.items()}


def __getattr__(name: str) -> Any:
    """Returns the type of reports of that name, such as `DriftReport`."""
    if name in _BY_NAME:
        return _BY_NAME[name]
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

"""skewgate: stands between data, model and production, and decides.

    import skewgate

    report = skewgate.compare(baseline, current)
    report.status, report.failures, report.to_frame(), report.save("out")
    report.assert_pass()

Both sides may be paths, data frames of pandas or Polars, Arrow tables, DuckDB relations, or what
`skewgate.profile` made of them. The artifact types of the TFX components are importable from here
too, as ML Metadata and Kubeflow need. All is loaded on first use: `import skewgate` itself imports
nothing.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from skewgate.api.comparing import compare as compare
    from skewgate.api.inferring import infer_schema as infer_schema
    from skewgate.api.profiles import Profile as Profile
    from skewgate.api.profiling import merge as merge
    from skewgate.api.profiling import profile as profile
    from skewgate.api.reports import Report as Report
    from skewgate.api.reports import read_report as read_report
    from skewgate.api.schemas import Schema as Schema
    from skewgate.core.errors import InputError as InputError

__version__ = "0.1.0"

_FACE = {
    "compare": "skewgate.api.comparing",
    "infer_schema": "skewgate.api.inferring",
    "InputError": "skewgate.core.errors",
    "merge": "skewgate.api.profiling",
    "Profile": "skewgate.api.profiles",
    "profile": "skewgate.api.profiling",
    "read_report": "skewgate.api.reports",
    "Report": "skewgate.api.reports",
    "Schema": "skewgate.api.schemas",
}
"""What is offered for Python, and the module where it is."""


def _artifact_types() -> list[str]:
    from skewgate.report.kinds import KINDS

    return [*sorted(kind.artifact_type for kind in KINDS.values()), "StateRecord"]


def _offered() -> list[str]:
    """Names what is importable from here."""
    return ["__version__", *_FACE, *_artifact_types()]


def __getattr__(name: str) -> Any:
    """Loads what is offered on first use (PEP 562)."""
    if name == "__all__":
        return _offered()
    if name in _FACE:
        import importlib

        return getattr(importlib.import_module(_FACE[name]), name)
    if not name.startswith("_") and name in _artifact_types():
        from skewgate.components import artifact_types

        return getattr(artifact_types, name)
    raise AttributeError(f"module 'skewgate' has no attribute {name!r}")


def __dir__() -> list[str]:
    """Lists what is there, what is loaded on first use included."""
    return sorted({*globals(), *_offered()})

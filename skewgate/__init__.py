"""skewgate: gates between data, model and production for TFX pipelines.

The artifact types are importable from here, as ML Metadata and Kubeflow need,
but loaded on first use: `import skewgate` itself imports neither TFX nor
TensorFlow.
"""

from typing import Any

__version__ = "0.1.0"


def _offered() -> list[str]:
    """Names what is importable from here."""
    from skewgate.report.kinds import KINDS

    return ["__version__", *sorted(kind.artifact_type for kind in KINDS.values()), "StateRecord"]


def __getattr__(name: str) -> Any:
    """Loads an artifact type on first use (PEP 562)."""
    if name == "__all__":
        return _offered()
    if not name.startswith("_") and name in _offered():
        from skewgate.components import artifact_types

        return getattr(artifact_types, name)
    raise AttributeError(f"module 'skewgate' has no attribute {name!r}")


def __dir__() -> list[str]:
    """Lists what is there, the artifact types included."""
    return sorted({*globals(), *_offered()})

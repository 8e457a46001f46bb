"""skewgate: gates between data, model and production for TFX pipelines.

The artifact types are importable from here, as ML Metadata and Kubeflow need,
but loaded on first use: `import skewgate` itself imports neither TFX nor
TensorFlow.
"""

from typing import Any

__version__ = "0.1.0"

_ARTIFACT_TYPES = (
    "Decision",
    "DriftReport",
    "LabelReport",
    "PerformanceReport",
    "SkewReport",
    "StateRecord",
)

__all__ = ["__version__", *_ARTIFACT_TYPES]


def __getattr__(name: str) -> Any:
    """Loads an artifact type on first use (PEP 562)."""
    if name in _ARTIFACT_TYPES:
        from skewgate.components import artifact_types

        return getattr(artifact_types, name)
    raise AttributeError(f"module 'skewgate' has no attribute {name!r}")

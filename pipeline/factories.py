"""The pipelines by name."""

from __future__ import annotations

from typing import Any

from skewgate.core.errors import InputError
from skewgate.pipeline.common import MONITORING, TRAINING
from skewgate.pipeline.deployments import Deployment
from skewgate.pipeline.settings import Settings

NAMES = (TRAINING, MONITORING)


def create(name: str, settings: Settings, deployment: Deployment | None = None) -> Any:
    """Returns a TFX pipeline.

    Args:
        name: one of NAMES.
        settings: of the pipelines.
        deployment: where it runs; this machine by default.

    Raises:
        InputError: there is no such pipeline, or the settings or a contract cannot be used.
    """
    from skewgate.pipeline import monitoring, training

    factories = {TRAINING: training.create_pipeline, MONITORING: monitoring.create_pipeline}
    if name not in factories:
        raise InputError("pipeline", f"must be one of {', '.join(NAMES)}, got {name!r}")
    return factories[name](settings, deployment)

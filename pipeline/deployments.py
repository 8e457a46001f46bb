"""Where a pipeline runs: what differs between this machine and a cluster."""

from __future__ import annotations

import dataclasses
from typing import Any

from skewgate.pipeline.settings import Settings
from skewgate.storage import patterns


@dataclasses.dataclass(frozen=True)
class Deployment:
    """Folders of a run, and whether its parameters are chosen when it is built or when it starts.

    Attributes:
        artifact_root: where the artifacts of the pipeline go.
        state_root: where StateLookup and StateRecorder keep what runs leave for later ones.
        serving_root: where models are pushed to, in a folder for each name.
        metadata_path: the SQLite file of ML Metadata; None where the cluster has its own.
        remote: a cluster runs it: contracts, data and the model's name are runtime parameters
            whose defaults are what the settings say, and the state is looked up without the help of
            the cache.
        scheduled_time: what a run on this machine was scheduled for; "" for now.
    """

    artifact_root: str
    state_root: str
    serving_root: str
    metadata_path: str | None
    remote: bool
    scheduled_time: str = ""

    def text(self, name: str, value: str) -> Any:
        """Returns a text, or the runtime parameter that has it as its default."""
        if not self.remote:
            return value
        from tfx.orchestration import data_types

        return data_types.RuntimeParameter(name=name, ptype=str, default=value)


def local(settings: Settings, name: str, scheduled_time: str = "") -> Deployment:
    """Returns the deployment under `settings.root`.

    Args:
        settings: of the pipeline.
        name: "training" or "monitoring".
        scheduled_time: what the run was scheduled for; now by default.

    Raises:
        InputError: TFX would take the root for a pattern.
    """
    patterns.check_folder(settings.root, "pipeline.yaml: root", "name another folder")
    return Deployment(
        artifact_root=settings.artifact_root(name),
        state_root=settings.state_root,
        serving_root=settings.serving_path,
        metadata_path=settings.metadata_path(name),
        remote=False,
        scheduled_time=scheduled_time,
    )


def cluster(settings: Settings, name: str, root: str) -> Deployment:
    """Returns the deployment under a pipeline root such as "gs://bucket/taxi".

    Models are pushed to "serving" below it, each into a folder of its name.

    Args:
        settings: of the pipeline.
        name: "training" or "monitoring".
        root: common root of both pipelines.
    """
    base = root.rstrip("/")
    return Deployment(
        artifact_root=f"{base}/{settings.pipeline_name(name)}",
        state_root=f"{base}/state",
        serving_root=f"{base}/serving",
        metadata_path=None,
        remote=True,
    )

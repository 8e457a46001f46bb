"""Runs of two pipelines as far as the state knows them: what they record and what they find."""

from __future__ import annotations

import json
import pathlib
from typing import Any

from tensorflow_metadata.proto.v0 import statistics_pb2
from tfx import types
from tfx.types import artifact_utils, standard_artifacts

import skewgate
from skewgate.components.state_lookup import component as lookup_component
from skewgate.components.state_lookup import executor as lookup
from skewgate.components.state_recorder import executor as recorder
from skewgate.components.support import artifact_io
from skewgate.statistics.messages import parse_statistics

SPLITS = ["train", "eval"]
TRAINING, MONITORING = "taxi-training", "taxi-monitoring"


def window(day: int) -> str:
    """Returns the window of a day of November 2026."""
    return f"2026-11-{day:02d}T00:00:00Z/2026-11-{day + 1:02d}T00:00:00Z"


class Runs:
    """Runs on one state, with their artifacts in a folder of this machine."""

    def __init__(self, folder: pathlib.Path, root: str | None = None) -> None:
        """Takes the folder, and that of the state if it is elsewhere."""
        self.folder, self.root = folder, root or str(folder / "state")
        self._count = 0

    def statistics(self, content: str = "", *, span: int = 0, window: str = "") -> types.Artifact:
        """Makes statistics, whose data set has a text and that of the split for its name."""
        self._count += 1
        artifact = standard_artifacts.ExampleStatistics()
        artifact.uri = str(self.folder / "artifacts" / f"statistics-{self._count}")
        artifact.split_names = artifact_utils.encode_split_names(SPLITS)
        artifact.span = span
        if window:
            artifact.set_string_custom_property("window", window)
        for split in SPLITS:
            path = pathlib.Path(artifact_io.statistics_path(artifact, split))
            path.parent.mkdir(parents=True)
            message = statistics_pb2.DatasetFeatureStatisticsList()
            message.datasets.add(name=f"{content}{split}")
            path.write_bytes(message.SerializeToString())
        return artifact

    def artifact(self, kind: type[types.Artifact], name: str) -> types.Artifact:
        """Makes an artifact of two files, one of them in a folder below."""
        made = kind()
        made.uri = str(self.folder / "artifacts" / name)
        for path in ("content", "below/content"):
            file = pathlib.Path(made.uri, path)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(name)
        return made

    def trained(self, name: str = "a", **when: Any) -> dict[str, types.Artifact]:
        """Makes what a training run leaves."""
        examples = self.artifact(standard_artifacts.Examples, f"examples-{name}")
        examples.split_names = artifact_utils.encode_split_names(SPLITS)
        return {
            "statistics": self.statistics(name, **when),
            "examples": examples,
            "model": self.artifact(standard_artifacts.Model, f"model-{name}"),
            "evaluation": self.artifact(standard_artifacts.ModelEvaluation, f"evaluation-{name}"),
        }

    def record(
        self, artifacts: dict[str, types.Artifact], pipeline: str = MONITORING, **more: Any
    ) -> str:
        """Runs StateRecorder and returns the folder of the record."""
        written = skewgate.StateRecord()
        written.uri = str(self.folder / "artifacts" / "record")
        recorder.Executor().Do(
            {name: [artifact] for name, artifact in artifacts.items()},
            {"record": [written]},
            {"state_root": self.root, "pipeline": pipeline, **more},
        )
        return written.get_string_custom_property("folder")

    def monitored(self, content: str, **when: Any) -> str:
        """Records a run of the monitoring pipeline."""
        return self.record({"statistics": self.statistics(content, **when)})

    def recorded(self, pipeline: str) -> list[pathlib.Path]:
        """Returns the files of the records in a state on this machine."""
        return sorted(pathlib.Path(self.root, pipeline).glob("*/record.json"))

    def find(
        self,
        *,
        pipeline: str = MONITORING,
        training: str = TRAINING,
        required: tuple[str, ...] = (),
        span: int = 0,
        window: str = "",
        **more: Any,
    ) -> dict[str, types.Artifact]:
        """Runs StateLookup for rows of a time and returns its outputs."""
        outputs = {}
        for name, parameter in lookup_component.StateLookupSpec.OUTPUTS.items():
            outputs[name] = [parameter.type()]
            outputs[name][0].uri = str(self.folder / "artifacts" / "lookup" / name)
        current = standard_artifacts.Examples()
        current.span = span
        if window:
            current.set_string_custom_property("window", window)
        lookup.Executor().Do(
            {"examples": [current]},
            outputs,
            {
                "state_root": self.root,
                "training": training,
                "pipeline": pipeline,
                "required": json.dumps(list(required)),
                **more,
            },
        )
        return {name: artifacts[0] for name, artifacts in outputs.items()}

    def previous(self, **when: Any) -> str | None:
        """Returns what the statistics before rows of a time hold; None if there are none."""
        found = self.find(**when)["previous_statistics"]
        if found.has_custom_property(artifact_io.ABSENT_PROPERTY):
            return None
        return contents(found).removesuffix(SPLITS[0])


def contents(statistics: types.Artifact, split: str = SPLITS[0]) -> str:
    """Returns what statistics hold of a split."""
    path = artifact_io.statistics_path(statistics, split)
    [dataset] = parse_statistics(artifact_io.read_bytes(path), path).datasets
    return str(dataset.name)

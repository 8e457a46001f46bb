"""What runs leave, in small: rows by ML Metadata itself, records, artifacts, logs."""

from __future__ import annotations

import contextlib
import datetime
import pathlib
import shutil
import sqlite3
import uuid
from typing import Any

import yaml
from ml_metadata.metadata_store import metadata_store
from ml_metadata.proto import metadata_store_pb2 as pb
from tensorflow_metadata.proto.v0 import statistics_pb2
from tfx.types import artifact_utils, standard_artifacts

from skewgate.components.support import artifact_io, state_folder
from skewgate.pipeline import settings as settings_lib
from skewgate.pipeline.retention import cleaning
from skewgate.pipeline.retention.cleaning import Cleaned
from skewgate.pipeline.settings import Settings

NOW = datetime.datetime(2026, 11, 20, tzinfo=datetime.timezone.utc)
NODES = {
    "TabularExampleGen": "examples",
    "SkewStatisticsGen": "statistics",
    "StateLookup": "previous_statistics",
    "DriftEvaluator": "drift_report",
    "StateRecorder": "record",
}
"""Nodes of a run, each with its output."""
_FILES = {"drift_report": ("report.json", "report.html"), "record": ()}
_COMPLETE, _CACHED, _FAILED = 3, 5, 4


class World:
    """The root of some settings, and the runs in it."""

    def __init__(self, folder: pathlib.Path, **retention: Any) -> None:
        """Makes settings named "taxi"."""
        self.folder = folder
        self.root = folder / "root"
        self._store: dict[str, Any] = {}
        self.limit(**retention)

    def limit(self, **retention: Any) -> None:
        """Writes the settings, with other limits; without any the key is left out."""
        section = {"data": "x.csv", "eval_config": "e.pbtxt"}
        content = {
            "name": "taxi",
            "root": str(self.root),
            "schema": "schema.pbtxt",
            "monitoring": section | {"drift": "drift.yaml"},
            "training": section | {"run_fn": "a.b", "splits": {"by": "all", "name": "train"}},
        }
        if retention:
            content["retention"] = retention
        self.config = self.folder / "pipeline.yaml"
        self.config.write_text(yaml.safe_dump(content))
        self.settings: Settings = settings_lib.load(self.config)

    def database(self, pipeline: str = "monitoring") -> str:
        """The path of a pipeline's ML Metadata."""
        return self.settings.metadata_path(pipeline)

    def store(self, pipeline: str = "monitoring") -> Any:
        """Returns the store of a pipeline."""
        if pipeline not in self._store:
            path = pathlib.Path(self.database(pipeline))
            path.parent.mkdir(parents=True, exist_ok=True)
            config = pb.ConnectionConfig()
            config.sqlite.filename_uri = str(path)
            self._store[pipeline] = metadata_store.MetadataStore(config)
        return self._store[pipeline]

    def run(
        self,
        day: int,
        *,
        pipeline: str = "monitoring",
        state: int = _COMPLETE,
        cached: dict[str, int] | None = None,
        previous: str = "",
        nodes: tuple[str, ...] = tuple(NODES),
        window: bool = True,
    ) -> str:
        """Leaves what a run of some day of November does; returns its id.

        Args:
            day: when it began, and the day before of which its rows are.
            pipeline: whose.
            state: of its nodes; what has failed leaves no record.
            cached: by node, an execution of an earlier run whose result it takes.
            previous: the folder of the record that it compares with.
            nodes: that have run.
            window: says of its rows when they are from.
        """
        began = NOW.replace(day=day)
        run_id = f"{began:%Y%m%dT%H%M%SZ}-{uuid.uuid4().hex[:8]}"
        store, name = self.store(pipeline), self.settings.pipeline_name(pipeline)
        contexts = [
            _context(store, "pipeline", name),
            run_context := _context(store, "pipeline_run", run_id),
        ]
        store.put_parent_contexts(
            [pb.ParentContext(child_id=run_context.id, parent_id=contexts[0].id)]
        )
        earlier: list[int] = []
        for node in nodes:
            earlier = self._node(
                node, pipeline, [*contexts, _context(store, "node", f"{name}.{node}")],
                state, earlier, (cached or {}).get(node), previous, day, window,
            )  # fmt: skip
        log = self.settings.log_path(pipeline, run_id)
        log.parent.mkdir(parents=True, exist_ok=True)
        log.write_text(f"log of {run_id}\n")
        self._date(pipeline, run_id, began)
        return run_id

    def _node(
        self,
        node: str,
        pipeline: str,
        contexts: list[Any],
        state: int,
        inputs: list[int],
        cached: int | None,
        previous: str,
        day: int,
        window: bool,
    ) -> list[int]:
        """Leaves what a node does; returns its outputs, which the next one reads."""
        store, output = self.store(pipeline), NODES[node]
        kind = pb.ExecutionType(name=f"skewgate.components.x.component.{node}")
        number = uuid.uuid4().hex
        execution = pb.Execution(
            type_id=store.put_execution_type(kind),
            name=number,
            last_known_state=_CACHED if cached else state,
        )
        execution.custom_properties["__stateful_working_dir_index__"].string_value = number
        contexts = [*contexts, _context(store, "execution_cache", f"{node}-{cached or number}")]
        (execution.id,) = store.put_executions([execution])
        events = [(artifact, pb.Event.INPUT) for artifact in inputs]
        made: list[int] = []
        root = pathlib.Path(self.settings.artifact_root(pipeline), node)
        for kind_of in ("driver_execution", "executor_execution"):
            (root / ".system" / kind_of / str(execution.id)).mkdir(parents=True)
        if cached:
            found = store.get_events_by_execution_ids([cached])
            made = [event.artifact_id for event in found if event.type == pb.Event.OUTPUT]
        elif state == _COMPLETE:
            folder = root / output / str(execution.id)
            folder.mkdir(parents=True)
            uri = previous if node == "StateLookup" and previous else str(folder)
            artifact = pb.Artifact(
                type_id=store.put_artifact_type(pb.ArtifactType(name=output)),
                uri=uri,
                state=pb.Artifact.LIVE,
            )
            for file in _FILES.get(output, ("content",)):
                (folder / file).write_text(f"{output} {execution.id}\n" * 40)
            if node == "StateRecorder":
                record = self.record(pipeline, day, root.parent, execution.id, window=window)
                artifact.custom_properties["folder"].string_value = record
            made = store.put_artifacts([artifact])
        events += [(artifact, pb.Event.OUTPUT) for artifact in made]
        paths = [pb.Event.Path.Step(key=output), pb.Event.Path.Step(index=0)]
        store.put_events(
            [
                pb.Event(
                    execution_id=execution.id,
                    artifact_id=artifact,
                    type=kind_of_event,
                    path=pb.Event.Path(steps=paths),
                )
                for artifact, kind_of_event in events
            ]
        )
        store.put_attributions_and_associations(
            [
                pb.Attribution(artifact_id=each, context_id=context.id)
                for each in made
                for context in contexts
            ],
            [pb.Association(execution_id=execution.id, context_id=each.id) for each in contexts],
        )
        return made or inputs

    def record(
        self, pipeline: str, day: int, artifacts: pathlib.Path, number: int, *, window: bool = True
    ) -> str:
        """Writes the record of a run of some day, which names its examples; returns its folder."""
        statistics = standard_artifacts.ExampleStatistics()
        statistics.uri = str(artifacts / "SkewStatisticsGen" / "statistics" / str(number - 3))
        statistics.split_names = artifact_utils.encode_split_names(["serving"])
        if window:
            start, end = NOW.replace(day=day) - datetime.timedelta(days=1), NOW.replace(day=day)
            text = f"{start:%Y-%m-%dT%H:%M:%SZ}/{end:%Y-%m-%dT%H:%M:%SZ}"
            statistics.set_string_custom_property("window", text)
        path = pathlib.Path(artifact_io.statistics_path(statistics, "serving"))
        path.parent.mkdir(parents=True)
        made = statistics_pb2.DatasetFeatureStatisticsList()
        made.datasets.add(num_examples=day)
        path.write_bytes(made.SerializeToString())
        examples = standard_artifacts.Examples()
        examples.uri = str(artifacts / "TabularExampleGen" / "examples" / str(number - 4))
        return state_folder.write(
            self.settings.state_root,
            self.settings.pipeline_name(pipeline),
            0,
            {"statistics": statistics, "examples": examples},
            NOW.replace(day=day).strftime(state_folder.NAME_FORM),
        )

    def _date(self, pipeline: str, run_id: str, began: datetime.datetime) -> None:
        with contextlib.closing(sqlite3.connect(self.database(pipeline))) as connection:
            connection.execute(
                "UPDATE Context SET create_time_since_epoch = ? WHERE name = ?",
                (int(began.timestamp() * 1000), run_id),
            )
            connection.commit()

    def save(self) -> None:
        """Keeps what there is."""
        self._saved = self.folder / "saved"
        shutil.copytree(self.root, self._saved)

    def restore(self) -> None:
        """Puts what was kept in the place of what there is."""
        self._store.clear()
        shutil.rmtree(self.root)
        shutil.copytree(self._saved, self.root)

    def clean(self, pipeline: str = "monitoring", **options: Any) -> Cleaned:
        """Cleans on the 20th of November."""
        return cleaning.clean(self.settings, pipeline, now=NOW.timestamp(), **options)

    def run_ids(self, pipeline: str = "monitoring") -> set[str]:
        """Returns the runs that ML Metadata knows."""
        return {each.name for each in self.store(pipeline).get_contexts_by_type("pipeline_run")}

    def paths(self) -> list[str]:
        """Returns every file, and every folder that holds none, below the root."""
        found = [each for each in self.root.rglob("*") if each.is_file() or not any(each.iterdir())]
        return sorted(str(each.relative_to(self.root)) for each in found)

    def records(self, pipeline: str = "monitoring") -> list[str]:
        """Returns the days of the records in the state."""
        folder = pathlib.Path(self.settings.state_root, self.settings.pipeline_name(pipeline))
        return sorted(path.name[:8] for path in folder.iterdir() if path.is_dir())


def four_runs(folder: pathlib.Path) -> World:
    """Three good runs and a failed one; the last takes the rows of the first from the cache."""
    world = World(folder, runs=1)
    world.run(1)
    world.run(2, state=_FAILED)
    world.run(3)
    world.run(4, cached={"TabularExampleGen": 1})
    world.save()
    return world


def _context(store: Any, kind: str, name: str) -> Any:
    """Returns a context, which is made if it is not there."""
    found = store.get_context_by_type_and_name(kind, name)
    if found is None:
        type_id = store.put_context_type(pb.ContextType(name=kind))
        found = pb.Context(type_id=type_id, name=name)
        (found.id,) = store.put_contexts([found])
    return found


def count(path: str, table: str) -> int:
    """Returns the number of rows of a table."""
    with contextlib.closing(sqlite3.connect(path)) as connection:
        (number,) = connection.execute(f"SELECT count(*) FROM {table}").fetchone()
    return int(number)

"""Copies of a real run: the same rows of ML Metadata, files, log and record, of another hour.

What a copy holds is what the run left: ids, times, places and keys of the cache are new, everything
else is as it was. Loading TFX once for each of thousands of runs would take days.
"""

from __future__ import annotations

import dataclasses
import datetime
import os
import pathlib
import shutil
import sqlite3
import uuid
from typing import Any

from tfx.types import artifact_utils, standard_artifacts

from skewgate.components.support import artifact_io, state_folder
from skewgate.pipeline.settings import Settings

_FAILED = 4
_MOST_BYTES = 4_096
"""Of an artifact's file that is copied; the statistics in records are whole."""
_GATE, _RECORDER = "QualityGate", "StateRecorder"
Row = dict[str, Any]


@dataclasses.dataclass
class Copies:
    """Leaves copies of the newest run of the monitoring pipeline.

    Attributes:
        settings: of the pipelines.
        run_id: of the run that is copied; one that went through.
    """

    settings: Settings
    run_id: str

    def __post_init__(self) -> None:
        path = self.settings.metadata_path("monitoring")
        self._connection = sqlite3.connect(path, isolation_level=None)
        self._connection.row_factory = sqlite3.Row
        self._connection.execute("PRAGMA synchronous = OFF")  # the rows are those of a run
        (context,) = self._rows("Context", f"name = '{self.run_id}'")
        self._context = context["id"]
        inside = f"IN (SELECT execution_id FROM Association WHERE context_id = {self._context})"
        self.executions = self._rows("Execution", f"id {inside}")
        self._events = self._rows("Event", f"execution_id {inside}")
        made = ",".join({str(each["artifact_id"]) for each in self._events})
        self._artifacts = self._rows("Artifact", f"id IN ({made})")
        events = ",".join(str(each["id"]) for each in self._events)
        self._paths = self._rows("EventPath", f"event_id IN ({events})")
        self._of_executions = self._rows("ExecutionProperty", f"execution_id {inside}")
        self._of_artifacts = self._rows("ArtifactProperty", f"artifact_id IN ({made})")
        self._associations = self._rows("Association", f"execution_id {inside}")
        self._attributions = self._rows("Attribution", f"artifact_id IN ({made})")
        self._parents = self._rows("ParentContext", f"context_id = {self._context}")
        keys = (
            "id IN (SELECT context_id FROM Association WHERE context_id != "
            f"{self._context} AND execution_id {inside}) AND type_id = "
            "(SELECT id FROM Type WHERE name = 'execution_cache')"
        )
        self._keys = [context, *self._rows("Context", keys)]
        kinds = {each["id"]: each["name"] for each in self._rows("Type", "type_kind = 0")}
        self._nodes = {
            each["id"]: kinds[each["type_id"]].rpartition(".")[2] for each in self.executions
        }
        self._first = min(self._nodes)
        self._root = pathlib.Path(self.settings.artifact_root("monitoring"))
        self._templates = self._folders()
        self._log = self.settings.log_path("monitoring", self.run_id).read_bytes()
        self._previous = ""

    def _rows(self, table: str, condition: str) -> list[Row]:
        found = self._connection.execute(f"SELECT * FROM {table} WHERE {condition}")
        return [dict(each) for each in found]

    def _next(self, table: str) -> int:
        query = "SELECT seq FROM sqlite_sequence WHERE name = ?"
        return int(self._connection.execute(query, (table,)).fetchone()[0]) + 1

    def leave(self, hour: datetime.datetime, *, good: bool) -> None:
        """Leaves what a run at some hour would: of one whose gate shut no record.

        Args:
            hour: when it began; its rows are of the hour before.
            good: it went through.
        """
        nodes = {number: node for number, node in self._nodes.items() if good or node != _RECORDER}
        executions = {old: self._next("Execution") + at for at, old in enumerate(sorted(nodes))}
        artifacts = {
            each["id"]: self._next("Artifact") + at for at, each in enumerate(self._artifacts)
        }
        moved = {
            str(self._root / path): str(self._root / path.parent / str(executions[int(path.name)]))
            for path in self._templates
            if int(path.name) in executions
        }
        self._write_files(moved, executions, hour)
        record = self._record(hour, moved) if good else ""
        self._write_rows(hour, good, nodes, executions, artifacts, moved, record)
        self._previous = record or self._previous

    def close(self) -> None:
        """Lets the database go."""
        self._connection.close()

    def _folders(self) -> list[pathlib.Path]:
        """Returns the folders of the executions, below that of the artifacts."""
        numbers = {str(number) for number in self._nodes}
        return [
            path.relative_to(self._root)
            for path in sorted(self._root.glob("*/*/*"))
            if path.name in numbers and path.parent.name != ".system"
        ]

    def _record(self, hour: datetime.datetime, moved: dict[str, str]) -> str:
        """Writes the record that the run would have written, of an hour's rows."""
        found = {}
        for kind, name in (
            (standard_artifacts.ExampleStatistics, "SkewStatisticsGen/statistics"),
            (standard_artifacts.Examples, "TabularExampleGen/examples"),
        ):
            artifact = kind()
            start = str(self._root / name)
            place = next(each for each in moved if each.startswith(start))
            # Statistics are copied from where they are whole; examples are named.
            artifact.uri = moved[place] if name.endswith("examples") else place
            artifact.split_names = artifact_utils.encode_split_names(["serving"])
            began = hour - datetime.timedelta(hours=1)
            window = f"{began:%Y-%m-%dT%H:%M:%SZ}/{hour:%Y-%m-%dT%H:%M:%SZ}"
            artifact.set_string_custom_property(artifact_io.WINDOW_PROPERTY, window)
            found[name.rpartition("/")[2]] = artifact
        return state_folder.write(
            self.settings.state_root,
            self.settings.pipeline_name("monitoring"),
            0,
            found,
            hour.strftime(state_folder.NAME_FORM),
        )

    def _write_rows(
        self,
        hour: datetime.datetime,
        good: bool,
        nodes: dict[int, str],
        executions: dict[int, int],
        artifacts: dict[int, int],
        moved: dict[str, str],
        record: str,
    ) -> None:
        now = {
            "create_time_since_epoch": int(hour.timestamp() * 1000),
            "last_update_time_since_epoch": int(hour.timestamp() * 1000) + 5_000,
        }
        made = {
            each["artifact_id"]
            for each in self._events
            if each["type"] == _OUTPUT and each["execution_id"] in executions
        }
        self._connection.execute("BEGIN")
        first = self._next("Context")
        contexts = {each["id"]: first + at for at, each in enumerate(self._keys)}
        for each in self._keys:
            name = uuid.uuid4().hex * 2
            if each["id"] == self._context:
                name = f"{hour:%Y%m%dT%H%M%SZ}-{uuid.uuid4().hex[:8]}"
                log = self.settings.log_path("monitoring", name)
                log.write_bytes(self._log)
            self._insert("Context", each | now | {"id": contexts[each["id"]], "name": name})
        for each in self._parents:
            self._insert("ParentContext", each | {"context_id": contexts[each["context_id"]]})
        for each in self.executions:
            if each["id"] not in executions:
                continue
            change: Row = {"id": executions[each["id"]], "name": str(uuid.uuid4())}
            if nodes[each["id"]] == _GATE and not good:
                change["last_known_state"] = _FAILED
            self._insert("Execution", each | now | change)
        for each in self._of_executions:
            if each["execution_id"] in executions:
                change = {"execution_id": executions[each["execution_id"]]}
                if each["name"] in ("once", "__stateful_working_dir_index__"):
                    change["string_value"] = str(uuid.uuid4())
                self._insert("ExecutionProperty", each | change)
        for each in self._artifacts:
            if each["id"] not in made:
                continue
            uri = moved.get(each["uri"], each["uri"])
            if "/state/" in uri and "monitoring" in uri and self._previous:
                uri = os.path.join(self._previous, os.path.basename(uri))
            self._insert("Artifact", each | now | {"id": artifacts[each["id"]], "uri": uri})
        for each in self._of_artifacts:
            if each["artifact_id"] in made:
                change = {"artifact_id": artifacts[each["artifact_id"]]}
                if each["name"] == "folder":
                    change["string_value"] = record
                self._insert("ArtifactProperty", each | change)
        events = {}
        first = self._next("Event")
        for each in self._events:
            if each["execution_id"] in executions and each["artifact_id"] in made:
                events[each["id"]] = first + len(events)
                change = {
                    "id": events[each["id"]],
                    "artifact_id": artifacts[each["artifact_id"]],
                    "execution_id": executions[each["execution_id"]],
                }
                self._insert("Event", each | change)
        for each in self._paths:
            if each["event_id"] in events:
                self._insert("EventPath", each | {"event_id": events[each["event_id"]]})
        for table, rows, key, ids in (
            ("Association", self._associations, "execution_id", executions),
            (
                "Attribution",
                self._attributions,
                "artifact_id",
                {old: artifacts[old] for old in made},
            ),
        ):
            for each in rows:
                if each[key] in ids:
                    context = contexts.get(each["context_id"], each["context_id"])
                    change = {"id": None, "context_id": context, key: ids[each[key]]}
                    self._insert(table, each | change)
        self._connection.execute("COMMIT")

    def _insert(self, table: str, row: Row) -> None:
        names = ", ".join(row)
        marks = ", ".join("?" * len(row))
        self._connection.execute(
            f"INSERT INTO {table} ({names}) VALUES ({marks})", tuple(row.values())
        )

    def _write_files(
        self, moved: dict[str, str], executions: dict[int, int], hour: datetime.datetime
    ) -> None:
        for source, target in moved.items():
            shutil.copytree(source, target, copy_function=_copy_start)
        for old, new in executions.items():
            system = self._root / self._nodes[old] / ".system"
            for name in (
                f"executor_execution/{new}",
                f"driver_execution/{int(hour.timestamp() * 1e6)}",
            ):
                (system / name).mkdir(parents=True)


_OUTPUT = 4


def _copy_start(source: str, target: str) -> None:
    with open(source, "rb") as read, open(target, "wb") as written:
        written.write(read.read(_MOST_BYTES))

"""Looks at data and decides what `skewgate init` writes of them."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Mapping
from typing import Any

import pyarrow as pa
from tensorflow_metadata.proto.v0 import schema_pb2

from skewgate.core.errors import InputError
from skewgate.core.profile import Profile
from skewgate.data.arrow import kinds
from skewgate.data.sources.reading_options import ReadingOptions
from skewgate.scaffold import columns as columns_lib
from skewgate.scaffold import drifting, labels, rows, schemas, splitting
from skewgate.scaffold.columns import Column, Role
from skewgate.scaffold.labels import Label
from skewgate.schema.reading import categorical_features
from skewgate.simulation.reading import Progress

MOST_ROWS = 100_000
"""Rows of a side that are looked at closely."""


@dataclasses.dataclass(frozen=True)
class Table:
    """Data that were read once.

    Attributes:
        place: what the user named.
        schema: as inferred.
        profile: of all rows.
        rows: how many there are.
    """

    place: str
    schema: schema_pb2.Schema
    profile: Profile
    rows: int

    @property
    def names(self) -> list[str]:
        """The columns, in the order of the data."""
        return [feature.name for feature in self.schema.feature]


@dataclasses.dataclass(frozen=True)
class Plan:
    """What is written.

    Attributes:
        name: of the pipelines.
        training, serving: the data; serving is None if a part of the training data is held out.
        label: what is predicted.
        columns: of the training data, by name.
        features: what the model learns from, by name.
        splitting: of the training rows.
        drifting: of drift.yaml.
        schema: of the training rows, with environments.
        notes: on features of the schema, by name.
        reading: how CSV is written, as far as the user said it.
    """

    name: str
    training: Table
    serving: Table | None
    label: Label
    columns: dict[str, Column]
    features: dict[str, Column]
    splitting: splitting.Splitting
    drifting: drifting.Drifting
    schema: schema_pb2.Schema
    notes: dict[str, str]
    reading: dict[str, Any]

    @property
    def serving_has_labels(self) -> bool:
        """Whether the monitored rows have the label."""
        return self.serving is None or self.label.name in self.serving.names

    def rows_of(self, split: str) -> int:
        """Returns about how many rows a split has; "serving" is what is monitored."""
        if split == splitting.SERVING and self.serving is not None:
            return self.serving.rows
        return round(self.splitting.shares[split] * self.training.rows)


def make(
    training: Table,
    serving: Table | None,
    given_label: str | None,
    csv: ReadingOptions,
    progress: Progress = lambda place, count: None,
    step: Callable[[], None] = lambda: None,
) -> Plan:
    """Looks at data and returns what to write.

    Args:
        training: the rows to learn from.
        serving: what a model sees; None to hold out a part of the training rows.
        given_label: the name of the label; None to find it.
        csv: how CSV is written.
        progress: told the place and the rows of every batch read.
        step: called after each comparison of the rehearsal.

    Raises:
        InputError: the label cannot be told or predicted, or data cannot be read.
    """
    columns = columns_lib.describe(training.profile, training.names)
    name = labels.choose(given_label, columns, None if serving is None else serving.names)
    types = kinds.column_types(training.schema)
    sample, counts = rows.sample(training.place, name, types, csv, MOST_ROWS, progress)
    label = _label(training, columns[name], counts, types, csv, progress)
    chosen = splitting.choose(
        columns, training.profile, sample, name, has_serving=serving is not None
    )
    parts = chosen.parts(sample, training.place)
    current = None
    if serving is not None:
        known = {each: kind for each, kind in types.items() if each in serving.names}
        current, _ = rows.sample(serving.place, name, known, csv, MOST_ROWS, progress)
    ignored = _ignored(columns, label.name, serving)
    categorical = categorical_features(training.schema)
    last = splitting.SERVING if serving is None else splitting.EVAL
    compared = drifting.choose(
        parts[splitting.TRAIN], parts[last], current, ignored, categorical, step
    )
    features = {
        each.name: each
        for each in columns.values()
        if each.name != name
        and (each.role is Role.TIME or each.name not in compared.ignored)
        and each.role is not Role.NOTHING
        and (serving is None or each.name in serving.names)
    }
    if not features:
        raise InputError(training.place, f"has no column to learn {name} from", "add columns")
    schema, notes = schemas.complete(
        training.schema, label, columns, sample, None if serving is None else serving.names
    )
    return Plan(
        name=_pipeline_name(training.place, name),
        training=training,
        serving=serving,
        label=label,
        columns=columns,
        features=features,
        splitting=chosen,
        drifting=compared,
        schema=schema,
        notes=notes,
        reading=dict(csv.given() or {}),
    )


def _label(
    training: Table,
    column: Column,
    counts: Mapping[Any, int] | None,
    types: Mapping[str, pa.DataType],
    csv: ReadingOptions,
    progress: Progress,
) -> Label:
    side = training.profile.slices[""][column.name]
    label = labels.of_values(column, side, counts)
    if label.feature_type == "BYTES" and column.role is Role.NUMBER:
        as_text = {**types, column.name: pa.string()}
        words = rows.count(training.place, column.name, as_text, csv, progress)
        label = labels.in_words(label, words)
    return label


def _ignored(columns: Mapping[str, Column], label: str, serving: Table | None) -> dict[str, str]:
    """Returns what is not compared for drift, with the reason."""
    found = {label: "is the label, which comes late: the gate on performance judges it"}
    for each in columns.values():
        if each.name == label:
            continue
        if each.role is Role.NOTHING:
            found[each.name] = each.reason
        elif each.role is Role.TIME:
            found[each.name] = "holds times, which move on"
        elif serving is not None and each.name not in serving.names:
            found[each.name] = "is not in the serving data"
    return found


def _pipeline_name(place: str, label: str) -> str:
    """Returns a name for pipelines: that of the data, and of what is predicted.

    >>> _pipeline_name("data/Flights_2013.csv.gz", "arr_delay"), _pipeline_name("s3://b/*.csv", "y")
    ('flights-2013-arr-delay', 'data-y')
    """
    file = re.split(r"[/\\\\]", place.rstrip("/\\"))[-1].split(".")[0]
    words = re.findall(r"[a-z0-9]+", f"{file} {label}".lower())
    if not re.search(r"[a-zA-Z0-9]", file) or not re.match(r"[a-z]", words[0]):
        words.insert(0, "data")
    return "-".join(words)[:40].strip("-")

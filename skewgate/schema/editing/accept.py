"""Accepts anomalies into a schema one by one: each changes only the fields that it concerns.

What a field becomes is what TFDV's `update_schema` makes of it, with these exceptions, where TFDV
would switch the feature off (`lifecycle_stage: DEPRECATED`) or knows nothing to do:

- another type of data changes `type`, and the domain to one of that type;
- a column missing in an environment is declared `not_in_environment`, one found in an environment
  that it was excluded from is declared to be in it;
- too few or too many rows change `dataset_constraints`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any, Protocol

from tensorflow_metadata.proto.v0 import anomalies_pb2, path_pb2, schema_pb2, statistics_pb2

from skewgate.schema.editing.changes import (
    add_feature,
    find,
    take_composite,
    take_fields,
    take_type,
)
from skewgate.schema.inference.infer import infer
from skewgate.schema.inference.views import rows_of

DATASET_NAME = "@dataset"
"""Names the data set where a feature would stand, in `--accept`."""
_ROUNDS = 5


class Validation(Protocol):
    """What TFDV does with a schema and statistics."""

    def update(
        self, schema: schema_pb2.Schema, statistics: statistics_pb2.DatasetFeatureStatisticsList
    ) -> schema_pb2.Schema:
        """Returns the schema, widened so that the data fit."""

    def validate(
        self,
        schema: schema_pb2.Schema,
        statistics: statistics_pb2.DatasetFeatureStatisticsList,
        environment: str | None,
    ) -> anomalies_pb2.Anomalies:
        """Returns in what the data do not fit."""


@dataclasses.dataclass(frozen=True)
class Anomaly:
    """One way in which data do not fit a schema.

    Attributes:
        steps: path of the feature; empty for the data set.
        kind: TFDV's anomaly type.
        text: TFDV's words.
    """

    steps: tuple[str, ...]
    kind: str
    text: str

    @property
    def feature(self) -> str:
        """Name of the feature, `parent.child` within a struct."""
        return ".".join(self.steps) or DATASET_NAME

    @property
    def key(self) -> str:
        """What `--accept` calls it."""
        return f"{self.feature}:{self.kind}"


@dataclasses.dataclass(frozen=True)
class Acceptor:
    """Changes schemas so that data fit.

    Attributes:
        validation: TFDV.
        statistics: of the data.
        environment: the environment that the data are from, if any.
    """

    validation: Validation
    statistics: statistics_pb2.DatasetFeatureStatisticsList
    environment: str | None = None

    def anomalies(self, schema: schema_pb2.Schema) -> list[Anomaly]:
        """Returns the anomalies of the data in the order of the schema, new columns last."""
        found = self.validation.validate(schema, self.statistics, self.environment)
        listed: dict[tuple[tuple[str, ...], str], list[str]] = {}
        for name, info in found.anomaly_info.items():
            steps = tuple(info.path.step) or (name,)
            for reason in info.reason:
                kind = anomalies_pb2.AnomalyInfo.Type.Name(reason.type)
                listed.setdefault((steps, kind), []).append(reason.description)
        for reason in found.dataset_anomaly_info.reason:
            kind = anomalies_pb2.AnomalyInfo.Type.Name(reason.type)
            listed.setdefault(((), kind), []).append(reason.description)
        order = {feature.name: place for place, feature in enumerate(schema.feature)}
        return [
            Anomaly(steps, kind, " ".join(text.strip() for text in texts))
            for (steps, kind), texts in sorted(
                listed.items(),
                key=lambda item: (order.get((*item[0][0], "")[0], len(order)), item[0]),
            )
        ]

    def accept(self, schema: schema_pb2.Schema, anomaly: Anomaly) -> schema_pb2.Schema:
        """Returns a schema that accepts an anomaly; equal to the schema if none is known."""
        changed = schema_pb2.Schema()
        changed.CopyFrom(schema)
        if not anomaly.steps:
            self._accept_rows(changed, anomaly.kind)
            return changed
        part = _only(self.statistics, anomaly.steps)
        updated = self.validation.update(schema, part)
        feature, source = find(changed, anomaly.steps), find(updated, anomaly.steps)
        if feature is None:
            if anomaly.kind == "SCHEMA_NEW_COLUMN" and source is not None:
                add_feature(changed, updated, anomaly.steps, source)
            elif anomaly.kind.startswith(("SPARSE_", "WEIGHTED_")):
                take_composite(changed, updated, anomaly.steps[-1])
        elif anomaly.kind == "SCHEMA_NEW_COLUMN":
            self._enter(changed, feature)
        elif anomaly.kind in ("SCHEMA_MISSING_COLUMN", "FEATURE_TYPE_NOT_PRESENT"):
            self._leave(feature)
        elif anomaly.kind == "UNEXPECTED_DATA_TYPE":
            fresh = infer(part)
            take_type(changed, feature, fresh, find(fresh, anomaly.steps))
        elif source is not None:
            take_fields(changed, feature, updated, source, anomaly.kind)
        return changed

    def accept_all(
        self,
        schema: schema_pb2.Schema,
        is_chosen: Callable[[Anomaly], bool] = lambda anomaly: True,
    ) -> schema_pb2.Schema:
        """Returns a schema that accepts all chosen anomalies, as far as a change is known.

        A change can bring others to light (of a column that was thought to have another type,
        say); those that are chosen are accepted too.
        """
        for _ in range(_ROUNDS):
            before = schema
            for anomaly in self.anomalies(schema):
                if is_chosen(anomaly):
                    schema = self.accept(schema, anomaly)
            if schema == before:
                break
        return schema

    def _accept_rows(self, schema: schema_pb2.Schema, kind: str) -> None:
        rows = rows_of(self.statistics).num_examples
        if kind == "DATASET_LOW_NUM_EXAMPLES":
            schema.dataset_constraints.min_examples_count = rows
        elif kind == "DATASET_HIGH_NUM_EXAMPLES":
            schema.dataset_constraints.max_examples_count = rows

    def _enter(self, schema: schema_pb2.Schema, feature: Any) -> None:
        """Declares that a feature is in the environment."""
        kept = [name for name in feature.not_in_environment if name != self.environment]
        feature.not_in_environment[:] = kept
        if self.environment and self.environment not in schema.default_environment:
            feature.in_environment.append(self.environment)

    def _leave(self, feature: Any) -> None:
        """Declares that a feature is not in the environment; without one, not used any more."""
        if self.environment is None:
            feature.lifecycle_stage = schema_pb2.DEPRECATED
            return
        kept = [name for name in feature.in_environment if name != self.environment]
        feature.in_environment[:] = kept
        feature.not_in_environment.append(self.environment)


def _only(
    statistics: statistics_pb2.DatasetFeatureStatisticsList, steps: tuple[str, ...]
) -> statistics_pb2.DatasetFeatureStatisticsList:
    """Returns the statistics without other top-level features.

    So a domain that features share takes the values of this one only. Features that refer to
    others (sparse and weighted ones) keep them all.
    """
    dataset = rows_of(statistics)
    kept = [f for f in dataset.features if _steps(f)[:1] == steps[:1]]
    if not kept or any(not (f.HasField("num_stats") or f.HasField("string_stats")) for f in kept):
        kept = list(dataset.features)
    part = statistics_pb2.DatasetFeatureStatisticsList()
    copied = part.datasets.add(name=dataset.name, num_examples=dataset.num_examples)
    if dataset.weighted_num_examples:
        copied.weighted_num_examples = dataset.weighted_num_examples
    copied.features.extend(kept)
    return part


def _steps(feature: statistics_pb2.FeatureNameStatistics) -> tuple[str, ...]:
    path: path_pb2.Path = feature.path
    return tuple(path.step) or (feature.name,)

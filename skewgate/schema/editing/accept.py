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
import math
from collections.abc import Callable, Sequence
from typing import Any, Protocol

from tensorflow_metadata.proto.v0 import anomalies_pb2, path_pb2, schema_pb2, statistics_pb2

from skewgate.schema.editing.render import is_repeated
from skewgate.statistics.reading import overall

DATASET_NAME = "@dataset"
"""Names the data set where a feature would stand, in `--accept`."""
_ROUNDS = 5
_DOMAINS = ("BOOL_TYPE_", "ENUM_TYPE_", "FLOAT_TYPE_", "INT_TYPE_", "STRING_TYPE_")
_FIELDS: dict[str, tuple[tuple[str, ...], ...]] = {
    "FEATURE_TYPE_LOW_FRACTION_PRESENT": (("presence", "min_fraction"),),
    "FEATURE_TYPE_LOW_NUMBER_PRESENT": (("presence", "min_count"),),
    "FEATURE_TYPE_LOW_NUMBER_VALUES": (("value_count", "min"), ("value_counts",)),
    "FEATURE_TYPE_HIGH_NUMBER_VALUES": (("value_count", "max"), ("value_counts",)),
    "VALUE_NESTEDNESS_MISMATCH": (("value_count",), ("value_counts",)),
    "INVALID_FEATURE_SHAPE": (("shape",),),
    "FEATURE_TYPE_LOW_UNIQUE": (("unique_constraints", "min"),),
    "FEATURE_TYPE_HIGH_UNIQUE": (("unique_constraints", "max"),),
    "FEATURE_TYPE_NO_UNIQUE": (("unique_constraints",),),
    "FLOAT_TYPE_SMALL_FLOAT": (("float_domain", "min"),),
    "FLOAT_TYPE_BIG_FLOAT": (("float_domain", "max"),),
    "FLOAT_TYPE_HAS_NAN": (("float_domain", "disallow_nan"),),
    "FLOAT_TYPE_HAS_INF": (("float_domain", "disallow_inf"),),
    "INT_TYPE_SMALL_INT": (("int_domain", "min"),),
    "INT_TYPE_BIG_INT": (("int_domain", "max"),),
    "LOW_SUPPORTED_IMAGE_FRACTION": (("image_domain", "minimum_supported_image_fraction"),),
    "MAX_IMAGE_BYTE_SIZE_EXCEEDED": (("image_domain", "max_image_byte_size"),),
    "FEATURE_MISSING_TYPE": (("type",), ("lifecycle_stage",)),
    "INVALID_SCHEMA_SPECIFICATION": (
        ("presence",),
        ("value_count",),
        ("distribution_constraints",),
    ),
}
"""Anomaly type to the fields of a feature that accepting it may change."""
_DOMAIN_TYPES = frozenset(
    (
        "DOMAIN_INVALID_FOR_TYPE",
        "INVALID_DOMAIN_SPECIFICATION",
        "INVALID_SCHEMA_SPECIFICATION",
        "SEMANTIC_DOMAIN_UPDATE",
        "NLP_WRONG_LOCATION",
        "EMBEDDING_SHAPE_INVALID",
        "FEATURE_COVERAGE_TOO_LOW",
        "FEATURE_COVERAGE_TOO_SHORT_AVG_TOKEN_LENGTH",
        "SEQUENCE_VALUE_TOO_FEW_OCCURRENCES",
        "SEQUENCE_VALUE_TOO_MANY_OCCURRENCES",
        "SEQUENCE_VALUE_TOO_SMALL_FRACTION",
        "SEQUENCE_VALUE_TOO_LARGE_FRACTION",
    )
)
"""Types that concern the domain of a feature as a whole, beside those that `_DOMAINS` start."""


class Validation(Protocol):
    """What TFDV does with a schema and statistics."""

    def infer(self, statistics: statistics_pb2.DatasetFeatureStatisticsList) -> schema_pb2.Schema:
        """Returns the schema that the data suggest."""

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
                _add(changed, updated, anomaly.steps, source)
            elif anomaly.kind.startswith(("SPARSE_", "WEIGHTED_")):
                _take_composite(changed, updated, anomaly.steps[-1])
        elif anomaly.kind == "SCHEMA_NEW_COLUMN":
            self._enter(changed, feature)
        elif anomaly.kind in ("SCHEMA_MISSING_COLUMN", "FEATURE_TYPE_NOT_PRESENT"):
            self._leave(feature)
        elif anomaly.kind == "UNEXPECTED_DATA_TYPE":
            fresh = self.validation.infer(part)
            _take_type(changed, feature, fresh, find(fresh, anomaly.steps))
        elif source is not None:
            _take_fields(changed, feature, updated, source, anomaly.kind)
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
        rows = _rows_of(self.statistics).num_examples
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


def find(schema: Any, steps: Sequence[str]) -> Any:
    """Returns the feature at a path; None if there is none."""
    features = schema.feature
    for depth, step in enumerate(steps):
        feature = next((item for item in features if item.name == step), None)
        if feature is None or depth == len(steps) - 1:
            return feature
        features = feature.struct_domain.feature
    return None


def _rows_of(
    statistics: statistics_pb2.DatasetFeatureStatisticsList,
) -> statistics_pb2.DatasetFeatureStatistics:
    """Returns the statistics of all rows, as TFDV chooses them."""
    return statistics.datasets[0] if len(statistics.datasets) == 1 else overall(statistics)


def _only(
    statistics: statistics_pb2.DatasetFeatureStatisticsList, steps: tuple[str, ...]
) -> statistics_pb2.DatasetFeatureStatisticsList:
    """Returns the statistics without other top-level features.

    So a domain that features share takes the values of this one only. Features that refer to
    others (sparse and weighted ones) keep them all.
    """
    dataset = _rows_of(statistics)
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


def _add(
    schema: schema_pb2.Schema, updated: schema_pb2.Schema, steps: tuple[str, ...], source: Any
) -> None:
    """Adds a new feature and its domain."""
    parent = find(schema, steps[:-1]) if len(steps) > 1 else None
    if len(steps) > 1 and parent is None:
        return
    (schema if parent is None else parent.struct_domain).feature.add().CopyFrom(source)
    added = (schema if parent is None else parent.struct_domain).feature[-1]
    _take_domain(schema, added, updated, source)


def _take_composite(schema: schema_pb2.Schema, updated: schema_pb2.Schema, name: str) -> None:
    """Takes a sparse or weighted feature as it became."""
    for kind in ("sparse_feature", "weighted_feature"):
        for feature in getattr(schema, kind):
            for source in getattr(updated, kind):
                if feature.name == source.name == name:
                    feature.CopyFrom(source)


def _take_fields(
    schema: schema_pb2.Schema, feature: Any, updated: schema_pb2.Schema, source: Any, kind: str
) -> None:
    """Takes the fields that an anomaly type concerns."""
    paths = _FIELDS.get(kind, ())
    for path in paths:
        if path[0] != "value_counts" or feature.HasField("value_counts"):
            _copy(feature, source, path)
    if kind in _DOMAIN_TYPES or (kind.startswith(_DOMAINS) and not paths):
        _take_domain(schema, feature, updated, source)


def _copy(target: Any, source: Any, path: tuple[str, ...]) -> None:
    """Copies one field, or its absence."""
    name, rest = path[0], path[1:]
    field = target.DESCRIPTOR.fields_by_name.get(name)
    if field is None:  # of a newer or older metadata
        return
    if is_repeated(field):
        target.ClearField(name)
        getattr(target, name).extend(getattr(source, name))
    elif not source.HasField(name):
        target.ClearField(name)
    elif rest:
        if target.HasField(name):
            _copy(getattr(target, name), getattr(source, name), rest)
    elif field.message_type is not None:
        getattr(target, name).CopyFrom(getattr(source, name))
    else:
        setattr(target, name, getattr(source, name))


def _take_domain(
    schema: schema_pb2.Schema, feature: Any, updated: schema_pb2.Schema, source: Any
) -> None:
    """Takes the domain of a feature, and the values of one that stands by itself."""
    choice = source.WhichOneof("domain_info")
    had = feature.domain if feature.HasField("domain") else None
    if choice is None:
        if feature.WhichOneof("domain_info"):
            feature.ClearField(feature.WhichOneof("domain_info"))
    else:
        _copy(feature, source, (choice,))
    if had is not None and feature.WhichOneof("domain_info") != "domain":
        _drop_unused(schema, had)
    if choice == "domain":
        values = {domain.name: list(domain.value) for domain in updated.string_domain}
        known = {domain.name: domain for domain in schema.string_domain}
        domain = known.get(source.domain) or schema.string_domain.add(name=source.domain)
        domain.value.extend(
            value for value in values.get(source.domain, []) if value not in set(domain.value)
        )


def _drop_unused(schema: schema_pb2.Schema, name: str) -> None:
    """Removes a domain that no feature uses any more."""
    if not any(feature.domain == name for feature in schema.feature):
        kept = [domain for domain in schema.string_domain if domain.name != name]
        copies = [schema_pb2.StringDomain.FromString(d.SerializeToString()) for d in kept]
        del schema.string_domain[:]
        schema.string_domain.extend(copies)


def _take_type(
    schema: schema_pb2.Schema, feature: Any, fresh: schema_pb2.Schema, source: Any
) -> None:
    """Takes the type of the data; a numeric range stays, any other domain becomes the data's."""
    if source is None:
        return
    feature.type = source.type
    old = feature.WhichOneof("domain_info")
    if old == "int_domain" and feature.type == schema_pb2.FLOAT:
        limits = schema_pb2.FloatDomain()
        for name in ("min", "max"):
            if feature.int_domain.HasField(name):
                setattr(limits, name, getattr(feature.int_domain, name))
        feature.float_domain.CopyFrom(limits)
    elif old == "float_domain" and feature.type == schema_pb2.INT:
        whole = schema_pb2.IntDomain()
        for name, toward in (("min", math.ceil), ("max", math.floor)):
            limit = getattr(feature.float_domain, name)
            if feature.float_domain.HasField(name) and math.isfinite(limit):
                setattr(whole, name, toward(limit))
        feature.int_domain.CopyFrom(whole)
    elif old is not None:
        _take_domain(schema, feature, fresh, source)

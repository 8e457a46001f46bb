"""What accepting an anomaly changes: single fields, each taken as another schema has it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from tensorflow_metadata.proto.v0 import schema_pb2

from skewgate.schema.editing.render import is_repeated

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


def find(schema: Any, steps: Sequence[str]) -> Any:
    """Returns the feature at a path; None if there is none."""
    features = schema.feature
    for depth, step in enumerate(steps):
        feature = next((item for item in features if item.name == step), None)
        if feature is None or depth == len(steps) - 1:
            return feature
        features = feature.struct_domain.feature
    return None


def add_feature(
    schema: schema_pb2.Schema, updated: schema_pb2.Schema, steps: tuple[str, ...], source: Any
) -> None:
    """Adds a new feature and its domain."""
    parent = find(schema, steps[:-1]) if len(steps) > 1 else None
    if len(steps) > 1 and parent is None:
        return
    (schema if parent is None else parent.struct_domain).feature.add().CopyFrom(source)
    added = (schema if parent is None else parent.struct_domain).feature[-1]
    _take_domain(schema, added, updated, source)


def take_composite(schema: schema_pb2.Schema, updated: schema_pb2.Schema, name: str) -> None:
    """Takes a sparse or weighted feature as it became."""
    for kind in ("sparse_feature", "weighted_feature"):
        for feature in getattr(schema, kind):
            for source in getattr(updated, kind):
                if feature.name == source.name == name:
                    feature.CopyFrom(source)


def take_fields(
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


def take_type(
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

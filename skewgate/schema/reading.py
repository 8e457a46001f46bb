"""Reads schema.pbtxt, the TFMD Schema."""

from __future__ import annotations

import collections
import pathlib
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Any

from google.protobuf import text_format
from tensorflow_metadata.proto.v0 import schema_pb2

from skewgate.core import proto_text, yaml_model
from skewgate.core.errors import InputError


def parse_schema(text: str, where: str, *, nameless: bool = False) -> schema_pb2.Schema:
    """Parses schema.pbtxt.

    Args:
        text: of the schema.
        where: names the source in messages.
        nameless: whether things may have no name, for who reports them as anomalies.

    Raises:
        InputError: it is not a text-format Schema, has no feature, or has one without a name or
            two things of one kind and name.
    """
    try:
        schema = proto_text.parse(text, schema_pb2.Schema())
    except text_format.ParseError as error:
        line, _, rest = str(error).partition(" : ")
        place = f"{where}: line {line.split(':')[0]}" if rest else where
        raise InputError(
            place, f"is not a TFMD Schema in text format ({rest or error})", "correct this line"
        ) from error
    if not schema.feature:
        raise InputError(where, "declares no feature", "add the features of your data")
    for kind in ("feature", "sparse_feature", "weighted_feature", "string_domain"):
        names = [item.name for item in getattr(schema, kind)]
        _check_names([name for name in names if name or not nameless], kind, where)
    return schema


def _check_names(names: Sequence[str], kind: str, where: str) -> None:
    if "" in names:
        raise InputError(where, f"has a {kind} without a name", "give it a name, or remove it")
    repeated = sorted(name for name, count in collections.Counter(names).items() if count > 1)
    if repeated:
        raise InputError(where, f"declares the {kind} {repeated[0]} twice", "remove one of them")


def load_schema(path: str | pathlib.Path) -> schema_pb2.Schema:
    """Reads and parses a schema file.

    Raises:
        InputError: the file is missing, not UTF-8, or `parse_schema` refuses it.
    """
    return parse_schema(yaml_model.read_text(path), str(path))


def categorical_features(schema: schema_pb2.Schema) -> frozenset[str]:
    """Names the integers that a schema declares to be names of categories.

    Source: `int_domain { is_categorical: true }`, as TFDV reads it.
    """
    return frozenset(
        feature.name for feature in schema.feature if feature.int_domain.is_categorical
    )


_NOT_VALIDATED = frozenset(
    schema_pb2.LifecycleStage.Value(name)
    for name in ("PLANNED", "ALPHA", "DEPRECATED", "DEBUG_ONLY", "DISABLED")
)


def is_validated(declared: Any) -> bool:
    """Says whether TFDV looks at a feature, sparse feature or weighted feature."""
    if getattr(declared, "deprecated", False):
        return False
    return declared.lifecycle_stage not in _NOT_VALIDATED


def ignored_features(schema: schema_pb2.Schema) -> frozenset[str]:
    """Names the features that are declared and that nobody is to look at."""
    return frozenset(feature.name for feature in schema.feature if not is_validated(feature))


_TIME_FORMATS = {
    "UNIX_DAYS": "date[d]",
    "UNIX_SECONDS": "timestamp[s]",
    "UNIX_MILLISECONDS": "timestamp[ms]",
    "UNIX_MICROSECONDS": "timestamp[us]",
    "UNIX_NANOSECONDS": "timestamp[ns]",
}
"""What the formats of TFMD's `TimeDomain` are called in `time_values`."""


def time_features(schema: schema_pb2.Schema) -> dict[str, str]:
    """Returns the logical type of the integers that a schema declares to be times.

    Source: `time_domain { integer_format: UNIX_SECONDS }` and so on.
    """
    formats = schema_pb2.TimeDomain.IntegerTimeFormat
    found = {
        feature.name: formats.Name(feature.time_domain.integer_format)
        for feature in schema.feature
        if feature.HasField("time_domain")
    }
    return {name: _TIME_FORMATS[unit] for name, unit in found.items() if unit in _TIME_FORMATS}


def check_environment(schema: schema_pb2.Schema, environment: str | None) -> None:
    """Makes sure that a schema knows an environment; None is always fine.

    Raises:
        InputError: it does not, and TFDV would not either.
    """
    known = sorted(schema.default_environment)  # TFDV knows no others
    if environment and environment not in known:
        raise InputError(
            "schema.pbtxt",
            f"has no environment {environment}; it has {', '.join(known) or 'none'}",
            "add it to default_environment or correct the name",
        )


def in_environment(feature: schema_pb2.Feature, schema: schema_pb2.Schema, name: str) -> bool:
    """Says whether a feature is expected in an environment, as TFDV does."""
    if name in feature.in_environment:
        return True
    return name in schema.default_environment and name not in feature.not_in_environment


def relax(schema: schema_pb2.Schema, late_labels: Sequence[str]) -> schema_pb2.Schema:
    """Returns a schema in which some features may be missing, in every environment.

    Raises:
        InputError: a late label is not a feature of the schema.
    """
    relaxed = schema_pb2.Schema()
    relaxed.CopyFrom(schema)
    features = {feature.name: feature for feature in relaxed.feature}
    for name in late_labels:
        if name not in features:
            raise InputError(
                "late_labels", f"{name!r} is not a feature of the schema", "correct it"
            )
        features[name].ClearField("presence")
        del features[name].not_in_environment[:]
        del features[name].in_environment[:]
    return relaxed


def without(schema: schema_pb2.Schema, names: Collection[str]) -> schema_pb2.Schema:
    """Returns a schema without some of its features.

    >>> both = parse_schema('feature { name: "fare" } feature { name: "tip" }', "schema.pbtxt")
    >>> [feature.name for feature in without(both, {"tip"}).feature]
    ['fare']
    """
    kept = schema_pb2.Schema()
    kept.CopyFrom(schema)
    del kept.feature[:]
    kept.feature.extend(feature for feature in schema.feature if feature.name not in names)
    return kept


def nested_comparators(schema: schema_pb2.Schema, field: str) -> dict[str, schema_pb2.Feature]:
    """Returns the features within structs that have a comparator, by their dotted paths.

    Args:
        schema: where to look.
        field: "skew_comparator" or "drift_comparator".

    >>> fare = 'feature { name: "fare" drift_comparator { infinity_norm { threshold: 0.1 } } }'
    >>> text = f'feature {{ name: "trip" struct_domain {{ {fare} }} }}'
    >>> sorted(nested_comparators(parse_schema(text, "schema.pbtxt"), "drift_comparator"))
    ['trip.fare']
    """

    def walk(
        features: Iterable[schema_pb2.Feature], prefix: str
    ) -> Iterator[tuple[str, schema_pb2.Feature]]:
        for feature in features:
            if prefix and feature.HasField(field):
                yield prefix + feature.name, feature
            yield from walk(feature.struct_domain.feature, f"{prefix}{feature.name}.")

    return dict(walk(schema.feature, ""))


def compares_previous(schema: schema_pb2.Schema) -> bool:
    """Says whether a schema asks for a comparison with previous data."""
    return (
        schema.dataset_constraints.HasField("num_examples_drift_comparator")
        or any(feature.HasField("drift_comparator") for feature in schema.feature)
        or bool(nested_comparators(schema, "drift_comparator"))
    )

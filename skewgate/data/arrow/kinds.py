"""Names of column types, and the type that holds for two beginnings of a column."""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa
from tensorflow_metadata.proto.v0 import schema_pb2

from skewgate.core.errors import InputError

TYPES = {"INT": pa.int64(), "FLOAT": pa.float64(), "BYTES": pa.string()}
"""What a schema and overrides call the types of columns."""
TEXT = (pa.string(), pa.large_string(), pa.binary(), pa.large_binary())
"""The Arrow types of text."""
_NAMES = {kind: name for name, kind in TYPES.items()}


def name_of(kind: pa.DataType) -> str:
    """Returns what a schema calls a type, else Arrow's name of it."""
    return _NAMES.get(kind, str(kind))


def column_types(schema: schema_pb2.Schema) -> dict[str, pa.DataType]:
    """Returns the Arrow type of every column that a schema gives a type to."""
    named = {feature.name: schema_pb2.FeatureType.Name(feature.type) for feature in schema.feature}
    return {name: TYPES[kind] for name, kind in named.items() if kind in TYPES}


def named_types(overrides: Mapping[str, str]) -> dict[str, pa.DataType]:
    """Returns the Arrow types of columns that a user names.

    Args:
        overrides: column to INT, FLOAT or BYTES.

    Raises:
        InputError: a type has another name.
    """
    for column, name in overrides.items():
        if name not in TYPES:
            raise InputError(
                f"types: column {column}",
                f"must be one of {', '.join(TYPES)}, found {name!r}",
                "correct the type, or remove the line to infer it",
            )
    return {column: TYPES[name] for column, name in overrides.items()}


def joined(one: pa.DataType, other: pa.DataType, text: bool) -> pa.DataType | None:
    """Returns the type that holds for values of both types, or None if there is none.

    Args:
        one: a type that Arrow inferred, or a Parquet file has.
        other: another one.
        text: whether the values stand as text, so that the narrow ones can be read as the wide.
    """
    if one == other or pa.types.is_null(other):
        return one
    if pa.types.is_null(one):
        return other
    if pa.types.is_dictionary(one) or pa.types.is_dictionary(other):
        return joined(_plain(one), _plain(other), text)
    lists = (is_list(one), is_list(other))
    if all(lists):
        item = joined(one.value_type, other.value_type, text)
        return None if item is None else pa.list_(item)
    if any(lists) or pa.types.is_nested(one) or pa.types.is_nested(other):
        return None
    if pa.types.is_integer(one) and pa.types.is_integer(other):
        return pa.int64()
    if _is_numeric(one) and _is_numeric(other):
        return pa.float64()
    if is_time(one) and is_time(other) and _zoned(one) == _zoned(other):
        return max(one, other, key=_resolution)
    if not text and {_is_whole(one), _is_whole(other)} == {True}:
        return pa.int64()
    return pa.string()


def _plain(kind: pa.DataType) -> pa.DataType:
    return kind.value_type if pa.types.is_dictionary(kind) else kind


def is_list(kind: pa.DataType) -> bool:
    """Says whether a type is that of lists of any sort, maps aside."""
    return bool(
        pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind)
    )


def value_type(kind: pa.DataType) -> pa.DataType:
    """Returns the type of the values in lists, or the type itself if it is not that of lists."""
    return kind.value_type if is_list(kind) else kind


def is_text(kind: pa.DataType) -> bool:
    """Says whether values of a type are text or bytes, of any length or a fixed one."""
    return kind in TEXT or bool(pa.types.is_fixed_size_binary(kind))


def is_number(kind: pa.DataType) -> bool:
    """Says whether values of a type are whole or floating numbers."""
    return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind))


def _is_numeric(kind: pa.DataType) -> bool:
    return is_number(kind) or bool(pa.types.is_decimal(kind))


def _is_whole(kind: pa.DataType) -> bool:
    seconds_or_bits = is_time(kind) or pa.types.is_time(kind) or pa.types.is_boolean(kind)
    return bool(pa.types.is_integer(kind) or seconds_or_bits)


def is_time(kind: pa.DataType) -> bool:
    """Says whether a type is that of dates or time stamps."""
    return bool(pa.types.is_date(kind) or pa.types.is_timestamp(kind))


def _zoned(kind: pa.DataType) -> bool:
    return pa.types.is_timestamp(kind) and kind.tz is not None


def _resolution(kind: pa.DataType) -> int:
    return 0 if pa.types.is_date(kind) else ("s", "ms", "us", "ns").index(kind.unit) + 1


def feature_type(kind: pa.DataType) -> pa.DataType | None:
    """Returns the type of the values that an Arrow type becomes, or None if it has no place.

    >>> feature_type(pa.list_(pa.uint8()))
    DataType(int64)
    """
    if pa.types.is_dictionary(kind):
        return feature_type(kind.value_type)
    if is_list(kind):
        return None if is_list(kind.value_type) else feature_type(kind.value_type)
    if is_text(kind) or pa.types.is_null(kind):
        return pa.large_binary()
    if pa.types.is_floating(kind) or pa.types.is_decimal(kind) or pa.types.is_duration(kind):
        return pa.float32()
    whole = (
        pa.types.is_boolean,
        pa.types.is_integer,
        pa.types.is_date,
        pa.types.is_timestamp,
        pa.types.is_time,
    )
    return pa.int64() if any(is_kind(kind) for is_kind in whole) else None

"""Serialized tf.Example as columns: a value a row where no row has more."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa

from skewgate.core.errors import InputError
from skewgate.data.arrow.kinds import TEXT
from skewgate.data.arrow.values import list_lengths, validity
from skewgate.data.sources.casts import lists_of
from skewgate.data.tf_example.fields import UndecodableError
from skewgate.data.tf_example.sequences import decode_rows
from skewgate.serving.capture.log.config import Kind
from skewgate.serving.capture.payloads import misunderstood

_TYPES: Mapping[Kind, pa.DataType] = {
    "int": pa.int64(),
    "float": pa.float64(),
    "text": pa.string(),
    "bool": pa.bool_(),
}


def columns(records: Sequence[bytes]) -> dict[str, pa.Array]:
    """Returns the features of records.

    Raises:
        LostError: one is no tf.Example, or holds bytes that are no text.
    """
    try:
        batch = decode_rows(records)
        return {
            name: _simple(column)
            for name, column in zip(batch.schema.names, batch.columns, strict=True)
        }
    except (UndecodableError, InputError, pa.ArrowInvalid) as error:
        raise misunderstood("the request holds bytes that are no tf.Example of text") from error


def chosen(found: dict[str, pa.Array], features: Mapping[str, Kind]) -> dict[str, pa.Array]:
    """Returns the features that capture.yaml names, with their types.

    Raises:
        LostError: a row has none of them, or a feature has another type.
    """
    if not features:
        return found
    rows = len(next(iter(found.values()), ()))
    kept = {name: found.get(name, pa.nulls(rows)) for name in features}
    some = np.zeros(rows, np.bool_)
    for array in kept.values():
        some |= validity(array)
    if not some.all():
        raise misunderstood(f"a row has none of the features, such as {next(iter(features))}")
    return {name: _typed(array, features[name], name) for name, array in kept.items()}


def _typed(array: pa.Array, kind: Kind, name: str) -> pa.Array:
    if kind == "any" or pa.types.is_null(array.type):
        return array
    wanted = _TYPES[kind]
    if pa.types.is_list(array.type) or pa.types.is_large_list(array.type):
        wanted = pa.list_(wanted)
    try:
        return array.cast(wanted)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        raise misunderstood(f"{name} holds a value that is not {kind}") from error


def _simple(array: pa.Array) -> pa.Array:
    """Returns lists of at most one value as values, and bytes as text."""
    if pa.types.is_null(array.type):
        return array
    items = array.flatten()
    if items.type in TEXT or pa.types.is_large_binary(items.type):
        items = items.cast(pa.large_string()).cast(pa.string())
    valid = validity(array)
    lengths = np.zeros(len(array), np.int64)
    lengths[valid] = list_lengths(array.drop_null())
    if not len(lengths) or lengths.max() <= 1:
        places = np.cumsum(lengths) - 1
        return items.take(pa.array(np.maximum(places, 0), mask=lengths == 0))
    return lists_of(items, lengths[valid], valid)

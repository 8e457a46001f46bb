"""Serialized tf.Example as columns: a value a row where no row has more."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa

from skewgate.core.errors import InputError
from skewgate.data.arrow.kinds import TEXT
from skewgate.data.arrow.values import list_lengths, validity
from skewgate.data.sources.casts import lists_of
from skewgate.data.tf_example import decoding
from skewgate.data.tf_example.columns import DecodedValues
from skewgate.data.tf_example.fields import UndecodableError
from skewgate.data.tf_example.sequences import decode_rows
from skewgate.serving.capture.chunks import Ints
from skewgate.serving.capture.log.config import Kind
from skewgate.serving.capture.values import misunderstood

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
        found = decoding.decode(records)
        if found is None:  # written in another way than encoders do
            return _of_batch(decode_rows(records))
        return {name: _of_values(values) for name, values in found.items()}
    except (UndecodableError, InputError, pa.ArrowInvalid) as error:
        raise misunderstood("the request holds bytes that are not a tf.Example of text") from error


def _of_batch(batch: pa.RecordBatch) -> dict[str, pa.Array]:
    found = {}
    for name, array in zip(batch.schema.names, batch.columns, strict=True):
        lengths = np.full(len(array), -1, np.int64)
        if not pa.types.is_null(array.type):
            lengths[validity(array)] = list_lengths(array.drop_null())
            array = array.flatten()
        found[name] = _simple(array, lengths)
    return found


def _of_values(values: DecodedValues) -> pa.Array:
    if values.values is None:
        return pa.nulls(len(values.lengths))
    held = values.values
    return _simple(held if isinstance(held, pa.Array) else pa.array(held), values.lengths)


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


def _simple(items: pa.Array, lengths: Ints) -> pa.Array:
    """Returns values a row: lists, or single values where no row has more; bytes as text.

    Args:
        items: the values of all rows.
        lengths: how many each row has; below 0 where it has no such feature.
    """
    if pa.types.is_null(items.type):
        return pa.nulls(len(lengths))
    if items.type in TEXT:
        items = items.cast(pa.large_string()).cast(pa.string())
    if not len(lengths) or lengths.max() <= 1:
        places = np.cumsum(np.maximum(lengths, 0)) - 1
        return items.take(pa.array(np.maximum(places, 0), mask=lengths <= 0))
    valid = lengths >= 0
    return lists_of(items, lengths[valid], valid)

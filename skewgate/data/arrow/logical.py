"""Which columns hold times: by their Arrow type, or by a note where they became integers."""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa

from skewgate.core.time_values import DATE, DURATION, TIME, TIMESTAMP
from skewgate.data.arrow.kinds import value_type

_KEY = b"skewgate.logical_type"


def logical_of(kind: pa.DataType) -> str:
    """Returns the logical type of the seconds that a type becomes; "" if it is not of times.

    >>> logical_of(pa.date32()), logical_of(pa.timestamp("ns", "UTC")), logical_of(pa.int64())
    ('date[s]', 'timestamp[s]', '')
    """
    if pa.types.is_date(kind):
        return DATE
    if pa.types.is_timestamp(kind):
        return TIMESTAMP
    if pa.types.is_time(kind):
        return TIME
    return DURATION if pa.types.is_duration(kind) else ""


def logical_of_field(field: pa.Field) -> str:
    """Returns the logical type of a column: by its type, or as `with_logical` notes it."""
    noted = (field.metadata or {}).get(_KEY, b"").decode()
    return noted or logical_of(value_type(field.type))


def with_logical(batch: pa.RecordBatch, types: Mapping[str, str]) -> pa.RecordBatch:
    """Notes the logical types of columns whose own type does not say them any more.

    Args:
        batch: rows.
        types: column to logical type; "" for none.
    """
    if not any(types.values()):
        return batch
    fields = [
        field.with_metadata({_KEY: types[field.name].encode()}) if types.get(field.name) else field
        for field in batch.schema
    ]
    return pa.RecordBatch.from_arrays(
        batch.columns, schema=pa.schema(fields, batch.schema.metadata)
    )

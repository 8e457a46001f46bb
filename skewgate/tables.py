"""Reads CSV, Parquet and JSON Lines into Arrow tables and encodes them as tf.Example."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.json
import pyarrow.parquet
from tensorflow_metadata.proto.v0 import schema_pb2

from skewgate.errors import InputError

TEXT = (pa.string(), pa.large_string(), pa.binary(), pa.large_binary())
"""The Arrow types of text."""
SCHEMA_NAMES = {"int64": "INT", "double": "FLOAT", "string": "BYTES"}
"""What a schema calls the Arrow types that `column_types` gives."""
FORMATS = {".csv": "csv", ".parquet": "parquet", ".jsonl": "json", ".ndjson": "json"}


def column_types(schema: schema_pb2.Schema) -> dict[str, pa.DataType]:
    """Returns the Arrow type of every column that a schema gives a type to."""
    types = {"INT": pa.int64(), "FLOAT": pa.float64(), "BYTES": pa.string()}
    named = {feature.name: schema_pb2.FeatureType.Name(feature.type) for feature in schema.feature}
    return {name: types[kind] for name, kind in named.items() if kind in types}


def read_table(name: str, data: bytes, types: Mapping[str, pa.DataType] | None = None) -> pa.Table:
    """Reads the content of one file.

    Args:
        name: the file's name; its ending says the format, and messages name it.
        data: the content.
        types: types of columns where they are known; others are inferred from the whole file.

    Raises:
        InputError: the format is unknown, or the content is not what it must be.
    """
    suffix = "." + name.rsplit(".", 1)[-1].lower()
    if suffix not in FORMATS:
        raise InputError(
            name, f"is none of the formats {', '.join(FORMATS)}", "rename or convert the file"
        )
    if not data.strip():
        raise InputError(name, "is empty", "give a file with rows")
    readers = {"csv": _read_csv, "parquet": _read_parquet, "json": _read_json}
    table = readers[FORMATS[suffix]](name, data, dict(types or {}))
    if table.num_rows == 0:
        raise InputError(name, "has a header and no rows", "give a file with rows")
    return table


def _read_csv(name: str, data: bytes, types: dict[str, pa.DataType]) -> pa.Table:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise InputError(
            f"{name}: line {line}",
            f"byte 0x{data[error.start]:02x} is not UTF-8",
            "save the file as UTF-8",
        ) from error
    header = next(csv.reader(io.StringIO(data.split(b"\n", 1)[0].decode("utf-8"))), [])
    if data.count(b'"') % 2:
        raise InputError(
            name, "has an odd number of quotes, so one is never closed", "close or double it"
        )
    repeated = sorted({column for column in header if header.count(column) > 1})
    if repeated:
        raise InputError(
            f"{name}: line 1", f"has the column {repeated[0]} twice", "rename one of them"
        )
    try:
        return pa.csv.read_csv(
            pa.BufferReader(data),
            # One block, so that types are inferred from every row.
            read_options=pa.csv.ReadOptions(block_size=max(len(data), 1), use_threads=False),
            parse_options=pa.csv.ParseOptions(newlines_in_values=True),
            convert_options=pa.csv.ConvertOptions(
                column_types=types, null_values=[""], strings_can_be_null=True
            ),
        )
    except pa.ArrowInvalid as error:
        raise _explain_csv(name, data, types, str(error)) from error


def _explain_csv(name: str, data: bytes, types: dict[str, pa.DataType], message: str) -> InputError:
    """Turns Arrow's message into one that names line, column, found and expected."""
    conversion = re.search(r"CSV column #(\d+):.* invalid value '(.*)'", message, re.DOTALL)
    if conversion is None:
        row = re.search(r"Row #(\d+): (.*)", message)
        place = f"{name}: line {row.group(1)}" if row else name
        return InputError(place, (row.group(2) if row else message).split(": '")[0].rstrip("."))
    index, found = int(conversion.group(1)), conversion.group(2)
    rows = csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""))
    column = next(rows)[index]
    expected = SCHEMA_NAMES.get(str(types.get(column)), str(types.get(column)))
    line = next(
        (rows.line_num for cells in rows if len(cells) > index and cells[index].strip() == found),
        None,
    )
    return InputError(
        f"{name}: line {line}, column {column}" if line else f"{name}: column {column}",
        f"must be {expected} by the schema, found {found!r}",
        "correct the value, or the type in the schema",
    )


def _read_parquet(name: str, data: bytes, types: dict[str, pa.DataType]) -> pa.Table:
    try:
        table = pa.parquet.read_table(pa.BufferReader(data))
    except (pa.ArrowInvalid, OSError) as error:
        raise InputError(
            name, f"is not a whole Parquet file ({str(error).splitlines()[0]})", "write it again"
        ) from error
    return as_declared(table, types, name)


def _read_json(name: str, data: bytes, types: dict[str, pa.DataType]) -> pa.Table:
    options = pa.json.ReadOptions(block_size=max(len(data), 1))
    try:
        table = pa.json.read_json(pa.BufferReader(data), read_options=options)
        texts = [
            (column, pa.string())
            for column in table.column_names
            if types.get(column) == pa.string() and pa.types.is_timestamp(table[column].type)
        ]
        if texts:  # Arrow took them for times
            parse = pa.json.ParseOptions(explicit_schema=pa.schema(texts))
            table = pa.json.read_json(
                pa.BufferReader(data), read_options=options, parse_options=parse
            )
    except pa.ArrowInvalid as error:
        raise InputError(
            name, f"is not JSON Lines ({str(error).splitlines()[0]})", "write one object a line"
        ) from error
    return as_declared(table, types, name)


def as_declared(table: pa.Table, types: dict[str, pa.DataType], name: str) -> pa.Table:
    """Casts the columns to which the schema gives another type than the file does."""
    for index, column in enumerate(table.column_names):
        declared = types.get(column)
        found = table[column].type
        if declared is None or found == declared or pa.types.is_null(found):
            continue
        if declared == pa.string() and found in TEXT:
            continue
        values = table[column]
        if declared == pa.int64() and (pa.types.is_date(found) or pa.types.is_timestamp(found)):
            values = values.cast(pa.timestamp("s"), safe=False)  # as without a schema
        try:
            table = table.set_column(index, column, values.cast(declared))
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
            wanted = SCHEMA_NAMES[str(declared)]
            raise InputError(
                f"{name}: column {column}",
                f"must be {wanted} by the schema, found {found} ({str(error).splitlines()[0]})",
                "correct the values, or the type in the schema",
            ) from error
    return table


def feature_column(name: str, column: pa.ChunkedArray, where: str) -> pa.Array:
    """Turns a column into lists of float32, int64 or bytes, the three types of tf.Example.

    A null becomes a feature of no kind, which TFDV counts as missing. (Stock CsvExampleGen writes
    an empty list instead, which TFDV counts as present.) Booleans become 0 and 1, dates and
    time stamps seconds since 1970, decimals floats.

    Raises:
        InputError: the column has a type that tf.Example cannot hold.
    """
    array = column.combine_chunks()
    if isinstance(array, pa.ChunkedArray):
        array = pa.concat_arrays(array.chunks) if array.num_chunks else pa.array([], array.type)
    if pa.types.is_dictionary(array.type):
        array = array.dictionary_decode()
    where = f"{where}: column {name}"
    try:
        array = _to_feature_type(array, where)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        raise InputError(
            where,
            f"has a value of type {array.type} that tf.Example cannot hold "
            f"({str(error).splitlines()[0]})",
            "convert the column to 64-bit integers, floats or text",
        ) from error
    valid = np.asarray(array.is_valid())
    offsets = pa.array(np.r_[0, np.cumsum(valid)], pa.int64(), mask=np.r_[~valid, False])
    return pa.LargeListArray.from_arrays(offsets, array.drop_null())


def _to_feature_type(array: pa.Array, where: str) -> pa.Array:
    kind = array.type
    if pa.types.is_null(kind):
        return array.cast(pa.large_binary())
    if pa.types.is_boolean(kind) or pa.types.is_integer(kind):
        return array.cast(pa.int64())
    if pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        wide = array.cast(pa.float64())
        values = np.asarray(wide.drop_null())
        largest = float(np.max(np.abs(values[np.isfinite(values)]), initial=0.0))
        if largest > float(np.finfo(np.float32).max):
            raise InputError(
                where,
                f"has the value {largest:g}, and tf.Example holds 32-bit floats",
                "scale the column, or correct the value",
            )
        return wide.cast(pa.float32())
    if pa.types.is_date(kind):
        return array.cast(pa.timestamp("s")).cast(pa.int64())
    if pa.types.is_timestamp(kind):
        return array.cast(pa.timestamp("s"), safe=False).cast(pa.int64())
    if kind in TEXT:
        return array.cast(pa.large_binary())
    raise InputError(
        where,
        f"has the type {kind}, which tf.Example cannot hold",
        "convert it to numbers, text or booleans, or drop it",
    )


def encode(table: pa.Table, where: str) -> list[bytes]:
    """Encodes every row as a serialized tf.Example."""
    from tfx_bsl.coders import example_coder

    batch = pa.RecordBatch.from_arrays(
        [feature_column(name, table[name], where) for name in table.column_names],
        table.column_names,
    )
    return list(example_coder.RecordBatchToExamplesEncoder().encode(batch))

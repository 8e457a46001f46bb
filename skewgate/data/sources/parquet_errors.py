"""Says why a Parquet file cannot be read: it is broken, or this Arrow does not know its kind."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.parquet

from skewgate.core.errors import InputError

_UNSUPPORTED = re.compile(
    "not yet implemented|not implemented|not supported|unsupported|only supports|unrecognized type|"
    "not recognized|unknown encoding|encrypted",
    re.IGNORECASE,
)
_COMMON = ("PLAIN", "RLE", "BIT_PACKED", "PLAIN_DICTIONARY", "RLE_DICTIONARY")
"""Encodings that every version reads."""
_READ_SINCE = {"DELTA_LENGTH_BYTE_ARRAY": 12, "DELTA_BYTE_ARRAY": 14, "BYTE_STREAM_SPLIT": 16}
"""A version of pyarrow that reads an encoding for every type that it is defined for. Tried with
files of pyarrow 21 and DuckDB 1.4 on pyarrow 10, 12, 14, 16, 17 and 18."""
_CODECS = ("UNCOMPRESSED", "SNAPPY", "GZIP", "BROTLI", "ZSTD", "LZ4")
"""What pyarrow reads as it comes from PyPI; LZ4 is what it calls LZ4_RAW too."""
ERRORS = (pa.ArrowException, OSError, NotImplementedError)
"""What pyarrow raises of a file that it cannot read."""


def unreadable(path: str, source: Any, error: Exception) -> InputError:
    """Returns what to say of a file that Arrow does not read.

    Args:
        path: of the file.
        source: the path or an open file, as Arrow takes it.
        error: what Arrow says.
    """
    column = _bad_column(source)
    reason = _first_line(column.error if column is not None else error)
    if not _UNSUPPORTED.search(reason):
        return InputError(path, f"is not a whole Parquet file ({reason})", "write it again")
    if column is None:
        return InputError(
            path,
            f"has a type or a feature that pyarrow {pa.__version__} does not read ({reason})",
            "read it with a newer pyarrow, or write it without that",
        )
    what, fix = _unsupported(column)
    return InputError(
        f"{path}: column {column.name}",
        f"has {what}, which pyarrow {pa.__version__} does not read ({reason})",
        fix,
    )


class _Column(NamedTuple):
    """A column that cannot be read alone."""

    name: str
    encodings: tuple[str, ...]
    codec: str
    error: Exception


def _bad_column(source: Any) -> _Column | None:
    """Returns the first column that cannot be read alone; None if it is not a column."""
    try:
        file = pa.parquet.ParquetFile(source, pre_buffer=False)
        metadata = file.metadata
        for group in range(metadata.num_row_groups):
            for at in range(metadata.num_columns):
                chunk = metadata.row_group(group).column(at)
                try:
                    file.read_row_group(group, columns=[chunk.path_in_schema], use_threads=False)
                except ERRORS as error:
                    encodings = tuple(map(str, chunk.encodings))
                    return _Column(chunk.path_in_schema, encodings, str(chunk.compression), error)
    except (*ERRORS, RuntimeError):
        return None
    return None


def _unsupported(column: _Column) -> tuple[str, str]:
    """Returns what a column has, and what to do about it."""
    if column.codec not in _CODECS:
        return f"the codec {column.codec}", "write it with another codec, such as ZSTD"
    name = next((each for each in column.encodings if each not in _COMMON), column.encodings[0])
    fix = "write the column with another encoding, such as PLAIN"
    since = _READ_SINCE.get(name, 0)
    if int(pa.__version__.partition(".")[0]) < since:
        fix = f"read it with pyarrow {since} or newer, or {fix}"
    return f"the encoding {name}", fix


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0].rstrip(".") if str(error) else type(error).__name__

"""Says why a Parquet file cannot be read: it is broken, or this Arrow does not know its kind."""

from __future__ import annotations

import re
from typing import Any

import pyarrow as pa
import pyarrow.parquet

from skewgate.core.errors import InputError

_UNSUPPORTED = re.compile(
    "not yet implemented|not implemented|nyi|not supported|unsupported|unknown encoding|"
    "codec|compression|encoding|encrypted",
    re.IGNORECASE,
)
_COMMON = ("PLAIN", "RLE", "BIT_PACKED", "PLAIN_DICTIONARY", "RLE_DICTIONARY")
"""Encodings that every version reads."""
_READ_SINCE = {
    "BYTE_STREAM_SPLIT": 17,
    "DELTA_BYTE_ARRAY": 12,
    "DELTA_LENGTH_BYTE_ARRAY": 12,
    "DELTA_BINARY_PACKED": 12,
    "RLE": 11,
}
"""The version of pyarrow that reads an encoding for every type that it is defined for."""
_CODECS = ("UNCOMPRESSED", "SNAPPY", "GZIP", "BROTLI", "ZSTD", "LZ4")
"""What pyarrow reads as it comes from PyPI; LZ4 is what it calls LZ4_RAW too."""


def unreadable(path: str, source: Any, error: Exception) -> InputError:
    """Returns what to say of a file that Arrow does not read.

    Args:
        path: of the file.
        source: the path or an open file, as Arrow takes it.
        error: what Arrow says.
    """
    reason = str(error).splitlines()[0].rstrip(".") if str(error) else type(error).__name__
    if isinstance(error, NotImplementedError) or _UNSUPPORTED.search(reason):
        found = _bad_column(source)
        if found is not None:
            return _unsupported(path, *found, reason)
        if isinstance(error, NotImplementedError) or "encrypted" in reason.lower():
            return InputError(
                path,
                f"is a Parquet file that pyarrow {pa.__version__} does not read ({reason})",
                "write it without that",
            )
    return InputError(path, f"is not a whole Parquet file ({reason})", "write it again")


def _bad_column(source: Any) -> tuple[str, list[str], str] | None:
    """Returns the first column that cannot be read alone, its encodings and its codec."""
    try:
        file = pa.parquet.ParquetFile(source)
        names = [file.schema.column(at).path for at in range(len(file.schema))]
        for group in range(file.metadata.num_row_groups):
            for at, name in enumerate(names):
                try:
                    file.read_row_group(group, columns=[name], use_threads=False)
                except (pa.ArrowInvalid, OSError, NotImplementedError):
                    chunk = file.metadata.row_group(group).column(at)
                    return name, list(chunk.encodings), str(chunk.compression)
    except (pa.ArrowInvalid, OSError, NotImplementedError, RuntimeError):
        return None
    return None


def _unsupported(
    path: str, column: str, encodings: list[str], codec: str, reason: str
) -> InputError:
    unusual = [name for name in encodings if name not in _COMMON]
    if codec not in _CODECS:
        what, fix = f"the codec {codec}", f"write it with another codec, such as {_CODECS[-2]}"
    else:
        name = unusual[0] if unusual else encodings[0]
        what, fix = f"the encoding {name}", "write the column with another encoding, such as PLAIN"
        since = _READ_SINCE.get(name)
        if since is not None and int(pa.__version__.partition(".")[0]) < since:
            fix = f"read it with pyarrow {since} or newer, or {fix}"
    return InputError(
        f"{path}: column {column}",
        f"has {what}, which pyarrow {pa.__version__} does not read ({reason})",
        fix,
    )

"""Keeps Arrow from running code that a file brings along.

pyarrow unpickles what stands in the metadata of a column of the type `arrow.py_extension_type`:
before 14.0.1 as soon as it looks at the columns of a Parquet file or a stream (CVE-2023-47248),
later if a program of the process allows it. Import this module before reading either: such a type
then raises RuntimeError in this process. pyarrow_hotfix does the same for the versions that have
the fault; both may be imported, in any order.
"""

from __future__ import annotations

import contextlib

import pyarrow as pa

PICKLED = "arrow.py_extension_type"
"""Name of the type in the metadata of a column."""


class _Refused(pa.ExtensionType):  # type: ignore[misc, unused-ignore]
    """Stands for the type, and is never made of what a file holds."""

    def __init__(self) -> None:
        super().__init__(pa.null(), PICKLED)

    def __arrow_ext_serialize__(self) -> bytes:
        return b""

    @classmethod
    def __arrow_ext_deserialize__(cls, storage_type: pa.DataType, serialized: bytes) -> _Refused:
        raise RuntimeError(f"{PICKLED} is refused")


with contextlib.suppress(KeyError):  # versions that do not know the type any more
    pa.unregister_extension_type(PICKLED)
pa.register_extension_type(_Refused())

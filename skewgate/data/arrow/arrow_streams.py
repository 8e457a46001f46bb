"""Reads what speaks Arrow's C interface, whatever library it is of.

Source: The Arrow PyCapsule Interface; The Arrow C Data Interface, struct ArrowSchema; The Arrow C
Stream Interface, struct ArrowArrayStream.
"""

from __future__ import annotations

import ctypes
from typing import Any

import pyarrow as pa

from skewgate.core.errors import InputError

_NAME = b"arrow_array_stream"
_GET_SCHEMA = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p)
_SCHEMA_WORDS = 9
"""Size of an ArrowSchema."""


def read(data: Any, where: str) -> pa.Table:
    """Reads a stream to its end.

    Args:
        data: has `__arrow_c_stream__`.
        where: what it is, for messages.

    Raises:
        InputError: a column has a type that this version of pyarrow does not know.
    """
    try:
        if hasattr(pa.RecordBatchReader, "from_stream"):  # since pyarrow 15
            return pa.RecordBatchReader.from_stream(data).read_all()
        capsule = data.__arrow_c_stream__()
        stream = _pointer(capsule)
        _check_schema(stream)
        return pa.RecordBatchReader._import_from_c(stream).read_all()
    except pa.ArrowException as error:
        raise InputError(
            where,
            f"has a column that pyarrow {pa.__version__} cannot read ({error})",
            "convert it to a pyarrow.Table first, or install a newer pyarrow",
        ) from error


def _pointer(capsule: Any) -> int:
    """Returns the address in a capsule."""
    get = ctypes.pythonapi.PyCapsule_GetPointer
    get.restype, get.argtypes = ctypes.c_void_p, [ctypes.py_object, ctypes.c_char_p]
    return int(get(capsule, _NAME))


def _check_schema(stream: int) -> None:
    """Asks a stream for its schema, as old versions of Arrow end the process if they cannot.

    Raises:
        ArrowInvalid: a type is unknown.
    """
    schema = (ctypes.c_void_p * _SCHEMA_WORDS)()
    # The first word of a stream is its function get_schema(stream, schema).
    get_schema = _GET_SCHEMA(ctypes.c_void_p.from_address(stream).value or 0)
    if get_schema(stream, ctypes.addressof(schema)) == 0:
        pa.Schema._import_from_c(ctypes.addressof(schema))

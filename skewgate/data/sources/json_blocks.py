"""Reads a block of JSON Lines at once, and says which blocks Arrow reads as JSON is meant."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

import numpy as np
import pyarrow as pa
import pyarrow.json

from skewgate.data.arrow.bad_rows import bad_rows
from skewgate.data.sources import json_types
from skewgate.data.sources.streams import occurrences

DEEPEST = 64
"""Objects and lists within each other that a line may have."""
_ODD_NUMBER = re.compile(rb"Inf(?!inity)|-NaN")
_NEGATIVE_ZERO = re.compile(rb"-0(?![0-9.eE])")
_OPENING = b"[{"


def is_plain(data: bytes, rows: int) -> bool:
    """Says whether each line begins and ends as an object, as far as it can be told at once."""
    letters = np.frombuffer(data, np.uint8)
    ends = np.flatnonzero(letters[1:-1] == ord("\n"))
    around = (letters[ends] == ord("}")) & (letters[ends + 2] == ord("{"))
    between = int(np.count_nonzero(around))
    if between != rows - 1 and b"\r" in data:
        between += data.count(b"}\r\n{")
    return between == rows - 1 and data[:1] == b"{" and data[-3:].rstrip(b"\r\n")[-1:] == b"}"


def is_odd(data: bytes, rows: int) -> bool:
    """Says whether lines may hold what Arrow reads and other readers of JSON do not.

    That is `Inf` and `-NaN`, and lists and objects so deep within each other that Arrow ends the
    process.

    Args:
        data: lines.
        rows: how many.
    """
    # One letter is found faster than several.
    odd = (b"I" in data and b"Inf" in data) or (b"N" in data and b"-NaN" in data)
    for found in _ODD_NUMBER.finditer(data) if odd else ():
        before = data[max(found.start() - 64, 0) : found.start()].rstrip(b"- \t\r\n")
        if before[-1:] in (b"", b":", b",", b"["):
            return True
    if sum(occurrences(data, letter) for letter in (b"[", b"{") if letter in data) < DEEPEST + rows:
        return False
    letters = np.frombuffer(data, np.uint8)
    opening = np.flatnonzero((letters == _OPENING[0]) | (letters == _OPENING[1]))
    ends = np.flatnonzero((letters == ord("\n")) | (letters == ord("\r")))
    _, counts = np.unique(np.searchsorted(ends, opening), return_counts=True)
    return bool(len(counts) and counts.max() > DEEPEST)


def ends_well(data: bytes) -> bool:
    """Says whether the last line that is not blank is JSON and nothing more."""
    tail = data[-64:]  # the whole would be copied
    end = len(data.rstrip()) if tail.isspace() else len(data) - len(tail) + len(tail.rstrip())
    start = max(data.rfind(b"\n", 0, end), data.rfind(b"\r", 0, end)) + 1
    try:
        json.loads(data[start:end])
    except (ValueError, RecursionError):
        return False
    return True


def has_negative_zero(data: bytes) -> bool:
    """Says whether a whole number may stand there as -0."""
    return b"-0" in data and _NEGATIVE_ZERO.search(data) is not None


def explicit(types: Mapping[str, pa.DataType]) -> pa.Schema:
    """Returns what Arrow must be told of the types that are known."""
    told = [(name, json_types.explicit(kind)) for name, kind in types.items()]
    return pa.schema([(name, kind) for name, kind in told if kind is not None])


def refused(texts: list[bytes], told: pa.Schema) -> list[int]:
    """Returns the lines that Arrow does not read, although they are JSON."""

    def accepts(start: int, end: int) -> bool:
        try:
            parse(b"\n".join(texts[start:end]), told)
        except pa.ArrowInvalid:
            return False
        return True

    return bad_rows(len(texts), accepts)


def parse(data: bytes, told: pa.Schema) -> pa.Table:
    """Reads lines of JSON, all columns in one chunk each.

    Args:
        data: lines that are objects, none so deep that Arrow ends the process.
        told: the types of columns that Arrow must be told.

    Raises:
        pa.ArrowInvalid: values of a column do not go together, or are not what was told.
    """
    table = _read(data, told)
    try:
        table.validate()
    except pa.ArrowInvalid:
        # Arrow loses nulls at the beginning of lists whose type it is not told: now it is known.
        table = _read(data, table.schema)
        table.validate()
    return table.combine_chunks()


def _read(data: bytes, told: pa.Schema) -> pa.Table:
    return pa.json.read_json(
        pa.BufferReader(data),
        pa.json.ReadOptions(block_size=len(data) + 1, use_threads=False),
        pa.json.ParseOptions(explicit_schema=told),
    )

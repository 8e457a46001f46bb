"""Lines of events taken apart without reading them as JSON: their attributes, and where data are.

A server writes its events alike: between what stands around the data of two of them only some
values differ, such as id and time, and those have the same length. So a line is read for what it
is, and all lines that have the same bytes but for the values of its attributes are read by it. What
stands between is JSON that is read as such; a line that is not taken apart is read whole.
"""

from __future__ import annotations

import dataclasses
import json
import re

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from skewgate.serving.capture.chunks import Ints

_PAIR = re.compile(rb'\s*"([a-z0-9_]+)"\s*:\s*"([ !#-\[\]-~]*)"\s*')
_DATA = re.compile(rb'\s*"data"\s*:\s*')
_DECODER = json.JSONDecoder()
_MOST_TEMPLATES = 64
_MOST_ODD = 16
_TAIL = 24
_LONGEST = 8_192
"""Bytes around the data of an event that is taken apart."""
_PLAIN = np.zeros(256, np.bool_)
_PLAIN[0x20:0x7F] = True
_PLAIN[[ord('"'), ord("\\")]] = False
Spans = dict[str, tuple[int, int]]
Bytes = npt.NDArray[np.uint8]


@dataclasses.dataclass(frozen=True)
class _Edge:
    """What stands before or behind the data of a line.

    Attributes:
        text: its bytes.
        spans: where the values of attributes are in it.
    """

    text: bytes
    spans: Spans

    @property
    def fixed(self) -> npt.NDArray[np.bool_]:
        """Which bytes are the same in all lines of the kind: those of no value."""
        found = np.ones(len(self.text), np.bool_)
        for start, end in self.spans.values():
            found[start:end] = False
        return found


@dataclasses.dataclass
class Split:
    """Lines that are taken apart.

    Attributes:
        table: the attributes, a row a line; null where a line has none of the name.
        start, end: where the data of each are.
        rows: number of each line, from 0, ascending.
        odd: numbers of the lines that are to be read whole.
    """

    table: pa.Table
    start: Ints
    end: Ints
    rows: Ints
    odd: Ints


def split(data: bytes) -> Split | None:
    """Takes lines apart; returns None if they are too different, or no events.

    Args:
        data: lines.
    """
    raw = np.frombuffer(data, np.uint8)
    ends = np.flatnonzero(raw == ord("\n"))
    if not data.endswith(b"\n"):
        ends = np.append(ends, len(data))
    starts = np.concatenate([np.zeros(1, np.int64), ends[:-1] + 1])
    left, odd = np.arange(len(ends)), []
    found: list[tuple[Ints, Ints, Ints, dict[str, pa.Array]]] = []
    while len(left):
        first = int(left[0])
        edges = _edges(data[starts[first] : ends[first]])
        if edges is None:
            odd.append(first)
            left = left[1:]
        else:
            alike, attributes = _alike(raw, starts, ends, left, *edges)
            rows = left[alike]
            begin, behind = (len(edge.text) for edge in edges)
            found.append((rows, starts[rows] + begin, ends[rows] - behind, attributes))
            left = left[~alike]
        if len(odd) > _MOST_ODD or len(found) > _MOST_TEMPLATES:
            return None
    if not found:
        return None
    rows, start, end = (np.concatenate([each[at] for each in found]) for at in range(3))
    order = np.argsort(rows)
    start, end = start[order], end[order]
    if (raw[start] != ord("{")).any() or (raw[end - 1] != ord("}")).any():
        return None
    table = _joined([(len(each[0]), each[3]) for each in found]).take(pa.array(order))
    return Split(table, start, end, rows[order], np.array(odd, np.int64))


def _edges(line: bytes) -> tuple[_Edge, _Edge] | None:
    """Returns what stands before and behind the data of a line; None if that cannot be told."""
    if line[:1] != b"{":
        return None
    before, at = _pairs(line, 1)
    data = _DATA.match(line, at)
    if data is None or data.end() > _LONGEST:
        return None
    begin = data.end()
    try:
        json.loads(line)
        text = line[begin:].decode()
        _, length = _DECODER.raw_decode(text)
    except (ValueError, RecursionError):
        return None
    end = begin + len(text[:length].encode())
    behind: Spans = {}
    if line[end : end + 1] == b",":
        behind, at = _pairs(line, end + 1)
    else:
        at = end
    if line[at:] != b"}" or len(line) - end > _LONGEST or before.keys() & behind.keys():
        return None
    moved = {name: (start - end, stop - end) for name, (start, stop) in behind.items()}
    return _Edge(line[:begin], before), _Edge(line[end:], moved)


def _pairs(line: bytes, at: int) -> tuple[Spans, int]:
    """Returns the spans of the values of attributes that are text, and where they end.

    Before `data` each ends in a comma, and behind it each but the last.
    """
    spans: Spans = {}
    while (found := _PAIR.match(line, at)) and found[1] != b"data":
        name = found[1].decode()
        if name in spans:
            break
        spans[name] = found.span(2)
        at = found.end()
        if line[at : at + 1] != b",":
            break
        at += 1
    return spans, at


def _alike(
    raw: Bytes, starts: Ints, ends: Ints, left: Ints, before: _Edge, behind: _Edge
) -> tuple[npt.NDArray[np.bool_], dict[str, pa.Array]]:
    """Returns which of some lines are as one is, and the attributes of these."""
    alike = ends[left] - starts[left] >= len(before.text) + len(behind.text) + 2
    # Most lines of another kind differ in the last bytes before their data.
    near = np.flatnonzero(alike)
    tail = before.text[-_TAIL:]
    at_tail = starts[left[near]] + (len(before.text) - len(tail))
    alike[near] = (_window(raw, len(tail))[at_tail] == _array(tail)).all(axis=1)
    parts: list[tuple[_Edge, Bytes, npt.NDArray[np.bool_]]] = []
    for edge, at in ((before, starts), (behind, ends - len(behind.text))):
        mine = _window(raw, len(edge.text))[at[left[alike]]]
        same = mine == _array(edge.text)
        differs = ~same.all(axis=0)
        fits = np.ones(len(mine), np.bool_)
        if (differs & edge.fixed).any():
            fits = same[:, edge.fixed].all(axis=1)
        values = np.flatnonzero(differs & ~edge.fixed)
        if len(values):
            fits &= _PLAIN[mine[:, values]].all(axis=1)
        if not fits.all():
            alike[np.flatnonzero(alike)[~fits]] = False
            mine = mine[fits]
            parts = [(other, held[fits], varies) for other, held, varies in parts]
        parts.append((edge, mine, differs))
    found = {}
    for edge, mine, differs in parts:
        for name, (start, end) in edge.spans.items():
            if differs[start:end].any():
                found[name] = _texts(mine[:, start:end])
            else:
                value = pa.array([edge.text[start:end].decode()], pa.string())
                found[name] = value.take(pa.array(np.zeros(len(mine), np.int64)))
    return alike, found


def _window(raw: Bytes, width: int) -> Bytes:
    """Returns the bytes from each place on, a row a place."""
    return np.lib.stride_tricks.sliding_window_view(raw, width)


def _array(text: bytes) -> Bytes:
    return np.frombuffer(text, np.uint8)


def _texts(values: Bytes) -> pa.Array:
    """Returns rows of bytes as text."""
    count, width = values.shape
    offsets = (np.arange(count + 1) * width).astype(np.int32)
    content = np.ascontiguousarray(values)
    return pa.StringArray.from_buffers(count, pa.py_buffer(offsets), pa.py_buffer(content))


def _joined(parts: list[tuple[int, dict[str, pa.Array]]]) -> pa.Table:
    names = dict.fromkeys(name for _, held in parts for name in held)
    columns = {
        name: pa.concat_arrays(
            [held.get(name, pa.nulls(count, pa.string())) for count, held in parts]
        )
        for name in names
    }
    return pa.table(columns)

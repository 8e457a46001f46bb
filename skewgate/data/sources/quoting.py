"""Tells where the rows of CSV text begin and end, as Arrow's parser does.

A quote opens a quoted cell only at the beginning of a cell. Within one, two quotes stand for one.
"""

from __future__ import annotations

import re

import numpy as np
import numpy.typing as npt

from skewgate.data.sources.streams import line_end

Places = npt.NDArray[np.int64]

_QUOTE, _COMMA, _FEED, _RETURN = b'",\n\r'
_AROUND = np.zeros(256, np.bool_)
_AROUND[[_QUOTE, _COMMA, _FEED, _RETURN]] = True
_QUOTED = re.compile(rb'(?:(?<=[,\r\n])|\A)"[^"]*(?:""[^"]*)*("|\Z)')
_CELL = rb'(?:"[^"]*(?:""[^"]*)*"(?=[,\r\n]|\Z)|[^",\r\n][^,\r\n]*|(?=[,\r\n]|\Z))'
_ONE = re.compile(_CELL)
_UNCLOSED = re.compile(rb',?"[^"]*(?:""[^"]*)*\Z')
_ROW = re.compile(_CELL + rb"(?:," + _CELL + rb")*")


def quotes(data: bytes) -> tuple[Places, bool]:
    """Finds the quoted cells of text that begins with a row.

    Returns:
        Where quoted text begins and ends, in turn; an odd number if the last one is not closed.
        Whether text stands behind a closing quote, which happens where one is missing.
    """
    if b'"' not in data:
        return np.zeros(0, np.int64), False
    letters = np.frombuffer(data, np.uint8)
    places = np.flatnonzero(letters == _QUOTE)
    opening, closing = places[::2], places[1::2]
    before = opening[1:] if opening[0] == 0 else opening
    after = closing[:-1] if len(closing) and closing[-1] == len(data) - 1 else closing
    if _AROUND[letters[before - 1]].all() and _AROUND[letters[after + 1]].all():
        return places, False
    # Quotes stand within cells that do not begin with one.
    ends = []
    loose = False
    for found in _QUOTED.finditer(data):
        ends.append(found.start())
        if found.group(1):
            ends.append(found.end() - 1)
            loose = loose or data[found.end() : found.end() + 1] not in (b"", b",", b"\n", b"\r")
    return np.array(ends, np.int64), loose


def whole_rows(data: bytes) -> int:
    """Returns how many bytes at the beginning of the text are whole rows."""
    places, loose = quotes(data)
    if loose:
        return _decided(data)
    last = len(data) - 1
    for mark in (b"\n", b"\r"):
        end = len(data) if mark == b"\n" else last  # a last \r may be half of a line end
        while (at := data.rfind(mark, 0, max(end, 0))) >= 0:
            inside = int(np.searchsorted(places, at))
            if inside % 2 == 0:
                return at + 1
            end = int(places[inside - 1])
    return 0


def _decided(data: bytes) -> int:
    """Returns how many bytes are rows, sound or not, whatever follows."""
    decided = 0
    for start, end, sound in rows(data):
        match = _ROW.match(data, start)
        if not sound and _UNCLOSED.match(data, match.end() if match else start):
            break
        if end == len(data) and data[-1:] != b"\n":
            break
        decided = end
    return decided


def row_starts(data: bytes) -> Places:
    """Returns where the rows begin that are not blank, in text of whole and sound rows."""
    places, _ = quotes(data)
    ends = _line_ends(data)
    ends = ends[np.searchsorted(places, ends) % 2 == 0]
    starts = np.r_[0, ends + 1]
    starts = starts[starts < len(data)]
    first = np.frombuffer(data, np.uint8)[starts]
    sound: Places = starts[(first != _FEED) & (first != _RETURN)]
    return sound


def line_numbers(data: bytes, starts: Places) -> Places:
    """Returns the 0-based number of the line in which each of some places stands."""
    return np.searchsorted(_line_ends(data), starts).astype(np.int64)


def _line_ends(data: bytes) -> Places:
    r"""Returns the last byte of each line: \n, or \r without \n behind it."""
    letters = np.frombuffer(data, np.uint8)
    ends = letters == _FEED
    if b"\r" in data:
        alone = letters == _RETURN
        alone[:-1] &= letters[1:] != _FEED
        ends |= alone
    return np.flatnonzero(ends)


def rows(data: bytes) -> list[tuple[int, int, bool]]:
    """Returns start and end of every row that is not blank, and whether its quotes are sound.

    A row whose quotes are not ends with its first line, so that the next ones are read.
    """
    found = []
    at = 0
    while at < len(data):
        match = _ROW.match(data, at)
        stop = match.end() if match else at
        sound = stop == len(data) or data[stop] in b"\r\n"
        end = line_end(data, stop if sound else at)
        if stop > at or not sound:
            found.append((at, end, sound))
        at = end
    return found


def cells(row: bytes) -> list[bytes] | None:
    """Returns the cells of a row without its line end, or None if its quotes are not sound."""
    found = []
    at = 0
    while match := _ONE.match(row, at):
        cell = match.group()
        found.append(cell[1:-1].replace(b'""', b'"') if cell[:1] == b'"' else cell)
        at = match.end() + 1
        if at > len(row):
            return found
    return None

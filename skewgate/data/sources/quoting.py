"""Tells where the rows of CSV text begin and end, as Arrow's parser does.

A quote opens a quoted cell only at the beginning of a cell. Within one, two quotes stand for one.
"""

from __future__ import annotations

import dataclasses
import functools
import re

import numpy as np
import numpy.typing as npt

from skewgate.data.sources.streams import line_end

Places = npt.NDArray[np.int64]

_QUOTE, _FEED, _RETURN = b'"\n\r'
COMMA = b","
_LONG = 4_000
"""Bytes from which a row is looked at for more cells than the header has."""
_LONGEST_MATCHED = 1 << 20
"""Bytes of a line up to which a row is matched by one pattern."""
SURPLUS = 1_000
"""Cells beyond those of the header from which Arrow's parser must not see a row.

Before version 13 it writes them behind the memory that it has for the cells of some thousand rows.
"""


@dataclasses.dataclass(frozen=True)
class _Patterns:
    """What text with one delimiter is made of.

    Attributes:
        around: which bytes may stand before and behind a quoted cell.
        quoted, one, unclosed, row: a quoted cell; a cell; an unclosed one up to the end; a row.
    """

    around: npt.NDArray[np.bool_]
    quoted: re.Pattern[bytes]
    one: re.Pattern[bytes]
    unclosed: re.Pattern[bytes]
    row: re.Pattern[bytes]


@functools.cache
def _patterns(delimiter: bytes) -> _Patterns:
    around = np.zeros(256, np.bool_)
    around[[_QUOTE, delimiter[0], _FEED, _RETURN]] = True
    mark = re.escape(delimiter)
    cell = (rb'(?:"[^"]*(?:""[^"]*)*"(?=[%b\r\n]|\Z)|[^"%b\r\n][^%b\r\n]*|(?=[%b\r\n]|\Z))') % (
        mark,
        mark,
        mark,
        mark,
    )
    return _Patterns(
        around,
        re.compile(rb'(?:(?<=[%b\r\n])|\A)"[^"]*(?:""[^"]*)*("|\Z)' % mark),
        re.compile(cell),
        re.compile(rb'%b?"[^"]*(?:""[^"]*)*\Z' % mark),
        re.compile(cell + rb"(?:" + mark + cell + rb")*"),
    )


def quotes(data: bytes, delimiter: bytes = COMMA) -> tuple[Places, bool]:
    """Finds the quoted cells of text that begins with a row.

    Returns:
        Where quoted text begins and ends, in turn; an odd number if the last one is not closed.
        Whether text stands behind a closing quote, which happens where one is missing.
    """
    if b'"' not in data:
        return np.zeros(0, np.int64), False
    patterns = _patterns(delimiter)
    letters = np.frombuffer(data, np.uint8)
    places = np.flatnonzero(letters == _QUOTE)
    opening, closing = places[::2], places[1::2]
    before = opening[1:] if opening[0] == 0 else opening
    after = closing[:-1] if len(closing) and closing[-1] == len(data) - 1 else closing
    around = patterns.around
    if around[letters[before - 1]].all() and around[letters[after + 1]].all():
        return places, False
    # Quotes stand within cells that do not begin with one.
    ends = []
    loose = False
    for found in patterns.quoted.finditer(data):
        ends.append(found.start())
        if found.group(1):
            ends.append(found.end() - 1)
            behind = data[found.end() : found.end() + 1]
            loose = loose or behind not in (b"", delimiter, b"\n", b"\r")
    return np.array(ends, np.int64), loose


def whole_rows(data: bytes, delimiter: bytes = COMMA) -> int:
    """Returns how many bytes at the beginning of the text are whole rows."""
    places, loose = quotes(data, delimiter)
    if loose:
        return _decided(data, delimiter)
    last = len(data) - 1
    for mark in (b"\n", b"\r"):
        end = len(data) if mark == b"\n" else last  # a last \r may be half of a line end
        while (at := data.rfind(mark, 0, max(end, 0))) >= 0:
            inside = int(np.searchsorted(places, at))
            if inside % 2 == 0:
                return at + 1
            end = int(places[inside - 1])
    return 0


def _decided(data: bytes, delimiter: bytes) -> int:
    """Returns how many bytes are rows, sound or not, whatever follows."""
    decided = 0
    patterns = _patterns(delimiter)
    for start, end, sound in rows(data, delimiter):
        match = patterns.row.match(data, start)
        if not sound and patterns.unclosed.match(data, match.end() if match else start):
            break
        if end == len(data) and data[-1:] != b"\n":
            break
        decided = end
    return decided


def row_starts(data: bytes, delimiter: bytes = COMMA) -> Places:
    """Returns where the rows begin that are not blank, in text of whole and sound rows."""
    places, _ = quotes(data, delimiter)
    starts = np.r_[0, _row_ends(data, places) + 1]
    starts = starts[starts < len(data)]
    first = np.frombuffer(data, np.uint8)[starts]
    sound: Places = starts[(first != _FEED) & (first != _RETURN)]
    return sound


def has_wide_rows(data: bytes, places: Places, header: int, delimiter: bytes = COMMA) -> bool:
    """Says whether a row has so many cells that Arrow's parser must not see it.

    Args:
        data: whole rows, whose quotes are sound.
        places: as `quotes` returns them.
        header: number of cells of the header.
        delimiter: the byte between cells.
    """
    windows = range(0, len(data) - _LONG + 1, _LONG)
    ends = np.array([data.find(b"\n", start, start + _LONG) for start in windows], np.int64)
    if (ends >= 0).all() and not (np.searchsorted(places, ends) % 2).any():
        return False  # a row ends in each part
    stops = _row_ends(data, places) + 1
    starts = np.r_[0, stops]
    long = np.flatnonzero(np.append(stops, len(data)) - starts > _LONG)
    return any(
        wide_cells(data[start:end], header, delimiter)
        for start, end in zip(starts[long], np.append(stops, len(data))[long], strict=True)
    )


def wide_cells(row: bytes, header: int, delimiter: bytes = COMMA) -> int:
    """Returns the number of cells of a row that Arrow's parser must not see; 0 if it may."""
    most = header + SURPLUS
    if row.count(delimiter) < most:
        return 0
    if b'"' in row:  # whose cells are not made: there may be millions
        row = _patterns(delimiter).quoted.sub(b"", row)
    count = row.count(delimiter) + 1
    return count if count > most else 0


def line_numbers(data: bytes, starts: Places) -> Places:
    """Returns the 0-based number of the line in which each of some places stands."""
    return np.searchsorted(_line_ends(data), starts).astype(np.int64)


def _row_ends(data: bytes, places: Places) -> Places:
    """Returns the last byte of each row that has a line end."""
    ends = _line_ends(data)
    outside: Places = ends[np.searchsorted(places, ends) % 2 == 0]
    return outside


def _line_ends(data: bytes) -> Places:
    r"""Returns the last byte of each line: \n, or \r without \n behind it."""
    letters = np.frombuffer(data, np.uint8)
    ends = letters == _FEED
    if b"\r" in data:
        alone = letters == _RETURN
        alone[:-1] &= letters[1:] != _FEED
        ends |= alone
    return np.flatnonzero(ends)


def rows(data: bytes, delimiter: bytes = COMMA) -> list[tuple[int, int, bool]]:
    """Returns start and end of every row that is not blank, and whether its quotes are sound.

    A row whose quotes are not ends with its first line, so that the next ones are read.
    """
    patterns = _patterns(delimiter)
    found = []
    at = 0
    while at < len(data):
        stop = line_end(data, at)
        if data.find(b'"', at, stop) < 0:
            stop = at + len(data[at:stop].rstrip(b"\r\n"))
        elif stop - at > _LONGEST_MATCHED:
            stop = _end_of_cells(data, at, delimiter)
        else:
            match = patterns.row.match(data, at)
            stop = match.end() if match else at
        sound = stop == len(data) or data[stop] in b"\r\n"
        end = line_end(data, stop if sound else at)
        if stop > at or not sound:
            found.append((at, end, sound))
        at = end
    return found


def _end_of_cells(data: bytes, at: int, delimiter: bytes) -> int:
    """Returns where the cells of a row end, as its pattern does, which holds a mark for each."""
    one = _patterns(delimiter).one
    end = at
    while match := one.match(data, at):
        end = match.end()
        if data[end : end + 1] != delimiter:
            break
        at = end + 1
    return end


def cells(row: bytes, delimiter: bytes = COMMA) -> list[bytes] | None:
    """Returns the cells of a row without its line end, or None if its quotes are not sound."""
    one = _patterns(delimiter).one
    found = []
    at = 0
    while match := one.match(row, at):
        cell = match.group()
        found.append(cell[1:-1].replace(b'""', b'"') if cell[:1] == b'"' else cell)
        at = match.end() + 1
        if at > len(row):
            return found
    return None

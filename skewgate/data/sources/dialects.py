"""Recognises how a CSV file is written from its beginning: delimiter, names of the columns."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Sequence

from skewgate.core.errors import InputError
from skewgate.data.arrow.values import is_utf8
from skewgate.data.sources import quoting
from skewgate.data.sources.csv_blocks import Dialect
from skewgate.data.sources.reading_options import DELIMITERS, ReadingOptions

# Blank lines, then a line whose quoted cells may hold line ends.
_FIRST = re.compile(rb'[\r\n]*((?:[^"\r\n]|"[^"]*")+)(?:\r\n?|\n|\Z)')
_SEP = re.compile(rb'\A[\r\n]*"?sep=([^\r\n"])"?[ \t]*(?:\r\n?|\n|\Z)', re.IGNORECASE)
_UNUSUAL = (":", "^", "~", "\x01", "\x1f", " ")
"""Delimiters that are seldom meant: a file that may have one must say so."""
_NUMBER = re.compile(rb"\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*\Z")
_COMMA_NUMBER = re.compile(rb'"?\s*[+-]?\d+(,\d+)?\s*"?\Z')
_SAMPLE_BYTES, _SAMPLE_ROWS = 1 << 14, 100
LOOKED_AT = 1 << 16
"""Bytes of a file that are enough to recognise how it is written, if they hold the header."""


@dataclasses.dataclass(frozen=True)
class Layout:
    """How a file is written.

    Attributes:
        dialect: of its cells.
        columns: their names.
        start: number of bytes before the first row.
        notes: what was recognised and is not what CSV has by itself.
    """

    dialect: Dialect
    columns: list[str]
    start: int
    notes: tuple[str, ...]


def has_header(beginning: bytes) -> bool:
    """Says whether the beginning of a file holds its whole first line and something behind it."""
    at = _sep_end(beginning)
    line = _FIRST.match(beginning, at)
    return bool(line and line.end() < len(beginning))


def recognise(path: str, beginning: bytes, options: ReadingOptions) -> Layout:
    """Recognises how a file is written.

    Args:
        path: the file; `.tsv` says that tabs stand between cells.
        beginning: its text as UTF-8, with the whole first line.
        options: what the user says.

    Raises:
        InputError: it cannot be recognised, or the first line is not what it should be.
    """
    sep_end = _sep_end(beginning)
    line = _FIRST.match(beginning, sep_end)
    first = line.group(1) if line else beginning[sep_end:]
    rows = beginning[line.end() if line else len(beginning) :]
    if not is_utf8(first):
        raise InputError(
            f"{path}: line 1", "is not UTF-8", "give the option encoding, such as cp1252"
        )
    notes: list[str] = []
    if options.delimiter is not None:
        delimiter = options.delimiter.encode()
        _check_given(path, first, _sample(rows), delimiter)
    elif sep_end:
        delimiter = _sep(beginning)
        notes.append(f"read {_shown(delimiter)} as the delimiter, as the line `sep=` says")
    else:
        delimiter = _delimiter(path, first, rows)
        if delimiter != _usual(path):
            notes.append(f"read {_shown(delimiter)} as the delimiter")
    dialect = Dialect(delimiter, options.decimal or ".", ("", *(options.null_values or ())))
    cells = _cells(path, first, delimiter)
    if options.header is None or options.header is True:
        if options.header is None:
            _check_names_are_none(path, cells)
        return Layout(
            dialect,
            [cell.decode() for cell in cells],
            line.end() if line else len(beginning),
            tuple(notes),
        )
    names = options.header or [f"column_{at}" for at in range(1, len(cells) + 1)]
    if [cell.decode() for cell in cells] == names:
        raise InputError(
            f"{path}: line 1", "holds the names that the option header gives", "leave header out"
        )
    if len(cells) != len(names):
        raise InputError(
            f"{path}: line 1",
            f"has {len(cells)} cells, but the option header names {len(names)} columns",
            "name every column",
        )
    return Layout(dialect, names, line.start(1) if line else sep_end, tuple(notes))


def _sep_end(beginning: bytes) -> int:
    found = _SEP.match(beginning)
    return found.end() if found else 0


def _sep(beginning: bytes) -> bytes:
    found = _SEP.match(beginning)
    assert found
    return found.group(1)


def _usual(path: str) -> bytes:
    return b"\t" if re.search(r"\.tsv(\.\w+)?$", path.lower()) else quoting.COMMA


def _cells(path: str, line: bytes, delimiter: bytes) -> list[bytes]:
    cells = quoting.cells(line, delimiter)
    if cells is None:
        raise InputError(
            f"{path}: line 1", "has a quote that is never closed", "correct the header"
        )
    return cells


def _sample(rows: bytes) -> bytes:
    """Returns some lines, of which the last may be cut off only if it is all there is."""
    if len(rows) <= _SAMPLE_BYTES:
        return rows
    end = max(rows.rfind(b"\n", 0, _SAMPLE_BYTES), rows.rfind(b"\r", 0, _SAMPLE_BYTES))
    return rows[: end + 1] if end >= 0 else rows[:_SAMPLE_BYTES]


def _count(line: bytes, delimiter: bytes) -> int:
    return len(quoting.cells(line, delimiter) or b"")


def _texts(sample: bytes, delimiter: bytes) -> list[bytes]:
    spans = quoting.rows(sample, delimiter)[:_SAMPLE_ROWS]
    return [sample[start:end].rstrip(b"\r\n") for start, end, _ in spans]


def _share(first: bytes, sample: bytes, delimiter: bytes) -> float:
    """Returns the share of rows that have as many cells as the first line, if these are several."""
    cells = quoting.cells(first, delimiter) or []
    count = len(cells)
    if count < 2 or (b'"' in first and any(_cuts_quotes(cell) for cell in cells)):
        return 0.0
    texts = _texts(sample, delimiter)
    if not texts:
        return 1.0
    return sum(_count(text, delimiter) == count for text in texts) / len(texts)


def _cuts_quotes(cell: bytes) -> bool:
    """Says whether a cell is half of a quoted one, as between wrong delimiters."""
    return cell.count(b'"') == 1 and (cell[:1] == b'"' or cell[-1:] == b'"')


def _delimiter(path: str, first: bytes, rows: bytes) -> bytes:
    """Returns the delimiter of a file that does not say it."""
    usual = _usual(path)
    others = [mark for each in DELIMITERS if (mark := each.encode()) != usual]
    count = _count(first, usual)
    if not any(mark in first for mark in others) and count > 1:
        return usual
    sample = _sample(rows)
    shares = {mark: _share(first, sample, mark) for mark in (usual, *others)}
    best = max(shares, key=lambda mark: shares[mark])  # the first of equal ones
    texts = _texts(sample, usual)
    alike = [mark for mark, share in shares.items() if share == 1.0]
    if len(alike) > 1 and texts:
        raise _unclear(path, first, [mark for mark in alike if mark != usual], usual)
    if shares[best] > 0.5 or count > 1:
        return best if shares[best] > 0.5 else usual
    commas = any(b"," in text for text in texts) and usual == quoting.COMMA
    if commas and all(map(_COMMA_NUMBER.match, texts)):
        return b";"  # one column of numbers with decimal commas
    several = [mark for mark in others if _count(first, mark) > 1]
    unusual = [
        each.encode()
        for each in _UNUSUAL
        if texts
        and _share(first, sample, each.encode()) == 1.0
        and (each != " " or all(map(_NUMBER.match, b" ".join(texts).split())))
    ]
    if several or unusual:
        raise _unclear(path, first, several + unusual, usual)
    return usual


def _unclear(path: str, first: bytes, marks: Sequence[bytes], usual: bytes) -> InputError:
    return InputError(
        f"{path}: line 1",
        f"is {_quoted(first)}, whose columns may have {_shown(marks[0])} or {_shown(usual)} "
        "between them",
        f"give the option delimiter, such as {_shown(marks[0])}",
    )


def _check_given(path: str, first: bytes, sample: bytes, delimiter: bytes) -> None:
    """Refuses a delimiter that the file does not have where another one fits all rows."""
    if _count(first, delimiter) != 1 or not _texts(sample, delimiter):
        return
    for each in DELIMITERS:
        mark = each.encode()
        if mark != delimiter and _share(first, sample, mark) == 1.0:
            raise InputError(
                f"{path}: line 1",
                f"is one column with the delimiter {_shown(delimiter)}, and "
                f"{_count(first, mark)} with {_shown(mark)}",
                "correct the option delimiter, or leave it out",
            )


def _check_names_are_none(path: str, cells: Sequence[bytes]) -> None:
    """Refuses numbers where names of columns should stand."""
    numbers = [cell for cell in cells if _NUMBER.match(cell)]
    if 2 * len(numbers) > len(cells) and any(not cell.strip().isdigit() for cell in numbers):
        raise InputError(
            f"{path}: line 1",
            f"holds numbers such as {numbers[0].decode().strip()} where names of columns should be",
            "give the option header: names, false for none, or true if these are names",
        )


def _quoted(line: bytes) -> str:
    return repr(line[:60].decode(errors="replace"))


def _shown(delimiter: bytes) -> str:
    return {b"\t": "tab", b" ": "a space", b"\x01": "\\x01", b"\x1f": "\\x1f"}.get(
        delimiter, f"`{delimiter.decode()}`"
    )

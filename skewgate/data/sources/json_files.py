"""Reads JSON Lines block by block, compressed files too."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import pathlib
from collections.abc import Callable, Collection, Iterator, Mapping

import numpy as np
import pyarrow as pa

from skewgate.core.errors import InputError
from skewgate.data.arrow.kinds import is_list
from skewgate.data.arrow.own_keys import KeyWatch
from skewgate.data.arrow.values import is_utf8
from skewgate.data.sources import base, json_blocks, json_keys, json_lines, json_types
from skewgate.data.sources.column_names import Columns, check_names, columns_of
from skewgate.data.sources.json_times import with_times
from skewgate.data.sources.quoting import Places, line_numbers
from skewgate.data.sources.rejected import Rejected, Rejections, reject, shortened
from skewgate.data.sources.streams import Opener, TextFile, count_lines, whole_lines

_Types = dict[str, pa.DataType]
_Block = tuple[int | Places, int, dict[str, pa.Array]]
"""Lines, number of rows, and columns."""
_MOST_LINES = 65_536
"""Lines that are read at once: 100,000 rows are an error of pyarrow 10."""
_BEGINNING = 1 << 16  # bytes
_MOST_WIDENED = 4
"""Readings that each end where a type is wider, before the whole file is looked at."""
_INDEX = (b'"Unnamed: ', b'"__index_level_')  # how names of an index begin


@dataclasses.dataclass
class _Reading:
    """One pass over a file.

    Attributes:
        types: types of columns, as far as they are known.
        rejections: takes the rows that cannot be read.
        widens: whether a wider type is taken as it comes, instead of an error.
        names: the columns, once the first rows were read.
        columns: the columns to read; all without it. Others may hold anything.
    """

    types: _Types
    rejections: Rejections | None
    widens: bool = False
    names: dict[str, None] | None = None
    columns: Collection[str] | None = None

    def reads(self, name: str) -> bool:
        """Says whether a column is to be read."""
        return self.columns is None or name in self.columns

    def read_types(self) -> _Types:
        """Returns the types of the columns that are to be read."""
        return {name: kind for name, kind in self.types.items() if self.reads(name)}


class JsonSource(base.TableSource):
    """A file of JSON Lines: one object a line. A key that is missing counts as null.

    Attributes:
        known: types of columns that other files this one, or a reading before, have shown. Unlike
            given types they convert nothing: values of another kind are rejected.
    """

    def __init__(
        self,
        path: str,
        types: Mapping[str, pa.DataType],
        opener: Opener | None = None,
        *,
        known: Mapping[str, pa.DataType] | None = None,
        complete: bool = False,
    ) -> None:
        """See TableSource; all columns that are known are there from the start if complete."""
        self.path, self._declared, self._complete = path, dict(types), complete
        self.known: _Types = {name: json_types.plain(kind) for name, kind in (known or {}).items()}
        self._late: dict[str, None] = {}
        self._widened = 0
        self._watch = KeyWatch(path, json_keys.of_line)
        self._file = TextFile(path, opener)
        beginning = next(filter(bytes.strip, self._file.reads(_BEGINNING)), None)
        if beginning is None:
            raise InputError(path, "is empty", "give a file with rows")
        suffixes = pathlib.PurePath(path.lower()).suffixes
        if ".json" in suffixes and beginning.lstrip().startswith(b"["):
            raise InputError(
                path, "is one JSON array, and not JSON Lines", "write one object per line"
            )
        found = _columns(beginning, types, path)
        self._notes = found.notes
        self._index = frozenset(found.header).difference(found.features)

    def batches(
        self, columns: Collection[str] | None = None, rejections: Rejections | None = None
    ) -> Iterator[pa.RecordBatch]:
        """See Source."""
        reading = _Reading({**self._declared, **self.known}, rejections)
        reading.columns = base.looked_up(columns)
        for lines, rows, arrays in self._blocks(reading):
            names = [
                name
                for name in reading.names or ()
                if reading.reads(name) and name not in self._index
            ]
            batch = _batch(rows, {name: arrays.get(name) for name in names}, reading.types)
            yield base.with_lines(batch, lines)

    def read_as_text(self, names: Collection[str]) -> bool:
        """See Source; numbers of JSON become text too."""
        changed = [name for name in names if name not in self._declared]
        self._declared.update(dict.fromkeys(changed, pa.string()))
        for name in changed:
            self.known.pop(name, None)
        return bool(changed)

    def scan(self) -> Iterator[pa.Schema]:
        """See TableSource."""
        types = {**self._declared, **self.known}
        reading = _Reading(types, Rejections(None), widens=True)
        seen: dict[str, None] = {}
        for _, _, arrays in self._blocks(reading):
            seen.update(dict.fromkeys(name for name in arrays if name not in self._index))
        yield pa.schema([(name, reading.types[name]) for name in seen])

    def _blocks(self, reading: _Reading) -> Iterator[_Block]:
        for first, lines in self._file.blocks(whole_lines):
            for line, data in json_keys.cut(lines, first, _MOST_LINES, self._watch):
                if data.isspace():
                    continue
                block = self._read(line, data, reading) or self._salvaged(line, data, reading)
                if block is not None:
                    yield block

    def _read(self, line: int, data: bytes, reading: _Reading) -> _Block | None:
        """Reads a block if there is nothing wrong with it."""
        if not is_utf8(data):
            return None
        lines: int | Places = line
        rows = count_lines(data) + (data[-1:] not in b"\r\n")
        if not json_blocks.is_plain(data, rows):
            # Arrow must see no other line: one of a bare null ends the process.
            spans = json_lines.lines(data)
            if not all(text[:1] == b"{" and text.rstrip()[-1:] == b"}" for _, text in spans):
                return None
            lines = line + line_numbers(data, np.array([start for start, _ in spans], np.int64))
            rows = len(spans)
        if json_blocks.is_odd(data, rows):
            return None
        try:
            table = self._parsed(data, self._explicit(reading))
        except pa.ArrowInvalid:
            return None
        # Arrow passes over what follows an object and a bracket too many.
        if table.num_rows != rows or not json_blocks.ends_well(data):
            return None
        read = [name for name in table.column_names if reading.reads(name)]
        if any(json_types.has_infinity(table.column(name).chunk(0)) for name in read):
            return None
        arrays = self._fitted(table, reading, lambda: json_blocks.has_negative_zero(data))
        return None if arrays is None else (lines, table.num_rows, arrays)

    def _parsed(self, data: bytes, explicit: pa.Schema) -> pa.Table:
        return with_times(
            json_blocks.parse(data, explicit), data, {*self._declared, *explicit.names}
        )

    def _fitted(
        self, table: pa.Table, reading: _Reading, negative_zero: Callable[[], bool]
    ) -> dict[str, pa.Array] | None:
        """Returns the columns as far as their types are known, or None if they do not fit.

        Raises:
            WiderTypes: they fit wider types.
        """
        if "" in table.column_names:
            raise InputError(self.path, "has a key without a name", "give it a name")
        check_names(table.column_names, self.path)
        self._watch.note(table.column_names)
        arrays, wider = {}, {}
        for name, column in zip(table.column_names, table.columns, strict=True):
            if not reading.reads(name):
                continue
            array = column.chunk(0)
            known = reading.types.get(name, pa.null())
            if name in self._declared:
                kind = known
                if is_list(array.type) and not is_list(known):
                    kind = pa.list_(known)
                try:
                    arrays[name] = json_types.declared(array, kind, negative_zero)
                except pa.ArrowInvalid:
                    return None
            else:
                kind = json_types.joined(known, array.type)
                if kind is None:
                    return None
                arrays[name] = json_types.conformed(array, kind)
            late = reading.names is not None and name not in reading.names
            if kind != known or late or name not in reading.types:
                wider[name] = kind
        reading.types.update(wider)
        if reading.names is None:  # nothing was given out in narrower types
            late_names = (*self._declared, *self.known) if self._complete else self._late
            reading.names = dict.fromkeys([*table.column_names, *late_names])
        elif wider and not reading.widens:
            self._widen(wider)
            raise base.WiderTypes
        return arrays

    def _widen(self, wider: _Types) -> None:
        """Notes wider types for the next reading, which must be so, or it would never end.

        A file in which they come again and again is read to its end for all of them.
        """
        self._widened += 1
        if self._widened > _MOST_WIDENED:
            for schema in self.scan():
                found = dict(zip(schema.names, schema.types, strict=True))
                wider = {
                    name: kind
                    for name, kind in found.items()
                    if name in wider or kind not in (self.known.get(name), self._declared.get(name))
                }
        for name, kind in wider.items():
            known = self.known.get(name, pa.null())
            if name in self._late and json_types.joined(kind, known) in (known, None):
                raise InputError(
                    f"{self.path}: column {name}",
                    f"is {kind} after it was {known}, and no type holds for both",
                    "give all values of the column the same type",
                )
            self._late[name] = None
            self.known[name] = kind

    def _explicit(self, reading: _Reading) -> pa.Schema:
        """Returns what Arrow must be told; numbers of a given type may stand there as text."""
        free = [name for name in self._declared if reading.types[name] == json_types.NUMBER]
        types = reading.read_types()
        return json_blocks.explicit(
            {name: kind for name, kind in types.items() if name not in free}
        )

    def _salvaged(self, line: int, data: bytes, reading: _Reading) -> _Block | None:
        """Reads those lines of a block that can be read."""
        spans = json_lines.lines(data)
        starts = np.array([start for start, _ in spans], np.int64)
        numbered = (line + line_numbers(data, starts)).tolist()
        left = dict(zip(numbered, (text for _, text in spans), strict=True))
        refused: list[int] = []
        while True:  # what Arrow alone refuses must not say what the other lines are
            kinds = json_types.all_general(reading.types)
            judge = json_lines.Judge(self._declared, kinds, reading.columns)
            judged = {number: judge.judge(text) for number, text in left.items()}
            good = {
                number: each for number, each in judged.items() if isinstance(each, json_lines.Line)
            }
            many = {name for name, kind in judge.kinds.items() if is_list(kind)}
            texts = [each.write(many) for each in good.values()]
            explicit = json_blocks.explicit(json_types.as_lists(reading.read_types(), many))
            bad = [list(good)[at] for at in json_blocks.refused(texts, explicit)]
            if not bad:
                break
            refused += bad
            left = {number: text for number, text in left.items() if number not in bad}
        block = None
        if texts:
            table = self._parsed(b"\n".join(texts), explicit)
            arrays = self._fitted(table, reading, lambda: False)
            if arrays is None or table.num_rows != len(texts):
                raise InputError(
                    f"{self.path}: line {line} or later",
                    "holds values that cannot be read together",
                    "give all values of a column the same type",
                )
            block = (np.array(list(good), np.int64), len(texts), arrays)
        problems = {
            number: each for number, each in judged.items() if not isinstance(each, json_lines.Line)
        }
        for number in refused:
            text = spans[numbered.index(number)][1]
            problems[number] = ("", shortened(text.decode()), "a JSON object")
        for number in sorted(problems):
            reject(reading.rejections, Rejected(self.path, number, *problems[number]))
        return block


def _columns(beginning: bytes, types: Mapping[str, pa.DataType], path: str) -> Columns:
    """Returns the columns of the first rows, as far as they may be an index."""
    rows = []
    for _, line in json_lines.lines(beginning) if any(map(beginning.__contains__, _INDEX)) else ():
        with contextlib.suppress(ValueError, RecursionError):  # such as a line that is cut off
            rows.append(json.loads(line))
    rows = [row for row in rows if isinstance(row, dict)]
    names = list(dict.fromkeys(name for row in rows for name in row if name))
    return columns_of(names, types, lambda place: [row.get(names[place]) for row in rows], path)


def _batch(rows: int, arrays: Mapping[str, pa.Array | None], types: _Types) -> pa.RecordBatch:
    columns = [
        pa.nulls(rows, types[name]) if array is None else array for name, array in arrays.items()
    ]
    if not columns:
        return pa.RecordBatch.from_struct_array(pa.array([{}] * rows, pa.struct([])))
    return pa.RecordBatch.from_arrays(columns, list(arrays))

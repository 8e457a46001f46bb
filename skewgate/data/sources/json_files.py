"""Reads JSON Lines block by block, compressed files too."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterator, Mapping

import numpy as np
import pyarrow as pa
import pyarrow.json

from skewgate.core.errors import InputError
from skewgate.data.arrow.kinds import joined
from skewgate.data.arrow.values import is_utf8
from skewgate.data.sources import base, json_lines
from skewgate.data.sources.bad_rows import bad_rows
from skewgate.data.sources.casts import cast
from skewgate.data.sources.json_times import with_times
from skewgate.data.sources.quoting import Places, line_numbers
from skewgate.data.sources.rejected import Rejected, Rejections, reject, shortened
from skewgate.data.sources.streams import Opener, TextFile, count_lines, cut_lines, whole_lines

_Types = dict[str, pa.DataType]
_Block = tuple[int | Places, int, dict[str, pa.Array]]
"""Lines, number of rows, and columns."""
_MOST_LINES = 65_536
"""Lines that are read at once: 100,000 rows are an error of pyarrow 10."""
_TEXTS = (pa.string(), pa.list_(pa.string()))


@dataclasses.dataclass
class _Reading:
    """One pass over a file.

    Attributes:
        types: types of columns, as far as they are known.
        rejections: takes the rows that cannot be read.
        widens: whether a wider type is taken as it comes, instead of an error.
        names: the columns, once the first rows were read.
        lists: whether columns with a given type hold lists, as far as it is known.
    """

    types: _Types
    rejections: Rejections | None
    widens: bool = False
    names: list[str] | None = None
    lists: dict[str, bool] = dataclasses.field(default_factory=dict)

    def texts(self) -> pa.Schema:
        """Returns the columns that must not be taken for times."""
        return pa.schema(
            [
                (name, pa.list_(kind) if self.lists.get(name) else kind)
                for name, kind in self.types.items()
                if kind in _TEXTS
            ]
        )


class JsonSource(base.TableSource):
    """A file of JSON Lines: one object a line. A key that is missing counts as null."""

    def __init__(
        self,
        path: str,
        types: Mapping[str, pa.DataType],
        opener: Opener | None = None,
        *,
        complete: bool = False,
    ) -> None:
        """See TableSource; a column that `types` name is there from the start if complete."""
        self.path, self._declared, self._complete = path, dict(types), complete
        self._inferred: _Types = {}
        self._file = TextFile(path, opener)
        if not any(data.strip() for data in self._file.reads(1 << 16)):
            raise InputError(path, "is empty", "give a file with rows")

    def batches(
        self, columns: Collection[str] | None = None, rejections: Rejections | None = None
    ) -> Iterator[pa.RecordBatch]:
        """See Source."""
        reading = _Reading({**self._inferred, **self._declared}, rejections)
        for lines, rows, arrays in self._blocks(reading):
            names = [name for name in reading.names or () if columns is None or name in columns]
            batch = _batch(rows, {name: arrays.get(name) for name in names}, reading.types)
            yield base.with_lines(batch, lines)

    def scan(self) -> Iterator[pa.Schema]:
        """See TableSource."""
        reading = _Reading(dict(self._declared), Rejections(None), widens=True)
        seen: dict[str, None] = {}
        for _, _, arrays in self._blocks(reading):
            seen.update(dict.fromkeys(arrays))
        yield pa.schema([(name, reading.types[name]) for name in seen])

    def _blocks(self, reading: _Reading) -> Iterator[_Block]:
        for first, lines in self._file.blocks(whole_lines):
            for before, data in cut_lines(lines, _MOST_LINES):
                if not data.strip():
                    continue
                line = first + before
                block = self._read(line, data, reading) or self._salvaged(line, data, reading)
                if block is not None:
                    yield block

    def _read(self, line: int, data: bytes, reading: _Reading) -> _Block | None:
        """Reads a block if there is nothing wrong with it."""
        if not is_utf8(data):
            return None
        lines: int | Places = line
        rows = count_lines(data) + (data[-1:] not in b"\r\n")
        if data.count(b"\n{") + data.startswith(b"{") != rows:
            # Arrow must see no other line: one of a bare null ends the process.
            spans = json_lines.lines(data)
            if not all(text.startswith(b"{") for _, text in spans):
                return None
            lines = line + line_numbers(data, np.array([start for start, _ in spans], np.int64))
            rows = len(spans)
        try:
            table = self._parsed(data, reading)
        except pa.ArrowInvalid:
            return None
        # Arrow passes over what follows an object and a bracket too many.
        if table.num_rows != rows or not json_lines.ends_well(data):
            return None
        arrays = self._fitted(table, reading)
        return None if arrays is None else (lines, table.num_rows, arrays)

    def _parsed(self, data: bytes, reading: _Reading) -> pa.Table:
        texts = reading.texts()
        whole = [name for name, kind in self._declared.items() if kind == pa.int64()]
        return with_times(_parse(data, texts), data, {*whole, *texts.names})

    def _fitted(self, table: pa.Table, reading: _Reading) -> dict[str, pa.Array] | None:
        """Returns the columns as far as their types are known, or None if they do not fit.

        Raises:
            WiderTypes: they fit wider types.
        """
        arrays = {}
        wider: _Types = {}
        for name, column in zip(table.column_names, table.columns, strict=True):
            array = column.chunk(0)
            known = reading.types.get(name, pa.null())
            if name in self._declared:
                if reading.names is not None and name not in reading.names:
                    wider[name] = known
                try:
                    arrays[name] = cast(array, known)
                except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
                    return None
                continue
            kinds = (json_lines.kind_of_type(known), json_lines.kind_of_type(array.type))
            if json_lines.agreed(*kinds) is None:
                return None
            kind = joined(known, array.type, text=True) or array.type
            if kind != known or name not in reading.types:
                wider[name] = kind
            arrays[name] = array if kinds[1].endswith("object") else cast(array, kind)
        fresh = reading.names is None and not wider.keys() & reading.types.keys()
        if wider and not fresh and not reading.widens:
            self._inferred.update(wider)
            raise base.WiderTypes
        reading.types.update(wider)
        if reading.names is None:
            late = self._declared if self._complete else self._inferred
            reading.names = list(dict.fromkeys([*table.column_names, *late]))
        return arrays

    def _salvaged(self, line: int, data: bytes, reading: _Reading) -> _Block | None:
        """Reads those lines of a block that can be read."""
        spans = json_lines.lines(data)
        numbers = line + line_numbers(data, np.array([start for start, _ in spans], np.int64))
        kinds = {name: json_lines.kind_of_type(kind) for name, kind in reading.types.items()}
        judge = json_lines.Judge(self._declared, kinds, reading.lists)
        texts: list[bytes] = []
        left: list[int] = []
        rejected: list[Rejected] = []
        for number, (_, text) in zip(numbers.tolist(), spans, strict=True):
            judged, problem = judge.judge(text)
            if problem is None:
                texts.append(judged)
                left.append(number)
            else:
                rejected.append(Rejected(self.path, number, *problem))
        reading.lists.update(judge.lists)
        bad = set(_refused(texts, reading.texts()))
        rejected += [
            Rejected(self.path, left[at], "", shortened(texts[at].decode()), "a JSON object")
            for at in bad
        ]
        texts = [text for at, text in enumerate(texts) if at not in bad]
        block = None
        if texts:
            table = self._parsed(b"\n".join(texts), reading)
            arrays = self._fitted(table, reading)
            if arrays is None or table.num_rows != len(texts):
                raise InputError(
                    f"{self.path}: line {line} or later",
                    "holds values that cannot be read together",
                    "give each column values of one type",
                )
            places = np.array([each for at, each in enumerate(left) if at not in bad], np.int64)
            block = (places, len(texts), arrays)
        for row in sorted(rejected, key=lambda row: row.line):
            reject(reading.rejections, row)
        return block


def _refused(texts: list[bytes], explicit: pa.Schema) -> list[int]:
    """Returns the lines that Arrow does not read, although they are JSON."""

    def accepts(start: int, end: int) -> bool:
        try:
            _parse(b"\n".join(texts[start:end]), explicit)
        except pa.ArrowInvalid:
            return False
        return True

    return bad_rows(len(texts), accepts)


def _parse(data: bytes, explicit: pa.Schema) -> pa.Table:
    table = pa.json.read_json(
        pa.BufferReader(data),
        pa.json.ReadOptions(block_size=len(data) + 1, use_threads=False),
        pa.json.ParseOptions(explicit_schema=explicit),
    )
    return table.combine_chunks()


def _batch(rows: int, arrays: Mapping[str, pa.Array | None], types: _Types) -> pa.RecordBatch:
    columns = [
        pa.nulls(rows, types[name]) if array is None else array for name, array in arrays.items()
    ]
    if not columns:
        return pa.RecordBatch.from_struct_array(pa.array([{}] * rows, pa.struct([])))
    return pa.RecordBatch.from_arrays(columns, list(arrays))

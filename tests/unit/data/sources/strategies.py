"""Hypothesis strategies of tables, how each format writes them, and what must come out."""

from __future__ import annotations

import dataclasses
import datetime
import decimal
import json
import math
import pathlib
import random
import struct
from typing import Any

import pyarrow as pa
import pyarrow.parquet
from hypothesis import strategies as st

EPOCH = datetime.datetime(1970, 1, 1)
LARGEST = 2**63 - 1


def _times(smallest=datetime.datetime(1700, 1, 1), largest=datetime.datetime(2200, 1, 1)):
    return st.datetimes(smallest, largest)


def _text():
    pieces = st.sampled_from(
        ["\n", "\r\n", "\r", '"', '""', ",", "é", "0", "NULL", " ", "\0", "\N{GRINNING FACE}"]
    )
    anything = st.text(st.characters(exclude_categories=["Cs"]), max_size=5)
    return st.lists(st.one_of(pieces, anything), max_size=3).map("".join)


FLOATS = st.floats(width=32)
INTS = st.integers(-LARGEST - 1, LARGEST)
DAYS = st.dates(datetime.date(1700, 1, 1), datetime.date(2200, 1, 1))
KINDS: dict[str, tuple[pa.DataType, st.SearchStrategy]] = {
    "int8": (pa.int8(), st.integers(-128, 127)),
    "int64": (pa.int64(), INTS),
    "uint64": (pa.uint64(), st.integers(0, LARGEST)),
    "float32": (pa.float32(), FLOATS),
    "float64": (pa.float64(), FLOATS),
    "decimal": (pa.decimal128(9, 2), st.decimals(-9999999, 9999999, places=2)),
    "bool": (pa.bool_(), st.booleans()),
    "date": (pa.date32(), DAYS),
    "second": (pa.timestamp("s"), _times().map(lambda time: time.replace(microsecond=0))),
    "micro": (pa.timestamp("us"), _times()),
    "zoned": (pa.timestamp("ms", "Asia/Tokyo"), _times().map(lambda t: t.replace(microsecond=0))),
    "time": (pa.time32("s"), st.times().map(lambda time: time.replace(microsecond=0))),
    "duration": (pa.duration("ms"), st.timedeltas(*[datetime.timedelta(days=d) for d in (-9, 9)])),
    "text": (pa.string(), _text()),
    "large_text": (pa.large_string(), _text()),
    "binary": (pa.binary(), st.binary(max_size=4)),
    "words": (pa.dictionary(pa.int32(), pa.string()), _text()),
    "null": (pa.null(), st.none()),
    "ints": (pa.list_(pa.int64()), st.lists(INTS, max_size=3)),
    "floats": (pa.large_list(pa.float32()), st.lists(FLOATS, max_size=3)),
    "texts": (pa.list_(pa.string()), st.lists(_text(), max_size=3)),
    # Without nulls, which older Arrow cannot read back from Parquet.
    "pairs": (pa.list_(pa.int32(), 2), st.lists(st.integers(-9, 9), min_size=2, max_size=2)),
}
"""Columns by name: their Arrow type and their values."""
CSV_KINDS = ("int64", "float64", "bool", "date", "second", "micro", "time", "text", "null")
JSON_KINDS = ("int64", "float64", "bool", "second", "text", "null", "ints", "floats", "texts")
FORMATS = {"csv": CSV_KINDS, "jsonl": JSON_KINDS, "parquet": tuple(KINDS)}


@dataclasses.dataclass(frozen=True)
class Case:
    """A table and how a file holds it.

    Attributes:
        suffix: csv, jsonl or parquet.
        kinds: kind of each column by its name.
        rows: values of each row, None where one is missing.
        quoted: whether every cell of CSV is quoted, and every null of JSON stands there.
        end: line end of text.
        last: whether the last line has a line end.
    """

    suffix: str
    kinds: dict[str, str]
    rows: list[tuple[Any, ...]]
    quoted: bool
    end: str
    last: bool

    @property
    def types(self) -> dict[str, pa.DataType]:
        """The types that must be given, because text looks like something else."""
        if self.suffix == "parquet":
            return {}
        types = {"text": pa.string(), "texts": pa.string()}
        return {name: types[kind] for name, kind in self.kinds.items() if kind in types}

    def write(self, folder: pathlib.Path) -> str:
        """Writes the file and returns its path."""
        path = folder / f"rows.{self.suffix}"
        if self.suffix == "parquet":
            columns = [
                pa.array([row[at] for row in self.rows], KINDS[kind][0])
                for at, kind in enumerate(self.kinds.values())
            ]
            table = pa.Table.from_arrays(columns, list(self.kinds))
            pa.parquet.write_table(table, path, row_group_size=700)
        else:
            lines = self._csv() if self.suffix == "csv" else self._json()
            text = self.end.join(lines) + (self.end if self.last else "")
            path.write_bytes(text.encode())
        return str(path)

    def _csv(self) -> list[str]:
        # A row of one empty cell without quotes is a blank line, which is no row.
        quoted = self.quoted or len(self.kinds) == 1
        return [
            ",".join(_cell(value, quoted) for value in row)
            for row in [tuple(self.kinds), *self.rows]
        ]

    def _json(self) -> list[str]:
        objects = [
            {
                name: _json_value(value)
                for name, value in zip(self.kinds, row, strict=True)
                if value is not None or self.quoted
            }
            for row in self.rows
        ]
        return [json.dumps(each, ensure_ascii=self.quoted) for each in objects]

    def features(self) -> list[dict[str, list[Any]]]:
        """Returns the features of each row, by the table in docs/ingest.md."""
        csv = self.suffix == "csv"
        return [
            {
                name: _feature(value)
                for name, value in zip(self.kinds, row, strict=True)
                if value is not None and not (csv and value == "")
            }
            for row in self.rows
        ]


def _cell(value: Any, quoted: bool) -> str:
    text = "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
    if quoted or any(mark in text for mark in ',"\n\r'):
        return '"' + text.replace('"', '""') + '"'
    return text


def _json_value(value: Any) -> Any:
    return str(value) if isinstance(value, datetime.datetime) else value


def _feature(value: Any) -> list[Any]:
    if isinstance(value, list):
        return [feature for each in value for feature in _feature(each)]
    if isinstance(value, str):
        return [value.encode()]
    if isinstance(value, datetime.datetime):
        return [(value.replace(tzinfo=None) - EPOCH) // datetime.timedelta(seconds=1)]
    if isinstance(value, datetime.date):
        return [(value - EPOCH.date()).days * 86_400]
    if isinstance(value, datetime.time):
        return [value.hour * 3_600 + value.minute * 60 + value.second]
    if isinstance(value, datetime.timedelta):
        return [single(value // datetime.timedelta(milliseconds=1) / 1_000)]
    if isinstance(value, float | decimal.Decimal):
        return [single(float(value))]
    return [int(value)] if isinstance(value, int) else [value]


def single(value: float) -> float:
    """Returns the nearest 32-bit float."""
    return struct.unpack("<f", struct.pack("<f", value))[0]


def alike(one: dict[str, list[Any]], other: dict[str, list[Any]]) -> bool:
    """Says whether two rows have the same features; NaN is NaN."""

    def plain(features):
        return {
            name: ["nan" if isinstance(v, float) and math.isnan(v) else v for v in values]
            for name, values in features.items()
        }

    return plain(one) == plain(other)


@st.composite
def cases(draw, suffixes=tuple(FORMATS), largest=10_000) -> Case:
    """Draws a case; long tables repeat some rows in a random order."""
    suffix = draw(st.sampled_from(suffixes))
    chosen = draw(st.lists(st.sampled_from(FORMATS[suffix]), min_size=1, max_size=5))
    kinds = {f"{kind} {at}": kind for at, kind in enumerate(chosen)}
    row = st.tuples(
        *(KINDS[kind][1] if kind == "pairs" else st.none() | KINDS[kind][1] for kind in chosen)
    )
    rows = draw(st.lists(row, max_size=8))
    count = draw(st.sampled_from([0, 1, 30, 1_000, largest]))
    if rows and count > len(rows):
        rows = random.Random(count).choices(rows, k=count)
    if suffix == "jsonl" and not rows:
        rows = [tuple(None for _ in chosen)]
    # Objects without any key have no column.
    quoted = draw(st.booleans()) or all(value is None for row in rows for value in row)
    return Case(
        suffix,
        kinds,
        rows,
        quoted,
        draw(st.sampled_from(["\n", "\r\n", "\r"])),
        draw(st.booleans()),
    )

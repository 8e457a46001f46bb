"""One table in many forms: any columns, written by the tools that people write files with.

A table is the same table in every form, so that `skewgate drift` must not say that it changed. What
it may leave in doubt is listed in `doubt`, with the reason. Left out on purpose, because a form
cannot hold it, as docs/ingest.md says: an empty text and a text such as `NA` in CSV (both are
missing there), lists in CSV and bytes in CSV and JSON, infinity in JSON, a float beyond 32 bits in
tf.Example, times of day in JSON and with a fraction or a zone in CSV (they are text there).
"""

from __future__ import annotations

import contextlib
import csv
import dataclasses
import datetime
import decimal
import io
import json
import pathlib
import re
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet
from hypothesis import strategies as st

from skewgate.cli.main import main
from skewgate.data.tf_example.tfrecord import frame
from tests.encoding import encode

MANY, FEW = 2_500, 60
"""Rows of a table: with many every check of plain columns is decided."""
_DAYS = (datetime.date(1900, 1, 1), datetime.date(2100, 1, 1))
_FIRST, _LAST = (datetime.datetime.combine(day, datetime.time()) for day in _DAYS)
_LIKE_NUMBERS = re.compile(
    r"[\s+-]*(?:inf(?:inity)?|nan|[\d.,'_]+(?:e[+-]?\d+)?)\s*", re.IGNORECASE
)
_MISSING = {
    "",
    "-",
    "--",
    "?",
    ".",
    "na",
    "n/a",
    "n.a.",
    "#n/a",
    "null",
    "none",
    "nil",
    "nan",
    "<na>",
}
_TRUTHS = {"true", "false"}


def _plain(text: str) -> bool:
    """Says whether a text is nothing but text: no number, truth value, time or missing value."""
    bare = text.strip().lower()
    has_letter = any(letter.isalpha() for letter in bare)
    return (
        has_letter
        and bare not in _MISSING | _TRUTHS
        and not re.match(r"\d", bare)
        and not _LIKE_NUMBERS.fullmatch(text)
    )


def _texts() -> st.SearchStrategy[str]:
    pieces = st.sampled_from(
        ['"', '""', ",", ";", "\t", "|", "\n", " ", "é", "NULL", "\N{SNOWMAN}"]
    )
    letters = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=5)
    return st.lists(pieces | letters, min_size=1, max_size=4).map("".join).filter(_plain)


def _stamps() -> st.SearchStrategy[datetime.datetime]:
    return st.datetimes(_FIRST, _LAST)


def _integers(kind: str) -> tuple[pa.DataType, st.SearchStrategy[int]]:
    limits = np.iinfo(kind)
    return getattr(pa, kind)(), st.integers(int(limits.min), int(limits.max))


_FLOATS = st.floats(-3e38, 3e38) | st.sampled_from([0.1, 0.3, 1 / 3, 1e-7, 16_777_217.0])
KINDS: Mapping[str, tuple[pa.DataType, st.SearchStrategy[Any]]] = {
    **{name: _integers(name) for name in ("int8", "int16", "int32", "int64", "uint8", "uint32")},
    "float32": (pa.float32(), st.floats(width=32, allow_nan=False, allow_infinity=False)),
    "float64": (pa.float64(), _FLOATS),
    "decimal": (pa.decimal128(12, 2), st.decimals(-9_999_999, 9_999_999, places=2)),
    "fine decimal": (pa.decimal128(30, 6), st.decimals(-9_999, 9_999, places=6)),
    "bool": (pa.bool_(), st.booleans()),
    "date": (pa.date32(), st.dates(*_DAYS)),
    "second": (pa.timestamp("s"), _stamps().map(lambda time: time.replace(microsecond=0))),
    "micro": (pa.timestamp("us"), _stamps()),
    "zoned": (pa.timestamp("us", "Asia/Tokyo"), _stamps()),
    "time": (pa.time64("us"), st.times().map(lambda time: time.replace(microsecond=0))),
    "text": (pa.string(), _texts()),
    "words": (pa.dictionary(pa.int32(), pa.string()), _texts()),
    "digits": (pa.string(), st.from_regex(r"[0-9]{1,6}", fullmatch=True)),
    "truths": (pa.string(), st.sampled_from(["true", "false"])),
    "null": (pa.null(), st.none()),
    "ints": (pa.list_(pa.int64()), st.lists(st.integers(-9, 9), max_size=3)),
    "floats": (pa.list_(pa.float64()), st.lists(st.sampled_from([0.1, 0.3, -2.5]), max_size=3)),
    "texts": (pa.list_(pa.string()), st.lists(_texts(), max_size=3)),
    "bytes": (pa.binary(), st.binary(min_size=1, max_size=4)),
}
"""What a column may hold: the Arrow type and the values."""
SPREAD = ("int32", "int64", "float32", "float64", "decimal", "date", "micro", "zoned")
"""Kinds of which every row may have a value of its own."""
_LISTS = ("ints", "floats", "texts")
CATEGORIES = ("text", "words", "digits", "truths", "texts", "bytes")
NAMES = (
    *("x", "y", "a b", " lead", "é", "0", "null", "num_values(x)", "a,b", 'q"q', "index"),
    "line\nend",
)
"""Names of features, without those of an index, which some forms cannot tell from features."""


@dataclasses.dataclass(frozen=True)
class SameTable:
    """A table with what is known of it.

    Attributes:
        table: in Arrow's form.
        kinds: what each column holds, by its name.
    """

    table: pa.Table
    kinds: Mapping[str, str]

    def doubt(self, feature: str, metric: str) -> str:
        """Says why a check of a feature may be inconclusive, or "" if it may not."""
        of = feature.rstrip("'")[len("num_values(") : -1]
        name = feature if feature in self.kinds else of
        column, kind = self.table[name], self.kinds[name]
        values = len(column) - column.null_count
        if not values:
            return "no row has a value"
        if len(column) < MANY:
            return "few rows"
        if kind in _LISTS:
            return "rows without a value in their list are no values"
        if kind == "bytes":
            return "bytes that are not UTF-8 have no name"
        if values < 900:
            return "few values"
        if kind in CATEGORIES and len(column.unique()) > 30:
            return "many categories"
        if metric == "missing_rate" and column.null_count:
            return "where many rows have no value, 0.05 more of them need more rows"
        return ""


@st.composite
def tables(draw: Callable[..., Any], most: int = 5) -> SameTable:
    """Draws a table: a few values, or a value for each row, of any kinds, under any names."""
    rows = draw(st.sampled_from([MANY, FEW]))
    names = draw(st.lists(st.sampled_from(NAMES), min_size=1, max_size=most, unique=True))
    columns, kinds = [], {}
    for name in names:
        kind = draw(st.sampled_from(list(KINDS)))
        columns.append(_column(draw, kind, rows))
        kinds[name] = kind
    if not any(map(_has_value, columns)):  # nothing to compare is refused
        names.append(name := "filled")
        columns.append(pa.array(np.arange(rows) % 7))
        kinds[name] = "int64"
    return SameTable(pa.table(columns, names=names), kinds)


def _has_value(column: pa.Array) -> bool:
    known = column.drop_null()
    return len(known.flatten() if pa.types.is_list(column.type) else known) > 0


def _column(draw: Callable[..., Any], kind: str, rows: int) -> pa.Array:
    type_, values = KINDS[kind]
    if kind == "null":
        return pa.nulls(rows)
    rng = np.random.default_rng(draw(st.integers(0, 99)))
    if kind in SPREAD and draw(st.booleans()):
        cells = _spread(kind, rng, rows)
    else:
        few = draw(st.lists(values, min_size=1, max_size=6))
        cells = [few[at] for at in rng.integers(0, len(few), rows)]
    missing = rng.random(rows) < draw(st.sampled_from([0.0, 0.0, 0.2, 0.95, 1.0]))
    filled = [None if gone else cell for cell, gone in zip(cells, missing, strict=True)]
    if pa.types.is_dictionary(type_):
        return pa.array(filled, pa.string()).dictionary_encode()
    if kind == "zoned":
        filled = [cell and cell.replace(tzinfo=datetime.timezone.utc) for cell in filled]
    return pa.array(filled, type_)


def _spread(kind: str, rng: np.random.Generator, rows: int) -> list[Any]:
    numbers = rng.lognormal(3, 1, rows)
    if kind.startswith("int"):
        return [int(number) for number in numbers]
    if kind == "float32":
        return [float(np.float32(number)) for number in numbers]
    if kind == "float64":
        return [float(number) for number in np.round(numbers, 1)]
    if kind == "decimal":
        return [decimal.Decimal(f"{number:.2f}") for number in numbers]
    days = [datetime.timedelta(days=float(number)) for number in rng.integers(0, 4_000, rows)]
    if kind == "date":
        return [datetime.date(2010, 1, 1) + day for day in days]
    return [datetime.datetime(2010, 1, 1) + 0.999_999 * day for day in days]


# Forms.


@dataclasses.dataclass(frozen=True)
class Form:
    """One way to write a table.

    Attributes:
        ending: of the file's name.
        write: writes a table to a path.
        without: kinds that the form cannot hold.
        alone: whether it can hold a table of one column: where it writes an empty line for a
            missing value, there is no row.
    """

    ending: str
    write: Callable[[SameTable, pathlib.Path], None]
    without: tuple[str, ...] = ()
    alone: bool = True

    def holds(self, same: SameTable) -> bool:
        """Says whether the form can hold a table."""
        return not set(self.without) & set(same.kinds.values()) and (
            self.alone or len(same.kinds) > 1
        )


def _parquet(same: SameTable, path: pathlib.Path) -> None:
    pa.parquet.write_table(same.table, path)


def _single(same: SameTable, path: pathlib.Path) -> None:
    """Writes floating numbers and decimals as 32-bit floats."""
    columns = []
    for column in same.table.columns:
        if pa.types.is_float64(column.type):
            column = column.cast(pa.float32(), safe=False)
        if pa.types.is_decimal(column.type):
            cells = [None if cell is None else float(cell) for cell in column.to_pylist()]
            column = pa.array(cells, pa.float32())
        columns.append(column)
    pa.parquet.write_table(pa.table(columns, names=same.table.column_names), path)


def _frame(same: SameTable) -> Any:
    """Returns a data frame of pandas whose index is no range, as after a filter."""
    frame_ = same.table.to_pandas()
    frame_.index = [7 * n % len(frame_) for n in range(len(frame_))]
    return frame_


def _pandas_parquet(same: SameTable, path: pathlib.Path) -> None:
    _frame(same).to_parquet(path)


def _pandas_csv(same: SameTable, path: pathlib.Path) -> None:
    _frame(same).to_csv(path)


def _polars(same: SameTable) -> Any:
    import polars

    return polars.from_arrow(same.table)


def _polars_parquet(same: SameTable, path: pathlib.Path) -> None:
    _polars(same).write_parquet(path)


def _polars_csv(same: SameTable, path: pathlib.Path) -> None:
    _polars(same).write_csv(path)


def _duckdb(options: str) -> Callable[[SameTable, pathlib.Path], None]:
    def write(same: SameTable, path: pathlib.Path) -> None:
        import duckdb

        rows = path.with_name("rows.parquet")
        _parquet(same, rows)
        with duckdb.connect() as connection:
            connection.execute(f"COPY (FROM read_parquet('{rows}')) TO '{path}' ({options})")

    return write


def _csv(same: SameTable, path: pathlib.Path) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(same.table.column_names)
        columns = [column.to_pylist() for column in same.table.columns]
        writer.writerows([_cell(cell) for cell in row] for row in zip(*columns, strict=True))


def _cell(value: Any) -> Any:
    if isinstance(value, bool):
        return str(value).lower()
    return value.isoformat() if hasattr(value, "isoformat") else value


def _json(same: SameTable, path: pathlib.Path) -> None:
    def plain(value: Any) -> Any:
        if isinstance(value, decimal.Decimal):
            return float(value)
        return _cell(value) if hasattr(value, "isoformat") else value

    # A key that no row has is no column.
    empty = {name for name in same.kinds if same.table[name].null_count == len(same.table)}
    rows = (
        {name: plain(cell) for name, cell in row.items() if cell is not None or name in empty}
        for row in same.table.to_pylist()
    )
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


def _records(same: SameTable, path: pathlib.Path) -> None:
    path.write_bytes(frame(encode(same.table.combine_chunks(), "table")))


def _statistics(same: SameTable, path: pathlib.Path) -> None:
    rows = path.with_suffix(".parquet")
    _parquet(same, rows)
    code, _, err = run("profile", rows, "--out", path, "--quiet")
    assert code == 0, err


_NOT_IN_TEXT = (*_LISTS, "bytes")
FORMS: Mapping[str, Form] = {
    "parquet": Form("parquet", _parquet),
    "32 bits": Form("parquet", _single),
    "pandas parquet": Form("parquet", _pandas_parquet),
    "polars parquet": Form("parquet", _polars_parquet),
    "duckdb parquet": Form("parquet", _duckdb("FORMAT PARQUET"), ("null",)),
    "csv": Form("csv", _csv, _NOT_IN_TEXT),
    "pandas csv": Form("csv", _pandas_csv, _NOT_IN_TEXT),
    "polars csv": Form("csv", _polars_csv, (*_NOT_IN_TEXT, "time"), alone=False),
    "duckdb csv": Form("csv", _duckdb("FORMAT CSV, HEADER"), (*_NOT_IN_TEXT, "time"), alone=False),
    "json": Form("jsonl", _json, ("bytes", "time")),
    "records": Form("tfrecord", _records),
    "statistics": Form("pb", _statistics),
}


# The comparison.


def run(*arguments: Any) -> tuple[int, str, str]:
    """Runs a command in this process; returns its exit code, output and errors."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = main([str(argument) for argument in arguments])
    return code, out.getvalue(), err.getvalue()


def write(same: SameTable, form: str, folder: pathlib.Path) -> pathlib.Path:
    """Writes a table in a form and returns the path."""
    path = folder / f"{form.replace(' ', '-')}.{FORMS[form].ending}"
    FORMS[form].write(same, path)
    return path


def compared(baseline: pathlib.Path, current: pathlib.Path) -> list[dict[str, Any]]:
    """Returns the results of `skewgate drift`.

    Raises:
        AssertionError: it is no verdict.
    """
    code, out, err = run("drift", baseline, current, "--json", "--quiet")
    assert code in (0, 1, 3), err
    results: list[dict[str, Any]] = json.loads(out)["results"]
    assert results
    return results


def check_same(same: SameTable, one: str, other: str, folder: pathlib.Path) -> None:
    """Makes sure that a table in one form is the same as in another.

    Raises:
        AssertionError: something fails, or is inconclusive that may not be.
    """
    try:
        results = compared(write(same, one, folder), write(same, other, folder))
    except AssertionError as error:
        raise AssertionError(one, other, same.kinds, str(error)) from error
    for result in results:
        feature, status = result["feature"], result["status"]
        assert status != "fail", (one, other, same.kinds.get(feature), result)
        assert status == "pass" or same.doubt(feature, result["metric"]), (
            one,
            other,
            same.kinds,
            result,
        )

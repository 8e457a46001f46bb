"""Counts what the cells of a column of CSV are, and says what the column is by all of them.

- Marks of missing values say nothing, unless the column is text: there they are text.
- It is numeric if at most one of 200 values is no number, and at most 1,000 are: these are missing.
- Where a comma may be the decimal mark it is, if no more values have a point; `1,234` alone says so
  only where semicolons stand between cells and every value has such a comma.
- Else it is of the type that holds for all values: boolean, date, time, time stamp, or text.
"""

from __future__ import annotations

import collections
import dataclasses
import io

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from skewgate.data.arrow.kinds import is_number, joined
from skewgate.data.sources.cell_kinds import Cells, Kind, looking_numeric
from skewgate.data.sources.csv_blocks import PLAIN, parse

ODD_SHARE, ODD_CELLS = 200, 1000
"""A numeric column has at most one odd cell among so many values, and at most so many."""
_SHORT = 18  # digits that are always an int64
_KEPT = 5  # texts that are named
NO_TYPE = pa.null()
COMMAS = (Kind.COMMA, Kind.GROUPS)
"""Kinds of cells that may have a decimal comma."""


@dataclasses.dataclass
class Tally:
    """What the cells of a column are, as far as they were read.

    Attributes:
        counts: number of cells of each kind.
        missing: marks of missing values, with their counts.
        samples: some texts of each kind that may be odd, with their counts.
        looks: number of these that look like numbers to people.
        looked: number of these that were looked at.
        whole_type: the type that holds for the whole numbers.
        other_type: the type that holds for the texts of no known kind.
    """

    counts: collections.Counter[Kind] = dataclasses.field(default_factory=collections.Counter)
    missing: collections.Counter[str] = dataclasses.field(default_factory=collections.Counter)
    samples: dict[Kind, collections.Counter[str]] = dataclasses.field(default_factory=dict)
    looks: int = 0
    looked: int = 0
    whole_type: pa.DataType = dataclasses.field(default_factory=pa.null)
    other_type: pa.DataType = dataclasses.field(default_factory=pa.null)

    def add(self, cells: Cells) -> None:
        """Counts further cells."""
        for kind in Kind:
            self.counts[kind] += int(cells.totals[kind])
        if cells.count(Kind.MISSING):
            self.missing.update(cells.shown(Kind.MISSING))
        for kind in (Kind.POINT, *COMMAS, Kind.OTHER):
            if cells.count(kind):
                self._sample(kind, *cells.only(kind))
        if cells.count(Kind.WHOLE):
            self.whole_type = _joined(self.whole_type, _whole_type(cells.only(Kind.WHOLE)[0]))
        if cells.count(Kind.OTHER):
            texts, counts = cells.only(Kind.OTHER)
            looks = looking_numeric(texts)
            self.looks += int(counts[looks].sum())
            self.looked += int(counts.sum())
            if self.other_type != pa.string():
                wider = _joined(self.other_type, infer(texts))
                self.other_type = pa.string() if is_number(wider) else wider

    def _sample(self, kind: Kind, texts: pa.Array, counts: npt.NDArray[np.int64]) -> None:
        known = self.samples.setdefault(kind, collections.Counter())
        for text, count in zip(
            texts.slice(0, _KEPT).to_pylist(), counts[:_KEPT].tolist(), strict=True
        ):
            if text in known or len(known) < _KEPT:
                known[text] += count

    def odd(self, delimiter: bytes) -> collections.Counter[str]:
        """Returns some cells that are no numbers in a column of a numeric type."""
        other_mark = (Kind.POINT,) if self.comma(delimiter) else COMMAS
        found: collections.Counter[str] = collections.Counter()
        for each in (Kind.OTHER, *other_mark):
            found.update(self.samples.get(each, {}))
        return found

    def is_text_for_good(self) -> bool:
        """Says whether no further cell can make the column anything but text."""
        return self.other_type == pa.string() and self.counts[Kind.OTHER] > ODD_CELLS

    def commas(self) -> int:
        """Returns the number of cells that are numbers if commas are decimal marks."""
        return self.counts[Kind.COMMA] + self.counts[Kind.GROUPS]

    def comma(self, delimiter: bytes) -> bool:
        """Says whether commas are decimal marks."""
        counts = self.counts
        sure = counts[Kind.COMMA] > 0 or (delimiter == b";" and not counts[Kind.WHOLE])
        return sure and self.commas() > counts[Kind.POINT]

    def n_odd(self, delimiter: bytes) -> int:
        """Returns the number of cells that are no numbers in a numeric column."""
        counts = self.counts
        comma = self.comma(delimiter)
        return counts[Kind.OTHER] + (counts[Kind.POINT] if comma else self.commas())

    def _floats(self, delimiter: bytes, floor: pa.DataType) -> bool:
        marked = self.comma(delimiter) or self.counts[Kind.POINT] or self.counts[Kind.NAN]
        return bool(marked) or pa.float64() in (floor, self.whole_type)

    def type(self, delimiter: bytes, floor: pa.DataType = NO_TYPE) -> pa.DataType:
        """Returns the type of the column; null if no cell says any.

        Args:
            delimiter: what stands between cells.
            floor: a type that numbers must at least have.
        """
        counts = self.counts
        odd = self.n_odd(delimiter)
        marked = self.commas() if self.comma(delimiter) else counts[Kind.POINT]
        floats = self._floats(delimiter, floor)
        numeric = marked + counts[Kind.WHOLE]
        if not numeric:
            if odd:
                return self.other_type if odd == counts[Kind.OTHER] else pa.string()
            return pa.float64() if counts[Kind.NAN] else pa.null()
        if odd > ODD_CELLS or odd * ODD_SHARE > numeric + odd:
            return pa.string()
        return pa.float64() if floats else self.whole_type


def _joined(one: pa.DataType, other: pa.DataType) -> pa.DataType:
    return joined(one, other, text=True) or pa.string()


def without_plus(texts: pa.Array) -> pa.Array:
    """Returns texts without a plus before what follows, which Arrow takes for no sign."""
    return pc.replace_substring_regex(texts, r"^\s*\+", "")


def _whole_type(texts: pa.Array) -> pa.DataType:
    texts = without_plus(texts)
    short = pc.max(pc.utf8_length(texts)).as_py() < _SHORT
    if short and not pc.any(pc.match_substring_regex(texts, "[eEiI]")).as_py():
        return pa.int64()
    return infer(texts)


def infer(texts: pa.Array) -> pa.DataType:
    """Returns the type that Arrow finds in text; null if there is none."""
    return read_texts(texts, None, ".").type


def read_texts(texts: pa.Array, kind: pa.DataType | None, decimal: str) -> pa.Array:
    """Reads text as it would be read in a file of this column alone.

    Raises:
        InvalidColumn: a text does not fit the type.
    """
    if texts.null_count == len(texts):
        return pa.nulls(len(texts), kind or pa.null())
    written = io.BytesIO()
    pa.csv.write_csv(
        pa.Table.from_arrays([texts], ["x"]), written, pa.csv.WriteOptions(include_header=False)
    )
    types = {} if kind is None else {"x": kind}
    dialect = dataclasses.replace(PLAIN, decimal=decimal)
    table = parse(written.getvalue(), ["x"], ["x"], types, None, dialect, blank_rows=True)
    return one_array(table.column(0))


def one_array(column: pa.ChunkedArray) -> pa.Array:
    """Returns a column as one array."""
    if column.num_chunks == 1:
        return column.chunk(0)
    return pa.concat_arrays(column.chunks) if column.num_chunks else pa.nulls(0, column.type)

"""Reads data frames of pandas, column by column."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import pyarrow as pa

from skewgate.core.errors import ColumnError
from skewgate.core.wording import listed


class PandasFrame:
    """A data frame of pandas, whose index is no feature.

    What pandas holds as Python objects is converted once and kept; the other columns are batch by
    batch, so that they are never there twice. NaN, NaT, NA and None are missing, as pandas means
    them.
    """

    def __init__(self, frame: Any, where: str) -> None:
        """Looks at the types of the columns.

        Args:
            frame: the data frame.
            where: what it is, for messages.
        """
        self._frame, self._where = frame, where
        self._converted: dict[int, pa.Array | pa.ChunkedArray] = {}
        self._problems: dict[int, str] = {}
        self.rows: int | None = len(frame)
        kinds = [self._kind_of(place) for place in range(frame.shape[1])]
        names = [name if isinstance(name, str) else str(name) for name in frame.columns]
        self.schema = pa.schema(list(zip(names, kinds, strict=True)))

    def read(self, places: Sequence[int], rows: int) -> Iterator[pa.RecordBatch]:
        """See Held.

        Raises:
            ColumnError: the values of a column are of types that have no type in common.
        """
        for place in places:
            if place in self._problems:
                name = self.schema.names[place]
                raise ColumnError(
                    name,
                    f"{self._where}: column {name}",
                    self._problems[place],
                    "convert it to one type, such as by astype(str)",
                )
        names = [self.schema.names[place] for place in places]
        for start in range(0, len(self._frame), rows):
            arrays = [self._slice(place, start, rows) for place in places]
            yield pa.RecordBatch.from_arrays(arrays, names)

    def _kind_of(self, place: int) -> pa.DataType:
        """Returns the type of a column as Arrow has it; null if it has none."""
        column = self._column(place)
        try:
            if column.dtype != object:
                return _to_arrow(column.iloc[:0]).type
            self._converted[place] = _to_arrow(column)
        except (pa.ArrowException, OverflowError, TypeError, ValueError) as error:
            self._problems[place] = _problem(column, error)
            return pa.null()
        return self._converted[place].type

    def _column(self, place: int) -> Any:
        column = self._frame.iloc[:, place]
        return column.sparse.to_dense() if hasattr(column.dtype, "fill_value") else column

    def _slice(self, place: int, start: int, rows: int) -> pa.Array:
        whole = self._converted.get(place)
        if whole is None:
            return _joined(_to_arrow(self._column(place).iloc[start : start + rows]))
        return _joined(whole.slice(start, rows))


def _to_arrow(column: Any) -> pa.Array | pa.ChunkedArray:
    return pa.array(column, from_pandas=True)


def _joined(found: pa.Array | pa.ChunkedArray) -> pa.Array:
    """Returns values as one array, which those of Arrow's types in pandas and long text are not."""
    return pa.concat_arrays(found.chunks) if isinstance(found, pa.ChunkedArray) else found


def _problem(column: Any, error: Exception) -> str:
    """Says why a column has no type, in the types that its values have."""
    if column.dtype != object:
        return f"has the type {column.dtype}, which Arrow does not know"
    kinds = sorted({type(value).__name__ for value in column.dropna()})
    if len(kinds) > 1:
        return f"has values of the types {listed(kinds, 5)}"
    return f"has values that Arrow cannot hold ({str(error).splitlines()[0]})"

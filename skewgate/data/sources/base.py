"""What every reader of a file offers."""

from __future__ import annotations

import abc
from collections.abc import Collection, Iterator, Mapping, Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from skewgate.data.sources.rejected import Rejections
from skewgate.data.sources.streams import Opener

_FIRST_LINE, _LINES = b"first_line", b"lines"  # metadata of batches
BATCH_ROWS = 1 << 17
BATCH_CELLS = 1 << 21  # fewer rows where there are many columns
BLOCK_BYTES = 1 << 23
LONGEST_ROW = 1 << 26  # bytes


class WiderTypes(Exception):  # noqa: N818  a signal, not an error
    """A column turned out to have a wider type than its beginning showed: read again.

    The source has noted the type, so that the next reading gets further. It is never raised if
    the types are those of `sources.infer`, said to be complete. Rows that were rejected so far
    will be so again.
    """


class Source(abc.ABC):
    """A file of rows that can be read more than once.

    Attributes:
        path: where it is, for messages.
        rows: number of rows if the file says it, else None.
    """

    path: str
    rows: int | None = None
    _notes: Sequence[str] = ()

    @abc.abstractmethod
    def batches(
        self, columns: Collection[str] | None = None, rejections: Rejections | None = None
    ) -> Iterator[pa.RecordBatch]:
        """Yields the rows in batches of bounded size, all with the same columns and types.

        Args:
            columns: which columns to read; all without it. One that the file lacks is left out.
            rejections: takes the rows that cannot be read. Without it the first one is an error.

        Raises:
            InputError: the file is not what it should be, or more rows are rejected than may be; a
                ColumnError if it can be read without one of its columns.
            WiderTypes: read again from the start.
        """

    def read_as_text(self, names: Collection[str]) -> bool:
        """Reads columns as text from now on whose types are inferred from how values look.

        Args:
            names: of columns; those with a given type, or one that the file says, stay.

        Returns:
            Whether any column will be read otherwise.
        """
        return False

    def only_missing(self) -> set[str]:
        """Returns the columns that had marks of missing values and nothing else."""
        return set()

    def notes(self) -> list[str]:
        """Says what was read otherwise than it stands in the file, once `batches` has ended."""
        return list(self._notes)


class TableSource(Source):
    """A file whose columns have types: CSV, Parquet or JSON Lines.

    Attributes:
        columns: names of the columns, or None if rows may leave some out.
        text: whether values stand as text, from which any type can be read that holds for them.
        may_be_packed: whether the whole file may be compressed, such as `rows.csv.gz`.
    """

    columns: list[str] | None = None
    text: bool = False
    may_be_packed: bool = True

    @abc.abstractmethod
    def __init__(
        self,
        path: str,
        types: Mapping[str, pa.DataType],
        opener: Opener | None = None,
        *,
        complete: bool = False,
    ) -> None:
        """Looks at the beginning of a file.

        Args:
            path: of the file.
            types: those that are given to columns.
            opener: opens paths of another file system; without it they are local.
            complete: whether `types` name all columns that the rows have.

        Raises:
            InputError: the file cannot be opened, or is not what it should be.
        """

    @abc.abstractmethod
    def scan(self) -> Iterator[pa.Schema]:
        """Reads the whole file and yields the types of its columns, block by block.

        Rows that cannot be read are passed over. Columns whose types were given have these.

        Raises:
            InputError: the file is not what it should be.
        """


def looked_up(columns: Collection[str] | None) -> Collection[str] | None:
    """Returns names so that one is found at once; a collection that lists none stays as it is."""
    return frozenset(columns) if isinstance(columns, list | tuple) else columns


def of_columns(rows: int, columns: Mapping[str, pa.Array]) -> pa.RecordBatch:
    """Returns columns as a batch, which has its rows even without any column."""
    if not columns:
        return pa.RecordBatch.from_struct_array(pa.array([{}] * rows, pa.struct([])))
    return pa.RecordBatch.from_arrays(list(columns.values()), list(columns))


def with_lines(batch: pa.RecordBatch, lines: int | npt.NDArray[np.int64]) -> pa.RecordBatch:
    """Notes where the rows of a batch stand in their file.

    Args:
        batch: rows.
        lines: the 1-based line of each row; one number if they stand in lines one after the other.
    """
    if isinstance(lines, int):
        return batch.replace_schema_metadata({_FIRST_LINE: str(lines)})
    return batch.replace_schema_metadata({_LINES: lines.astype("<i8").tobytes()})


def lines_of(batch: pa.RecordBatch, rows: Sequence[int]) -> list[int]:
    """Returns the 1-based lines (of Parquet files: rows) where rows of a batch stand.

    Args:
        batch: as a source gives it, or a slice of it.
        rows: 0-based positions in the batch as the source gave it.
    """
    metadata = batch.schema.metadata or {}
    if _LINES in metadata:
        lines = np.frombuffer(metadata[_LINES], "<i8")
        return [int(lines[row]) for row in rows]
    first = int(metadata.get(_FIRST_LINE, b"1"))
    return [first + row for row in rows]

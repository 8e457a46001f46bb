"""Counts and samples the rows of files that cannot be read."""

from __future__ import annotations

import collections
import dataclasses
import threading
from collections.abc import Mapping

from skewgate.core.errors import ColumnError, InputError

KEPT = 20
_WITHOUT_LINES = (".parquet", ".pq", ".parq", ".arrow", ".feather", ".ipc")
_LONGEST = 60  # letters of a cell in a message
_FIX_ROW, _FIX_VALUE = "correct the row", "correct the value, or the type in the schema"


@dataclasses.dataclass(frozen=True)
class Rejected:
    """A row that cannot be read.

    Attributes:
        path: the file.
        line: of a text file the 1-based physical line where the row starts; of a Parquet or Arrow
            file the 1-based row.
        column: its name, or nothing if the row as a whole cannot be read.
        found: what stands there, cut short.
        expected: what should.
    """

    path: str
    line: int
    column: str
    found: str
    expected: str

    @property
    def place(self) -> str:
        """The file, the line or row and the column, as messages name them."""
        unit = "row" if self.path.lower().endswith(_WITHOUT_LINES) else "line"
        column = f", column {self.column}" if self.column else ""
        return f"{self.path}: {unit} {self.line}{column}"

    def error(self, more: str = "", fix: str = "") -> InputError:
        """Returns the error of a run that ends at this row."""
        problem = f"expected {self.expected}, found {self.found}{more}"
        if self.column:
            return ColumnError(self.column, self.place, problem, fix or _FIX_VALUE)
        return InputError(self.place, problem, fix or _FIX_ROW)


class Rejections:
    """The rows that could not be read, up to a limit. Threads may add to it.

    Args:
        limit: the number of rows that may be rejected; any number with None.
        keep: the number of rows that are kept as samples.

    Attributes:
        count: number of rows rejected.
        samples: the first ones, in the order in which they were added.
        by_file: number of rows rejected by path, of files that have any.
    """

    def __init__(self, limit: int | None = 0, keep: int = KEPT) -> None:
        if limit is not None and limit < 0:
            raise InputError("max_rejected", f"must be 0 or more, found {limit}", "give 0 or more")
        self.limit, self.keep = limit, keep
        self.count = 0
        self.samples: list[Rejected] = []
        self.by_file: collections.Counter[str] = collections.Counter()
        self._first: Rejected | None = None
        self._lock = threading.Lock()

    def __getstate__(self) -> dict[str, object]:
        """Lets worker processes hand it over."""
        return {name: value for name, value in vars(self).items() if name != "_lock"}

    def __setstate__(self, state: dict[str, object]) -> None:
        vars(self).update(state)
        self._lock = threading.Lock()

    def add(self, row: Rejected) -> None:
        """Rejects one row.

        Raises:
            InputError: more rows are rejected than the limit allows; names the first of them.
        """
        with self._lock:
            self._take(row, {row.path: 1}, [row])

    def merge(self, other: Rejections) -> None:
        """Takes over what another one has, after what this one has.

        Raises:
            InputError: more rows are rejected than the limit allows; names the first of them.
        """
        if other._first is not None:
            with self._lock:
                self._take(other._first, other.by_file, other.samples)

    def _take(self, first: Rejected, by_file: Mapping[str, int], samples: list[Rejected]) -> None:
        self._first = self._first or first
        self.by_file.update(by_file)
        self.count += sum(by_file.values())
        self.samples += samples[: max(self.keep - len(self.samples), 0)]
        if self.limit is not None and self.count > self.limit:
            raise self._error(self._first)

    def _error(self, first: Rejected) -> InputError:
        if self.count == 1:
            return first.error("", "correct the row, or let max_rejected allow it")
        return first.error(
            f", the first of {self.count} rows so far that cannot be read, "
            f"but max_rejected allows {self.limit}",
            "correct the rows, or raise max_rejected",
        )


def reject(rejections: Rejections | None, row: Rejected) -> None:
    """Counts a row that cannot be read, if that is wanted.

    Raises:
        InputError: nobody counts, or the limit is passed.
    """
    if rejections is None:
        raise row.error()
    rejections.add(row)


def enough(rejections: Rejections | None) -> int | None:
    """Returns how many further rows end the reading if they are rejected, or None if none do."""
    if rejections is None:
        return 1
    return None if rejections.limit is None else rejections.limit - rejections.count + 1


def shortened(text: str) -> str:
    """Returns text as messages show it: quoted, and cut if it is long."""
    return repr(text if len(text) <= _LONGEST else text[:_LONGEST] + "...")

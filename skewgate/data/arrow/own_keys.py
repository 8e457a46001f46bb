"""Bounds what rows with keys of their own make of a small file.

Readers write a null into every row for each key that it lacks. So 10,000 rows of one key each, a
file of 100 kB, are 100,000,000 cells if every row has another key. Rows of one kind have the same
keys, and some of them show it: only if these do not, all are counted before they are read.
"""

from __future__ import annotations

import collections
import random
from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Sequence

from skewgate.core.errors import InputError

MOST_COLUMNS = 100_000
"""Columns of a file."""
MOST_CELLS = 1 << 24
"""Cells, nulls included, that are made at once."""
_MOST_TOGETHER = 1 << 26
"""Cells, nulls included, of a block of rows."""
_LEAST, _MOST, _SHARE = 32, 128, 64  # rows of a sample, and of how many one is taken
_FIX = "write keys that differ from row to row as a list of names and a list of values"

_random = random.Random()  # not to be foreseen by who writes the file


class KeyWatch:
    """What is known of the keys of the rows of one file.

    Args:
        path: of the file, for messages.
        keys: returns the keys of a row; none of one that cannot be read.
    """

    def __init__(self, path: str, keys: Callable[[bytes], Collection[Hashable]]) -> None:
        self._path, self._keys = path, keys
        self._counted: set[Hashable] = set()
        self._columns: set[str] = set()

    def rows_at_once(self) -> int:
        """Returns how many rows may be read at once, by the keys that are known."""
        return max(MOST_CELLS // max(len(self._counted), len(self._columns), 1), 1)

    def is_usual(self, sample: Iterable[bytes]) -> bool:
        """Says whether each key of some rows is one that other rows have too."""
        counts = collections.Counter(key for row in sample for key in self._keys(row))
        return len(counts) <= MOST_COLUMNS and not any(
            count == 1 and key not in self._counted for key, count in counts.items()
        )

    def count(self, rows: Iterable[bytes], objects: int, place: str) -> None:
        """Looks at each of some rows.

        Args:
            rows: which follow each other in the file.
            objects: how many rows they are for who makes columns of them, those in lists included.
            place: where they stand, for messages.

        Raises:
            InputError: they have too many keys.
        """
        found: set[Hashable] = set()
        for row in rows:
            found.update(self._keys(row))
            self._check(found)
        cells = objects * len(found)
        if cells > _MOST_TOGETHER:
            problem = (
                f"hold {len(found):,} different keys, which makes {cells:,} cells of "
                f"{objects:,} rows, where at most {_MOST_TOGETHER:,} are read"
            )
            raise InputError(f"{self._path}: {place}", problem, _FIX)
        self._counted |= found

    def note(self, columns: Collection[str]) -> None:
        """Takes the columns of rows that were read.

        Raises:
            InputError: the file has too many.
        """
        if not self._columns.issuperset(columns):
            self._columns.update(columns)
            self._check(self._columns)

    def _check(self, names: Collection[Hashable]) -> None:
        if len(names) > MOST_COLUMNS:
            problem = f"has more than {MOST_COLUMNS:,} different keys"
            raise InputError(self._path, problem, _FIX)


def cut(records: list[bytes], place: str, watch: KeyWatch) -> Iterator[list[bytes]]:
    """Cuts rows into pieces that are read at once.

    Args:
        records: the rows.
        place: where they stand, for messages.
        watch: knows the keys of the file.

    Raises:
        InputError: the rows have too many keys.
    """
    check(records, place, watch)
    rows = watch.rows_at_once()
    for start in range(0, len(records), rows):
        yield records[start : start + rows]


def check(records: Sequence[bytes], place: str, watch: KeyWatch) -> None:
    """Makes sure that rows can be read together; the arguments are those of `cut`.

    Raises:
        InputError: the rows have too many keys.
    """
    size = sum(map(len, records))
    few = size <= MOST_COLUMNS and len(records) * size <= MOST_CELLS
    if not few and not watch.is_usual(records[at] for at in places(len(records))):
        watch.count(records, len(records), place)


def places(size: int) -> Sequence[int]:
    """Returns some places below a number, in order: all of them, or a sample."""
    if size <= _LEAST:
        return range(size)
    number = min(max(size // _SHARE, _LEAST), _MOST)
    return sorted(_random.randrange(size) for _ in range(number))

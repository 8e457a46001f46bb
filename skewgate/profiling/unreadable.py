"""Finds the columns of a file that keep the others from being read."""

from __future__ import annotations

import collections
from collections.abc import Collection, Iterable

from skewgate.core.errors import ColumnError, InputError
from skewgate.data.sources.base import Source, WiderTypes


def at_fault(
    source: Source,
    error: InputError,
    columns: Collection[str] | None,
    slice_by: Iterable[Collection[str]],
) -> dict[str, InputError]:
    """Returns the columns on account of which a file cannot be read, each with its error.

    None if the file cannot be read without them either, or slices are made by one of them. Where
    the error does not name a column, each is read by itself.

    Args:
        source: the file.
        error: what its reading ended with.
        columns: those that were to be read; all with None.
        slice_by: the columns of which slices are made.
    """
    slicing = frozenset(name for names in slice_by for name in names)
    if isinstance(error, ColumnError):
        return {} if error.column in slicing else {error.column: error}
    names = getattr(source, "columns", None) or ()
    names = [name for name in names if columns is None or name in columns]
    found = {}
    for name in names:
        problem = _error_of(source, name)
        if problem is not None:
            found[name] = problem
    return {} if len(found) == len(names) or slicing & found.keys() else found


def _error_of(source: Source, column: str) -> InputError | None:
    """Reads one column and returns why that is not possible, if so."""
    while True:
        try:
            collections.deque(source.batches({column}), maxlen=0)
        except WiderTypes:
            continue
        except InputError as error:
            return error
        return None

"""Nested columns of payloads as columns of rows."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from skewgate.data.arrow.kinds import is_list, is_number
from skewgate.data.arrow.values import list_lengths, numbers, places_array, validity
from skewgate.serving.capture.chunks import Ints
from skewgate.serving.capture.log.config import Kind, Prediction, Request

_LISTS = ("predictions", "outputs", "result", "results")
_BEYOND = 2.0**63
_INSTANCES, _INPUTS = "instances", "inputs"


class UnknownError(Exception):
    """Values are not of the kinds that are read at once."""


class Columns:
    """The columns of a table, at places into which dots lead.

    Args:
        table: all columns in one chunk.
    """

    def __init__(self, table: pa.Table) -> None:
        self._table = table
        self._rows = table.num_rows

    def has(self, place: str) -> bool:
        """Says whether there is a column at a place."""
        return self._find(place) is not None

    def at(self, place: str) -> pa.Array:
        """Returns the column at a place; nulls if there is none."""
        found = self._find(place)
        return pa.nulls(self._rows) if found is None else found

    def _find(self, place: str) -> pa.Array | None:
        names = self._table.column_names
        if place in names:
            return self._table.column(names.index(place)).chunk(0)
        first, _, rest = place.partition(".")
        if not rest or first not in names:
            return None
        found = self._table.column(names.index(first)).chunk(0)
        for name in rest.split("."):
            found = child(found, name)
            if found is None:
                return None
        return found

    def text(self, places: Sequence[str]) -> pa.Array:
        """Returns the first text of some places in each row that is not empty; "" for none.

        Raises:
            UnknownError: a place has something else than text and whole numbers.
        """
        found = None
        for place in places:
            array = self._find(place)
            if array is None or pa.types.is_null(array.type):
                continue
            if pa.types.is_int64(array.type):
                array = array.cast(pa.string())
            if not pa.types.is_string(array.type):
                raise UnknownError("an attribute that is not text")
            if found is not None:
                array = pc.if_else(pc.equal(found, ""), array, found)
            found = pc.fill_null(array, "")
        if found is None:
            return pa.array([""]).take(pa.array(np.zeros(self._rows, np.int64)))
        return found

    def require(self, place: str, texts: Sequence[str]) -> None:
        """Makes sure that a place has nothing but some texts.

        Raises:
            UnknownError: it has.
        """
        array = self._find(place)
        if array is None or array.null_count == len(array):
            return
        if not texts or not pa.types.is_string(array.type):
            raise UnknownError(f"something at {place}")
        if set(pc.unique(array).to_pylist()) - {None, *texts}:
            raise UnknownError(f"something else at {place}")


def child(array: pa.Array, name: str) -> pa.Array | None:
    """Returns a member of objects, null where an object is; None if they have none of the name."""
    if not pa.types.is_struct(array.type):
        return None
    at = array.type.get_field_index(name)
    return None if at < 0 else array.flatten()[at]


def instances(payload: pa.Array, request: Request) -> tuple[Ints, pa.Array]:
    """Returns how many rows each request has, and the items of all requests.

    Raises:
        UnknownError: the requests are not lists of instances, or columns of inputs.
    """
    layout = request.layout
    found = child(payload, _INSTANCES) if layout in ("auto", "instances", "examples") else None
    if found is not None and found.null_count == 0:
        return _items(found)
    if found is not None:  # of some requests, or null, which is a payload that is not understood
        raise UnknownError("requests of several layouts")
    columns = child(payload, _INPUTS) if layout in ("auto", "inputs") else None
    if columns is not None and pa.types.is_struct(columns.type) and columns.null_count == 0:
        return _of_columns(columns)
    raise UnknownError("requests of another layout")


def predictions(payload: pa.Array, prediction: Prediction) -> tuple[Ints, dict[str, pa.Array]]:
    """Returns how many rows each response has, and the predictions of all.

    Raises:
        UnknownError: the responses are no lists of predictions.
    """
    if child(payload, "data") is not None:
        raise UnknownError("predictions of another layout")
    present = [name for name in _LISTS if _is_said(payload, name)]
    found = child(payload, present[0]) if len(present) == 1 else None
    if found is None or found.null_count:
        raise UnknownError("predictions of another layout")
    if pa.types.is_struct(found.type):
        lengths, items = _of_columns(found)
    else:
        lengths, items = _items(found)
    if pa.types.is_struct(items.type) and items.type.get_field_index("datatype") >= 0:
        raise UnknownError("tensors")
    columns = rows(items, prediction.names, "" if prediction.names else prediction.column)
    named = {prediction.rename.get(name, name): array for name, array in columns.items()}
    if len(named) < len(columns):
        raise UnknownError("two outputs with the same name")
    return lengths, named


def _is_said(payload: pa.Array, name: str) -> bool:
    found = child(payload, name)
    return found is not None and found.null_count < len(found)


def _items(lists: pa.Array) -> tuple[Ints, pa.Array]:
    """Returns the lengths of lists, none of which is empty, and their items."""
    if not is_list(lists.type):
        raise UnknownError("no lists")
    lengths = list_lengths(lists)
    items = lists.flatten()
    if not len(lengths) or lengths.min() < 1 or items.null_count:
        raise UnknownError("a payload without rows")
    return lengths, items


def _of_columns(columns: pa.Array) -> tuple[Ints, pa.Array]:
    """Returns the rows of an object of lists."""
    parts, lengths = [], None
    for array in columns.flatten():
        if not is_list(array.type) or array.null_count:
            raise UnknownError("columns that are not lists")
        found = list_lengths(array)
        if lengths is not None and (found != lengths).any():
            raise UnknownError("columns of different lengths")
        lengths = found
        parts.append(array.flatten())
    if lengths is None or not len(lengths) or lengths.min() < 1:
        raise UnknownError("a payload without rows")
    fields = [pa.field(f.name, part.type) for f, part in zip(columns.type, parts, strict=True)]
    return lengths, pa.StructArray.from_arrays(parts, fields=fields)


def base64_of(items: pa.Array) -> pa.Array | None:
    """Returns the text of instances that are base64, alone or as their one input; else None.

    Raises:
        UnknownError: only some are.
    """
    if not pa.types.is_struct(items.type):
        return None
    inner = items
    if items.type.num_fields == 1 and pa.types.is_struct(items.type[0].type):
        inner = items.flatten()[0]
    at = inner.type.get_field_index("b64")
    if at < 0:
        return None
    found = inner.flatten()[at]
    if inner.type.num_fields > 1 or found.null_count or not pa.types.is_string(found.type):
        raise UnknownError("instances of which some are base64")
    return found


def rows(items: pa.Array, names: Sequence[str], column: str) -> dict[str, pa.Array]:
    """Returns items as columns: objects by their names, lists by `names`, values as `column`.

    Raises:
        UnknownError: they hold objects, lists in lists, or have no names.
    """
    if pa.types.is_struct(items.type):
        found = zip(items.type, items.flatten(), strict=True)
        return {field.name: plain(array) for field, array in found}
    if names:
        if not is_list(items.type):
            if len(names) > 1:
                raise UnknownError("rows of another length")
            return {names[0]: plain(items)}
        if (list_lengths(items) != len(names)).any():
            raise UnknownError("rows of another length")
        flat = items.flatten()
        places = np.arange(len(items)) * len(names)
        return {name: plain(flat.take(pa.array(places + at))) for at, name in enumerate(names)}
    if not column:
        raise UnknownError("values without names")
    return {column: plain(items)}


def plain(array: pa.Array) -> pa.Array:
    """Returns values, or lists of values; lists of one are that value.

    Raises:
        UnknownError: they are objects, or lists in lists.
    """
    while is_list(array.type) and array.null_count < len(array):
        if (list_lengths(array) != 1).any():
            break
        valid = validity(array)
        array = array.flatten()
        if not valid.all():
            array = array.take(places_array(np.maximum(np.cumsum(valid) - 1, 0), valid))
    kind = array.type.value_type if is_list(array.type) else array.type
    if is_list(kind) or pa.types.is_struct(kind):
        raise UnknownError("objects, or lists in lists")
    if pa.types.is_float64(kind):
        held = numbers(array.flatten() if is_list(array.type) else array)
        if (np.abs(held) >= _BEYOND).any():
            raise UnknownError("numbers that may be whole ones of more than 64 bits")
    return array


def check_kind(array: pa.Array, kind: Kind) -> None:
    """Makes sure that a cast to a declared type does what is meant value by value.

    Raises:
        UnknownError: it may not.
    """
    held = array.type.value_type if is_list(array.type) else array.type
    fits = {
        "text": pa.types.is_string(held),
        "float": is_number(held),
        "int": is_number(held),
        "bool": pa.types.is_boolean(held),
    }
    if not pa.types.is_null(held) and not fits.get(kind, True):
        raise UnknownError("values of another type")

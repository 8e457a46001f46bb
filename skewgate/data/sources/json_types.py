"""Types of JSON values: which values can stand in one column, and what the column then is.

Numbers are int64 or float64, text is text or, if all of a column look so, times. A single value
beside lists counts as a list of one. Nothing else has anything in common with another kind.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Set
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from skewgate.data.arrow import kinds
from skewgate.data.arrow.kinds import is_list, is_number, is_time, value_type
from skewgate.data.arrow.times import whole_seconds
from skewgate.data.arrow.values import list_lengths, numbers, stored, validity
from skewgate.data.sources.casts import from_text, lists_of

NULL, NUMBER, TEXT, BOOLEAN = pa.null(), pa.float64(), pa.string(), pa.bool_()
_EXACT = 2.0**53


def joined(one: pa.DataType, other: pa.DataType, *, top: bool = True) -> pa.DataType | None:
    """Returns the type of a column with values of two types, or None if there is none.

    Args:
        one, other: types of JSON values.
        top: whether these are the values of a column, and not within lists or objects.

    >>> str(joined(pa.int64(), pa.list_(pa.float64())))
    'list<item: double>'
    """
    if one == other or pa.types.is_null(other):
        return one
    if pa.types.is_null(one):
        return other
    lists = (is_list(one), is_list(other))
    if any(lists):
        if not all(lists) and not top:
            return None
        items = [kind.value_type if is_list(kind) else kind for kind in (one, other)]
        item = joined(*items, top=False)
        return None if item is None else pa.list_(item)
    if _is_object(one) and _is_object(other):
        return _joined_objects(one, other)
    if general(one) != general(other):
        return None
    return kinds.joined(one, other, text=True)


def _joined_objects(one: pa.DataType, other: pa.DataType) -> pa.DataType | None:
    fields = {field.name: field.type for field in one}
    for field in other:
        kind = joined(fields.get(field.name, NULL), field.type, top=False)
        if kind is None:
            return None
        fields[field.name] = kind
    return pa.struct(list(fields.items()))


def _is_object(kind: pa.DataType) -> bool:
    return bool(pa.types.is_struct(kind))


def general(kind: pa.DataType) -> pa.DataType:
    """Returns the widest type of values of one kind: that of all numbers, or of all text."""
    if is_list(kind):
        return pa.list_(general(kind.value_type))
    if _is_object(kind):
        return pa.struct([(field.name, general(field.type)) for field in kind])
    if is_number(kind):
        return NUMBER
    return TEXT if is_time(kind) else kind


def all_general(types: Mapping[str, pa.DataType]) -> dict[str, pa.DataType]:
    """Returns the general type of each column."""
    return {name: general(kind) for name, kind in types.items()}


def as_lists(types: Mapping[str, pa.DataType], many: Set[str]) -> dict[str, pa.DataType]:
    """Returns types of columns, of which `many` turned out to hold lists."""
    return {
        name: pa.list_(kind) if name in many and not is_list(kind) else kind
        for name, kind in types.items()
    }


def plain(kind: pa.DataType) -> pa.DataType:
    """Returns the type of JSON values that are what another format has as some type."""
    if pa.types.is_dictionary(kind):
        return plain(kind.value_type)
    if is_list(kind):
        return pa.list_(plain(kind.value_type))
    if kinds.is_text(kind):
        return TEXT
    if pa.types.is_integer(kind):
        return pa.int64()
    return NUMBER if is_number(kind) or pa.types.is_decimal(kind) else kind


def explicit(kind: pa.DataType) -> pa.DataType | None:
    """Returns what Arrow must be told of a known type to read all rows alike, if anything.

    Alone it takes text for times, and -0 for 0.
    """
    if is_list(kind):
        item = explicit(kind.value_type)
        return None if item is None else pa.list_(item)
    if _is_object(kind):
        fields = [(field.name, explicit(field.type)) for field in kind]
        told = [(name, found) for name, found in fields if found is not None]
        return pa.struct(told) if told else None
    return kind if kind in (TEXT, NUMBER) else None


def described(kind: pa.DataType) -> str:
    """Returns what the values of a column are called in messages, in lists or alone.

    >>> described(pa.list_(pa.float64()))
    'a number'
    """
    item = value_type(kind)
    if is_list(item):
        return "a list"
    if _is_object(item):
        return "an object"
    return {NUMBER: "a number", BOOLEAN: "a boolean"}.get(general(item), "a text")


def conformed(array: pa.Array, kind: pa.DataType) -> pa.Array:
    """Returns values as a wider type, as `joined` returns it."""
    if array.type == kind:
        return array
    if pa.types.is_null(array.type) or pa.types.is_null(kind):
        return pa.nulls(len(array), kind)
    if is_list(kind):
        valid, lengths, items = _items(array)
        return lists_of(conformed(items, kind.value_type), lengths, valid)
    if _is_object(kind):
        held = {field.name: part for field, part in zip(array.type, array.flatten(), strict=True)}
        parts = [
            conformed(held.get(field.name, pa.nulls(len(array))), field.type) for field in kind
        ]
        if not parts:
            return pa.nulls(len(array), kind) if array.null_count else array
        missing = None if not array.null_count else array.is_null()
        return _struct(parts, kind, missing)
    return array.cast(kind, safe=False)  # integers that no float holds are rounded


def filled(kind: pa.DataType) -> pa.DataType:
    """Returns a type without objects that have no key, which say nothing and no file can hold."""
    if is_list(kind):
        item = filled(kind.value_type)
        return kind if item == kind.value_type else pa.list_(item)
    if not _is_object(kind):
        return kind
    fields = [(field.name, filled(field.type)) for field in kind]
    if all(field.type == found for field, (_, found) in zip(kind, fields, strict=True)):
        return kind if fields else NULL
    return pa.struct(fields)


def _items(
    array: pa.Array,
) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.int64], pa.Array]:
    """Returns which rows have a list, the lengths and the items; a single value is one item."""
    valid = validity(array)
    if is_list(array.type):
        return valid, list_lengths(array.drop_null()), array.flatten()
    return valid, np.ones(int(valid.sum()), np.int64), array.drop_null()


def _struct(parts: list[pa.Array], kind: pa.DataType, missing: pa.Array | None) -> pa.Array:
    found = pa.StructArray.from_arrays(parts, fields=list(kind))
    if missing is None:
        return found
    places = pa.array(np.arange(len(found)), mask=np.asarray(missing))
    return found.take(places)


def has_infinity(array: pa.Array) -> bool:
    """Says whether a number is infinite, as `Infinity` is, but also what no float can hold."""
    kind = array.type
    if is_list(kind):
        return has_infinity(array.flatten())
    if _is_object(kind):
        return any(map(has_infinity, array.flatten()))
    return kind == NUMBER and bool(np.isinf(numbers(array)).any())


def declared(array: pa.Array, kind: pa.DataType, negative_zero: Callable[[], bool]) -> pa.Array:
    """Returns what Arrow read as values of a declared type, exactly as each value alone would be.

    Args:
        array: as Arrow read it from JSON.
        kind: INT, FLOAT or BYTES, or lists of one of them.
        negative_zero: says whether the text holds `-0`, which is lost where all numbers are whole.

    Raises:
        pa.ArrowInvalid: values are none of that type, or may have been changed by Arrow.
    """
    found = array.type
    if is_list(kind):
        valid, lengths, items = _items(array)
        return lists_of(declared(items, kind.value_type, negative_zero), lengths, valid)
    if found == kind:
        return array
    if pa.types.is_null(found):
        return pa.nulls(len(array), kind)
    number = pa.types.is_boolean(found) or is_number(found)
    if kind in (pa.int64(), NUMBER):
        if found == TEXT:
            return from_text(array, kind)
        if kind == pa.int64() and is_time(found):
            return whole_seconds(array)
        if number and not _is_changed(array, kind, negative_zero):
            return array.cast(kind, safe=kind == pa.int64())
    raise pa.ArrowInvalid(f"no {kind}")


def _is_changed(array: pa.Array, kind: pa.DataType, negative_zero: Callable[[], bool]) -> bool:
    """Says whether the number that stands in the text may be another one."""
    if array.type == NUMBER:
        with np.errstate(invalid="ignore"):
            return bool((np.abs(stored(array)[validity(array)]) >= _EXACT).any())
    return kind == NUMBER and array.type == pa.int64() and negative_zero()


def of_value(value: Any) -> pa.DataType | None:
    """Returns the general type of a value as `json_lines` reads it; None if lists hold several."""
    if value is None:
        return NULL
    if isinstance(value, bool):
        return BOOLEAN
    if isinstance(value, str):
        return TEXT
    if isinstance(value, dict):
        fields = [(name, of_value(each)) for name, each in value.items()]
        return None if any(kind is None for _, kind in fields) else pa.struct(fields)
    if isinstance(value, list):
        item: pa.DataType | None = NULL
        for each in value:
            kind = of_value(each)
            item = None if item is None or kind is None else joined(item, kind, top=False)
        return None if item is None else pa.list_(item)
    return NUMBER

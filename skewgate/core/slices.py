"""Slices: the rows that have certain values in certain columns.

A slice is known by its key, which says columns and values and can be taken apart again, whatever
they hold: `company=Blue%20Cab&paid=Cash`. Names such as `company_Blue Cab_paid_Cash` are TFDV's and
those that people know; they are only shown, as several slices may share one.
"""

from __future__ import annotations

import collections
import urllib.parse
from collections.abc import Iterable, Mapping

ALL_ROWS = ""
"""The key of all rows, which are no slice."""
_NAME = "?"  # begins the key of a slice of which only the name is known
_EQUALS, _AND = "=", "&"


def part(column: str, value: str | bytes) -> str:
    r"""Returns what a key says of one column; the value as text, or as bytes that are not UTF-8.

    >>> part("paid", "a&b"), part("paid", ""), part("paid", b"\xff")
    ('paid=a%26b', 'paid=', 'paid=%FF')
    """
    return f"{_quote(column)}{_EQUALS}{_quote(value)}"


def joined(parts: Iterable[str]) -> str:
    """Returns the key of what `part` says of each column, in order of their names."""
    return _AND.join(parts)


def key_of(values: Mapping[str, str | bytes]) -> str:
    """Returns the key of the slice with a value in each of some columns.

    >>> key_of({"paid": "Cash", "company": "Blue"})
    'company=Blue&paid=Cash'
    """
    return joined(part(column, value) for column, value in sorted(values.items()))


def key_of_name(name: str) -> str:
    """Returns the key of a slice of which only the name is known; "" is all rows.

    >>> key_of_name("company_Blue"), key_of_name("")
    ('?company_Blue', '')
    """
    return f"{_NAME}{_quote(name)}" if name else ALL_ROWS


def only_name(key: str) -> str | None:
    """Returns the name of a slice of which nothing else is known; None of any other.

    >>> only_name("?company_Blue"), only_name("company=Blue")
    ('company_Blue', None)
    """
    return urllib.parse.unquote(key[len(_NAME) :]) if key.startswith(_NAME) else None


def values_of(key: str) -> dict[str, str]:
    r"""Returns the value of each column that makes a slice, bytes that are not UTF-8 as escapes.

    >>> values_of("a=1&b=%FF"), values_of(""), values_of("?a_1")
    ({'a': '1', 'b': '\\xff'}, {}, {})
    """
    if not key or key.startswith(_NAME):
        return {}
    pairs = (each.partition(_EQUALS) for each in key.split(_AND))
    return {_unquote(column): _unquote(value) for column, _, value in pairs}


def columns_of(key: str) -> tuple[str, ...]:
    """Returns the columns that make a slice, in order of their names; none if they are unknown."""
    return tuple(values_of(key))


def names_of(keys: Iterable[str]) -> dict[str, str]:
    """Returns what to call slices, which is another name for each.

    It is TFDV's unless several share that: then the values are quoted.

    Args:
        keys: all of which one place speaks.

    >>> names_of(["", "a=1&b=x"])
    {'': '', 'a=1&b=x': 'a_1_b_x'}
    >>> list(names_of(["a=1&b=x", "a=1_b_x"]).values())
    ["a='1', b='x'", "a='1_b_x'"]
    """
    plain = {key: _plain(key) for key in sorted(keys)}
    shared = {name for name, count in collections.Counter(plain.values()).items() if count > 1}
    taken = set(plain.values())
    for key, name in plain.items():
        if name in shared and values_of(key):
            name = ", ".join(f"{column}={value!r}" for column, value in values_of(key).items())
            while name in taken:
                name += "'"
            taken.add(name)
            plain[key] = name
    return plain


def _plain(key: str) -> str:
    name = only_name(key)
    if name is not None:
        return name
    return "_".join(f"{column}_{value}" for column, value in values_of(key).items())


def _quote(text: str | bytes) -> str:
    return urllib.parse.quote(text, safe="")


def _unquote(text: str) -> str:
    return urllib.parse.unquote_to_bytes(text).decode("utf-8", "backslashreplace")

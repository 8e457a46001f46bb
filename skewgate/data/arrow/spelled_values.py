"""Finds the texts that stand for a number, a boolean or a time, whatever type a reader gave them.

A CSV column is one of integers or of text by what stands in other rows: one `A1` makes all text.
Here `7`, ` 007`, `7.0` and 7 have one value, as have `true` and 1, `2016-01-31` and that day.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from skewgate.core.distributions import FloatArray
from skewgate.data.arrow import spellings
from skewgate.data.arrow.values import numbers, offsets, places_array

Places = npt.NDArray[np.int64]
Letters = npt.NDArray[np.uint8]

_DIGIT, _SIGN, _WORD = 1, 2, 3
_FIRST = np.zeros(256, np.uint8)
"""What a text that begins with a letter may be: one of digits, one of a sign or blank, a word."""
_FIRST[list(b"0123456789.")] = _DIGIT
_FIRST[list(b"- \t")] = _SIGN
_FIRST[list(b"tTfFnNiI")] = _WORD
_WITHIN = np.zeros(256, np.bool_)
"""The letters of numbers and times that begin with a digit."""
_WITHIN[list(b"0123456789.-+:eETZ \t")] = True
_BEGINNINGS = [int.from_bytes(word, "little") for word in (b"tru", b"fal", b"nan", b"inf")]
_SOME_LETTERS = 12
_DIGITS_ONLY = np.zeros(256, np.bool_)
_DIGITS_ONLY[list(b"0123456789")] = True
_POWERS = 10 ** np.arange(1, 19, dtype=np.int64)


@dataclasses.dataclass(frozen=True)
class Spelled:
    """The texts that stand for something else.

    Attributes:
        places: of them, ascending, shape (k,).
        values: what they stand for: numbers, booleans as 1 and 0, times as whole seconds.
        nanoseconds: beyond the seconds, or None where all are 0.
    """

    places: Places
    values: FloatArray
    nanoseconds: Places | None = None


def find(text: pa.Array) -> Spelled:
    """Finds them.

    Args:
        text: large binary without nulls.
    """
    places = _likely(text)
    if not len(places):
        return Spelled(places, np.empty(0))
    found = spellings.trimmed(_taken(text, places))
    try:
        return Spelled(places, numbers(found.cast(pa.float64())))
    except pa.ArrowInvalid:
        pass
    places = places[_plausible(text, places)]
    found = spellings.trimmed(_taken(text, places))
    parts = [_of_numbers(found), _of_words(found), *_of_times(found)]
    at = np.concatenate([part.places for part in parts])
    order = np.argsort(at, kind="stable")
    rests = [
        np.zeros(len(part.places), np.int64) if part.nanoseconds is None else part.nanoseconds
        for part in parts
    ]
    return Spelled(
        places[at[order]],
        np.concatenate([part.values for part in parts])[order],
        np.concatenate(rests)[order],
    )


def find_integers(text: pa.Array) -> tuple[Places, Places]:
    """Finds texts that are written as integers of 64 bits are: not `007`, `-0` or `7.0`.

    Args:
        text: large binary without nulls.

    Returns:
        Their places, ascending, and their values.
    """
    letters, starts, lengths = _letters(text)
    places = np.flatnonzero((lengths > 0) & (lengths <= 20))
    negative = letters[starts[places]] == ord("-")
    left = np.ones(len(places), np.bool_)
    for at in range(20):
        some = np.flatnonzero(left & (lengths[places] > at) & ~(negative & (at == 0)))
        if not len(some):
            break
        left[some] = _DIGITS_ONLY[letters[starts[places[some]] + at]]
    digits = lengths[places] - negative
    left &= (digits > 0) & (digits <= 19)
    first = letters[np.minimum(starts[places] + negative, len(letters) - 1)]
    left &= (first != ord("0")) | ((digits == 1) & ~negative)
    places = places[left]
    values, bad = spellings.integers(_taken(text, places))
    return places[~bad], numbers(values)[~bad]


def _letters(text: pa.Array) -> tuple[Letters, Places, Places]:
    """Returns the letters of all texts, where each begins, and how many it has."""
    ends = offsets(text).astype(np.int64, copy=False)
    size = int(ends[-1])
    letters = np.frombuffer(text.buffers()[2] or b"", np.uint8)[:size] if size else _NOTHING
    return letters, np.minimum(ends[:-1], len(letters) - 1), np.diff(ends)


_NOTHING = np.zeros(1, np.uint8)


def _likely(text: pa.Array) -> Places:
    """Returns the texts that begin as something else does."""
    if not len(text):
        return np.empty(0, np.int64)
    letters, starts, lengths = _letters(text)
    kinds = _FIRST[letters[starts]]
    places = np.flatnonzero(kinds)
    places = places[lengths[places] > 0]
    words = kinds[places] == _WORD
    if words.any():
        some = places[words]
        keep = lengths[some] >= 3
        begin = starts[some]
        last = len(letters) - 1
        three = [letters[np.minimum(begin + at, last)].astype(np.int64) | 0x20 for at in range(3)]
        found = three[0] | (three[1] << 8) | (three[2] << 16)
        keep &= np.isin(found, _BEGINNINGS)
        left = ~words
        left[words] = keep
        places = places[left]
    return places


def _plausible(text: pa.Array, places: Places) -> npt.NDArray[np.bool_]:
    """Says which of the texts that begin with a digit go on as numbers and times do."""
    letters, starts, lengths = _letters(text)
    left = np.ones(len(places), np.bool_)
    some = np.flatnonzero(_FIRST[letters[starts[places]]] == _DIGIT)
    for at in range(1, _SOME_LETTERS):
        some = some[lengths[places[some]] > at]
        fits = _WITHIN[letters[starts[places[some]] + at]]
        left[some[~fits]] = False
        some = some[fits]
    return left


def _taken(text: pa.Array, places: Places) -> pa.Array:
    """Returns some texts as strings, without a look at whether they are UTF-8."""
    some = text if len(places) == len(text) else text.take(places_array(places))
    return pa.Array.from_buffers(pa.large_string(), len(some), some.buffers(), offset=some.offset)


def _of_numbers(text: pa.Array) -> Spelled:
    places = np.flatnonzero(spellings.are_numbers(text))
    return Spelled(places, numbers(text.take(places_array(places)).cast(pa.float64())))


def _of_words(text: pa.Array) -> Spelled:
    true, false = (
        np.asarray(pc.is_in(text, value_set=pa.array(words, pa.large_string())))
        for words in (spellings.TRUE, spellings.FALSE)
    )
    places = np.flatnonzero(true | false)
    return Spelled(places, true[places].astype(np.float64))


def _of_times(text: pa.Array) -> list[Spelled]:
    return [_of_form(text, *form) for form in spellings.TIMES]


def _of_form(text: pa.Array, pattern: str, convert: Callable[[pa.Array], pa.Array]) -> Spelled:
    places = np.flatnonzero(spellings.matches(text, pattern))
    some = text.take(places_array(places))
    values, good = spellings.each(some, convert)
    some = some.take(places_array(good))
    return Spelled(places[good], values.astype(np.float64), spellings.nanoseconds(some))

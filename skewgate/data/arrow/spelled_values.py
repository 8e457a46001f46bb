"""Finds the texts that stand for a number, a boolean or a time, whatever type a reader gave them.

A CSV column is one of integers or of text by what stands in other rows: one `A1` makes all text.
Here `7`, ` 007`, `7.0` and 7 have one value, as have `true` and 1, `2016-01-31` and that day.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import numpy as np
import pyarrow as pa

from skewgate.core.distributions import FloatArray
from skewgate.data.arrow import shapes, spellings
from skewgate.data.arrow.texts import Places, Texts, Words
from skewgate.data.arrow.times import with_nanoseconds
from skewgate.data.arrow.values import numbers, places_array

_FEW, _SOME = 32, 512  # texts that are looked at one by one
_LONGEST = 20  # of an integer of 64 bits with its sign
_POWERS = 10 ** np.arange(1, 19, dtype=np.int64)


@dataclasses.dataclass(frozen=True)
class Spelled:
    """Texts that stand for something else.

    Attributes:
        places: of them, ascending, shape (k,).
        values: what they stand for: numbers, booleans as 1 and 0, times as whole seconds.
        nanoseconds: beyond the seconds, or None where all are 0.
    """

    places: Places
    values: FloatArray | Places
    nanoseconds: Places | None = None

    def at(self, places: Places) -> Spelled:
        """Returns the same of a longer list, of which these were the texts at some places."""
        return dataclasses.replace(self, places=places[self.places])


def find(texts: Texts) -> list[Spelled]:
    """Finds them, in parts that share no text."""
    parts = []
    words = _words(texts)
    if words is not None and len(words.places):
        parts.append(words)
    places = shapes.numeric(texts)
    if len(places) <= _FEW:
        places = _matching(texts, places)
    if len(places):
        whole, values = shapes.whole_numbers(texts, places)
        if whole.all():
            return [*parts, Spelled(places, _nearest(values))]
        parts.append(Spelled(places[whole], _nearest(values[whole])))
        places = places[~whole]
        plain = shapes.plain_numbers(texts, places)
        some = places[plain]
        if len(some):
            parts.append(Spelled(some, numbers(texts.strings(some).cast(pa.float64()))))
        places = places[~plain]
    if len(places):
        places = places[shapes.may_be_spelled(texts, places)]
        dated = shapes.are_dates(texts, places)
        parts += _dates(texts, places[dated]) + _others(texts, places[~dated])
    return [part for part in parts if len(part.places)]


def _nearest(values: Places) -> FloatArray | Places:
    """Returns integers of up to 16 digits as they are, or as floats if these do not hold them."""
    return values.astype(np.float64) if np.abs(values).max(initial=0) > 2**53 else values


def find_integers(texts: Texts) -> tuple[Places, Places]:
    """Finds texts that are written as integers of 64 bits are: not `007`, `-0` or `7.0`.

    Returns:
        Their places, ascending, and their values.
    """
    digits = (texts.initial >= ord("0")) & (texts.initial <= ord("9"))
    places = np.flatnonzero(digits | (texts.initial == ord("-")))
    if len(places):
        lengths = texts.lengths[places]
        likely = (lengths > 0) & (lengths <= _LONGEST) & ~shapes.has_letters(texts.first[places])
        places = places[likely]
    if not len(places):
        return places, places
    good, values = shapes.whole_numbers(texts, places)
    if not good.all():
        good |= _long_integers(texts, places, good, values)
    negative = ~digits[places]
    size = np.where(values < 0, -np.maximum(values, -(2**63 - 1)), values)
    length = np.searchsorted(_POWERS, size, "right") + 1
    good &= (length == texts.lengths[places] - negative) & ((values != 0) | ~negative)
    return (places, values) if good.all() else (places[good], values[good])


def _long_integers(texts: Texts, places: Places, short: shapes.Mask, values: Places) -> shapes.Mask:
    """Reads integers of 17 to 19 digits into `values`, and says which ones they are."""
    found = np.zeros(len(places), np.bool_)
    long = np.flatnonzero(~short & (texts.lengths[places] > 16))
    long = long[shapes.plain_numbers(texts, places[long])]
    if len(long):
        read, bad = spellings.integers(texts.strings(places[long]))
        values[long] = numbers(read)
        found[long] = ~bad
    return found


def _words(texts: Texts) -> Spelled | None:
    """Finds booleans, and words for no number and infinity."""
    places = np.flatnonzero(shapes.FIRST[texts.initial] == shapes.WORD)
    if not len(places):
        return None
    words = texts.first[places]
    at = np.minimum(np.searchsorted(_KNOWN, words), len(_KNOWN) - 1)
    known = (_KNOWN[at] == words) & (texts.lengths[places] == _LENGTHS[at])
    return Spelled(places[known], _VALUES[at[known]])


def _spelled_words() -> tuple[Words, Places, FloatArray]:
    """Returns the words in ascending order as `Texts.first`, their lengths, and their values."""
    found: dict[str, float] = {}
    found |= dict.fromkeys(spellings.TRUE, 1.0) | dict.fromkeys(spellings.FALSE, 0.0)
    for word, value in (("nan", np.nan), ("inf", np.inf), ("infinity", np.inf)):
        cases = [""]
        for letter in word:
            cases = [case + form for case in cases for form in (letter, letter.upper())]
        found |= dict.fromkeys(cases, value)
    first = Texts(pa.array([word.encode() for word in found], pa.large_binary())).first
    order = np.argsort(first)
    lengths = np.array([len(word) for word in found])
    return first[order], lengths[order], np.array(list(found.values()))[order]


_KNOWN, _LENGTHS, _VALUES = _spelled_words()


def _dates(texts: Texts, places: Places) -> list[Spelled]:
    """Reads texts that begin with a date."""
    if not len(places):
        return []
    zoned = shapes.are_zoned(texts, places)
    found = []
    for some, kind in (
        (places[~zoned], pa.timestamp("us")),
        (places[zoned], pa.timestamp("us", "UTC")),
    ):
        if len(some):
            try:
                whole, rest = with_nanoseconds(texts.strings(some).cast(kind))
                found.append(Spelled(some, whole.astype(np.float64), rest))
            except pa.ArrowInvalid:
                found += _others(texts, some)
    return found


def _others(texts: Texts, places: Places) -> list[Spelled]:
    """Reads texts of any form."""
    if len(places) <= _SOME:
        places = _matching(texts, places)
    if not len(places):
        return []
    text = spellings.trimmed(texts.strings(places))
    return [part.at(places) for part in (_of_numbers(text), *_of_times(text))]


def _matching(texts: Texts, places: Places) -> Places:
    """Returns the texts that may be numbers or times, looked at one by one."""
    if not len(places):
        return places
    some = texts.array.take(places_array(places)).to_pylist()
    return places[np.array([bool(spellings.ANY.fullmatch(each)) for each in some], np.bool_)]


def _of_numbers(text: pa.Array) -> Spelled:
    places = np.flatnonzero(spellings.are_numbers(text))
    return Spelled(places, numbers(text.take(places_array(places)).cast(pa.float64())))


def _of_times(text: pa.Array) -> list[Spelled]:
    return [_of_form(text, *form) for form in spellings.TIMES]


def _of_form(text: pa.Array, pattern: str, convert: Callable[[pa.Array], pa.Array]) -> Spelled:
    places = np.flatnonzero(spellings.matches(text, pattern))
    some = text.take(places_array(places))
    values, good = spellings.each(some, convert)
    some = some.take(places_array(good))
    return Spelled(places[good], values.astype(np.float64), spellings.nanoseconds(some))

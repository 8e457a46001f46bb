"""Tells texts that may stand for numbers and times from others, eight bytes of all at a time.

Most text is none of these, and is told so at a small part of the cost of its hash; what may be a
number or time is then read by `spellings`.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from skewgate.data.arrow.texts import Places, Texts, Words

Mask = npt.NDArray[np.bool_]

DIGIT, SIGN, WORD = 1, 2, 3
FIRST = np.zeros(256, np.uint8)
"""What a text that begins with a byte may be: one of digits, one of a sign or blank, a word."""
FIRST[list(b"0123456789.")] = DIGIT
FIRST[list(b"- \t")] = SIGN
FIRST[list(b"tTfFnNiI")] = WORD
_WITHIN = np.zeros(256, np.bool_)
"""The bytes of numbers and times that begin with a digit, and 0 behind them."""
_WITHIN[list(b"0123456789.-+:eETZ \t\0")] = True
_BLANK = np.zeros(256, np.bool_)
_BLANK[list(b" \t")] = True


def _eight(byte: int) -> np.uint64:
    return np.uint64(int.from_bytes(bytes([byte]) * 8, "little"))


_LETTERS, _HIGH, _ONE = _eight(0x40), _eight(0x80), np.uint64(1)
"""Bits that all letters of ASCII have, and that no byte of ASCII has."""
_ZEROS, _DOTS, _REST = _eight(ord("0")), _eight(ord(".")), _eight(0x7F)
_ABOVE_NINE = _eight(0x80 - 10)
_FILL = np.array([int(_ZEROS) >> (8 * kept) for kept in range(9)], np.uint64)
_SIGN_TO_ZERO = np.array(
    [(ord("-") ^ ord("0")) << (8 * (8 - kept)) if kept else 0 for kept in range(9)], np.uint64
)
_POWERS = 10 ** np.arange(10, dtype=np.int64)
_MOST_BYTES = 16
_DASH, _COLON = ord("-"), ord(":")


def numeric(texts: Texts) -> Places:
    """Returns the texts that may be numbers or times, and few others."""
    kinds = FIRST[texts.initial]
    digits = kinds == DIGIT
    signs = np.flatnonzero(kinds == SIGN)
    if len(signs):
        signs = signs[texts.lengths[signs] > 0]
    if not digits.any():
        return signs
    # Other text goes on with letters: hexadecimal numbers, addresses.
    digits &= _has_few_letters(texts.first)
    places = np.flatnonzero(digits)
    places = places[texts.lengths[places] > 0]
    places = places[_goes_on(texts.first[places])]
    checked, at = [signs], 8
    while len(places):
        longer = texts.lengths[places] > at
        if not longer.all():
            checked.append(places[~longer])
            places = places[longer]
        if len(places):
            word = texts.word(texts.starts[places] + at, texts.lengths[places] - at)
            places = places[_goes_on(word)]
        at += 8
    return np.sort(np.concatenate(checked)) if len(checked) > 2 or len(signs) else checked[-1]


def _has_few_letters(words: Words) -> Mask:
    """Says which words have no more than one letter, and no byte that is not ASCII."""
    letters = words & (_LETTERS | _HIGH)
    letters &= letters - _ONE
    few: Mask = letters == 0
    return few


def _goes_on(words: Words) -> Mask:
    """Says which words have no bytes but those of numbers and times."""
    fits = _has_few_letters(words)
    some = np.flatnonzero(fits & has_letters(words))
    if len(some):
        fits[some] = _WITHIN[words[some].view(np.uint8).reshape(-1, 8)].all(axis=1)
    return fits


def has_letters(words: Words) -> Mask:
    """Says which words have a letter, or a byte that is not ASCII."""
    found: Mask = (words & (_LETTERS | _HIGH)) != 0
    return found


def whole_numbers(texts: Texts, places: Places) -> tuple[Mask, Places]:
    """Reads the texts of at most 16 bytes that are digits, after a minus or not.

    Returns:
        Which texts are such, and their values, anything where they are none.
    """
    left = texts.lengths[places]
    negative = texts.initial[places] == _DASH
    digits = left - negative
    good = (digits > 0) & (left <= _MOST_BYTES)
    kept = np.minimum(left, 8)
    word = texts.first[places] | _FILL[kept]
    if negative.any():
        word ^= np.where(negative, _SIGN_TO_ZERO[kept], np.uint64(0))
    word ^= _ZEROS
    good &= ((word + _ABOVE_NINE) | word) & _HIGH == 0
    values = _value(word)
    longer = np.flatnonzero(good & (left > 8))
    if len(longer):
        rest = left[longer] - 8
        word = texts.word(texts.starts[places[longer]] + 8, rest) | _FILL[np.minimum(rest, 8)]
        word ^= _ZEROS
        good[longer] = ((word + _ABOVE_NINE) | word) & _HIGH == 0
        values[longer] = values[longer] * _POWERS[np.minimum(rest, 9)] + _value(word)
    return good, np.where(negative, -values, values) if negative.any() else values


def _value(digits: Words) -> Places:
    """Returns the numbers of eight digits each, of which the first is the lowest byte."""
    words = digits * np.uint64(10 * 2**8 + 1) >> np.uint64(8)
    words = (words & np.uint64(0x00FF00FF00FF00FF)) * np.uint64(100 * 2**16 + 1) >> np.uint64(16)
    words = (words & np.uint64(0x0000FFFF0000FFFF)) * np.uint64(10_000 * 2**32 + 1)
    return (words >> np.uint64(32)).view(np.int64)


def plain_numbers(texts: Texts, places: Places) -> Mask:
    """Says which texts are digits and at most one dot, after a minus or not."""
    left = texts.lengths[places]
    kept = np.minimum(left, 8)
    negative = texts.initial[places] == _DASH
    word = texts.first[places]
    if negative.any():
        word ^= np.where(negative, _SIGN_TO_ZERO[kept], np.uint64(0))
    plain, dots = _digits_and_dots(word | _FILL[kept])
    some, at = np.flatnonzero(plain & (left > 8)), 8
    while len(some):
        rest = left[some] - at
        word = texts.word(texts.starts[places[some]] + at, rest)
        fits, more = _digits_and_dots(word | _FILL[np.minimum(rest, 8)])
        dots[some] += more
        plain[some] = fits
        at += 8
        some = some[fits & (left[some] > at)]
    found: Mask = plain & (dots <= 1) & (left - negative > dots)
    return found


def _digits_and_dots(words: Words) -> tuple[Mask, Places]:
    """Says which words have digits and dots alone, and the number of dots: 0, 1 or 2 for more."""
    apart = words ^ _ZEROS
    others = ((apart + _ABOVE_NINE) | apart) & _HIGH
    plain = others == 0
    dots = np.zeros(len(words), np.int64)
    some = np.flatnonzero(~plain)
    if len(some):
        apart = words[some] ^ _DOTS
        found = ~(((apart & _REST) + _REST) | apart | _REST)
        plain[some] = found == others[some]
        dots[some] = 1 + ((found & (found - _ONE)) != 0)
    return plain, dots


def may_be_spelled(texts: Texts, places: Places) -> Mask:
    """Says which of the `numeric` texts that are no plain numbers may be others or times."""
    initial, ends = texts.initial[places], texts.byte(places, texts.lengths[places] - 1)
    likely: Mask = (FIRST[initial] == SIGN) | _BLANK[ends] | are_dates(texts, places)
    likely |= texts.byte(places, np.minimum(2, texts.lengths[places] - 1)) == _COLON
    others = np.flatnonzero(~likely)
    likely[others] = _have_letters(texts, places[others])
    return likely


def are_dates(texts: Texts, places: Places) -> Mask:
    """Says which texts may begin with a date."""
    word = texts.first[places]
    dashes = (word >> np.uint64(32) & np.uint64(0xFF)) == _DASH
    dashes &= (word >> np.uint64(56)) == _DASH
    found: Mask = dashes & (texts.lengths[places] >= 10)
    return found


def are_zoned(texts: Texts, places: Places) -> Mask:
    """Says which of the texts that begin with a date may end with a zone."""
    found: Mask = texts.byte(places, texts.lengths[places] - 1) == ord("Z")
    for back in (3, 5, 6):
        at = texts.lengths[places] - back
        found |= (at > 10) & np.isin(texts.byte(places, np.maximum(at, 0)), list(b"+-"))
    return found


def _have_letters(texts: Texts, places: Places) -> Mask:
    found = has_letters(texts.first[places])
    left, at = np.flatnonzero(~found & (texts.lengths[places] > 8)), 8
    while len(left):
        some = places[left]
        found[left] = has_letters(texts.word(texts.starts[some] + at, texts.lengths[some] - at))
        at += 8
        left = left[~found[left] & (texts.lengths[some] > at)]
    return found

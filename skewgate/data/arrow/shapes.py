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
_DASH, _COLON = ord("-"), ord(":")


def numeric(texts: Texts) -> Places:
    """Returns the texts that begin as numbers and times do."""
    kinds = FIRST[texts.initial]
    likely = (kinds == DIGIT) & has_letters_at_most(texts.first, 1)
    likely |= kinds == SIGN
    return np.flatnonzero(likely & (texts.lengths > 0))


def has_letters_at_most(words: Words, most: int) -> Mask:
    """Says which words have no more letters, and no byte that is not ASCII."""
    letters = words & (_LETTERS | _HIGH)
    fits = (letters & _HIGH) == 0
    for _ in range(most):
        letters &= letters - _ONE
    fits &= letters == 0
    return fits


def plain_numbers(texts: Texts, places: Places, dots: int) -> Mask:
    """Says which texts are digits only, after a minus or not, and with so many dots at most.

    Args:
        texts: the texts.
        places: those to look at.
        dots: 0 or 1.
    """
    left = texts.lengths[places]
    kept = np.minimum(left, 8)
    negative = texts.initial[places] == _DASH
    word = texts.first[places]
    if negative.any():
        word ^= np.where(negative, _SIGN_TO_ZERO[kept], np.uint64(0))
    plain, found = _digits_and_dots(word | _FILL[kept])
    found = found.astype(np.int64)
    some, at = np.flatnonzero(plain & (left > 8)), 8
    while len(some):
        rest = left[some] - at
        word = texts.word(texts.starts[places[some]] + at, rest)
        fits, more = _digits_and_dots(word | _FILL[np.minimum(rest, 8)])
        found[some] += more
        plain[some] = fits
        at += 8
        some = some[fits & (left[some] > at)]
    return plain & (found <= dots) & (left - negative > found)


def _digits_and_dots(words: Words) -> tuple[Mask, npt.NDArray[np.int8]]:
    """Says which words have digits and dots alone, and the number of dots: 0, 1 or 2 for more."""
    apart = words ^ _ZEROS
    others = ((apart + _ABOVE_NINE) | apart) & _HIGH
    plain = others == 0
    dots = np.zeros(len(words), np.int8)
    some = np.flatnonzero(~plain)
    if len(some):
        apart = words[some] ^ _DOTS
        found = ~(((apart & _REST) + _REST) | apart | _REST)
        plain[some] = found == others[some]
        dots[some] = 1 + ((found & (found - _ONE)) != 0)
    return plain, dots


def may_be_spelled(texts: Texts, places: Places) -> Mask:
    """Says which of the texts that are no plain numbers may be other numbers or times."""
    initial, ends = texts.initial[places], texts.byte(places, texts.lengths[places] - 1)
    likely = (FIRST[initial] == SIGN) | _BLANK[ends] | are_dates(texts, places)
    likely |= _within(texts, places, 2) == _COLON
    lettered = np.flatnonzero(~likely)
    likely[lettered] = _has_fitting_letters(texts, places[lettered])
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
    found = texts.byte(places, texts.lengths[places] - 1) == ord("Z")
    for back in (3, 5, 6):
        at = texts.lengths[places] - back
        found |= (at > 10) & np.isin(texts.byte(places, np.maximum(at, 0)), list(b"+-"))
    return found


def _within(texts: Texts, places: Places, at: int) -> npt.NDArray[np.uint8]:
    return texts.byte(places, np.minimum(at, texts.lengths[places] - 1))


def _has_fitting_letters(texts: Texts, places: Places) -> Mask:
    """Says which texts have letters, and only those of numbers and times."""
    lettered = np.zeros(len(places), np.bool_)
    left = np.arange(len(places))
    word, at = texts.first[places], 0
    fits = np.ones(len(places), np.bool_)
    while len(left):
        lettered[left] |= (word & _LETTERS) != 0
        good = _WITHIN[word.view(np.uint8).reshape(-1, 8)].all(axis=1)
        fits[left[~good]] = False
        at += 8
        left = left[good & (texts.lengths[places[left]] > at)]
        some = places[left]
        word = texts.word(texts.starts[some] + at, texts.lengths[some] - at)
    return fits & lettered

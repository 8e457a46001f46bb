"""What text stands for: the one rule by which every format reads text as numbers.

Spaces and tabs around do not count; digits are those of ASCII.

| text | INT | FLOAT |
| --- | --- | --- |
| `7`, `-7`, `+7`, `007`, `-0` | the integer, if it has 64 bits | the nearest float |
| `7.0`, `7.`, `7e2` | the integer, if it is whole and has 64 bits | the nearest float |
| `7.5`, `.5` | none | the nearest float |
| `nan`, `inf`, `+inf`, `-infinity`, in any case | none | NaN, infinity |
| `true`, `True`, `TRUE`, `false` ... | 1, 0 | none |
| `2016-01-31`, `2016-01-31 10:00:00.5Z` | whole seconds since 1970, rounded down | none |
| `10:00`, `10:00:30` | seconds since midnight | none |
| `1_000`, `1,000`, `0x10`, `7d`, other digits | none | none |

A time stamp has a `T` or a space, hours at least, at most nine digits of a fraction, and as its
zone `Z`, `+hh`, `+hhmm` or `+hh:mm`, or none, which is taken as UTC.
"""

from __future__ import annotations

import decimal
import functools
import re
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from skewgate.data.arrow.bad_rows import bad_rows
from skewgate.data.arrow.times import whole_seconds
from skewgate.data.arrow.values import from_stored, offsets, places_array, stored, validity

Mask = npt.NDArray[np.bool_]
TRUE, FALSE = ("true", "True", "TRUE"), ("false", "False", "FALSE")
"""The words for booleans: without 1 and 0, which are numbers."""
NUMBER = r"^[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?$"
_NO_NUMBER = r"(?i)^[-+]?(?:nan(?:\([0-9a-z_]*\))?|inf(?:inity)?)$"
_DAY = "[0-9]{4}-[0-9]{2}-[0-9]{2}"
_CLOCK = r"[0-9]{2}:[0-9]{2}(?::[0-9]{2})?"
_FRACTION = r"(?P<clock>:[0-9]{2}:[0-9]{2})\.(?P<fraction>[0-9]{1,9})"
_REST = "(?:[^0-9]|$)"
_ZONE = "(?:Z|[-+][0-9]{2}(?::?[0-9]{2})?)$"
_STAMP = rf"[ T](?:[0-9]{{2}}|{_CLOCK})"
_LARGEST_DIGITS = 19
_SHORT, _NUMBER = re.compile("[-+]?[0-9]{1,18}"), re.compile(NUMBER.strip("^$"))


def trimmed(text: pa.Array) -> pa.Array:
    """Returns text without spaces and tabs around; nulls stay."""
    bytes_ = _content(text)
    blank = b" " in bytes_ or b"\t" in bytes_
    return pc.ascii_trim(text, characters=" \t") if blank else text


def integers(text: pa.Array) -> tuple[pa.Array, Mask]:
    """Reads text as INT.

    Args:
        text: strings; nulls stay.

    Returns:
        int64, anything where the text is none, and which texts are none.
    """
    text = trimmed(text)
    for convert in _THROUGHOUT:  # most columns are written alike
        try:
            return convert(text), np.zeros(len(text), np.bool_)
        except pa.ArrowInvalid:
            continue
    text = _without_plus(text)
    found = np.zeros(len(text), np.int64)
    bad = validity(text).copy()
    for pattern, convert in _FORMS:
        places = np.flatnonzero(bad & matches(text, pattern))
        if len(places):
            values, good = each(text.take(places_array(places)), convert)
            found[places[good]] = values
            bad[places[good]] = False
    return from_stored(found, pa.int64(), validity(text)), bad


def floats(text: pa.Array) -> tuple[pa.Array, Mask]:
    """Reads text as FLOAT: like `integers`, but float64."""
    text = trimmed(text)
    try:
        return text.cast(pa.float64()), np.zeros(len(text), np.bool_)
    except pa.ArrowInvalid:
        pass
    text = _without_plus(text)
    valid = validity(text)
    likely = np.flatnonzero(valid & are_numbers(text))
    values, good = each(text.take(places_array(likely)), lambda part: part.cast(pa.float64()))
    found = np.zeros(len(text))
    found[likely[good]] = values
    bad = valid.copy()
    bad[likely[good]] = False
    return from_stored(found, pa.float64(), valid), bad


@functools.lru_cache(4096)
def integer(text: str) -> int | None:
    """Returns one text as INT, or None if it is none.

    >>> integer("007"), integer("1e3"), integer("1970-01-02"), integer("0x10")
    (7, 1000, 86400, None)
    """
    if _SHORT.fullmatch(text):
        return int(text)
    found, bad = integers(pa.array([text], pa.string()))
    return None if bad[0] else int(found[0].as_py())


@functools.lru_cache(4096)
def floating(text: str) -> float | None:
    """Returns one text as FLOAT, or None if it is none."""
    if _NUMBER.fullmatch(text):
        return float(text)
    found, bad = floats(pa.array([text], pa.string()))
    return None if bad[0] else float(found[0].as_py())


def has_hexadecimals(text: pa.Array) -> bool:
    """Says whether a text may be a number to the base of 16, which Arrow takes for an integer."""
    return b"x" in (bytes_ := _content(text)) or b"X" in bytes_


def are_numbers(text: pa.Array) -> Mask:
    """Says which texts, trimmed, are FLOAT."""
    return matches(text, NUMBER) | matches(text, _NO_NUMBER)


def nanoseconds(text: pa.Array) -> npt.NDArray[np.int64]:
    """Returns the fractions of the seconds of times, which `integers` leaves out."""
    found = np.zeros(len(text), np.int64)
    if b"." not in _content(text):
        return found
    some = np.flatnonzero(matches(text, _FRACTION))
    if len(some):
        parts = pc.extract_regex(text.take(places_array(some)), pattern=_FRACTION + _REST)
        digits = pc.utf8_rpad(pc.struct_field(parts, [1]), width=9, padding="0")
        found[some] = stored(digits.cast(pa.int64()))
    return found


def _without_plus(text: pa.Array) -> pa.Array:
    """Returns text without the signs that Arrow does not know."""
    if b"+" not in _content(text):
        return text
    return pc.replace_substring_regex(text, pattern=r"^\+([0-9.iInN])", replacement=r"\1")


def _content(text: pa.Array) -> bytes:
    """Returns the letters of all texts."""
    buffer = text.buffers()[2] if len(text) else None
    if buffer is None:
        return b""
    ends = offsets(text)
    found: bytes = buffer.slice(int(ends[0]), int(ends[-1] - ends[0])).to_pybytes()
    return found


def matches(text: pa.Array, pattern: str) -> Mask:
    """Says which texts match a pattern; null does not."""
    return np.asarray(pc.match_substring_regex(text, pattern=pattern).fill_null(False))


def each(
    text: pa.Array, convert: Callable[[pa.Array], pa.Array]
) -> tuple[npt.NDArray[np.int64] | npt.NDArray[np.float64], npt.NDArray[np.int64]]:
    """Converts texts one by one, in effect.

    Args:
        text: without nulls.
        convert: raises `pa.ArrowInvalid` if one of some texts cannot be converted.

    Returns:
        The values of those that can, and their places.
    """

    def accepts(start: int, end: int) -> bool:
        try:
            convert(text.slice(start, end - start))
        except pa.ArrowInvalid:
            return False
        return True

    good = np.delete(np.arange(len(text)), bad_rows(len(text), accepts))
    return stored(convert(text.take(places_array(good)))), good


def _plain(text: pa.Array) -> pa.Array:
    if has_hexadecimals(text):
        raise pa.ArrowInvalid("hexadecimal")
    return text.cast(pa.int64())


def _whole(text: pa.Array) -> pa.Array:
    return pc.replace_substring_regex(text, pattern=r"\.0*$", replacement="").cast(pa.int64())


def _exact(text: pa.Array) -> pa.Array:
    """Reads fractions and exponents, digit by digit, as a float would lose some."""
    values = []
    for each in text.to_pylist():
        try:
            number = decimal.Decimal(each)
        except ArithmeticError as error:
            raise pa.ArrowInvalid(each) from error
        if number and (
            not 0 <= number.adjusted() < _LARGEST_DIGITS or number != number.to_integral_value()
        ):
            raise pa.ArrowInvalid(each)
        values.append(int(number) if number else 0)
    try:
        return pa.array(values, pa.int64())
    except OverflowError as error:
        raise pa.ArrowInvalid("beyond 64 bits") from error


def _bits(text: pa.Array) -> pa.Array:
    return pc.is_in(text, value_set=pa.array(TRUE, text.type)).cast(pa.int64())


def _without_fractions(text: pa.Array) -> pa.Array:
    if b"." not in _content(text):
        return text
    return pc.replace_substring_regex(text, pattern=_FRACTION, replacement=r"\1")


def _whole_seconds(text: pa.Array) -> pa.Array:
    return whole_seconds(_without_fractions(text).cast(pa.timestamp("s")))


def _zoned_seconds(text: pa.Array) -> pa.Array:
    return whole_seconds(_without_fractions(text).cast(pa.timestamp("s", "UTC")))


def _of_day(text: pa.Array) -> pa.Array:
    """Reads times of day, which Arrow reads only as part of a time stamp."""
    day, space = (pa.scalar(part, text.type) for part in ("1970-01-01", " "))
    return _whole_seconds(pc.binary_join_element_wise(day, text, space))


TIMES: tuple[tuple[str, Callable[[pa.Array], pa.Array]], ...] = (
    (rf"^{_DAY}(?:{_STAMP}(?:\.[0-9]{{1,9}})?)?$", _whole_seconds),
    (rf"^{_DAY}{_STAMP}(?:\.[0-9]{{1,9}})?{_ZONE}", _zoned_seconds),
    (f"^{_CLOCK}$", _of_day),
)
"""Patterns of times, and what reads them as whole seconds, if they are in the calendar."""
ANY = re.compile(
    rf"[ \t]*(?:{NUMBER[1:-1]}|{_NO_NUMBER[5:-1]}|{_CLOCK}"
    rf"|{_DAY}(?:{_STAMP}(?:\.[0-9]{{1,9}})?)?(?:{_ZONE[:-1]})?)[ \t]*".encode(),
    re.IGNORECASE,
)
"""What is a number or a time, beside some texts that are not."""
_THROUGHOUT: tuple[Callable[[pa.Array], pa.Array], ...] = (
    _plain,
    _whole_seconds,
    _zoned_seconds,
)
_FORMS: tuple[tuple[str, Callable[[pa.Array], pa.Array]], ...] = (
    ("^-?[0-9]+$", _plain),
    (f"^(?:{'|'.join(TRUE + FALSE)})$", _bits),
    (r"^-?[0-9]+\.0*$", _whole),
    (NUMBER, _exact),
    *TIMES,
)

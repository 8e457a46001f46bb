"""Tells what cells of text are: numbers in one convention or another, marks of missing values."""

from __future__ import annotations

import dataclasses
import enum
import functools
import re
from collections.abc import Collection

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from skewgate.data.arrow.values import from_mask_array, numbers, places_array

MISSING = frozenset(
    (
        *("na", "n/a", "#n/a", "#na", "#n/a n/a", "<na>", "n.a.", "nat", "null", "(null)", "nil"),
        *("none", "\\n", "-", "--", "---", "?", ".", "..", "...", ":"),
        *("#null!", "#div/0!", "#value!", "#ref!", "#num!", "#name?"),
        *("1.#ind", "-1.#ind", "1.#qnan", "-1.#qnan", "nan(ind)", "-nan(ind)"),
    )
)
"""What stands for a missing value in columns of anything but text, in small letters."""


class Kind(enum.IntEnum):
    """What a cell is.

    WHOLE: a number without a decimal mark, or infinity. POINT: a number with the decimal mark.
    COMMA: a number with a decimal comma. GROUPS: one that may have a decimal comma, or a comma
    before every three digits. NAN: not a number. MISSING: a mark of a
    missing value. EMPTY: nothing. OTHER: anything else.
    """

    EMPTY = 0
    WHOLE = 1
    POINT = 2
    COMMA = 3
    GROUPS = 4
    NAN = 5
    MISSING = 6
    OTHER = 7


_WHOLE = r"^[+-]?(\d+([eE][+-]?\d+)?|(?i:inf|infinity))$"
_FRACTION = r"^[+-]?(\d+{mark}\d*|{mark}\d+)([eE][+-]?\d+)?$"
_GROUPS = r"^[+-]?[1-9]\d{0,2},\d{3}$"
_NAN = r"^-?(?i:nan)$"
_LOOKS = (
    r"^\(?[+-]?\s?(\p{Sc}|[A-Z]{3}\s|US\$)?\s?[+-]?"
    r"(\d+|\d{1,3}([,.'_\s\x{2019}\x{00A0}\x{202F}]\d{2,3})+)([.,]\d+)?"
    r"\s?(\p{Sc}|%|‰|[A-Z]{3}|[kKmM])?\)?$"
)
"""A number as people write it: thousands apart, a currency, a share."""


@dataclasses.dataclass(frozen=True)
class Conventions:
    """How cells may be written.

    Attributes:
        decimal: the decimal mark that the user gives, or the point.
        commas: whether a decimal comma is recognised beside it.
        missing: marks of missing values, whatever the size of their letters.
    """

    decimal: str = "."
    commas: bool = False
    missing: Collection[str] = MISSING


@dataclasses.dataclass(frozen=True)
class Cells:
    """Cells of a column, told apart.

    Attributes:
        texts: the different ones.
        kinds: what each of these is.
        codes: which of these each cell is; null for an empty cell.
        counts: number of cells of each of the texts.
        totals: number of cells of each kind.
    """

    texts: pa.Array
    kinds: npt.NDArray[np.int8]
    codes: pa.Array
    counts: npt.NDArray[np.int64]
    totals: npt.NDArray[np.int64]

    @classmethod
    def of(cls, column: pa.Array, conventions: Conventions) -> Cells:
        """Tells cells apart.

        Args:
            column: text, null where a cell is empty.
            conventions: how they may be written.
        """
        encoded = pc.dictionary_encode(column)
        kinds = _kinds(encoded.dictionary, conventions)
        codes = encoded.indices
        counts = np.bincount(numbers(codes), minlength=len(kinds)).astype(np.int64)
        totals = np.bincount(kinds, counts, len(Kind)).astype(np.int64)
        return cls(encoded.dictionary, kinds, codes, counts, totals)

    def count(self, *kinds: Kind) -> int:
        """Returns the number of cells of some kinds."""
        return int(sum(self.totals[kind] for kind in kinds))

    def of_kind(self, *kinds: Kind) -> npt.NDArray[np.bool_]:
        """Says which of the texts are of some kinds."""
        return np.isin(self.kinds, kinds)

    def without(self, *kinds: Kind) -> pa.Array:
        """Returns the different texts, null instead of those of some kinds."""
        return mask(self.texts, self.of_kind(*kinds))

    def spread(self, values: pa.Array) -> pa.Array:
        """Returns what each cell is, of what each of the texts is."""
        return pc.take(values, self.codes)

    def only(self, *kinds: Kind) -> tuple[pa.Array, npt.NDArray[np.int64]]:
        """Returns the different texts of some kinds, and how often each occurs."""
        chosen = np.flatnonzero(self.of_kind(*kinds))
        return pc.take(self.texts, places_array(chosen)), self.counts[chosen]

    def shown(self, *kinds: Kind) -> dict[str, int]:
        """Returns the texts of some kinds, and how often each occurs."""
        texts, counts = self.only(*kinds)
        return dict(zip(texts.to_pylist(), counts.tolist(), strict=True))


def mask(texts: pa.Array, where: npt.NDArray[np.bool_]) -> pa.Array:
    """Returns an array, null at some places."""
    if not where.any():
        return texts
    return pc.take(texts, places_array(np.arange(len(texts)), ~where))


def _kinds(texts: pa.Array, conventions: Conventions) -> npt.NDArray[np.int8]:
    kinds = np.full(len(texts), Kind.OTHER, np.int8)
    trimmed = pc.utf8_trim_whitespace(texts)
    left = np.arange(len(texts))

    def settle(kind: Kind, found: pa.Array) -> None:
        nonlocal trimmed, left
        hit = from_mask_array(found)
        kinds[left[hit]] = kind
        left, trimmed = left[~hit], pc.take(trimmed, places_array(np.flatnonzero(~hit)))

    def match(pattern: str) -> pa.Array:
        return pc.match_substring_regex(trimmed, pattern)

    settle(Kind.WHOLE, match(_WHOLE))
    if len(left):
        settle(Kind.POINT, match(_FRACTION.replace("{mark}", f"[{conventions.decimal}]")))
    if not len(left):
        return kinds
    if conventions.missing:
        settle(Kind.MISSING, match(_missing_pattern(frozenset(conventions.missing))))
    settle(Kind.NAN, match(_NAN))
    if conventions.commas:
        settle(Kind.GROUPS, match(_GROUPS))
        settle(Kind.COMMA, match(_FRACTION.replace("{mark}", ",")))
    return kinds


@functools.cache
def _missing_pattern(missing: frozenset[str]) -> str:
    return "^(?i:" + "|".join(map(re.escape, sorted(missing))) + ")$"


def looking_numeric(texts: pa.Array) -> npt.NDArray[np.bool_]:
    """Says which texts look like numbers to people: `$1,234.50`, `12 %`, `1.234,5`."""
    found = pc.match_substring_regex(pc.utf8_trim_whitespace(texts), _LOOKS)
    return from_mask_array(found)

"""Finds what a model is to predict, and of which kind it is."""

from __future__ import annotations

import dataclasses
import enum
import math
from collections.abc import Collection, Mapping
from typing import Any

from skewgate.core.distributions import Distribution, n_rows, n_without_value
from skewgate.core.errors import InputError
from skewgate.core.suggestions import did_you_mean
from skewgate.core.wording import listed
from skewgate.scaffold.columns import Column, Role

_NAMES = ("label", "target", "y", "class", "outcome", "response")
"""What a column is called that is to be predicted."""
_MOST_NUMBERS = 20
"""Whole numbers of more values are measured, and not classes."""
_ROWS_OF_A_CLASS = 5
"""Whole numbers that recur less often on average are measured, too."""
MOST_CLASSES = 200
_ASK = "--label"


class Kind(str, enum.Enum):
    """What is predicted."""

    BINARY = "binary"
    CLASSES = "classes"
    NUMBER = "number"


@dataclasses.dataclass(frozen=True)
class Label:
    """What is predicted.

    Attributes:
        name: of the column.
        kind: of what is predicted.
        feature_type: INT, FLOAT or BYTES: how the pipeline is to read it.
        classes: as texts and in order; of two the second is the one whose probability is
            predicted. None of numbers.
        counts: rows of each class.
        rows: that have a label.
        missing: rows that have none.
    """

    name: str
    kind: Kind
    feature_type: str
    classes: tuple[str, ...] = ()
    counts: tuple[int, ...] = ()
    rows: int = 0
    missing: int = 0

    @property
    def largest(self) -> tuple[str, float]:
        """The most frequent class and its share."""
        at = max(range(len(self.counts)), key=self.counts.__getitem__)
        return self.classes[at], self.counts[at] / self.rows

    @property
    def smallest(self) -> tuple[str, int]:
        """The rarest class and its rows."""
        at = min(range(len(self.counts)), key=self.counts.__getitem__)
        return self.classes[at], self.counts[at]

    @property
    def entropy(self) -> float:
        """The mean log loss, in nats, of always answering the shares of the classes."""
        shares = [count / self.rows for count in self.counts]
        return -sum(share * math.log(share) for share in shares)


def choose(
    given: str | None, columns: Mapping[str, Column], serving: Collection[str] | None = None
) -> str:
    """Returns the name of the column to predict.

    Args:
        given: by the user; None to find it.
        columns: of the training data.
        serving: names of the columns of the serving data, which lack the label most often.

    Raises:
        InputError: there is no such column, or nobody can tell which it is.
    """
    if given is not None:
        if given not in columns:
            raise InputError(
                _ASK,
                f"the data have no column {given!r}; they have {listed(list(columns))}",
                did_you_mean(given, columns, "name one of them"),
            )
        return given
    possible = [each.name for each in columns.values() if each.role is not Role.NOTHING]
    absent = [name for name in possible if serving is not None and name not in serving]
    for names in (absent, possible):
        named = [name for name in names if name.lower() in _NAMES]
        if len(named) == 1:
            return named[0]
        if names is absent and len(absent) == 1:
            return absent[0]
    candidates = absent or [name for name in possible if columns[name].role is not Role.TIME]
    why = ", which the serving data lack" if absent else ""
    raise InputError(
        _ASK,
        "is not given, and the data do not say which column to predict: it may be "
        f"{listed(candidates, most=20)}{why}",
        f"add {_ASK} NAME",
    )


def of_values(column: Column, side: Distribution, counts: Mapping[Any, int] | None) -> Label:
    """Returns what a column says as a label.

    Args:
        column: to be predicted.
        side: its distribution.
        counts: rows of each of its values; None if these are too many to be classes.

    Raises:
        InputError: it cannot be a label.
    """
    if column.role in (Role.NOTHING, Role.TIME):
        raise _refused(column.name, column.reason or "holds times")
    missing = n_without_value(side)
    rows = n_rows(side) - missing
    if column.role is Role.CATEGORY and (counts is None or len(counts) > MOST_CLASSES):
        why = f"holds more than {MOST_CLASSES} different texts, which are too many classes"
        raise _refused(column.name, why)
    if counts is not None and (column.role is Role.CATEGORY or _are_classes(counts, rows)):
        return _of_classes(column, counts, missing)
    kind = "INT" if column.whole else "FLOAT"
    return Label(column.name, Kind.NUMBER, kind, rows=rows, missing=missing)


def _are_classes(counts: Mapping[Any, int], rows: int) -> bool:
    """Says whether numbers are names of classes: few whole numbers, each in several rows."""
    whole = all(float(value).is_integer() for value in counts)
    few = len(counts) <= _MOST_NUMBERS and rows >= _ROWS_OF_A_CLASS * len(counts)
    return whole and (few or len(counts) == 2)


def _of_classes(column: Column, counts: Mapping[Any, int], missing: int) -> Label:
    """Returns a label of classes: as numbers if these count from 0, else as text."""
    values = sorted(counts)
    if len(values) < 2:
        raise _refused(column.name, "holds only one value")
    numbers = column.role is Role.NUMBER
    counted = numbers and [float(value) for value in values] == list(map(float, range(len(values))))
    kind = ("INT" if column.whole else "FLOAT") if counted else "BYTES"
    return Label(
        name=column.name,
        kind=Kind.BINARY if len(values) == 2 else Kind.CLASSES,
        feature_type=kind,
        classes=tuple(f"{value:g}" if numbers else str(value) for value in values),
        counts=tuple(counts[value] for value in values),
        rows=sum(counts.values()),
        missing=missing,
    )


def in_words(label: Label, counts: Mapping[Any, int] | None) -> Label:
    """Returns a label of numbers that are to be read as text, with the texts that stand for them.

    Args:
        label: whose numbers are classes.
        counts: rows of each text.

    Raises:
        InputError: a number is written in several ways, such as 1 and 1.0.
    """
    found = sorted(counts or {}, key=float)
    if len(found) != len(label.classes):
        raise _refused(label.name, f"writes a class in several ways: {listed(found)}")
    classes, rows = tuple(found), tuple((counts or {})[text] for text in found)
    return dataclasses.replace(label, classes=classes, counts=rows)


def _refused(name: str, why: str) -> InputError:
    return InputError(f"{_ASK} {name}", f"cannot be predicted: it {why}", "name another column")

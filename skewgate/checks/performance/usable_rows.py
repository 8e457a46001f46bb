"""Which rows a metric can count: those with a label, a prediction and a weight that it can take.

TFMA counts a row without a prediction as one of 0, leaves a prediction that is NaN out of a mean
error, takes scores beyond 0 and 1 for 0 and 1, and stops at a text. So rows are looked at before.
"""

from __future__ import annotations

import dataclasses
import enum
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from skewgate.core.distributions import FloatArray
from skewgate.core.wording import quote

BoolArray = npt.NDArray[np.bool_]
_TOLERANCE = 1e-6
"""How far beyond 0 and 1 a probability in single precision may be."""


class Part(str, enum.Enum):
    """What of a row is looked at."""

    LABEL = "label"
    PREDICTION = "prediction"
    WEIGHT = "weight"


class Problem(str, enum.Enum):
    """What keeps a row from being counted; the value is a sentence about a label, and so on."""

    MISSING = "is missing"
    SEVERAL = "has another number of values than the prediction"
    TEXT = "is text"
    NOT_FINITE = "is NaN or infinite"
    NEGATIVE = "is below 0"
    NOT_BINARY = "is not in [0, 1]"
    NOT_A_CLASS = "is not a class of the prediction"
    NOT_A_PROBABILITY = "is no probability"

    @property
    def of_contract(self) -> bool:
        """Whether it comes from the contract, and not from a row, if all rows have it."""
        return self is not Problem.NOT_FINITE


@dataclasses.dataclass(frozen=True)
class Needs:
    """The metrics of one output of one model, by what they need.

    Attributes:
        prediction: names of metrics that need a prediction.
        number: of those that need labels and predictions to be finite numbers.
        binary: of those whose label is 0 or 1, or a class where the prediction has several values.
        classes: of those whose label is a class.
        probability: of those whose predictions are probabilities.
        weighted: of those that weigh rows.
    """

    prediction: tuple[str, ...] = ()
    number: tuple[str, ...] = ()
    binary: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    probability: tuple[str, ...] = ()
    weighted: tuple[str, ...] = ()

    def faults(self) -> list[tuple[Part, Problem, tuple[str, ...]]]:
        """Returns what a row can lack, in the order in which it is looked for, and who needs it."""
        label, prediction, weight = Part.LABEL, Part.PREDICTION, Part.WEIGHT
        listed = [
            (prediction, Problem.MISSING, self.prediction),
            (prediction, Problem.TEXT, self.number),
            (prediction, Problem.NOT_FINITE, self.number),
            (prediction, Problem.NOT_A_PROBABILITY, self.probability),
            (label, Problem.MISSING, self.number),
            (label, Problem.TEXT, self.number),
            (label, Problem.NOT_FINITE, self.number),
            (label, Problem.SEVERAL, self.number),
            (label, Problem.NOT_BINARY, self.binary),
            (label, Problem.NOT_A_CLASS, tuple(sorted({*self.binary, *self.classes}))),
            (weight, Problem.MISSING, self.weighted),
            (weight, Problem.SEVERAL, self.weighted),
            (weight, Problem.TEXT, self.weighted),
            (weight, Problem.NOT_FINITE, self.weighted),
            (weight, Problem.NEGATIVE, self.weighted),
        ]
        return [each for each in listed if each[2]]


@dataclasses.dataclass(frozen=True)
class Cells:
    """The values of one part in a batch of rows.

    Attributes:
        values: of all rows, shape (m,); numbers, or texts.
        rows: the row of each, shape (m,), from 0.
        size: the number of rows.
        is_flat: whether a row is one list of values, and not a list of lists.
    """

    values: npt.NDArray[np.generic]
    rows: npt.NDArray[np.int64]
    size: int
    is_flat: bool = True

    @property
    def is_text(self) -> bool:
        """Whether the values are not numbers."""
        return self.values.dtype.kind not in "biuf"

    @property
    def numbers(self) -> FloatArray:
        """The values as numbers; texts are taken for 0, for they have a fault of their own."""
        return np.zeros(len(self.values)) if self.is_text else np.asarray(self.values, float)

    def counts(self) -> npt.NDArray[np.int64]:
        """Returns how many values each row has, shape (size,)."""
        return np.bincount(self.rows, minlength=self.size)

    def any_of(self, wrong: BoolArray) -> BoolArray:
        """Returns the rows any of whose values is marked, shape (size,)."""
        marked = np.zeros(self.size, bool)
        marked[self.rows[wrong]] = True
        return marked

    def example(self, row: int) -> str:
        """Returns the values of a row in the words of a message."""
        found = self.values[self.rows == row][:4].tolist()
        texts = [
            quote(each.decode("utf-8", "replace") if isinstance(each, bytes) else each)
            if isinstance(each, bytes | str)
            else f"{each:g}"
            for each in found
        ]
        return texts[0] if len(texts) == 1 else f"[{', '.join(texts)}]" if texts else "nothing"


def absent(size: int) -> Cells:
    """Returns the cells of rows that have no values."""
    return Cells(np.empty(0), np.empty(0, np.int64), size)


def faulty(
    needs: Needs, label: Cells, prediction: Cells, weight: Cells, *, has_vocabulary: bool = False
) -> Iterator[tuple[Part, Problem, BoolArray]]:
    """Yields for each fault of `needs.faults` the rows that have it, shape (size,).

    Args:
        needs: of the metrics.
        label, prediction, weight: of the same rows.
        has_vocabulary: whether the model says which text is which class, so that labels may be
            texts.
    """
    cells = {Part.LABEL: label, Part.PREDICTION: prediction, Part.WEIGHT: weight}
    counts = {part: each.counts() for part, each in cells.items()}
    for part, problem, _ in needs.faults():
        found = cells[part]
        if part is Part.LABEL and has_vocabulary and problem is not Problem.MISSING:
            yield part, problem, np.zeros(found.size, bool)
        elif problem is Problem.MISSING:
            yield part, problem, counts[part] == 0
        elif problem is Problem.SEVERAL and part is Part.WEIGHT:
            yield part, problem, counts[part] > 1
        elif problem is Problem.SEVERAL:
            wide = (counts[part] > 1) & (counts[part] != counts[Part.PREDICTION])
            yield part, problem, wide & found.is_flat & prediction.is_flat
        elif problem is Problem.TEXT:
            yield part, problem, (counts[part] > 0) & found.is_text
        elif problem is Problem.NOT_FINITE:
            yield part, problem, found.any_of(~np.isfinite(found.numbers))
        else:
            yield part, problem, found.any_of(_out_of_range(problem, found, counts))


def _out_of_range(
    problem: Problem, found: Cells, counts: dict[Part, npt.NDArray[np.int64]]
) -> BoolArray:
    """Says of each value whether it is a number that a metric cannot take, shape (m,)."""
    numbers = found.numbers
    finite = np.isfinite(numbers)
    if problem is Problem.NEGATIVE:
        return np.asarray(finite & (numbers < 0))
    if problem is Problem.NOT_A_PROBABILITY:
        beyond = (numbers < -_TOLERANCE) | (numbers > 1 + _TOLERANCE)
        return np.asarray(finite & beyond)
    widths = counts[Part.PREDICTION][found.rows]
    is_class = (counts[Part.LABEL][found.rows] == 1) & (widths > 1)
    if problem is Problem.NOT_A_CLASS:
        whole = np.floor(np.where(finite, numbers, 0.0)) == numbers
        wrong = ~whole | (numbers < 0) | (numbers >= widths)
        return np.asarray(finite & is_class & wrong)
    return np.asarray(finite & ~is_class & ((numbers < 0) | (numbers > 1)))

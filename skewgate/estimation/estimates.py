"""What a sample says of a metric: an estimate with bounds, and how well it fits a threshold.

All bounds and probabilities are one-sided. `p_at_least(bound)` is the probability of a value as low
as the one seen if the true value were `bound`: a small one says that it is lower. `p_at_most` is
its mirror.
"""

from __future__ import annotations

import dataclasses
import math
from typing import Protocol

from scipy import special

from skewgate.estimation import binomial


class Estimate(Protocol):
    """A value with its uncertainty.

    Attributes:
        value: of the rows seen.
        n: number of rows.
    """

    @property
    def value(self) -> float:
        """The metric on the rows seen."""

    @property
    def n(self) -> int:
        """The number of rows seen."""

    def bounds(self, alpha: float) -> tuple[float, float]:
        """Returns a lower and an upper bound, each at level 1 - alpha."""

    def p_at_least(self, bound: float) -> float:
        """Returns how probable a value this low is if the true value is `bound`."""

    def p_at_most(self, bound: float) -> float:
        """Returns how probable a value this high is if the true value is `bound`."""

    def needed(self, bound: float, alpha: float) -> float:
        """Returns about how many rows would tell the value from `bound`; inf if none would."""


@dataclasses.dataclass(frozen=True)
class Exact:
    """A number that is known, such as a count of the rows.

    >>> Exact(812.0, 812).bounds(0.05)
    (812.0, 812.0)
    """

    value: float
    n: int

    def bounds(self, alpha: float) -> tuple[float, float]:
        """Returns the value twice."""
        return self.value, self.value

    def p_at_least(self, bound: float) -> float:
        """Returns 0 if the value is below the bound, else 1."""
        return float(self.value >= bound)

    def p_at_most(self, bound: float) -> float:
        """Returns 0 if the value is above the bound, else 1."""
        return float(self.value <= bound)

    def needed(self, bound: float, alpha: float) -> float:
        """Returns the number of rows: more change nothing."""
        return float(self.n)


@dataclasses.dataclass(frozen=True)
class Share:
    """A share of trials, such as the accuracy: exact bounds of Clopper and Pearson.

    Attributes:
        count, trials: of which the share is, trials at least 1.
        n: rows; for a precision, more than the trials.
    """

    count: int
    trials: int
    n: int

    @property
    def value(self) -> float:
        """The share."""
        return self.count / self.trials

    def bounds(self, alpha: float) -> tuple[float, float]:
        """Returns binomial.bounds."""
        return binomial.bounds(self.count, self.trials, alpha)

    def p_at_least(self, bound: float) -> float:
        """Returns the binomial probability of so few successes.

        >>> round(Share(7, 10, 10).p_at_least(0.9), 4)
        0.0702
        """
        if not 0.0 < bound < 1.0:
            return float(self.value >= bound)
        return binomial.p_at_least(self.trials - self.count, self.trials, 1.0 - bound)

    def p_at_most(self, bound: float) -> float:
        """Returns the binomial probability of so many successes."""
        if not 0.0 < bound < 1.0:
            return float(self.value <= bound)
        return binomial.p_at_least(self.count, self.trials, bound)

    def needed(self, bound: float, alpha: float) -> float:
        """Returns binomial.needed, in rows."""
        count, share = self.count, bound
        if count == self.trials:
            count, share = 0, 1.0 - bound
        return binomial.needed(count, self.trials, share, alpha) * self.n / self.trials


@dataclasses.dataclass(frozen=True)
class Resampled:
    """A value whose standard error was found by resampling: Student's t.

    Attributes:
        error: standard error, above 0.
        freedom: degrees of freedom, above 0.
    """

    value: float
    error: float
    freedom: float
    n: int

    def __post_init__(self) -> None:
        if not (self.error > 0 and self.freedom > 0 and math.isfinite(self.error + self.value)):
            raise ValueError(
                "a resampled estimate needs a finite value, error > 0 and freedom > 0, got "
                f"{self.value}, {self.error}, {self.freedom}"
            )

    def bounds(self, alpha: float) -> tuple[float, float]:
        """Returns value -+ t(1 - alpha) * error.

        >>> [round(bound, 4) for bound in Resampled(0.9, 0.01, 19, 500).bounds(0.05)]
        [0.8827, 0.9173]
        """
        reach = float(special.stdtrit(self.freedom, 1.0 - alpha)) * self.error
        return self.value - reach, self.value + reach

    def p_at_least(self, bound: float) -> float:
        """Returns the lower tail of t at (value - bound) / error."""
        return float(special.stdtr(self.freedom, (self.value - bound) / self.error))

    def p_at_most(self, bound: float) -> float:
        """Returns the upper tail of t at (value - bound) / error."""
        return float(special.stdtr(self.freedom, (bound - self.value) / self.error))

    def needed(self, bound: float, alpha: float) -> float:
        """Returns n scaled by the squares of what an interval reaches and what it should."""
        gap = abs(self.value - bound)
        if gap == 0.0:
            return math.inf
        ratio = float(special.stdtrit(self.freedom, 1.0 - alpha)) * self.error / gap
        return self.n * ratio * ratio  # a product may become inf, where a power raises


@dataclasses.dataclass(frozen=True)
class Unchanging:
    """A value that no resampling moved, such as the AUC of 40 rows in perfect order.

    It is not certain: what has not been seen in n rows may be true of a share of up to
    1 - alpha^(1/n) of all rows (the rule of three), each of which may move the metric by `scale`.

    Attributes:
        scale: the most that rows of another kind could move the metric, above 0; infinite if
            that is not known.
    """

    value: float
    scale: float
    n: int

    def bounds(self, alpha: float) -> tuple[float, float]:
        """Returns value -+ scale * (1 - alpha^(1/n)).

        >>> [round(bound, 3) for bound in Unchanging(0.0, 1.0, 299).bounds(0.05)]
        [-0.01, 0.01]
        """
        reach = self.scale * (1.0 - alpha ** (1.0 / self.n))
        return self.value - reach, self.value + reach

    def p_at_least(self, bound: float) -> float:
        """Returns the probability that n rows are all of the kind seen."""
        return self._p(bound - self.value)

    def p_at_most(self, bound: float) -> float:
        """Returns the probability that n rows are all of the kind seen."""
        return self._p(self.value - bound)

    def _p(self, distance: float) -> float:
        if distance <= 0:
            return 1.0
        return float(max(1.0 - distance / self.scale, 0.0) ** self.n)

    def needed(self, bound: float, alpha: float) -> float:
        """Returns how many such rows would rule the bound out."""
        share = abs(self.value - bound) / self.scale
        if share <= 0.0:
            return math.inf
        return float(self.n) if share >= 1.0 else math.log(alpha) / math.log1p(-share)


def widened(estimate: Estimate) -> Resampled | None:
    """Returns an estimate with a standard error; None if it has none.

    What no resampling moved gets that of one row in n of another kind, scale / n.

    >>> widened(Unchanging(1.0, 1.0, 50))
    Resampled(value=1.0, error=0.02, freedom=49.0, n=50)
    """
    if isinstance(estimate, Unchanging):
        freedom = float(max(estimate.n - 1, 1))
        return Resampled(estimate.value, estimate.scale / estimate.n, freedom, estimate.n)
    return estimate if isinstance(estimate, Resampled) else None


def standard_error(estimate: Estimate) -> float | None:
    """Returns the standard error of an estimate; None of a number that is known.

    >>> standard_error(Share(90, 100, 100)), standard_error(Exact(100.0, 100))
    (0.03, None)
    """
    if isinstance(estimate, Share):
        return math.sqrt(estimate.value * (1.0 - estimate.value) / estimate.trials)
    found = widened(estimate)
    return None if found is None else found.error


def difference(ours: Resampled, theirs: Resampled) -> Resampled:
    """Returns the difference of two estimates from different rows.

    The degrees of freedom are those of Welch (1947) and Satterthwaite (1946).

    Args:
        ours: what theirs is taken from.
        theirs: the other one.

    >>> found = difference(Resampled(0.8, 0.03, 19, 500), Resampled(0.9, 0.04, 19, 2000))
    >>> round(found.value, 3), round(found.error, 3), round(found.freedom, 1), found.n
    (-0.1, 0.05, 35.2, 500)
    """
    squares = ours.error**2, theirs.error**2
    variance = sum(squares)
    freedom = variance**2 / (squares[0] ** 2 / ours.freedom + squares[1] ** 2 / theirs.freedom)
    return Resampled(ours.value - theirs.value, math.sqrt(variance), freedom, min(ours.n, theirs.n))


def relative_change(
    change: Resampled, ours: Resampled, theirs: Resampled, bound: float
) -> Resampled | None:
    """Returns an estimate of the relative change that is exact about one bound.

    Whether `change / theirs` is above `bound` is whether `change - bound * theirs` is above 0 (for
    theirs above 0; below it turns round), whose standard error follows from those of the three:
    Fieller (1954). The estimate returned has the error of that sum, divided by theirs, so that its
    bounds lie on the right side of `bound` exactly when Fieller's do.

    Args:
        change: ours - theirs, paired or not.
        ours, theirs: the two values.
        bound: of the relative change.

    Returns:
        None if theirs is not told from 0, for then nothing can be said of a ratio.

    >>> ours, theirs = Resampled(0.72, 0.02, 19, 400), Resampled(0.8, 0.02, 19, 400)
    >>> found = relative_change(Resampled(-0.08, 0.01, 19, 400), ours, theirs, -0.05)
    >>> round(found.value, 3), round(found.error, 4)
    (-0.1, 0.0122)
    """
    if theirs.p_at_most(0.0) > _NOT_ZERO and theirs.p_at_least(0.0) > _NOT_ZERO:
        return None
    ours_and_theirs = (ours.error**2 + theirs.error**2 - change.error**2) / 2.0
    change_and_theirs = ours_and_theirs - theirs.error**2
    variance = change.error**2 - 2.0 * bound * change_and_theirs + (bound * theirs.error) ** 2
    # Three errors that were each estimated may contradict each other.
    variance = max(variance, (change.error * _LEAST) ** 2)
    size = abs(theirs.value)
    return Resampled(
        change.value / theirs.value, math.sqrt(variance) / size, change.freedom, change.n
    )


_NOT_ZERO = 1e-3
"""Level at which a value must differ from 0 to be divided by."""
_LEAST = 0.1
"""Least share of the change's own error that is left of the error of the relative change."""

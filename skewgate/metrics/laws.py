"""Laws of chance of a statistic: its mean, its tail, and what is too large for chance."""

from __future__ import annotations

import dataclasses
import functools
import math
from typing import Protocol

import numpy as np
from scipy import special

from skewgate.core.distributions import FloatArray

_TIED = 1e-9
"""Statistics that differ relatively by less are equal but for rounding."""


class Law(Protocol):
    """What a statistic is worth if nothing changed."""

    @property
    def mean(self) -> float:
        """The value to expect."""

    @property
    def mean_root(self) -> float:
        """The value to expect of its square root."""

    def p_value(self, value: float) -> float:
        """Returns the probability of a value at least as large, in [0, 1]."""

    def critical(self, alpha: float) -> float:
        """Returns a value whose p-value is at most `alpha`; inf if none has."""


@dataclasses.dataclass(frozen=True)
class Gamma:
    """A gamma law that is moved and stretched to three moments.

    Attributes:
        mean, deviation: above 0; the latter is the standard deviation.
        skewness: above 0; None for that of a gamma law that begins at 0, as a chi-square law does.

    >>> round(Gamma(3.0, 6.0**0.5).p_value(7.814728), 4)  # chi-square with 3 degrees of freedom
    0.05
    """

    mean: float
    deviation: float
    skewness: float | None = None

    @property
    def _shape(self) -> float:
        root = self.mean / self.deviation if self.skewness is None else 2 / self.skewness
        return root * root

    @property
    def _scale(self) -> float:
        return self.deviation / math.sqrt(self._shape)

    @property
    def _origin(self) -> float:
        return 0.0 if self.skewness is None else self.mean - self._shape * self._scale

    @property
    def mean_root(self) -> float:
        """That of the gamma law with this mean and deviation that begins at 0."""
        ratio = self.mean / self.deviation
        return math.sqrt(self.deviation / ratio) * float(special.poch(ratio * ratio, 0.5))

    def p_value(self, value: float) -> float:
        """Returns the probability of a value at least as large."""
        return float(special.gammaincc(self._shape, max(value - self._origin, 0.0) / self._scale))

    def critical(self, alpha: float) -> float:
        """Returns the quantile at 1 - alpha."""
        return float(special.gammainccinv(self._shape, alpha)) * self._scale + self._origin


@dataclasses.dataclass(frozen=True)
class Lone:
    """A statistic that is the same in all ways, since a single value makes it.

    There could as well be none or several such values, about a Poisson number: the tail beyond is
    exponential.

    Attributes:
        mean: the statistic, above 0.
    """

    mean: float

    @property
    def mean_root(self) -> float:
        """Its square root."""
        return math.sqrt(self.mean)

    def p_value(self, value: float) -> float:
        """Returns 1 up to the mean, and less beyond."""
        beyond = value / self.mean - 1
        return math.exp(-beyond) if beyond > _TIED else 1.0

    def critical(self, alpha: float) -> float:
        """Returns the value whose p-value is `alpha`."""
        return self.mean * (1 - math.log(alpha))


@dataclasses.dataclass(frozen=True)
class Drawn:
    """What a statistic was for ways to deal the pooled values to the two sides.

    Attributes:
        values: of the statistic, ascending, shape (b,).
        log_ways: logarithm of the number of ways to deal that there are.
        complete: whether `values` holds all of them, and not some that were drawn.

    Of b draws, k of which are at least as large as a value, the p-value is (k + 1) / (b + 1), which
    is exact however few they are. Beyond the largest draw it goes on as the tail of a gamma law
    with the three moments of the draws, and never below one way in all.

    Source: Davison and Hinkley (1997), section 4.3, for the p-value.
    """

    values: FloatArray
    log_ways: float
    complete: bool

    @functools.cached_property
    def _relative(self) -> tuple[float, FloatArray]:
        """The largest draw and the draws in its unit: sums and squares of large ones overflow."""
        largest = float(self.values[-1])
        return (largest, self.values / largest) if largest > 0 else (0.0, self.values)

    @functools.cached_property
    def mean(self) -> float:
        """Of the draws."""
        largest, relative = self._relative
        return largest * float(np.mean(relative))

    @functools.cached_property
    def mean_root(self) -> float:
        """Of the square roots of the draws."""
        return float(np.mean(np.sqrt(np.maximum(self.values, 0.0))))

    @functools.cached_property
    def deviation(self) -> float:
        """Their standard deviation."""
        largest, relative = self._relative
        return largest * float(np.std(relative))

    @functools.cached_property
    def _tail(self) -> Gamma | None:
        if self.complete or self.deviation <= _TIED * self.mean:
            return None
        skewness = float(np.mean(((self.values - self.mean) / self.deviation) ** 3))
        return Gamma(self.mean, self.deviation, max(skewness, 1.0))

    def p_value(self, value: float) -> float:
        """Returns the probability of a value at least as large."""
        reached = value - _TIED * abs(value)
        as_large = len(self.values) - int(self.values.searchsorted(reached))
        if self.complete:
            return max(as_large, 1) / len(self.values)
        p_value = (as_large + 1) / (len(self.values) + 1)
        if as_large == 0 and self._tail is not None:
            largest = self._tail.p_value(float(self.values[-1]))
            if largest > 0:
                p_value *= self._tail.p_value(value) / largest
        return min(max(p_value, math.exp(-self.log_ways)), 1.0)

    def critical(self, alpha: float) -> float:
        """Returns the smallest value whose p-value is at most `alpha`; inf if none has."""
        n, largest = len(self.values), float(self.values[-1])
        # How many of the draws may be as large.
        most = alpha * n if self.complete else alpha * (n + 1) - 1
        allowed = math.floor(most + _TIED)
        if allowed >= 1:
            above = float(self.values[max(n - allowed - 1, 0)])
            if self.complete and above >= largest - _TIED * abs(largest):
                return math.inf  # none is larger
            return math.nextafter(above + 2 * _TIED * abs(above), math.inf)
        if self.complete or self._tail is None or alpha < math.exp(-self.log_ways):
            return math.inf
        reached = min(alpha * (n + 1), 1.0) * self._tail.p_value(largest)
        return max(self._tail.critical(reached), largest) if reached > 0 else math.inf


@dataclasses.dataclass(frozen=True)
class Cautious:
    """Several laws of one statistic, none of them exact: the one that surprises least counts."""

    laws: tuple[Law, ...]

    @property
    def mean(self) -> float:
        """Of the first law."""
        return self.laws[0].mean

    @property
    def mean_root(self) -> float:
        """Of the first law."""
        return self.laws[0].mean_root

    def p_value(self, value: float) -> float:
        """Returns the largest p-value."""
        return max(law.p_value(value) for law in self.laws)

    def critical(self, alpha: float) -> float:
        """Returns the largest critical value."""
        return max(law.critical(alpha) for law in self.laws)

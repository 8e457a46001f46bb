"""What a series of windows says of one of them, and where a series changes its level.

The values y_i of windows with the sampling errors e_i vary for two reasons (random effects, as in
DerSimonian and Laird 1986): y_i = mean + u_i + noise, with Var(u_i) = tau^2 between windows and
Var(noise) = e_i^2 within one. A control chart that knows only e_i calls every window of a large
data set an outlier (Laney 2002, the p' chart); one that knows only the spread of the values calls
small windows outliers.
"""

from __future__ import annotations

import dataclasses
import itertools
import math
from collections.abc import Sequence
from typing import Literal

import numpy as np
from scipy import special

from skewgate.core.distributions import FloatArray
from skewgate.estimation.change_points import SHORTEST, best_cut
from skewgate.estimation.random_effects import between_windows, weights_of

Worse = Literal["lower", "higher"] | None
"""On which side a value is bad; None: on either."""

FEWEST_REFERENCE = 3
"""Windows without which a band says nothing."""


@dataclasses.dataclass(frozen=True)
class WindowValue:
    """A metric in one window.

    Attributes:
        name: of the window; names need not be in order, sequences of windows are.
        value: of the metric, finite.
        error: standard error of the value from sampling rows, in the unit of the value, >= 0.
        n: number of rows behind the value, at least 1.

    Raises:
        ValueError: a number is out of range.
    """

    name: str
    value: float
    error: float
    n: int

    def __post_init__(self) -> None:
        if not (math.isfinite(self.value) and math.isfinite(self.error) and self.error >= 0):
            raise ValueError(
                f"window {self.name} must have a finite value and an error of at least 0, got "
                f"{self.value} with error {self.error}"
            )
        if self.n < 1:
            raise ValueError(f"window {self.name} must have at least 1 row, got {self.n}")


@dataclasses.dataclass(frozen=True)
class Band:
    """What to expect of a window that is like the reference windows.

    Attributes:
        mean: of the reference windows, weighted by 1 / (tau^2 + e_i^2).
        spread: tau, the standard deviation between windows beyond sampling, >= 0.
        mean_error: standard error of `mean`.
        row_variance: v, the variance that one row adds: the error of a window of n rows is taken
            to be at least sqrt(v / n).
        sigmas: half the width of the band, in standard deviations of a window's value.
        windows: number of reference windows.
    """

    mean: float
    spread: float
    mean_error: float
    row_variance: float
    sigmas: float
    windows: int

    def deviation(self, window: WindowValue) -> float:
        """Returns the standard deviation of (value - mean) if nothing changed, >= 0."""
        variance = max(window.error**2, self.row_variance / window.n)
        return math.sqrt(self.spread**2 + variance + self.mean_error**2)

    def limits(self, window: WindowValue) -> tuple[float, float]:
        """Returns the lower and upper limit for a window of this size."""
        half = self.sigmas * self.deviation(window)
        return self.mean - half, self.mean + half

    def p_value(self, window: WindowValue, worse: Worse = None) -> float:
        """Returns the probability of a value at least as bad if nothing changed.

        By Student's t with (reference windows - 1) degrees of freedom, one-sided unless either
        side is bad. For windows of one size this is the exact prediction interval of a normal
        sample, widened where sampling alone would make a larger spread. If neither the windows
        nor their errors show any spread, what is left is that a window like k others is the worst
        of all with probability 1 / (k + 1).

        Args:
            window: one that is not among the reference windows.
            worse: the bad side.
        """
        off, scale = window.value - self.mean, self.deviation(window)
        if scale > 0:
            low = float(special.stdtr(self.windows - 1, off / scale))
            high = float(special.stdtr(self.windows - 1, -off / scale))
        else:
            rank = 1 / (self.windows + 1)
            low, high = (rank if off < 0 else 1.0), (rank if off > 0 else 1.0)
        if worse is None:
            return min(2 * min(low, high), 1.0)
        return low if worse == "lower" else high


def band(reference: Sequence[WindowValue], sigmas: float = 3.0) -> Band:
    """Measures the reference windows.

    tau^2 solves sum (y_i - mean)^2 / (tau^2 + e_i^2) = k - 1, or is 0 if there is less spread than
    that; with equal errors it is max(0, s^2 - e^2). The mean has the weights 1 / (tau^2 + e_i^2).

    Args:
        reference: at least 3 windows in any order.
        sigmas: half the width of the band, > 0.

    Raises:
        ValueError: there are fewer windows, or sigmas is out of range.

    Source: Paule and Mandel, J. Res. NBS 87 (1982) 377, for tau^2; the prediction interval is that
    of Higgins, Thompson and Spiegelhalter, JRSS A 172 (2009) 137, with k - 1 degrees of freedom as
    Hartung and Knapp, Statist. Med. 20 (2001) 1771, have for the mean; three sigmas are Shewhart's.

    >>> made = band([WindowValue("1", 0.9, 0.0, 50), WindowValue("2", 0.92, 0.0, 50),
    ...              WindowValue("3", 0.94, 0.0, 50)])
    >>> round(made.mean, 3), round(made.spread, 3), round(made.mean_error, 4)
    (0.92, 0.02, 0.0115)
    """
    if len(reference) < FEWEST_REFERENCE:
        raise ValueError(
            f"a band needs at least {FEWEST_REFERENCE} reference windows, got {len(reference)}"
        )
    if not (math.isfinite(sigmas) and sigmas > 0):
        raise ValueError(f"sigmas must be a number above 0, got {sigmas}")
    values = np.array([window.value for window in reference], float)
    row_variance = _row_variance(reference)
    variances = _variances(reference, row_variance)
    # One group that holds all windows, on one line of a matrix.
    tau2 = between_windows(values, variances, np.ones((1, 1, len(values)), bool))[0]
    weights = weights_of(tau2, variances)
    mean = float(np.average(values, weights=weights))
    # `weights` are relative if no window shows any variance.
    exact = tau2 == 0 and not np.any(variances)
    return Band(
        mean=min(max(mean, float(values.min())), float(values.max())),
        spread=math.sqrt(tau2),
        mean_error=0.0 if exact else 1 / math.sqrt(float(weights.sum())),
        row_variance=row_variance,
        sigmas=float(sigmas),
        windows=len(reference),
    )


@dataclasses.dataclass(frozen=True)
class ChangePoint:
    """A change of level in a series.

    Attributes:
        window: name of the first window after the change.
        index: its place in the series, from 0.
        before, after: weighted means of the windows back to the change before, and on to the next.
        p_value: bound on the probability of such a change if there is none.
    """

    window: str
    index: int
    before: float
    after: float
    p_value: float


def change_points(windows: Sequence[WindowValue], alpha: float) -> list[ChangePoint]:
    """Finds where the level of a series changes, by seeded binary segmentation.

    Each cut of a stretch of n windows that leaves 2 on either side is tested by the weighted
    two-sample t statistic with n - 2 degrees of freedom; tau^2 comes from the windows within the
    two sides, as in `band`. So are the cuts of shorter stretches within it, of n/2, n/4, ... and
    at least 6 windows, as a drop that is made good again hardly shows in the whole. The p-value is
    bounded by the number of tests times the best tail probability, one half of it for the whole
    stretch and one for the shorter ones. A stretch whose best cut has p <= alpha is cut there, and
    both parts are looked at in turn: if nothing changed, the probability of naming any change is
    at most alpha.

    Args:
        windows: at least 4, in order of time.
        alpha: in (0, 1].

    Returns:
        The changes in order of time.

    Raises:
        ValueError: there are fewer windows, or alpha is out of range.

    Source: Kovacs, Buehlmann, Li and Munk, Seeded binary segmentation, Biometrika 110 (2023) 249;
    the bound is Bonferroni's, as in Worsley, JASA 74 (1979) 365, for a change of a normal mean.

    >>> values = [0.93, 0.92, 0.94, 0.93, 0.92, 0.81, 0.80, 0.82, 0.81]
    >>> series = [WindowValue(f"day {i}", y, 0.01, 900) for i, y in enumerate(values)]
    >>> [(found.window, round(found.before, 3), round(found.after, 3))
    ...  for found in change_points(series, alpha=0.05)]
    [('day 5', 0.928, 0.81)]
    """
    if len(windows) < 2 * SHORTEST:
        raise ValueError(
            f"a change can be found in at least {2 * SHORTEST} windows, got {len(windows)}"
        )
    if not 0 < alpha <= 1:
        raise ValueError(f"alpha must be a number in (0, 1], got {alpha}")
    values = np.array([window.value for window in windows], float)
    variances = _variances(windows, _row_variance(windows))
    p_values: dict[int, float] = {}
    stretches = [(0, len(values))]
    while stretches:
        start, end = stretches.pop()
        if end - start < 2 * SHORTEST:
            continue
        cut, p_value = best_cut(values[start:end], variances[start:end])
        if p_value <= alpha:
            p_values[start + cut] = p_value
            stretches += [(start, start + cut), (start + cut, end)]
    edges = [0, *sorted(p_values), len(values)]
    means = [
        _level(values[start:end], variances[start:end]) for start, end in itertools.pairwise(edges)
    ]
    return [
        ChangePoint(windows[index].name, index, means[i], means[i + 1], p_values[index])
        for i, index in enumerate(sorted(p_values))
    ]


def _level(values: FloatArray, variances: FloatArray) -> float:
    tau2 = between_windows(values, variances, np.ones((1, 1, len(values)), bool))[0]
    return float(np.average(values, weights=weights_of(tau2, variances)))


def _row_variance(windows: Sequence[WindowValue]) -> float:
    """Returns n e^2 of the windows, weighted by their rows."""
    rows = math.fsum(window.n for window in windows)
    return math.fsum(window.n * (window.n * window.error**2) for window in windows) / rows


def _variances(windows: Sequence[WindowValue], row_variance: float) -> FloatArray:
    """Returns the sampling variances, shape (k,).

    A window of few rows may show none at all, such as 20 right answers out of 20: it would get all
    the weight. The rows of all windows together say what it must be at least.
    """
    return np.array([max(window.error**2, row_variance / window.n) for window in windows], float)

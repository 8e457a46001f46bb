"""Statistics of numbers, merged from parts as TFDV merges them."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from tensorflow_metadata.proto.v0 import statistics_pb2

from skewgate.statistics.generating import histograms


class MomentsPart(NamedTuple):
    """What the numbers of a part of the data are.

    Attributes:
        values: all that are not NaN, float32 or int64.
        n_nan: how many are NaN.
        n_zeros, n_positive_inf: how many are zero, and infinite.
        mean, variance: of `values`; NaN if one is infinite.
        least, most: infinity and its negative if there are no values.
        finite_least, finite_most: the same of the finite values.
    """

    values: npt.NDArray[Any]
    n_nan: int
    n_zeros: int
    n_positive_inf: int
    mean: float
    variance: float
    least: float
    most: float
    finite_least: float
    finite_most: float


def describe(values: npt.NDArray[Any]) -> MomentsPart:
    """Describes numbers, float32 or int64, shape (n,)."""
    n_nan = 0
    if values.dtype.kind == "f":
        nan = np.isnan(values)
        n_nan = int(np.count_nonzero(nan))
        if n_nan:
            values = values[~nan]
    if not len(values):
        return MomentsPart(values, n_nan, 0, 0, 0.0, 0.0, math.inf, -math.inf, math.inf, -math.inf)
    doubles = values.astype(np.float64)
    with np.errstate(invalid="ignore"):
        mean = float(np.mean(doubles))
        doubles -= mean
        variance = float(np.dot(doubles, doubles)) / len(doubles)
    least, most = float(np.min(values)), float(np.max(values))
    finite = values
    if math.isinf(least) or math.isinf(most):
        finite = values[np.isfinite(values)]
    return MomentsPart(
        values,
        n_nan,
        len(values) - int(np.count_nonzero(values)),
        int(np.count_nonzero(np.isposinf(values))) if math.isinf(most) else 0,
        mean,
        variance,
        least,
        most,
        float(np.min(finite)) if len(finite) else math.inf,
        float(np.max(finite)) if len(finite) else -math.inf,
    )


class Moments:
    """The statistics of the numbers of all parts so far."""

    def __init__(self, epsilon: float) -> None:
        """Makes empty statistics; `epsilon` is the rank error of the quantiles, as a share."""
        self._n = self._n_nan = self._n_zeros = self._n_positive_inf = 0
        self._mean = self._variance = 0.0
        self._least = self._finite_least = math.inf
        self._most = self._finite_most = -math.inf
        self._sketch = new_sketch(epsilon)

    def add(self, part: MomentsPart) -> None:
        """Takes a part; the result depends, within its error, on the order of the parts."""
        self._n_nan += part.n_nan
        if not len(part.values):
            return
        self._combine(len(part.values), part.mean, part.variance)
        self._n_zeros += part.n_zeros
        self._n_positive_inf += part.n_positive_inf
        self._least, self._most = min(self._least, part.least), max(self._most, part.most)
        self._finite_least = min(self._finite_least, part.finite_least)
        self._finite_most = max(self._finite_most, part.finite_most)
        self._sketch.AddValues(pa.array(part.values))

    def _combine(self, n: int, mean: float, variance: float) -> None:
        """Merges mean and variance: TFDV's MeanVarAccumulator, what infinity does included."""
        more, fewer = (self._n, self._mean, self._variance), (n, mean, variance)
        if n > self._n:
            more, fewer = fewer, more
        self._n += n
        share = fewer[0] / self._n
        self._mean = more[1] + share * (fewer[1] - more[1])
        self._variance = more[2] + share * (
            fewer[2] - more[2] + (fewer[1] - self._mean) * (fewer[1] - more[1])
        )

    def write(
        self, stats: statistics_pb2.NumericStatistics, quantile_buckets: int, buckets: int
    ) -> None:
        """Fills TFDV's message; without any value it stays empty, but for the NaN values.

        Args:
            stats: the message.
            quantile_buckets: buckets of the histogram of equal weight.
            buckets: those of the histogram of equal width.
        """
        if not self._n:
            for kind in (histograms.STANDARD, histograms.QUANTILES) if self._n_nan else ():
                stats.histograms.add(type=kind, num_nan=self._n_nan)
            return
        stats.mean = self._mean
        stats.std_dev = math.sqrt(max(0, self._variance))
        stats.num_zeros = self._n_zeros
        stats.min, stats.max = self._least, self._most
        edges, weights = histograms.quantiles_of(self._sketch, histograms.FINE * quantile_buckets)
        stats.median = histograms.median(edges)
        widths = histograms.equal_widths(
            edges,
            weights,
            least=self._finite_least,
            most=self._finite_most,
            buckets=buckets,
            n_positive_inf=self._n_positive_inf,
        )
        coarse = histograms.between(edges[:: histograms.FINE], weights[:: histograms.FINE])
        stats.histograms.append(histograms.to_proto(widths, histograms.STANDARD, self._n_nan))
        stats.histograms.append(histograms.to_proto(coarse, histograms.QUANTILES, self._n_nan))


def new_sketch(epsilon: float) -> Any:
    """Returns an empty quantile sketch with TFDV's parameters."""
    from tfx_bsl import sketches

    return sketches.QuantilesSketch(eps=epsilon, max_num_elements=1 << 32, num_streams=1)

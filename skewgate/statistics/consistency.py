"""Whether what statistics say of a feature can be true.

Statistics of TFDV have no seal (see `core.sealing`), and a bit of them that has changed often makes
them contradict themselves: counts that do not add up, a share that is no number, buckets out of
order. Such statistics are refused, for no bounds that are computed from them would hold.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
from tensorflow_metadata.proto.v0 import statistics_pb2

from skewgate.core.errors import InputError
from skewgate.statistics.histograms import Histogram, read_histogram
from skewgate.statistics.wire import FIX

_KINDS = statistics_pb2.FeatureNameStatistics
_QUANTILES = int(statistics_pb2.Histogram.QUANTILES)
_LOOSE = 0.01
"""How far the counts of a sketch may be off the number of values, as a share of it."""
_ROUNDING = 1e-3
"""The same of what single precision has rounded, such as a mean, as a share of the range."""
_MOST = 2.0**64
"""No count is as large."""
_SHARES = ("skewgate.rank_error", "skewgate.sketch_error", "skewgate.value_count_rank_error")


def check(feature: Any, rows: int, where: str) -> None:
    """Makes sure that the statistics of a feature do not contradict themselves.

    Args:
        feature: `FeatureNameStatistics` with histograms as bytes, see `wire`.
        rows: number of examples of the data set that it is of.
        where: names the source in messages.

    Raises:
        InputError: they do.
        message.DecodeError: a histogram is malformed.
    """
    # What is no UTF-8 some versions of protobuf refuse, and some return as bytes.
    if not all(isinstance(text, str) for text in _texts(feature)):
        raise InputError(where, "has a name that is not UTF-8", FIX)
    problem = _problem(feature, rows)
    if problem:
        name = ".".join(feature.path.step) or feature.name
        raise InputError(where, f"contradicts itself: of {name} it has {problem}", FIX)


def _texts(feature: Any) -> Iterator[Any]:
    yield feature.name
    yield from feature.path.step
    for stat in feature.custom_stats:
        yield stat.name
        yield stat.str
    for bucket in feature.string_stats.rank_histogram.buckets:
        yield bucket.label


def _problem(feature: Any, rows: int) -> str:
    """Returns what cannot be true; "" if everything can."""
    for stat in feature.custom_stats:
        if stat.name in _SHARES and not 0 <= stat.num <= 1:
            return f"the rank error {stat.num:g}"
    kind = feature.WhichOneof("stats")
    numbers = feature.type in (_KINDS.INT, _KINDS.FLOAT)
    if feature.type not in _KINDS.Type.values() or (kind == "num_stats" and not numbers):
        return f"{kind} and the type {feature.type}"
    if kind is None:
        return ""
    stats = getattr(feature, kind)
    common = stats.common_stats
    present, missing = int(common.num_non_missing), int(common.num_missing)
    if (
        len(feature.path.step) < 2
        and feature.type != _KINDS.STRUCT
        and rows
        and present + missing > rows
    ):
        return f"{missing} missing and {present} other examples of {rows}"
    if kind == "struct_stats":
        return ""
    total = int(common.tot_num_values)
    least, most = int(common.min_num_values), int(common.max_num_values)
    if most and not least * present <= total <= most * present:
        return f"{total} values in {present} examples with {least} to {most} each"
    if kind == "num_stats":
        return _of_numbers(stats, total)
    return _of_texts(stats, total) if kind == "string_stats" else ""


def _of_numbers(stats: Any, total: int) -> str:
    for histogram in map(read_histogram, stats.histograms):
        problem = _of_order(histogram, total)
        # Buckets of equal width are of finite values alone, and only their ends are believed.
        if not problem and histogram.type == _QUANTILES and len(histogram.buckets.counts):
            problem = _of_quantiles(histogram, total - histogram.n_nan, stats)
        if problem:
            return problem
    return ""


def _of_order(histogram: Histogram, total: int) -> str:
    lows, highs, counts = histogram.buckets
    if histogram.n_nan > total:
        return f"{histogram.n_nan} values NaN of {total}"
    k = len(counts)
    if np.count_nonzero((counts >= 0) & (counts < _MOST)) < k:
        return "a bucket with an impossible count"
    # NaN is in no order.
    apart = np.count_nonzero((highs[:-1] <= highs[1:]) & (lows[:-1] <= lows[1:]))
    if np.count_nonzero(lows <= highs) < k or apart < k - 1:
        return "buckets out of order"
    return ""


def _of_quantiles(histogram: Histogram, n: int, stats: Any) -> str:
    counted = float(histogram.buckets.counts.sum())
    if abs(counted - n) > _LOOSE * n + 1:
        return f"{counted:g} values in buckets and {n} in all"
    low, high = float(histogram.buckets.lows[0]), float(histogram.buckets.highs[-1])
    told = stats.std_dev > 0  # else no moments may have been computed
    if told and all(map(math.isfinite, (stats.mean, low, high))):
        slack = _ROUNDING * max(high - low, abs(low), abs(high))
        if not low - slack <= stats.mean <= high + slack:
            return f"the mean {stats.mean:g} of values from {low:g} to {high:g}"
    return ""


def _of_texts(stats: Any, total: int) -> str:
    counts = [bucket.sample_count for bucket in stats.rank_histogram.buckets]
    if not all(math.isfinite(count) and count >= 0 for count in counts):
        return "a category with an impossible count"
    counted = sum(counts)
    if counted > (1 + _LOOSE) * total + 1:
        return f"{counted:g} values in categories and {total} in all"
    return ""

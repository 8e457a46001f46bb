"""Reads TFDV statistics into distributions with certain bounds."""

from __future__ import annotations

import dataclasses
import math
import os
from typing import Any

import numpy as np
from google.protobuf import message
from tensorflow_metadata.proto.v0 import statistics_pb2

from skewgate.core import precision, sealing
from skewgate.core.distributions import (
    CategoricalDistribution,
    Comparable,
    Distribution,
    EmptyDistribution,
    NumericDistribution,
)
from skewgate.core.errors import InputError
from skewgate.core.profile import Features, Profile, name_paths
from skewgate.core.quantile_summary import summary_of
from skewgate.core.time_values import is_logical
from skewgate.data.tf_example.sequences import SEQUENCE
from skewgate.statistics import consistency, wire
from skewgate.statistics.histograms import Buckets, exact_bounds, read_histogram, sketched_bounds
from skewgate.statistics.messages import (
    choose,
    no_statistics_error,
    not_statistics_error,
    read_content,
    slice_key,
)

STOCK_RANK_ERROR = 0.01
"""Nominal rank error of TFDV's quantile sketch where the artifact does not name its own."""

_PLACEHOLDERS = ("__BYTES_VALUE__", "__LARGE_BYTES__")
"""What TFDV writes for values that it cannot name: each stands for many categories."""

_ByPath = dict[tuple[str, ...], Distribution]

_LOST = 1e-120
"""Standard deviations of TFDV below it may come from squares that were too small for floats."""
_QUANTILES = int(statistics_pb2.Histogram.QUANTILES)
_STANDARD = int(statistics_pb2.Histogram.STANDARD)


RANK_ERROR_STAT = "skewgate.rank_error"
"""Custom statistic of a numeric feature that `skewgate profile` wrote: see `histograms`."""
SKETCH_ERROR_STAT = "skewgate.sketch_error"
"""Custom statistic of a feature that SkewStatisticsGen wrote: rank error of TFDV's sketch."""
VALUE_COUNT_ERROR_STAT = "skewgate.value_count_rank_error"
"""Custom statistic of a feature with several values: the rank error of how many there are."""
COARSEST_STAT, FINEST_STAT = "skewgate.coarsest_bits", "skewgate.finest_bits"
"""Custom statistics of a numeric feature that `skewgate profile` wrote: see `core.precision`."""
LOGICAL_STAT = "skewgate.logical_type"
"""Custom statistic of a numeric feature of times, as text: see `time_values`."""
EMPTY_STAT = "skewgate.empty_lists"
"""Custom statistic: how many of the missing examples have an empty list, where none has several."""
SLACK_STAT = "skewgate.slack"
"""Custom statistic of a categorical feature: see CategoricalDistribution.slack."""


def read_profile(path: str | os.PathLike[str], dataset: str = "") -> Profile:
    """Reads what a statistics file tells, every slice and feature of it.

    Args:
        path: of the file.
        dataset: the data set to take of several, see `messages.choose`.

    Raises:
        InputError: as for `read_statistics`.
    """
    return parse_profile(read_content(path), str(path), dataset=dataset)


def parse_profile(
    data: bytes, where: str, rank_error: float = STOCK_RANK_ERROR, dataset: str = ""
) -> Profile:
    """Reads the content of a statistics file: every slice and feature of it.

    Args:
        data: a serialized `DatasetFeatureStatisticsList`, with or without a seal.
        where: names the source in messages.
        rank_error: rank error of the sketch that made the quantiles, in [0, 1), if the
            statistics do not tell it.
        dataset: the data set to take of several, see `messages.choose`.

    Raises:
        InputError: it is not such a message, or holds no data set, or several of which none has
            the name or is that of all examples, or has a feature without a name or two of one name,
            or contradicts itself, or its seal does not fit.
    """
    names: list[str] = []
    keys: list[str] = []
    found: list[tuple[_ByPath, _ByPath, int]] = []
    whole = sealing.is_sealed(data)
    try:
        for message_ in wire.datasets(data, where):
            features = _features(message_, rank_error, where, whole=whole)
            names.append(str(message_.name))
            keys.append(slice_key(message_))
            found.append((*features, int(message_.num_examples)))
    except message.DecodeError as error:
        raise not_statistics_error(where) from error
    if not names:
        raise no_statistics_error(where)
    chosen = {at: keys[at] if name else "" for at, name in choose(names, dataset, where).items()}
    if len(set(chosen.values())) < len(chosen):
        raise InputError(where, "describes a slice twice", "generate the statistics again")
    rows = {key: found[at][2] for at, key in chosen.items()}
    paths = {path for at in chosen for path in found[at][0]}
    flat = {path[0] for path in paths if len(path) == 1}
    nested = name_paths([path for path in paths if len(path) > 1], flat, flat)
    names_by_path = {path: nested.get(path, path[0]) for path in paths}

    def named(features: _ByPath) -> Features:
        return {names_by_path[path]: side for path, side in features.items()}

    slices = {key: named(found[at][0]) for at, key in chosen.items()}
    # TFDV leaves out what no batch of a slice has: how rows lie would decide what a slice has.
    everywhere = slices.get("", {})
    return Profile(
        {
            key: {**dict.fromkeys(everywhere, EmptyDistribution(rows[key])), **features}
            for key, features in slices.items()
        },
        rows,
        {key: named(found[at][1]) for at, key in chosen.items()},
        nested={name: path for path, name in nested.items()},
    )


def _path(feature: Any) -> tuple[str, ...]:
    """Returns the path of a feature; a feature list has a name, as it has in rows."""
    steps = tuple(map(str, feature.path.step)) or (str(feature.name),)
    return (".".join(steps),) if steps[0] == SEQUENCE else steps


def _features(
    dataset: Any, rank_error: float, where: str, *, whole: bool
) -> tuple[_ByPath, _ByPath]:
    """Returns the features, and how many values the examples have of some.

    Args:
        dataset, rank_error, where: see `parse_profile`.
        whole: whether a seal says that the statistics are what was written.
    """
    features: _ByPath = {}
    counts: _ByPath = {}
    parents = {tuple(feature.path.step[:-1]) for feature in dataset.features}
    for feature in dataset.features:
        if not whole:
            consistency.check(feature, int(dataset.num_examples), where)
        path = _path(feature)
        if not any(path) or path in features:
            raise _misnamed(where, ".".join(path))
        is_parent = tuple(feature.path.step) in parents and feature.HasField("struct_stats")
        if is_parent and path == (SEQUENCE,):  # which holds feature lists, and is in every row
            continue
        own = {stat.name: stat.num for stat in feature.custom_stats}
        error = own.get(SKETCH_ERROR_STAT, rank_error)
        side = _parent(feature) if is_parent else _distribution(feature, own, error)
        if isinstance(side, NumericDistribution):
            integer = feature.type == feature.INT
            types = _integer_types(side) if integer else _float_types(side, own)
            told = next((s.str for s in feature.custom_stats if s.name == LOGICAL_STAT), "")
            logical = told if is_logical(told) else ""
            side = dataclasses.replace(side, integer=integer, types=types, logical=logical)
        elif isinstance(side, CategoricalDistribution):
            kind = statistics_pb2.FeatureNameStatistics.Type.Name(feature.type)
            side = dataclasses.replace(side, types=frozenset({kind}))
        features[path] = side
        lengths = _value_count(feature, own, error)
        if lengths is not None:
            counts[path] = lengths
    return features, counts


def _parent(feature: Any) -> Distribution:
    """Returns how often there is a struct, whose values are those of the features in it."""
    common = feature.struct_stats.common_stats
    return EmptyDistribution(int(common.num_missing), n_present=int(common.num_non_missing))


def _misnamed(where: str, name: str) -> InputError:
    twice = f"has statistics of the feature {name} twice"
    problem = twice if name else "has statistics of a feature without a name"
    fix = "give each feature a name of its own, and generate the statistics again"
    return InputError(where, problem, fix)


def _integer_types(side: NumericDistribution) -> frozenset[str]:
    """Returns the type of integers, which our own statistics have for times as well."""
    whole = np.array_equal(np.floor(side.edges), side.edges)
    return frozenset({"int64" if whole else "timestamp[us]"})


def _float_types(side: NumericDistribution, own: dict[str, float]) -> frozenset[str]:
    """Returns the types of floats; statistics of TFDV do not tell it, but their edges do."""
    single = precision.SINGLE if precision.fit(side.edges, precision.SINGLE) else precision.DOUBLE
    told = {own.get(name, single) for name in (COARSEST_STAT, FINEST_STAT)}
    return frozenset(map(precision.float_type, told))


def _distribution(feature: Any, own: dict[str, float], rank_error: float) -> Comparable:
    kind = feature.WhichOneof("stats")
    common = getattr(feature, kind).common_stats if kind else None
    if common is None:
        return EmptyDistribution(0)
    empty = _empty(common)
    n_missing = int(common.num_missing) + empty
    n_present = int(common.num_non_missing) if common.max_num_values > 1 else None
    side: Comparable = EmptyDistribution(n_missing=n_missing, n_present=n_present)
    if common.num_non_missing > 0 and common.tot_num_values > 0:
        if kind == "num_stats":
            side = _numeric(feature.num_stats, n_missing, n_present, own, rank_error)
        else:
            side = _categorical(getattr(feature, kind), kind, n_missing, n_present, own)
    if n_present is None:
        side = dataclasses.replace(side, n_empty=empty + int(own.get(EMPTY_STAT, 0)))
    return side


def _value_count(
    feature: Any, own: dict[str, float], rank_error: float
) -> NumericDistribution | None:
    """Returns how many values the examples have, or None if none has more than one."""
    kind = feature.WhichOneof("stats")
    common = getattr(feature, kind).common_stats if kind else None
    if common is None or common.max_num_values <= 1:
        return None
    buckets = read_histogram(common.num_values_histogram).buckets
    n = int(common.num_non_missing)
    if len(buckets.highs) == 0:  # not told: only the extremes are certain
        buckets = Buckets(
            *np.array([[common.min_num_values], [common.max_num_values], [n]], dtype=float)
        )
        return NumericDistribution(*sketched_bounds(buckets, n, 1.0), n=n, rank_error=1.0)
    if VALUE_COUNT_ERROR_STAT in own:
        rank_error = own[VALUE_COUNT_ERROR_STAT]
        bounds = exact_bounds(buckets, n, rank_error)
    else:
        bounds = sketched_bounds(buckets, n, rank_error)
    found = NumericDistribution(*bounds, n=n, rank_error=rank_error)
    mean, std = summary_of(found).moments() or (math.nan, math.nan)
    return dataclasses.replace(found, mean=mean, std=std)


def _empty(common: Any) -> int:
    """Counts the examples that have an empty list, where none has several values.

    Stock CsvExampleGen writes such a list where a cell is empty, which TFDV counts as present.
    """
    if common.max_num_values > 1:
        return 0
    return max(int(common.num_non_missing) - int(common.tot_num_values), 0)


def _numeric(
    stats: Any,
    n_missing: int,
    n_present: int | None,
    own: dict[str, float],
    rank_error: float,
) -> Comparable:
    by_type = {found.type: found for found in map(read_histogram, stats.histograms)}
    histogram = by_type.get(_QUANTILES) or by_type.get(_STANDARD)
    n_nan = histogram.n_nan if histogram else 0
    n = int(stats.common_stats.tot_num_values) - n_nan
    if histogram is None or not len(histogram.buckets.highs) or n <= 0:
        return EmptyDistribution(n_missing=n_missing, n_nan=n_nan, n_present=n_present)
    buckets = histogram.buckets
    if RANK_ERROR_STAT in own:
        rank_error = own[RANK_ERROR_STAT]
        bounds = exact_bounds(buckets, n, rank_error)
    else:
        if histogram.type != _QUANTILES:
            # Counts of equal-width buckets are interpolated: only the outer edges are certain.
            ends = (buckets.lows[:1], buckets.highs[-1:])
            buckets = Buckets(*ends, np.array([float(n)]))
        bounds = sketched_bounds(buckets, n, rank_error)
    moments = math.isfinite(stats.mean) and math.isfinite(stats.std_dev)
    # A standard deviation of 0 is what the message holds if none was computed.
    least = 0.0 if RANK_ERROR_STAT in own else _LOST
    moments = moments and (stats.std_dev > least or bounds[0][0] == bounds[0][-1])
    return NumericDistribution(
        *bounds,
        n=n,
        n_missing=n_missing,
        n_nan=n_nan,
        rank_error=rank_error,
        mean=float(stats.mean) if moments else math.nan,
        std=float(stats.std_dev) if moments else math.nan,
        n_present=n_present,
    )


def _categorical(
    stats: Any,
    kind: str,
    n_missing: int,
    n_present: int | None,
    own: dict[str, float],
) -> Comparable:
    n = int(stats.common_stats.tot_num_values)
    if kind != "string_stats":
        return CategoricalDistribution({}, float(n), n, n_missing, n_present)
    counts = {
        str(bucket.label): float(bucket.sample_count)
        for bucket in stats.rank_histogram.buckets
        if bucket.label not in _PLACEHOLDERS
    }
    other = max(n - math.fsum(counts.values()), 0.0)
    return CategoricalDistribution(
        counts, other, n, n_missing, n_present, slack=own.get(SLACK_STAT, 0.0)
    )

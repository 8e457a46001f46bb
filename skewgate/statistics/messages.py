"""Reads statistics files as TFDV's messages, and finds the slices in them."""

from __future__ import annotations

import os
import pathlib

from google.protobuf import message, text_format
from tensorflow_metadata.proto.v0 import statistics_pb2

from skewgate.core.errors import InputError
from skewgate.statistics import wire
from skewgate.statistics.histograms import read_histogram

_QUANTILES = int(statistics_pb2.Histogram.QUANTILES)

ALL_EXAMPLES = "All Examples"
"""TFDV's name for the slice that holds every example; ours is ""."""
RESOLUTION_STAT = "skewgate.resolution"
"""Custom statistic of a numeric feature: about how many points were kept of it."""


def read_statistics(
    path: str | os.PathLike[str],
) -> statistics_pb2.DatasetFeatureStatisticsList:
    """Reads a `DatasetFeatureStatisticsList`, binary or (.pbtxt) in text format.

    Raises:
        InputError: the file is missing, is not such a message, or holds no data set.
    """
    return parse_statistics(read_content(path), str(path))


def read_content(path: str | os.PathLike[str]) -> bytes:
    """Returns the content of a statistics file in the binary format.

    Raises:
        InputError: it cannot be read, or is not in the text format that its name says.
    """
    try:
        data = pathlib.Path(path).read_bytes()
    except OSError as error:
        raise InputError(
            str(path), f"cannot be read: {error.strerror}", "check the path"
        ) from error
    if not str(path).lower().endswith(".pbtxt"):
        return data
    try:
        statistics = text_format.Parse(data, statistics_pb2.DatasetFeatureStatisticsList())
    except (text_format.ParseError, UnicodeDecodeError) as error:
        raise InputError(
            str(path),
            f"is not TFDV statistics in text format ({str(error).splitlines()[0]})",
            "generate the statistics again",
        ) from error
    return bytes(statistics.SerializeToString())


def parse_statistics(data: bytes, where: str) -> statistics_pb2.DatasetFeatureStatisticsList:
    """Parses what `read_statistics` reads; `where` names the source in messages."""
    statistics = statistics_pb2.DatasetFeatureStatisticsList()
    try:
        if statistics.ParseFromString(data) != len(data):  # protobuf 3 only warns of the rest
            raise message.DecodeError("not all of it is a message")
    except message.DecodeError as error:
        raise not_statistics_error(where) from error
    if not statistics.datasets:
        raise no_statistics_error(where)
    return statistics


def not_statistics_error(where: str) -> InputError:
    """Returns the error that a source is no statistics file."""
    problem = "is not a TFDV statistics file (DatasetFeatureStatisticsList)"
    return InputError(where, problem, "generate the statistics again")


def no_statistics_error(where: str) -> InputError:
    """Returns the error that a statistics file holds no data set."""
    return InputError(where, "holds no statistics", "generate the statistics again")


def resolution(data: bytes, where: str) -> int:
    """Returns the number of points to which numeric features are known; 0 without any.

    The number of quantile buckets of TFDV, or the resolution that `skewgate profile` was given.

    Args:
        data: the content of a statistics file.
        where: names the source in messages.

    Raises:
        InputError: it is no `DatasetFeatureStatisticsList`.
    """
    points = 0
    try:
        for dataset in wire.datasets(data):
            for feature in dataset.features:
                own = {stat.name: stat.num for stat in feature.custom_stats}
                if RESOLUTION_STAT in own:
                    return int(own[RESOLUTION_STAT])
                for histogram in map(read_histogram, feature.num_stats.histograms):
                    if histogram.type == _QUANTILES:
                        points = max(points, len(histogram.buckets.highs))
    except message.DecodeError as error:
        raise not_statistics_error(where) from error
    return points


def overall(
    statistics: statistics_pb2.DatasetFeatureStatisticsList,
) -> statistics_pb2.DatasetFeatureStatistics:
    """Returns the data set of all examples, wherever it stands among the slices.

    Raises:
        InputError: there are slices only.
    """
    for dataset in statistics.datasets:
        if slice_name(dataset) == "":
            return dataset
    raise InputError(
        "statistics", f"have no {ALL_EXAMPLES!r} beside their slices", "generate them again"
    )


def without_small_slices(
    statistics: statistics_pb2.DatasetFeatureStatisticsList, rows: int
) -> statistics_pb2.DatasetFeatureStatisticsList:
    """Returns statistics without the slices of fewer than `rows` examples."""
    return statistics_pb2.DatasetFeatureStatisticsList(
        datasets=[
            dataset
            for dataset in statistics.datasets
            if slice_name(dataset) == "" or dataset.num_examples >= rows
        ]
    )


def slice_name(dataset: statistics_pb2.DatasetFeatureStatistics) -> str:
    """Returns the slice that a data set describes, "" for all examples."""
    return "" if dataset.name in ("", ALL_EXAMPLES) else str(dataset.name)

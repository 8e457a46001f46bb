"""TFDV's statistics of tf.Example, made of chunks that may be described in parallel."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from tensorflow_metadata.proto.v0 import statistics_pb2

from skewgate.core.slices import names_of
from skewgate.statistics.generating import features
from skewgate.statistics.generating.columns import Column, cut, take
from skewgate.statistics.generating.features import Feature, StatisticsOptions
from skewgate.statistics.generating.slices import slices_of
from skewgate.statistics.messages import name_slices


class SlicePart(NamedTuple):
    """What the features of a slice are in a part of the data.

    Attributes:
        key: of the slice, see `core.slices`; "" for all rows.
        n_rows: number of rows.
        features: by name.
    """

    key: str
    n_rows: int
    features: dict[str, features.FeaturePart]


def describe(
    columns: Mapping[str, Column], n_rows: int, options: StatisticsOptions
) -> list[SlicePart]:
    """Describes a chunk: all its rows first, then every slice.

    Touches nothing that another thread may use.

    Args:
        columns: the features of consecutive rows.
        n_rows: how many rows.
        options: what to compute.

    Raises:
        UnsupportedError: only TFDV itself knows how to treat the data.
    """
    parts = [_part("", n_rows, columns, options)]
    for slicing_features in options.slices or ():
        keys, rows, bounds = slices_of(columns, slicing_features)
        pieces = {name: cut(take(column, rows), bounds) for name, column in columns.items() if keys}
        for index, key in enumerate(keys):
            n_rows = int(bounds[index + 1] - bounds[index])
            own = {feature: cuts[index] for feature, cuts in pieces.items()}
            parts.append(_part(key, n_rows, own, options))
    return parts


def _part(
    key: str, n_rows: int, columns: Mapping[str, Column], options: StatisticsOptions
) -> SlicePart:
    return SlicePart(
        key,
        n_rows,
        {
            feature: features.describe(column, categorical=feature in options.categories)
            for feature, column in columns.items()
        },
    )


class StatisticsBuilder:
    """The statistics of all chunks so far.

    The same chunks in the same order give the same statistics.
    """

    def __init__(self, options: StatisticsOptions) -> None:
        """Makes statistics of no rows."""
        self._options = options
        self._rows: dict[str, int] = {"": 0}
        self._features: dict[str, dict[str, Feature]] = {"": {}}

    @property
    def n_rows(self) -> int:
        """Rows described."""
        return self._rows[""]

    def add(self, parts: Iterable[SlicePart]) -> None:
        """Takes what `describe` returned of the next chunk.

        Raises:
            MixedTypesError: a feature had another type before.
        """
        for part in parts:
            self._rows[part.key] = self._rows.get(part.key, 0) + part.n_rows
            known = self._features.setdefault(part.key, {})
            for name, found in part.features.items():
                if name not in known:
                    known[name] = Feature(name, self._options)
                known[name].add(found)

    def statistics(
        self, map_function: Callable[..., Iterable[Any]] = map
    ) -> statistics_pb2.DatasetFeatureStatisticsList:
        """Returns TFDV's message: all rows, then the slices in order of their names.

        Every slice has every feature of the whole.

        Args:
            map_function: calls a function with every item of a sequence, in order or at the same
                time, and gives what it returned in order.
        """
        written = statistics_pb2.DatasetFeatureStatisticsList()
        if not self.n_rows:
            written.datasets.add()  # as TFDV does
            return written
        shown, names = names_of(self._rows), sorted(self._features[""])
        slices = sorted(self._rows, key=lambda key: shown[key])
        made = iter(map_function(self._feature, [(key, name) for key in slices for name in names]))
        for key in slices:
            dataset = written.datasets.add(name=key, num_examples=self._rows[key])
            dataset.features.extend(itertools.islice(made, len(names)))
        if self._options.slices is not None:
            name_slices(written)
        return written

    def _feature(self, key_and_name: tuple[str, str]) -> statistics_pb2.FeatureNameStatistics:
        key, name = key_and_name
        feature = self._features[key].get(name) or Feature(name, self._options)
        message = statistics_pb2.FeatureNameStatistics()
        feature.write(message, self._rows[key], self._features[""][name].kind)
        return message

"""Checks the names of features, splits and environments that settings and contracts say."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from tensorflow_metadata.proto.v0 import schema_pb2

from skewgate.checks.drift.config import DriftConfig
from skewgate.checks.labels.config import LabelConfig
from skewgate.checks.performance import eval_configs
from skewgate.checks.performance.config import PerformanceConfig
from skewgate.checks.skew.config import SkewConfig
from skewgate.core.errors import InputError
from skewgate.core.suggestions import did_you_mean
from skewgate.core.wording import listed
from skewgate.data.ingest.splits import COUNTS, AllRows, AnySplits, HashBuckets
from skewgate.schema.reading import check_environment

_MOST = 20
"""Names that a message lists."""


class Known:
    """The features that rows may have.

    A name is known if the schema declares it or the rows have it. Where nobody knows the columns of
    the rows, it is believed if skew.yaml lets a column pass that the schema does not declare.
    """

    def __init__(
        self,
        schema: schema_pb2.Schema,
        skew: SkewConfig | None,
        columns: frozenset[str] | None,
        more: Iterable[str] = (),
    ) -> None:
        """Takes what is known.

        Args:
            schema: declares features.
            skew: says which columns may come beside them; None if it cannot be read.
            columns: of the rows; None if they are not known.
            more: features that a component adds to the rows.
        """
        kinds = (schema.feature, schema.sparse_feature, schema.weighted_feature)
        self.declared = frozenset(each.name for kind in kinds for each in kind)
        self.columns = columns
        self._more = frozenset(more)
        self._skew = skew

    def has(self, name: str) -> bool:
        """Says whether rows may have a feature."""
        if {name, name.partition(".")[0]} & (self.declared | self._more):
            return True
        if self.columns is not None:
            return name in self.columns
        return self._may_come(name)

    def has_column(self, name: str) -> bool:
        """Says whether rows may have a column of their own."""
        return self.has(name) if self.columns is None else name in self.columns

    def _may_come(self, name: str) -> bool:
        return (
            self._skew is None or self._skew.anomalies.action(name, "SCHEMA_NEW_COLUMN") != "block"
        )

    def missing(self, where: str, field: str, name: str) -> InputError:
        """Returns the fault of a feature that is nowhere."""
        every = self.declared | (self.columns or frozenset()) | self._more
        rows = "" if self.columns is None else ", nor a column of the data"
        return InputError(
            f"{where}: {field}",
            f"names {name!r}, which is not a feature of the schema{rows}; there are "
            f"{listed(sorted(every), _MOST)}",
            did_you_mean(name, sorted(every), "correct the name, or add it to the schema"),
        )


def splits(where: str, section: str, given: AnySplits, known: Known | None) -> Iterator[InputError]:
    """Yields what is wrong with how rows are split."""
    for name in given.names():
        if name in COUNTS:
            yield InputError(
                f"{where}: {section}.splits",
                f"has a split {name!r}, but rows_{name} counts other rows",
                "give the split another name",
            )
    if known is None or isinstance(given, AllRows):
        return
    columns = (given.columns or []) if isinstance(given, HashBuckets) else [given.column]
    for name in columns:
        if not known.has_column(name):
            every = sorted(known.declared if known.columns is None else known.columns)
            of = "feature of the schema" if known.columns is None else "column of the data"
            yield InputError(
                f"{where}: {section}.splits",
                f"needs {name!r}, which is not a {of}; there are {listed(every, _MOST)}",
                did_you_mean(name, every, "correct the name"),
            )


def split(where: str, field: str, name: str, given: AnySplits, of: str) -> Iterator[InputError]:
    """Yields a fault if a split that is needed is none of those that are made."""
    names = given.names()
    if name not in names:
        yield InputError(
            f"{where}: {field}",
            f"is {name!r}, but {of} has the splits {listed(names, _MOST)}",
            did_you_mean(name, names, f"name one of them, or add {name} to {of}"),
        )


def environment(
    where: str, section: str, name: str, schema: schema_pb2.Schema, path: str
) -> Iterator[InputError]:
    """Yields a fault if the schema does not know the environment of a section."""
    try:
        check_environment(schema, name)
    except InputError as error:
        known = sorted(schema.default_environment)
        yield InputError(
            f"{where}: {section}.schema_environment",
            f"is {name}, and {path} {error.problem}",
            did_you_mean(
                name, known, f'add default_environment: "{name}" to the schema, or correct the name'
            ),
        )


def late_labels(where: str, names: Iterable[str], known: Known) -> Iterator[InputError]:
    """Yields labels that may come late and are none of the schema."""
    for name in names:
        if name not in known.declared:
            yield InputError(
                f"{where}: monitoring.late_labels",
                f"names {name!r}, which is not a feature of the schema",
                did_you_mean(name, sorted(known.declared), "correct the name"),
            )


def evaluation(path: str, config: Any, known: Known, *, monitors: bool) -> Iterator[InputError]:
    """Yields labels, weights, predictions and slices of an EvalConfig that no row has.

    Args:
        path: of the configuration.
        config: its content.
        known: the features of the rows.
        monitors: whether predictions are features of the rows; else they are outputs of a model.
    """
    fields = ["label_key", "example_weight_key", *(["prediction_key"] if monitors else [])]
    for field in fields:
        for name in eval_configs.features(config, field):
            if not known.has(name):
                yield known.missing(path, field, name)
    for spec in config.slicing_specs:
        for name in (*spec.feature_keys, *sorted(spec.feature_values)):
            if not known.has(name):
                yield known.missing(path, "slicing_specs", name)


def drift(path: str, config: DriftConfig, known: Known) -> Iterator[InputError]:
    """Yields features and slices of drift.yaml that no row has; what is ignored may have gone."""
    for name in sorted(config.features.keys() - config.ignored):
        if not known.has(name):
            yield known.missing(path, f"features.{name}", name)
    yield from _of_slices(path, "slices", config.slices, known)


def skew(path: str, config: SkewConfig, known: Known) -> Iterator[InputError]:
    """Yields keys, slices and features of skew.yaml that no row has."""
    if config.rows is None:
        return
    for name in config.rows.keys:
        if not known.has(name):
            yield known.missing(path, "rows.keys", name)
    for name in sorted(config.rows.features.keys() - config.rows.ignored):
        if not known.has(name):
            yield known.missing(path, f"rows.features.{name}", name)
    yield from _of_slices(path, "rows.slices", config.rows.slices, known)


def performance(path: str, config: PerformanceConfig, known: Known) -> Iterator[InputError]:
    """Yields features of performance.yaml that no row has."""
    for name in config.segments.features if config.segments else ():
        if not known.has(name):
            yield known.missing(path, "segments.features", name)
    if config.windows and not known.has(config.windows.feature):
        yield known.missing(path, "windows.feature", config.windows.feature)


def labels(
    path: str, config: LabelConfig, known: Known, columns: frozenset[str] | None
) -> Iterator[InputError]:
    """Yields features of labels.yaml that predictions, or the files of labels, have not.

    Args:
        path: of labels.yaml.
        config: its content.
        known: the features of the predictions.
        columns: of the files of labels; None if they are not known.
    """
    for field, names in (("key", config.key), ("prediction_time", [config.prediction_time])):
        for name in names:
            if not known.has(name):
                yield known.missing(path, field, name)
    if columns is None:
        return
    times = [config.label_time] if config.label_time else []
    for field, names in (("key", config.key), ("labels", config.labels), ("label_time", times)):
        for name in names:
            if name not in columns:
                yield InputError(
                    f"{path}: {field}",
                    f"names {name!r}, which is not a column of the labels; there are "
                    f"{listed(sorted(columns), _MOST)}",
                    did_you_mean(name, sorted(columns), "correct the name"),
                )


def _of_slices(
    path: str, field: str, slices: Iterable[Iterable[str]], known: Known
) -> Iterator[InputError]:
    for name in sorted({name for names in slices for name in names}):
        if not known.has(name):
            yield known.missing(path, field, name)

"""What an anomaly is about: a path with what schema and statistics say of it."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

from tensorflow_metadata.proto.v0 import schema_pb2, statistics_pb2

from skewgate.schema.reading import in_environment, is_validated

Path = tuple[str, ...]


@dataclasses.dataclass(frozen=True)
class Subject:
    """A feature, or with an empty path the data set.

    Attributes:
        path: the steps of the feature's name; more than one in a struct.
        schema: what is validated against.
        feature, sparse, weighted: what the schema declares at the path, or None.
        statistics: what the data have there, or None.
        rows: number of examples.
        weight: their weight where TFDV counts by weight, else 0.
        environment: what is validated in, or None.
    """

    path: Path
    schema: schema_pb2.Schema
    feature: schema_pb2.Feature | None = None
    sparse: schema_pb2.SparseFeature | None = None
    weighted: schema_pb2.WeightedFeature | None = None
    statistics: statistics_pb2.FeatureNameStatistics | None = None
    rows: int = 0
    weight: float = 0.0
    environment: str | None = None

    @property
    def name(self) -> str:
        """The feature as results name it, such as `trip.fare`; "" for the data set."""
        return name_of(self.path)

    @property
    def declaration(self) -> Any:
        """What the schema declares at the path: a feature before a sparse or weighted one."""
        return next(
            (each for each in (self.feature, self.sparse, self.weighted) if each is not None), None
        )

    @property
    def constraints(self) -> schema_pb2.Feature:
        """What the schema asks of the feature; nothing if it does not declare it."""
        return self.feature if self.feature is not None else schema_pb2.Feature()

    @property
    def data_type(self) -> str:
        """TFDV's type of the data, such as "STRING"; "" without statistics."""
        if self.statistics is None:
            return ""
        return type_name(self.statistics)

    @property
    def common(self) -> Any:
        """The counts of the feature; all zero without statistics."""
        return common_statistics(self.statistics)

    @property
    def present(self) -> int:
        """Number of rows that have the feature."""
        return int(self.common.num_non_missing)

    @property
    def present_share(self) -> float:
        """Share of the rows, or of their weight, that has the feature."""
        if self.weight:
            return float(self.common.weighted_common_stats.num_non_missing / self.weight)
        return self.present / max(self.rows, 1)

    @property
    def extremes(self) -> tuple[float, ...]:
        """The smallest and the largest of its numbers; nothing if it has none."""
        if self.statistics is None or not self.statistics.HasField("num_stats"):
            return ()
        return float(self.statistics.num_stats.min), float(self.statistics.num_stats.max)

    @property
    def values(self) -> float:
        """Number of values of the feature."""
        return total_values(self.common)

    @property
    def in_environment(self) -> bool:
        """Whether the schema expects the feature in the environment."""
        if self.environment is None or self.feature is None:
            return True
        return in_environment(self.feature, self.schema, self.environment)


def name_of(path: Path) -> str:
    """Joins the steps of a path.

    >>> name_of(("trip", "fare")), name_of(("",)), name_of(())
    ('trip.fare', "''", '')
    """
    return ".".join(path) or ("''" if path else "")


def path_of(statistics: statistics_pb2.FeatureNameStatistics) -> Path:
    """Returns the path of a feature's statistics, which older files give as a name."""
    return tuple(statistics.path.step) or (str(statistics.name),)


def type_name(statistics: statistics_pb2.FeatureNameStatistics) -> str:
    """Returns TFDV's name of a type of data, or "unknown"."""
    known = {number: name for name, number in statistics_pb2.FeatureNameStatistics.Type.items()}
    return str(known.get(statistics.type, "unknown"))


def common_statistics(statistics: statistics_pb2.FeatureNameStatistics | None) -> Any:
    """Returns the counts of a feature's statistics; all zero without any."""
    kind = statistics.WhichOneof("stats") if statistics is not None else None
    return getattr(statistics, kind).common_stats if kind else statistics_pb2.CommonStatistics()


def total_values(common: Any) -> float:
    """Counts the values, as TFDV does."""
    return float(common.tot_num_values or common.num_non_missing * common.avg_num_values)


def named_values(statistics: statistics_pb2.FeatureNameStatistics | None) -> dict[str, float]:
    """Returns the values that the statistics name, with their counts."""
    if statistics is None:
        return {}
    buckets = statistics.string_stats.rank_histogram.buckets
    return {str(bucket.label): float(bucket.sample_count) for bucket in buckets}


def supported_images(
    statistics: statistics_pb2.FeatureNameStatistics | None,
) -> tuple[float, float]:
    """Returns how many values are images that TensorFlow reads, and how many were looked at."""
    custom = statistics.custom_stats if statistics is not None else ()
    buckets = [
        bucket
        for stat in custom
        if stat.name == "image_format_histogram"
        for bucket in stat.rank_histogram.buckets
    ]
    total = sum(bucket.sample_count for bucket in buckets)
    return total - sum(b.sample_count for b in buckets if b.label == "UNKNOWN"), total


def domain_values(subject: Subject) -> tuple[str, list[str]]:
    """Returns the name of a feature's string domain ("" if it has none) and its values."""
    feature = subject.feature
    if feature is None:
        return "", []
    if feature.HasField("string_domain"):
        return feature.string_domain.name, list(feature.string_domain.value)
    for domain in subject.schema.string_domain:
        if domain.name == feature.domain:
            return domain.name, list(domain.value)
    return feature.domain, []


def counts_by_weight(dataset: statistics_pb2.DatasetFeatureStatistics) -> bool:
    """Says whether TFDV counts by weight: all features must have weighted statistics."""
    if not dataset.weighted_num_examples:
        return False
    known = (common_statistics(each) for each in dataset.features if each.WhichOneof("stats"))
    return all(common.HasField("weighted_common_stats") for common in known)


class Subjects:
    """Finds what schema and statistics say of a path."""

    def __init__(
        self,
        schema: schema_pb2.Schema,
        dataset: statistics_pb2.DatasetFeatureStatistics,
        environment: str | None,
    ) -> None:
        """Reads both once."""
        self._schema, self._environment = schema, environment
        self._rows = int(dataset.num_examples)
        by_weight = counts_by_weight(dataset)
        self._weight = float(dataset.weighted_num_examples) if by_weight else 0.0
        self._statistics = {path_of(each): each for each in dataset.features}
        self._declared: dict[str, dict[Path, Any]] = {"feature": {}, "sparse": {}, "weighted": {}}
        for path, kind, declared in declarations(schema):
            self._declared[kind].setdefault(path, declared)

    def get(self, path: Path) -> Subject:
        """Returns what is known of a path; an empty one is the data set."""
        return Subject(
            path,
            self._schema,
            **{kind: known.get(path) for kind, known in self._declared.items()},
            statistics=self._statistics.get(path),
            rows=self._rows,
            weight=self._weight,
            environment=self._environment,
        )

    def declared(self) -> list[Subject]:
        """Returns one subject per path that the schema declares, in its order."""
        paths = dict.fromkeys(path for known in self._declared.values() for path in known)
        return [self.get(path) for path in paths]


def declarations(
    schema: schema_pb2.Schema | schema_pb2.StructDomain, prefix: Path = ()
) -> Iterator[tuple[Path, str, Any]]:
    """Yields path, kind (feature, sparse or weighted) and message of all that a schema declares.

    What is in a struct that is not validated is left out.
    """
    for feature in schema.feature:
        path = (*prefix, str(feature.name))
        yield path, "feature", feature
        if feature.HasField("struct_domain") and is_validated(feature):
            yield from declarations(feature.struct_domain, path)
    for sparse in schema.sparse_feature:
        yield (*prefix, str(sparse.name)), "sparse", sparse
    for weighted in getattr(schema, "weighted_feature", ()):
        yield (*prefix, str(weighted.name)), "weighted", weighted

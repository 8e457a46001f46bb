"""What TFDV would leave unchecked without a word, misread, or die of."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

from tensorflow_metadata.proto.v0 import schema_pb2, statistics_pb2

from skewgate.checks.skew.anomalies.subjects import (
    Path,
    Subject,
    Subjects,
    declarations,
    domain_values,
    name_of,
    named_values,
    path_of,
    supported_images,
)
from skewgate.core.errors import InputError
from skewgate.schema.reading import is_validated

_NO_LIMIT = 2**63 - 1
_SEMANTIC = ("mid_domain", "url_domain", "time_domain", "time_of_day_domain")
_SCALARS = ("INT", "FLOAT", "STRING", "BYTES")


@dataclasses.dataclass(frozen=True)
class Prepared:
    """What TFDV can read.

    Attributes:
        schema: with the limits that TFDV would read wrongly put right.
        dataset: without the entries of which TFDV would die.
        unchecked: paths that TFDV therefore cannot check, with the reason.
    """

    schema: schema_pb2.Schema
    dataset: statistics_pb2.DatasetFeatureStatistics
    unchecked: list[tuple[Path, str]]


def prepare(
    schema: schema_pb2.Schema, dataset: statistics_pb2.DatasetFeatureStatistics
) -> Prepared:
    """Returns copies of schema and statistics that TFDV validates in full.

    TFDV looks at max_examples_count only beside min_examples_count and takes an absent
    unique_constraints.max for 0; both get the limit that changes nothing. It ends the process
    where statistics of a feature have no counts, where the parent of a feature is unknown, and
    where a float_domain meets a struct; such entries and domains are taken out.

    Raises:
        InputError: some features have a name in place of a path, beside others or in structs.
    """
    ways = {each.WhichOneof("field_id") for each in dataset.features}
    structs = any(each.WhichOneof("stats") == "struct_stats" for each in dataset.features)
    if len(ways | ({"path"} if structs else set())) > 1:
        problem = "name some features by `name`, as very old ones do, and need `path`"
        raise InputError("statistics", problem, "generate them again")
    repaired = schema_pb2.Schema()
    repaired.CopyFrom(schema)
    limits = repaired.dataset_constraints
    if limits.HasField("max_examples_count") and not limits.HasField("min_examples_count"):
        limits.min_examples_count = 0
    kept, unchecked = _readable(dataset, repaired)
    types = {path_of(each): each for each in kept.features}
    for path, kind, declared in declarations(repaired):
        if kind != "feature":
            continue
        if declared.HasField("unique_constraints") and not declared.unique_constraints.HasField(
            "max"
        ):
            declared.unique_constraints.max = _NO_LIMIT
        if (
            path in types
            and Subject(path, schema, statistics=types[path]).data_type not in _SCALARS
        ):
            declared.ClearField("float_domain")
    return Prepared(repaired, kept, unchecked)


def _readable(
    dataset: statistics_pb2.DatasetFeatureStatistics, schema: schema_pb2.Schema
) -> tuple[statistics_pb2.DatasetFeatureStatistics, list[tuple[Path, str]]]:
    """Leaves out the entries that TFDV cannot read."""
    declared: dict[str, set[Path]] = {"feature": set(), "sparse": set(), "weighted": set()}
    for path, kind, _ in declarations(schema):
        declared[kind].add(path)
    known = declared["feature"] | {path_of(feature) for feature in dataset.features}
    kept = statistics_pb2.DatasetFeatureStatistics(
        name=dataset.name,
        num_examples=dataset.num_examples,
        weighted_num_examples=dataset.weighted_num_examples,
    )
    unchecked = []
    for feature in dataset.features:
        path = path_of(feature)
        parts = declared["sparse"] | declared["weighted"]
        if feature.WhichOneof("stats") is None and feature.custom_stats and path not in parts:
            reason = "its statistics count nothing, as those of a sparse or weighted feature do, "
            unchecked.append((path, f"{reason}and the schema declares none of that name"))
        elif len(path) > 1 and path[:-1] not in known:
            unchecked.append((path, f"the statistics have no {name_of(path[:-1])}, which holds it"))
        else:
            kept.features.append(feature)
    return kept, unchecked


def of_slice(schema: schema_pb2.Schema) -> schema_pb2.Schema:
    """Returns what a schema asks of each slice: what holds of a part if it holds of the whole.

    Numbers of rows and of different values are asked of the whole, and so are comparisons.
    """
    copy = schema_pb2.Schema()
    copy.CopyFrom(schema)
    copy.ClearField("dataset_constraints")
    for _, kind, declared in declarations(copy):
        if kind == "feature":
            for field in ("unique_constraints", "skew_comparator", "drift_comparator"):
                declared.ClearField(field)
            if declared.HasField("presence"):
                declared.presence.ClearField("min_count")
    return copy


def unchecked_constraints(subjects: Subjects) -> Iterator[tuple[Path, str]]:
    """Yields the paths of which a constraint cannot be checked with these statistics, and why."""
    for subject in subjects.declared():
        if not is_validated(subject.declaration):
            continue
        if subject.feature is None and subject.statistics is None:
            reason = "the statistics have no entry of it; generate them with the schema"
            yield subject.path, reason
        if subject.feature is not None and not subject.feature.name and not subject.statistics:
            yield subject.path, "the schema gives this feature no name"
        if subject.constraints.HasField("group_presence"):
            yield subject.path, "TFDV does not validate group_presence; use presence"
        if subject.feature is not None and subject.present:
            yield from ((subject.path, reason) for reason in _of_values(subject))


def _of_values(subject: Subject) -> Iterator[str]:
    """Yields why constraints on the values of a feature that is present cannot be checked."""
    stats: Any = subject.statistics
    image = subject.constraints.image_domain
    if image.HasField("minimum_supported_image_fraction") and not supported_images(stats)[1]:
        yield (
            "the statistics have no image_format_histogram for minimum_supported_image_fraction; "
            "generate them with semantic domain statistics"
        )
    if image.HasField("max_image_byte_size") and not stats.HasField("bytes_stats"):
        yield "the statistics do not say how large the images are, for max_image_byte_size"
    numeric = subject.data_type == "FLOAT"
    histograms = {histogram.type for histogram in stats.num_stats.histograms}
    if numeric and subject.constraints.float_domain.disallow_nan and not histograms:
        yield "the statistics have no histogram that counts NaN, for disallow_nan"
    quantiles = statistics_pb2.Histogram.QUANTILES
    if numeric and subject.constraints.HasField("bool_domain") and quantiles not in histograms:
        yield "the statistics have no quantiles that show numbers between 0 and 1, for bool_domain"
    if stats.HasField("string_stats"):
        yield from _unnamed(subject)


def _unnamed(subject: Subject) -> Iterator[str]:
    """Yields a reason if values that the statistics do not name could break a domain.

    TFDV knows only the values that the rank histogram names, the most frequent ones.
    """
    domain = subject.constraints.WhichOneof("domain_info")
    if domain not in ("domain", "string_domain", "bool_domain", "int_domain", "float_domain"):
        return
    limits = subject.constraints.int_domain
    free = not limits.HasField("min") and not limits.HasField("max")
    if domain == "int_domain" and free and subject.data_type == "INT":
        return
    counts = named_values(subject.statistics)
    unnamed = subject.values - sum(counts.values())
    allowed = 0.0
    if domain in ("domain", "string_domain"):
        constraints = subject.constraints.distribution_constraints
        mass = constraints.min_domain_mass if constraints.HasField("min_domain_mass") else 1.0
        values = set(domain_values(subject)[1])
        off = sum(count for value, count in counts.items() if value not in values)
        allowed = subject.values * (1.0 - mass) - off
    if unnamed > max(allowed, 0.0) + 0.5:
        yield (
            f"the statistics name {len(counts):,} values only, and {unnamed:,.0f} of "
            f"{subject.values:,.0f} occurrences have others, for {domain}; generate them with more "
            "buckets of the rank histogram"
        )


def notes(subject: Subject) -> str:
    """Says which part of a declaration TFDV takes on trust, or ""."""
    domain = subject.constraints.WhichOneof("domain_info")
    time = subject.constraints.time_domain
    if domain == "time_domain" and time.WhichOneof("format") == "integer_format":
        return ""  # any integer is a time
    return f"; TFDV does not check values against {domain}" if domain in _SEMANTIC else ""

"""Is the data what the schema says? Asks TFDV, of all data and of each slice."""

from __future__ import annotations

from collections.abc import Iterator

from tensorflow_metadata.proto.v0 import anomalies_pb2, schema_pb2, statistics_pb2

from skewgate.checks.skew.anomalies import findings, unchecked
from skewgate.checks.skew.anomalies.subjects import Subjects, counts_by_weight, path_of
from skewgate.checks.skew.config import AnomalyRules
from skewgate.core.results import MetricResult
from skewgate.statistics import messages

_AT_A_TIME = 32
"""Features that TFDV gets at once: it copies the whole schema for each of them."""


def validate(
    statistics: statistics_pb2.DatasetFeatureStatisticsList,
    schema: schema_pb2.Schema,
    environment: str | None,
    rules: AnomalyRules,
    alpha: float,
) -> tuple[anomalies_pb2.Anomalies, list[MetricResult]]:
    """Validates statistics against a schema.

    Args:
        statistics: of all examples, and of slices if there are any.
        schema: what the data must be.
        environment: one of the schema's, or None.
        rules: what an anomaly does, and whether slices are validated.
        alpha: probability that any slice with the share that the schema asks for blocks by chance.

    Returns:
        TFDV's anomalies of all data, with the severities of the rules and without what they
        ignore; and results: a failure per reason of each anomaly (a pass with severity "ignored"
        if the rules ignore it), an inconclusive one for what could not be checked, a pass for each
        other feature of the schema. Of a slice, its failures, or one pass.

    Raises:
        InputError: the statistics have slices only, or TFDV could not read them.
    """
    dataset = messages.overall(statistics)
    prepared = unchecked.prepare(schema, dataset)
    anomalies = _tfdv(prepared, environment)
    anomalies.baseline.CopyFrom(schema)
    subjects = Subjects(schema, dataset, environment)
    doubts = [*prepared.unchecked, *unchecked.unchecked_constraints(subjects)]
    if schema.dataset_constraints.HasField("num_examples_version_comparator"):
        reason = "num_examples_version_comparator asks for the statistics of a previous version"
        doubts.append(((), reason))
    results = findings.judge(anomalies, subjects, rules, doubts)
    findings.apply_rules(anomalies, rules)
    if rules.slices:
        results += _slices(statistics, schema, environment, rules, alpha)
    return anomalies, results


def _slices(
    statistics: statistics_pb2.DatasetFeatureStatisticsList,
    schema: schema_pb2.Schema,
    environment: str | None,
    rules: AnomalyRules,
    alpha: float,
) -> Iterator[MetricResult]:
    slice_schema = unchecked.of_slice(schema)
    slices = {
        name: dataset for dataset in statistics.datasets if (name := messages.slice_name(dataset))
    }
    for name, dataset in sorted(slices.items()):
        anomalies = _tfdv(unchecked.prepare(slice_schema, dataset), environment)
        subjects = Subjects(slice_schema, dataset, environment)
        yield from findings.judge_slice(name, anomalies, subjects, rules, alpha / len(slices))


def _tfdv(prepared: unchecked.Prepared, environment: str | None) -> anomalies_pb2.Anomalies:
    """Validates some features at a time, and joins what TFDV finds."""
    from tensorflow_data_validation.api import validation_api

    joined = anomalies_pb2.Anomalies()
    for schema, statistics in _parts(prepared.schema, prepared.dataset):
        anomalies = validation_api.validate_statistics_internal(
            statistics, schema, environment=environment
        )
        anomalies.ClearField("baseline")
        joined.MergeFrom(anomalies)
    return joined


def _parts(
    schema: schema_pb2.Schema, dataset: statistics_pb2.DatasetFeatureStatistics
) -> Iterator[tuple[schema_pb2.Schema, statistics_pb2.DatasetFeatureStatisticsList]]:
    """Splits schema and statistics by root features; constraints of the data set come first."""
    declared: dict[str, schema_pb2.Schema] = {}
    for field in ("feature", "sparse_feature", "weighted_feature"):
        for each in getattr(schema, field):
            part = declared.setdefault(each.name, schema_pb2.Schema())
            getattr(part, field).append(each)
    roots: dict[str, list[statistics_pb2.FeatureNameStatistics]] = {}
    for feature in dataset.features:
        roots.setdefault(path_of(feature)[0], []).append(feature)
    weight = dataset.weighted_num_examples if counts_by_weight(dataset) else 0.0
    names = list(dict.fromkeys([*declared, *roots]))
    domains = {domain.name: domain for domain in schema.string_domain}
    for start in range(0, max(len(names), 1), _AT_A_TIME):
        part = schema_pb2.Schema(default_environment=schema.default_environment)
        if start == 0:
            part.dataset_constraints.CopyFrom(schema.dataset_constraints)
        statistics = statistics_pb2.DatasetFeatureStatisticsList()
        data = statistics.datasets.add(
            num_examples=dataset.num_examples, weighted_num_examples=weight
        )
        for name in names[start : start + _AT_A_TIME]:
            part.MergeFrom(declared.get(name, schema_pb2.Schema()))
            data.features.extend(roots.get(name, []))
        used = dict.fromkeys(_used_domains(part.feature))
        part.string_domain.extend(domains[name] for name in used if name in domains)
        yield part, statistics


def _used_domains(features: list[schema_pb2.Feature]) -> Iterator[str]:
    for feature in features:
        if feature.HasField("domain"):
            yield feature.domain
        yield from _used_domains(feature.struct_domain.feature)

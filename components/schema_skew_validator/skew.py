"""Turns TFDV's anomalies and skew measurements into results."""

from __future__ import annotations

import math
from collections.abc import Sequence

from tensorflow_metadata.proto.v0 import anomalies_pb2, schema_pb2, statistics_pb2

from skewgate.errors import InputError
from skewgate.types import MetricResult, Status

SCHEMA_METRIC = "schema"
_SKEW_TYPES = frozenset(
    anomalies_pb2.AnomalyInfo.Type.Value(name)
    for name in anomalies_pb2.AnomalyInfo.Type.keys()  # noqa: SIM118 (not a mapping)
    if name.startswith("COMPARATOR_")
)


def relax(schema: schema_pb2.Schema, late_labels: Sequence[str]) -> schema_pb2.Schema:
    """Returns a schema in which some features may be missing, in every environment.

    Raises:
        InputError: a late label is not a feature of the schema.
    """
    relaxed = schema_pb2.Schema()
    relaxed.CopyFrom(schema)
    features = {feature.name: feature for feature in relaxed.feature}
    for name in late_labels:
        if name not in features:
            raise InputError("late_labels", f"{name!r} is no feature of the schema", "correct it")
        features[name].ClearField("presence")
        del features[name].not_in_environment[:]
        del features[name].in_environment[:]
    return relaxed


def compared_features(schema: schema_pb2.Schema) -> list[schema_pb2.Feature]:
    """Returns the features for which the schema compares training with serving."""
    return [feature for feature in schema.feature if feature.HasField("skew_comparator")]


def schema_results(
    anomalies: anomalies_pb2.Anomalies,
    schema: schema_pb2.Schema,
    dataset: statistics_pb2.DatasetFeatureStatistics,
    environment: str | None,
) -> list[MetricResult]:
    """Returns a failure per reason of each anomaly and a pass per feature without one.

    Args:
        anomalies: what TFDV found.
        schema: what was validated against.
        dataset: the statistics validated, for their size.
        environment: the environment validated in.
    """
    rows = int(dataset.num_examples)
    results = []
    found = {
        ".".join(anomaly.path.step) or key: anomaly
        for key, anomaly in anomalies.anomaly_info.items()
    }
    for path, anomaly in sorted(found.items()):
        for reason in anomaly.reason:
            kind = anomalies_pb2.AnomalyInfo.Type.Name(reason.type)
            text = f"{path}: {reason.short_description}: {reason.description}"
            results.append(
                MetricResult(path, "", f"{SCHEMA_METRIC}:{kind}", Status.FAIL, text, n_current=rows)
            )
    if anomalies.HasField("dataset_anomaly_info"):
        for reason in anomalies.dataset_anomaly_info.reason:
            kind = anomalies_pb2.AnomalyInfo.Type.Name(reason.type)
            text = f"{reason.short_description}: {reason.description}"
            results.append(
                MetricResult("", "", f"{SCHEMA_METRIC}:{kind}", Status.FAIL, text, n_current=rows)
            )
    if anomalies.data_missing:
        results.append(MetricResult("", "", "rows", Status.INCONCLUSIVE, "the data are missing"))
    where = f" in environment {environment}" if environment else ""
    for feature in schema.feature:
        stage = schema_pb2.LifecycleStage.Name(feature.lifecycle_stage)
        if feature.name in found or stage in ("DEPRECATED", "DISABLED"):
            continue
        reason = f"{feature.name} is as the schema expects{where}"
        results.append(
            MetricResult(feature.name, "", SCHEMA_METRIC, Status.PASS, reason, n_current=rows)
        )
    return results


def skew_results(
    anomalies: anomalies_pb2.Anomalies,
    schema: schema_pb2.Schema,
    training: statistics_pb2.DatasetFeatureStatistics,
    serving: statistics_pb2.DatasetFeatureStatistics,
) -> list[MetricResult]:
    """Returns one result per skew comparator of the schema, whatever its value.

    A comparator that TFDV did not evaluate is inconclusive, not a pass.
    """
    sizes = [int(side.num_examples) for side in (training, serving)]
    measured = {
        ".".join(info.path.step): info.skew_measurements for info in anomalies.drift_skew_info
    }
    numeric = {
        ".".join(feature.path.step)
        for feature in training.features
        if feature.HasField("num_stats")
    }
    results = []
    for feature in compared_features(schema):
        comparator = feature.skew_comparator
        measurements = measured.get(feature.name, [])
        if comparator.HasField("infinity_norm") and feature.name in numeric:
            measurements = []  # TFDV gives 0 for any two numeric features
        if not measurements:
            reason = f"TFDV could not compute the skew comparator of {feature.name}"
            results.append(MetricResult(feature.name, "", "skew", Status.INCONCLUSIVE, reason))
        results += [_skew_result(feature.name, measure, sizes) for measure in measurements]
    return results


def _skew_result(
    feature: str, measure: anomalies_pb2.DriftSkewInfo.Measurement, sizes: list[int]
) -> MetricResult:
    names = {"L_INFTY": "linf", "JENSEN_SHANNON_DIVERGENCE": "jsd"}
    kind = anomalies_pb2.DriftSkewInfo.Measurement.Type.Name(measure.type)
    name = names.get(kind, kind.lower())
    if not math.isfinite(measure.value):
        reason = f"TFDV could not compute {name} of {feature}"
        return MetricResult(feature, "", f"skew:{name}", Status.INCONCLUSIVE, reason)
    above = measure.value > measure.threshold
    relation = "above" if above else "not above"
    return MetricResult(
        feature=feature,
        slice="",
        metric=f"skew:{name}",
        status=Status.FAIL if above else Status.PASS,
        reason=f"{name} between training and serving is {measure.value:.3g}, {relation} the "
        f"schema's threshold of {measure.threshold:g}",
        value=measure.value,
        threshold=measure.threshold,
        n_baseline=sizes[0],
        n_current=sizes[1],
    )


def add_skew(anomalies: anomalies_pb2.Anomalies, skewed: anomalies_pb2.Anomalies) -> None:
    """Adds skew anomalies and measurements to those of the schema, so that one file has all."""
    anomalies.drift_skew_info.extend(skewed.drift_skew_info)
    for path, info in skewed.anomaly_info.items():
        reasons = [reason for reason in info.reason if reason.type in _SKEW_TYPES]
        if not reasons:
            continue
        if path in anomalies.anomaly_info:
            anomalies.anomaly_info[path].reason.extend(reasons)
        else:
            anomalies.anomaly_info[path].CopyFrom(info)
            del anomalies.anomaly_info[path].reason[:]
            anomalies.anomaly_info[path].reason.extend(reasons)

"""Executor of SchemaSkewValidator."""

from __future__ import annotations

import dataclasses
import os
from typing import Any

from tensorflow_metadata.proto.v0 import anomalies_pb2, schema_pb2, statistics_pb2
from tfx import types
from tfx.dsl.components.base import base_executor
from tfx.dsl.io import fileio
from tfx.types import artifact_utils

from skewgate import decision, drift, validation
from skewgate import statistics as statistics_lib
from skewgate.components import artifact_io
from skewgate.components.schema_skew_validator import skew
from skewgate.config import BasicPolicy
from skewgate.errors import InputError
from skewgate.report import Report
from skewgate.types import BASELINE_CHECK, MetricResult

ANOMALIES_NAME = "SchemaDiff.pb"  # as ExampleValidator names it


class Executor(base_executor.BaseExecutor):
    """Runs TFDV's validation on every split and reports what it says."""

    def Do(
        self,
        input_dict: dict[str, list[types.Artifact]],
        output_dict: dict[str, list[types.Artifact]],
        exec_properties: dict[str, Any],
    ) -> None:
        """Validates; see the component for the parameters.

        Raises:
            InputError: statistics, schema or parameters cannot be used.
        """
        self._log_startup(input_dict, output_dict, exec_properties)
        policy = validation.parse(BasicPolicy, exec_properties["policy"], "policy")
        schema = artifact_io.read_schema(input_dict["schema"])
        environment = exec_properties.get("environment") or None
        _check_environment(schema, environment)
        schema = skew.relax(schema, artifact_io.json_list(exec_properties["late_labels"]))
        statistics = artifact_utils.get_single_instance(input_dict["statistics"])
        splits = _splits(statistics, exec_properties["exclude_splits"])
        baseline = artifact_io.first(input_dict.get("baseline_statistics"))
        baseline_split = exec_properties.get("baseline_split") or None
        training = None
        if baseline is not None:
            baseline_split = artifact_io.choose_split(baseline, baseline_split, "the baseline")
            training = artifact_io.read_statistics(baseline, baseline_split)
        if training is not None and statistics_lib.overall(training).num_examples == 0:
            training = None
        anomalies_artifact = artifact_utils.get_single_instance(output_dict["anomalies"])
        anomalies_artifact.split_names = artifact_utils.encode_split_names(splits)
        anomalies_artifact.span = statistics.span
        results: list[MetricResult] = []
        if exec_properties["compares"] and training is None:
            reason = "the training statistics to compare with are missing or empty"
            results.append(drift.inconclusive(BASELINE_CHECK, reason))
        rows = 0
        for split in splits:
            current = artifact_io.read_statistics(statistics, split)
            rows += int(statistics_lib.overall(current).num_examples)
            anomalies, found = _validate_split(current, training, schema, environment)
            results += [_in_split(result, split, len(splits)) for result in found]
            _write_anomalies(anomalies, anomalies_artifact, split)
        report = Report(
            kind="skew",
            decision=decision.decide(results, policy),
            baseline={} if baseline is None else {"uri": baseline.uri, "split": baseline_split},
            current={
                **artifact_io.describe(statistics, ", ".join(splits), rows),
                "environment": environment or "(none)",
            },
        )
        artifact_io.publish(report, artifact_utils.get_single_instance(output_dict["skew_report"]))


def _splits(statistics: types.Artifact, excluded: str) -> list[str]:
    names = artifact_utils.decode_split_names(statistics.split_names)
    kept = [name for name in names if name not in artifact_io.json_list(excluded)]
    if not kept:
        raise InputError(
            f"statistics at {statistics.uri}",
            f"have the splits {', '.join(names)}, of which none is left to validate",
            "exclude fewer",
        )
    return kept


def _check_environment(schema: schema_pb2.Schema, environment: str | None) -> None:
    known = sorted(schema.default_environment)  # TFDV knows no others
    if environment and environment not in known:
        raise InputError(
            "schema.pbtxt",
            f"has no environment {environment}; it has {', '.join(known) or 'none'}",
            "add it to default_environment or correct the name",
        )


def _validate_split(
    current: statistics_pb2.DatasetFeatureStatisticsList,
    training: statistics_pb2.DatasetFeatureStatisticsList | None,
    schema: schema_pb2.Schema,
    environment: str | None,
) -> tuple[anomalies_pb2.Anomalies, list[MetricResult]]:
    import tensorflow_data_validation as tfdv

    dataset = statistics_lib.overall(current)
    if dataset.num_examples == 0:
        reason = "the data hold no examples"
        return anomalies_pb2.Anomalies(), [drift.inconclusive("rows", reason)]
    anomalies = tfdv.validate_statistics(current, schema, environment=environment)
    results = skew.schema_results(anomalies, schema, dataset, environment)
    compared = skew.compared_features(schema)
    if compared and training is not None:
        skewed = tfdv.validate_statistics(training, schema, serving_statistics=current)
        results += skew.skew_results(skewed, schema, statistics_lib.overall(training), dataset)
        skew.add_skew(anomalies, skewed)
    return anomalies, results


def _in_split(result: MetricResult, split: str, splits: int) -> MetricResult:
    if splits == 1:
        return result
    return dataclasses.replace(result, reason=f"split {split}: {result.reason}")


def _write_anomalies(
    anomalies: anomalies_pb2.Anomalies, artifact: types.Artifact, split: str
) -> None:
    folder = artifact_utils.get_split_uri([artifact], split)
    fileio.makedirs(folder)
    artifact_io.write_bytes(os.path.join(folder, ANOMALIES_NAME), anomalies.SerializeToString())

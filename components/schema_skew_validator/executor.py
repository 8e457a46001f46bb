"""Executor of SchemaSkewValidator."""

from __future__ import annotations

import os
from collections.abc import Set
from typing import Any

from tensorflow_metadata.proto.v0 import anomalies_pb2, schema_pb2
from tfx import types
from tfx.dsl.components.base import base_beam_executor
from tfx.dsl.io import fileio
from tfx.types import artifact_utils

from skewgate import decision
from skewgate.checks.skew.comparator_significance import DRIFT, SKEW
from skewgate.checks.skew.config import SkewConfig
from skewgate.components.schema_skew_validator.examination import Examination
from skewgate.components.schema_skew_validator.split_statistics import SplitStatistics
from skewgate.components.support import artifact_io, state_removal, wiring
from skewgate.core import results as results_lib
from skewgate.core import yaml_model
from skewgate.core.errors import InputError
from skewgate.core.results import BASELINE_CHECK, PREVIOUS_CHECK, MetricResult
from skewgate.report.report import Report
from skewgate.schema import reading as schema_lib

ANOMALIES_NAME = "SchemaDiff.pb"  # as ExampleValidator names it

JUDGED = ("baseline_statistics", "previous_statistics", "baseline_examples")
"""Inputs that may stand for nothing: policies say what that means."""

Inputs = dict[str, list[types.Artifact]]


class Executor(base_beam_executor.BaseBeamExecutor):
    """Validates every split, compares it with training and previous data, joins its rows."""

    def Do(
        self,
        input_dict: Inputs,
        output_dict: dict[str, list[types.Artifact]],
        exec_properties: dict[str, Any],
    ) -> None:
        """Validates; see the component for the parameters.

        Raises:
            InputError: statistics, examples, schema or parameters cannot be used.
        """
        self._log_startup(input_dict, output_dict, exec_properties)
        anomalies_artifact = artifact_utils.get_single_instance(output_dict["anomalies"])
        output = artifact_utils.get_single_instance(output_dict["skew_report"])
        received = wiring.receive(input_dict, exec_properties, JUDGED)
        if received.missing:
            anomalies_artifact.split_names = artifact_utils.encode_split_names([])
            artifact_io.publish(received.report("skew"), output, self._context)
            return
        brought, input_dict = input_dict, received.artifacts
        config = yaml_model.parse(SkewConfig, exec_properties["config"], "skew.yaml")
        environment = exec_properties.get("environment") or None
        schema = artifact_io.read_schema(input_dict["schema"], nameless=True)
        schema_lib.check_environment(schema, environment)
        _check_not_removed(brought, schema)
        schema = schema_lib.relax(schema, artifact_io.json_list(exec_properties["late_labels"]))
        statistics = artifact_utils.get_single_instance(input_dict["statistics"])
        splits = artifact_io.splits_but(
            statistics, exec_properties["exclude_splits"], "statistics", "validate"
        )
        anomalies_artifact.split_names = artifact_utils.encode_split_names(splits)
        anomalies_artifact.span = statistics.span
        training = _training(input_dict, exec_properties)
        examination = Examination(config, schema, environment, len(splits))
        connected = received.connected | (
            {"previous_statistics"} if exec_properties.get("compares_previous") else set()
        )
        examination.add(_missing(input_dict, connected, training, schema, config))
        for split in splits:
            previous, absent = _previous(input_dict, split, schema)
            examination.add(absent, split)
            current = SplitStatistics.load(statistics, split)
            anomalies = examination.examine(current, {SKEW: training, DRIFT: previous})
            _write_anomalies(anomalies, anomalies_artifact, split)
            if config.rows is not None:
                self._compare_rows(input_dict, exec_properties, split, config, examination)
        report = Report(
            kind="skew",
            decision=decision.decide(examination.judged_results(), config.policy),
            baseline=_describe(training),
            current={
                **artifact_io.describe(statistics, ", ".join(splits), examination.rows),
                "environment": environment or "(none)",
            },
            details={"rows": examination.details} if examination.details else {},
        )
        artifact_io.publish(report, output, self._context)

    def _compare_rows(
        self,
        input_dict: Inputs,
        exec_properties: dict[str, Any],
        split: str,
        config: SkewConfig,
        examination: Examination,
    ) -> None:
        """Joins the rows of a split with those of training, if both are at hand."""
        examples = artifact_io.first(input_dict.get("examples"))
        baseline = artifact_io.first(input_dict.get("baseline_examples"))
        if examples is None or baseline is None or config.rows is None:
            return
        from skewgate.components.schema_skew_validator import row_level

        baseline_split = exec_properties.get("baseline_split") or None
        # That a late label is missing in serving is no skew, unless skew.yaml asks for it.
        late = set(artifact_io.json_list(exec_properties["late_labels"]))
        schema = artifact_io.read_schema(input_dict["schema"])
        results, details = row_level.compare(
            baseline,
            artifact_io.choose_split(baseline, baseline_split, "the baseline examples"),
            examples,
            artifact_io.choose_split(examples, split, "the examples"),
            config.rows,
            config.significance,
            self._make_beam_pipeline,
            os.path.join(self._get_tmp_dir(), f"rows-{split}"),
            schema_lib.without(schema, late - config.rows.features.keys()),
            exec_properties.get("environment") or None,
        )
        examination.add_rows(results, details, split)


def _check_not_removed(input_dict: Inputs, schema: schema_pb2.Schema) -> None:
    """Makes sure that rows of which the earlier ones were removed do not pass for the first.

    Raises:
        InputError: the schema compares with previous statistics, and these were removed.
    """
    artifact = artifact_io.first(input_dict.get("previous_statistics"))
    if artifact is None or not schema_lib.compares_previous(schema):
        return
    if state := artifact.get_string_custom_property(artifact_io.REMOVED_PROPERTY):
        raise InputError(
            state,
            "held statistics of earlier rows until `retention` of pipeline.yaml removed them, so "
            "the schema's drift comparators have nothing to compare with",
            f"run it on later rows, or delete {os.path.join(state, state_removal.NAME)} to treat "
            "these rows as the first",
        )


def _training(input_dict: Inputs, exec_properties: dict[str, Any]) -> SplitStatistics | None:
    """Returns the training statistics, or None if they are missing or hold no examples."""
    artifact = artifact_io.first(input_dict.get("baseline_statistics"))
    if artifact is None:
        return None
    baseline_split = exec_properties.get("baseline_split") or None
    side = SplitStatistics.load(
        artifact, artifact_io.choose_split(artifact, baseline_split, "the baseline")
    )
    return side if side.rows else None


def _previous(
    input_dict: Inputs, split: str, schema: schema_pb2.Schema
) -> tuple[SplitStatistics | None, list[MetricResult]]:
    """Returns the previous statistics of a split, and a result if they lack it."""
    artifact = artifact_io.first(input_dict.get("previous_statistics"))
    if artifact is None or not schema_lib.compares_previous(schema):
        return None, []
    if split in artifact_utils.decode_split_names(artifact.split_names):
        side = SplitStatistics.load(artifact, split)
        if side.rows:
            return side, []
    reason = f"the previous statistics at {artifact.uri} have no examples in a split {split}"
    return None, [results_lib.inconclusive(PREVIOUS_CHECK, reason)]


def _missing(
    input_dict: Inputs,
    connected: Set[str],
    training: SplitStatistics | None,
    schema: schema_pb2.Schema,
    config: SkewConfig,
) -> list[MetricResult]:
    """Returns a result for each side that is connected or asked for, and missing."""
    results = []
    if "baseline_statistics" in connected and training is None:
        reason = "the training statistics to compare with are missing or empty"
        results.append(results_lib.inconclusive(BASELINE_CHECK, reason))
    if (
        "previous_statistics" in connected
        and not input_dict.get("previous_statistics")
        and schema_lib.compares_previous(schema)
    ):
        reason = (
            "there are no earlier statistics for the schema's drift comparators, as in every "
            "first run; `policy: {on_missing_previous: allow}` in skew.yaml lets it pass"
        )
        results.append(results_lib.inconclusive(PREVIOUS_CHECK, reason))
    if config.rows is not None:
        results += [
            _no_rows(name) for name in ("examples", "baseline_examples") if not input_dict.get(name)
        ]
    return results


def _no_rows(name: str) -> MetricResult:
    reason = f"skew.yaml compares rows, and {name} is not connected or missing"
    return results_lib.inconclusive("matching", reason)


def _describe(training: SplitStatistics | None) -> dict[str, Any]:
    if training is None:
        return {}
    return artifact_io.describe(training.artifact, training.split, training.rows)


def _write_anomalies(
    anomalies: anomalies_pb2.Anomalies, artifact: types.Artifact, split: str
) -> None:
    folder = artifact_utils.get_split_uri([artifact], split)
    fileio.makedirs(folder)
    artifact_io.write_bytes(os.path.join(folder, ANOMALIES_NAME), anomalies.SerializeToString())

"""Executor of PerformanceGate."""

from __future__ import annotations

import os
from typing import Any

from tfx import types
from tfx.dsl.components.base import base_beam_executor
from tfx.types import artifact_utils

from skewgate import decision, drift, validation
from skewgate.components import artifact_io, tfrecords
from skewgate.config import BasicPolicy
from skewgate.report import Report
from skewgate.types import BASELINE_CHECK


class Executor(base_beam_executor.BaseBeamExecutor):
    """Runs TFMA, judges its metrics, writes evaluation, blessing and report."""

    def Do(
        self,
        input_dict: dict[str, list[types.Artifact]],
        output_dict: dict[str, list[types.Artifact]],
        exec_properties: dict[str, Any],
    ) -> None:
        """Evaluates; see the component for the parameters.

        Raises:
            InputError: examples, schema or parameters cannot be used.
        """
        from skewgate.components.performance_gate import evaluation, thresholds

        self._log_startup(input_dict, output_dict, exec_properties)
        policy = validation.parse(BasicPolicy, exec_properties["policy"], "policy")
        wanted = evaluation.parse_eval_config(exec_properties["eval_config"])
        examples = artifact_utils.get_single_instance(input_dict["examples"])
        splits = [
            artifact_io.choose_split(examples, split, "the examples")
            for split in artifact_io.json_list(exec_properties["example_splits"])
        ]
        model = artifact_utils.get_single_instance(input_dict["model"])
        baseline = artifact_io.first(input_dict.get("baseline_model"))
        config = evaluation.complete(wanted, has_baseline=baseline is not None)
        evaluated = artifact_utils.get_single_instance(output_dict["evaluation"])
        schema = input_dict.get("schema")
        with tfrecords.naming_broken_files(examples, splits):
            rows = evaluation.run(
                self._make_beam_pipeline(),
                [artifact_utils.get_split_uri([examples], split) for split in splits],
                {"model": model.uri, "baseline_model": baseline.uri if baseline else None},
                config,
                evaluated.uri,
                artifact_io.read_schema(schema) if schema else None,
            )
            for split, (read, _) in zip(splits, rows, strict=True):
                tfrecords.check_rows(examples, split, read)
        results = thresholds.judge(config, thresholds.load(evaluated.uri))
        if baseline is None and thresholds.has_change(wanted):
            reason = "there is no baseline model, so the change thresholds could not be checked"
            results.append(drift.inconclusive(BASELINE_CHECK, reason))
        report = Report(
            kind="performance",
            decision=decision.decide(results, policy),
            baseline={"uri": baseline.uri} if baseline else {},
            current={
                **artifact_io.describe(examples, ", ".join(splits), sum(n for n, _ in rows)),
                "rows_labelled": sum(labelled for _, labelled in rows),
                "model": model.uri,
            },
        )
        artifact_io.publish(
            report, artifact_utils.get_single_instance(output_dict["performance_report"])
        )
        blessing = artifact_utils.get_single_instance(output_dict["blessing"])
        bless(blessing, model, baseline, report.decision.blessed)


def bless(
    blessing: types.Artifact, model: types.Artifact, baseline: types.Artifact | None, blessed: bool
) -> None:
    """Writes a blessing as Pusher and LatestBlessedModelStrategy read it."""
    blessing.set_string_custom_property("current_model", model.uri)
    blessing.set_int_custom_property("current_model_id", model.id)
    if baseline is not None:
        blessing.set_string_custom_property("baseline_model", baseline.uri)
        blessing.set_int_custom_property("baseline_model_id", baseline.id)
    blessing.set_int_custom_property(artifact_io.BLESSED_PROPERTY, int(blessed))
    name = "BLESSED" if blessed else "NOT_BLESSED"
    artifact_io.write_bytes(os.path.join(blessing.uri, name), b"")

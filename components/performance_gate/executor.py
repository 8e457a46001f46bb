"""Executor of PerformanceGate."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from typing import Any

from tensorflow_metadata.proto.v0 import schema_pb2
from tfx import types
from tfx.dsl.components.base import base_beam_executor
from tfx.types import artifact_utils

from skewgate import decision
from skewgate.checks.performance import eval_configs, label_coverage
from skewgate.checks.performance.config import PerformanceConfig
from skewgate.components.support import artifact_io, cache_key, tfrecords, wiring
from skewgate.components.support.handover import Handover
from skewgate.core import yaml_model
from skewgate.core.errors import InputError
from skewgate.report.report import Report

JUDGED = ("baseline_model", "baseline_evaluation")
"""Inputs that may stand for nothing: `on_missing_baseline` says what that means."""
_SEGMENTS, _LEFT_OUT = "segments", "left_out"


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
            InputError: an input or a parameter cannot be used.
        """
        from skewgate.components.performance_gate import (
            completion,
            configuration,
            evaluation,
            judging,
            measured,
            rows,
            screening,
            segments,
        )

        self._log_startup(input_dict, output_dict, exec_properties)
        published = artifact_utils.get_single_instance(output_dict["performance_report"])
        blessing = artifact_utils.get_single_instance(output_dict["blessing"])
        received = wiring.receive(input_dict, exec_properties, JUDGED)
        if received.missing:
            artifact_io.publish(received.report("performance"), published, self._context)
            bless(blessing, None, None, blessed=False)
            return
        input_dict = received.artifacts
        config = yaml_model.parse(PerformanceConfig, exec_properties["config"], "performance.yaml")
        eval_config = configuration.parse_eval_config(exec_properties["eval_config"])
        examples = artifact_utils.get_single_instance(input_dict["examples"])
        splits = [
            artifact_io.choose_split(examples, split, "the examples")
            for split in artifact_io.json_list(exec_properties["example_splits"])
        ]
        model, baseline, stored, labels = (
            received.first(name)
            for name in ("model", "baseline_model", "baseline_evaluation", "label_report")
        )
        coverage = label_coverage.Coverage()
        if labels is not None:
            coverage = label_coverage.read_coverage(
                artifact_io.read_report(labels), labels.uri, config
            )
        is_logged = configuration.is_logged(eval_config, model is not None)
        if is_logged and baseline is not None:
            raise InputError(
                "PerformanceGate",
                "is given a baseline_model, but the rows hold the predictions, which would be "
                "compared with themselves",
                "connect the model, or name the predictions of the baseline in eval_config.pbtxt",
            )
        completed = completion.complete(
            eval_config,
            has_baseline=baseline is not None,
            is_logged=is_logged,
            slices=[config.windows.feature] if config.windows else [],
        )
        output = artifact_utils.get_single_instance(output_dict["evaluation"])
        output.set_string_custom_property(artifact_io.EVALUATED_PROPERTY, _asked(exec_properties))
        folder = os.path.join(self._get_tmp_dir(), "performance_gate")
        ranked = Handover(os.path.join(folder, _SEGMENTS))
        collector = None
        if config.segments:
            (candidate, *_) = [s.name for s in completed.model_specs if not s.is_baseline]
            collector = segments.Collector(config.segments, candidate, ranked)
        schema = input_dict.get("schema")
        job = evaluation.Job(
            folders=[artifact_utils.get_split_uri([examples], split) for split in splits],
            models={
                "model": model.uri if model else None,
                "baseline_model": baseline.uri if baseline else None,
            },
            config=completed,
            output=output.uri,
            schema=_with_windows(artifact_io.read_schema(schema), config, coverage.feature)
            if schema
            else None,
            selection=rows.Selection(
                tuple(eval_configs.label_features(eval_config)),
                coverage.feature,
                frozenset(coverage.incomplete),
            ),
            plan=screening.make_plan(completed, eval_config, is_logged=is_logged),
            left_out=Handover(os.path.join(folder, _LEFT_OUT)),
            collector=collector,
        )
        with contextlib.ExitStack() as stack:
            stack.enter_context(artifact_io.temporary_folder(folder))
            stack.enter_context(tfrecords.naming_broken_files(examples, splits))
            stack.enter_context(tfrecords.naming_mixed_types(examples))
            for split in splits:
                tfrecords.check_streams(examples, split)
            counts = evaluation.run(self._make_beam_pipeline, job)
            for split, counted in zip(splits, counts, strict=True):
                tfrecords.check_rows(examples, split, counted.read)
            faulty = screening.read(job.left_out)
            details: dict[str, Any] = {}
            if config.segments:
                details["segments"] = segments.ranking(config.segments, ranked)
        compared = baseline or stored
        evaluated = sum(c.evaluated for c in counts)
        judging.check_contract(job.plan, faulty, evaluated)
        measurements = measured.load(output.uri)
        left_out = judging.account(eval_config, job.plan, faulty, measurements)
        to_compare = measured.load(stored.uri) if stored else None
        results, charts = judging.judge(
            eval_config, completed, measurements, to_compare, config, coverage, left_out
        )
        details |= {"windows": charts} if charts else {}
        report = Report(
            kind="performance",
            decision=decision.decide(results, config.policy),
            baseline={"uri": compared.uri} if compared else {},
            current={
                **artifact_io.describe(examples, ", ".join(splits), sum(c.read for c in counts)),
                "rows_labelled": sum(c.labelled for c in counts),
                "rows_evaluated": evaluated - sum(left_out.total.values()),
                **({"model": model.uri} if model else {}),
            },
            details=details,
        )
        artifact_io.publish(report, published, self._context)
        bless(blessing, model, baseline, report.decision.blessed)


def _asked(exec_properties: dict[str, Any]) -> str:
    """Returns what is the same for two evaluations only if they were asked the same."""
    names = ("eval_config", "config", "example_splits", cache_key.CODE_PROPERTY)
    asked = json.dumps([exec_properties.get(name) for name in names])
    return hashlib.sha256(asked.encode("utf-8")).hexdigest()[:16]


def _with_windows(
    schema: schema_pb2.Schema, config: PerformanceConfig, feature: str
) -> schema_pb2.Schema:
    """Adds the feature that names windows, which no schema of the user's rows has."""
    known = {field.name for field in schema.feature}
    followed = config.windows.feature if config.windows else ""
    for name in sorted({followed, feature} - known - {""}):
        schema.feature.add(name=name, type=schema_pb2.BYTES)
    return schema


def bless(
    blessing: types.Artifact,
    model: types.Artifact | None,
    baseline: types.Artifact | None,
    blessed: bool,
) -> None:
    """Writes a blessing as Pusher and LatestBlessedModelStrategy read it."""
    for name, artifact in (("current_model", model), ("baseline_model", baseline)):
        if artifact is not None:
            blessing.set_string_custom_property(name, artifact.uri)
            blessing.set_int_custom_property(f"{name}_id", artifact.id)
    blessing.set_int_custom_property(artifact_io.BLESSED_PROPERTY, int(blessed))
    name = "BLESSED" if blessed else "NOT_BLESSED"
    artifact_io.write_bytes(os.path.join(blessing.uri, name), b"")

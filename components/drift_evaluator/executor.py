"""Executor of DriftEvaluator."""

from __future__ import annotations

from typing import Any

from tensorflow_metadata.proto.v0 import statistics_pb2
from tfx import types
from tfx.dsl.components.base import base_executor
from tfx.types import artifact_utils

from skewgate import decision, drift, validation
from skewgate.components import artifact_io
from skewgate.config import DriftConfig
from skewgate.report import Report
from skewgate.types import BASELINE_CHECK


class Executor(base_executor.BaseExecutor):
    """Reads two statistics artifacts, compares them and publishes the report."""

    def Do(
        self,
        input_dict: dict[str, list[types.Artifact]],
        output_dict: dict[str, list[types.Artifact]],
        exec_properties: dict[str, Any],
    ) -> None:
        """Evaluates; see the component for the parameters.

        Raises:
            InputError: statistics or configuration cannot be used.
        """
        self._log_startup(input_dict, output_dict, exec_properties)
        config = validation.parse(DriftConfig, exec_properties["config"], "drift.yaml")
        statistics = artifact_utils.get_single_instance(input_dict["statistics"])
        split = artifact_io.choose_split(
            statistics, exec_properties.get("split") or None, "the statistics"
        )
        current = artifact_io.read_statistics(statistics, split)
        baseline = artifact_io.first(input_dict.get("baseline_statistics"))
        described: dict[str, Any] = {}
        if baseline is None:
            results = [drift.inconclusive(BASELINE_CHECK, "there is no baseline to compare with")]
        else:
            baseline_split = artifact_io.choose_split(
                baseline, exec_properties.get("baseline_split") or None, "the baseline statistics"
            )
            before = artifact_io.read_statistics(baseline, baseline_split)
            described = artifact_io.describe(baseline, baseline_split, _rows(before))
            results = drift.evaluate(
                before,
                current,
                config,
                rank_error_baseline=artifact_io.rank_error(baseline),
                rank_error_current=artifact_io.rank_error(statistics),
            )
        report = Report(
            kind="drift",
            decision=decision.decide(results, config.policy, config.critical),
            baseline=described,
            current=artifact_io.describe(statistics, split, _rows(current)),
        )
        artifact_io.publish(report, artifact_utils.get_single_instance(output_dict["drift_report"]))


def _rows(statistics: statistics_pb2.DatasetFeatureStatisticsList) -> int:
    return max(int(dataset.num_examples) for dataset in statistics.datasets)

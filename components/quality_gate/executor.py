"""Executor of QualityGate."""

from __future__ import annotations

import os
from typing import Any

from tfx import types
from tfx.dsl.components.base import base_executor
from tfx.types import artifact_utils

from skewgate import decision
from skewgate.components.support import artifact_io, wiring
from skewgate.core.errors import EXIT_FAIL, EXIT_INCONCLUSIVE, GateShutError, InputError
from skewgate.core.results import Decision, Status
from skewgate.report import failures, kinds
from skewgate.report.rendering import HTML_NAME
from skewgate.report.report import JSON_NAME, Report

RAISE, WITHHOLD = "raise", "withhold"
MODES = (RAISE, WITHHOLD)


class Executor(base_executor.BaseExecutor):
    """Reads the reports, joins them and acts on the outcome."""

    def Do(
        self,
        input_dict: dict[str, list[types.Artifact]],
        output_dict: dict[str, list[types.Artifact]],
        exec_properties: dict[str, Any],
    ) -> None:
        """Decides; see the component for the parameters.

        Raises:
            GateShutError: a report is not blessed and the mode is "raise".
            InputError: a report is gone, cannot be read or is of another kind than its input.
        """
        self._log_startup(input_dict, output_dict, exec_properties)
        received = wiring.receive(input_dict, exec_properties)
        reports = {
            artifact.uri: _read(artifact, key)
            for key, found in received.artifacts.items()
            for artifact in found
        }
        missing = sum(received.missing.values())
        joined = decision.join([report.decision for report in reports.values()], missing)
        sources = tuple(
            {
                "kind": report.kind,
                "status": report.decision.status.value,
                "blessed": report.decision.blessed,
                "uri": uri,
            }
            for uri, report in reports.items()
        )
        if not joined.blessed and exec_properties["on_failure"] == RAISE:
            raise GateShutError(
                explain(joined, reports),
                EXIT_FAIL if joined.status is Status.FAIL else EXIT_INCONCLUSIVE,
            )
        report = Report(kind="decision", decision=joined, sources=sources)
        artifact_io.publish(
            report, artifact_utils.get_single_instance(output_dict["decision"]), self._context
        )


def _read(artifact: types.Artifact, key: str) -> Report:
    """Reads the report that an input brought.

    Raises:
        InputError: it is gone, cannot be read, or is of another kind.
    """
    report = artifact_io.read_report(artifact)
    if kinds.get(report.kind).gate_input != key:
        raise InputError(
            os.path.join(artifact.uri, JSON_NAME),
            f"is a {report.kind} report, but was connected as {key}",
            "evaluate again",
        )
    return report


def explain(joined: Decision, reports: dict[str, Report]) -> str:
    """Says which checks shut the gate and where the reports are."""
    named = failures.lines(joined.failures)
    shut = [
        f"see {os.path.join(uri, HTML_NAME)}"
        for uri, report in reports.items()
        if not report.decision.blessed
    ]
    return "\n  ".join([f"the gate is shut ({joined.status.value}):", *named, *shut])

"""QualityGate: the one place that stops a pipeline."""

from __future__ import annotations

from collections.abc import Sequence

from tfx import types
from tfx.dsl.components.base import base_component, executor_spec
from tfx.types import channel_utils, component_spec

from skewgate.components import artifact_types
from skewgate.components.quality_gate import executor
from skewgate.components.support import cache_key, wiring
from skewgate.report.kinds import KINDS

_TYPES = {
    kind.gate_input: artifact_types.REPORT_TYPES[name]
    for name, kind in KINDS.items()
    if kind.gate_input
}
"""By input of the gate, the type of the reports that it takes."""


class QualityGateSpec(wiring.WiredSpec):
    """Parameters and channels of QualityGate."""

    PARAMETERS = {"on_failure": component_spec.ExecutionParameter(type=str)}
    INPUTS = {
        key: component_spec.ChannelParameter(type=report_type, optional=True)
        for key, report_type in _TYPES.items()
    }
    OUTPUTS = {"decision": component_spec.ChannelParameter(type=artifact_types.Decision)}


class QualityGate(base_component.BaseComponent):
    """Joins reports, says why, and raises or withholds if one of them is not blessed.

    A report that is expected and missing counts as inconclusive, and shuts the gate. Place what
    must not run behind a shut gate after it: by `trainer.add_upstream_node(gate)`, or by `Cond` on
    the `blessed` property with `on_failure="withhold"`. A gate that raised is evaluated again on
    the next run.

    ## Example

    ```python
    gate = QualityGate([validator.outputs["skew_report"], drift.outputs["drift_report"]])
    trainer.add_upstream_node(gate)
    ```

    Component `outputs` contains:

      - `decision`: Channel of type `skewgate.Decision`; custom property `blessed`; files
        report.json, report.html, metrics.prom. With `on_failure="raise"` a shut gate publishes
        no decision: the reports it names are there.
    """

    SPEC_CLASS = QualityGateSpec
    EXECUTOR_SPEC = executor_spec.ExecutorClassSpec(executor.Executor)
    DRIVER_CLASS = cache_key.CodeDriver

    def __init__(
        self, reports: Sequence[types.BaseChannel], on_failure: str = executor.RAISE
    ) -> None:
        """Makes the component.

        Args:
            reports: report channels of any kind, such as those of DriftEvaluator.
            on_failure: "raise" (the task fails, the pipeline stops) or "withhold" (the artifact
                says `blessed = 0`).

        Raises:
            ValueError: no report, a channel that holds no report, or an unknown `on_failure`.
        """
        if not reports:
            raise ValueError("QualityGate needs at least one report")
        if on_failure not in executor.MODES:
            raise ValueError(f"on_failure must be one of {executor.MODES}, got {on_failure!r}")
        by_key: dict[str, list[types.BaseChannel]] = {}
        for channel in reports:
            key = next((key for key, known in _TYPES.items() if channel.type is known), None)
            if key is None:
                raise ValueError(
                    f"QualityGate joins skewgate reports, got a channel of {channel.type_name}"
                )
            by_key.setdefault(key, []).append(channel)
        spec = QualityGateSpec(
            on_failure=on_failure,
            decision=types.Channel(type=artifact_types.Decision),
            **{
                key: channels[0] if len(channels) == 1 else channel_utils.union(channels)
                for key, channels in by_key.items()
            },
        )
        super().__init__(spec=spec)

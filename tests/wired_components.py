"""Every component of ours with every input connected, under policies that allow what they can."""

from __future__ import annotations

import importlib
import pathlib
import pkgutil
from collections.abc import Mapping
from typing import Any

from tfx.dsl.components.base import base_component, base_executor, executor_spec
from tfx.dsl.experimental.conditionals import conditional
from tfx.orchestration import metadata, pipeline
from tfx.types import channel, component_spec

import skewgate.components
from skewgate import decision
from skewgate.components import artifact_types
from skewgate.core.results import MetricResult, Status
from skewgate.decision.policy import Policy
from skewgate.report import rendering
from skewgate.report.report import Report

ALLOW = "policy: {on_inconclusive: allow, on_missing_baseline: allow%s}"
_EVAL_CONFIG = (
    'model_specs { label_key: "label" prediction_key: "score" } metrics_specs { metrics { '
    'class_name: "AUC" threshold { value_threshold { lower_bound { value: 0.1 } } } } }'
)
_MORE: dict[str, dict[str, Any]] = {
    "DriftEvaluator": {"config": ALLOW % ""},
    "LabelJoiner": {
        "config": "{key: [id], labels: [label], prediction_time: time, horizon: 1d, "
        "policy: {on_inconclusive: allow, on_open_window: allow, on_low_coverage: allow}}"
    },
    "ModelPusher": {"serving_root": "{root}/serving"},
    "PerformanceGate": {
        "eval_config": _EVAL_CONFIG,
        "config": ALLOW % ", on_small_slice: allow, on_open_window: allow, on_low_coverage: allow",
    },
    "QualityGate": {"on_failure": "withhold"},
    "SchemaSkewValidator": {"config": ALLOW % ", on_missing_previous: allow"},
    "StateLookup": {"state_root": "{root}/state", "training": "training", "pipeline": "own"},
    "StateRecorder": {"state_root": "{root}/state", "pipeline": "own"},
    "TabularExampleGen": {"input_base": "{root}/data"},
}
"""Arguments beside the inputs, by component."""


def _find() -> dict[str, type[base_component.BaseComponent]]:
    found = {}
    for package in pkgutil.iter_modules(skewgate.components.__path__):
        folder = pathlib.Path(skewgate.components.__path__[0], package.name)
        if not (folder / "component.py").exists():
            continue
        module = importlib.import_module(f"skewgate.components.{package.name}.component")
        for value in vars(module).values():
            own = isinstance(value, type) and value.__module__ == module.__name__
            if own and issubclass(value, base_component.BaseComponent):
                found[value.__name__] = value
    return found


COMPONENTS = _find()
"""By name."""
INPUTS = {name: [*component.SPEC_CLASS.INPUTS] for name, component in COMPONENTS.items()}
"""By component, its inputs."""
OPTIONAL = [
    (name, key)
    for name, keys in INPUTS.items()
    for key in keys
    if COMPONENTS[name].SPEC_CLASS.INPUTS[key].optional
]
"""Each component with each of its optional inputs."""


def make(
    name: str, root: pathlib.Path, channels: Mapping[str, channel.BaseChannel]
) -> base_component.BaseComponent:
    """Makes a component.

    Args:
        name: of the component.
        root: for what it reads and writes beside artifacts.
        channels: what to connect, by input.
    """
    more = {
        key: value.replace("{root}", str(root)) if isinstance(value, str) else value
        for key, value in _MORE.get(name, {}).items()
    }
    if name == "QualityGate":
        return COMPONENTS[name]([*channels.values()], **more)
    return COMPONENTS[name](**channels, **more)


_PASSED = decision.decide([MetricResult("fare", "", "ks", Status.PASS, "near")], Policy())
REPORTS = {
    kind.TYPE_NAME: Report(name, _PASSED) for name, kind in artifact_types.REPORT_TYPES.items()
}
"""By type of artifact, a report that passes."""


def write_report(type_name: str, folder: str) -> None:
    """Writes the report of a type that passes."""
    text = rendering.render_json(REPORTS[type_name])
    pathlib.Path(folder, "report.json").write_text(text)


class SourcesExecutor(base_executor.BaseExecutor):
    """Makes artifacts that say what opens a gate, and no node of a condition on `run`."""

    def Do(self, input_dict, output_dict, exec_properties):
        for (artifact,) in output_dict.values():
            for name, value in {"blessed": 1, "pushed": 1, "run": 0}.items():
                artifact.set_int_custom_property(name, value)
            if artifact.type_name in REPORTS:
                write_report(artifact.type_name, artifact.uri)


_TYPES = {
    parameter.type.TYPE_NAME: parameter.type
    for component in COMPONENTS.values()
    for parameter in component.SPEC_CLASS.INPUTS.values()
}


class SourcesSpec(component_spec.ComponentSpec):
    """An artifact of every type that a component takes."""

    PARAMETERS: dict[str, component_spec.ExecutionParameter] = {}
    INPUTS: dict[str, component_spec.ChannelParameter] = {}
    OUTPUTS = {
        name.replace(".", "_"): component_spec.ChannelParameter(type=kind)
        for name, kind in _TYPES.items()
    }


class Sources(base_component.BaseComponent):
    """Publishes an artifact of every type that a component takes."""

    SPEC_CLASS = SourcesSpec
    EXECUTOR_SPEC = executor_spec.ExecutorClassSpec(SourcesExecutor)

    def __init__(self):
        channels = {
            key: channel.Channel(type=parameter.type)
            for key, parameter in SourcesSpec.OUTPUTS.items()
        }
        super().__init__(spec=SourcesSpec(**channels))

    def of(self, kind: type) -> channel.OutputChannel:
        """Returns the output of a type."""
        return self.outputs[kind.TYPE_NAME.replace(".", "_")]


def node_id(name: str, missing: str) -> str:
    """Returns the id of the node for a component and an input: Kubeflow takes no underscores."""
    return f"{name}-{missing.replace('_', '-')}"


def make_pipeline(cases: list[tuple[str, str]], root: pathlib.Path) -> pipeline.Pipeline:
    """Returns a pipeline with a node for each component and input, whose producer is skipped.

    All other inputs are connected to what is there.

    Args:
        cases: the components and inputs; the nodes run in order.
        root: for everything that is written.
    """
    there = Sources().with_id("There")
    with conditional.Cond(there.outputs["Model"].future()[0].custom_property("run") == 1):
        skipped = Sources().with_id("Skipped")
    nodes = [there, skipped]
    for name, missing in cases:
        spec = COMPONENTS[name].SPEC_CLASS.INPUTS
        channels = {
            key: (skipped if key == missing else there).of(spec[key].type) for key in INPUTS[name]
        }
        node = make(name, root, channels).with_id(node_id(name, missing))
        node.add_upstream_node(nodes[-1] if len(nodes) > 2 else there)
        nodes.append(node)
    return pipeline.Pipeline(
        pipeline_name="wired",
        pipeline_root=str(root / "artifacts"),
        components=nodes,
        enable_cache=False,
        metadata_connection_config=metadata.sqlite_metadata_connection_config(
            str(root / "metadata.sqlite")
        ),
    )


def is_earned(properties: Mapping[str, Any]) -> bool:
    """Says whether an artifact with such custom properties opens something."""
    return any(properties.get(name) == 1 for name in ("blessed", "pushed", "recorded"))

"""Compiles a TFX pipeline for Kubeflow Pipelines v2 or Vertex AI: same pipeline, same bytes."""

from __future__ import annotations

import json
from typing import Any

import skewgate
from skewgate.core import installed
from skewgate.core.errors import InputError
from skewgate.core.hidden import visible_json
from skewgate.core.yaml_writing import visible_yaml
from skewgate.kubeflow import parameters
from skewgate.kubeflow.compile import choices, edits, platform, runnable, sizes, unions
from skewgate.kubeflow.compile.options import CompileOptions
from skewgate.kubeflow.image import command
from skewgate.kubeflow.parameters import Parameter
from skewgate.storage.atomic import write_atomically

_STATEFUL = tuple(
    f"skewgate.components.{name}." for name in ("model_pusher", "state_lookup", "state_recorder")
)
"""Modules of components that depend on, or leave, what none of their inputs shows."""


def compile_pipeline(pipeline: Any, options: CompileOptions) -> dict[str, Any]:
    """Compiles a pipeline.

    Args:
        pipeline: a tfx Pipeline.
        options: how.

    Returns:
        A PipelineSpec of schema 2.1.0 for Kubeflow, a PipelineJob that holds one for Vertex, as
        `write` writes it.

    Raises:
        InputError: options name a node or a parameter that the pipeline has not, or the pipeline
            holds what the target cannot run, or more text than a task can be given, or a value is
            none that a task can use.
    """
    known = runtime_parameters(pipeline)
    values = parameters.resolve(known, options.parameters)
    job = _run_tfx(pipeline, options)
    spec = job["pipelineSpec"]
    edits.check_names(spec, options)
    runnable.check(spec, options.target, options.pipeline_root, values)
    edits.check_workers(spec, options.mounted())
    drivers = [node.id for node in pipeline.components if _finds_files(node)]
    # What changes under the same path is seen by the driver alone: without its hook no caching.
    unseen = [] if options.target == "vertex" else drivers
    stateful = [node.id for node in pipeline.components if _is_stateful(node)]
    edits.compact_arguments(spec)
    edits.set_drivers(spec, drivers, hook=options.target == "vertex")
    edits.set_caching(spec, options.caches(), {*options.never_cached, *unseen, *stateful})
    gates = [node.id for node in pipeline.components if _is_gate(node)]
    edits.set_retries(spec, options.retries, gates)
    edits.set_resources(spec, options.resources)
    edits.set_environment(spec, skewgate.__version__, options.mounted(), options.store())
    edits.set_defaults(
        spec, [Parameter(each.name, each.kind, values.get(each.name)) for each in known]
    )
    found = [(task, edits.executor(spec, name)) for name, task in edits.tasks(spec).items()]
    choices.check(found, values)
    sizes.check(((name, edits.tasks(spec)[name]) for name, _ in edits.containers(spec)), values)
    spec["defaultPipelineRoot"] = options.pipeline_root
    if options.name:
        spec["pipelineInfo"]["name"] = options.name
    if options.description:
        spec["pipelineInfo"]["description"] = options.description
    return spec if options.target == "kubeflow" else _job(spec, options)


def runtime_parameters(pipeline: Any) -> list[Parameter]:
    """Returns the runtime parameters of a pipeline in the order of their names.

    Raises:
        InputError: two have the same name and differ, or a default does not fit.
    """
    from tfx.orchestration import data_types

    kinds = {int: parameters.INTEGER, float: parameters.DOUBLE, str: parameters.STRING}
    found: dict[str, Parameter] = {}
    for node in pipeline.components:
        for value in node.exec_properties.values():
            if not isinstance(value, data_types.RuntimeParameter):
                continue
            each = Parameter(value.name, kinds.get(value.ptype, parameters.STRING))
            if value.default is not None:
                each = Parameter(each.name, each.kind, parameters.convert(each, value.default))
            if found.setdefault(each.name, each) != each:
                raise InputError(
                    f"parameter {each.name}", "is declared twice, with different types or defaults"
                )
    return [found[name] for name in sorted(found)]


def _run_tfx(pipeline: Any, options: CompileOptions) -> dict[str, Any]:
    """Lets TFX compile.

    Raises:
        InputError: it refuses the pipeline, or kfp-pipeline-spec is not installed.
    """
    try:
        from tfx.orchestration.kubeflow.v2 import kubeflow_v2_dag_runner
    except ImportError as error:
        line = installed.install_line("skewgate[kubeflow]")
        raise InputError("compile", f"needs kfp-pipeline-spec ({error})", line) from error

    config = kubeflow_v2_dag_runner.KubeflowV2DagRunnerConfig(
        default_image=options.image,
        default_commands=list(command.ENTRY),
        use_pipeline_spec_2_1=True,
    )
    runner = kubeflow_v2_dag_runner.KubeflowV2DagRunner(config=config)
    try:
        with unions.split(pipeline.components):
            job: dict[str, Any] = runner.run(pipeline, write_out=False)
    # TFX has no error of its own for what it cannot compile: these are what it raises.
    except (TypeError, ValueError, KeyError, NotImplementedError) as error:
        name = pipeline.pipeline_info.pipeline_name
        raise InputError(
            f"pipeline {name}", f"cannot be compiled by TFX: {error}", "change the pipeline"
        ) from error
    return job


def _job(spec: dict[str, Any], options: CompileOptions) -> dict[str, Any]:
    """Returns a Vertex PipelineJob."""
    job = {
        "displayName": spec["pipelineInfo"]["name"],
        "labels": {"skewgate-version": skewgate.__version__.replace(".", "-")},
        "pipelineSpec": spec,
        "runtimeConfig": {"gcsOutputDirectory": options.pipeline_root},
    }
    return job | ({"serviceAccount": options.service_account} if options.service_account else {})


def _finds_files(node: Any) -> bool:
    from tfx.components.example_gen import driver

    return issubclass(node.driver_class, driver.FileBasedDriver)


def _is_stateful(node: Any) -> bool:
    return type(node).__module__.startswith(_STATEFUL)


def _is_gate(node: Any) -> bool:
    from skewgate.components.quality_gate.component import QualityGate

    return isinstance(node, QualityGate)


def render(compiled: dict[str, Any], options: CompileOptions) -> str:
    """Returns the text of the file for what `compile_pipeline` returned; keys are sorted.

    A file for Kubeflow has a second document if there is something to say to Kubernetes.
    """
    if options.target == "vertex":
        text = json.dumps(compiled, sort_keys=True, indent=2, ensure_ascii=False)
        return visible_json(text) + "\n"
    head = f"# Compiled by skewgate {skewgate.__version__}. Do not edit: compile it again.\n"
    documents = [compiled, platform.document(compiled, options)]
    return head + "---\n".join(
        visible_yaml(each, sort_keys=True, width=100) for each in documents if each is not None
    )


def write(compiled: dict[str, Any], options: CompileOptions, path: str) -> None:
    """Writes the file under a temporary name, then renames it.

    Raises:
        InputError: the file cannot be written.
    """
    try:
        write_atomically(path, render(compiled, options))
    except OSError as error:
        raise InputError(path, f"cannot be written: {error.strerror}", "choose another") from error

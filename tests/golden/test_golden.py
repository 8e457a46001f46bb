"""Compiled pipelines as they should read. `make golden` regenerates them; review the difference.

The small pipeline is kept as it is written. Of the two pipelines of the taxi example, whose files
are long, an outline is kept: what each task reads, runs and waits for.
"""

from __future__ import annotations

import json
import os
import pathlib
import re

import pytest
import yaml
from tfx.dsl.components.common import importer
from tfx.dsl.experimental.conditionals import conditional
from tfx.orchestration import data_types
from tfx.orchestration import pipeline as pipeline_lib
from tfx.types import standard_artifacts

import skewgate
from skewgate.components.quality_gate.component import QualityGate
from skewgate.components.schema_skew_validator.component import SchemaSkewValidator
from skewgate.components.skew_statistics_gen.component import SkewStatisticsGen
from skewgate.components.tabular_example_gen.component import TabularExampleGen
from skewgate.kubeflow.compile import compiler, options
from skewgate.kubeflow.image import executor_io
from skewgate.pipeline import deployments, factories
from skewgate.pipeline import settings as settings_lib

HERE = pathlib.Path(__file__).parent
RENEW = "SKEWGATE_RENEW_GOLDEN"
IMAGE = f"a/b@sha256:{7:064}"
"""Named by its digest: else nothing is cached."""
ROOTS = {"kubeflow": "minio://bucket/taxi", "vertex": "gs://bucket/taxi"}


def small():
    """Returns a pipeline with an importer, a driver, a gate that withholds and what it guards."""
    schema = importer.Importer(
        source_uri="gs://bucket/schema", artifact_type=standard_artifacts.Schema
    ).with_id("Schema")
    examples = TabularExampleGen(
        input_base=data_types.RuntimeParameter("data", str, "gs://bucket/data"), pattern="*.csv"
    )
    statistics = SkewStatisticsGen(examples=examples.outputs["examples"])
    validator = SchemaSkewValidator(
        statistics=statistics.outputs["statistics"],
        schema=schema.outputs["result"],
        environment="TRAINING",
        config="{}",
    )
    gate = QualityGate([validator.outputs["skew_report"]], on_failure="withhold")
    with conditional.Cond(gate.outputs["decision"].future()[0].custom_property("blessed") == 1):
        behind = SkewStatisticsGen(examples=examples.outputs["examples"]).with_id("Behind")
    return pipeline_lib.Pipeline(
        pipeline_name="small",
        pipeline_root="/nowhere",
        components=[schema, examples, statistics, validator, gate, behind],
    )


def how(target, **more):
    return options.load(None, target=target, image=IMAGE, pipeline_root=ROOTS[target], **more)


def taxi(name, root):
    """Returns a pipeline of the taxi example for a cluster."""
    settings = settings_lib.load(settings_lib.TAXI).model_copy(update={"root": str(root)})
    return factories.create(name, settings, deployments.cluster(settings, name, "gs://bucket/taxi"))


def without_versions(text):
    """Returns a compiled file without what differs between stacks or releases."""
    version = skewgate.__version__
    for mine in (version, version.replace(".", "-")):
        text = text.replace(mine, "VERSION")
    return re.sub(r"tfx-\d+\.\d+\.\d+", "tfx-VERSION", text)


def outline(compiled):
    """Returns what the tasks of a compiled pipeline read, run and wait for."""
    spec = compiled.get("pipelineSpec", compiled)
    found = {}
    for name, task in spec["root"]["dag"]["tasks"].items():
        component = spec["components"][task["componentRef"]["name"]]
        executor = spec["deploymentSpec"]["executors"][component["executorLabel"]]
        (kind,) = executor
        flags = executor[kind].get("args", [])
        inputs = task.get("inputs", {})
        found[name] = {
            "runs": flags[flags.index("--executor_class_path") + 1] if flags else kind,
            "flags": [flag for flag in flags if flag == "--file_driver"],
            "hooks": sorted(executor[kind].get("lifecycle", {})),
            "cached": task["cachingOptions"].get("enableCache", False),
            "after": task.get("dependentTasks", []),
            "reads": {
                key: f"{each['taskOutputArtifact']['producerTask']}."
                f"{each['taskOutputArtifact']['outputArtifactKey']}"
                for key, each in inputs.get("artifacts", {}).items()
            },
            "parameters": sorted(inputs.get("parameters", {})),
            "publishes": {
                key: executor_io.type_title(each)
                for key, each in component.get("outputDefinitions", {}).get("artifacts", {}).items()
            },
            "condition": task.get("triggerPolicy", {}).get("condition"),
        }
        found[name] = {
            key: value for key, value in found[name].items() if value not in ([], {}, None)
        }
    head = {key: value for key, value in spec.items() if key in ("schemaVersion", "pipelineInfo")}
    parameters = spec["root"].get("inputDefinitions", {}).get("parameters", {})
    kinds = {name: each["parameterType"] for name, each in parameters.items()}
    return head | {"tasks": found} | ({"parameters": kinds} if kinds else {})


def compare(name, text):
    """Compares a text with its golden file, or writes the file if it is to be renewed."""
    path = HERE / name
    if os.environ.get(RENEW):
        path.write_text(text)
    assert path.read_text() == text


@pytest.mark.parametrize("target", options.ENDINGS)
def test_the_small_pipeline_is_written_as_it_was(target):
    retries = {"*": options.Retries(count=2)}
    resources = {"Behind": options.Resources(cpu=2, memory="4Gi")}
    given = how(target, description="A gate and what it guards.").model_copy(
        update={"retries": retries, "resources": resources}
    )
    compiled = compiler.compile_pipeline(small(), given)
    text = compiler.render(compiled, given)
    compare(f"small{options.ENDINGS[target]}", without_versions(text))


@pytest.mark.parametrize(
    ("name", "target"),
    [(name, target) for name in factories.NAMES for target in options.ENDINGS],
)
def test_the_taxi_pipelines_have_the_tasks_they_had(name, target, tmp_path):
    compiled = compiler.compile_pipeline(taxi(name, tmp_path), how(target))
    text = yaml.safe_dump(outline(compiled), sort_keys=True, width=100)
    compare(f"taxi-{name}-{target}.yaml", text)


def test_nothing_of_this_machine_is_in_a_file():
    text = json.dumps(compiler.compile_pipeline(small(), how("vertex")))
    assert str(pathlib.Path(skewgate.__file__).parents[1]) not in text

"""Whatever is connected and brings nothing shuts in a container of a compiled pipeline too."""

from __future__ import annotations

import json

import pytest
import yaml

from skewgate.kubeflow.compile import compiler, options
from skewgate.kubeflow.image import entrypoint
from tests.wired_components import (
    COMPONENTS,
    OPTIONAL,
    REPORTS,
    is_earned,
    make_pipeline,
    node_id,
    write_report,
)


@pytest.fixture(scope="module")
def compiled(tmp_path_factory):
    """The spec of a pipeline with a node for each component and optional input."""
    made = make_pipeline(OPTIONAL, tmp_path_factory.mktemp("compiled"))
    how = {"target": "kubeflow", "image": "a/b:1", "pipeline_root": "minio://bucket/wired"}
    return compiler.compile_pipeline(made, options.load(None, **how))


def tasks(compiled):
    return {
        name: compiled["root"]["dag"]["tasks"][name]
        for name in (node_id(*case) for case in OPTIONAL)
    }


def test_every_task_says_what_is_connected_to_it(compiled):
    for name, task in tasks(compiled).items():
        expected = json.loads(task["inputs"]["parameters"]["expected"]["runtimeValue"]["constant"])
        assert expected == dict.fromkeys(task["inputs"]["artifacts"], 1), name


@pytest.fixture
def run(compiled, tmp_path, monkeypatch):
    """Runs the container of a task without one of its inputs; returns code and metadata."""
    monkeypatch.setenv("SKEWGATE_MOUNTS", f"minio://={tmp_path}/minio")

    def artifact(key, definition):
        folder = tmp_path / "minio/bucket" / key
        folder.mkdir(parents=True)
        kind = yaml.safe_load(definition["artifactType"]["instanceSchema"])["title"]
        if kind in REPORTS:
            write_report(kind, str(folder))
        earned = {"blessed": 1.0, "pushed": 1.0}
        uri = f"minio://bucket/{key}"
        return {"name": key, "type": {"schemaTitle": kind}, "uri": uri, "metadata": earned}

    def call(name, missing):
        task = compiled["root"]["dag"]["tasks"][name]
        component = compiled["components"][task["componentRef"]["name"]]
        container = compiled["deploymentSpec"]["executors"][component["executorLabel"]]["container"]
        inputs = {
            key: {"artifacts": [artifact(key, each)]}
            for key, each in component["inputDefinitions"]["artifacts"].items()
            if key != missing
        }
        outputs = component["outputDefinitions"]["artifacts"]
        output_file = tmp_path / "output.json"
        given = {
            "inputs": {
                "parameterValues": {
                    key: each["runtimeValue"]["constant"]
                    for key, each in task["inputs"]["parameters"].items()
                },
                "artifacts": inputs,
            },
            "outputs": {
                "outputFile": str(output_file),
                "artifacts": {
                    key: {"artifacts": [{**artifact(f"out-{key}", each), "metadata": {}}]}
                    for key, each in outputs.items()
                },
            },
        }
        arguments = [
            json.dumps(given) if word == "{{$}}" else word
            for word in container["args"]
            if word != "--file_driver"
        ]
        code = entrypoint.main(arguments)
        written = json.loads(output_file.read_text())["artifacts"] if output_file.exists() else {}
        return code, [each["metadata"] for key in written for each in written[key]["artifacts"]]

    return call


STOP = ("SkewStatisticsGen", "StateLookup", "TabularExampleGen")
"""Components that cannot say that an input is missing but by an error."""


@pytest.mark.parametrize(("name", "key"), OPTIONAL)
def test_an_input_that_did_not_come_opens_nothing(run, capsys, name, key):
    code, outputs = run(node_id(name, key), key)
    if name in STOP:
        assert code == 2
        said = f"skewgate: {name}: {key} is connected but empty"
        assert capsys.readouterr().err.startswith(said)
        assert outputs == []
        return
    assert code == 0
    assert len(outputs) == len(COMPONENTS[name].SPEC_CLASS.OUTPUTS)
    assert not any(map(is_earned, outputs))

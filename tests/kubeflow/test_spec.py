"""Reading a compiled pipeline."""

import json

import pytest

from skewgate.core.errors import InputError
from skewgate.kubeflow.local import spec


def refused(path):
    with pytest.raises(InputError) as found:
        spec.load(str(path))
    return str(found.value)


def test_tasks_come_after_those_they_depend_on_else_by_name(pipeline, tmp_path):
    pipeline.add("a", inputs={"x": ("c", "model")})
    pipeline.add("b")
    pipeline.add("c", outputs={"model": "tfx.Model"}, after=("b",))
    found = spec.load(pipeline.write(tmp_path / "a.yaml"))
    assert [task.name for task in found.tasks] == ["b", "c", "a"]
    assert (found.name, found.root, found.target) == ("made", "minio://bucket/taxi", "kubeflow")


def test_a_vertex_job_holds_the_pipeline(pipeline, tmp_path):
    pipeline.add("a")
    del pipeline.content["defaultPipelineRoot"]
    job = {
        "displayName": "made",
        "pipelineSpec": pipeline.content,
        "runtimeConfig": {"gcsOutputDirectory": "gs://bucket/taxi"},
    }
    path = tmp_path / "a.json"
    path.write_text(json.dumps(job))
    found = spec.load(str(path))
    assert (found.root, found.target) == ("gs://bucket/taxi", "vertex")


def test_runtime_parameters_have_their_defaults(pipeline, tmp_path):
    pipeline.add("a")
    pipeline.content["root"]["inputDefinitions"] = {
        "parameters": {
            "steps": {"parameterType": "NUMBER_INTEGER", "defaultValue": 3},
            "data": {"parameterType": "STRING"},
        }
    }
    found = spec.load(pipeline.write(tmp_path / "a.yaml"))
    assert [(each.name, each.default) for each in found.parameters] == [
        ("data", None),
        ("steps", 3),
    ]


def test_a_missing_file_is_named(tmp_path):
    assert (
        refused(tmp_path / "none.yaml")
        == f"{tmp_path}/none.yaml: no such file. Fix: check the path."
    )


@pytest.mark.parametrize("text", ["", "- a", "a: [", "{", "x"])
def test_what_is_no_mapping_is_refused(text, tmp_path):
    path = tmp_path / "a.yaml"
    path.write_text(text)
    assert str(path) in refused(path)


def test_another_schema_version_is_refused(pipeline, tmp_path):
    pipeline.content["schemaVersion"] = "2.0.0"
    said = refused(pipeline.write(tmp_path / "a.yaml"))
    assert "must be a pipeline of schema version 2.1.0, found 2.0.0" in said


def test_another_skewgate_is_refused(pipeline, tmp_path):
    pipeline.add("a")["env"] = [{"name": "SKEWGATE_SPEC_VERSION", "value": "0.0.9"}]
    assert "was compiled by skewgate 0.0.9, but this is" in refused(
        pipeline.write(tmp_path / "a.yaml")
    )


def test_an_unknown_field_is_refused(pipeline, tmp_path):
    pipeline.add("a", retryPolitics={})
    assert "is not a pipeline spec" in refused(pipeline.write(tmp_path / "a.yaml"))


def test_a_pipeline_without_a_task_is_refused(pipeline, tmp_path):
    assert "without tasks" in refused(pipeline.write(tmp_path / "a.yaml"))


def test_an_upstream_task_that_is_not_there_is_refused(pipeline, tmp_path):
    pipeline.add("a", after=("b",))
    assert "task a: depends on 'b', which does not exist" in refused(
        pipeline.write(tmp_path / "a.yaml")
    )


def test_tasks_that_wait_for_each_other_are_refused(pipeline, tmp_path):
    pipeline.add("a", after=("b",))
    pipeline.add("b", after=("a",))
    assert "has tasks that wait for each other: a, b" in refused(
        pipeline.write(tmp_path / "a.yaml")
    )


def nest(content):
    content["components"]["a"] = {"dag": {"tasks": {}}}


def resolve(content):
    content["deploymentSpec"]["executors"]["a"] = {"resolver": {"outputArtifactQueries": {}}}


def exit_handler(content):
    policy = {"strategy": "ALL_UPSTREAM_TASKS_COMPLETED"}
    content["root"]["dag"]["tasks"]["a"]["triggerPolicy"] = policy


def lose_executor(content):
    content["deploymentSpec"]["executors"].clear()


@pytest.mark.parametrize(
    ("change", "what"),
    [
        (nest, "a nested pipeline"),
        (resolve, "a resolver"),
        (exit_handler, "an exit handler"),
        (lose_executor, "an executor that is neither a container nor an importer"),
    ],
    ids=lambda value: getattr(value, "__name__", value),
)
def test_what_the_launcher_does_not_run_is_refused_in_words(pipeline, tmp_path, change, what):
    pipeline.add("a")
    change(pipeline.content)
    said = refused(pipeline.write(tmp_path / "a.yaml"))
    assert f"task a: is {what}, which the local launcher cannot run" in said


def test_a_condition_that_is_not_understood_is_refused(pipeline, tmp_path):
    pipeline.add("a", triggerPolicy={"condition": "has(inputs)"})
    assert "task a: has a condition" in refused(pipeline.write(tmp_path / "a.yaml"))


def test_what_the_cluster_refuses_is_refused(pipeline, tmp_path):
    pipeline.add("gate")
    pipeline.add_importer("schema", "gs://bucket/schema", "tfx.Schema")
    pipeline.content["root"]["dag"]["tasks"]["schema"]["dependentTasks"] = ["gate"]
    said = refused(pipeline.write(tmp_path / "a.yaml"))
    assert f"{tmp_path}/a.yaml: schema: is an Importer that should wait for gate" in said


def test_a_root_under_which_the_cluster_finds_nothing_is_refused(pipeline, tmp_path):
    pipeline.add("gate")
    pipeline.content["defaultPipelineRoot"] = "minio://bucket//taxi"
    said = refused(pipeline.write(tmp_path / "a.yaml"))
    assert "its root must name each folder, without `//`" in said

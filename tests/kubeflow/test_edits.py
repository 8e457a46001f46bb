"""Changes to a compiled spec, one by one."""

import json

import pytest

from skewgate.core.errors import InputError
from skewgate.kubeflow.compile import edits, options, storage
from skewgate.kubeflow.image import command
from skewgate.kubeflow.parameters import Parameter

OURS = list(command.ENTRY)


@pytest.fixture
def spec(pipeline):
    for name in ("Read", "Gate", "Foreign"):
        container = pipeline.add(name)
        container["args"] = [command.INVOCATION, "{{$}}"]
        container["command"] = ["other"] if name == "Foreign" else OURS
    pipeline.add_importer("schema", "/home/me/schema", "tfx.Schema")
    return pipeline.content


def container(spec, name):
    return spec["deploymentSpec"]["executors"][name]["container"]


def test_the_default_of_a_parameter_makes_it_optional(spec):
    spec["root"]["inputDefinitions"] = {"parameters": {"a": {}, "b": {}}}
    edits.set_defaults(spec, [Parameter("a", "STRING", ""), Parameter("b", "STRING")])
    found = spec["root"]["inputDefinitions"]["parameters"]
    assert found == {"a": {"defaultValue": "", "isOptional": True}, "b": {}}


def test_caching_is_said_of_each_task(spec):
    edits.set_caching(spec, True, {"Read"})
    found = {name: task["cachingOptions"] for name, task in edits.tasks(spec).items()}
    on = {"enableCache": True}
    assert found == {"Read": {}, "Gate": on, "Foreign": on, "schema": on}
    edits.set_caching(spec, False, set())
    assert all(task["cachingOptions"] == {} for task in edits.tasks(spec).values())


def test_a_gate_is_never_tried_again(spec):
    policy = options.Retries(count=2, wait=5, factor=3, longest_wait=40)
    edits.set_retries(spec, {"*": policy, "Read": options.Retries(count=1)}, {"Gate"})
    found = {name: task.get("retryPolicy") for name, task in edits.tasks(spec).items()}
    assert found["Foreign"] == {
        "maxRetryCount": 2,
        "backoffDuration": "5s",
        "backoffFactor": 3.0,
        "backoffMaxDuration": "40s",
    }
    assert found["Read"]["maxRetryCount"] == 1
    assert (found["Gate"], found["schema"]) == (None, None)


def test_resources_are_those_of_the_node_else_of_every_node(spec):
    gpu = options.Accelerators(type="NVIDIA_TESLA_T4", count=2)
    wanted = {
        "*": options.Resources(cpu=0.5),
        "Read": options.Resources(memory="2G", accelerators=gpu),
    }
    edits.set_resources(spec, wanted)
    assert container(spec, "Gate")["resources"] == {"cpuLimit": 0.5}
    assert container(spec, "Read")["resources"] == {
        "memoryLimit": 2.0,
        "accelerator": {"type": "NVIDIA_TESLA_T4", "count": "2"},
    }


def test_only_our_entry_point_is_told_its_version_and_mounts(spec):
    edits.set_environment(spec, "1.2.3", "none", None)
    assert {each["name"]: each["value"] for each in container(spec, "Read")["env"]} == {
        "SKEWGATE_MOUNTS": "none",
        "SKEWGATE_SPEC_VERSION": "1.2.3",
    }
    assert "env" not in container(spec, "Foreign")


@pytest.mark.parametrize(
    ("store", "expected"),
    [
        (storage.ObjectStore(), {}),
        (storage.ObjectStore(region="eu-west-1"), {"AWS_REGION": "eu-west-1"}),
        (
            storage.KUBEFLOWS_OWN,
            {"AWS_ENDPOINT_URL_S3": "http://minio-service.kubeflow:9000"},
        ),
    ],
    ids=["amazon", "region", "kubeflow"],
)
def test_our_entry_point_is_told_which_server_to_ask(spec, store, expected):
    edits.set_environment(spec, "1.2.3", "auto", store)
    found = {each["name"]: each["value"] for each in container(spec, "Read")["env"]}
    assert {name: value for name, value in found.items() if name.startswith("AWS_")} == expected


def test_the_driver_runs_before_the_executor_where_there_is_no_hook(spec):
    edits.set_drivers(spec, {"Read", "Foreign"}, hook=False)
    assert container(spec, "Read")["args"] == [command.FILE_DRIVER, command.INVOCATION, "{{$}}"]
    assert container(spec, "Gate")["args"] == [command.INVOCATION, "{{$}}"]
    assert not any("lifecycle" in each for _, each in edits.containers(spec))


def test_the_driver_is_our_entry_point_where_there_is_a_hook(spec):
    container(spec, "Read")["lifecycle"] = {"preCacheCheck": {"command": ["of TFX"]}}
    edits.set_drivers(spec, {"Read"}, hook=True)
    assert container(spec, "Read")["lifecycle"]["preCacheCheck"] == {
        "command": OURS,
        "args": [command.DRIVER_ONLY, command.INVOCATION, "{{$}}"],
    }


def test_json_in_arguments_is_the_same_whatever_protobuf_makes_of_it(spec):
    content = {"b": {"x": 1}, "a": "é"}
    args = container(spec, "Read")["args"]
    args += [command.INPUTS_SPEC, json.dumps(content, indent=4)]
    edits.compact_arguments(spec)
    assert args[-1] == '{"a":"\\u00e9","b":{"x":1}}'


@pytest.mark.parametrize("field", ["never_cached", "resources", "retries"])
def test_an_option_of_a_node_that_is_not_there_is_refused(spec, field):
    content = ["Raed"] if field == "never_cached" else {"Raed": {}}
    how = options.load(
        None, target="kubeflow", image="a:1", pipeline_root="gs://b", **{field: content}
    )
    with pytest.raises(
        InputError, match=f"options: {field}: names the node 'Raed'; the pipeline has"
    ):
        edits.check_names(spec, how)


def test_workers_elsewhere_do_not_see_folders_of_a_pod(spec):
    container(spec, "Read")["args"] += ["--runner=FlinkRunner"]
    with pytest.raises(InputError, match="Read: beam_args: runs on FlinkRunner, whose workers"):
        edits.check_workers(spec, "auto")
    edits.check_workers(spec, "none")


def test_workers_in_the_pod_of_the_task_see_its_folders(spec):
    container(spec, "Read")["args"] += ["--runner=DirectRunner", "--direct_num_workers=4"]
    edits.check_workers(spec, "auto")

"""What a container runs, with executors of a few lines."""

import json
import sys
import types

import pytest
from tfx.dsl.components.base import base_executor
from tfx.types import artifact_utils

import skewgate
from skewgate import object_store
from skewgate.components.tabular_example_gen import executor as tabular
from skewgate.errors import EXIT_INCONCLUSIVE, GateShutError, InputError
from skewgate.kubeflow import entrypoint

SEEN = {}


class Publishes(base_executor.BaseExecutor):
    """Notes what it was given, writes into its output and blesses it."""

    def Do(self, input_dict, output_dict, exec_properties):
        SEEN.update(inputs=input_dict, outputs=output_dict, parameters=exec_properties)
        (model,) = input_dict["model"]
        blessing = artifact_utils.get_single_instance(output_dict["blessing"])
        blessing.set_string_custom_property("current_model", model.uri)
        blessing.set_int_custom_property("current_model_id", model.id)
        blessing.set_int_custom_property("blessed", 1)
        with open(f"{blessing.uri}/BLESSED", "w") as stream:  # no executor makes the folder
            stream.write("written")


class Points(base_executor.BaseExecutor):
    """Lets its output stand for what is elsewhere."""

    def Do(self, input_dict, output_dict, exec_properties):
        output_dict["blessing"][0].uri = f"{input_dict['model'][0].uri}/earlier"


class Shuts(base_executor.BaseExecutor):
    """A gate that is shut."""

    def Do(self, input_dict, output_dict, exec_properties):
        raise GateShutError(f"shut, see {input_dict['model'][0].uri}/report", EXIT_INCONCLUSIVE)


class Refuses(base_executor.BaseExecutor):
    """Bad input, told through a runner that wraps errors."""

    def Do(self, input_dict, output_dict, exec_properties):
        try:
            raise InputError("rows.csv", "is empty", "give another")
        except InputError as error:
            raise RuntimeError("while running") from error


class Breaks(base_executor.BaseExecutor):
    """A defect."""

    def Do(self, input_dict, output_dict, exec_properties):
        raise KeyError("none")


@pytest.fixture
def store(tmp_path, monkeypatch):
    """An object store of Kubeflow that is mounted."""
    here = types.ModuleType("entrypoint_executors")
    for each in (Publishes, Points, Shuts, Refuses, Breaks):
        setattr(here, each.__name__, each)
    monkeypatch.setitem(sys.modules, "entrypoint_executors", here)
    monkeypatch.setenv("SKEWGATE_MOUNTS", f"minio://={tmp_path}/minio")
    (tmp_path / "minio/bucket/model").mkdir(parents=True)
    return tmp_path


def call(store, executor, *more, inputs=None, outputs=None, parameters=None):
    model = {
        "name": "models/7",
        "type": {"schemaTitle": "tfx.Model"},
        "uri": "minio://bucket/model",
    }
    blessing = {"type": {"schemaTitle": "tfx.ModelBlessing"}, "uri": "minio://bucket/blessing"}
    logs = {"type": {"schemaTitle": "system.Artifact"}, "uri": "minio://bucket/logs"}
    given = {
        "inputs": {
            "parameterValues": parameters or {"steps": 3.0, "text": "a"},
            "artifacts": inputs if inputs is not None else {"model": {"artifacts": [model]}},
        },
        "outputs": {
            "outputFile": str(store / "task" / "output.json"),
            "artifacts": {
                **(outputs or {"blessing": {"artifacts": [blessing]}}),
                "executor-logs": {"artifacts": [logs]},
            },
        },
    }
    kinds = {"steps": {"parameterType": "NUMBER_INTEGER"}, "text": {"parameterType": "STRING"}}
    path = executor if "." in executor else f"entrypoint_executors.{executor}"
    return entrypoint.main(
        [
            *more,
            "--executor_class_path",
            path,
            "--json_serialized_invocation_args",
            json.dumps(given),
            "--json_serialized_inputs_spec_args",
            json.dumps({"parameters": kinds}),
            "--runner=DirectRunner",
        ]
    )


def output(store):
    return json.loads((store / "task" / "output.json").read_text())


def test_the_executor_sees_folders_and_the_backend_uris(store):
    assert call(store, "Publishes") == 0
    assert SEEN["parameters"] == {"steps": 3, "text": "a"}
    assert isinstance(SEEN["parameters"]["steps"], int)
    assert SEEN["inputs"]["model"][0].uri == f"{store}/minio/bucket/model"
    assert list(SEEN["outputs"]) == ["blessing"]  # none for logs, whose type TFX cannot import
    (blessing,) = output(store)["artifacts"]["blessing"]["artifacts"]
    assert blessing["uri"] == "minio://bucket/blessing"
    assert blessing["metadata"]["current_model"] == "minio://bucket/model"
    assert (store / "minio/bucket/blessing/BLESSED").read_text() == "written"
    assert [path.name for path in (store / "task").iterdir()] == ["output.json"]


def test_a_blessing_names_its_model_as_vertex_looks_it_up(store):
    call(store, "Publishes")
    (blessing,) = output(store)["artifacts"]["blessing"]["artifacts"]
    assert (blessing["metadata"]["blessed"], blessing["metadata"]["current_model_id"]) == (
        1.0,
        "models/7",
    )


def test_an_output_that_stands_for_an_earlier_one_is_not_moved(store):
    """Kubeflow fails a task whose output is not below the root of its own run."""
    assert call(store, "Points") == 0
    (found,) = output(store)["artifacts"]["blessing"]["artifacts"]
    assert found["uri"] == "minio://bucket/blessing"
    assert found["metadata"]["stands_for"] == "minio://bucket/model/earlier"


def standing_for(uri):
    return {
        "name": "models/7",
        "type": {"schemaTitle": "tfx.Model"},
        "uri": "minio://bucket/run/lookup/model",
        "metadata": {"stands_for": uri},
    }


def test_what_an_input_stands_for_is_brought_from_the_store(store, s3_serving, monkeypatch):
    with s3_serving("bucket") as variables:
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        with object_store.open_object("minio://bucket/earlier/saved/a", "wb") as stream:
            stream.write(b"weights")
        inputs = {"model": {"artifacts": [standing_for("minio://bucket/earlier")]}}
        assert call(store, "Publishes", inputs=inputs) == 0
    assert SEEN["inputs"]["model"][0].uri == f"{store}/minio/bucket/earlier"
    assert (store / "minio/bucket/earlier/saved/a").read_bytes() == b"weights"
    (blessing,) = output(store)["artifacts"]["blessing"]["artifacts"]
    assert blessing["metadata"]["current_model"] == "minio://bucket/earlier"
    assert not SEEN["inputs"]["model"][0].has_custom_property("stands_for")


@pytest.mark.parametrize("server", [False, True])
def test_what_is_gone_is_one_sentence(store, s3_serving, capsys, monkeypatch, server):
    with s3_serving("bucket") as variables:
        for name, value in variables.items():
            monkeypatch.setenv(name, value if server else "")
        inputs = {"model": {"artifacts": [standing_for("minio://bucket/earlier")]}}
        assert call(store, "Publishes", inputs=inputs) == 2
    said = capsys.readouterr().err.splitlines()[-1]
    assert said.startswith("skewgate: minio://bucket/earlier: was left by an earlier run")


def test_a_store_that_does_not_answer_is_one_sentence(store, capsys, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:9")
    inputs = {"model": {"artifacts": [standing_for("minio://bucket/earlier")]}}
    assert call(store, "Publishes", inputs=inputs) == 2
    said = capsys.readouterr().err.splitlines()[-1]
    assert said.startswith(
        "skewgate: minio://bucket/earlier: cannot be reached at http://127.0.0.1"
    )


def test_a_shut_gate_is_one_sentence_with_uris_and_publishes_nothing(store, capsys):
    assert call(store, "Shuts") == EXIT_INCONCLUSIVE
    said = capsys.readouterr().err
    assert said.splitlines()[-1] == "skewgate: shut, see minio://bucket/model/report"
    assert "Traceback" not in said
    assert not (store / "task" / "output.json").exists()


def test_bad_input_is_one_sentence_even_if_a_runner_wraps_it(store, capsys):
    assert call(store, "Refuses") == 2
    said = capsys.readouterr().err
    assert said.splitlines()[-1] == "skewgate: rows.csv: is empty. Fix: give another."


def test_a_defect_is_a_traceback_and_no_verdict(store, capsys):
    assert call(store, "Breaks") == entrypoint.EXIT_CRASH
    assert "KeyError: 'none'" in capsys.readouterr().err


def test_a_spec_of_another_skewgate_is_refused(store, capsys, monkeypatch):
    monkeypatch.setenv("SKEWGATE_SPEC_VERSION", "0.0.9")
    assert call(store, "Publishes") == 2
    assert (
        f"by skewgate 0.0.9, and this image holds {skewgate.__version__}" in capsys.readouterr().err
    )


def read_table(store, *more, config="*.csv"):
    (store / "data").mkdir(exist_ok=True)
    (store / "data" / "rows-3.csv").write_text("fare,tips\n1.5,2\n2.5,3\n")
    name = f"{tabular.__name__}.Executor"
    kind = {"schemaTitle": "tfx.Examples"}
    examples = {"artifacts": [{"name": "e", "type": kind, "uri": "minio://bucket/examples"}]}
    parameters = {
        "input_base": str(store / "data"),
        "input_config": json.dumps({"splits": [{"name": "input", "pattern": config}]}),
        "splits": '{"by": "all"}',
    }
    return call(
        store, name, *more, inputs={}, outputs={"examples": examples}, parameters=parameters
    )


def test_the_driver_finds_the_span_before_the_executor_reads(store):
    assert read_table(store, "--file_driver", config="rows-{SPAN}.csv") == 0
    (found,) = output(store)["artifacts"]["examples"]["artifacts"]
    assert found["uri"] == "minio://bucket/examples"
    assert found["metadata"]["rows_all"] == 2.0
    assert found["metadata"]["custom:span"] == 3.0
    assert found["metadata"]["input_fingerprint"].startswith("split:input,num_files:1")


def test_a_hook_runs_the_driver_alone_and_the_executor_takes_up_what_it_found(store):
    assert read_table(store, "--driver_only", config="rows-{SPAN}.csv") == 0
    driven = output(store)
    assert driven["parameterValues"]["span"] == 3.0
    assert not (store / "minio/bucket/examples").exists()
    (store / "data" / "rows-4.csv").write_text("fare,tips\n1.5,2\n")  # comes too late for this run
    (store / "task" / "output.json").write_text(json.dumps(driven))
    assert read_table(store, "--file_driver", config="rows-{SPAN}.csv") == 0
    (found,) = output(store)["artifacts"]["examples"]["artifacts"]
    assert (found["metadata"]["custom:span"], found["metadata"]["rows_all"]) == (3.0, 2.0)

"""What a container runs, with executors of a few lines."""

import json
import sys
import types

import pytest
from tfx.dsl.components.base import base_executor
from tfx.types import artifact_utils

import skewgate
from skewgate.components.model_pusher import executor as pusher
from skewgate.components.tabular_example_gen import executor as tabular
from skewgate.core.errors import EXIT_INCONCLUSIVE, GateShutError, InputError
from skewgate.kubeflow.image import entrypoint
from skewgate.storage import s3

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


class Joins(base_executor.BaseExecutor):
    """Notes what it was given."""

    def Do(self, input_dict, output_dict, exec_properties):
        SEEN.update(inputs=input_dict)


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
    for each in (Publishes, Joins, Points, Shuts, Refuses, Breaks):
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


def test_an_input_that_joins_several_channels_is_one_input_to_the_executor(store):
    def report(name):
        kind = {"schemaTitle": "skewgate.DriftReport"}
        return {"artifacts": [{"name": name, "type": kind, "uri": f"minio://bucket/{name}"}]}

    inputs = {
        "drift_reports": report("fares"),
        "drift_reports.2": report("tips"),
        "skew_reports": report("skew"),
    }
    assert call(store, "Joins", inputs=inputs) == 0
    found = {key: [each.uri for each in given] for key, given in SEEN["inputs"].items()}
    folder = f"{store}/minio/bucket"
    assert found == {
        "drift_reports": [f"{folder}/fares", f"{folder}/tips"],
        "skew_reports": [f"{folder}/skew"],
    }


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
        with s3.open_object("minio://bucket/earlier/saved/a", "wb") as stream:
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
    assert said.startswith("skewgate: minio://bucket/earlier: was written by an earlier run")


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


def test_a_module_that_everybody_may_write_is_not_imported(store, capsys, monkeypatch):
    module = store / "shared" / "open_trainer.py"
    module.parent.mkdir()
    module.write_text("raise AssertionError('it ran')\n")
    monkeypatch.syspath_prepend(str(module.parent))
    module.parent.chmod(0o777)
    assert call(store, "Publishes", parameters={"run_fn": "open_trainer.run_fn"}) == 2
    said = capsys.readouterr().err.splitlines()[-1]
    assert said.startswith(f"skewgate: {module.parent}: can be written by everybody, and open_tra")


def test_a_module_that_the_image_lacks_is_named_with_what_to_do(store, capsys):
    assert call(store, "Publishes", parameters={"run_fn": "my_trainer.run_fn"}) == 2
    assert capsys.readouterr().err.splitlines()[-1] == (
        "skewgate: parameter: run_fn: my_trainer.run_fn: there is no module my_trainer in this "
        "image. Fix: put the module into the image, in a folder on its PYTHONPATH, as "
        "docs/kubeflow.md says."
    )


def test_a_defect_is_one_sentence_and_no_verdict(store, capsys):
    assert call(store, "Breaks") == 2
    said = capsys.readouterr()
    assert said.err.splitlines()[-1] == (
        "skewgate: stopped by an unexpected error, KeyError: 'none'. Its traceback is "
        "in the log. Fix: please report it."
    )
    assert "Traceback" not in said.err
    assert "Traceback" in said.out


def test_a_spec_of_another_skewgate_is_refused(store, capsys, monkeypatch):
    monkeypatch.setenv("SKEWGATE_SPEC_VERSION", "0.0.9")
    assert call(store, "Publishes") == 2
    assert (
        f"by skewgate 0.0.9, but this image holds {skewgate.__version__}" in capsys.readouterr().err
    )


def read_table(store, *more, config="*.csv", **given):
    (store / "data").mkdir(exist_ok=True)
    (store / "data" / "rows-3.csv").write_text("fare,tips\n1.5,2\n2.5,3\n")
    name = f"{tabular.__name__}.Executor"
    kind = {"schemaTitle": "tfx.Examples"}
    examples = {"artifacts": [{"name": "e", "type": kind, "uri": "minio://bucket/examples"}]}
    parameters = {
        "input_base": str(store / "data"),
        "input_config": json.dumps({"splits": [{"name": "input", "pattern": config}]}),
        "splits": '{"by": "all"}',
        **given,
    }
    if "pattern" in given:
        del parameters["input_config"]
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


CHOSEN = {"pattern": "rows-{SPAN}.csv", "wanted_span": "3"}


def test_a_run_chooses_pattern_and_span(store):
    (store / "data").mkdir()
    (store / "data" / "rows-4.csv").write_text("fare,tips\n1.5,2\n")
    assert read_table(store, "--file_driver", **CHOSEN) == 0
    (found,) = output(store)["artifacts"]["examples"]["artifacts"]
    assert (found["metadata"]["custom:span"], found["metadata"]["rows_all"]) == (3.0, 2.0)
    (store / "task" / "output.json").unlink()
    assert read_table(store, "--file_driver", **CHOSEN | {"wanted_span": ""}) == 0
    (newest,) = output(store)["artifacts"]["examples"]["artifacts"]
    assert (newest["metadata"]["custom:span"], newest["metadata"]["rows_all"]) == (4.0, 1.0)


def test_the_executor_takes_up_the_span_that_the_hook_chose(store):
    assert read_table(store, "--driver_only", **CHOSEN | {"wanted_span": ""}) == 0
    driven = output(store)
    assert driven["parameterValues"]["span"] == 3.0
    (store / "data" / "rows-4.csv").write_text("fare,tips\n1.5,2\n")  # comes too late for this run
    assert read_table(store, "--file_driver", **CHOSEN | {"wanted_span": ""}) == 0
    (found,) = output(store)["artifacts"]["examples"]["artifacts"]
    assert (found["metadata"]["custom:span"], found["metadata"]["rows_all"]) == (3.0, 2.0)


@pytest.mark.parametrize("flag", ["--driver_only", "--file_driver"])
@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"wanted_span": "9"}, "/data/rows-{SPAN}.csv: no file of span 9. Fix: choose one"),
        ({"wanted_span": "x"}, "span: must be a whole number such as 12, got 'x'"),
        ({"pattern": "*.csv"}, "span: is 3, but the pattern '*.csv' has neither {SPAN}"),
        ({"pattern": ""}, "pattern: must name files, but is empty"),
        ({"pattern": "../data/*"}, "pattern: must not leave the data folder"),
    ],
)
def test_a_choice_that_cannot_be_is_one_sentence_before_any_row(store, capsys, flag, given, said):
    assert read_table(store, flag, **CHOSEN | given) == 2
    assert said in capsys.readouterr().err.splitlines()[-1]
    assert not (store / "task" / "output.json").exists()
    assert not (store / "minio/bucket/examples").exists()


def test_a_span_goes_with_the_window_of_a_scheduled_run(store):
    """The files are those of the span, the rows those of the window."""
    window = {"by": "window", "name": "serving", "column": "day", "every": "1d"}
    (store / "data").mkdir()
    (store / "data" / "days-7.csv").write_text("day\n2026-11-23\n2026-11-24\n2026-11-25\n")
    given = {"pattern": "days-{SPAN}.csv", "wanted_span": "7", "splits": json.dumps(window)}
    given["scheduled_time"] = "2026-11-25T06:30:00Z"
    assert read_table(store, "--file_driver", **given) == 0
    (found,) = output(store)["artifacts"]["examples"]["artifacts"]
    assert (found["metadata"]["rows_read"], found["metadata"]["rows_serving"]) == (3.0, 1.0)
    assert found["metadata"]["window"].startswith("2026-11-24T00:00:00")


def test_a_run_chooses_the_folder_that_a_model_is_pushed_to(store, capsys):
    saved = store / "minio/bucket/model/Format-Serving/saved_model.pb"
    saved.parent.mkdir()
    saved.write_text("saved")
    kind = {"schemaTitle": "tfx.PushedModel"}
    pushed = {"artifacts": [{"name": "p", "type": kind, "uri": "minio://bucket/pushed"}]}

    def push(name):
        given = {"serving_root": str(store / "serving"), "model_name": name}
        path = f"{pusher.__name__}.Executor"
        return call(store, path, outputs={"pushed_model": pushed}, parameters=given)

    assert push("bus") == 0
    (version,) = (store / "serving" / "bus").iterdir()
    assert (version / "saved_model.pb").read_text() == "saved"
    (found,) = output(store)["artifacts"]["pushed_model"]["artifacts"]
    assert (found["metadata"]["pushed"], found["uri"]) == (1.0, "minio://bucket/pushed")
    assert found["metadata"]["pushed_destination"] == str(version)
    assert push("../bus") == 2
    assert "skewgate: model name: must be" in capsys.readouterr().err

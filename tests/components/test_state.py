"""StateRecorder leaves what StateLookup finds: the same artifacts, or word that there are none."""

from __future__ import annotations

import json
import pathlib

import pytest
from tfx.types import artifact_utils, standard_artifacts

import skewgate
from skewgate.components.state_lookup import component as lookup_component
from skewgate.components.state_lookup import executor as lookup
from skewgate.components.state_recorder import executor as recorder
from skewgate.components.support import artifact_io, state_folder
from skewgate.core.errors import InputError
from skewgate.storage import s3

SPLITS = ["train", "eval"]


@pytest.fixture
def made(tmp_path):
    """Returns the artifacts of a training run; the statistics hold their split's name."""
    statistics = standard_artifacts.ExampleStatistics()
    statistics.uri = str(tmp_path / "artifacts" / "statistics")
    statistics.split_names = artifact_utils.encode_split_names(SPLITS)
    statistics.set_string_custom_property("rank_error", "0.0005")
    for split in SPLITS:
        folder = pathlib.Path(artifact_utils.get_split_uri([statistics], split))
        folder.mkdir(parents=True)
        (folder / artifact_io.STATISTICS_NAME).write_text(split)
    examples = standard_artifacts.Examples()
    examples.uri = str(tmp_path / "artifacts" / "examples")
    examples.split_names = artifact_utils.encode_split_names(SPLITS)
    examples.set_int_custom_property("rows_train", 7)
    examples.set_string_custom_property("file_format", "tfrecords_gzip")
    model, evaluation = standard_artifacts.Model(), standard_artifacts.ModelEvaluation()
    model.uri, evaluation.uri = (str(tmp_path / "artifacts" / n) for n in ("model", "evaluation"))
    for artifact in (examples, model, evaluation):
        pathlib.Path(artifact.uri).mkdir()
    return {
        "statistics": statistics,
        "examples": examples,
        "model": model,
        "evaluation": evaluation,
    }


@pytest.fixture
def record(tmp_path):
    """Returns a function that runs StateRecorder."""

    def run(artifacts, pipeline="taxi-training", span=0, **model):
        artifacts["statistics"].span = span
        written = skewgate.StateRecord()
        written.uri = str(tmp_path / "artifacts" / "record")
        recorder.Executor().Do(
            {name: [artifact] for name, artifact in artifacts.items()},
            {"record": [written]},
            {"state_root": str(tmp_path / "state"), "pipeline": pipeline, **model},
        )
        return written

    return run


@pytest.fixture
def find(tmp_path):
    """Returns a function that runs StateLookup and gives its outputs."""

    def run(pipeline="taxi-training", required=(), span=0, training="taxi-training", **model):
        outputs = {}
        for name, parameter in lookup_component.StateLookupSpec.OUTPUTS.items():
            outputs[name] = [parameter.type()]
            outputs[name][0].uri = str(tmp_path / "artifacts" / "lookup" / name)
        current = standard_artifacts.Examples()
        current.span = span
        lookup.Executor().Do(
            {"examples": [current]},
            outputs,
            {
                "state_root": str(tmp_path / "state"),
                "training": training,
                "pipeline": pipeline,
                "required": json.dumps(list(required)),
                **model,
            },
        )
        return {name: artifacts[0] for name, artifacts in outputs.items()}

    return run


def statistics_of(artifact, split):
    folder = artifact_utils.get_split_uri([artifact], split)
    return pathlib.Path(folder, artifact_io.STATISTICS_NAME).read_text()


def test_nothing_is_there_before_the_first_run(find):
    found = find()
    assert artifact_io.without_absent({name: [each] for name, each in found.items()}) == {
        name: [] for name in found
    }


def test_what_was_recorded_is_found_where_it_is(made, record, find):
    written = record(made)
    assert written.get_int_custom_property("recorded") == 1
    assert pathlib.Path(written.get_string_custom_property("folder"), "record.json").exists()
    found = find("taxi-monitoring", required=["model", "training_statistics"])
    assert found["model"].uri == made["model"].uri
    assert found["evaluation"].uri == made["evaluation"].uri
    examples = found["training_examples"]
    assert examples.uri == made["examples"].uri
    assert artifact_utils.decode_split_names(examples.split_names) == SPLITS
    assert examples.get_int_custom_property("rows_train") == 7
    assert examples.get_string_custom_property("file_format") == "tfrecords_gzip"
    assert artifact_io.rank_error(found["training_statistics"]) == 0.0005
    assert found["previous_statistics"].has_custom_property("absent")


def test_statistics_outlive_the_artifacts_they_were_copied_from(made, record, find, tmp_path):
    record(made)
    (tmp_path / "artifacts").rename(tmp_path / "gone")
    found = find()
    for split in SPLITS:
        assert statistics_of(found["training_statistics"], split) == split
        assert statistics_of(found["previous_statistics"], split) == split
    assert found["training_examples"].has_custom_property("absent")


def test_the_newest_record_counts(made, record, find, tmp_path):
    record(made)
    newer = standard_artifacts.Model()
    newer.uri = str(tmp_path / "artifacts" / "newer")
    pathlib.Path(newer.uri).mkdir()
    record({**made, "model": newer})
    assert find()["model"].uri == newer.uri


def test_a_late_run_is_compared_with_the_span_before_its_own(made, record, find):
    for span in (3, 5, 6, 4):
        record(dict(made), "taxi-monitoring", span)
    assert find("taxi-monitoring", span=6)["previous_statistics"].span == 5
    assert find("taxi-monitoring", span=5)["previous_statistics"].span == 4
    assert find("taxi-monitoring", span=3)["previous_statistics"].has_custom_property("absent")
    assert find("taxi-monitoring")["previous_statistics"].span == 4  # without spans, the newest


def test_a_model_that_was_not_pushed_leaves_nothing(made, record, find):
    pushed = standard_artifacts.PushedModel()
    pushed.set_int_custom_property("pushed", 0)
    written = record({**made, "pushed_model": pushed})
    assert written.get_int_custom_property("recorded") == 0
    assert find()["model"].has_custom_property("absent")
    pushed.set_int_custom_property("pushed", 1)
    record({**made, "pushed_model": pushed})
    assert find()["model"].uri == made["model"].uri


def test_numbers_that_kubeflow_hands_on_as_floats_stay_whole(made, record, find):
    examples = standard_artifacts.Examples()
    examples.uri, examples.split_names = made["examples"].uri, made["examples"].split_names
    examples.set_json_value_custom_property("rows_train", 7.0)
    record({**made, "examples": examples})
    assert find()["training_examples"].get_int_custom_property("rows_train") == 7


def test_what_kubeflow_notes_of_an_artifact_is_not_kept(made, record, find):
    examples = standard_artifacts.Examples()
    examples.uri, examples.split_names = made["examples"].uri, made["examples"].split_names
    for name in ("display_name", "store_session_info", "window"):
        examples.set_string_custom_property(name, "of the earlier run")
    record({**made, "examples": examples})
    found = find()["training_examples"]
    assert found.get_string_custom_property("window") == "of the earlier run"
    assert not found.has_custom_property("display_name")
    assert not found.has_custom_property("store_session_info")


def test_artifacts_in_a_store_that_is_copied_into_folders_are_looked_for_in_the_store(
    made, record, find, monkeypatch, tmp_path, s3_serving
):
    """Kubeflow hands a task its inputs as folders, which no later task has."""
    monkeypatch.setenv("SKEWGATE_MOUNTS", f"minio://={tmp_path}")
    folder = pathlib.Path(record(made).get_string_custom_property("folder"))
    kept = json.loads((folder / "record.json").read_text())["artifacts"]
    assert kept["model"]["uri"] == "minio://artifacts/model"
    pathlib.Path(made["model"].uri).rmdir()
    with s3_serving("artifacts") as variables:
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        with pytest.raises(InputError, match=r"minio://artifacts/model: .*, and is gone"):
            find("taxi-monitoring", required=["model"])
        with s3.open_object("minio://artifacts/model/saved_model.pb", "wb") as stream:
            stream.write(b"graph")
        found = find("taxi-monitoring", required=["model"])["model"]
    assert found.uri == "minio://artifacts/model"


def test_a_span_that_the_driver_noted_counts(made, record, find):
    """TFX's driver of ExampleGens sets a custom property, and not the span itself."""
    for span in (3, 5):
        made["statistics"].set_int_custom_property("span", span)
        record(dict(made), "taxi-monitoring", 0)
    assert find("taxi-monitoring", span=5)["previous_statistics"].span == 3


def test_models_in_one_state_do_not_see_each_other(made, record, find, tmp_path):
    record(made, "training", model_name="taxi")
    bus = standard_artifacts.Model()
    bus.uri = str(tmp_path / "artifacts" / "bus")
    pathlib.Path(bus.uri).mkdir()
    record({**made, "model": bus}, "training", model_name="bus")
    record(made, "monitoring", span=3, model_name="taxi")
    for name, model in (("taxi", made["model"]), ("bus", bus)):
        found = find("monitoring", training="training", model_name=name)
        assert found["model"].uri == model.uri
    assert found["previous_statistics"].has_custom_property("absent")  # of the bus
    with pytest.raises(InputError, match="tram-training has pushed no model yet"):
        find("monitoring", ["model"], training="training", model_name="tram")


def test_a_model_name_finds_what_was_recorded_under_the_whole_name(made, record, find):
    record(made, "taxi-training")
    found = find("monitoring", training="training", model_name="taxi")
    assert found["model"].uri == made["model"].uri


@pytest.mark.parametrize("name", ["", "..", "a/b", "../taxi"], ids=ascii)
def test_a_model_name_that_is_no_folder_is_refused(made, record, find, name, tmp_path):
    with pytest.raises(InputError, match=r"^model name: must be"):
        record(made, "training", model_name=name)
    with pytest.raises(InputError, match=r"^model name: must be"):
        find("monitoring", training="training", model_name=name)
    with pytest.raises(InputError, match=r"^model name: must be"):
        lookup_component.StateLookup("state", "training", "monitoring", model_name=name)
    assert not (tmp_path / "state").exists()


def test_what_is_required_and_missing_is_one_sentence(made, record, find, tmp_path):
    with pytest.raises(InputError, match=r"taxi-training has pushed no model yet.* run the train"):
        find("taxi-monitoring", required=["model"])
    record(made)
    pathlib.Path(made["model"].uri).rmdir()
    with pytest.raises(InputError, match=r"model: is the model of taxi-training, and is gone"):
        find("taxi-monitoring", required=["model"])


def test_a_broken_record_is_named(made, record, find, tmp_path):
    folder = pathlib.Path(record(made).get_string_custom_property("folder"))
    (folder / "record.json").write_text('{"version": 2}')
    with pytest.raises(InputError, match=r"record\.json: .*version"):
        find()


def test_half_a_record_is_none(made, record, find, tmp_path):
    record(made)
    half = tmp_path / "state" / "taxi-training" / "99990101T000000.000000Z" / "statistics"
    half.mkdir(parents=True)
    assert find()["model"].uri == made["model"].uri
    names = state_folder.names(str(tmp_path / "state"), "taxi-training")
    assert len(list(names)) == 1


def test_a_failed_lookup_never_gives_away_the_folder_of_another_run(made, record, find):
    """TFX deletes the folders of a failed node's outputs, unless they are external."""
    record(made)
    found = find()
    assert all(artifact.is_external for artifact in found.values())


def test_an_unknown_output_cannot_be_required():
    with pytest.raises(ValueError, match="must name outputs"):
        lookup_component.StateLookup("state", "a", "b", required=["modle"])


def records(tmp_path, pipeline="taxi-training"):
    return len(list((tmp_path / "state" / pipeline).glob("*/record.json")))


def test_a_run_that_repeats_the_newest_record_leaves_nothing_new(made, record, tmp_path):
    first, again = record(made), record(made)
    assert records(tmp_path) == 1
    assert again.get_int_custom_property("recorded") == 1
    folder = first.get_string_custom_property("folder")
    assert again.get_string_custom_property("folder") == folder


def another(artifact, tmp_path):
    found = type(artifact)()
    found.uri = str(tmp_path / "artifacts" / "another")
    pathlib.Path(found.uri).mkdir(exist_ok=True)
    return found


@pytest.mark.parametrize("role", ["model", "examples", "evaluation"])
def test_a_run_with_another_artifact_is_recorded(made, record, tmp_path, role):
    record(made)
    record({**made, role: another(made[role], tmp_path)})
    record({name: artifact for name, artifact in made.items() if name != role})
    assert records(tmp_path) == 3


def test_a_run_with_other_statistics_is_recorded(made, record, tmp_path):
    record(made)
    folder = pathlib.Path(artifact_utils.get_split_uri([made["statistics"]], "eval"))
    (folder / artifact_io.STATISTICS_NAME).write_text("evan")
    record(made)
    record(made)
    assert records(tmp_path) == 2


def test_a_model_that_comes_back_after_another_is_recorded_again(made, record, find, tmp_path):
    record(made)
    record({**made, "model": another(made["model"], tmp_path)})
    record(made)
    assert records(tmp_path) == 3
    assert find()["model"].uri == made["model"].uri


def test_an_evaluation_that_asks_the_same_of_the_same_model_is_nothing_new(made, record, tmp_path):
    """A repeated run compares the model with itself, and so makes another evaluation."""
    asked = artifact_io.EVALUATED_PROPERTY
    for uri, text in (("evaluation", "auc"), ("another", "auc"), ("another", "auc, loss")):
        evaluation = standard_artifacts.ModelEvaluation()
        evaluation.uri = str(tmp_path / "artifacts" / uri)
        pathlib.Path(evaluation.uri).mkdir(exist_ok=True)
        evaluation.set_string_custom_property(asked, text)
        record({**made, "evaluation": evaluation})
    assert records(tmp_path) == 2

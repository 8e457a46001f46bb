"""StateRecorder leaves what StateLookup finds: the same artifacts, or word that there are none."""

from __future__ import annotations

import datetime
import itertools
import json
import logging
import pathlib
import re
import shutil

import pytest
from tfx.types import artifact_utils, standard_artifacts

from skewgate.components.state_lookup import component as lookup_component
from skewgate.components.state_recorder import component as recorder_component
from skewgate.components.support import artifact_io, state_reading
from skewgate.core import sealing
from skewgate.core.errors import InputError
from skewgate.storage import s3
from tests import mutations
from tests.components.states import MONITORING, SPLITS, TRAINING, Runs, contents, window


@pytest.fixture
def runs(tmp_path):
    return Runs(tmp_path)


@pytest.fixture
def made(runs):
    """The artifacts of a training run."""
    artifacts = runs.trained()
    artifacts["statistics"].set_string_custom_property("rank_error", "0.0005")
    artifacts["examples"].set_int_custom_property("rows_train", 7)
    artifacts["examples"].set_string_custom_property("file_format", "tfrecords_gzip")
    return artifacts


def is_absent(artifact):
    return artifact.has_custom_property("absent")


def test_nothing_is_there_before_the_first_run(runs):
    found = runs.find()
    assert artifact_io.without_absent({name: [each] for name, each in found.items()}) == {
        name: [] for name in found
    }


def test_what_was_recorded_is_found_where_it_is(made, runs):
    folder = runs.record(made, TRAINING)
    assert pathlib.Path(folder, "record.json").exists()
    found = runs.find(required=("model", "training_statistics"))
    assert found["model"].uri == made["model"].uri
    assert found["evaluation"].uri == made["evaluation"].uri
    examples = found["training_examples"]
    assert examples.uri == made["examples"].uri
    assert artifact_utils.decode_split_names(examples.split_names) == SPLITS
    assert examples.get_int_custom_property("rows_train") == 7
    assert examples.get_string_custom_property("file_format") == "tfrecords_gzip"
    assert artifact_io.rank_error(found["training_statistics"]) == 0.0005
    assert is_absent(found["previous_statistics"])


def test_statistics_outlive_the_artifacts_they_were_copied_from(made, runs):
    runs.record(made, TRAINING)
    shutil.rmtree(made["statistics"].uri)
    found = runs.find(pipeline=TRAINING)
    for split in SPLITS:
        assert contents(found["training_statistics"], split) == f"a{split}"
        assert contents(found["previous_statistics"], split) == f"a{split}"


def test_the_model_that_was_pushed_last_counts(runs):
    """A server serves it, whatever time the rows are from that it was trained on."""
    runs.record(runs.trained("a", window=window(12)), TRAINING)
    late = runs.trained("b", window=window(5))
    runs.record(late, TRAINING)
    assert runs.find(window=window(20))["model"].uri == late["model"].uri


def test_a_run_that_repeats_the_newest_record_leaves_nothing_new(made, runs):
    folder = runs.record(made, TRAINING)
    assert runs.record(made, TRAINING) == folder
    assert len(runs.recorded(TRAINING)) == 1


@pytest.mark.parametrize("role", ["model", "examples", "evaluation"])
def test_a_run_with_another_artifact_is_recorded(made, runs, role):
    runs.record(made, TRAINING)
    runs.record({**made, role: runs.artifact(type(made[role]), "another")}, TRAINING)
    runs.record({name: each for name, each in made.items() if name != role}, TRAINING)
    assert len(runs.recorded(TRAINING)) == 3


def test_a_run_with_other_statistics_is_recorded(made, runs):
    runs.record(made, TRAINING)
    other = {**made, "statistics": runs.statistics("with slices ")}
    other["statistics"].set_string_custom_property("rank_error", "0.0005")
    for _ in range(2):
        runs.record(other, TRAINING)
    assert len(runs.recorded(TRAINING)) == 2


@pytest.mark.parametrize("role", ["statistics", "examples", "model", "evaluation"])
def test_what_holds_nothing_is_not_recorded(made, runs, role, tmp_path):
    (tmp_path / "empty" / "below").mkdir(parents=True)
    empty = type(made[role])()
    empty.uri = str(tmp_path / "empty")
    if role in ("statistics", "examples"):
        empty.split_names = made[role].split_names
    with pytest.raises(InputError, match=f"was connected as {role}, but is empty"):
        runs.record({**made, role: empty}, TRAINING)
    assert runs.recorded(TRAINING) == []


def test_a_model_that_comes_back_after_another_is_recorded_again(made, runs):
    for each in (made, runs.trained("b"), made):
        runs.record(each, TRAINING)
    assert len(runs.recorded(TRAINING)) == 3
    assert runs.find()["model"].uri == made["model"].uri


def test_a_record_comes_after_all_others_whatever_the_clock_says(made, runs):
    first = pathlib.Path(runs.record(made, TRAINING))
    stamp = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(minutes=3)
    first.rename(first.with_name(stamp.strftime("%Y%m%dT%H%M%S.%fZ")))
    newer = runs.trained("newer")
    runs.record(newer, TRAINING)
    assert runs.find()["training_examples"].uri == newer["examples"].uri


@pytest.mark.parametrize("by", ["window", "span"])
def test_a_run_is_compared_with_the_rows_before_its_own(runs, by):
    """Whenever they were recorded: the rows of the sixth were, late, between other days."""
    when = {day: {by: window(day) if by == "window" else day} for day in range(1, 10)}
    for day in (3, 5, 8, 6):
        runs.monitored(f"day {day} ", **when[day])
    assert runs.previous(**when[9]) == "day 8 "
    assert runs.previous(**when[8]) == "day 6 "  # itself was recorded, too
    assert runs.previous(**when[6]) == "day 5 "
    assert runs.previous(**when[3]) is None
    runs.monitored("day 5 again ", **when[5])
    assert runs.previous(**when[6]) == "day 5 again "
    assert runs.previous(**when[5]) == "day 3 "
    assert runs.previous() == "day 5 again "  # rows without a time: the newest run


def test_only_whole_windows_come_before_one(runs):
    """Days that a week overlaps are not before it, nor are rows without a window."""
    runs.monitored("a day ", window=window(4))
    runs.monitored("a day of the week ", window=window(9))
    runs.monitored("no time ")
    week = "2026-11-08T00:00:00Z/2026-11-15T00:00:00Z"
    assert runs.previous(window=week) == "a day "
    assert runs.previous(window=window(1)) is None


def test_a_window_counts_more_than_a_span(runs):
    runs.monitored("a late span ", window=window(4), span=9)
    runs.monitored("an early span ", window=window(5), span=1)
    assert runs.previous(window=window(7), span=5) == "an early span "


def test_a_window_that_is_none_is_refused(runs):
    with pytest.raises(InputError, match=r"^the examples at .*: must have a window such as"):
        runs.find(window="yesterday")


def test_a_model_that_was_not_pushed_leaves_nothing(made, runs):
    pushed = standard_artifacts.PushedModel()
    pushed.set_int_custom_property("pushed", 0)
    assert runs.record({**made, "pushed_model": pushed}, TRAINING) == ""
    assert is_absent(runs.find()["model"])
    pushed.set_int_custom_property("pushed", 1)
    runs.record({**made, "pushed_model": pushed}, TRAINING)
    assert runs.find()["model"].uri == made["model"].uri


def test_numbers_that_kubeflow_hands_on_as_floats_stay_whole(made, runs):
    examples = standard_artifacts.Examples()
    examples.uri, examples.split_names = made["examples"].uri, made["examples"].split_names
    examples.set_json_value_custom_property("rows_train", 7.0)
    runs.record({**made, "examples": examples}, TRAINING)
    assert runs.find()["training_examples"].get_int_custom_property("rows_train") == 7


def test_what_kubeflow_notes_of_an_artifact_is_not_kept(made, runs):
    examples = standard_artifacts.Examples()
    examples.uri, examples.split_names = made["examples"].uri, made["examples"].split_names
    for name in ("display_name", "store_session_info", "window"):
        examples.set_string_custom_property(name, "of the earlier run")
    runs.record({**made, "examples": examples}, TRAINING)
    found = runs.find()["training_examples"]
    assert found.get_string_custom_property("window") == "of the earlier run"
    assert not found.has_custom_property("display_name")
    assert not found.has_custom_property("store_session_info")


def test_artifacts_in_a_store_that_is_copied_into_folders_are_looked_for_in_the_store(
    made, runs, monkeypatch, tmp_path, s3_serving
):
    """Kubeflow hands a task its inputs as folders, which no later task has."""
    monkeypatch.setenv("SKEWGATE_MOUNTS", f"minio://={tmp_path}")
    folder = pathlib.Path(runs.record({**made}, TRAINING))
    kept = json.loads((folder / "record.json").read_text())["artifacts"]
    assert kept["model"]["uri"] == "minio://artifacts/model-a"
    shutil.rmtree(made["model"].uri)
    with s3_serving("artifacts") as variables:
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        with pytest.raises(InputError, match=r"artifacts/model-a: .*, but is gone"):
            runs.find()
        for name, lost in (("content", "has lost 1 of its 2 files"), ("below/content", None)):
            with s3.open_object(f"minio://artifacts/model-a/{name}", "wb") as stream:
                stream.write(b"graph")
            if lost is not None:
                with pytest.raises(InputError, match=lost):
                    runs.find()
        found = runs.find(required=("model",))["model"]
    assert found.uri == "minio://artifacts/model-a"


def test_a_span_that_the_driver_noted_counts(runs):
    """TFX's driver of ExampleGens sets a custom property, and not the span itself."""
    for span in (3, 5):
        statistics = runs.statistics(f"span {span} ")
        statistics.set_int_custom_property("span", span)
        runs.record({"statistics": statistics})
    assert runs.previous(span=5) == "span 3 "


def test_models_in_one_state_do_not_see_each_other(made, runs):
    runs.record(made, "training", model_name="taxi")
    bus = runs.trained("bus")
    runs.record(bus, "training", model_name="bus")
    runs.record(made, "monitoring", model_name="taxi")
    for name, model in (("taxi", made["model"]), ("bus", bus["model"])):
        found = runs.find(pipeline="monitoring", training="training", model_name=name)
        assert found["model"].uri == model.uri
    assert is_absent(found["previous_statistics"])  # of the bus
    with pytest.raises(InputError, match="tram-training has not pushed a model yet"):
        runs.find(training="training", required=("model",), model_name="tram")


def test_a_model_name_finds_what_was_recorded_under_the_whole_name(made, runs):
    runs.record(made, TRAINING)
    found = runs.find(pipeline="monitoring", training="training", model_name="taxi")
    assert found["model"].uri == made["model"].uri


@pytest.mark.parametrize("name", ["", "..", "a/b", "../taxi"], ids=ascii)
def test_a_model_name_that_is_no_folder_is_refused(made, runs, name, tmp_path):
    with pytest.raises(InputError, match=r"^model name: must be"):
        runs.record(made, "training", model_name=name)
    with pytest.raises(InputError, match=r"^model name: must be"):
        runs.find(pipeline="monitoring", training="training", model_name=name)
    with pytest.raises(InputError, match=r"^model name: must be"):
        lookup_component.StateLookup("state", "training", "monitoring", model_name=name)
    with pytest.raises(InputError, match=r"^model name: must be"):
        recorder_component.StateRecorder("state", "training", None, model_name=name)
    assert not (tmp_path / "state").exists()


def test_what_is_required_and_was_never_recorded_is_one_sentence(runs):
    with pytest.raises(InputError, match=r"taxi-training has not pushed a model yet.* run the t"):
        runs.find(required=("model",))
    with pytest.raises(InputError, match=r"taxi-monitoring has not recorded any earlier rows"):
        runs.find(required=("previous_statistics",), span=3)


@pytest.mark.parametrize(
    ("output", "role"),
    [
        ("model", "model"),
        ("training_statistics", "statistics"),
        ("training_examples", "examples"),
        ("evaluation", "evaluation"),
    ],
)
def test_what_a_record_names_and_is_gone_is_an_error_whoever_may_do_without_it(
    made, runs, output, role
):
    """A policy may allow that there never was any, and not that it was deleted."""
    folder = runs.record(made, TRAINING)
    uri = pathlib.Path(folder, "statistics") if role == "statistics" else made[role].uri
    shutil.rmtree(uri)
    with pytest.raises(InputError) as raised:
        runs.find()
    assert str(raised.value) == (
        f"{uri}: is the {output} of taxi-training, but is gone. Fix: put it back, or delete the "
        f"record {folder}, so that the one before it is used."
    )
    shutil.rmtree(folder)
    assert is_absent(runs.find()[output])


def test_what_has_lost_a_file_is_gone_too(made, runs):
    passing = pathlib.Path(made["model"].uri, ".nfs0001")
    passing.touch()
    runs.record(made, TRAINING)
    passing.unlink()
    assert not is_absent(runs.find()["model"])
    pathlib.Path(made["model"].uri, "below", "content").unlink()
    with pytest.raises(InputError, match=r"model-a: .* but has lost 1 of its 2 files"):
        runs.find()


def test_the_statistics_before_are_missed_only_where_they_are_meant(runs):
    runs.monitored("day 3 ", window=window(3))
    folder = runs.monitored("day 4 ", window=window(4))
    shutil.rmtree(pathlib.Path(folder, "statistics", "Split-eval"))
    assert runs.previous(window=window(4)) == "day 3 "
    with pytest.raises(InputError, match=r"previous_statistics of taxi-monitoring, but has lost"):
        runs.find(window=window(5))


FULL_WIDTH = "\uff12\uff10\uff12\uff16"
"""2026 in digits that are none of ASCII."""


def renamed(to):
    """Returns what moves a record into another folder; `to` may use its stamp."""

    def spoil(folder):
        folder.rename(folder.with_name(to.format(folder.name, year=folder.name[4:])))

    return spoil


def edited(change):
    """Returns what changes the file of a record."""

    def spoil(folder):
        path = folder / "record.json"
        path.write_bytes(change(path.read_bytes()))

    return spoil


def resealed(change):
    """Returns what writes another record in the place of one."""

    def changed(content):
        record = sealing.unseal_json(json.loads(content), "record.json", "")
        record = json.loads(change(json.dumps(record)))
        return json.dumps(sealing.seal_json(record)).encode()

    return edited(changed)


@pytest.mark.parametrize(
    ("spoil", "problem"),
    [
        (renamed("backup-{}"), "backup-.*: is not a record: its name is not a time"),
        (renamed("20261131T000000.000000Z"), "1131T.*: is not a record: its name is not a time"),
        (renamed(f"{FULL_WIDTH}{{year}}"), f"{FULL_WIDTH}.*: is not a record: its name is not"),
        (renamed("2099{year}"), "2099.*: is stamped 2099-.*, which is in the future"),
        (edited(lambda _: b""), "record.json: is empty"),
        (edited(lambda _: bytes(512)), "record.json: is empty"),
        (edited(lambda _: b"[]"), "record.json: is not a JSON object"),
        (resealed(lambda content: content.replace(": 2,", ": 3,", 1)), "record.json: version: "),
        (
            resealed(lambda content: content.replace("taxi-", "bus-", 1)),
            "record.json: is a record of bus-monitoring, not of taxi-monitoring",
        ),
        (
            resealed(lambda content: content.replace('"statistics":', '"other":')),
            "record.json: names no statistics",
        ),
        (
            resealed(lambda content: content.replace("Z/", "Z-")),
            "record.json: must have a window such as",
        ),
    ],
    ids=[
        "backup",
        "no date",
        "other digits",
        "future",
        "empty",
        "nulls",
        "a list",
        "another version",
        "another pipeline",
        "no statistics",
        "no window",
    ],
)
def test_what_is_no_record_neither_wins_nor_stops_a_run_and_is_named(runs, caplog, spoil, problem):
    runs.monitored("day 3 ", window=window(3))
    spoil(pathlib.Path(runs.monitored("day 4 ", window=window(4))))
    for when in ({"window": window(8)}, {}):
        caplog.clear()
        with caplog.at_level(logging.WARNING):
            assert runs.previous(**when) == "day 3 "
        assert re.search(f"skipped as a record of taxi-monitoring: .*{problem}", caplog.text)
    with pytest.raises(InputError, match=f"{problem}.*, and no other record of taxi-monitoring"):
        runs.find(window=window(3))  # that it never was is more than can be known


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (lambda content: content[:200], "is not JSON"),
        (lambda content: b"\xff" + content, "is not JSON"),
        (lambda content: content[:-1] + b"\x7f", "is not JSON"),
        (lambda content: content.replace(b"monitoring", b"monitorinf", 1), "its checksum does not"),
        (lambda content: content.replace(b"2026-11-04", b"2026-11-05"), "its checksum does not"),
        (lambda content: content.replace(b": 2,", b": 3,"), "its checksum does not"),
        (lambda content: content.replace(b"checksum", b"chacksum"), "has lost its checksum"),
    ],
    ids=["cut off", "bytes", "its end", "pipeline", "window", "version", "the seal"],
)
def test_a_record_that_was_damaged_stops_every_run_that_comes_across_it(runs, change, problem):
    """It may be the one that is meant: an older one would be compared with in its place."""
    runs.monitored("day 3 ", window=window(3))
    folder = pathlib.Path(runs.monitored("day 4 ", window=window(4)))
    edited(change)(folder)
    sentence = (
        rf"^{folder}/record\.json: {problem}.* Fix: move its folder out of the state, or dele"
    )
    for when in ({"window": window(8)}, {"window": window(4)}, {}):
        with pytest.raises(InputError, match=sentence):
            runs.find(**when)
    runs.monitored("day 5 ", window=window(5))  # what only records goes on
    assert len(runs.recorded(MONITORING)) == 3
    shutil.rmtree(folder)
    assert runs.previous(window=window(8)) == "day 5 "


def test_a_damaged_record_is_not_read_where_a_newer_one_answers(made, runs):
    folder = pathlib.Path(runs.record(made, TRAINING))
    newer = runs.trained("b")
    runs.record(newer, TRAINING)
    edited(lambda content: content[:-1])(folder)
    assert runs.find()["model"].uri == newer["model"].uri


def test_no_change_of_one_bit_makes_another_record(runs):
    folder = pathlib.Path(runs.monitored("day 4 ", window=window(4)))
    path = folder / "record.json"
    written = path.read_bytes()
    whole = state_reading.State(runs.root, MONITORING).fingerprint()
    for changed in itertools.islice(mutations.flips(written), 0, None, 11):
        path.write_bytes(changed)
        state = state_reading.State(runs.root, MONITORING)
        try:
            assert state.last() is not None
        except InputError:
            continue
        assert state.fingerprint() == whole


def test_a_record_of_an_earlier_version_has_no_seal_and_is_believed(made, runs):
    path = pathlib.Path(runs.record(made, TRAINING), "record.json")
    record = sealing.unseal_json(json.loads(path.read_bytes()), "record.json", "")
    path.write_text(json.dumps({**record, "version": 1}))
    assert runs.find()["model"].uri == made["model"].uri


def test_copied_statistics_have_a_seal_even_if_tfdv_wrote_them_without(made, runs):
    assert not sealing.is_sealed(statistics_of(made["statistics"]))
    runs.record(made, TRAINING)
    copied = statistics_of(runs.find()["training_statistics"])
    assert copied == sealing.seal(statistics_of(made["statistics"]))
    path = pathlib.Path(artifact_io.statistics_path(made["statistics"], SPLITS[0]))
    path.write_bytes(copied)
    other = {**made, "model": runs.artifact(type(made["model"]), "another")}
    runs.record(other, TRAINING)
    assert statistics_of(runs.find()["training_statistics"]) == copied


def test_damaged_statistics_are_not_recorded(made, runs):
    path = pathlib.Path(artifact_io.statistics_path(made["statistics"], SPLITS[0]))
    path.write_bytes(sealing.seal(path.read_bytes()).replace(b"atrain", b"btrain"))
    with pytest.raises(InputError, match=r"FeatureStats\.pb: its checksum does not match"):
        runs.record(made, TRAINING)
    assert runs.recorded(TRAINING) == []


def test_a_run_that_repeats_a_record_whose_statistics_are_damaged_is_recorded_again(made, runs):
    folder = pathlib.Path(runs.record(made, TRAINING))
    path = folder / "statistics" / "Split-train" / "FeatureStats.pb"
    path.write_bytes(path.read_bytes().replace(b"atrain", b"btrain"))
    assert pathlib.Path(runs.record(made, TRAINING)) > folder
    assert contents(runs.find()["training_statistics"]) == "atrain"


def statistics_of(artifact):
    """Returns the file of the first split."""
    return artifact_io.read_bytes(artifact_io.statistics_path(artifact, SPLITS[0]))


def test_a_model_is_not_the_first_where_its_record_cannot_be_read(made, runs):
    folder = pathlib.Path(runs.record(made, TRAINING))
    edited(lambda _: b"")(folder)
    with pytest.raises(InputError, match=r"record\.json: is empty, and no other record of taxi-t"):
        runs.find()
    assert pathlib.Path(runs.record(made, TRAINING)) > folder  # which is no reason not to record
    assert runs.find()["model"].uri == made["model"].uri


def test_half_a_record_is_none(made, runs):
    folder = pathlib.Path(runs.record(made, TRAINING))
    for half in ("99990101T000000.000000Z", f"{folder.name[:-7]}999999Z", "backup"):
        folder.with_name(half).joinpath("statistics").mkdir(parents=True)
    (folder.parent / "notes.txt").write_text("not a record")
    assert runs.find()["model"].uri == made["model"].uri


def test_what_a_run_may_find_has_a_fingerprint(made, runs):
    """By it TFX's cache is asked, which must not answer for what is not there any more."""

    def fingerprint():
        return state_reading.State(runs.root, TRAINING).fingerprint()

    seen = [fingerprint()]
    first = pathlib.Path(runs.record(made, TRAINING))
    seen.append(fingerprint())
    assert fingerprint() == seen[-1]
    runs.record(runs.trained("b"), TRAINING)
    seen.append(fingerprint())
    shutil.rmtree(made["model"].uri)  # of which no run asks any more
    assert fingerprint() == seen[-1]
    shutil.rmtree(first / "statistics")
    seen.append(fingerprint())
    pathlib.Path(runs.folder, "artifacts", "model-b", "content").unlink()
    seen.append(fingerprint())
    edited(lambda _: b"")(first)
    seen.append(fingerprint())
    assert len(set(seen)) == len(seen) == 6


@pytest.mark.parametrize("s3_base", ["minio"], indirect=True)
def test_a_state_in_an_object_store_is_read_by_the_same_rules(runs, made, s3_base):
    runs.root = f"{s3_base}/state"
    runs.record(made, TRAINING)
    for day in (3, 5, 4):
        folder = runs.monitored(f"day {day} ", window=window(day))
    record = artifact_io.read_bytes(f"{folder}/record.json")
    for name, content in (
        ("backup-of-day-4", record),
        ("20990101T000000.000000Z", record),
        ("20200101T000000.000000Z", b""),
    ):
        artifact_io.write_bytes(f"{runs.root}/{MONITORING}/{name}/record.json", content)
    assert runs.find(window=window(9))["model"].uri == made["model"].uri
    assert [runs.previous(window=window(day)) for day in (4, 6)] == ["day 3 ", "day 5 "]
    with pytest.raises(InputError, match="and no other record of taxi-monitoring can be used"):
        runs.find(window=window(3))
    s3.remove_folder(f"{folder}/statistics/Split-eval")
    with pytest.raises(InputError, match=r"of taxi-monitoring, but has lost 1 of its 2 files"):
        runs.find(window=window(5))


def test_a_failed_lookup_never_gives_away_the_folder_of_another_run(made, runs):
    """TFX deletes the folders of a failed node's outputs, unless they are external."""
    runs.record(made, TRAINING)
    found = runs.find(pipeline=TRAINING)
    assert all(artifact.is_external for artifact in found.values())


def test_an_unknown_output_cannot_be_required():
    with pytest.raises(ValueError, match="must name outputs"):
        lookup_component.StateLookup("state", "a", "b", required=["modle"])


def test_an_evaluation_that_asks_the_same_of_the_same_model_is_nothing_new(made, runs):
    """A repeated run compares the model with itself, and so makes another evaluation."""
    folders = []
    for name, asked in (("evaluation", "auc"), ("another", "auc"), ("another", "auc, loss")):
        evaluation = runs.artifact(standard_artifacts.ModelEvaluation, name)
        evaluation.set_string_custom_property(artifact_io.EVALUATED_PROPERTY, asked)
        folders.append(runs.record({**made, "evaluation": evaluation}, TRAINING))
    assert folders[0] == folders[1] != folders[2]

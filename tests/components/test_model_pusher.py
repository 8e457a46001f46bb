"""ModelPusher pushes as TFX's Pusher does, into a folder of the model's name."""

from __future__ import annotations

import errno
import os
import pathlib
import shutil

import pytest
from tfx.dsl.io import fileio
from tfx.types import channel, standard_artifacts
from tfx.utils import io_utils

from skewgate.components.model_pusher import executor
from skewgate.components.model_pusher.component import ModelPusher
from skewgate.components.support import serving_folder
from skewgate.core.errors import InputError
from skewgate.storage import model_names, s3


@pytest.fixture
def push(tmp_path):
    """Returns a function that runs ModelPusher and gives what it published."""

    def run(blessed=1, content="saved", **parameters):
        model, blessing, pushed = (
            standard_artifacts.Model(),
            standard_artifacts.ModelBlessing(),
            standard_artifacts.PushedModel(),
        )
        model.uri, pushed.uri = str(tmp_path / "model"), str(tmp_path / "pushed")
        saved = tmp_path / "model" / "Format-Serving" / "saved_model.pb"
        saved.parent.mkdir(parents=True, exist_ok=True)
        saved.write_text(content)
        blessing.uri = str(tmp_path / "blessing")
        pathlib.Path(blessing.uri).mkdir(exist_ok=True)
        blessing.set_int_custom_property("blessed", blessed)
        executor.Executor().Do(
            {"model": [model], "model_blessing": [blessing]},
            {"pushed_model": [pushed]},
            {"serving_root": str(tmp_path / "serving"), **parameters},
        )
        return pushed

    return run


def test_a_model_goes_into_the_folder_of_its_name(push, tmp_path):
    pushed = push(model_name="taxi-2")
    (version,) = (tmp_path / "serving" / "taxi-2").iterdir()
    assert (version / "saved_model.pb").read_text() == "saved"
    assert pushed.get_int_custom_property("pushed") == 1
    assert pushed.get_string_custom_property("pushed_destination") == str(version)
    assert pathlib.Path(pushed.uri, "saved_model.pb").exists()


def test_without_a_name_versions_go_right_below_the_root(push, tmp_path):
    push()
    (version,) = (tmp_path / "serving").iterdir()
    assert (version / "saved_model.pb").exists()


def test_a_model_that_is_not_blessed_is_not_pushed(push, tmp_path):
    pushed = push(blessed=0, model_name="taxi")
    assert pushed.get_int_custom_property("pushed") == 0
    assert not (tmp_path / "serving").exists()


def serve(folder, version, content="saved"):
    saved = folder / version / "saved_model.pb"
    saved.parent.mkdir(parents=True)
    saved.write_text(content)


@pytest.mark.parametrize("name", [None, "taxi"])
def test_a_model_that_is_the_newest_version_already_is_not_pushed_again(push, tmp_path, name):
    folder = tmp_path / "serving" / (name or "")
    serve(folder, "9", "other")
    serve(folder, "10")
    (folder / "notes").mkdir()
    pushed = push(model_name=name)
    assert sorted(each.name for each in folder.iterdir()) == ["10", "9", "notes"]
    assert pushed.get_int_custom_property("pushed") == 1
    assert pushed.get_string_custom_property("pushed_destination") == str(folder / "10")
    assert pushed.get_string_custom_property("pushed_version") == "10"
    assert pathlib.Path(pushed.uri, "saved_model.pb").read_text() == "saved"


DIFFERENT = {"shorter": "save", "of equal length": "sawed", "longer": "saved too"}


@pytest.mark.parametrize("served", DIFFERENT.values(), ids=DIFFERENT.keys())
def test_a_model_is_pushed_if_the_newest_version_is_another(push, tmp_path, served):
    serve(tmp_path / "serving", "9")
    serve(tmp_path / "serving", "10", served)
    version = push().get_string_custom_property("pushed_version")
    assert version not in ("9", "10")
    assert (tmp_path / "serving" / version / "saved_model.pb").read_text() == "saved"


def test_half_a_model_is_no_version_that_stands_for_it(push, tmp_path):
    (tmp_path / "serving" / "10" / "variables").mkdir(parents=True)
    assert push().get_string_custom_property("pushed_version") != "10"


def test_a_model_without_a_file_is_refused(tmp_path):
    model, pushed = standard_artifacts.Model(), standard_artifacts.PushedModel()
    model.uri, pushed.uri = str(tmp_path / "model"), str(tmp_path / "pushed")
    (tmp_path / "model" / "Format-Serving" / "variables").mkdir(parents=True)
    with pytest.raises(InputError, match="was connected as model, but is empty"):
        executor.Executor().Do(
            {"model": [model]},
            {"pushed_model": [pushed]},
            {"serving_root": str(tmp_path / "serving")},
        )
    assert not (tmp_path / "serving").exists()


def test_a_model_that_is_not_blessed_is_not_said_to_be_pushed_though_it_is_served(push, tmp_path):
    serve(tmp_path / "serving", "10")
    assert push(blessed=0).get_int_custom_property("pushed") == 0


class Killed(BaseException):
    """Stands for a signal that no code survives."""


@pytest.mark.parametrize("files", [1, 2, 3])
def test_a_push_that_is_killed_leaves_no_version(push, tmp_path, monkeypatch, files):
    push(model_name="taxi")
    (before,) = (tmp_path / "serving" / "taxi").iterdir()
    model = tmp_path / "model" / "Format-Serving"
    (model / "variables").mkdir()
    (model / "variables" / "index").write_text("weights")
    (model / "fingerprint.pb").write_text("1")
    copied = []

    def copy(source, target, overwrite=False):
        if "serving/taxi" in target:
            copied.append(target)
            if len(copied) == files:
                raise Killed
        shutil.copyfile(source, target)

    with monkeypatch.context() as patch:
        patch.setattr(fileio, "copy", copy)
        patch.setattr(shutil, "rmtree", lambda *_, **__: None)  # nothing cleans up after it
        with pytest.raises(Killed):
            push(model_name="taxi")
    names = [path.name for path in (tmp_path / "serving" / "taxi").iterdir()]
    assert [name for name in names if not name.startswith(".")] == [before.name]
    push(model_name="taxi")
    newest = max((tmp_path / "serving" / "taxi").glob("[0-9]*"), key=lambda path: int(path.name))
    assert (newest / "variables" / "index").read_text() == "weights"


@pytest.mark.parametrize(
    ("there", "expected"),
    [(["4102444800"], "4102444801"), ([], None), (["x", "²", "9" * 30], None)],
)
def test_a_version_is_newer_than_all_that_are_there(push, tmp_path, monkeypatch, there, expected):
    monkeypatch.setattr(serving_folder.time, "time", lambda: 1795609200.9)
    for name in there:
        (tmp_path / "serving" / name).mkdir(parents=True)
    first, second = push(content="a"), push(content="b")
    versions = [each.get_string_custom_property("pushed_version") for each in (first, second)]
    assert versions[0] == (expected or "1795609200")
    assert int(versions[1]) == int(versions[0]) + 1
    assert first.get_string_custom_property("pushed_destination").endswith(versions[0])


def test_a_number_that_another_process_has_taken_meanwhile_is_not_its_own(
    push, tmp_path, monkeypatch
):
    monkeypatch.setattr(serving_folder.time, "time", lambda: 1795609200)
    rename = os.rename

    def slow(source, target):
        monkeypatch.setattr(os, "rename", rename)
        os.makedirs(os.path.join(target, "of another"))
        rename(source, target)

    monkeypatch.setattr(os, "rename", slow)
    assert push().get_string_custom_property("pushed_version") == "1795609201"
    assert os.listdir(tmp_path / "serving" / "1795609200") == ["of another"]


def test_on_an_object_store_what_makes_it_a_model_comes_last(s3_base, tmp_path, monkeypatch):
    (tmp_path / "variables").mkdir()
    for name in ("saved_model.pb", "variables/index", "zz"):
        (tmp_path / name).write_text(name)
    order = []
    original = io_utils.copy_file

    def copy(source, target, overwrite=False):
        order.append(os.path.relpath(source, tmp_path))
        original(source, target, overwrite)

    monkeypatch.setattr(io_utils, "copy_file", copy)
    place, version = serving_folder.publish(str(tmp_path), f"{s3_base}/serving")
    assert place == f"{s3_base}/serving/{version}"
    assert order == ["variables/index", "zz", "saved_model.pb"]
    assert sorted(s3.below_folder(place)) == ["saved_model.pb", "variables/index", "zz"]

    def fail(source, target, overwrite=False):
        if source.endswith("zz"):
            raise OSError("the disk is gone")
        original(source, target, overwrite)

    monkeypatch.setattr(io_utils, "copy_file", fail)
    with pytest.raises(OSError, match="the disk is gone"):
        serving_folder.publish(str(tmp_path), f"{s3_base}/serving")
    assert s3.children(f"{s3_base}/serving") == ([version], [])


def test_where_folders_cannot_be_renamed_the_files_come_in_order(push, tmp_path, monkeypatch):
    def refuse(source, target):
        raise OSError(errno.EMFILE, "too many objects")

    monkeypatch.setattr(os, "rename", refuse)
    push()
    (version,) = (tmp_path / "serving").iterdir()
    assert (version / "saved_model.pb").read_text() == "saved"


NO_FOLDERS = ["", ".", "..", ".hidden", "a/b", "/a", "../a", "a b", "a\n", "-a", "ä", "a" * 101]


@pytest.mark.parametrize("name", NO_FOLDERS, ids=ascii)
def test_a_name_that_is_no_plain_folder_is_refused(push, tmp_path, name):
    with pytest.raises(InputError, match=r"^model name: must be up to 100 letters"):
        push(model_name=name)
    assert not (tmp_path / "serving").exists()
    model = channel.Channel(type=standard_artifacts.Model)
    with pytest.raises(InputError, match=r"^model name: "):
        ModelPusher(model=model, serving_root="serving", model_name=name)


@pytest.mark.parametrize("name", ["taxi", "Taxi_2.1", "7", "a" * 100])
def test_a_plain_name_is_taken(name):
    assert model_names.check(name) == name
    assert model_names.pipeline_of(name, "training") == f"{name}-training"


def test_a_pipeline_may_have_its_whole_name():
    assert model_names.pipeline_of(None, "taxi-training") == "taxi-training"

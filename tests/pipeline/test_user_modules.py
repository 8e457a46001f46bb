from __future__ import annotations

import importlib
import sys

import pytest

from skewgate.pipeline import user_modules


@pytest.fixture
def project(tmp_path):
    def write(name, value):
        folder = tmp_path / name
        (folder / "my_package").mkdir(parents=True)
        (folder / "my_trainer.py").write_text("import my_features\nVALUE = my_features.VALUE\n")
        (folder / "my_features.py").write_text(f"VALUE = {value!r}\n")
        (folder / "my_package" / "__init__.py").write_text(f"VALUE = {value!r}\n")
        return folder / "pipeline.yaml"

    return write


def imported(name):
    return importlib.import_module(name).VALUE


def test_each_pipeline_has_the_modules_beside_it_and_their_siblings(project):
    before = list(sys.path)
    for value in ("first", "second"):
        with user_modules.beside(project(value, value)):
            assert imported("my_trainer") == value
            assert imported("my_package") == value
        assert not {"my_trainer", "my_features", "my_package"} & set(sys.modules)
    assert sys.path == before


def test_modules_beside_the_settings_count_before_those_of_other_folders(project, monkeypatch):
    monkeypatch.syspath_prepend(str(project("elsewhere", "elsewhere").parent))
    with user_modules.beside(project("beside", "beside")):
        assert imported("my_trainer") == "beside"


def test_what_was_imported_before_or_lies_elsewhere_stays(project, monkeypatch, tmp_path):
    path = project("known", "known")
    (path.parent / ".venv").mkdir()
    (path.parent / ".venv" / "my_installed.py").write_text("VALUE = 1\n")
    monkeypatch.syspath_prepend(str(path.parent / ".venv"))
    for name in ("my_features", "my_installed"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    with user_modules.beside(path):
        assert imported("my_installed") == 1
    assert "my_installed" in sys.modules
    monkeypatch.delitem(sys.modules, "my_installed")


def test_the_path_is_as_before_after_an_error(project):
    before = list(sys.path)
    with pytest.raises(ValueError, match="broken"), user_modules.beside(project("a", 1)):
        raise ValueError("broken")
    assert sys.path == before


def test_a_folder_in_which_everybody_may_write_is_left_out(project):
    path = project("open", 1)
    path.parent.chmod(0o777)
    with user_modules.beside(path), pytest.raises(ImportError):
        imported("my_trainer")


def test_the_folder_of_a_link_is_that_of_the_file(project, tmp_path):
    path = project("real", "real")
    path.write_text("")
    link = tmp_path / "link.yaml"
    link.symlink_to(path)
    with user_modules.beside(link):
        assert imported("my_trainer") == "real"

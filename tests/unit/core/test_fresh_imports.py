from __future__ import annotations

import importlib
import os
import subprocess
import sys

import pytest

from skewgate.core import fresh_imports
from skewgate.core.errors import InputError


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A package whose trainer takes a weight from a module; returns what writes that module."""
    monkeypatch.syspath_prepend(str(tmp_path))
    package = tmp_path / "fresh_project"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "trainer.py").write_text("from fresh_project.model import WEIGHT\n")

    def write(weight):
        path = package / "model.py"
        path.write_text(f"WEIGHT = {weight}\n")
        os.utime(path, (1_700_000_000, 1_700_000_000))

    write(1)
    yield write
    for name in [each for each in sys.modules if each.startswith("fresh_project")]:
        del sys.modules[name]


def weight():
    fresh_imports.prepare(["fresh_project.trainer"])
    return importlib.import_module("fresh_project.trainer").WEIGHT


def test_a_module_that_changed_is_imported_as_it_is_now(project):
    assert weight() == 1
    module = sys.modules["fresh_project.trainer"]
    assert weight() == 1
    assert sys.modules["fresh_project.trainer"] is module
    project(2)
    assert weight() == 2


def test_bytecode_of_a_source_of_equal_size_and_time_is_not_taken(project, tmp_path):
    script = "from fresh_project.trainer import WEIGHT; print(WEIGHT)"
    command = [sys.executable, "-c", script]
    environment = {**os.environ, "PYTHONPATH": str(tmp_path), "PYTHONDONTWRITEBYTECODE": ""}

    def seen():
        return subprocess.check_output(command, env=environment, text=True).strip()

    assert seen() == "1"
    project(2)
    assert seen() == "1"  # what Python does
    fresh_imports.prepare(["fresh_project.trainer"])
    assert seen() == "2"
    kept = sorted(tmp_path.glob("fresh_project/__pycache__/*.pyc"))
    fresh_imports.prepare(["fresh_project.trainer"])
    assert sorted(tmp_path.glob("fresh_project/__pycache__/*.pyc")) == kept


def test_what_cannot_be_found_or_parsed_is_left_to_who_imports_it(project, tmp_path):
    (tmp_path / "fresh_project" / "trainer.py").write_text("def (:\n")
    fresh_imports.prepare(["fresh_project.trainer", "nowhere"])
    with pytest.raises(SyntaxError):
        importlib.import_module("fresh_project.trainer")


def test_a_module_that_everybody_may_write_is_refused(project, tmp_path):
    (tmp_path / "fresh_project").chmod(0o777)
    with pytest.raises(InputError, match=r"fresh_project: can be written by everybody, and .* run"):
        fresh_imports.prepare(["fresh_project.trainer"])


def test_a_module_that_another_imports_counts_as_well(project, tmp_path):
    (tmp_path / "fresh_project" / "model.py").chmod(0o666)
    with pytest.raises(InputError, match=r"model.py: can be written by everybody"):
        fresh_imports.prepare(["fresh_project.trainer"])

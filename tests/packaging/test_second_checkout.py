"""A second checkout imports wholly from itself, whatever checkout the environment has installed."""

from __future__ import annotations

import json
import pathlib
import subprocess
import sys

import pytest

from tests import architecture, checkouts

TESTS = """
import importlib.util, os, pathlib, subprocess, sys
import skewgate.core.errors, skewgate.kubeflow.parameters, skewgate.schemas

ROOT = pathlib.Path(__file__).parents[2]
CODE = "import os, sys, {0}; print(os.path.realpath(sys.modules['{0}'].__file__))"
FIND = "import importlib.util; print(importlib.util.find_spec('{0}'))"


def test_modules_are_those_of_this_checkout():
    found = [m for name, m in sys.modules.items() if name.split(".")[0] == "skewgate"]
    assert len(found) > 5
    assert [m for m in found if not m.__file__.startswith(f"{ROOT}/")] == []


def test_processes_in_other_folders_take_this_checkout_too(tmp_path):
    for name in ("skewgate.core.errors", "skewgate.components", "skewgate.schemas"):
        command = [sys.executable, "-c", CODE.format(name)]
        found = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
        assert found.stdout.startswith(f"{ROOT.resolve()}/")


def test_folders_of_the_root_stand_for_no_package(tmp_path):
    for name in ("components", "kubeflow", "pipeline", "schemas"):
        command = [sys.executable, "-c", FIND.format(name)]
        found = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
        for spec in (str(importlib.util.find_spec(name)), found.stdout):
            assert str(ROOT) not in spec
"""


@pytest.fixture(scope="module")
def second(tmp_path_factory):
    return checkouts.copy(tmp_path_factory.mktemp("second"))


def test_the_copy_is_whole(second):
    assert (
        architecture.Tree(second).modules.keys() == architecture.Tree(checkouts.ROOT).modules.keys()
    )
    for folder in ("components", "kubeflow", "pipeline", "schemas"):
        assert (second / "skewgate" / folder).is_symlink()


def test_without_git_the_same_files_are_found(second):
    assert set(checkouts.files(second)) == set(checkouts.files())


def test_every_module_is_imported_from_the_second_checkout(second):
    names = [name for name in architecture.Tree(second).modules if name != "skewgate.__main__"]
    code = (
        "import importlib, json, sys\n"
        f"names = {names!r}\n"
        "print(json.dumps({name: importlib.import_module(name).__file__ for name in names}))"
    )
    result = subprocess.run(
        [sys.executable, "-c", code],
        cwd=second,
        env=checkouts.environment(),
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert result.returncode == 0, result.stderr
    places = json.loads(result.stdout.splitlines()[-1])
    assert {
        name: place for name, place in places.items() if not place.startswith(f"{second}/")
    } == {}


@pytest.mark.parametrize("options", [[], ["-n", "1"]], ids=["in one process", "by a worker"])
def test_pytest_tests_the_second_checkout_in_itself(second, options):
    (second / "tests" / "unit" / "test_here.py").write_text(TESTS)
    result = subprocess.run(
        [pathlib.Path(sys.executable).with_name("pytest"), *options, "tests/unit/test_here.py"],
        cwd=second,
        env=checkouts.environment(),
        capture_output=True,
        text=True,
        timeout=600,
    )
    (second / "tests" / "unit" / "test_here.py").unlink()
    assert result.returncode == 0, result.stdout
    assert result.stdout.startswith("...") or "\n..." in result.stdout

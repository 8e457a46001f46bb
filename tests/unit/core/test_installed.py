"""What is missing is named with the line to type, on the command line and from Python."""

from __future__ import annotations

import importlib
import pickle
import sys

import pytest

from skewgate.core import installed
from skewgate.core.errors import EXIT_USAGE, InputError
from skewgate.stacks import fitting

WITH_TFX = """pip install 'skewgate[tfx]' -c "$(python -m skewgate.stacks)\""""


@pytest.fixture(autouse=True)
def fitting_machine(monkeypatch):
    """One that TFX has wheels for, as this one may not be."""
    monkeypatch.setattr(fitting, "selected", lambda wanted="": "tfx121")


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("tfx.orchestration", WITH_TFX),
        ("tensorflow_data_validation", WITH_TFX),
        ("ml_metadata.proto", WITH_TFX),
        ("kfp.client", WITH_TFX.replace("[tfx]", "[kubeflow]")),
        ("google.cloud.aiplatform_v1", "pip install 'google-cloud-aiplatform'"),
        ("tensorflow_metadata.proto.v0", "pip install 'skewgate'"),
        ("pandas", "pip install 'pandas'"),
        ("fastavro", "pip install 'fastavro'"),
    ],
)
def test_a_missing_package_is_named_with_the_line_to_type(name, line):
    error = installed.missing(name)
    assert str(error) == (
        f"{error.where}: is not installed, and this command needs it. "
        f"Fix: {line}, in the environment of this command."
    )
    assert name.startswith(error.where)


def test_what_skewgate_does_not_need_is_somebody_elses():
    assert installed.missing("my_own_module") is None
    assert installed.missing("tfx_of_my_own") is None


def test_where_tfx_has_no_wheels_it_says_where_it_has(monkeypatch):
    monkeypatch.setattr(fitting, "selected", lambda wanted="": "")
    said = str(installed.missing("tfx"))
    assert fitting.SUPPORTED in said
    assert said.endswith(f"this is {fitting.this_machine()}.")
    assert "pip install 'skewgate'" in str(installed.missing("jinja2"))


def test_it_is_an_import_error_too_and_has_the_exit_code_of_usage():
    error = installed.missing("tfx")
    assert isinstance(error, InputError)
    assert isinstance(error, ModuleNotFoundError)
    assert error.exit_code == EXIT_USAGE
    assert str(pickle.loads(pickle.dumps(error))) == str(error)


def test_what_is_installed_is_not_loaded_to_see_it():
    before = set(sys.modules)
    installed.require("json")
    installed.require("wsgiref")
    assert "wsgiref" not in set(sys.modules) - before


@pytest.mark.parametrize(
    ("package", "needed"), [("skewgate.components", "tfx"), ("skewgate.beam", "apache_beam")]
)
def test_packages_that_need_tfx_say_so_when_they_are_imported(monkeypatch, package, needed):
    for name in [name for name in sys.modules if name.split(".")[0] == needed]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, needed, None)  # as where it is not installed
    for name in [name for name in sys.modules if name.startswith(package)]:
        monkeypatch.delitem(sys.modules, name)
    with pytest.raises(ImportError, match=f"{needed}: is not installed, and {package} needs it"):
        importlib.import_module(package)

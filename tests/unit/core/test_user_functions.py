from __future__ import annotations

import sys

import pytest

from skewgate.core import user_functions
from skewgate.core.errors import InputError


@pytest.fixture
def module(tmp_path, monkeypatch):
    """Writes a module that would fail if it was imported."""
    monkeypatch.syspath_prepend(str(tmp_path))

    def write(text, name="my_trainer.py"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"{text}\nraise AssertionError('it was imported')\n")
        return path

    return write


def refused(path, takes=1):
    with pytest.raises(InputError) as raised:
        user_functions.check(path, "pipeline.yaml", "training.run_fn", takes)
    assert str(raised.value).startswith("pipeline.yaml: training.run_fn: ")
    return str(raised.value).removeprefix("pipeline.yaml: training.run_fn: ")


@pytest.mark.parametrize(
    "text",
    [
        "def run_fn(fn_args): pass",
        "def run_fn(fn_args, more=1, *, other=2): pass",
        "def run_fn(*args): pass",
        "class run_fn: pass",
        "from os.path import join as run_fn",
        "run_fn = make()",
        "run_fn: object = make()",
        "try:\n    def run_fn(a): pass\nexcept ImportError:\n    run_fn = None",
        "if True:\n    pass\nelse:\n    def run_fn(a): pass",
        "@decorated\ndef run_fn(): pass",
        "from os.path import *",
        "def __getattr__(name): pass",
        "run_fn = 1\ndef run_fn(a): pass",
    ],
)
def test_a_function_is_found_however_it_is_written_and_is_not_imported(module, text):
    module(text)
    user_functions.check("my_trainer.run_fn", "pipeline.yaml", "training.run_fn")
    assert "my_trainer" not in sys.modules


def test_a_function_of_a_module_in_a_package_is_found(module):
    module("", "my_package/__init__.py")
    module("def run_fn(a): pass", "my_package/trainer.py")
    user_functions.check("my_package.trainer.run_fn", "pipeline.yaml", "training.run_fn")
    assert "my_package" not in sys.modules


@pytest.mark.parametrize(
    "path", ["sys.exit", "json.decoder.JSONDecoder", "skewgate.pipeline.taxi.data.prepare"]
)
def test_functions_of_python_and_of_skewgate_are_found(path):
    user_functions.check(path, "pipeline.yaml", "prepare")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "def run_fun(a): pass",
            "has no function run_fn; its functions are run_fun. Fix: did you ",
        ),
        ("x = 1", "has no function run_fn. Fix: write def run_fn."),
        ("run_fn = 1", "has no function in run_fn, line 1. Fix: write def run_fn."),
        ("run_fn = 1\nrun_fn = []", "has no function in run_fn, line 2."),
        (
            "async def run_fn(a): pass",
            "has an async function run_fn, which would not run. Fix: leave ",
        ),
        (
            "def run_fn(): pass",
            "has a function run_fn() that cannot be called with one argument. Fix: let it take",
        ),
        (
            "def run_fn(a, b): pass",
            "has a function run_fn(a, b) that cannot be called with one argument.",
        ),
        (
            "def run_fn(a, *, b): pass",
            "has a function run_fn(a, *, b) that cannot be called with one argument.",
        ),
    ],
)
def test_what_cannot_be_called_is_refused_with_what_the_module_has(module, text, said):
    path = module(text)
    assert refused("my_trainer.run_fn").startswith(f"my_trainer.run_fn: {path} {said}")


def test_a_module_that_is_no_python_is_refused_with_the_line(module):
    path = module("x = 1\ndef run_fn(:")
    assert refused("my_trainer.run_fn").startswith(f"my_trainer.run_fn: {path}: line 2: ")


def test_a_module_that_imports_what_is_not_there_is_refused(module):
    module("import os, sys\nfrom no_such_library.deep import x\ndef run_fn(a): pass")
    assert refused("my_trainer.run_fn") == (
        "my_trainer.run_fn: its module imports no_such_library in line 2, which does not exist. "
        "Fix: install no_such_library, or put no_such_library.py beside the settings."
    )


def test_what_a_module_imports_only_in_some_case_is_left_to_it(module):
    module("try:\n    import no_such_library\nexcept ImportError:\n    pass\ndef run_fn(a): pass")
    user_functions.check("my_trainer.run_fn", "pipeline.yaml", "training.run_fn")


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("nowhere.run_fn", "there is no module nowhere. Fix: put nowhere.py beside the settings"),
        (
            "my_trainer.deep.run_fn",
            "there is no module my_trainer.deep. Fix: put my_trainer.py, or",
        ),
        (
            "no_such.deep.run_fn",
            "there is no module no_such. Fix: put no_such.py, or the folder no",
        ),
    ],
)
def test_a_module_that_is_not_there_is_named(module, path, said):
    module("def run_fn(a): pass")
    assert refused(path).startswith(f"{path}: {said}")


@pytest.mark.parametrize("path", ["run_fn", "", "a-b.run_fn", ".run_fn", "trainer:run_fn", "a..b"])
def test_what_is_no_dotted_path_is_refused(path):
    assert refused(path) == (
        f"must be the dotted path of a function, got {path!r}. "
        "Fix: write such as trainer.run_fn, for run_fn in trainer.py beside the settings."
    )


def test_the_name_of_a_file_is_no_dotted_path(module):
    path = module("def run_fn(a): pass", "trainer.py")
    assert refused("trainer.py").startswith(f"trainer.py: {path} has no function py; its functions")


def test_a_module_that_everybody_may_write_is_refused(module):
    path = module("def run_fn(a): pass")
    path.chmod(0o666)
    with pytest.raises(InputError, match=r"my_trainer.py: can be written by everybody"):
        user_functions.check("my_trainer.run_fn", "pipeline.yaml", "training.run_fn")

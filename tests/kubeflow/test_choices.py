"""What a run may choose is looked at before anything is compiled or run."""

from __future__ import annotations

import pytest

from skewgate.cli.main import main
from skewgate.core.errors import InputError
from skewgate.kubeflow.compile import choices
from skewgate.pipeline import settings

BAD = [
    ("pattern", "/etc/*", "pattern: must be relative to the data folder"),
    ("span", "twelve", "span: must be a whole number such as 12"),
    ("model-name", "../taxi", "model name: must be up to 100 letters"),
]


def task(executor="skewgate.components.x.Executor", **parameters):
    sources = {key: {"componentInputParameter": name} for key, name in parameters.items()}
    container = {"args": ["--executor_class_path", executor]}
    return {"inputs": {"parameters": sources}}, {"container": container}


def test_values_that_can_be_used_are_taken():
    every = task(pattern="pattern", wanted_span="span", model_name="model-name", config="drift")
    choices.check([every], {"pattern": "a/*", "span": "", "model-name": "taxi", "drift": "/"})
    choices.check([every], {})


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("pattern", "../*", "must not leave the data folder"),
        ("wanted_span", "-1", "must be a whole number"),
        ("model_name", "a/b", "must be up to 100 letters"),
    ],
)
def test_a_value_is_refused_by_the_parameter_of_our_component(key, value, said):
    with pytest.raises(InputError, match=said):
        choices.check([task(**{key: "mine"})], {"mine": value})


def test_what_a_foreign_component_is_given_is_its_own_matter():
    choices.check([task("tfx.components.x.Executor", pattern="mine")], {"mine": "../*"})
    importer = ({"inputs": {"parameters": {}}}, {"importer": {}})
    choices.check([importer], {"mine": "../*"})


@pytest.mark.parametrize(("name", "value", "said"), BAD)
def test_nothing_is_compiled_or_run_with_a_value_that_cannot_be(
    tmp_path, capsys, monkeypatch, name, value, said
):
    monkeypatch.chdir(tmp_path)
    how = ["--target", "kubeflow", "--image", "a/b:1", "--pipeline-root", "minio://b/r"]
    how += ["--config", str(settings.TAXI)]
    assert main(["compile", "training", *how, "--out", "good.yaml"]) == 0
    capsys.readouterr()
    bad = ["--parameter", f"{name}={value}"]
    assert main(["compile", "training", *how, *bad, "--out", "bad.yaml"]) == 2
    assert main(["run", "--from-spec", "good.yaml", "--root", "out", *bad]) == 2
    first, second = capsys.readouterr().err.splitlines()
    assert first.startswith(f"skewgate: {said}")
    assert second == first
    assert not (tmp_path / "bad.yaml").exists()
    assert not (tmp_path / "out").exists()

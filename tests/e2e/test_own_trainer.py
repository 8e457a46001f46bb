"""A trainer that lies beside pipeline.yaml, as users write it."""

from __future__ import annotations

import pathlib
import sys

import pytest
import yaml

from skewgate.pipeline.taxi import trainer as taxi_trainer


@pytest.fixture
def own(trained, tmp_path):
    """Returns settings in a folder with a trainer that imports a module beside it."""
    content = yaml.safe_load(pathlib.Path(trained.settings("own")).read_text())
    content["name"] = "own"  # so that the other tests have the runs of their pipeline to themselves
    content["training"]["run_fn"] = "trainer.run_fn"
    path = tmp_path / "pipeline.yaml"
    path.write_text(yaml.safe_dump(content))
    text = pathlib.Path(taxi_trainer.__file__).read_text()
    assert "BATCH_SIZE = 64\n" in text
    (tmp_path / "trainer.py").write_text(
        text.replace("BATCH_SIZE = 64\n", "from sizes import BATCH_SIZE\n")
    )
    (tmp_path / "sizes.py").write_text("BATCH_SIZE = 63\n")
    return path


def test_run_fn_is_found_beside_the_settings_that_lie_in_the_working_directory(
    own, trained, skewgate, monkeypatch
):
    monkeypatch.chdir(own.parent)
    outcome = skewgate("run", "training")
    assert (outcome.code, outcome.err) == (0, "")
    (model,) = (trained.root / "serving" / "own").iterdir()
    assert (model / "saved_model.pb").is_file()
    assert not {"trainer", "sizes"} & set(sys.modules)

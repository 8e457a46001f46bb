"""Runs the skewgate commands of the pages on clusters, in order, as they stand there."""

from __future__ import annotations

import os
import pathlib
import shlex
import shutil
import subprocess

import pandas as pd
import pytest
import yaml

from skewgate.pipeline import settings as settings_lib
from tests import pages

ROOT = pathlib.Path(__file__).parents[2]
DRIFTED = ("payment_type: linf", "trip_miles: ks")
"""What shuts the gate of the command that ends with 1, as the page says."""


@pytest.fixture(scope="module")
def local(tmp_path_factory) -> pathlib.Path:
    """Returns a folder of taxi rows, those of 2016 moved to the window that the page evaluates."""
    root = tmp_path_factory.mktemp("local")
    content = yaml.safe_load(settings_lib.TAXI.read_text())
    settings_lib.resolve(content["prepare"], "prepare")(str(root))
    serving = root / "data" / "serving.csv"
    rows = pd.read_csv(serving, dtype=str)
    rows["trip_start_timestamp"] = str(int(pd.Timestamp("2026-11-24 12:00Z").timestamp()))
    rows.to_csv(serving, index=False)
    return root


@pytest.fixture
def pipeline_yaml(local, taxi_settings) -> str:
    """Returns the settings of the taxi example, with what the page adds to them."""
    content = taxi_settings(str(local))
    for block in pages.blocks("kubeflow.md"):
        if block.claim == "settings":
            for section, added in yaml.safe_load(block.text).items():
                content[section] |= added
    return yaml.safe_dump(content)


@pytest.mark.parametrize("page", pages.PAGES)
def test_the_commands_of_the_page_end_as_it_says(page, pipeline_yaml, tmp_path, preloaded_prefix):
    """Here tasks start quickly; in the image that CI builds, each has an interpreter of its own."""
    quickly = shlex.split(preloaded_prefix)
    (tmp_path / "pipeline.yaml").write_text(pipeline_yaml)
    shutil.copytree(ROOT / "kubeflow" / "manifests", tmp_path / "kubeflow" / "manifests")
    environment = os.environ | {"HOME": str(tmp_path)}
    shut = []
    for block in pages.blocks(page):
        if block.claim == "options":
            (tmp_path / "options.yaml").write_text(block.text)
        for line in block.commands if block.claim == "skewgate" else []:
            words = [*quickly, "python", "-m", *shlex.split(line)]
            if "run --from-spec" in line:
                words += ["--command-prefix", preloaded_prefix]
            result = subprocess.run(
                words, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=600
            )
            if result.returncode == 1 and "run --from-spec monitoring.yaml" in line:
                shut.append(result.stderr)
            else:
                assert result.returncode == 0, f"{line}\n{result.stdout}{result.stderr}"
    if page == "kubeflow.md":
        assert "the second command\nends with 1" in (pages.DOCS / page).read_text()
        (said,) = shut
        assert all(word in said for word in DRIFTED)

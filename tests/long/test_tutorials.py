"""The code of the tutorials that run pipelines runs as it stands, and prints what they show."""

from __future__ import annotations

import pathlib

import pytest

from tests import checkouts, page_code

TUTORIALS = page_code.ROOT / "docs" / "tutorials"


def test_the_code_of_the_tutorial_on_tfx_pipelines_runs_as_it_stands(tmp_path):
    folder = tmp_path / "reader"
    folder.mkdir()
    page_code.Reader(TUTORIALS / "tfx-pipeline.md", folder).follow()


@pytest.fixture
def checkout(tmp_path) -> pathlib.Path:
    """Returns a checkout, in which a reader of the page stands."""
    return checkouts.copy(tmp_path / "checkout")


def test_the_code_of_the_tutorial_on_a_model_in_production_runs_as_it_stands(checkout):
    page_code.Reader(TUTORIALS / "production.md", checkout).follow()

"""Lets two processes share the tests: whole pipelines in the one, the other files in turn."""

from __future__ import annotations

import pathlib

import pytest

PIPELINES = pathlib.Path(__file__).parent / "e2e"
BROWSER = pathlib.Path(__file__).parent / "browser"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keeps the tests of a file together, and all whole pipelines, which take longest, first.

    They share what is expensive: a trained model, an evaluation on Beam, a browser.
    """
    items.sort(key=lambda item: PIPELINES not in item.path.parents)
    for item in items:
        folders = [folder for folder in (PIPELINES, BROWSER) if folder in item.path.parents]
        group = folders[0].name if folders else str(item.path)
        item.add_marker(pytest.mark.xdist_group(group))

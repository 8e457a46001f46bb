"""Lets two processes share the tests: whole pipelines in the one, the other files in turn."""

from __future__ import annotations

import pathlib

import pytest

PIPELINES = pathlib.Path(__file__).parent / "e2e"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keeps the tests of a file together, and all whole pipelines, which take longest, first.

    They share what is expensive: a trained model, an evaluation on Beam.
    """
    items.sort(key=lambda item: PIPELINES not in item.path.parents)
    for item in items:
        group = "e2e" if PIPELINES in item.path.parents else str(item.path)
        item.add_marker(pytest.mark.xdist_group(group))

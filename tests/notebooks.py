"""Runs the notebooks of docs/ in a real kernel."""

from __future__ import annotations

import pathlib
from typing import Any

import pytest

from tests import checkouts

FOLDER = checkouts.ROOT / "docs" / "notebooks"


def executed(name: str, folder: pathlib.Path) -> Any:
    """Returns a notebook with the outputs of its cells, which are run in a folder."""
    nbformat, nbclient = pytest.importorskip("nbformat"), pytest.importorskip("nbclient")
    notebook = nbformat.read(FOLDER / name, as_version=4)
    client = nbclient.NotebookClient(notebook, resources={"metadata": {"path": str(folder)}})
    return client.execute()


def outputs(notebook: Any, cell: str) -> list[Any]:
    """Returns what a cell gave."""
    [found] = [each for each in notebook.cells if each.id == cell]
    return list(found.outputs)


def html_of(notebook: Any, cell: str) -> str:
    """Returns what a cell shows."""
    [output] = outputs(notebook, cell)
    return str(output["data"]["text/html"])

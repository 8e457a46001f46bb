"""The notebook of the docs runs in a kernel, and a report shows its page there."""

import html
import json
import re

import pytest

import skewgate
from tests import notebooks

NAME = "first_comparison.ipynb"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("notebook")


@pytest.fixture(scope="module")
def notebook(folder):
    return notebooks.executed(NAME, folder)


def test_it_is_kept_without_outputs():
    cells = json.loads((notebooks.FOLDER / NAME).read_text("utf-8"))["cells"]
    code = [cell for cell in cells if cell["cell_type"] == "code"]
    assert all(not cell["outputs"] and cell["execution_count"] is None for cell in code)


def test_three_lines_on_two_data_frames_show_the_page(notebook, folder):
    [cell] = [each for each in notebook.cells if each.id == "compare"]
    assert len(list(filter(None, cell.source.splitlines()))) == 3
    shown = notebooks.html_of(notebook, "compare")
    page = html.unescape(re.match(r'<iframe srcdoc="([^"]*)"', shown)[1])
    assert page == (folder / "report" / "report.html").read_text("utf-8")


def test_what_it_finds_is_what_its_text_says(notebook, folder):
    report = skewgate.read_report(folder / "report")
    assert [each.feature for each in report.failures] == ["fare", "paid"]
    [told] = notebooks.outputs(notebook, "keep")
    assert told["text"].startswith(report.headline)
    assert notebooks.html_of(notebook, "frame").count("<tr>") == len(report.results)


def test_nothing_is_said_on_stderr(notebook):
    names = [output.get("name") for cell in notebook.cells for output in cell.get("outputs", ())]
    assert "stderr" not in names

"""Every component is there for whoever looks for it: a README, a row in the list, tests."""

import pathlib
import re

import pytest

ROOT = pathlib.Path(__file__).parents[2]
FOLDERS = sorted(path.parent for path in ROOT.glob("components/*/component.py"))


def name_of(folder):
    return re.search(r"^# (\w+)$", (folder / "README.md").read_text("utf-8"), re.MULTILINE)[1]


def test_components_are_found():
    assert {"drift_evaluator", "quality_gate"} <= {folder.name for folder in FOLDERS}


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_a_component_has_a_page_that_shows_its_inputs_outputs_and_parameters(folder):
    text = (folder / "README.md").read_text("utf-8")
    assert "## Parameters" in text
    assert "## Example" in text
    assert f"class {name_of(folder)}(" in (folder / "component.py").read_text("utf-8")


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_a_component_has_a_row_in_the_list(folder):
    link = f"[{name_of(folder)}](../components/{folder.name}/README.md)"
    assert link in (ROOT / "docs" / "components.md").read_text("utf-8")


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_a_component_is_tested(folder):
    imported = f"skewgate.components.{folder.name}"
    tests = (ROOT / "tests" / "components").rglob("test_*.py")
    assert any(imported in path.read_text("utf-8") for path in tests)

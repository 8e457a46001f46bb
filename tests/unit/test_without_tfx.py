"""What the core may need of TFX, and how tests that need it are found (`tests/light.py`)."""

from __future__ import annotations

import pathlib

import pytest

from tests import architecture, light

ROOT = pathlib.Path(__file__).parents[2]
UNIT = ROOT / "tests" / "unit"
MAY = ("skewgate.statistics.generating",)
"""What only SkewStatisticsGen calls, of the packages that come without TFX."""


@pytest.fixture(scope="module")
def needs():
    return light.Needs(ROOT, frozenset(light.HEAVY))


def test_the_core_needs_nothing_of_tfx_in_functions_either(needs):
    # Else its tests would be left out where TFX is not, instead of failing there.
    core = tuple(f"{name}." for name in architecture.below("beam"))
    found = [
        name
        for name in architecture.Tree(ROOT).modules
        if name.startswith(core) and not name.startswith(MAY) and needs.of_module(name)
    ]
    assert found == []


@pytest.mark.parametrize(
    ("file", "needed"),
    [
        ("data/tf_example/test_decoding.py", {"tensorflow", "tfx_bsl"}),  # imports them
        ("statistics/generating/test_profile.py", {"tfx_bsl"}),  # loads what does in a function
        ("data/tf_example/test_coder.py", set()),
        ("cli/test_drift.py", set()),  # the command line loads others late
        ("cli/test_schema.py", set()),  # imports it in a function
    ],
)
def test_what_a_file_needs_is_read_from_its_imports(needs, file, needed):
    assert needs.of_test_file(UNIT / file) == needed


def test_what_a_function_needs_is_read_from_its_body_and_from_what_it_uses(needs, tmp_path):
    path = tmp_path / "test_a.py"
    path.write_text(
        "def helper():\n    import tensorflow as tf\n"
        "def fixture(): return helper()\n"
        "def test_one(fixture): pass\n"
        "def test_other(): pass\n"
    )
    assert needs.of_function(path, "test_one") == {"tensorflow"}
    assert needs.of_function(path, "test_other") == set()


def test_most_of_the_units_are_tested_without_tfx(needs):
    files = list(UNIT.rglob("test_*.py"))
    assert len(needs.left_out(UNIT)) < len(files) / 10

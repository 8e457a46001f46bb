"""The documentation names every kind, and its examples are specs."""

from __future__ import annotations

import pathlib
import re

from skewgate.simulation import spec as spec_lib
from skewgate.simulation.kinds import REGISTRY

PAGE = pathlib.Path(__file__).parents[3] / "docs" / "simulation.md"


def test_every_kind_has_a_row_with_its_keys():
    rows = dict(re.findall(r"^\| `(\w+)` \| (.*)$", PAGE.read_text(), re.MULTILINE))
    assert set(REGISTRY) <= set(rows)
    common = {"kind", "name", "where", "share", "onset"}
    for name, kind in REGISTRY.items():
        for key in set(kind.model_fields) - common:
            assert f"`{key}" in rows[name], (name, key)
        assert rows[name].endswith(f"| {kind.grows} |")


def test_the_examples_are_specs():
    examples = re.findall(r"```yaml\n(.*?)```", PAGE.read_text(), re.DOTALL)
    specs = [spec_lib.parse(text, "simulation.md") for text in examples]
    assert [len(spec.plants) for spec in specs] == [1, 0]
    assert [len(spec.grid) for spec in specs] == [0, 5]

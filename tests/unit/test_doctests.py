import doctest
import importlib
import pathlib

import pytest

import skewgate

ROOT = pathlib.Path(skewgate.__file__).parent
WITH_EXAMPLES = [
    ".".join(("skewgate", *path.relative_to(ROOT).with_suffix("").parts))
    for path in sorted(ROOT.rglob("*.py"))
    if ">>> " in path.read_text(encoding="utf-8")
]


def test_examples_are_found():
    assert {"skewgate.metrics.psi", "skewgate.metrics.ks", "skewgate.decision.correction"} <= set(
        WITH_EXAMPLES
    )


@pytest.mark.parametrize("name", WITH_EXAMPLES)
def test_examples_in_docstrings_run(name):
    result = doctest.testmod(importlib.import_module(name))
    assert result.attempted > 0
    assert result.failed == 0

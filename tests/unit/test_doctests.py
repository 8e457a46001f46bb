import doctest
import importlib
import pathlib

import pytest

import skewgate
from tests import light

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


def runnable():
    """Yields the modules, with a mark for those that need what is not installed."""
    absent = light.missing()
    needs = light.Needs(ROOT.parent, absent) if absent else None
    for name in WITH_EXAMPLES:
        needed = needs.of_module(name) if needs else ()
        yield pytest.param(name, marks=[pytest.mark.needs(*sorted(needed))] if needed else [])


@pytest.mark.parametrize("name", runnable())
def test_examples_in_docstrings_run(name):
    result = doctest.testmod(importlib.import_module(name))
    assert result.attempted > 0
    assert result.failed == 0

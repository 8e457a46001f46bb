"""Follows the steps of CONTRIBUTING.md for a metric and a component on a copy of the tree.

What a step asks for is written as a contributor would write it, and then the tests of the copy run
that could see it. The number of each step stands beside what it does.
"""

from __future__ import annotations

import collections
import pathlib
import re
import shutil
import subprocess
import sys

import pytest

from tests import architecture, checkouts

METRIC = '''"""Change of the share of values above 2,000."""

from __future__ import annotations

import numpy as np

from skewgate.core.distributions import Distribution, NumericDistribution
from skewgate.core.results import Measurement
from skewgate.metrics.base import Metric
from skewgate.metrics.ks import METRIC as KS
from skewgate.metrics.ks import ks_p_value

_AT = np.array([2_000.0])


def _measure(baseline: Distribution, current: Distribution, alpha: float) -> Measurement:
    """Compares both CDFs at 2,000, where chance moves them no more than anywhere else."""
    assert isinstance(baseline, NumericDistribution)
    assert isinstance(current, NumericDistribution)
    (b_low, b_high), (c_low, c_high) = (
        (float(bound[0]) for bound in side.bounds_at(_AT)) for side in (baseline, current)
    )
    lower, upper = max(b_low - c_high, c_low - b_high, 0.0), max(b_high - c_low, c_high - b_low)
    return Measurement(
        value=min(max(abs(c_low + c_high - b_low - b_high) / 2, lower), upper),
        lower=lower,
        upper=upper,
        p_value=ks_p_value(lower, baseline.n, current.n),
        detectable=KS.measure(baseline, current, alpha).detectable,
    )


METRIC = Metric(
    name="large_share",
    kinds=("numeric",),
    maximum=1.0,
    summary="change of the share of values above 2,000",
    measure=_measure,
    symmetric=("numeric",),
)
'''
METRIC_TEST = '''"""The share of values above 2,000."""

import numpy as np
import pytest

from skewgate.metrics import REGISTRY


def exact(baseline, current):
    return abs(np.mean(current > 2_000) - np.mean(baseline > 2_000))


def test_two_of_four_against_seven_of_eight(build):
    baseline, current = build.numeric([-1, 0, 3e3, 4e3]), build.numeric([1e3, *range(2_001, 2_008)])
    found = REGISTRY["large_share"].measure(baseline, current, 0.05)
    assert found.lower <= found.value <= found.upper
    assert found.value == pytest.approx(7 / 8 - 2 / 4)
'''
METRIC_SECTION = """## large_share

- **Applies to:** numeric features. **Range:** [0, 1], no unit.
- **Formula:** |G(2000) - F(2000)|.
- **Extreme values:** count as one value each.
- **Inconclusive:** wherever ks is, for it takes the same law.

"""
COMPONENT, FOLDER = "TextContract", "text_contract"
COMPONENT_TEST = '''"""TextContract."""

import pathlib

import pytest
from tfx.types import standard_artifacts

from skewgate.components.text_contract.component import TextContract
from skewgate.components.text_contract.executor import Executor
from skewgate.core.errors import InputError


def test_the_text_is_published(output):
    schema = output(standard_artifacts.Schema, "schema")
    Executor().Do({}, {"schema": [schema]}, {"text": 'feature { name: "fare" type: FLOAT }'})
    assert "fare" in pathlib.Path(schema.uri, "schema.pbtxt").read_text()


def test_what_is_no_schema_is_refused():
    with pytest.raises(InputError):
        TextContract("fare: FLOAT")
'''


def _insert(path: pathlib.Path, before: str, text: str) -> None:
    """Puts text in front of the only line that begins so."""
    content = path.read_text("utf-8")
    [place] = [match.start() for match in re.finditer(rf"^{re.escape(before)}", content, re.M)]
    path.write_text(content[:place] + text + content[place:], "utf-8")


def _add_metric(tree: pathlib.Path) -> None:
    (tree / "skewgate/metrics/large_share.py").write_text(METRIC)  # 1
    registry = tree / "skewgate/metrics/__init__.py"  # 2
    _insert(registry, '    "psi",\n', '    "large_share",\n')
    (tree / "tests/unit/metrics/test_large_share.py").write_text(METRIC_TEST)  # 3
    _insert(tree / "docs/metrics.md", "## psi\n", METRIC_SECTION)  # 4


def _add_component(tree: pathlib.Path) -> None:
    source, folder = tree / "components/schema_contract", tree / "components" / FOLDER
    shutil.copytree(source, folder)  # 1, 2
    for path in [*folder.glob("*.py"), folder / "README.md"]:
        text = path.read_text("utf-8")
        text = text.replace("SchemaContract", COMPONENT).replace("schema_contract", FOLDER)
        path.write_text(text, "utf-8")
    row = f"| [{COMPONENT}](../components/{FOLDER}/README.md) | thresholds from their text |\n"
    _insert(tree / "docs/components.md", "| [SchemaContract]", row)  # 3
    training = tree / "pipeline/training.py"  # 4
    _insert(
        training,
        "from skewgate.core import yaml_model\n",
        f"from skewgate.components.{FOLDER}.component import {COMPONENT}\n",
    )
    text = "yaml_model.read_text(settings.schema_path)"
    _insert(training, "    nodes = [\n", f"    thresholds = {COMPONENT}({text})\n")
    _insert(training, "        validator,\n", "        thresholds,\n")
    (tree / f"tests/components/test_{FOLDER}.py").write_text(COMPONENT_TEST)  # 5


def _run(tree: pathlib.Path, *command: str) -> None:
    """Runs a command of the environment in the copy; what it printed is shown if it fails."""
    program = pathlib.Path(sys.executable).with_name(command[0])
    environment = {**checkouts.environment(), "SKEWGATE_RENEW_GOLDEN": ""}
    if "golden" in command[-1]:
        environment["SKEWGATE_RENEW_GOLDEN"] = "1"
    result = subprocess.run(
        [program, *command[1:]], cwd=tree, env=environment, capture_output=True, text=True
    )
    assert result.returncode == 0, result.stdout[-8000:] + result.stderr[-2000:]


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    """A copy of the tree with a new metric and a new component."""
    copy = checkouts.copy(tmp_path_factory.mktemp("contributor"))
    _add_metric(copy)
    _add_component(copy)
    _run(copy, "ruff", "check", "--fix", ".")  # make format
    _run(copy, "python", "-m", "scripts.json_schemas")  # make schemas
    _run(copy, "pytest", "tests/docs/test_tutorials.py", "tests/golden")  # make golden
    return copy


def test_style_and_types_of_a_tree_with_a_new_metric_and_component_are_right(tree):
    _run(tree, "ruff", "check", ".")
    _run(tree, "ruff", "format", "--check", ".")
    _run(tree, "mypy", "-p", "skewgate")


def _unaware(tree: pathlib.Path) -> list[str]:
    """Names the packages with code from which no import leads to metrics or components."""
    found = architecture.Tree(tree)
    importers = collections.defaultdict(set)
    for each in found.imports:
        if each.module not in architecture.FACES:
            importers[each.target].add(each.module)
    aware = {name for name in found.modules if re.match(r"skewgate\.(metrics|components)\b", name)}
    new = aware
    while new:
        new = set().union(*(importers[name] for name in new)) - aware
        aware |= new
    of_aware = {name.split(".")[1] for name in aware}
    return sorted(architecture.ranks(architecture.ORDER).keys() - of_aware)


@pytest.mark.timeout(2400)  # as long as thousands of tests take
def test_the_suite_of_a_tree_with_a_new_metric_and_component_passes(tree):
    options = ["-n", "2", "--no-loadscope-reorder", "--ignore=tests/long"]
    # What is installed from a wheel knows no metric of the tree.
    options += ["--ignore=tests/packaging/test_light.py"]
    unaware = _unaware(tree)
    assert {"core", "data", "storage"} <= set(unaware)
    assert not {"checks", "cli", "pipeline", "report"} & set(unaware)
    alien = [f"{folder}{name}" for folder in ("", "unit/") for name in unaware]
    # Of the components DriftEvaluator alone knows metrics.
    touched = ("conftest.py", f"test_{FOLDER}.py", "test_drift_evaluator.py")
    alien += [
        f"components/{path.name}"
        for path in sorted((tree / "tests/components").iterdir())
        if path.name not in touched
    ]
    _run(tree, "pytest", *options, *(f"--ignore=tests/{name}" for name in alien), "tests")

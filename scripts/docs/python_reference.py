"""The reference of every public Python name, made of its docstring by mkdocstrings."""

from __future__ import annotations

import skewgate
from scripts import json_schemas
from scripts.docs.markdown import ROOT

_FOLDER = "reference/python"
FIXTURE = {"Comparisons": "skewgate.api.pytest_plugin.Comparisons"}
METRICS = {
    "Metric": "skewgate.metrics.base.Metric",
    "Measurement": "skewgate.core.results.Measurement",
    "MetricResult": "skewgate.core.results.MetricResult",
    "NumericDistribution": "skewgate.core.distributions.NumericDistribution",
    "CategoricalDistribution": "skewgate.core.distributions.CategoricalDistribution",
}


def pages() -> dict[str, str]:
    """Returns the pages of the public face, the fixture, the components, contracts and metrics."""
    return {
        f"{_FOLDER}/index.md": _page(
            "Python",
            "What `import skewgate` offers. [How to compare in Python](../../python.md) shows it.",
            {name.partition(".")[2]: place for name, place in face().items()},
        ),
        f"{_FOLDER}/pytest.md": _page(
            "Fixture of pytest",
            "`skewgate` is a fixture of every test once skewgate is installed. [A gate in CI with "
            "pytest](../../tutorials/ci-gate.md) shows it.",
            FIXTURE,
        ),
        f"{_FOLDER}/components.md": _page(
            "Component classes",
            "How the components are called. Each has a [page](../../components.md) that says more "
            "of its inputs, outputs and parameters.",
            components(),
        ),
        f"{_FOLDER}/models.md": _page(
            "Contract models",
            "The models that read the contracts; [Contracts](../contracts/index.md) lists their "
            "keys with types and defaults.",
            models(),
            "\n    options: {members: []}",
        ),
        f"{_FOLDER}/metrics.md": _page(
            "Classes of a metric",
            "What a metric is made of, and what it returns. [Metrics](../../metrics.md) has the "
            "formulas, and [Write a metric](../../tutorials/write-a-metric.md) adds one.",
            METRICS,
        ),
    }


def names() -> list[str]:
    """Returns where every public name is defined."""
    named = (face(), FIXTURE, components(), METRICS)
    return [place for group in named for place in group.values()]


def face() -> dict[str, str]:
    """Returns what `import skewgate` offers, and where each is defined."""
    return {f"skewgate.{name}": f"{module}.{name}" for name, module in skewgate._FACE.items()}


def components() -> dict[str, str]:
    """Returns the components by their names, and where they are defined."""
    found = {}
    for path in sorted(ROOT.glob("components/*/component.py")):
        title = (path.parent / "README.md").read_text("utf-8").partition("\n")[0]
        name = title.removeprefix("# ")
        found[name] = f"skewgate.components.{path.parent.name}.component.{name}"
    return found


def models() -> dict[str, str]:
    """Returns the models of the contracts by the names of their files."""
    return {
        f"{name}.yaml": f"{model.__module__}.{model.__qualname__}"
        for name, model in sorted(json_schemas.CONTRACTS.items())
    }


def _page(title: str, text: str, entries: dict[str, str], options: str = "") -> str:
    parts = [f"# {title}", text]
    parts += [f"::: {place}{options}" for place in entries.values()]
    return "\n\n".join(parts) + "\n"

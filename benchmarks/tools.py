"""The tools that speed.py measures: how each is called and how its answer is read."""

from __future__ import annotations

import dataclasses
import json
import math
import pathlib

ROOT = pathlib.Path(__file__).resolve().parents[1]
PROJECT = str(ROOT / ".venv/bin/python")
PEERS = str(ROOT / "benchmarks/.venv/bin/python")
ENVIRONMENT = {
    "PYTHONWARNINGS": "ignore",
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "CUDA_VISIBLE_DEVICES": "-1",
}


@dataclasses.dataclass(frozen=True)
class Tool:
    """One line of the tables.

    Attributes:
        name: what the line is called.
        before, after: the command around the two files.
        good_codes: exit codes that stand for a result.
        compares: what is computed.
    """

    name: str
    before: tuple[str, ...]
    after: tuple[str, ...]
    compares: str
    good_codes: frozenset[int] = frozenset({0})

    def command(self, baseline: pathlib.Path, current: pathlib.Path) -> list[str]:
        """Returns the command that compares two files."""
        return [*self.before, str(baseline), str(current), *self.after]


def _skewgate(name: str, *options: str) -> Tool:
    return Tool(
        name,
        (PROJECT, "-m", "skewgate", "drift"),
        ("--config", str(ROOT / "benchmarks/drift.yaml"), "--json", *options),
        "KS and PSI of numbers, PSI of categories, missing rates",
        frozenset({0, 1, 3}),
    )


def _peer(name: str, module: str, compares: str, *options: str, python: str = PEERS) -> Tool:
    return Tool(name, (python, "-m", f"benchmarks.peers.{module}_peer"), options, compares)


SKEWGATE = "skewgate drift"
_KS_PSI, _PRESET = "Evidently, KS + PSI", "Evidently, default preset"
TOOLS = (
    _skewgate(SKEWGATE),
    _skewgate(f"{SKEWGATE} --exact", "--exact"),
    _peer(_KS_PSI, "evidently", "KS p-value of numbers, PSI of categories", "ks-psi"),
    _peer(_PRESET, "evidently", "what Evidently chooses by size and type", "default"),
    _peer("NannyML, KS + JS", "nannyml", "KS and JS of numbers, JS of categories"),
    _peer("whylogs", "whylogs", "KS of numbers, chi-square of categories, from sketches"),
    _peer("TFDV, JSD", "tfdv", "statistics of both, JSD", python=PROJECT),
    _peer("SciPy ks_2samp alone", "scipy", "exact KS of numbers"),
    _peer("DataSketches KLL alone", "datasketches", "KS of numbers, from sketches"),
)
WITHOUT_EMPTY = tuple(
    _peer(f"{name}, empty columns dropped", "evidently", "as above", mode, "--drop-empty")
    for name, mode in ((_KS_PSI, "ks-psi"), (_PRESET, "default"))
)
"""Evidently refuses a column that is empty on one side, as real files have them."""

EXACT = "SciPy ks_2samp alone"


@dataclasses.dataclass(frozen=True)
class Distance:
    """A KS distance, with the bounds that the tool gives it or None."""

    value: float
    bounds: tuple[float, float] | None = None


def distances(output: str) -> dict[str, Distance]:
    """Reads the KS distances from a tool's output.

    Args:
        output: skewgate's report, or what `frames.say` printed last.
    """
    try:
        found = json.loads(output)
    except json.JSONDecodeError:
        found = json.loads(output.strip().splitlines()[-1])
    if "results" in found:
        return {
            result["feature"]: Distance(result["value"], (result["lower"], result["upper"]))
            for result in found["results"]
            if result["metric"] == "ks" and not result["slice"] and result["value"] is not None
        }
    values = found["distances"].items()
    return {name: Distance(value) for name, value in values if math.isfinite(value)}

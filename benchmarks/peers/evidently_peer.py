"""Evidently's DataDriftPreset: `python -m benchmarks.peers.evidently_peer BASE CURRENT MODE`.

MODE is `default` (the preset as it comes) or `ks-psi`; with `--drop-empty` after it, columns that
are empty on one side are left out, because the preset raises on them.
"""

from __future__ import annotations

import dataclasses
import sys

import pandas as pd

from benchmarks.peers import frames

METHODS: dict[str, dict[str, str]] = {
    "default": {},
    "ks-psi": {"num_method": "ks", "cat_method": "psi"},
}
_P_VALUES = ("p_value", "ks", "chisquare")


@dataclasses.dataclass(frozen=True)
class Verdicts:
    """What the preset decided: the columns that drifted, of how many, and the data set's flag."""

    drifted: list[str]
    n_columns: int
    dataset: bool


def compare(baseline: pd.DataFrame, current: pd.DataFrame, mode: str) -> Verdicts:
    """Runs the preset.

    Raises:
        RuntimeError: the columns that this script calls drifted are not as many as Evidently's.
    """
    from evidently import DataDefinition, Dataset, Report
    from evidently.presets import DataDriftPreset

    numeric, categorical = frames.kinds(baseline)
    definition = DataDefinition(numerical_columns=numeric, categorical_columns=categorical)
    sides = [Dataset.from_pandas(f, data_definition=definition) for f in (current, baseline)]
    found = Report([DataDriftPreset(**METHODS[mode])]).run(*sides).dict()["metrics"]
    drifted, n_columns, expected, dataset = [], 0, -1, False
    for metric in found:
        config, value = metric["config"], metric["value"]
        if config["type"].endswith(":DriftedColumnsCount"):
            expected, dataset = int(value["count"]), value["share"] >= config["drift_share"]
            continue
        n_columns += 1
        low_is_drift = any(word in config["method"] for word in _P_VALUES)
        threshold = config["threshold"]
        if (value < threshold) if low_is_drift else (value >= threshold):
            drifted.append(config["column"])
    if len(drifted) != expected:
        raise RuntimeError(f"Evidently counts {expected} drifted columns, this script {drifted}")
    return Verdicts(drifted, n_columns, dataset)


def main() -> None:
    """Compares two files."""
    baseline, current = frames.read_both(sys.argv)
    if "--drop-empty" in sys.argv:
        kept = [n for n in baseline if not (baseline[n].isna().all() or current[n].isna().all())]
        baseline, current = baseline[kept], current[kept]
    verdicts = compare(baseline, current, sys.argv[3])
    frames.say(columns=verdicts.n_columns, distances={})


if __name__ == "__main__":
    main()

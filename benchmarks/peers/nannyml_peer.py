"""NannyML's univariate drift: `python -m benchmarks.peers.nannyml_peer BASE CURRENT`.

NannyML compares chunks. The reference keeps the default of ten, which its thresholds need; the
current data are one chunk, as one batch is in front of a gate.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pandas as pd

from benchmarks.peers import frames

if TYPE_CHECKING:
    from nannyml import UnivariateDriftCalculator

METHODS: dict[str, dict[str, list[str]]] = {
    "default": {},
    "ks-js": {
        "continuous_methods": ["kolmogorov_smirnov", "jensen_shannon"],
        "categorical_methods": ["jensen_shannon"],
    },
}


def fit(baseline: pd.DataFrame, mode: str) -> UnivariateDriftCalculator:
    """Returns NannyML's calculator with thresholds from ten chunks of the baseline."""
    import nannyml

    numeric, categorical = frames.kinds(baseline)
    calculator = nannyml.UnivariateDriftCalculator(
        column_names=[*numeric, *categorical], treat_as_categorical=categorical, **METHODS[mode]
    )
    return calculator.fit(baseline)


def calculate(
    calculator: UnivariateDriftCalculator, current: pd.DataFrame, chunks: int
) -> pd.DataFrame:
    """Returns a row for each chunk of the current data: columns (feature, method, field)."""
    from nannyml.chunk import CountBasedChunker

    calculator.chunker = CountBasedChunker(chunks)
    return calculator.calculate(current).filter(period="analysis").to_df()


def alerts(rows: pd.DataFrame) -> list[str]:
    """Returns the features for which a method raises an alert in a chunk."""
    raised = rows.xs("alert", axis="columns", level=2).any()
    return sorted({feature for feature, _ in raised[raised].index})


def main() -> None:
    """Compares two files."""
    baseline, current = frames.read_both(sys.argv)
    row = calculate(fit(baseline, "ks-js"), current, 1)
    distances = {
        name: float(row[name]["kolmogorov_smirnov"]["value"].iloc[0])
        for name in frames.kinds(baseline)[0]
    }
    frames.say(columns=baseline.shape[1], distances=distances)


if __name__ == "__main__":
    main()

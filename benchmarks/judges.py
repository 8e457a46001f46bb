"""What each tool makes of two samples by its defaults. Each judge imports its tool when made."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks import samples

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

Verdicts = dict[str, list[str]]
Judge = Callable[[samples.Columns, samples.Columns], Verdicts]
"""Takes baseline and current; returns, by kind of verdict, the features that got it."""

DATASET = "*"
"""Stands for the whole data set among the features."""

FAIL, UNSURE = "skewgate: fail", "skewgate: inconclusive, no fail"
COLUMN, WHOLE = "Evidently: a column drifted", "Evidently: the data set drifted"
ONE_CHUNK, TEN_CHUNKS = "NannyML: alert, one chunk", "NannyML: alert in any of ten chunks"


def _batch(columns: samples.Columns) -> pa.RecordBatch:
    import pyarrow as pa

    arrays = []
    for column in columns.values():
        if isinstance(column, samples.Categories):
            codes = pa.array(column.codes, pa.int32(), mask=column.codes < 0)
            arrays.append(pa.DictionaryArray.from_arrays(codes, column.names.tolist()))
        else:
            arrays.append(pa.array(column, from_pandas=True))  # NaN becomes null
    return pa.RecordBatch.from_arrays(arrays, list(columns))


def _frame(columns: samples.Columns) -> pd.DataFrame:
    import pandas as pd

    plain: dict[str, Any] = {}
    for name, column in columns.items():
        if isinstance(column, samples.Categories):
            names = np.array([*column.names.tolist(), None], dtype=object)  # -1 is the last
            plain[name] = names[column.codes]
        else:
            plain[name] = column
    return pd.DataFrame(plain)


def skewgate() -> Judge:
    """Returns skewgate with its default thresholds, looking again where it is in doubt."""
    from skewgate.checks.drift import evaluate
    from skewgate.checks.drift.config import DriftConfig
    from skewgate.core.profile import Profile
    from skewgate.core.results import Status
    from skewgate.profiling.accumulators.options import DEFAULT, ProfileOptions
    from skewgate.profiling.accumulators.profile import ProfileAccumulator

    def profile(columns: samples.Columns, options: ProfileOptions) -> Profile:
        accumulator = ProfileAccumulator(options)
        accumulator.add(_batch(columns))
        return accumulator.profile()

    def judge(baseline: samples.Columns, current: samples.Columns) -> Verdicts:
        sides = (baseline, current)
        results = evaluate(
            profile(baseline, DEFAULT),
            profile(current, DEFAULT),
            DriftConfig(),
            lambda names: tuple(profile(side, DEFAULT.reread(names)) for side in sides),
        ).results
        failed, unsure = (
            {result.feature for result in results if result.status is status}
            for status in (Status.FAIL, Status.INCONCLUSIVE)
        )
        return {FAIL: sorted(failed), UNSURE: sorted(unsure - failed)}

    return judge


def evidently() -> Judge:
    """Returns Evidently's DataDriftPreset as it comes."""
    from benchmarks.peers import evidently_peer

    def judge(baseline: samples.Columns, current: samples.Columns) -> Verdicts:
        found = evidently_peer.compare(_frame(baseline), _frame(current), "default")
        return {COLUMN: found.drifted, WHOLE: [DATASET] if found.dataset else []}

    return judge


def nannyml() -> Judge:
    """Returns NannyML's univariate drift as it comes, with the current data chunked two ways."""
    from benchmarks.peers import nannyml_peer

    def judge(baseline: samples.Columns, current: samples.Columns) -> Verdicts:
        calculator = nannyml_peer.fit(_frame(baseline), "default")
        frame = _frame(current)
        return {
            TEN_CHUNKS: nannyml_peer.alerts(nannyml_peer.calculate(calculator, frame, 10)),
            ONE_CHUNK: nannyml_peer.alerts(nannyml_peer.calculate(calculator, frame, 1)),
        }

    return judge


JUDGES: dict[str, Callable[[], Judge]] = {
    "skewgate": skewgate,
    "evidently": evidently,
    "nannyml": nannyml,
}

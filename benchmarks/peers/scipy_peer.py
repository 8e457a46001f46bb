"""SciPy's exact two-sample KS alone: `python -m benchmarks.peers.scipy_peer BASE CURRENT`.

The numeric columns are read one by one; the categorical ones are left out.
"""

from __future__ import annotations

import sys

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
from scipy import stats

from benchmarks.peers import frames


def _schema(path: str) -> pa.Schema:
    return pa.csv.read_csv(path).schema if path.endswith(".csv") else pq.read_schema(path)


def _column(path: str, name: str) -> pa.ChunkedArray:
    if path.endswith(".csv"):
        options = pa.csv.ConvertOptions(include_columns=[name])
        return pa.csv.read_csv(path, convert_options=options)[name]
    return pq.read_table(path, columns=[name])[name]


def main() -> None:
    """Compares two files."""
    baseline, current = sys.argv[1:3]
    distances = {}
    for field in _schema(baseline):
        if not (pa.types.is_integer(field.type) or pa.types.is_floating(field.type)):
            continue
        sides = [_column(path, field.name).drop_null().to_numpy() for path in (baseline, current)]
        if all(len(side) for side in sides):
            distances[field.name] = float(stats.ks_2samp(*sides).statistic)
    frames.say(columns=len(distances), distances=distances)


if __name__ == "__main__":
    main()

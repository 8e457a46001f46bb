"""1,000 features by 20 slices from statistics alone: `.venv/bin/python -m benchmarks.wide`.

Writes two statistics files as TFDV would (800 numeric and 200 categorical features, every slice and
all rows) and measures `skewgate drift` on them as a whole process, reports included. Prints
Markdown.
"""

from __future__ import annotations

import argparse
import itertools
import pathlib
import statistics

import numpy as np
import numpy.typing as npt
from tensorflow_metadata.proto.v0 import statistics_pb2

from benchmarks import markdown, measure, tools

FEATURES, SLICES, ROWS = 1_000, 20, 10_000
CATEGORIES = 50
SLICE_BY = "region"


def write(path: pathlib.Path, seed: int, buckets: int) -> None:
    """Writes the statistics of normal features with atoms at 0, and of even categories.

    Args:
        path: where to.
        seed: of the generator.
        buckets: quantile buckets of a numeric feature; SkewStatisticsGen makes 500.
    """
    generator = np.random.default_rng(seed)
    written = statistics_pb2.DatasetFeatureStatisticsList()
    for number in range(SLICES + 1):
        rows = ROWS if number else ROWS * SLICES
        name = f"{SLICE_BY}_{number}" if number else "All Examples"
        dataset = written.datasets.add(name=name, num_examples=rows)
        for feature in range(FEATURES):
            message = dataset.features.add()
            message.path.step.append(f"feature_{feature}")
            if feature % 5 == 4:
                _write_categories(
                    message, generator.multinomial(rows, [1 / CATEGORIES] * CATEGORIES)
                )
            else:
                values = np.maximum(generator.normal(1, 1, rows), 0)
                _write_numbers(message, values, buckets)
        _write_categories(message := dataset.features.add(), np.array([rows]))
        message.path.step.append(SLICE_BY)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(written.SerializeToString())


def _write_common(common: statistics_pb2.CommonStatistics, rows: int) -> None:
    common.num_non_missing = common.tot_num_values = rows
    common.min_num_values = common.max_num_values = 1


def _write_categories(
    message: statistics_pb2.FeatureNameStatistics, counts: npt.NDArray[np.int64]
) -> None:
    message.type = message.STRING
    _write_common(message.string_stats.common_stats, int(counts.sum()))
    for rank, count in enumerate(counts.tolist()):
        message.string_stats.rank_histogram.buckets.add(
            low_rank=rank, high_rank=rank, label=f"value_{rank}", sample_count=count
        )


def _write_numbers(
    message: statistics_pb2.FeatureNameStatistics, values: npt.NDArray[np.float64], buckets: int
) -> None:
    message.type = message.FLOAT
    stats = message.num_stats
    _write_common(stats.common_stats, len(values))
    stats.mean, stats.std_dev = float(values.mean()), float(values.std())
    histogram = stats.histograms.add(type=statistics_pb2.Histogram.QUANTILES)
    edges = np.quantile(values, np.linspace(0, 1, buckets + 1)).tolist()
    for low, high in itertools.pairwise(edges):
        histogram.buckets.add(low_value=low, high_value=high, sample_count=len(values) / buckets)


def main() -> None:
    """Writes the files that are missing, measures, and prints a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--buckets", type=int, nargs="+", default=[100, 500])
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    folder = tools.ROOT / "benchmarks/.data/wide"
    config = folder / "drift.yaml"
    rows = []
    for buckets in options.buckets:
        sides = [folder / f"{side}-{buckets}.pb" for side in ("baseline", "current")]
        for seed, path in enumerate(sides):
            if not path.exists():
                write(path, seed, buckets)
        config.write_text(f"slices: [[{SLICE_BY}]]\n")
        command = [tools.PROJECT, "-m", "skewgate", "drift", *map(str, sides)]
        runs = [
            measure.run(
                [*command, "--config", str(config), "--out", str(folder / "report")],
                folder=tools.ROOT,
                environment=tools.ENVIRONMENT,
                good_codes=frozenset({0, 1, 3}),
                timeout=600,
                memory_limit=8 << 30,
            )
            for _ in range(options.runs)
        ]
        rows.append(
            [
                f"{FEATURES:,} x {SLICES + 1}, {buckets} buckets",
                f"{sum(path.stat().st_size for path in sides) / 1e6:.0f} MB",
                *(
                    f"{statistics.median(getattr(run, field) for run in runs) / unit:.{digits}f}"
                    for field, unit, digits in (("wall", 1, 1), ("cpu", 1, 1), ("peak", 1e9, 2))
                ),
                "; ".join(sorted({run.error for run in runs if run.error})) or "none",
            ]
        )
    head = ["features x slices", "both files", "wall s", "CPU s", "peak GB", "errors"]
    print(markdown.table(head, rows))


if __name__ == "__main__":
    main()

"""What summarises numbers best: `.venv/bin/python -m benchmarks.sketches`.

Every candidate takes the same values in batches of 131,072, on one core, and is asked for the
ranks of 1,000 values. Prints Markdown: values per second, the largest rank error measured, the
largest that the candidate itself admits, and its size when pickled.
"""

from __future__ import annotations

import argparse
import json
import pickle
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks import markdown, tools

FloatArray = npt.NDArray[np.float64]
BATCH = 1 << 17
PROBES = 1_000
SHAPES: dict[str, Callable[[np.random.Generator, int], FloatArray]] = {
    "normal": lambda generator, n: generator.normal(size=n),
    "lognormal, sorted": lambda generator, n: np.sort(generator.lognormal(0, 2, n)),
    "60% zeros": lambda generator, n: np.maximum(generator.normal(-0.25, 1, n), 0.0),
}


def _batches(values: FloatArray) -> Iterator[FloatArray]:
    for start in range(0, len(values), BATCH):
        yield values[start : start + BATCH]


def _skewgate(resolution: int) -> Callable[[FloatArray, FloatArray], dict[str, Any]]:
    from skewgate.profiling.accumulators.numeric import NumericAccumulator

    def run(values: FloatArray, probes: FloatArray) -> dict[str, Any]:
        sketch = NumericAccumulator(resolution)
        started = time.perf_counter()
        for batch in _batches(values):
            sketch.add(batch)
        found = sketch.distribution()
        seconds = time.perf_counter() - started
        lower, upper = found.bounds_at(probes)
        return {
            "seconds": seconds,
            "ranks": ((lower + upper) / 2).tolist(),
            "admitted": float(np.max(upper - lower)) / 2,
            "bytes": len(pickle.dumps(sketch)),
        }

    return run


def _tfx_bsl(eps: float, points: int) -> Callable[[FloatArray, FloatArray], dict[str, Any]]:
    import pyarrow as pa
    from tfx_bsl import sketches

    def run(values: FloatArray, probes: FloatArray) -> dict[str, Any]:
        sketch = sketches.QuantilesSketch(eps, len(values), 1)
        started = time.perf_counter()
        for batch in _batches(values):
            sketch.AddValues(pa.array(batch))
        size = len(pickle.dumps(sketch))
        edges, weights = sketch.GetQuantilesAndCumulativeWeights(points)
        seconds = time.perf_counter() - started
        edges = np.asarray(edges.flatten())
        weights = np.asarray(weights.flatten())
        index = np.searchsorted(edges, probes, side="right") - 1
        ranks = np.where(index < 0, 0.0, weights[np.maximum(index, 0)]) / len(values)
        return {"seconds": seconds, "ranks": ranks.tolist(), "admitted": eps, "bytes": size}

    return run


def _kll(k: int) -> Callable[[FloatArray, FloatArray], dict[str, Any]]:
    import datasketches

    def run(values: FloatArray, probes: FloatArray) -> dict[str, Any]:
        sketch = datasketches.kll_doubles_sketch(k)
        started = time.perf_counter()
        for batch in _batches(values):
            sketch.update(batch)
        seconds = time.perf_counter() - started
        return {
            "seconds": seconds,
            "ranks": [sketch.get_rank(float(probe), True) for probe in probes],
            "admitted": sketch.normalized_rank_error(False),
            "bytes": len(sketch.serialize()),
        }

    return run


def _sort() -> Callable[[FloatArray, FloatArray], dict[str, Any]]:
    def run(values: FloatArray, probes: FloatArray) -> dict[str, Any]:
        started = time.perf_counter()
        ordered = np.sort(values)
        seconds = time.perf_counter() - started
        ranks = np.searchsorted(ordered, probes, side="right") / len(values)
        return {
            "seconds": seconds,
            "ranks": ranks.tolist(),
            "admitted": 0.0,
            "bytes": ordered.nbytes,
        }

    return run


HERE = {
    "skewgate, 4,096 points": lambda: _skewgate(4096),
    "skewgate, 65,536 points": lambda: _skewgate(65_536),
    "tfx_bsl QuantilesSketch, eps 0.001": lambda: _tfx_bsl(0.001, 4096),
    "tfx_bsl QuantilesSketch, eps 0.0001": lambda: _tfx_bsl(0.0001, 65_536),
    "numpy sort of everything": _sort,
}
THERE = {
    "DataSketches KLL, k = 200": lambda: _kll(200),
    "DataSketches KLL, k = 4,096": lambda: _kll(4096),
}
CERTAIN = {"skewgate": "yes", "tfx_bsl": "by proof", "numpy": "exact", "DataSketches": "99%"}


def measure(names: dict[str, Any], rows: int) -> list[dict[str, Any]]:
    """Returns one line per candidate and shape; the best of three times."""
    lines = []
    for shape, make in SHAPES.items():
        values = make(np.random.default_rng(7), rows)
        probes = np.quantile(values, np.linspace(0, 1, PROBES))
        exact = np.searchsorted(np.sort(values), probes, side="right") / rows
        for name, candidate in names.items():
            runs = [candidate()(values, probes) for _ in range(3)]
            error = float(np.max(np.abs(np.array(runs[-1]["ranks"]) - exact)))
            lines.append(
                {
                    "shape": shape,
                    "name": name,
                    "speed": rows / min(run["seconds"] for run in runs),
                    "error": error,
                    "admitted": runs[-1]["admitted"],
                    "bytes": runs[-1]["bytes"],
                }
            )
    return lines


def main() -> None:
    """Measures the candidates of this environment and of the peers', and prints a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=4_000_000)
    parser.add_argument("--peers", action="store_true", help="print those of the peers as JSON")
    options = parser.parse_args()
    if options.peers:
        json.dump(measure(THERE, options.rows), sys.stdout)
        return
    lines = measure(HERE, options.rows)
    command = [tools.PEERS, "-m", "benchmarks.sketches", "--peers", "--rows", str(options.rows)]
    found = subprocess.run(command, check=True, cwd=tools.ROOT, capture_output=True, text=True)
    lines += json.loads(found.stdout)
    head = ["values", "summary", "values/s", "error", "bound on it", "certain", "size"]
    rows = [
        [
            line["shape"],
            line["name"],
            f"{line['speed'] / 1e6:.1f} M",
            f"{line['error']:.1e}",
            f"{line['admitted']:.1e}",
            CERTAIN[line["name"].split(",")[0].split(" ")[0]],
            f"{line['bytes'] / 1e6:.2f} MB",
        ]
        for line in sorted(lines, key=lambda line: (line["shape"], line["name"]))
    ]
    print(markdown.table(head, rows))


if __name__ == "__main__":
    main()

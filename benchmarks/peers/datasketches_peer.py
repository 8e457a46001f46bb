"""DataSketches' KLL alone: `python -m benchmarks.peers.datasketches_peer BASE CURRENT`.

One sketch of the default size (k = 200) for each numeric column and side; the categorical ones
are left out. The library's `ks_test` says yes or no and tells no distance: the distance here is
the largest difference of the two sketched CDFs at the values that the sketches hold.
"""

from __future__ import annotations

import sys

import datasketches
import numpy as np
import pandas as pd

from benchmarks.peers import frames

_ALPHA = 0.05


def _sketch(values: pd.Series) -> datasketches.kll_doubles_sketch:
    sketch = datasketches.kll_doubles_sketch(200)
    sketch.update(values.dropna().to_numpy(np.float64))
    return sketch


def _distance(
    one: datasketches.kll_doubles_sketch, other: datasketches.kll_doubles_sketch
) -> float:
    points = sorted({value for side in (one, other) for value, _ in side})
    cdfs = [np.asarray(side.get_cdf(points, True)) for side in (one, other)]
    return float(np.max(np.abs(cdfs[0] - cdfs[1])))


def main() -> None:
    """Compares two files."""
    baseline, current = frames.read_both(sys.argv)
    distances, drifted = {}, []
    for name in frames.kinds(baseline)[0]:
        sides = (_sketch(baseline[name]), _sketch(current[name]))
        if any(side.is_empty() for side in sides):
            continue
        distances[name] = _distance(*sides)
        if datasketches.ks_test(*sides, _ALPHA):
            drifted.append(name)
    frames.say(columns=len(distances), distances=distances, drifted=drifted)


if __name__ == "__main__":
    main()

"""What every metric is by its definition, from all values: what statistics must not contradict.

A metric that is not here has a function `exact` of two arrays of values, or two dicts of categories
and their counts, in its own `tests/unit/metrics/test_<name>.py`.
"""

from __future__ import annotations

import importlib
import itertools
import math

import numpy as np

from skewgate.metrics import REGISTRY
from skewgate.metrics.hellinger import hellinger
from skewgate.metrics.jsd import jsd
from skewgate.metrics.psi import psi
from skewgate.metrics.wasserstein import wasserstein


def bin_ends(baseline, bins=10):
    """Returns the upper ends of all bins of equal mass but the last, value by value."""
    ordered = np.sort(np.asarray(baseline, float))
    smallest, largest = ordered[0], ordered[-1]
    if smallest == largest:
        return np.array([np.nextafter(largest, -np.inf), largest])
    quantiles = [ordered[-(-i * len(ordered) // bins) - 1] for i in range(1, bins)]
    twice = {one for one, two in itertools.pairwise(quantiles) if one == two}
    atoms = {atom for atom in twice | {largest} if atom in quantiles and atom > smallest}
    below = {np.nextafter(atom, -np.inf) for atom in atoms}
    return np.array(sorted(below | {value for value in quantiles if value < largest}))


def binned(baseline, current, bins=10):
    """Returns how many values of both sides each bin of equal baseline mass has."""
    ends = bin_ends(baseline, bins)
    return tuple(
        np.bincount(np.searchsorted(ends, np.asarray(side, float)), minlength=len(ends) + 1)
        for side in (baseline, current)
    )


def of_counts(baseline, current):
    """Returns the metrics that compare shares over common bins or categories."""
    shares = [np.asarray(side, float) / np.sum(side) for side in (baseline, current)]
    return {
        "psi": psi(baseline, current),
        "jsd": jsd(*shares),
        "hellinger": hellinger(*shares),
    }


def _others(kind, known, *sides):
    """Returns the metrics of a kind that are not known here."""
    return {
        name: importlib.import_module(f"tests.unit.metrics.test_{name}").exact(*sides)
        for name, metric in REGISTRY.items()
        if kind in metric.kinds and name not in known and name != "missing_rate"
    }


def of_numbers(baseline, current):
    """Returns the metrics of two sets of numbers; wasserstein only if no number overflows."""
    ordered = [np.sort(np.asarray(side, float)) for side in (baseline, current)]
    points = np.concatenate(ordered)
    f, g = (side.searchsorted(points, side="right") / len(side) for side in ordered)
    found = {**of_counts(*binned(*ordered)), "ks": float(np.max(np.abs(f - g)))}
    found |= _others("numeric", {*found, "wasserstein"}, *ordered)
    if np.all(np.isfinite(points)):
        with np.errstate(over="ignore", invalid="ignore"):
            distance = wasserstein(*ordered)
        if ordered[0][0] == ordered[0][-1]:  # no scale
            distance = math.inf if points.min() < points.max() else 0.0
        if ordered[0][0] == ordered[0][-1] or math.isfinite(distance):
            found["wasserstein"] = distance
    return found


def holds(measured, exact):
    """Says whether the interval of a measurement holds the exact value, but for rounding."""
    if not 0.0 <= measured.lower <= measured.value <= measured.upper:
        return False
    room = 1e-9 * (1 + exact) if math.isfinite(exact) else 0.0
    return measured.lower - room <= exact <= measured.upper + room


def of_categories(baseline, current):
    """Returns the metrics of two tables of categories and their counts."""
    names = sorted({*baseline, *current})
    counts = [np.array([side.get(name, 0) for name in names]) for side in (baseline, current)]
    before, now = (side / side.sum() for side in counts)
    found = {
        **of_counts(*counts),
        "linf": float(np.max(np.abs(before - now))),
        "new_categories": float(np.sum(now[before == 0])),
    }
    return found | _others("categorical", found, baseline, current)

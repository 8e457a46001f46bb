"""Trips of two years as tables, whose fares rose."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest


def trips(rows, seed, fare=1.0):
    rng = np.random.default_rng(seed)
    return pa.table(
        {
            "fare": np.round(4 * fare * rng.lognormal(2.0, 0.5, rows)) / 4,
            "miles": rng.integers(0, 40, rows) / 4,
            "paid": rng.choice(["Cash", "Card", "Été"], rows, p=[0.3, 0.6, 0.1]),
        }
    )


@pytest.fixture(scope="session")
def baseline():
    return trips(900, 1)


@pytest.fixture(scope="session")
def same():
    return trips(700, 2)


@pytest.fixture(scope="session")
def risen():
    return trips(700, 2, fare=1.6)

"""Small tables, and what `skewgate init` makes of them."""

from __future__ import annotations

import argparse

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pytest

from skewgate.cli import init
from skewgate.data.sources.reading_options import RECOGNISED
from skewgate.scaffold import plan as plan_lib


def trips(rows=400, seed=3):
    """Returns trips without a time: numbers, a truth, a text, a tip that follows the fare."""
    rng = np.random.default_rng(seed)
    fare = np.round(4 * rng.lognormal(2.0, 0.5, rows)) / 4
    return pa.table(
        {
            "trip": list(range(rows)),
            "fare": pa.array(fare.tolist(), mask=rng.random(rows) < 0.05),
            "shared": (rng.random(rows) < 0.3).tolist(),
            "paid": np.where(rng.random(rows) < 0.4, "Cash", "Card").tolist(),
            "city": ["Chicago"] * rows,
            "tip": (fare + rng.normal(0, 1, rows) > 8).astype(int).tolist(),
        }
    )


def with_times(table, hours=1):
    """Returns a table with a column that tells when each row was made."""
    seconds = (np.arange(len(table)) * 3600 * hours + 1_451_606_400).tolist()
    return table.append_column("started", pa.array(seconds, pa.timestamp("s")))


@pytest.fixture
def save(tmp_path):
    """Returns what writes a table as CSV and says where."""

    def write(table, name="trips.csv"):
        path = tmp_path / name
        pa.csv.write_csv(table, path)
        return str(path)

    return write


@pytest.fixture
def look(save):
    """Returns what reads a table once."""

    def read(table, name="trips.csv"):
        options = argparse.Namespace(
            quiet=True,
            dataset="",
            delimiter=None,
            decimal=None,
            encoding=None,
            header=None,
            null_values=None,
        )
        return init.look(options, save(table, name))

    return read


@pytest.fixture
def planned(look):
    """Returns what plans the files of tables."""

    def make(table, label=None, serving=None):
        other = None if serving is None else look(serving, "serving.csv")
        return plan_lib.make(look(table), other, label, RECOGNISED)

    return make

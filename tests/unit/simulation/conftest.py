"""Simulations of small tables, from rows to windows and truth."""

from __future__ import annotations

import json
import types

import numpy as np
import pyarrow as pa
import pyarrow.parquet
import pytest
import yaml

from skewgate.simulation import planting, simulate
from skewgate.simulation import spec as spec_lib
from skewgate.simulation.planting import WindowTally
from skewgate.simulation.survey import Survey


def trips(rows=600, seed=3):
    """Returns trips: fares in quarters of which some are missing, hours, ways of paying, tips."""
    rng = np.random.default_rng(seed)
    fare = np.round(4 * rng.lognormal(2.0, 0.5, rows)) / 4
    paid = rng.random(rows)
    return pa.table(
        {
            "fare": pa.array(fare.tolist(), mask=rng.random(rows) < 0.05),
            "hour": rng.integers(0, 24, rows).tolist(),
            "started": pa.array(
                (np.arange(rows) * 3600 + 1_451_606_400).tolist(), pa.timestamp("s")
            ),
            "paid": np.where(paid < 0.6, "Cash", np.where(paid < 0.9, "Card", "Été")).tolist(),
            "tipped": (rng.random(rows) < 0.25).astype(int).tolist(),
        }
    )


def plant(columns, fields, *, window=1, seed=0, first=0):
    """Plants one plant into columns; returns the columns, the counts and the sizes."""
    table = pa.table(columns)
    planned = spec_lib.Planned(
        at="plants.0", plant=spec_lib.parse_plant(fields, "simulation.yaml", "plants.0")
    )
    rows = table.combine_chunks().to_batches()[0]
    found = Survey([planned], spec_lib.Spec().windows)
    found.add(rows)
    settled = planting.settle([planned], found, table.schema, "simulation.yaml")
    tally = WindowTally()
    planted = planting.apply(settled, rows, window, first, seed, tally)
    assert planted.schema == rows.schema
    counts = tally.plants[planned.plant.label]
    return types.SimpleNamespace(
        columns=planted.to_pydict(), counts=counts, tally=tally, sizes=settled[0].sizes
    )


def run(tmp_path, table, spec, *, name="out", force=False, data=None):
    """Simulates a table; returns the truth, the windows and the bytes of all files."""
    source = data or tmp_path / "trips.parquet"
    if data is None:
        pa.parquet.write_table(table, source)
    text = spec if isinstance(spec, str) else yaml.safe_dump(spec, sort_keys=False)
    out = tmp_path / name
    parsed = spec_lib.parse(text, "simulation.yaml")
    simulate.run(str(source), parsed, text, str(out), force=force)
    truth = json.loads((out / "truth.json").read_text())
    windows = [
        pa.parquet.read_table(out / window["file"])
        for window in truth["windows"]
        if window["file"] and window["file"].endswith("parquet")
    ]
    return types.SimpleNamespace(
        truth=truth,
        windows=windows,
        out=out,
        bytes={path.name: path.read_bytes() for path in sorted(out.iterdir())},
    )


@pytest.fixture(scope="session")
def sim():
    return types.SimpleNamespace(trips=trips, plant=plant, run=run)

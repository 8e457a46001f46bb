"""Trips in every format, and the command line within this process."""

from __future__ import annotations

import json
import pathlib
import types

import jsonschema
import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
import pytest

import skewgate
from skewgate.cli.main import main
from skewgate.data.tf_example.tfrecord import frame
from tests.encoding import encode

SCHEMA = json.loads(
    pathlib.Path(skewgate.__file__).parent.joinpath("report/report.schema.json").read_text("utf-8")
)


def trips(rows, seed, fare=1.0, cash=0.3):
    """Returns trips whose fares and ways of paying may have changed; fares are quarters."""
    rng = np.random.default_rng(seed)
    fares = np.round(4 * fare * rng.lognormal(2.0, 0.5, rows)) / 4
    paid = rng.random(rows)
    seconds = (rng.integers(0, 86_400, rows) + 1_451_606_400).tolist()
    return pa.table(
        {
            "fare": pa.array(fares.tolist(), mask=rng.random(rows) < 0.02),
            "miles": (rng.integers(0, 40, rows) / 4).tolist(),
            "hour": rng.integers(0, 24, rows).tolist(),
            "shared": (rng.random(rows) < 0.3).tolist(),
            "started": pa.array(seconds, pa.timestamp("s")),
            "paid": np.where(paid < cash, "Cash", np.where(paid < 0.9, "Card", "Été")).tolist(),
        }
    )


def write_csv(table, path):
    pa.csv.write_csv(table, path)


def write_json(table, path):
    rows = []
    for row in table.to_pylist():
        row["started"] = str(row["started"])
        rows.append(json.dumps({name: cell for name, cell in row.items() if cell is not None}))
    path.write_text("\n".join(rows) + "\n")


def write_records(table, path):
    path.write_bytes(frame(encode(table, "trips")))


def write_statistics(table, path):
    rows = path.with_suffix(".parquet")
    pa.parquet.write_table(table, rows)
    assert main(["profile", str(rows), "--out", str(path), "--quiet"]) == 0


FORMATS = {
    "parquet": ("trips.parquet", lambda table, path: pa.parquet.write_table(table, path)),
    "csv": ("trips.csv", write_csv),
    "jsonl": ("trips.jsonl", write_json),
    "tfrecord": ("trips.tfrecord", write_records),
    "statistics": ("trips.pb", write_statistics),
}


def write(table, folder, kind="parquet"):
    """Writes a table and returns its path."""
    name, writer = FORMATS[kind]
    folder.mkdir(parents=True, exist_ok=True)
    writer(table, folder / name)
    return str(folder / name)


def check_report(content):
    jsonschema.validate(content, SCHEMA, jsonschema.Draft202012Validator)
    return content


@pytest.fixture(scope="session")
def cli():
    return types.SimpleNamespace(
        trips=trips, write=write, formats=tuple(FORMATS), check_report=check_report
    )


@pytest.fixture
def run(capsys):
    """Returns a function that runs a command, and returns its code, its output and its errors."""

    def run(*arguments):
        capsys.readouterr()
        code = main([str(argument) for argument in arguments])
        captured = capsys.readouterr()
        return types.SimpleNamespace(code=code, out=captured.out, err=captured.err)

    return run


@pytest.fixture
def refused(run):
    """Returns a function that runs a command with bad input, and returns its one sentence."""

    def refused(*arguments):
        result = run(*arguments, *(["--quiet"] if arguments[0] != "merge" else []))
        assert result.code == 2
        assert result.out == ""
        assert "Traceback" not in result.err
        assert result.err.startswith("skewgate: ")
        assert result.err.endswith(".\n")
        assert result.err.count("\n") == 1
        return result.err.removeprefix("skewgate: ").rstrip("\n")

    return refused

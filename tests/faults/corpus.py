"""Good files of every format and every contract, which the jobs take and spoil."""

from __future__ import annotations

import gzip
import json
import pathlib
import pickle
import re
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.feather
import pyarrow.parquet

import skewgate
from skewgate.cli.main import main
from skewgate.data.tf_example.tfrecord import frame
from skewgate.pipeline import settings as settings_lib
from tests import certificates
from tests.encoding import encode

CHECKOUT = pathlib.Path(__file__).resolve().parents[2]
ROWS, MANY = 300, 40_000

SCHEMA = "\n".join(
    f'feature {{ name: "{name}" type: {kind} presence {{ min_count: 1 }} '
    "value_count { min: 1 max: 1 } }"
    for name, kind in {
        "fare": "FLOAT",
        "miles": "FLOAT",
        "hour": "INT",
        "started": "INT",
        "paid": "BYTES",
    }.items()
)
DRIFT = """
version: 1
defaults:
  numeric: {ks: 0.3}
  categorical: {psi: 0.5, linf: 0.4}
  missing_rate: 0.2
significance: {alpha: 0.05, correction: bh}
features:
  paid: {critical: true}
  started: {ignore: true}
policy: {block_on: any, on_inconclusive: allow}
"""
SIMULATION = """
version: 1
seed: 7
windows: {number: 4}
format: parquet
plants:
  - {kind: shift, column: fare, by: 1.5, unit: std, onset: {first: 2}}
  - {kind: missing_rate, column: miles, share: 0.2, onset: {first: 3}}
"""
REHEARSAL = """
version: 1
windows: {number: 4}
rehearsal:
  grid:
    - {kind: shift, column: fare, sizes: {by: [0.5]}}
"""
OPTIONS = """
target: vertex
image: a/b:1
pipeline_root: gs://bucket/x
"""
CAPTURE = """
format: jsonl
time: {column: asked}
windows: {every: 1w, zone: Europe/Berlin}
columns: {generalise: {miles: {step: 5}}}
max_rejected: 1%
"""
LABELS = """
key: [trip_id]
labels: [big_tipper]
prediction_time: trip_start_timestamp
horizon: 3d
windows: {every: 1d, offset: 0h, zone: UTC}
min_coverage: 0.8
policy: {on_inconclusive: block, on_open_window: block, on_low_coverage: block}
"""


def trips(rows: int, seed: int, fare: float = 1.0, cash: float = 0.3) -> pa.Table:
    """Returns trips, whose fares and ways of paying may have changed."""
    rng = np.random.default_rng(seed)
    paid = rng.random(rows)
    return pa.table(
        {
            "fare": pa.array(
                (np.round(4 * fare * rng.lognormal(2.0, 0.5, rows)) / 4).tolist(),
                mask=rng.random(rows) < 0.02,
            ),
            "miles": (rng.integers(0, 40, rows) / 4).tolist(),
            "hour": rng.integers(0, 24, rows).tolist(),
            "started": (rng.integers(0, 864_000, rows) + 1_451_606_400).tolist(),
            "paid": np.where(paid < cash, "Cash", np.where(paid < 0.9, "Card", "Été")).tolist(),
        }
    )


def write(table: pa.Table, path: pathlib.Path) -> None:
    """Writes a table in the format that the name of the file says."""
    names = path.name.split(".")
    if "csv" in names:
        pa.csv.write_csv(table, path)
    elif "tsv" in names:
        pa.csv.write_csv(table, path, pa.csv.WriteOptions(delimiter="\t"))
    elif "jsonl" in names:
        rows = table.to_pylist()
        path.write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    elif "parquet" in names:
        pa.parquet.write_table(table, path, row_group_size=max(table.num_rows // 3, 1))
    elif "arrow" in names:
        with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
            writer.write_table(table, max_chunksize=100)
    elif "feather" in names:
        pa.feather.write_feather(table, path, compression="lz4")
    elif "tfrecord" in names:
        path.write_bytes(frame(encode(table, "trips")))
    if names[-1] == "gz":
        path.write_bytes(gzip.compress(path.read_bytes(), mtime=0))


TABLES = (
    "base.csv",
    "base.tsv",
    "base.jsonl",
    "base.parquet",
    "base.arrow",
    "base.feather",
    "base.tfrecord",
    "base.csv.gz",
    "base.jsonl.gz",
    "base.tfrecord.gz",
)
"""The same rows in every format."""
STATISTICS = ("base.pb", "framed.pb", "base-stats.pbtxt")


def build(folder: pathlib.Path) -> None:
    """Writes all that needs no TensorFlow."""
    (folder / "taxi").mkdir()
    base = trips(ROWS, 1)
    for name in TABLES:
        write(base, folder / name)
    for name, table in {
        "same.parquet": trips(ROWS, 2),
        "same.csv": trips(ROWS, 2),
        "drifted.csv": trips(ROWS, 3, fare=3.0, cash=0.8),
        "drifted.parquet": trips(ROWS, 3, fare=3.0, cash=0.8),
        "many.csv": trips(MANY, 4),
        "many.parquet": trips(MANY, 5),
        "many-drifted.parquet": trips(MANY, 6, fare=3.0, cash=0.8),
    }.items():
        write(table, folder / name)
    for name, table in {"served.jsonl": base, "many-served.jsonl": trips(MANY // 4, 7)}.items():
        (folder / name).write_text("".join(map(_served, table.to_pylist(), range(MANY))))
    (folder / "served.jsonl.gz").write_bytes(
        gzip.compress((folder / "served.jsonl").read_bytes(), mtime=0)
    )
    for name, text in {
        "capture.yaml": CAPTURE,
        "schema.pbtxt": SCHEMA,
        "other.pbtxt": SCHEMA.replace("FLOAT", "INT", 1),
        "drift.yaml": DRIFT,
        "simulation.yaml": SIMULATION,
        "rehearsal.yaml": REHEARSAL,
        "options.yaml": OPTIONS,
        "taxi/labels.yaml": LABELS,
    }.items():
        (folder / name).write_text(text)
    for target in ("kubeflow.yaml", "vertex.json"):
        golden = CHECKOUT / "tests" / "golden" / f"small{pathlib.Path(target).suffix}"
        version = skewgate.__version__
        (folder / target).write_text(golden.read_text().replace("VERSION", version))
    for rows, out in {"base.parquet": "base.pb", "same.parquet": "same.pb"}.items():
        _run(["profile", folder / rows, "--out", folder / out, "--quiet"])
    (folder / "framed.pb").write_bytes(frame([(folder / "base.pb").read_bytes()]))
    _write_text_statistics(folder)
    for name, current in {"report-0": "same", "report-1": "drifted"}.items():
        sides = [folder / "base.parquet", folder / f"{current}.parquet"]
        _run(["drift", *sides, "--out", folder / "reports" / name, "--quiet"])
    _write_hostile(folder / "hostile")
    _write_credentials(folder / "collect")
    _write_settings(folder)


def _served(row: dict[str, Any], number: int) -> str:
    """Returns the line that a server logs of a call with a row."""
    call = {
        "id": f"call-{number}",
        "time": row["started"],
        "request": {"instances": [row]},
        "response": {"predictions": [[number / MANY]]},
    }
    return f"{json.dumps(call, ensure_ascii=False)}\n"


def _write_credentials(folder: pathlib.Path) -> None:
    """Writes what the collector asks its clients for, and shows them."""
    folder.mkdir()
    authority = certificates.issue("authority")
    key, certificate = certificates.issue("server", authority)
    for name, content in {
        "token": b"0123456789abcdef\n",
        "server.key": certificates.key_pem(key),
        "server.pem": certificates.pem(certificate),
        "authority.pem": certificates.pem(authority[1]),
    }.items():
        (folder / name).write_bytes(content)


def _run(words: list[Any]) -> None:
    code = main([str(word) for word in words])
    if code not in (0, 1, 3):
        raise AssertionError(f"{words} ended with {code}")


def _write_text_statistics(folder: pathlib.Path) -> None:
    from google.protobuf import text_format

    from skewgate.statistics.messages import read_statistics

    statistics = read_statistics(folder / "base.pb")
    (folder / "base-stats.pbtxt").write_text(text_format.MessageToString(statistics))


def _write_settings(folder: pathlib.Path) -> None:
    """Writes the settings of the taxi pipelines, and their contracts, for a root beside them."""
    source = settings_lib.TAXI.parent
    place = folder / "taxi"
    for path in source.glob("*"):
        if path.suffix in (".yaml", ".pbtxt") and path.stem != "simulation":
            (place / path.name).write_bytes(path.read_bytes())
    text = re.sub(r"(?m)^root: .*$", "root: root", settings_lib.TAXI.read_text())
    text = re.sub(r"train_steps: \d+", "train_steps: 100", text)
    (place / "pipeline.yaml").write_text(text)
    (place / "clean.yaml").write_text(
        f"{text}\nretention: {{runs: 1, failed_runs: 0, models: 1}}\n"
    )
    labels = "labels: {data: labels.csv, config: labels.yaml}"
    late = re.sub(r"(?m)^  late_labels: .*$", f"  {labels}", text)
    (place / "late.yaml").write_text(late)


PICKLE_RAN = "pickle-ran"
"""The file that a pickle makes in the folder of the command that runs it."""


class Payload:
    """Pickled, it makes a file when somebody unpickles it."""

    def __reduce__(self) -> tuple[Any, tuple[str]]:
        return pathlib.Path.touch, (pathlib.Path(PICKLE_RAN),)  # type: ignore[return-value]


def _write_hostile(folder: pathlib.Path) -> None:
    """Writes whole files that are built to do harm; each is taken for the table of a command."""
    folder.mkdir()
    payload = pickle.dumps(Payload())
    storage = pa.array([1, 2, 3], pa.int64())
    field = pa.field(
        "fare",
        pa.int64(),
        metadata={
            b"ARROW:extension:name": b"arrow.py_extension_type",
            b"ARROW:extension:metadata": payload,
        },
    )
    table = pa.Table.from_arrays([storage], schema=pa.schema([field]))
    write(table, folder / "pickle.parquet")
    write(table, folder / "pickle.arrow")
    header, rows = (folder.parent / "base.csv").read_bytes().split(b"\n", 1)
    files = {
        "many-cells.csv": header + b"\n" + b"1," * 400_000 + b"\n",
        "many-commas.csv": header + b"\n" + rows + b"," * 500_000 + b"\n" + rows,
        "many-columns.csv": b",".join(b"c%d" % n for n in range(20_000)) + b"\n" + b"1," * 19_999,
        "long-line.csv": header + b"\n" + b"x" * 30_000_000 + b"\n" + rows,
        "quote.csv": header + b'\n"' + rows * 200,
        "controls.csv": b"\x1b[31mfare,mi\xe2\x80\xaeles,hour,started,paid\n" + rows,
        "nul.csv": header + b"\n" + b"\x00" * 1_000_000,
        "nested.jsonl": b'{"fare":' * 20_000 + b"1" + b"}" * 20_000 + b"\n",
        "lists.jsonl": b'{"fare":' + b"[" * 10_000 + b"]" * 10_000 + b"}\n",
        "deep.jsonl": b'{"fare":' + b"[" * 900 + b"1" + b"]" * 900 + b"}\n",
        "many-keys.jsonl": json.dumps({f"c{n}": n for n in range(5_000)}).encode() + b"\n",
        "big-number.jsonl": b'{"fare": ' + b"9" * 100_000 + b"}\n",
        "bomb.csv.gz": gzip.compress(header + b"\n" + b"0" * 200_000_000),
        "bomb.jsonl.gz": gzip.compress(b"[" * 50_000_000),
        "bomb.tfrecord.gz": gzip.compress(b"\x00" * 200_000_000),
    }
    for name, content in files.items():
        (folder / name).write_bytes(content)
    for name, bit in {"length.tfrecord": 1 << 40, "huge.tfrecord": (1 << 63) + 5}.items():
        (folder / name).write_bytes(bit.to_bytes(8, "little") + b"\x00" * 40)


HOSTILE = (
    "pickle.parquet",
    "pickle.arrow",
    "many-cells.csv",
    "many-commas.csv",
    "many-columns.csv",
    "long-line.csv",
    "quote.csv",
    "controls.csv",
    "nul.csv",
    "nested.jsonl",
    "lists.jsonl",
    "deep.jsonl",
    "many-keys.jsonl",
    "big-number.jsonl",
    "bomb.csv.gz",
    "bomb.jsonl.gz",
    "bomb.tfrecord.gz",
    "length.tfrecord",
    "huge.tfrecord",
)

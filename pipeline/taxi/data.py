"""Makes the training and serving files from the taxi rows in the tfx wheel."""

from __future__ import annotations

import datetime
import importlib.util
import io
import pathlib

import pyarrow as pa
import pyarrow.compute
import pyarrow.csv

from skewgate.core import installed
from skewgate.core.errors import InputError
from skewgate.storage.atomic import write_atomically

_ROWS = "examples/chicago_taxi_pipeline/data/simple/data.csv"
_UTC = datetime.timezone.utc
SERVING_FROM = datetime.datetime(2016, 1, 1, tzinfo=_UTC)
LABELS_UNTIL = datetime.datetime(2016, 9, 1, tzinfo=_UTC)
"""Labels of later serving rows have not arrived yet."""


def source() -> pathlib.Path:
    """Returns the path of the rows, without importing tfx.

    Raises:
        InputError: tfx is not installed, or its wheel lacks the rows.
    """
    installed.require("tfx", "the taxi example")
    spec = importlib.util.find_spec("tfx")
    folder = next(iter(spec.submodule_search_locations or []), "") if spec else ""
    path = pathlib.Path(folder) / _ROWS
    if not folder or not path.is_file():
        raise InputError(f"tfx/{_ROWS}", "is not installed", "install tfx from its wheel")
    return path


def prepare(root: str) -> None:
    """Writes {root}/data/training.csv (2013 to 2015) and serving.csv (2016).

    The column `tips` becomes the label `big_tipper`: 1 for a tip above 20% of the fare. In
    serving.csv it is empty where it has not arrived. Files that are there already stay as they
    are, so that a run can use the cache.
    """
    folder = pathlib.Path(root) / "data"
    if (folder / "training.csv").exists() and (folder / "serving.csv").exists():
        return
    table = pa.csv.read_csv(source(), read_options=pa.csv.ReadOptions(block_size=1 << 26))
    compute = pa.compute
    tip = compute.greater(table["tips"], compute.multiply(table["fare"], 0.2))
    time = table["trip_start_timestamp"]
    arrived = compute.less(time, int(LABELS_UNTIL.timestamp()))
    label = compute.if_else(arrived, tip.cast(pa.int64()), pa.scalar(None, pa.int64()))
    table = table.drop(["tips"]).append_column("big_tipper", label)
    serving = compute.greater_equal(time, int(SERVING_FROM.timestamp()))
    for name, rows in (("training", compute.invert(serving)), ("serving", serving)):
        buffer = io.BytesIO()
        pa.csv.write_csv(table.filter(rows), buffer, pa.csv.WriteOptions(include_header=True))
        write_atomically(folder / f"{name}.csv", buffer.getvalue())

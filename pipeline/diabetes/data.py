"""Makes training and serving files from the patients in scikit-learn's wheel.

The data set is that of Efron, Hastie, Johnstone and Tibshirani, "Least angle regression", Annals of
Statistics 32 (2004): 442 patients with diabetes, ten measurements of each, and how far the disease
had gone a year later. It has nothing in common with taxi trips: few rows, a label that is a number,
blood values in mg/dl, and a key that names each row.
"""

from __future__ import annotations

import gzip
import importlib.util
import io
import pathlib

import numpy as np
import pyarrow as pa
import pyarrow.csv

from skewgate.core.errors import InputError
from skewgate.storage.atomic import write_atomically

_FOLDER = "datasets/data"
_ROWS, _LABELS = "diabetes_data_raw.csv.gz", "diabetes_target.csv.gz"
FEATURES = (
    *("age", "sex", "bmi", "blood_pressure", "cholesterol", "ldl", "hdl"),
    *("cholesterol_ratio", "log_triglycerides", "glucose"),
)
"""The measurements, in the order of the file."""
KEY, LABEL = "patient", "progression"
SERVING_EVERY = 3
"""The service was asked about every third patient."""


def source() -> pathlib.Path:
    """Returns the folder of the rows, without importing scikit-learn.

    Raises:
        InputError: scikit-learn is not installed, or its wheel lacks the rows.
    """
    spec = importlib.util.find_spec("sklearn")
    package = next(iter(spec.submodule_search_locations or []), "") if spec else ""
    folder = pathlib.Path(package) / _FOLDER
    if not package or not all((folder / name).is_file() for name in (_ROWS, _LABELS)):
        raise InputError(f"sklearn/{_FOLDER}", "is not installed", "install scikit-learn")
    return folder


def patients() -> pa.Table:
    """Returns all 442 patients, numbered from 1, with their labels.

    Raises:
        InputError: the rows are not installed.
    """
    folder = source()
    values = np.loadtxt(io.BytesIO(gzip.decompress((folder / _ROWS).read_bytes())))
    labels = np.loadtxt(io.BytesIO(gzip.decompress((folder / _LABELS).read_bytes())))
    columns: dict[str, pa.Array] = {KEY: pa.array(list(range(1, len(values) + 1)), pa.int64())}
    for name, column in zip(FEATURES, values.T, strict=True):
        columns[name] = pa.array(column.tolist(), pa.float64())
    columns["age"] = columns["age"].cast(pa.int64())
    columns["sex"] = columns["sex"].cast(pa.int64()).cast(pa.string())  # 1 and 2 name categories
    columns[LABEL] = pa.array(labels.tolist(), pa.float64()).cast(pa.int64())
    return pa.table(columns)


def prepare(root: str) -> None:
    """Writes {root}/data/training.csv (all patients) and serving.csv (a third, without labels).

    Files that are there already stay as they are, so that a run can use the cache.
    """
    folder = pathlib.Path(root) / "data"
    if (folder / "training.csv").exists() and (folder / "serving.csv").exists():
        return
    table = patients()
    served = table.filter(pa.array([n % SERVING_EVERY == 0 for n in table[KEY].to_pylist()]))
    for name, rows in (("training", table), ("serving", served.drop([LABEL]))):
        buffer = io.BytesIO()
        pa.csv.write_csv(rows, buffer)
        write_atomically(folder / f"{name}.csv", buffer.getvalue())

"""The data sets that installed packages bring along, and what brute force says of two of them."""

from __future__ import annotations

import csv
import dataclasses
import gzip
import importlib.util
import pathlib
import re

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from skewgate.data.arrow.kinds import is_text
from skewgate.simulation.reading import Rows

PACKAGES = ("sklearn", "tfx", "pandas", "pyarrow", "numpy")
_ENDINGS = (".csv", ".csv.gz", ".parquet", ".tsv", ".jsonl", ".pb")
_MOST_BYTES = 3 << 20
THRESHOLDS = {"ks": 0.1, "psi": 0.2, "missing_rate": 0.05}
"""The defaults of drift.yaml."""


def _is_data(path: pathlib.Path) -> bool:
    name = path.name.lower()
    if name.endswith(".pb"):
        return "stats" in name
    return name.endswith(_ENDINGS) or (name.endswith(".gz") and "tfrecord" in name)


def root(package: str) -> pathlib.Path:
    """Returns the folder of an installed package, without importing it."""
    found = importlib.util.find_spec(package)
    assert found is not None
    assert found.origin is not None
    return pathlib.Path(found.origin).parent


def places() -> list[str]:
    """Returns the data sets: files, and folders of shards."""
    found: dict[str, None] = {}
    for package in PACKAGES:
        for path in sorted(root(package).rglob("*")):
            if _is_data(path) and 1_000 < path.stat().st_size < _MOST_BYTES:
                found[str(path.parent if "tfrecord" in path.name else path)] = None
    return list(found)


def short(place: str) -> str:
    """Returns the name of a data set below the packages."""
    return place.split("site-packages/")[-1]


def table_of(place: str) -> pa.Table:
    """Returns the rows of a data set, lists of one value as values.

    Raises:
        InputError: they cannot be read.
    """
    rows = Rows(place)

    class Watching:
        def add(self, batch: pa.RecordBatch) -> None:
            pass

    rows.observe(Watching(), lambda place, rows: None)
    return pa.Table.from_batches(list(rows.blocks(1 << 16)), rows.schema).combine_chunks()


def is_no_table(place: str) -> bool:
    """Says whether a file is no CSV with a header, as one line has other cells than the first.

    Some files of examples begin with the size of the data, or with comments.
    """
    path = pathlib.Path(place)
    if not path.is_file() or ".csv" not in path.name:
        return False
    with (gzip.open if path.suffix == ".gz" else open)(path, "rt", encoding="utf-8") as file:
        header, *rows = csv.reader(file)
    return len(set(header)) < len(header) or any(len(row) != len(header) for row in rows if row)


def has_no_header(place: str) -> bool:
    """Says whether the first line of a CSV file is of numbers with fractions, as all others are."""
    path = pathlib.Path(place)
    if not path.is_file() or ".csv" not in path.name:
        return False
    with (gzip.open if path.suffix == ".gz" else open)(path, "rt", encoding="utf-8") as file:
        return re.fullmatch(r"[-+.,eE0-9]*\.[-+.,eE0-9]*", file.readline().strip()) is not None


def holds_other_delimiter(place: str) -> bool:
    """Says whether each line of a file is one cell with blanks, tabs, semicolons or bars in it."""
    path = pathlib.Path(place)
    if not path.is_file() or ".csv" not in path.name:
        return False
    with (gzip.open if path.suffix == ".gz" else open)(path, "rt", encoding="utf-8") as file:
        lines = file.read().splitlines()
    return all("," not in line and len(re.split(r"[ \t;|]+", line.strip())) > 1 for line in lines)


@dataclasses.dataclass(frozen=True)
class Distance:
    """How far two columns are apart.

    Attributes:
        metric: of drift.yaml's defaults.
        value: what the threshold is compared with.
        slack: how far the value may lie above it and be chance: only what is beyond must fail.
    """

    metric: str
    value: float
    slack: float


def distances(baseline: pa.ChunkedArray, current: pa.ChunkedArray) -> list[Distance]:
    """Computes from all values what the default metrics of drift.yaml measure.

    Columns of lists have none here, nor has one without a value on a side but the missing rate.
    """
    if pa.types.is_nested(baseline.type) or pa.types.is_null(baseline.type):
        return []
    sides = [_known(side) for side in (baseline, current)]
    shares = [
        1 - len(side) / max(len(column), 1)
        for side, column in zip(sides, (baseline, current), strict=True)
    ]
    rows = min(len(baseline), len(current))
    found = [Distance("missing_rate", abs(shares[1] - shares[0]), 3 / max(rows, 1) ** 0.5)]
    if not all(map(len, sides)):
        return found
    smaller = min(map(len, sides))
    if _is_number(baseline.type):
        found.append(Distance("ks", _ks(*sides), 3 / smaller**0.5))
    else:
        value, chance = _psi(*sides)
        found.append(Distance("psi", value - chance, 5 * chance + 20 / smaller))
    return found


def _is_number(kind: pa.DataType) -> bool:
    return not is_text(kind)


def _known(column: pa.ChunkedArray) -> list[object]:
    return [each for each in column.to_pylist() if each is not None and each == each]


def _sorted(values: list[object]) -> npt.NDArray[np.float64]:
    numbers = [each.timestamp() if hasattr(each, "timestamp") else each for each in values]
    if hasattr(numbers[0], "toordinal"):
        numbers = [each.toordinal() for each in numbers]  # type: ignore[attr-defined]
    if hasattr(numbers[0], "hour"):
        numbers = [each.hour * 3_600 + each.minute * 60 + each.second for each in numbers]  # type: ignore[attr-defined]
    return np.sort(np.array(numbers, np.float64))


def _ks(baseline: list[object], current: list[object]) -> float:
    one, other = _sorted(baseline), _sorted(current)
    at = np.concatenate([one, other])
    shares = [np.searchsorted(side, at, side="right") / len(side) for side in (one, other)]
    return float(np.max(np.abs(shares[0] - shares[1])))


def _psi(baseline: list[object], current: list[object]) -> tuple[float, float]:
    """Returns psi by the formula of docs/metrics.md, and about what chance makes of it."""
    names = sorted({*baseline, *current}, key=str)
    place = {name: at for at, name in enumerate(names)}
    b, c = (
        np.bincount([place[each] for each in side], minlength=len(names)) / len(side)
        for side in (baseline, current)
    )
    h = 1 / len(baseline) + 1 / len(current)
    return float(np.sum((c - b) * np.log((c + h / 4) / (b + h / 4)))), (len(names) - 1) * h

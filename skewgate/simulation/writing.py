"""Writes windows as files, and a folder that is there as a whole or not at all."""

from __future__ import annotations

import os
import pathlib
from typing import Any

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from skewgate.core import json_text, yaml_model
from skewgate.core.errors import InputError
from skewgate.data.arrow.kinds import is_list

TRUTH, SPEC = "truth.json", "simulation.yaml"


class WindowWriter:
    """The file of one window; it is opened with the first block."""

    def __init__(self, path: pathlib.Path, schema: pa.Schema) -> None:
        """Takes the path, whose ending says the format, and the columns."""
        self._writer: Any = (
            pa.csv.CSVWriter(str(path), schema)
            if path.suffix == ".csv"
            else pa.parquet.ParquetWriter(str(path), schema)
        )

    def write(self, block: pa.RecordBatch) -> None:
        """Adds rows."""
        if block.num_rows:
            self._writer.write_table(pa.Table.from_batches([block]))

    def close(self) -> None:
        """Ends the file."""
        self._writer.close()


def check_format(schema: pa.Schema, ending: str, where: str) -> None:
    """Makes sure that a format holds all columns.

    Raises:
        InputError: CSV cannot hold one.
    """
    for field in schema:
        if ending == "csv" and (is_list(field.type) or pa.types.is_nested(field.type)):
            raise InputError(
                where,
                f"format is csv, which cannot hold column {field.name} of type {field.type}",
                "write format: parquet",
            )


def check_free(out: str, *, force: bool) -> None:
    """Makes sure that a folder can be written.

    Raises:
        InputError: it has files and may not be replaced, or is none that a simulation has made.
    """
    folder = pathlib.Path(out)
    if os.path.isdir(out) and not any(folder.iterdir()):
        return
    if not os.path.exists(out):
        return
    if not os.path.isdir(out):
        raise InputError(out, "is a file, and must be a folder", "give another --out")
    if not force:
        raise InputError(
            out, "is not empty", "give another --out, or --force to replace a simulation"
        )
    others = sorted(path.name for path in folder.iterdir() if path.name not in _written(folder))
    if others:
        raise InputError(
            out,
            f"holds {others[0]}, which is not of a simulation, and would be lost",
            "give another --out",
        )


def _written(folder: pathlib.Path) -> set[str]:
    """Names the files of a simulation in a folder."""
    try:
        truth = json_text.load(yaml_model.read_text(folder / TRUTH))
        return {TRUTH, SPEC, *(window["file"] for window in truth["windows"])}
    except (InputError, ValueError, KeyError, TypeError):
        return set()

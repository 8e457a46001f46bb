"""What the peers' scripts share: reading files as pandas users do, and saying what they found."""

from __future__ import annotations

import json
import os
import sys
from typing import Any

import pandas as pd

# No tool may spend the time measured on calling home.
os.environ.update(
    NML_DISABLE_USAGE_LOGGING="1", DO_NOT_TRACK="1", WHYLOGS_NO_ANALYTICS="True", TQDM_DISABLE="1"
)


def read(path: str) -> pd.DataFrame:
    """Reads a Parquet or CSV file."""
    return pd.read_csv(path) if path.endswith(".csv") else pd.read_parquet(path)


def read_both(arguments: list[str]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Reads the two files that a command line names first: baseline and current."""
    return read(arguments[1]), read(arguments[2])


def kinds(frame: pd.DataFrame) -> tuple[list[str], list[str]]:
    """Returns the names of the numeric and of the categorical columns."""
    numeric = [name for name in frame if pd.api.types.is_numeric_dtype(frame[name])]
    return numeric, [name for name in frame if name not in numeric]


def say(**found: Any) -> None:
    """Prints the result that speed.py reads: one JSON object on the last line.

    Args:
        found: `distances`, the KS distance of each numeric column if the tool tells it, and
            `columns`, the number of columns that it compared.
    """
    sys.stdout.flush()
    print(json.dumps(found))

from __future__ import annotations

import json

import pytest

from skewgate.core.errors import InputError
from skewgate.data.ingest.splits import AllRows, parse_splits
from skewgate.pipeline import scheduled_times

WINDOW = parse_splits(json.dumps({"by": "window", "column": "t", "every": "1d"}), "p")


def test_a_run_takes_the_window_that_ended_before_it_was_scheduled():
    assert scheduled_times.end_of_window(WINDOW, "2026-11-25T06:00:00Z") == "2026-11-25T00:00:00Z"
    assert scheduled_times.end_of_window(WINDOW, "").endswith("T00:00:00Z")


def test_rows_that_are_not_split_by_windows_have_none():
    assert scheduled_times.end_of_window(AllRows(), "") is None
    with pytest.raises(InputError, match=r"chooses a window, but the rows are split by all"):
        scheduled_times.end_of_window(AllRows(), "2026-11-25T06:00:00Z")

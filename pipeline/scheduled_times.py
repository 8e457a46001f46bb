"""What a run was scheduled for, against what its rows are split by."""

from __future__ import annotations

import datetime

from skewgate.core.errors import InputError
from skewgate.data.ingest.splits import AnySplits, TimeWindow
from skewgate.data.windows import scheduled


def end_of_window(splits: AnySplits, scheduled_time: str) -> str | None:
    """Returns the end of the window that a run takes; None where rows are not split by windows.

    Args:
        splits: of the rows.
        scheduled_time: what the run was scheduled for; "" for now.

    Raises:
        InputError: the scheduled time is not a time, or chooses nothing.
    """
    if not isinstance(splits, TimeWindow):
        if scheduled_time:
            raise InputError(
                "scheduled time",
                f"chooses a window, but the rows are split by {splits.by}",
                "leave it out, or split by window",
            )
        return None
    now = scheduled.write(datetime.datetime.now(scheduled.UTC))
    return scheduled.write(splits.window(scheduled_time or now).end)

"""Makes sure that labels.yaml says of times what ingest saw: of a clock, or of UTC."""

from __future__ import annotations

from collections.abc import Mapping

from skewgate.checks.labels.config import LabelConfig
from skewgate.checks.labels.counts import LABELS, PREDICTIONS
from skewgate.core.errors import InputError
from skewgate.data.windows import zones


def check(types: Mapping[str, Mapping[str, str]], config: LabelConfig) -> None:
    """Compares `windows.seconds` with the types that the times had before they were seconds.

    Args:
        types: of the columns of each side, in Arrow's words, as ingest_report.json has them; a side
            or a column of which nothing is known is passed over.
        config: names the times.

    Raises:
        InputError: a time is of a clock, and `windows.seconds` is "utc", or the other way round. In
            UTC both are the same.
    """
    if config.windows.zone == zones.UTC:
        return
    for side, name in ((PREDICTIONS, config.prediction_time), (LABELS, config.label_time)):
        kind = types.get(side, {}).get(name or "", "")
        is_clock = kind.startswith("date") or (kind.startswith("timestamp") and "tz=" not in kind)
        is_moment = kind.startswith("timestamp") and "tz=" in kind
        if is_clock and config.windows.seconds == "utc":
            found = f"were {kind}, which is what clocks showed, and windows.seconds is utc"
            fix = "write `seconds: clock` under `windows`"
        elif is_moment and config.windows.seconds == "clock":
            found = f"were {kind}, which names a zone, and windows.seconds is clock"
            fix = "remove `seconds` from `windows`, or write both times alike"
        else:
            continue
        raise InputError(f"labels.yaml: the times {name} of the {side}", found, fix)

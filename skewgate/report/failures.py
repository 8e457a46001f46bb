"""The results that shut a gate, in lines for people."""

from __future__ import annotations

from collections.abc import Sequence

from skewgate.core.hidden import visible
from skewgate.core.results import MetricResult

_MOST = 10


def explain(failures: Sequence[MetricResult]) -> str:
    """Returns one line per result that shuts the gate."""
    lines = [
        visible(
            f"{result.feature}{f' ({result.slice})' if result.slice else ''}: {result.reason}"
            if result.feature
            else result.reason
        )
        for result in failures[:_MOST]
    ]
    if len(failures) > _MOST:
        lines.append(f"... and {len(failures) - _MOST:,} more")
    return "\n".join(f"  {line}" for line in lines)

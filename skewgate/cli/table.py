"""Results as a compact table for a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from skewgate.cli import console
from skewgate.core import streams, wording
from skewgate.core.hidden import visible
from skewgate.core.results import MetricResult, Status
from skewgate.core.wording import shortened
from skewgate.report.bars import bar_of
from skewgate.report.ranking import worst_first

COLOURS = {Status.FAIL: "31", Status.INCONCLUSIVE: "33", Status.PASS: "32"}
_HEAD = ("feature", "slice", "metric", "value", "interval", "bar", "threshold", "verdict")
_NUMERIC = frozenset({"value", "threshold"})
_BAR = 17
"""Columns of a bar; its threshold is in the middle."""
_SIGNS = {Status.FAIL: "\u2716", Status.INCONCLUSIVE: "\u25cb", Status.PASS: "\u25cf"}
_LONGEST = 40
"""Letters of a name; the middle of a longer one is left out."""
MOST_PASSED = 20
"""Checks that passed and are listed; the rest are only counted."""


def render(
    results: Iterable[MetricResult],
    *,
    colour: bool,
    encoding: str | None = None,
    most_passed: int = MOST_PASSED,
) -> str:
    """Returns lines: what failed first, then what is inconclusive, then what passed.

    Args:
        results: what to show.
        colour: whether the output is a terminal that shows colours.
        encoding: of the output, such as "utf-8" (the default) or "ascii".
        most_passed: number of passed checks to list.
    """
    ordered = worst_first(results)
    passed = [result for result in ordered if result.status is Status.PASS]
    shown = ordered[: len(ordered) - max(len(passed) - most_passed, 0)]
    sliced = any(result.slice for result in shown)
    columns = [name for name in _HEAD if sliced or name != "slice"]
    rows = [[streams.shown(_cell(result, name), encoding) for name in columns] for result in shown]
    head = [f"0{'limit':^{_BAR - 2}}>" if name == "bar" else name for name in columns]
    widths = [max(map(console.columns, column)) for column in zip(head, *rows, strict=True)]
    lines = [_line(head, columns, widths)]
    for result, row in zip(shown, rows, strict=True):
        line = _line(row, columns, widths)
        if colour:
            start = len(line) - len(row[-1])
            line = f"{line[:start]}{coloured(line[start:], result.status)}"
        lines.append(line)
    if len(shown) < len(ordered):
        lines.append(f"... and {len(ordered) - len(shown):,} more that passed")
    return "\n".join(lines)


def coloured(text: str, status: Status) -> str:
    """Returns a text in the colour of a verdict."""
    return f"\x1b[{COLOURS[status]}m{text}\x1b[0m"


def bar(result: MetricResult) -> str:
    """Returns the interval beside the threshold, which is in the middle; "" without numbers."""
    found = bar_of(result)
    if found is None:
        return ""
    lower, value, upper = (
        round(place * (_BAR - 1) / 100) for place in (found.lower, found.value, found.upper)
    )
    cells = [" "] * _BAR
    if upper > lower:
        cells[lower : upper + 1] = "\u2500" * (upper + 1 - lower)
    cells[_BAR // 2] = "\u2502"
    cells[value] = _SIGNS[result.status]
    return "".join(cells)


def _line(cells: Sequence[str], columns: Sequence[str], widths: Sequence[int]) -> str:
    padded = (
        console.padded(cell, width, right=column in _NUMERIC)
        for cell, column, width in zip(cells, columns, widths, strict=True)
    )
    return "  ".join(padded).rstrip()


def _cell(result: MetricResult, column: str) -> str:
    if column == "verdict":
        return result.status.value
    if column == "bar":
        return bar(result)
    if column == "interval":
        if result.lower is None or result.upper is None or result.lower == result.upper:
            return ""
        return wording.interval(result.lower, result.upper, limit=result.limit)
    value = getattr(result, column)
    if isinstance(value, float | int):
        if column == "threshold":
            return wording.in_full(value)
        return wording.rounded(value, limit=result.limit)
    return "" if value is None else shortened(visible(value), _LONGEST)

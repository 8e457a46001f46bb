"""Results as a compact table for a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from skewgate.types import MetricResult, Status

_ORDER = {Status.FAIL: 0, Status.INCONCLUSIVE: 1, Status.PASS: 2}
_COLOURS = {Status.FAIL: "31", Status.INCONCLUSIVE: "33", Status.PASS: "32"}
_HEAD = ("feature", "slice", "metric", "value", "interval", "threshold", "verdict")
_NUMERIC = frozenset({"value", "threshold"})
MOST_PASSED = 20
"""Checks that passed and are listed; the rest are only counted."""


def render(results: Iterable[MetricResult], *, colour: bool, most_passed: int = MOST_PASSED) -> str:
    """Returns lines: what failed first, then what is inconclusive, then what passed.

    Args:
        results: what to show.
        colour: whether the output is a terminal.
        most_passed: number of passed checks to list.
    """
    ordered = sorted(results, key=lambda r: (_ORDER[r.status], r.slice, r.feature, r.metric))
    passed = [result for result in ordered if result.status is Status.PASS]
    shown = ordered[: len(ordered) - max(len(passed) - most_passed, 0)]
    sliced = any(result.slice for result in shown)
    columns = [name for name in _HEAD if sliced or name != "slice"]
    rows = [[_cell(result, name) for name in columns] for result in shown]
    widths = [max(map(len, column)) for column in zip(columns, *rows, strict=True)]
    lines = ["  ".join(_pad(n, n, w) for n, w in zip(columns, widths, strict=True)).rstrip()]
    for result, row in zip(shown, rows, strict=True):
        cells = [_pad(cell, n, w) for cell, n, w in zip(row, columns, widths, strict=True)]
        if colour:
            cells[-1] = f"\x1b[{_COLOURS[result.status]}m{cells[-1]}\x1b[0m"
        lines.append("  ".join(cells).rstrip())
    if len(shown) < len(ordered):
        lines.append(f"... and {len(ordered) - len(shown):,} more that passed")
    return "\n".join(lines)


def explain(failures: Sequence[MetricResult], most: int = 10) -> str:
    """Returns one line per result that shuts the gate."""
    lines = [
        f"  {result.feature}{f' ({result.slice})' if result.slice else ''}: {result.reason}"
        if result.feature
        else f"  {result.reason}"
        for result in failures[:most]
    ]
    if len(failures) > most:
        lines.append(f"  ... and {len(failures) - most:,} more")
    return "\n".join(lines)


def _pad(cell: str, column: str, width: int) -> str:
    return cell.rjust(width) if column in _NUMERIC else cell.ljust(width)


def _cell(result: MetricResult, column: str) -> str:
    if column == "verdict":
        return result.status.value
    if column == "interval":
        if result.lower is None or result.upper is None or result.lower == result.upper:
            return ""
        return f"[{result.lower:.4g}, {result.upper:.4g}]"
    value = getattr(result, column)
    if isinstance(value, float | int):
        return f"{value:.4g}"
    return "" if value is None else "".join(c if c.isprintable() else "?" for c in value)

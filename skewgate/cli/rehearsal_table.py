"""What `skewgate rehearse` prints."""

from __future__ import annotations

from collections.abc import Sequence

from skewgate.cli import console
from skewgate.core.hidden import visible
from skewgate.core.wording import listed, rounded_percent, shortened
from skewgate.simulation.rehearsal.rehearse import Result
from skewgate.simulation.rehearsal.scenarios import DETECTED, INCONCLUSIVE, MISSED, Outcome
from skewgate.simulation.rehearsal.thresholds import Rate

_HEAD = ("drift", "size", "detected", "", "inconclusive", "missed", "delay", "false", "seen by")
_RIGHT = frozenset({"inconclusive", "missed", "delay", "false"})
_BAR = 10
_LONGEST = 60
"""Letters of a plant's name."""
_MOST_ALARMS = 5
"""Alarms of a window that are named."""
NOT_VISIBLE = "not visible to drift metrics: needs labels and a performance gate"


def render(result: Result) -> str:
    """Returns the table of scenarios, what windows as they are show, and the suggestion."""
    scene, found = result.stage, result.suggestions
    rows = [scene.window(number).num_rows for number in scene.numbers]
    used = sum(window.num_rows for window in scene.windows)
    lines = [
        f"baseline: windows 1 to {scene.baseline}, {scene.baseline_rows().num_rows:,} rows; "
        f"windows {scene.baseline + 1} to {len(scene.windows)} of {_span(rows)} rows are compared; "
        f"drift from window {scene.first} on"
    ]
    if used < scene.rows_read:
        lines.append(
            f"{used:,} of {scene.rows_read:,} rows are used, so windows are smaller than yours and "
            "see less"
        )
    lines += ["", *table(result.outcomes), ""]
    alarms = {number: found for number, found in result.unplanted.alarms.items() if found}
    lines.append(
        f"windows as they are: {len(alarms)} of {len(rows)} with an alarm"
        + "".join(
            f"\n  window {number}: {listed([result.label for result in failed])}"
            for number, failed in alarms.items()
        )
    )
    if alarms and not result.shuffled:
        lines.append(
            "  These windows differ from the baseline as they are. If the order of the rows means "
            "nothing, use --shuffle."
        )
    lines += [
        f"windows that differ by chance alone: {_rate(found.now, 'with an alarm')}; "
        f"{found.now_inconclusive.alarms} with an inconclusive check",
        "",
        f"lowest thresholds for at most {found.wanted:g} false alarms per window: "
        f"{_rate(found.by_chance, 'would exceed one')}",
        *_thresholds(result),
        "",
        result.snippet.rstrip(),
    ]
    return "\n".join(lines)


def table(outcomes: Sequence[Outcome]) -> list[str]:
    """Returns a line per plant, a bar for the share of the planted windows that were detected."""
    rows = [_HEAD]
    previous = ""
    for outcome in outcomes:
        name = _name(outcome)
        planted = len(outcome.windows)
        detected = outcome.count(DETECTED)
        names = [f"{label} ({count})" for label, count in outcome.detectors[:2]]
        seen = ", ".join(names) + (", ..." if len(outcome.detectors) > 2 else "")
        rows.append(
            (
                name if name != previous else "",
                outcome.plant.size,
                _bar(detected / planted),
                f"{detected}/{planted}",
                f"{outcome.count(INCONCLUSIVE)}/{planted}",
                f"{outcome.count(MISSED)}/{planted}",
                "-" if outcome.delay is None else str(outcome.delay),
                f"{outcome.false_alarms}/{outcome.compared}",
                seen if outcome.visible or seen else NOT_VISIBLE,
            )
        )
        previous = name
    return _aligned(rows)


def _aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(map(console.columns, column)) for column in zip(*rows, strict=True)]
    right = [name in _RIGHT for name in rows[0]]
    return [
        "  ".join(
            console.padded(cell, width, right=to_right)
            for cell, width, to_right in zip(row, widths, right, strict=True)
        ).rstrip()
        for row in rows
    ]


def _name(outcome: Outcome) -> str:
    plant = outcome.plant
    where = ", ".join(
        f"{column} {'/'.join(map(str, values))}" for column, values in plant.where.items()
    )
    name = f"{plant.label} where {where}" if where else plant.label
    return shortened(visible(name), _LONGEST)


def _bar(share: float) -> str:
    full = round(share * _BAR)
    return "█" * full + "·" * (_BAR - full)


def _rate(rate: Rate, what: str) -> str:
    low, high = rate.interval
    return (
        f"{rate.alarms} of {rate.comparisons} {what} ({rounded_percent(low)} to "
        f"{rounded_percent(high)}, each at 95% confidence)"
    )


def _span(counts: Sequence[int]) -> str:
    low, high = min(counts), max(counts)
    return f"{low:,}" if low == high else f"{low:,} to {high:,}"


def _thresholds(result: Result) -> list[str]:
    """Returns a line per metric: the range of present and suggested thresholds, what decides."""
    rows: list[tuple[str, ...]] = [("metric", "features", "now", "suggested", "decided by")]
    checks = result.suggestions.checks
    for metric in dict.fromkeys(each.metric for each in checks):
        own = [each for each in checks if each.metric == metric]
        reasons = [each.reason.split(" of the data")[0] for each in own]
        counted = [f"{reason} ({reasons.count(reason)})" for reason in dict.fromkeys(reasons)]
        known = [each.threshold for each in own if each.threshold is not None]
        rows.append(
            (
                metric,
                str(len(own)),
                _range([each.now for each in own]),
                _range(known)
                + (f", {len(own) - len(known)} none" if len(known) < len(own) else ""),
                ", ".join(counted),
            )
        )
    return [f"  {line}" for line in _aligned(rows)]


def _range(thresholds: Sequence[float]) -> str:
    if not thresholds:
        return "none"
    low, high = min(thresholds), max(thresholds)
    return f"{low:g}" if low == high else f"{low:g} to {high:g}"

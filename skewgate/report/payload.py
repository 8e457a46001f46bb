"""The compact JSON that a page holds: every result, and the distributions that can be drawn."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from skewgate.core.hidden import visible, visible_json
from skewgate.core.results import MetricResult, Status
from skewgate.core.wording import rounded
from skewgate.report.bars import bar_of
from skewgate.report.charts.svg import finite
from skewgate.report.ranking import excess

_SIDES = ("baseline", "current")
_STATUS = {Status.FAIL: 0, Status.INCONCLUSIVE: 1, Status.PASS: 2}


def table(results: Sequence[MetricResult], details: dict[str, Any]) -> dict[str, Any]:
    """Returns what report.js reads.

    Args:
        results: in the order of the table.
        details: of the report.

    Returns:
        "names", the texts of features, slices and metrics; "rows", of each result the status (0
        fail, 1 inconclusive, 2 pass), three indices of names, value, lower and upper bound,
        threshold, the bar's three places or null, its excess, adjusted p, both n, severity, reason
        and the indices of its summary and its distributions, null for none; "summaries", of each
        baseline and current; "distributions"; both as in report.json.
    """
    names: dict[str, int] = {}
    shown, distribution_of = _shown(details, "distributions")
    summaries, summary_of = _shown(details, "summaries")

    def name(text: str) -> int:
        return names.setdefault(text, len(names))

    rows = []
    for result in results:
        bar = bar_of(result)
        rows.append(
            [
                _STATUS[result.status],
                name(result.feature),
                name(result.slice),
                name(result.metric),
                *(_number(n, result.limit) for n in (result.value, result.lower, result.upper)),
                _number(result.threshold, digits=15),
                None if bar is None else [bar.lower, bar.value, bar.upper],
                _number(excess(result)),
                _number(result.p_adjusted),
                result.n_baseline,
                result.n_current,
                result.severity,
                visible(result.reason),
                summary_of.get((result.feature, result.slice)),
                distribution_of.get((result.feature, result.slice)),
            ]
        )
    return {
        "names": [visible(text) for text in names],
        "rows": rows,
        "summaries": [[_visible(entry[side]) for side in _SIDES] for entry in summaries],
        "distributions": [
            {**entry, "names": [visible(text) for text in entry["names"]]}
            if "names" in entry
            else entry
            for entry in shown
        ],
    }


def _shown(
    details: dict[str, Any], name: str
) -> tuple[Sequence[dict[str, Any]], dict[tuple[str, str], int]]:
    """Returns what a report shows of features and slices, and the place of each."""
    shown = (details.get(name) or {}).get("shown", ())
    return shown, {(entry["feature"], entry["slice"]): i for i, entry in enumerate(shown)}


def _visible(value: Any) -> Any:
    """Returns plain values in whose texts every character can be seen."""
    if isinstance(value, dict):
        return {name: _visible(each) for name, each in value.items()}
    return visible(value) if isinstance(value, str) else value


def encode(content: Any) -> str:
    r"""Returns JSON that can stand in a script element: without `<`, `>`, `&` and what hides.

    >>> encode({"name": "</script><!--"})
    '{"name":"\\u003c/script\\u003e\\u003c!--"}'
    """
    text = json.dumps(content, allow_nan=False, ensure_ascii=False, separators=(",", ":"))
    text = visible_json(text)
    for character in "<>&":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


def _number(value: float | None, limit: float | None = None, digits: int = 6) -> float | str | None:
    if value is None:
        return None
    if finite(value) is None:
        return "inf" if value > 0 else "-inf" if value < 0 else None
    return float(rounded(value, digits, limit))

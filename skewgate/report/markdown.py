"""A report in Markdown, as a comment on a pull request or the summary of a job shows it.

What fails stands first, what passed is folded away, and the whole fits into a comment on GitHub.
Names and reasons come from data: they are text there whatever they hold, they name nobody and link
to nothing.
"""

from __future__ import annotations

import html
import re
from collections.abc import Sequence

from skewgate.core.hidden import visible
from skewgate.core.results import MetricResult, Status
from skewgate.core.wording import in_full, interval, many, rounded, shortened
from skewgate.report import failures, kinds
from skewgate.report.ranking import worst_first
from skewgate.report.report import Report

LIMIT = 65_536
"""Most characters of a comment on GitHub; counted in bytes, which are never fewer."""
_SIGNS = {Status.FAIL: "❌", Status.INCONCLUSIVE: "❔", Status.PASS: "✅"}
_COLUMNS = ("verdict", "feature", "slice", "metric", "value", "threshold", "reason")
_NUMERIC = frozenset({"value", "threshold"})
_LONGEST_NAME, _LONGEST_REASON, _LONGEST_HEADLINE = 80, 400, 2_000
_MARKS = re.compile(r"[\\`*_\[|~!$]|(?<=[@#:])(?=\w|//)|(?<=(?i:www))\.")
_LEFT_OUT = 200
"""Bytes for the line that counts what did not fit."""


def render(report: Report, limit: int = LIMIT) -> str:
    """Returns a heading, the headline, a table of what did not pass, and the rest folded away.

    Args:
        report: of any kind.
        limit: bytes that the text may have; checks that do not fit are counted. The heading is
            always there.
    """
    decision = report.decision
    ordered = worst_first(decision.results, decision.failures)
    bad = [result for result in ordered if result.status is not Status.PASS]
    passed = ordered[len(bad) :]
    text = "\n".join(_head(report)) + "\n"
    foot = "\n".join(["", *_sides(report)]) + "\n"
    room = limit - _LEFT_OUT - _size(text) - _size(foot)
    listed, shown = _table(bad, room)
    text += listed
    room -= _size(listed)
    if passed:
        before = f"\n<details><summary>{many(len(passed), 'check')} passed</summary>\n"
        after = "\n</details>\n"
        listed, fitting = _table(passed, room - _size(before + after))
        if fitting:
            text += before + listed + after
            shown += fitting
    if shown < len(ordered):
        text += f"\n{_left_out(ordered, bad, shown)}\n"
    return text + foot


def escaped(text: str, longest: int = _LONGEST_REASON) -> str:
    r"""Returns a text that Markdown, HTML and GitHub show as it is, cut where it is long.

    >>> print(escaped("a|b <i> *c* @all #1"))
    a&#124;b &lt;i&gt; &#42;c&#42; @<!-- -->all #<!-- -->1
    """
    safe = html.escape(visible(shortened(text, longest)), quote=False)
    return _MARKS.sub(_entity, safe)


def _entity(found: re.Match[str]) -> str:
    mark = found[0]
    if not mark:
        return "<!-- -->"  # parts a sign from a name: nobody is told, and nothing is linked
    if mark == "$":
        return "<span>$</span>"  # no formula begins here
    return f"&#{ord(mark)};"


def _name(text: str) -> str:
    """Returns a name from data as code, in which GitHub looks for nothing."""
    return f"<code>{escaped(text, _LONGEST_NAME)}</code>" if text else ""


def _head(report: Report) -> list[str]:
    decision = report.decision
    title = kinds.get(report.kind).title
    doubts = [f"- {escaped(line)}." for line in failures.together(decision.results)]
    passed, failed, unsure = (f"{decision.count(status):,}" for status in Status)
    return [
        f"### {_SIGNS[decision.status]} {title}: {decision.status}",
        "",
        escaped(report.headline(), _LONGEST_HEADLINE),
        "",
        f"Of {many(len(decision.results), 'check')} {failed} failed, {unsure} could not be decided "
        f"and {passed} passed.",
        *(["", *doubts] if doubts else []),
    ]


def _sides(report: Report) -> list[str]:
    """Names what was compared, and the run."""
    told = []
    for title, side in (("Baseline", report.baseline), ("current", report.current)):
        if "uri" in side:
            rows = f" ({many(side['rows'], 'row')})" if isinstance(side.get("rows"), int) else ""
            told.append(f"{title} {_name(str(side['uri']))}{rows}")
    return [f"<sub>{', '.join([*told, f'skewgate run {_name(report.run_id)}'])}</sub>"]


def _table(results: Sequence[MetricResult], room: int) -> tuple[str, int]:
    """Returns a table of the first results, as far as the room goes, and how many it has.

    One of what passed needs no reasons: a value and its threshold say it all.
    """
    sliced = any(result.slice for result in results)
    named = any(result.feature for result in results)
    passed = all(result.status is Status.PASS for result in results)
    absent = {"slice": not sliced, "feature": not named, "reason": passed}
    columns = [name for name in _COLUMNS if not absent.get(name)]
    rules = ["--:" if name in _NUMERIC else "---" for name in columns]
    text = f"\n{_line(columns)}{_line(rules)}"
    room -= _size(text)
    shown = 0
    for result in results:
        line = _line([_cell(result, name) for name in columns])
        room -= _size(line)
        if room < 0:
            break
        text += line
        shown += 1
    return (text, shown) if shown else ("", 0)


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |\n"


def _cell(result: MetricResult, column: str) -> str:
    if column == "verdict":
        return f"{_SIGNS[result.status]} {result.status}"
    if column == "reason":
        return escaped(result.reason)
    if column == "threshold":
        return "" if result.threshold is None else in_full(result.threshold)
    if column == "value":
        return _value(result)
    return _name(getattr(result, column))


def _value(result: MetricResult) -> str:
    if result.value is None:
        return ""
    text = rounded(result.value, limit=result.limit)
    if result.lower is None or result.upper is None or result.lower == result.upper:
        return text
    return f"{text} {escaped(interval(result.lower, result.upper, limit=result.limit))}"


def _left_out(ordered: Sequence[MetricResult], bad: Sequence[MetricResult], shown: int) -> str:
    more = len(ordered) - shown
    failing = max(len(bad) - shown, 0)
    which = "all of them passed" if not failing else f"{failing:,} of them did not pass"
    return f"{many(more, 'more check')} left out of this comment ({which}): see report.json."


def _size(text: str) -> int:
    return len(text.encode("utf-8", "replace"))

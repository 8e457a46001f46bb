"""Pages: self-contained HTML under a strict content security policy."""

from __future__ import annotations

import base64
import dataclasses
import functools
import hashlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import jinja2
import markupsafe

from skewgate.core.hidden import visible
from skewgate.core.results import WARNING, Status
from skewgate.core.wording import rounded_percent
from skewgate.report import failures, kinds, payload
from skewgate.report.bars import bar_of
from skewgate.report.charts import of_report, svg
from skewgate.report.charts.over_windows import over_windows
from skewgate.report.ranking import worst_first
from skewgate.report.timeline import ReportedRun, Series, Timeline, limit, multiple, sentence

if TYPE_CHECKING:
    from skewgate.report.report import Report

MOST_FEATURES, MOST_WINDOWS, MOST_CHARTS = 200, 200, 60
"""Rows and columns of a heat map, and charts below it; those with alarms first."""
MOST_ROWS = 2000
"""Results in a page without JavaScript, the worst first; its script shows all."""
_OPENED = ("summaries", "distributions")
"""What a feature is opened for."""
_EARLY = 'document.documentElement.className = "scripted";'
"""Runs before the table is laid out: rows that the script would take away are not drawn first."""


def render_report(report: Report) -> str:
    """Returns the page of a report; every name from data is escaped."""
    results = worst_first(report.decision.results, report.decision.failures)
    shown = report.details.get("distributions") or {}
    return _render(
        "report.html.j2",
        report=report,
        heading=kinds.get(report.kind).title,
        results=results[:MOST_ROWS],
        hidden=results[MOST_ROWS:],
        featured=any(result.feature for result in results),
        sliced=any(result.slice for result in results),
        barred=any(bar_of(result) is not None for result in results),
        warned=sum(r.status is Status.FAIL and r.severity == WARNING for r in results),
        counts={status.value: report.decision.count(status) for status in Status},
        left_out=shown.get("left_out", 0),
        drawn=len(shown.get("shown", ())),
        openable=any((report.details.get(name) or {}).get("shown") for name in _OPENED),
        overview=report.details.get("overview"),
        doubts=failures.together(results),
        consequence=_consequence(report),
        charts=_charts(report),
        suggestions=report.details.get("suggestions", ()),
        data=markupsafe.Markup(payload.encode(payload.table(results, report.details))),
        early=markupsafe.Markup(_EARLY),
        script=_source("report.js"),
    )


def _consequence(report: Report) -> str:
    """Says what a verdict does, where there is more to say than the verdict itself.

    Two files may be compared without any pipeline, which a drift report cannot tell.
    """
    blessed = report.decision.blessed
    if kinds.get(report.kind).joins_reports:
        return f"The pipeline {'may go on' if blessed else 'is stopped'}."
    if blessed and report.decision.status is not Status.PASS:
        return "The policy lets this pass."
    return ""


def _charts(report: Report) -> list[svg.Chart]:
    """Returns the charts that the kind of the report has."""
    name = kinds.get(report.kind).charts
    charts: list[svg.Chart] = (
        getattr(of_report, name)(report.decision.results, report.details) if name else []
    )
    return charts


def render_timeline(timeline: Timeline) -> str:
    """Returns the page of many reports: a heat map, and a chart of every check in it."""
    shown = timeline.rows[:MOST_FEATURES]
    checks: dict[tuple[str, str], list[Series]] = {}
    for series in timeline.series:
        if any(result is not None and result.value is not None for result in series.results):
            checks.setdefault((series.feature or series.metric, series.slice), []).append(series)
    sections: list[tuple[Series, list[svg.Chart]]] = []
    room = MOST_CHARTS
    for row in shown:
        own = checks.get((row.feature, row.slice), [])[:room]
        room -= len(own)
        if own:
            sections.append((row, [_chart(series, timeline.windows) for series in own]))
    first = max(len(timeline.windows) - MOST_WINDOWS, 0)
    return _render(
        "timeline.html.j2",
        timeline=timeline,
        sentence=sentence(timeline),
        first=first,
        windows=timeline.windows[first:],
        rows=shown,
        hidden=len(timeline.rows) - len(shown),
        sections=sections,
        undrawn=sum(map(len, checks.values())) - (MOST_CHARTS - room),
        multiple=multiple,
        limit=limit,
    )


def _chart(series: Series, windows: Sequence[ReportedRun]) -> svg.Chart:
    points = [
        {
            "window": window.name,
            "value": None if result is None else result.value,
            "lower": None if result is None else result.lower,
            "upper": None if result is None else result.upper,
            "n": None if result is None else result.n_current,
            "status": "inconclusive" if result is None else result.status.value,
        }
        for window, result in zip(windows, series.results, strict=True)
    ]
    alarm = series.first_alarm
    chart = over_windows(
        series.metric,
        {
            "points": points,
            "limits": [limit(result) for result in series.results],
            "first_alarm": None if alarm is None else windows[alarm].name,
        },
    )
    notes = ("Bars: interval of the value. Line of steps: limit.", *chart.notes[1:])
    return dataclasses.replace(chart, title=f"{series.label} over windows", notes=notes)


def _render(template: str, **values: Any) -> str:
    style = _source("style.css")
    scripts = [_hash(values[name]) for name in ("early", "script") if name in values]
    policy = f"default-src 'none'; style-src {_hash(style)}"
    policy += f"; script-src {' '.join(scripts)}" if scripts else ""
    policy += "; base-uri 'none'; form-action 'none'"
    text = _environment().get_template(template).render(style=style, policy=policy, **values)
    return str(text)


@functools.cache
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("skewgate.report", "templates"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
        finalize=_shown,
    )
    environment.globals["bar_of"] = bar_of
    environment.filters["plain_text"] = _plain_text
    environment.filters["number"] = _number
    environment.filters["share"] = rounded_percent
    return environment


def _shown(value: Any) -> Any:
    """Makes hidden characters of every text visible, before it is escaped."""
    if isinstance(value, str) and not isinstance(value, markupsafe.Markup):
        return visible(value)
    return value


def _number(value: float | None, digits: int = 4, limit: float | None = None) -> str:
    return "" if value is None else svg.number(value, digits, limit)


def _plain_text(value: Any) -> str:
    """Writes a plain value, such as a policy or a list of features, for a person."""
    if isinstance(value, dict):
        return ", ".join(f"{name} {_plain_text(each)}" for name, each in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(map(_plain_text, value)) or "none"
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)


@functools.cache
def _source(name: str) -> markupsafe.Markup:
    """Returns a file of the templates' folder, to stand in a page as it is."""
    loader = _environment().loader
    assert loader is not None
    return markupsafe.Markup(loader.get_source(_environment(), name)[0])


def _hash(text: str) -> str:
    digest = hashlib.sha256(text.encode("utf-8")).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"

"""Pages: self-contained HTML under a strict content security policy."""

from __future__ import annotations

import base64
import functools
import hashlib
from typing import TYPE_CHECKING, Any

import jinja2
import markupsafe

from skewgate import charts, svg
from skewgate.reporting import payload
from skewgate.reporting.bars import bar_of
from skewgate.reporting.ranking import worst_first
from skewgate.reporting.text import visible
from skewgate.types import Status

if TYPE_CHECKING:
    from skewgate.report import Report

MOST_ROWS = 2000
"""Results in a page without JavaScript, the worst first; its script shows all."""
_TITLES = {
    "drift": "Drift report",
    "skew": "Skew report",
    "performance": "Performance report",
    "labels": "Label report",
    "decision": "Decision of the gate",
}


def render_report(report: Report) -> str:
    """Returns the page of a report; every name from data is escaped."""
    results = worst_first(report.decision.results, report.decision.failures)
    shown = report.details.get("distributions") or {}
    return _render(
        "report.html.j2",
        report=report,
        heading=_TITLES.get(report.kind, report.kind),
        results=results[:MOST_ROWS],
        hidden=results[MOST_ROWS:],
        featured=any(result.feature for result in results),
        sliced=any(result.slice for result in results),
        counts={status.value: report.decision.count(status) for status in Status},
        left_out=shown.get("left_out", 0),
        drawn=len(shown.get("shown", ())),
        charts=charts.draw(report.kind, report.decision.results, report.details),
        data=markupsafe.Markup(payload.encode(payload.table(results, report.details))),
        script=_source("report.js"),
    )


def _render(template: str, **values: Any) -> str:
    style, script = _source("style.css"), values.get("script", "")
    policy = f"default-src 'none'; style-src {_hash(style)}"
    policy += f"; script-src {_hash(script)}" if script else ""
    policy += "; base-uri 'none'; form-action 'none'"
    text = _environment().get_template(template).render(style=style, policy=policy, **values)
    return str(text)


@functools.cache
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("skewgate", "templates"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
        finalize=_shown,
    )
    environment.globals["bar_of"] = bar_of
    environment.filters["told"] = _told
    environment.filters["number"] = _number
    return environment


def _shown(value: Any) -> Any:
    """Makes hidden characters of every text visible, before it is escaped."""
    if isinstance(value, str) and not isinstance(value, markupsafe.Markup):
        return visible(value)
    return value


def _number(value: float | None, digits: int = 4) -> str:
    return "" if value is None else svg.number(value, digits)


def _told(value: Any) -> str:
    """Writes a plain value, such as a policy or a list of features, for a person."""
    if isinstance(value, dict):
        return ", ".join(f"{name} {_told(each)}" for name, each in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(map(_told, value)) or "none"
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

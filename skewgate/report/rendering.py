"""The three files of a report: JSON, a page, and Prometheus metrics."""

from __future__ import annotations

import json

from skewgate.core import run_ids, sealing
from skewgate.core.hidden import visible, visible_json
from skewgate.core.results import Status
from skewgate.report import page
from skewgate.report.report import JSON_NAME, Report

HTML_NAME, METRICS_NAME = "report.html", "metrics.prom"
_ORDER = {Status.FAIL: 0, Status.INCONCLUSIVE: 1, Status.PASS: 2}


def render_json(report: Report) -> str:
    """Returns report.json with its seal, one result a line, in characters that can be seen.

    Raises:
        ValueError: there is a number that JSON cannot hold.
    """
    encode = json.JSONEncoder(allow_nan=False, ensure_ascii=False).encode
    lines = []
    for name, value in report.to_json().items():
        if isinstance(value, list) and value:
            rows = ",\n    ".join(map(encode, value))
            lines.append(f"  {encode(name)}: [\n    {rows}\n  ]")
        else:
            lines.append(f"  {encode(name)}: {encode(value)}")
    text = "{\n" + ",\n".join(lines)
    seal = sealing.checksum(json.loads(text + "}"))  # of what is read, not of what was meant
    text += f",\n  {encode(sealing.CHECKSUM_KEY)}: {encode(seal)}\n}}\n"
    return visible_json(text)


def render_html(report: Report) -> str:
    """Returns a self-contained page; every name from data is escaped."""
    return page.render_report(report)


def render_metrics(report: Report) -> str:
    """Returns the report in the Prometheus text format."""
    decision = report.decision
    kind = f'kind="{_escape(report.kind)}"'
    lines = [
        "# HELP skewgate_run_info The run that made the report.",
        "# TYPE skewgate_run_info gauge",
        f'skewgate_run_info{{{kind},run_id="{_escape(report.run_id)}"}} 1',
        *_time(report, kind),
        "# HELP skewgate_blessed 1 if the data may go on: it passed, or the policy allows it.",
        "# TYPE skewgate_blessed gauge",
        f"skewgate_blessed{{{kind}}} {int(decision.blessed)}",
        "# HELP skewgate_results Number of checks by verdict.",
        "# TYPE skewgate_results gauge",
    ]
    lines += [
        f'skewgate_results{{{kind},status="{status.value}"}} {decision.count(status)}'
        for status in Status
    ]
    lines += ["# HELP skewgate_value Value of a check.", "# TYPE skewgate_value gauge"]
    written = set()
    for result in sorted(decision.results, key=lambda r: _ORDER[r.status]):
        series = (result.feature, result.slice, result.metric)
        # Two bounds on one value are one series, which says the worse of their verdicts.
        if result.value is not None and series not in written:
            written.add(series)
            labels = ",".join(
                f'{name}="{_escape(getattr(result, name))}"'
                for name in ("feature", "slice", "metric")
            )
            status = f'status="{result.status.value}"'
            lines.append(f"skewgate_value{{{kind},{labels},{status}}} {float(result.value)!r}")
    return "\n".join(lines) + "\n"


def _time(report: Report, kind: str) -> list[str]:
    """Returns the lines that say when the report was made; none of a report that does not know."""
    if not report.time:
        return []
    return [
        "# HELP skewgate_run_timestamp_seconds When the report was made, in seconds since 1970.",
        "# TYPE skewgate_run_timestamp_seconds gauge",
        f"skewgate_run_timestamp_seconds{{{kind}}} {run_ids.seconds(report.time)}",
    ]


def _escape(value: str) -> str:
    r"""Returns the value of a label; what cannot be seen is its number.

    Two labels stay two: a backslash before a u of the data's own is written twice.

    >>> print(_escape('say "a"'), _escape("fare\u202e"), _escape("fare\\u202e"))
    say \"a\" fare\\u202e fare\\\\u202e
    """
    lines = value.split("\n")
    if "\\u" in value or "\\U" in value or any(visible(line) != line for line in lines):
        lines = [visible(line.replace("\\", "\\\\")) for line in lines]
    return "\\n".join(line.replace("\\", "\\\\").replace('"', '\\"') for line in lines)


def render(report: Report) -> dict[str, str]:
    """Returns file name to content for the three files of a report."""
    return {
        JSON_NAME: render_json(report),
        HTML_NAME: render_html(report),
        METRICS_NAME: render_metrics(report),
    }

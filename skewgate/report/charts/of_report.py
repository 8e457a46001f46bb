"""Charts of a report: a metric by slice, a metric over windows, and the coverage of labels.

They are inline SVG without scripts. Every name goes through the template's escaping; verdicts
differ by shape as well as by colour, and what is not drawn is counted in a note.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from skewgate.core.results import MetricResult, Status
from skewgate.decision.bands import BAND, CHANGE_POINT
from skewgate.decision.coverage import COVERAGE
from skewgate.report.charts import svg
from skewgate.report.charts.over_windows import coverage, over_windows
from skewgate.report.charts.svg import Chart, Shape, clipped, finite

MOST_LINES = 40
"""Slices in a chart, the worst first."""
MOST_CHARTS = 20
"""Charts of one sort, those with failures first."""
_WIDTH = 960
_ORDER = [Status.FAIL.value, Status.INCONCLUSIVE.value, Status.PASS.value]
_ROW, _TOP = 22, 24


def performance_charts(results: Sequence[MetricResult], details: dict[str, Any]) -> list[Chart]:
    """Draws metrics over windows, and by slice what is in no window.

    Args:
        results: of a report of performance.
        details: of the report. "windows" holds, by metric, "points" (of each window "window",
            "value", "lower", "upper", "n", "status"), "band" ("mean" and a list of limits "lower"
            and "upper", or None), "threshold" and "change_points" ("window", "before", "after").
            Null is a gap.
    """
    series = details.get("windows") or {}
    return [*_over_windows(series), *_by_slice(results, series)]


def label_charts(results: Sequence[MetricResult], details: dict[str, Any]) -> list[Chart]:
    """Draws which share of the predictions has its label, by window.

    Args:
        results: of a report on labels; the smallest threshold of coverage is drawn.
        details: of the report. "labels" has a list "windows" ("name", "predicted", "labelled",
            "open").
    """
    windows = (details.get("labels") or {}).get("windows") or []
    limits = [finite(result.threshold) for result in results if result.metric == COVERAGE]
    least = min((limit for limit in limits if limit is not None), default=None)
    return [coverage(windows, least)] if windows else []


def _by_slice(results: Sequence[MetricResult], series: dict[str, Any]) -> list[Chart]:
    """Draws what is not a window of a series that has a chart of its own."""
    metrics: dict[str, dict[str, list[MetricResult]]] = {}
    windows = {
        metric: {str(point["window"]) for point in content["points"]}
        for metric, content in series.items()
    }
    for result in results:
        over_windows = result.metric.endswith((f" {BAND}", f" {CHANGE_POINT}"))
        in_series = _window_of(result.slice) in windows.get(result.metric, ())
        if finite(result.value) is not None and not over_windows and not in_series:
            name = f"{result.feature} {result.metric}".strip()
            metrics.setdefault(name, {}).setdefault(result.slice, []).append(result)
    order = sorted(metrics, key=lambda name: (_worst(_flat(metrics[name].values())), name))
    charts = [by_slice(name, metrics[name]) for name in order[:MOST_CHARTS]]
    return _noted(charts, len(order), "metrics")


def by_slice(metric: str, slices: dict[str, list[MetricResult]]) -> Chart:
    """Draws a metric with its interval and thresholds, one line a slice, the worst first.

    Args:
        metric: its name.
        slices: of each slice the results, one a threshold, with finite values.
    """
    order = sorted(slices, key=lambda name: _badness(slices[name], name))
    shown = order[:MOST_LINES]
    left, right = 290, _WIDTH - 280
    bottom = _TOP + _ROW * len(shown)
    x = svg.scale(_range(_flat(slices[name] for name in shown)), left, right)
    ticks = svg.ticks(x.low, x.high, 7)
    shapes = [
        shape
        for tick, text in zip(ticks, svg.tick_labels(ticks), strict=True)
        for shape in (
            svg.line(x(tick), _TOP - 4, x(tick), bottom, "grid"),
            svg.label(x(tick), bottom + 16, text, "axis middle"),
        )
    ]
    shapes += [
        svg.label(0, 12, "slice", "head"),
        svg.label(right + 16, 12, "value and interval", "head"),
        svg.label(_WIDTH, 12, "n", "head end"),
    ]
    for i, name in enumerate(shown):
        shapes += _line_of_slice(name, slices[name], x, _TOP + _ROW * i + _ROW / 2)
    notes = ["Bar: interval of the value. Thick upright line: threshold."]
    if len(order) > len(shown):
        notes.append(f"{len(order) - len(shown):,} more slices are in the table.")
    return Chart(f"{metric} by slice", tuple(notes), _WIDTH, bottom + 24, tuple(shapes))


def _line_of_slice(name: str, results: list[MetricResult], x: svg.Scale, y: float) -> list[Shape]:
    first = min(results, key=lambda result: _ORDER.index(result.status.value))
    value = finite(first.value) or 0.0
    lower, upper = finite(first.lower), finite(first.upper)
    text = svg.number(value)
    shapes = [svg.label(0, y + 4, svg.clean(name, 42) or "all data", "", name or "all data")]
    if lower is not None and upper is not None:
        shapes.append(svg.line(x(lower), y, x(upper), y, "interval"))
        text += f"  [{svg.number(lower)}, {svg.number(upper)}]"
    limits = sorted({limit for r in results if (limit := finite(r.threshold)) is not None})
    shapes += [
        svg.line(x(limit), y - _ROW / 2, x(limit), y + _ROW / 2, "threshold")
        for limit in limits
        if x.holds(limit)
    ]
    status = first.status.value
    tooltip = f"{name or 'all data'}: {text}, {status}"
    if limits:
        tooltip += f", threshold {' and '.join(map(svg.number, limits))}"
    shapes += [
        svg.mark(x(value), y, status, tooltip),
        svg.label(x.end + 16, y + 4, text, "figure"),
    ]
    if first.n_current is not None:
        shapes.append(svg.label(_WIDTH, y + 4, f"{first.n_current:,}", "figure end"))
    return shapes


def _over_windows(series: dict[str, Any]) -> list[Chart]:
    with_points = {name: content for name, content in series.items() if content["points"]}
    order = sorted(with_points, key=lambda name: (_worst_point(with_points[name]), name))
    charts = [over_windows(name, with_points[name]) for name in order[:MOST_CHARTS]]
    return _noted(charts, len(order), "series of windows")


def _range(results: Iterable[MetricResult]) -> list[float]:
    middle: list[float] = []
    ends: list[float] = []
    for result in results:
        for values, names in ((middle, ("value", "threshold")), (ends, ("lower", "upper"))):
            known = (finite(getattr(result, name)) for name in names)
            values += [value for value in known if value is not None]
    return clipped(middle, ends)


def _badness(results: list[MetricResult], name: str) -> tuple[int, float, str]:
    """Orders failures by how far they are off, and the rest by how close they are."""
    rank = _worst(results)
    pairs = [(finite(result.value), finite(result.threshold)) for result in results]
    gaps = [abs(value - limit) for value, limit in pairs if value is not None and limit is not None]
    return rank, (-max(gaps) if rank == 0 else min(gaps)) if gaps else 0.0, name


def _worst(results: Iterable[MetricResult]) -> int:
    return min(_ORDER.index(result.status.value) for result in results)


def _worst_point(content: dict[str, Any]) -> int:
    return min(_ORDER.index(str(point["status"])) for point in content["points"])


def _flat(groups: Iterable[list[MetricResult]]) -> list[MetricResult]:
    return [result for group in groups for result in group]


def _window_of(slice_name: str) -> str:
    """Returns the window of a slice such as "window:2016-03-01"."""
    return slice_name.partition(":")[2]


def _noted(charts: list[Chart], total: int, unit: str) -> list[Chart]:
    """Says below the last chart how many there are no charts of."""
    if total > len(charts):
        last = charts[-1]
        note = f"{total - len(charts):,} more {unit} have no chart."
        charts[-1] = Chart(last.title, (*last.notes, note), last.width, last.height, last.shapes)
    return charts

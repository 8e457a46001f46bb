"""Charts over windows: a metric with its band and changes, and the coverage of labels."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from skewgate.core.wording import rounded_percent
from skewgate.report.charts import svg
from skewgate.report.charts.svg import Chart, Shape, clipped, finite

MOST_WINDOWS = 200
"""Windows in a chart, the latest."""
_WIDTH = 960


def over_windows(metric: str, content: dict[str, Any]) -> Chart:
    """Draws a metric over windows: values, intervals, band, threshold and changes.

    Args:
        metric: its name.
        content: as `performance_charts` has it under "windows"; if the threshold is another one in
            each window, "limits", a list of them; and "first_alarm", the name of a window to mark.
    """
    skipped = max(len(content["points"]) - MOST_WINDOWS, 0)
    points = content["points"][skipped:]
    band = content.get("band")
    lows, highs, mean = (
        ([], [], None)
        if not band
        else (band["lower"][skipped:], band["upper"][skipped:], finite(band["mean"]))
    )
    threshold = finite(content.get("threshold"))
    limits = [finite(limit) for limit in content.get("limits") or ()][skipped:]
    middle = [v for p in points if (v := finite(p["value"])) is not None]
    middle += [v for v in (threshold, mean, *limits) if v is not None]
    ends = [v for p in points for key in ("lower", "upper") if (v := finite(p[key])) is not None]
    ends += [v for limit in (*lows, *highs) if (v := finite(limit)) is not None]
    left, right, top, bottom = 64, _WIDTH - 130, 14, 236
    y = svg.scale(clipped(middle, ends), bottom, top)
    step = (right - left) / len(points)
    at = [left + step * (i + 0.5) for i in range(len(points))]
    shapes: list[Shape] = []
    ticks = svg.ticks(y.low, y.high, 7)
    for tick, text in zip(ticks, svg.tick_labels(ticks), strict=True):
        shapes += [
            svg.line(left, y(tick), right, y(tick), "grid"),
            svg.label(left - 8, y(tick) + 4, text, "axis end"),
        ]
    names = [str(point["window"]) for point in points]
    shapes += _window_names(names, at, bottom + 18, right - left)
    shapes += _band(lows, highs, at, y)
    end = [
        (y(v), svg.line(left, y(v), right, y(v), css), f"{word} {svg.number(v)}")
        for v, css, word in ((mean, "mean", "mean"), (threshold, "limit", "threshold"))
        if v is not None
    ]
    for (_, drawn, text), place in zip(end, _apart([place for place, _, _ in end]), strict=True):
        shapes += [drawn, svg.label(right + 8, place + 4, text, "axis")]
    shapes += _limits(limits, at, step, y)
    shapes += _first_alarm(content.get("first_alarm"), names, at, top, bottom)
    shapes += _changes(content.get("change_points") or [], names, at, step, top, bottom)
    known = [finite(point["value"]) is not None for point in points]
    shapes += [
        svg.path([(at[i], y(points[i]["value"])) for i in range(start, stop)], "series")
        for start, stop in svg.runs(known)
        if stop - start > 1
    ]
    for point, place, there in zip(points, at, known, strict=True):
        if there:
            shapes += _point(point, place, y)
    notes = ["Bars: interval of the value. Shaded: band of the reference windows."]
    if skipped:
        notes.append(f"{skipped:,} earlier windows are not drawn.")
    return Chart(f"{metric} over windows", tuple(notes), _WIDTH, bottom + 28, tuple(shapes))


def _band(lows: list[Any], highs: list[Any], at: list[float], y: svg.Scale) -> list[Shape]:
    """Draws the area between the limits; half a window on either side of a lone window."""
    pairs = [(finite(low), finite(high)) for low, high in zip(lows, highs, strict=True)]
    known = [low is not None and high is not None for low, high in pairs]
    half = (at[1] - at[0]) / 2 if len(at) > 1 else 20.0
    shapes = []
    for start, stop in svg.runs(known):
        places = [at[start] - half, *at[start:stop], at[stop - 1] + half]
        inside = [pairs[start], *pairs[start:stop], pairs[stop - 1]]
        lower = [(x, y(low or 0.0)) for x, (low, _) in zip(places, inside, strict=True)]
        upper = [(x, y(high or 0.0)) for x, (_, high) in zip(places, inside, strict=True)]
        shapes.append(svg.path([*lower, *reversed(upper)], "band", closed=True))
    return shapes


def _limits(limits: list[float | None], at: list[float], step: float, y: svg.Scale) -> list[Shape]:
    """Draws the threshold of each window, as steps, with its name at the right."""
    shapes = []
    for start, stop in svg.runs([limit is not None for limit in limits]):
        ends = [
            (at[i] + side * step / 2, y(limits[i] or 0.0))
            for i in range(start, stop)
            for side in (-1, 1)
        ]
        shapes.append(svg.path(ends, "limit-steps"))
    last = next((limit for limit in reversed(limits) if limit is not None), None)
    if last is not None:
        shapes.append(
            svg.label(at[-1] + step / 2 + 8, y(last) + 4, f"limit {svg.number(last)}", "axis")
        )
    return shapes


def _first_alarm(
    window: str | None, names: list[str], at: list[float], top: float, bottom: float
) -> list[Shape]:
    """Marks the first window that failed."""
    if window not in names:
        return []
    place = at[names.index(window)]
    near_end = place > at[-1] - 200
    caption = f"first alarm: {svg.clean(window, 20)}"
    return [
        svg.line(place, top, place, bottom, "alarm", f"first alarm: {window}"),
        svg.label(
            place + (-8 if near_end else 8),
            top + 8,
            caption,
            "alarm-text end" if near_end else "alarm-text",
        ),
    ]


def _changes(
    changes: list[dict[str, Any]],
    names: list[str],
    at: list[float],
    step: float,
    top: float,
    bottom: float,
) -> list[Shape]:
    """Marks each change between the windows before and after it."""
    shapes = []
    for change in changes:
        if str(change["window"]) in names:
            place = at[names.index(str(change["window"]))] - step / 2
            before, after = (
                "?" if (v := finite(change[side])) is None else svg.number(v)
                for side in ("before", "after")
            )
            near_end = place > at[-1] - 160
            shapes += [
                svg.line(place, top, place, bottom, "change", f"change with {change['window']}"),
                svg.label(
                    place + (-6 if near_end else 6),
                    top + 10,
                    f"change: {before} \u2192 {after}",
                    "head end" if near_end else "head",
                ),
            ]
    return shapes


def _point(point: dict[str, Any], x: float, y: svg.Scale) -> list[Shape]:
    lower, upper = finite(point["lower"]), finite(point["upper"])
    tooltip = f"{point['window']}: {svg.number(point['value'])}"
    bars = []
    if lower is not None and upper is not None:
        tooltip += f" [{svg.number(lower)}, {svg.number(upper)}]"
        bars = [svg.line(x, y(lower), x, y(upper), "error")]
    if point.get("n") is not None:
        tooltip += f", n = {point['n']:,}"
    status = str(point["status"])
    return [*bars, svg.mark(x, y(point["value"]), status, f"{tooltip}, {status}")]


def coverage(windows: Sequence[dict[str, Any]], least: float | None) -> Chart:
    """Draws the share of predictions that have their label, by window.

    Args:
        windows: at least one, as `label_charts` has them.
        least: the share that a window must have, if there is a line to draw.
    """
    shown = windows[-MOST_WINDOWS:]
    left, right, top, bottom = 64, _WIDTH - 130, 14, 196
    y = svg.Scale(0.0, 1.0, bottom, top)
    step = (right - left) / len(shown)
    at = [left + step * (i + 0.5) for i in range(len(shown))]
    shapes: list[Shape] = []
    for tick in svg.ticks(0.0, 1.0):
        shapes += [
            svg.line(left, y(tick), right, y(tick), "grid"),
            svg.label(left - 8, y(tick) + 4, f"{tick:.0%}", "axis end"),
        ]
    width = min(step * 0.7, 40.0)
    for window, place in zip(shown, at, strict=True):
        if window["predicted"]:
            share = window["labelled"] / window["predicted"]
            tooltip = (
                f"{window['name']}: {window['labelled']:,} of {window['predicted']:,} predictions "
                f"have a label ({rounded_percent(share)}){', open' if window['open'] else ''}"
            )
            css = "bar-open" if window["open"] else "bar-full"
            height = bottom - y(share)
            shapes.append(svg.rectangle(place - width / 2, y(share), width, height, css, tooltip))
    if least is not None:
        shapes += [
            svg.line(left, y(least), right, y(least), "limit"),
            svg.label(right + 8, y(least) + 4, f"at least {least:.0%}", "axis"),
        ]
    names = [str(window["name"]) for window in shown]
    shapes += _window_names(names, at, bottom + 18, right - left)
    notes = ["Outlined bars: windows whose labels may still come. No bar: no predictions."]
    if len(windows) > len(shown):
        notes.append(f"{len(windows) - len(shown):,} earlier windows are not drawn.")
    return Chart(
        "Predictions with their label, by window", tuple(notes), _WIDTH, bottom + 28, tuple(shapes)
    )


def _window_names(names: list[str], at: list[float], y: float, room: float) -> list[Shape]:
    """Names as many windows as there is room for."""
    widest = min(max(map(len, names)), 20) * 6.6 + 14
    every = math.ceil(len(names) / max(int(room / widest), 1))
    return [
        svg.label(at[i], y, svg.clean(names[i], 20), "axis middle", names[i])
        for i in range(0, len(names), every)
    ]


def _apart(places: list[float]) -> list[float]:
    """Moves two labels apart that would lie on each other."""
    if len(places) == 2 and abs(places[0] - places[1]) < 14:
        middle = sum(places) / 2
        signs = (-7, 7) if places[0] <= places[1] else (7, -7)
        return [middle + sign for sign in signs]
    return places

"""Many reports of one kind, in order of time: what each check said in each window."""

from __future__ import annotations

import dataclasses
import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from skewgate.core.errors import InputError
from skewgate.core.results import MetricResult, Status
from skewgate.core.wording import many, rounded
from skewgate.report.ranking import excess, worst_first

if TYPE_CHECKING:
    from skewgate.report.report import Report

_NAMES = ("window", "span")


@dataclasses.dataclass(frozen=True)
class ReportedRun:
    """A report with the name of its window and the folder that it is from."""

    name: str
    report: Report
    place: str


@dataclasses.dataclass(frozen=True)
class Series:
    """Results over the windows, None where a window has none.

    Attributes:
        feature, slice, metric: what is followed; the metric is "" where several are joined, of
            which each window has the worst.
        results: one per window.
    """

    feature: str
    slice: str
    metric: str
    results: tuple[MetricResult | None, ...]

    @property
    def first_alarm(self) -> int | None:
        """The first window that failed."""
        failed = (i for i, r in enumerate(self.results) if r and r.status is Status.FAIL)
        return next(failed, None)

    @property
    def failures(self) -> int:
        """The number of windows that failed."""
        return sum(r is not None and r.status is Status.FAIL for r in self.results)

    @property
    def label(self) -> str:
        """Names the series for a person."""
        name = f"{self.feature} {self.metric}".strip()
        return f"{name} ({self.slice})" if self.slice else name


@dataclasses.dataclass(frozen=True)
class Timeline:
    """Windows in order, and what they have in common.

    Attributes:
        kind: of the reports.
        windows: at least one.
        rows: one series per feature and slice (per metric where there is no feature), the first
            alarm first.
        series: one per check, in the order of the rows; of each, the first alarm first.
    """

    kind: str
    windows: tuple[ReportedRun, ...]
    rows: tuple[Series, ...]
    series: tuple[Series, ...]

    @property
    def first_alarm(self) -> tuple[int, Series] | None:
        """The first window with a failure, and the row that was worst in it."""
        alarms = [(row.first_alarm, row) for row in self.rows if row.first_alarm is not None]
        return alarms[0] if alarms else None


def in_order(reports: Iterable[tuple[str, Report]]) -> tuple[ReportedRun, ...]:
    """Names the windows and puts them in order.

    By `window` or `span` of the reports' current side, where all have one and no two the same;
    else by the names of their folders. Numbers in names count as numbers.

    Args:
        reports: the folder of each, and what is in it; at least one.

    Raises:
        InputError: the reports are of different kinds.
    """
    runs = list(reports)
    first_folder, first = runs[0]
    for folder, report in runs[1:]:
        if report.kind != first.kind:
            raise InputError(
                folder,
                f"holds a {report.kind} report, and {first_folder} a {first.kind} report",
                "give reports of one kind",
            )
    windows = [ReportedRun(_short(folder, runs), report, folder) for folder, report in runs]
    for key in _NAMES:
        names = [str(window.report.current.get(key, "")) for window in windows]
        if all(names) and len(set(names)) == len(names):
            pairs = zip(windows, names, strict=True)
            windows = [dataclasses.replace(window, name=name) for window, name in pairs]
            break
    return tuple(sorted(windows, key=lambda window: natural(window.name)))


def natural(name: str) -> list[tuple[int, str, str]]:
    """Returns a key that sorts `w9` before `w10`, however many digits there are.

    Numbers of whatever script count as such; superscripts and the like are letters.
    """
    parts = [part for part in re.split(r"(\d+)", name) if part]
    numbers = ["".join(str(unicodedata.decimal(digit, "")) for digit in part) for part in parts]
    return [
        (len(number.lstrip("0")) + 1, number.lstrip("0"), part)
        if part.isdecimal()
        else (0, "", part)
        for part, number in zip(parts, numbers, strict=True)
    ]


def _short(folder: str, runs: Sequence[tuple[str, Any]]) -> str:
    """Returns the last parts of a path that tell it from the others."""
    parts = re.split(r"[/\\]+", folder.rstrip("/\\"))
    others = [re.split(r"[/\\]+", other.rstrip("/\\")) for other, _ in runs if other != folder]
    size = next(
        (n for n in range(1, len(parts)) if all(parts[-n:] != other[-n:] for other in others)),
        len(parts),
    )
    return "/".join(parts[-size:])


def build(windows: Sequence[ReportedRun]) -> Timeline:
    """Follows every check through the windows."""
    rows = _follow(windows, lambda r: (r.feature or r.metric, r.slice, ""))
    place = {(row.feature, row.slice): i for i, row in enumerate(rows)}
    series = _follow(windows, lambda r: (r.feature, r.slice, r.metric))
    return Timeline(
        windows[0].report.kind,
        tuple(windows),
        tuple(rows),
        tuple(sorted(series, key=lambda s: place[s.feature or s.metric, s.slice])),
    )


def _follow(
    windows: Sequence[ReportedRun], key: Callable[[MetricResult], tuple[str, str, str]]
) -> list[Series]:
    found: dict[tuple[str, str, str], list[MetricResult | None]] = {}
    for i, window in enumerate(windows):
        for result in worst_first(window.report.decision.results):
            results = found.setdefault(key(result), [None] * len(windows))
            if results[i] is None:  # the worst of those that share a key
                results[i] = result
    return sorted((Series(*k, tuple(results)) for k, results in found.items()), key=_order)


def _order(series: Series) -> tuple[Any, ...]:
    first = series.first_alarm
    known = [result for result in series.results if result]
    unsure = any(result.status is Status.INCONCLUSIVE for result in known)
    worst = series.results[first] if first is not None else max(known, key=excess)
    assert worst is not None
    return (
        first is None,
        first,
        not unsure,
        series.slice != "",
        -excess(worst),
        series.feature,
        series.slice,
        series.metric,
    )


def multiple(result: MetricResult) -> float | None:
    """Says how often the threshold fits into a distance, or None if the result is none."""
    if result.value is None or result.null_value is None or not result.threshold:
        return None
    return result.above_chance(result.value) / result.threshold


def limit(result: MetricResult | None) -> float | None:
    """Returns `MetricResult.limit`, or None without a result."""
    return None if result is None else result.limit


def sentence(timeline: Timeline) -> str:
    """Says when the first alarm was, how it went on, and what failed most."""
    windows = timeline.windows
    span = f"{len(windows)} windows from {windows[0].name} to {windows[-1].name}"
    if timeline.first_alarm is None:
        unsure = sum(w.report.decision.status is Status.INCONCLUSIVE for w in windows)
        rest = f"; {unsure} of them could not be decided in full" if unsure else ""
        return f"No check failed in {span}{rest}."
    first, row = timeline.first_alarm
    failed = sum(
        any(r.status is Status.FAIL for r in w.report.decision.results) for w in windows[first:]
    )
    latest = any(r.status is Status.FAIL for r in windows[-1].report.decision.results)
    most = max(timeline.rows, key=lambda row: row.failures)
    result = row.results[first]
    assert result is not None
    value = "" if result.value is None else f" {rounded(result.value, 3, result.limit)}"
    bound = "" if result.limit is None else f", limit {rounded(result.limit, 3, result.value)}"
    place = f" in slice {row.slice}" if row.slice else ""
    what = row.feature if row.feature == result.metric else f"{row.feature}, {result.metric}"
    return (
        f"In {span}, the first alarm was in {windows[first].name} ({what}{value}{place}{bound}). "
        f"From then on {failed} of {many(len(windows) - first, 'window')} failed, "
        f"{'including' if latest else 'but not'} the latest. Start with {most.label}, which failed "
        f"in {most.failures}."
    )


def to_json(timeline: Timeline) -> dict[str, Any]:
    """Returns plain values: windows in order, and of every check its points."""
    windows = timeline.windows

    def name(index: int | None) -> str | None:
        return None if index is None else windows[index].name

    return {
        "schema_version": 1,
        "kind": "timeline",
        "of": timeline.kind,
        "windows": [
            {
                "name": window.name,
                "status": window.report.decision.status.value,
                "blessed": window.report.decision.blessed,
                "place": window.place,
            }
            for window in windows
        ],
        "first_alarm": name(timeline.first_alarm[0]) if timeline.first_alarm else None,
        "series": [
            {
                "feature": series.feature,
                "slice": series.slice,
                "metric": series.metric,
                "first_alarm": name(series.first_alarm),
                "points": [
                    {
                        "window": window.name,
                        **{
                            key: value
                            for key, value in result.to_json().items()
                            if key not in ("feature", "slice", "metric")
                        },
                    }
                    for window, result in zip(windows, series.results, strict=True)
                    if result is not None
                ],
            }
            for series in timeline.series
        ],
    }

"""What shuts a gate, in lines for people; what several results say alike is said once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from skewgate.core.hidden import visible
from skewgate.core.results import MetricResult, Status
from skewgate.core.wording import listed, many, plural, shortened
from skewgate.report.ranking import worst_first

_MOST = 10
_MOST_NAMES, _LONGEST_NAME = 5, 60
_ALIKE = 3
"""So many checks that need more rows share a line."""


def explain(failures: Sequence[MetricResult]) -> str:
    """Returns one line per result that shuts the gate, and one for those that say the same."""
    return "\n".join(f"  {line}" for line in lines(failures))


def lines(results: Sequence[MetricResult]) -> list[str]:
    """Returns what results say, the first of them, and how many more there are.

    First comes what says a thing of its own, the worst first, then what many say alike.
    """
    groups = _groups(worst_first(results))
    own = [each for group in groups if not _merges(group) for each in group]
    found = [line(result) for result in own[:_MOST]]
    if len(own) > _MOST:
        found.append(f"... and {len(own) - _MOST:,} more")
    merged = [group for group in groups if _merges(group)]
    found += [_together(group) for group in merged[:_MOST]]
    if len(merged) > _MOST:
        left = sum(map(len, merged[_MOST:]))
        found.append(f"... and {left:,} more")
    return list(map(visible, found))


def line(result: MetricResult) -> str:
    """Returns what one result says, after the name of its feature and slice."""
    if not (result.feature or result.slice):
        return result.reason
    rest = of_feature(result)
    if rest and not result.slice:
        return result.reason
    return f"{_place(result)}: {f'it {rest}' if rest else result.reason}"


def together(results: Sequence[MetricResult]) -> list[str]:
    """Returns a line for each thing that several inconclusive results say alike; none otherwise."""
    doubts = [result for result in results if result.status is Status.INCONCLUSIVE]
    found = [_together(group) for group in _groups(doubts) if _merges(group)]
    return [visible(line.rstrip(".")) for line in found[:_MOST]]


def needed(results: Iterable[MetricResult]) -> str:
    """Says how many rows would settle results, as the rest of a sentence.

    >>> def doubt(rows):
    ...     return MetricResult("a", "", "auc", Status.INCONCLUSIVE, "few", needed=rows)
    >>> needed([doubt(570)]), needed([doubt(570), doubt(4100)])
    ('needs about 570 rows', 'need about 570 to 4,100 rows')
    """
    known = list(results)
    numbers = sorted(result.needed for result in known if result.needed is not None)
    ends = f"{numbers[0]:,}" if numbers[0] == numbers[-1] else f"{numbers[0]:,} to {numbers[-1]:,}"
    verb = "needs" if len(known) == 1 else "need"
    if known[0].null_value is None:
        return f"{verb} about {ends}{plural('row', numbers[-1])}"
    return f"{verb} about {ends}{plural('value', numbers[-1])} on each side"


def undersized(results: Iterable[MetricResult]) -> list[MetricResult]:
    """Returns the results that more values on each side would settle, or else more rows."""
    doubts = [result for result in results if result.needed is not None]
    distances = [result for result in doubts if result.null_value is not None]
    return distances or doubts


def _groups(results: Iterable[MetricResult]) -> list[list[MetricResult]]:
    """Returns the results by what they have in common, in the order of the first of each."""
    groups: dict[tuple[str, ...], list[MetricResult]] = {}
    for result in results:
        groups.setdefault(_key(result), []).append(result)
    return list(groups.values())


def _key(result: MetricResult) -> tuple[str, ...]:
    """Returns what results that are told in one line have in common."""
    if result.status is Status.INCONCLUSIVE and result.needed is not None:
        return ("needed", str(result.null_value is None))
    rest = of_feature(result)
    if rest:
        return (result.status.value, "each", rest)
    return (result.status.value, "all", result.reason)


def _merges(group: Sequence[MetricResult]) -> bool:
    return len(group) >= (2 if group[0].needed is None else _ALIKE)


def _together(group: Sequence[MetricResult]) -> str:
    """Returns one line for results that say the same, perhaps each of its own feature."""
    if group[0].needed is not None:
        return f"{many(len(group), 'check')} {needed(group)}: {_names(map(_place, group))}"
    _, whose, reason = _key(group[0])
    features = list(dict.fromkeys(result.feature for result in group))
    if whose == "each" and len(features) > 1:
        return f"{_names(features)}: each {reason}"
    if any(result.label != group[0].label for result in group):
        return f"{_names(result.label for result in group)}: {group[0].reason}"
    return f"{group[0].reason} ({len(group):,} times)"


def _names(names: Iterable[str]) -> str:
    """Lists names, each once and cut where it is long."""
    shown = [shortened(name, _LONGEST_NAME) for name in dict.fromkeys(names)]
    return listed(shown, _MOST_NAMES)


def _place(result: MetricResult) -> str:
    """Names the feature and its slice, and the metric if it is an anomaly type or stands alone."""
    name = result.feature or result.metric
    if result.feature and ":" in result.metric:
        name = f"{name} {result.metric}"
    return f"{name} ({result.slice})" if result.slice else name


def of_feature(result: MetricResult) -> str:
    """Returns what a reason says of the feature that it begins with; "" if it does not."""
    start = f"{visible(result.feature)} "
    return result.reason.removeprefix(start) if result.reason.startswith(start) else ""

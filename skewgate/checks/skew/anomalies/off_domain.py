"""Which values break a domain, in words."""

from __future__ import annotations

import math
import re
from collections.abc import Callable

from skewgate.checks.skew.anomalies.subjects import Subject, domain_values, named_values
from skewgate.core.wording import number, percent, plural, quote

_SHOWN = 3


def minimum(subject: Subject, _: str) -> str:
    """Gives the minimum, or the strings that are numbers below the domain."""
    if not subject.extremes:
        low = min(_bounds(subject), default=-math.inf)
        return _numbers_where(subject, lambda value: value < low)
    return f"minimum {number(subject.extremes[0], *_bounds(subject))}"


def maximum(subject: Subject, _: str) -> str:
    """Gives the maximum, or the strings that are numbers above the domain."""
    if not subject.extremes:
        high = max(_bounds(subject), default=math.inf)
        return _numbers_where(subject, lambda value: value > high)
    return f"maximum {number(subject.extremes[1], *_bounds(subject))}"


def extent(subject: Subject, description: str) -> str:
    """Gives both, or the strings that are infinite."""
    if not subject.extremes:
        return _numbers_where(subject, math.isinf)
    return f"{minimum(subject, description)}, {maximum(subject, description)}"


def no_bool(subject: Subject, description: str) -> str:
    """Gives all that can break a bool_domain of numbers."""
    return ", ".join(filter(None, [extent(subject, description), nan(subject, description)]))


def _number(text: str) -> float | None:
    """Reads a string as a number, if it is one."""
    try:
        return float(text)
    except ValueError:
        return None


def _numbers_where(subject: Subject, wrong: Callable[[float], bool]) -> str:
    """Lists the strings that are numbers, and wrong."""
    return _values_where(
        subject, lambda value: (found := _number(value)) is not None and wrong(found)
    )


def _bounds(subject: Subject) -> list[float]:
    """Returns the bounds of the domain of numbers that a feature has."""
    kind = "int_domain" if subject.constraints.HasField("int_domain") else "float_domain"
    domain = getattr(subject.constraints, kind)
    return [getattr(domain, end) for end in ("min", "max") if domain.HasField(end)]


def _n_nan(subject: Subject) -> float:
    if subject.statistics is None:
        return 0
    return max((each.num_nan for each in subject.statistics.num_stats.histograms), default=0)


def nan(subject: Subject, _: str) -> str:
    """Says how many values are NaN."""
    count = _n_nan(subject)
    if not count:
        return _numbers_where(subject, math.isnan)
    return f"NaN in {of_values(subject, count)}"


def of_values(subject: Subject, count: float) -> str:
    """Says how many of the values `count` is, or of the rows where each has one value."""
    total = subject.values
    one_each = subject.common.max_num_values == 1 and subject.present == subject.rows == total
    unit = "rows" if one_each else "values"
    share = f" ({percent(min(count / total, 1.0))})" if total else ""
    return f"{number(count)} of {number(total)} {unit}{share}"


def off_domain(subject: Subject, _: str) -> str:
    """Lists the values outside the string domain."""
    allowed = set(domain_values(subject)[1])
    return _values_where(subject, lambda value: value not in allowed)


def off_bool(subject: Subject, _: str) -> str:
    """Lists the values outside the bool_domain."""
    domain = subject.constraints.bool_domain
    allowed = {getattr(domain, f) for f in ("true_value", "false_value") if domain.HasField(f)}
    return _values_where(subject, lambda value: value not in allowed)


def no_number(subject: Subject, _: str) -> str:
    """Lists the strings that are no numbers."""
    return _values_where(subject, lambda value: _number(value) is None)


def no_integer(subject: Subject, _: str) -> str:
    """Lists the strings that are no integers."""
    return _values_where(subject, lambda value: not re.fullmatch(r"\s*[+-]?\d+\s*", value))


def _values_where(subject: Subject, wrong: Callable[[str], bool]) -> str:
    """Lists the most frequent of the values that are wrong, with their counts."""
    values = [item for item in named_values(subject.statistics).items() if wrong(item[0])]
    values.sort(key=lambda item: (-item[1], item[0]))
    texts = [f"{quote(value)} in {of_values(subject, n)}" for value, n in values[:_SHOWN]]
    rest = values[_SHOWN:]
    if rest:
        more = f"{len(rest):,} more{plural('value', len(rest))}"
        texts.append(f"{more} in {of_values(subject, sum(n for _, n in rest))}")
    return ", ".join(texts)

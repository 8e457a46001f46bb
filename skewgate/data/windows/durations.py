"""Durations as all contracts write them: `15m`, `6h`, `1d`, `2w` or `1mo`."""

from __future__ import annotations

import dataclasses
import re
from typing import Any, Literal

from skewgate.core.errors import InputError

Unit = Literal["m", "h", "d", "w", "mo"]

DAY = 86_400
_SECONDS: dict[str, int] = {"m": 60, "h": 3_600, "d": DAY, "w": 7 * DAY}
PATTERN = r"(-?(?:0|[1-9][0-9]{0,6}))(mo|[mhdw])"
_TEXT = re.compile(PATTERN)
_LONGEST_SECONDS, _LONGEST_MONTHS = 3_660 * DAY, 120


@dataclasses.dataclass(frozen=True)
class Duration:
    """A whole number of minutes, hours, days, weeks or months.

    Attributes:
        count: of units; negative only where something is moved back in time.
        unit: "m" minutes, "h" hours, "d" days, "w" weeks or "mo" months.
    """

    count: int
    unit: Unit

    def __str__(self) -> str:
        return f"{self.count}{self.unit}"

    @property
    def months(self) -> int:
        """Its months; 0 for other units."""
        return self.count if self.unit == "mo" else 0

    @property
    def seconds(self) -> int:
        """Its seconds, where every day has 86,400; 0 for months, which have no fixed number."""
        return self.count * _SECONDS.get(self.unit, 0)


DAILY, NOTHING = Duration(1, "d"), Duration(0, "h")


def parse(text: Any, where: str = "duration") -> Duration:
    """Parses a duration.

    Args:
        text: such as "15m", "6h", "1d", "2w" or "1mo", with a minus sign in front or without.
        where: the option or key that it stands in, for the message.

    Raises:
        InputError: it is none, or longer than ten years.

    >>> parse("6h"), str(parse("-2w")), parse("1mo").months
    (Duration(count=6, unit='h'), '-2w', 1)
    """
    found = _TEXT.fullmatch(text) if isinstance(text, str) else None
    if not found:
        raise InputError(
            where,
            "must be a whole number with m, h, d, w or mo for minutes, hours, days, weeks or "
            f"months, got {text!r}",
            "write it as 15m, 6h, 1d, 2w or 1mo",
        )
    duration = Duration(int(found[1]), found[2])  # type: ignore[arg-type]
    if abs(duration.months) > _LONGEST_MONTHS or abs(duration.seconds) > _LONGEST_SECONDS:
        raise InputError(
            where, f"must be at most ten years, 3660d or 120mo, got {text!r}", "make it shorter"
        )
    return duration


def from_hours(hours: Any) -> str:
    """Writes hours as a duration, for messages that say what became of a key in hours.

    >>> from_hours(72), from_hours(0.5), from_hours(-1), from_hours("a day")
    ('72h', '30m', '-1h', '24h')
    """
    try:
        minutes = round(float(hours) * 60)
    except (TypeError, ValueError, OverflowError):
        return "24h"
    return f"{minutes // 60}h" if minutes % 60 == 0 else f"{minutes}m"

"""Drawings as plain shapes, which templates/chart.html.j2 writes as inline SVG."""

from __future__ import annotations

import dataclasses
import itertools
import math
from collections.abc import Iterable, Sequence
from typing import Any

from skewgate.core.hidden import visible
from skewgate.core.results import Status
from skewgate.core.wording import rounded, shortened

_MARK = 4.5
"""Half the size of a mark, in units of the drawing."""


@dataclasses.dataclass(frozen=True)
class Shape:
    """An SVG element.

    Attributes:
        tag: its name.
        attributes: by name; the template escapes them.
        text: inside it; the template escapes it.
        title: shown when the pointer rests on it, and read aloud.
    """

    tag: str
    attributes: dict[str, str]
    text: str = ""
    title: str = ""


@dataclasses.dataclass(frozen=True)
class Chart:
    """A drawing with its caption.

    Attributes:
        title: what it shows, in a line.
        notes: sentences below it, such as what is not drawn.
        width, height: of the drawing's own coordinates.
        shapes: in the order of drawing.
    """

    title: str
    notes: tuple[str, ...]
    width: int
    height: int
    shapes: tuple[Shape, ...]


@dataclasses.dataclass(frozen=True)
class Scale:
    """Maps [low, high] to pixels from `start` to `end`; what lies outside is put at the edge."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        """Returns the coordinate of a value."""
        share = (value - self.low) / (self.high - self.low)
        return self.start + min(max(share, 0.0), 1.0) * (self.end - self.start)

    def holds(self, value: float) -> bool:
        """Says whether a value lies within the range."""
        return self.low <= value <= self.high


def scale(values: Iterable[float], start: float, end: float) -> Scale:
    """Returns a scale that holds finite values with some room; [0, 1] without any."""
    known = list(values)
    low, high = (min(known), max(known)) if known else (0.0, 1.0)
    room = (high - low) * 0.06
    if room <= 1e-9 * max(abs(low), abs(high)):
        room = 0.05 * max(abs(low), abs(high)) or 0.5
    return Scale(low - room, high + room, start, end)


def ticks(low: float, high: float, about: int = 5) -> list[float]:
    """Returns multiples of 1, 2 or 5 times a power of ten in [low, high].

    Args:
        low, high: finite, low < high.
        about: how many to aim at.

    >>> ticks(0.862, 0.941)
    [0.88, 0.9, 0.92, 0.94]
    """
    raw = (high - low) / about
    power = math.floor(math.log10(raw))
    factor = next(factor for factor in (1, 2, 5, 10) if factor * 10.0**power >= raw * 0.999)
    step = factor * 10.0**power
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [float(f"{number * step:.12g}") for number in range(first, last + 1)]


def tick_labels(places: Sequence[float]) -> list[str]:
    """Returns what to write at ticks, all with the decimals that tell them apart.

    >>> tick_labels([0.85, 0.9, 0.95])
    ['0.85', '0.90', '0.95']
    """
    step = min((b - a for a, b in itertools.pairwise(places)), default=0.0)
    decimals = max(-math.floor(math.log10(step) + 1e-9), 0) if step else 9
    if not step or decimals > 8 or max(map(abs, places)) >= 1e7:
        return [f"{place:.6g}".replace("-", "\u2212", 1) for place in places]
    return [f"{place:,.{decimals}f}".replace("-", "\u2212", 1) for place in places]


def number(value: float, digits: int = 4, limit: float | None = None) -> str:
    """Formats a number for a label, with a minus sign as wide as a figure; see `rounded`.

    >>> number(0.91237), number(-1234567.0)
    ('0.9124', '\u22121.235e+06')
    """
    text = rounded(value, digits, limit)
    return text.replace("-", "\u2212", 1) if value < 0 else text


def clean(text: str, longest: int | None = None) -> str:
    """Makes hidden characters visible, which XML cannot hold, and cuts the middle of long text."""
    safe = visible(text)
    return safe if longest is None else shortened(safe, longest)


def line(x1: float, y1: float, x2: float, y2: float, css: str, title: str = "") -> Shape:
    """Returns a straight line."""
    return Shape(
        "line",
        {"class": css, "x1": _at(x1), "y1": _at(y1), "x2": _at(x2), "y2": _at(y2)},
        title=title,
    )


def label(x: float, y: float, text: str, css: str = "", title: str = "") -> Shape:
    """Returns a text that begins at x, or ends there with "end", or has its "middle" there."""
    return Shape("text", {"class": css, "x": _at(x), "y": _at(y)}, clean(text), clean(title))


def rectangle(x: float, y: float, width: float, height: float, css: str, title: str = "") -> Shape:
    """Returns a filled rectangle."""
    size = {"width": _at(max(width, 0.0)), "height": _at(max(height, 0.0))}
    return Shape("rect", {"class": css, "x": _at(x), "y": _at(y), **size}, title=clean(title))


def path(points: Sequence[tuple[float, float]], css: str, *, closed: bool = False) -> Shape:
    """Returns a line through points, or the area that it surrounds."""
    steps = "L".join(f"{_at(x)} {_at(y)}" for x, y in points)
    return Shape("path", {"class": css, "d": f"M{steps}{'Z' if closed else ''}"})


def mark(x: float, y: float, status: str, title: str) -> Shape:
    """Returns the mark of a verdict: a filled disc, a cross, or a hollow ring.

    The shape tells what the colour does, for those who see none.
    """
    css = f"mark-{status}"
    if status == Status.FAIL.value:
        low_x, high_x = _at(x - _MARK), _at(x + _MARK)
        low_y, high_y = _at(y - _MARK), _at(y + _MARK)
        cross = f"M{low_x} {low_y}L{high_x} {high_y}M{low_x} {high_y}L{high_x} {low_y}"
        return Shape("path", {"class": css, "d": cross}, title=clean(title))
    disc = {"class": css, "cx": _at(x), "cy": _at(y), "r": _at(_MARK - 0.5)}
    return Shape("circle", disc, title=clean(title))


def runs(known: Sequence[bool]) -> list[tuple[int, int]]:
    """Returns the stretches without a gap, each as its first place and the one after its last.

    >>> runs([True, True, False, True])
    [(0, 2), (3, 4)]
    """
    edges = [
        i
        for i in range(len(known) + 1)
        if (known[i - 1] if i else False) != (known[i] if i < len(known) else False)
    ]
    return list(zip(edges[::2], edges[1::2], strict=True))


def finite(value: Any) -> float | None:
    """Returns a number that can be drawn, else None."""
    return float(value) if value is not None and math.isfinite(value) else None


def clipped(middle: list[float], ends: list[float]) -> list[float]:
    """Returns what an axis must hold: one very wide interval must not press the rest together."""
    if not middle:
        return ends
    low, high = min(middle), max(middle)
    room = max(high - low, 1e-9 * max(abs(low), abs(high)))
    usual = sorted(max(low - end, end - high, 0.0) for end in ends)
    room = max(room, 3 * usual[len(usual) // 2]) if usual else room
    return [*middle, *(min(max(end, low - room), high + room) for end in ends)]


def _at(coordinate: float) -> str:
    return f"{coordinate:.1f}".removesuffix(".0")

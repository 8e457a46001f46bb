"""The text form of a feature's path, by which TFDV names the domains that it makes.

Source: TFDV's anomalies/path.cc.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

_PLAIN = re.compile(r"\([^()]*\)|[^().']+")


def serialize(steps: Sequence[str]) -> str:
    """Returns a path as one text: its steps with dots between them.

    A step stands as it is if it has no dot, quote or parenthesis, or is one pair of parentheses.
    Any other stands in single quotes, with those inside it doubled.

    >>> serialize(["trip", "fare"]), serialize(["trip.fare"]), serialize(["driver's"])
    ('trip.fare', "'trip.fare'", "'driver''s'")
    """
    return ".".join(step if _PLAIN.fullmatch(step) else _quoted(step) for step in steps)


def _quoted(step: str) -> str:
    return "'" + step.replace("'", "''") + "'"

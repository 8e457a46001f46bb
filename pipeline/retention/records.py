"""Which records of the state stay: no lookup may find another record than before.

StateLookup takes the newest record, or the one of the nearest rows before those of a run, whatever
window that run is of. So a record goes only if everything of earlier rows goes too, or if a newer
record of the same rows stays. A lookup then finds what it would have found, or nothing at all: and
that it once would have found something is noted, see `state_removal`.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Collection, Sequence
from typing import Any

from skewgate.pipeline.limits import Retention
from skewgate.pipeline.retention.facts import References, StateRecord

WITHIN = "within the limits"
NAMED = "of a run that stays"
NEWEST = "the newest record"
LAST_ROWS = "of the last rows"
REFERRED = "a run or record that stays refers to it"
BETWEEN = "of later rows than a record that stays"


def is_within(rank: int, began: float, now: float, most: int | None, limits: Retention) -> bool:
    """Says whether what is the `rank`-th newest of its kind, from 0, is within the limits."""
    if most is not None and rank >= most:
        return False
    return limits.keep is None or now - began <= limits.keep.seconds


def reasons(
    found: Sequence[StateRecord],
    named: Collection[str],
    references: References,
    now: float,
    limits: Retention,
) -> dict[str, str]:
    """Returns why each record stays; "" if it goes.

    Args:
        found: the records that are believed, the newest first.
        named: records that runs which stay have left.
        references: what is referred to, in the folder of the records.
        now: seconds since 1970.
        limits: what pipeline.yaml says.
    """
    why = {}
    for rank, each in enumerate(found):
        why[each.name] = (
            (NAMED if each.name in named else "")
            or (NEWEST if rank == 0 else "")
            or (REFERRED if references.touch(each.name) else "")
            or (WITHIN if is_within(rank, each.written, now, limits.runs, limits) else "")
        )
    windowed = [each for each in found if each.rows.end is not None]
    orders: list[tuple[Sequence[StateRecord], Callable[[StateRecord], Any]]] = [
        (windowed, _window),
        (found, _span),
    ]
    for alike, key in orders:
        if alike:
            last = max(alike, key=key)  # of the same rows the newest, as it comes first
            why[last.name] = why[last.name] or LAST_ROWS
    while any(_fill(alike, key, why) for alike, key in orders):
        pass  # what one order keeps may be the first that stays in the other
    return why


def _fill(
    alike: Sequence[StateRecord], key: Callable[[StateRecord], Any], why: dict[str, str]
) -> bool:
    """Keeps what comes after the first that stays; says whether there was anything to keep."""
    staying = [key(each) for each in alike if why[each.name]]
    if not staying:
        return False
    first = min(staying)
    answered = set()
    filled = False
    for each in alike:  # the newest first: it is the one that is found of its rows
        rows = key(each)
        if rows not in answered and rows >= first and not why[each.name]:
            why[each.name] = BETWEEN
            filled = True
        answered.add(rows)
    return filled


def _window(record: StateRecord) -> tuple[datetime.datetime, datetime.datetime]:
    assert record.rows.end is not None
    assert record.rows.start is not None
    return record.rows.end, record.rows.start


def _span(record: StateRecord) -> int:
    return record.rows.span

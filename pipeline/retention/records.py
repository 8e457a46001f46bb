"""Which records of the state stay, and for which rows the state can answer no more.

StateLookup takes the newest record, or the one of the nearest rows before those of a run, whatever
window that run is of. So the newest record stays, and that of the last rows. That older ones are
gone is noted (see `state_removal`): a lookup for rows after theirs finds what it would have found,
or that the record was removed, and never another record in its place.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from skewgate.components.support.state_removal import Removed
from skewgate.pipeline.limits import Retention
from skewgate.pipeline.retention.facts import References, StateRecord

WITHIN = "within the limits"
NAMED = "belongs to a run that is kept"
NEWEST = "the newest record"
LAST_ROWS = "holds the last rows"
REFERRED = "a run or record that is kept refers to it"


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
    end = max((each.rows.end for each in found if each.rows.end is not None), default=None)
    by_span = max(found, key=_span, default=None)  # of the same span the newest, as it comes first
    seen = set()
    why = {}
    for rank, each in enumerate(found):
        last = each is by_span or (end is not None and each.rows.end == end)
        why[each.name] = (
            (NAMED if each.name in named else "")
            or (NEWEST if rank == 0 else "")
            or (REFERRED if references.touch(each.name) else "")
            or (WITHIN if is_within(rank, each.written, now, limits.runs, limits) else "")
            or (LAST_ROWS if last and each.rows not in seen else "")
        )
        seen.add(each.rows)
    return why


def removal(found: Sequence[StateRecord], why: Mapping[str, str]) -> Removed:
    """Returns for which rows the state can answer no more when records have gone.

    A record of which a newer one of the same rows stays is missed by nobody.

    Args:
        found: the records that are believed, the newest first.
        why: of each name, why it stays; "" if it goes.
    """
    windowed = [each for each in found if each.rows.end is not None]
    ends = [each.rows.end for each in _missed(windowed, why, _window) if each.rows.end is not None]
    spans = [each.rows.span for each in _missed(found, why, _span)]
    return Removed(
        first_end=min(ends, default=None),
        last_end=max(ends, default=None),
        first_span=min(spans, default=None),
        last_span=max(spans, default=None),
    )


def _missed(
    alike: Sequence[StateRecord], why: Mapping[str, str], rows: Callable[[StateRecord], Any]
) -> list[StateRecord]:
    """Returns the records that go and were the newest of their rows."""
    seen = set()
    missed = []
    for each in alike:
        if rows(each) not in seen and not why[each.name]:
            missed.append(each)
        seen.add(rows(each))
    return missed


def _window(record: StateRecord) -> tuple[datetime.datetime | None, datetime.datetime | None]:
    return record.rows.end, record.rows.start


def _span(record: StateRecord) -> int:
    return record.rows.span

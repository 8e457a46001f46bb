"""Chooses how rows are split: by time if they have one, else by a hash."""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Mapping

import numpy as np
import pyarrow as pa

from skewgate.core.distributions import Distribution, NumericDistribution
from skewgate.core.profile import Profile
from skewgate.core.time_values import DATE, TIMESTAMP
from skewgate.data.arrow import times
from skewgate.data.arrow.values import mask_array
from skewgate.data.ingest.splits import HashBuckets, TimeRanges
from skewgate.scaffold.columns import Column, Role, orders_rows

TRAIN, EVAL, SERVING = "train", "eval", "serving"
_SHARES = {TRAIN: 0.6, EVAL: 0.2, SERVING: 0.2}
_SHARES_WITH_SERVING = {TRAIN: 0.75, EVAL: 0.25}
_LEAST = 0.5
"""The least share of its rows that a split by time may have."""
_DAY = 86_400
_EPOCH = datetime.date(1970, 1, 1)


@dataclasses.dataclass(frozen=True)
class Splitting:
    """How rows are split.

    Attributes:
        splits: as a pipeline reads them.
        shares: of the rows that each split has.
        why: this way, as a sentence.
    """

    splits: TimeRanges | HashBuckets
    shares: dict[str, float]
    why: str

    def parts(self, rows: pa.RecordBatch, where: str) -> dict[str, pa.RecordBatch]:
        """Returns the rows of each split."""
        codes = self.splits.codes(rows, where)
        return {
            name: rows.filter(mask_array(codes == place))
            for place, name in enumerate(self.splits.names())
        }


def choose(
    columns: Mapping[str, Column],
    profile: Profile,
    rows: pa.RecordBatch,
    label: str,
    *,
    has_serving: bool,
) -> Splitting:
    """Returns how to split rows.

    Args:
        columns: of the data.
        profile: of all rows.
        rows: a sample of them.
        label: never splits.
        has_serving: whether serving data are given; without them a part is held out for
            monitoring.
    """
    shares = _SHARES_WITH_SERVING if has_serving else _SHARES
    found = profile.slices.get("", {})
    moments = [
        each.name
        for each in columns.values()
        if each.role is Role.TIME
        and each.name != label
        and orders_rows(each.name, found[each.name])
    ]
    for name in moments:
        splits = _by_time(rows, name, found[name], shares)
        if splits is not None:
            others = f" ({', '.join(moments)} are times, too)" if len(moments) > 1 else ""
            return Splitting(
                splits,
                shares,
                f"By {name}: a model has to work on rows later than those it learnt from{others}.",
            )
    why = "no column tells when each row was made"
    if moments:
        why = f"{' and '.join(moments)} hold too few days to cut them into parts"
    buckets = {name: round(share * 20) for name, share in shares.items()}
    return Splitting(
        HashBuckets(by="hash", buckets=buckets),
        shares,
        f"By a hash of the row, for {why}: equal rows land in the same split on every run.",
    )


def _by_time(
    rows: pa.RecordBatch, name: str, side: Distribution, shares: Mapping[str, float]
) -> TimeRanges | None:
    """Returns splits at midnights; None if some would be too small."""
    column = rows.column(rows.schema.get_field_index(name))
    if not times.is_moment(column.type):
        return None
    seconds = times.moments(column)
    days = np.floor(seconds[np.isfinite(seconds)] / _DAY).astype(np.int64)
    if not len(days):
        return None
    ordered = np.sort(days)
    ends = np.cumsum(list(shares.values()))[:-1]
    cuts = [int(ordered[min(int(end * len(ordered)), len(ordered) - 1)]) for end in ends]
    first, last = int(ordered[0]), int(ordered[-1])
    if isinstance(side, NumericDistribution) and side.logical in ("", DATE, TIMESTAMP):
        first = min(first, int(side.edges[0] // _DAY))  # a sample need not have it
        last = max(last, int(side.edges[-1] // _DAY))
    edges = [first, *cuts, last + 1]
    counts = np.diff(np.searchsorted(ordered, edges))
    if any(
        count < _LEAST * share * len(ordered)
        for count, share in zip(counts, shares.values(), strict=True)
    ):
        return None
    days_of = [_EPOCH + datetime.timedelta(days=edge) for edge in edges]
    ranges = {each: (days_of[at], days_of[at + 1]) for at, each in enumerate(shares)}
    return TimeRanges(by="time", column=name, ranges=ranges)

"""Rows of one side as they are stored on their way: fingerprint of the key, time, and the rest."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from skewgate.checks.labels.config import FIRST_SECOND, LAST_SECOND, LabelConfig
from skewgate.checks.labels.counts import LABELS, PREDICTIONS, LabelCounts
from skewgate.core.errors import InputError
from skewgate.data.arrow import columns as columns_lib
from skewgate.data.arrow.columns import ListValues, Mask, Places
from skewgate.data.arrow.row_keys import Groups, Keys, fingerprints
from skewgate.data.arrow.row_parts import RowPart
from skewgate.data.arrow.values import from_mask_array, mask_array, numbers, places_array
from skewgate.data.windows import zones

TIME, PLACE, RECORD, KEYED, OWN = "time", "place", "record", "keyed", "own"
"""Columns of a part. Those of the label features follow, with LABEL before their names."""
LABEL = "label:"
NO_TIME = np.iinfo(np.int64).min

_TYPES = {"int64": "int64", "float": "float", "double": "float", "large_binary": "bytes"}
_SPREAD = np.uint64(0x9E3779B97F4A7C15)


def prediction_part(
    records: Sequence[bytes], batch: pa.RecordBatch, first: int, config: LabelConfig, where: str
) -> tuple[RowPart, LabelCounts]:
    """Takes prediction rows.

    Args:
        records: the serialized rows.
        batch: the same rows, decoded.
        first: the place of the first row among all rows.
        config: names key, time and labels.
        where: the file, for messages.

    Returns:
        A part with a row for each record: its time (NO_TIME without one), place, the record,
        whether it has a key, and whether a feature of a name that is written may be there.

    Raises:
        InputError: the time is no time, or a key feature cannot be compared.
    """
    rows, counted = len(records), LabelCounts()
    needed = [*config.key, config.prediction_time]
    columns = _columns(batch, needed, counted.types[PREDICTIONS], where)
    keys, keyed = fingerprints(columns, config.key, rows)
    places = np.arange(first, first + rows, dtype=np.int64)
    # What has no key is joined with nothing: it goes wherever there is room.
    spread = Keys(
        np.where(keyed, keys.high, places.view(np.uint64) * _SPREAD),
        np.where(keyed, keys.low, np.uint64(0)),
    )
    times = _times(columns.get(config.prediction_time), rows, config, config.prediction_time, where)
    written = {*config.labels, config.windows.feature}
    own = not written.isdisjoint(batch.schema.names)
    counted.totals.predictions = rows
    counted.totals.predictions_without_key = int(np.count_nonzero(~keyed))
    counted.totals.predictions_without_time = int(np.count_nonzero(times == NO_TIME))
    counted.last_time = _latest(times)
    stored = {
        TIME: places_array(times),
        PLACE: places_array(places),
        RECORD: pa.array(records, pa.large_binary()),
        KEYED: mask_array(keyed),
        OWN: mask_array(np.full(rows, own)),
    }
    return RowPart(spread, np.ones(rows, np.int64), stored), counted


def label_part(
    batch: pa.RecordBatch, first: int, config: LabelConfig, where: str
) -> tuple[RowPart, LabelCounts]:
    """Takes label rows; those that no prediction can get are counted and left out.

    Args:
        batch: the rows, decoded.
        first: the place of the first row among all rows.
        config: names key, time and labels.
        where: the file, for messages.

    Returns:
        A part with time (0 where labels have none), place and labels of each row that is left.

    Raises:
        InputError: the time is no time, or a feature cannot be taken over.
    """
    rows, counted = batch.num_rows, LabelCounts()
    timed = config.label_time is not None
    needed = [*config.key, *config.labels, *([config.label_time] if config.label_time else [])]
    columns = _columns(batch, needed, counted.types[LABELS], where)
    keys, keyed = fingerprints(columns, config.key, rows)
    valued = np.ones(rows, bool)
    for name in config.labels:
        valued &= ListValues.of(columns.get(name, pa.nulls(rows))).lengths > 0
    times = np.zeros(rows, np.int64)
    if config.label_time is not None:
        times = _times(columns.get(config.label_time), rows, config, config.label_time, where)
        counted.last_time = _latest(times)
    left = np.ones(rows, bool)
    totals = counted.totals
    totals.labels = rows
    totals.labels_without_key, left = _leave_out(left, ~keyed)
    totals.labels_without_value, left = _leave_out(left, ~valued)
    totals.labels_without_time, left = _leave_out(left, times == NO_TIME)
    if config.as_of is not None and timed:
        totals.not_yet, left = _leave_out(left, times > config.as_of)
    taken = np.flatnonzero(left)
    where_taken = places_array(taken)
    stored = {TIME: places_array(times[taken]), PLACE: places_array(taken + first)}
    if len(taken):
        stored |= {LABEL + name: columns[name].take(where_taken) for name in config.labels}
    return RowPart(keys.take(taken), np.ones(len(taken), np.int64), stored), counted


def arrange(part: RowPart) -> RowPart:
    """Returns the rows in ascending order of fingerprint, equal ones in the order they had."""
    order = np.lexsort((part.keys.low, part.keys.high))
    return take(part, order)


def last_of_each(part: RowPart) -> RowPart:
    """Returns label rows by fingerprint, of those with the same key and time the last only.

    The last one stands for all of them in `counts`.
    """
    times, places = number_column(part, TIME), number_column(part, PLACE)
    part = take(part, np.lexsort((places, times, part.keys.low, part.keys.high)))
    times = number_column(part, TIME)
    last = np.ones(len(times), bool)
    keys = part.keys
    last[:-1] = (
        (keys.high[1:] != keys.high[:-1])
        | (keys.low[1:] != keys.low[:-1])
        | (times[1:] != times[:-1])
    )
    ends = np.flatnonzero(last)
    sums = np.diff(np.concatenate([[0], np.cumsum(part.counts)[ends]]))
    kept = take(part, ends)
    return RowPart(kept.keys, sums.astype(np.int64), kept.columns)


def take(part: RowPart, places: Places) -> RowPart:
    """Returns the rows at some places."""
    where = places_array(places)
    return RowPart(
        part.keys.take(places),
        part.counts[places],
        {name: array.take(where) for name, array in part.columns.items()},
    )


def number_column(part: RowPart, name: str) -> Places:
    """Returns a column of whole numbers; none of a part without rows."""
    if not len(part.keys):
        return np.empty(0, np.int64)
    found: Places = numbers(part.columns[name])
    return found


def mask_column(part: RowPart, name: str) -> Mask:
    """Returns a column of truth values; none of a part without rows."""
    if not len(part.keys):
        return np.zeros(0, bool)
    return from_mask_array(part.columns[name])


def groups_of(keys: Keys, others: Keys) -> tuple[Places, Places]:
    """Numbers two sets of fingerprints so that equal ones, and only these, have equal numbers.

    The numbers ascend with the fingerprints.
    """
    groups = Groups.of(
        Keys(np.concatenate([keys.high, others.high]), np.concatenate([keys.low, others.low]))
    )
    numbered = np.empty(len(groups.order), np.int64)
    numbered[groups.order] = np.repeat(np.arange(len(groups.sizes)), groups.sizes)
    return numbered[: len(keys)], numbered[len(keys) :]


def _columns(
    batch: pa.RecordBatch, names: Sequence[str], types: dict[str, frozenset[str]], where: str
) -> dict[str, pa.Array]:
    """Returns the columns of some names, and notes what types the columns have."""
    columns = {}
    for index, name in enumerate(batch.schema.names):
        types[name] = frozenset()
        if name not in names:
            continue
        array = columns_lib.simplify(batch.column(index), name)
        values = ListValues.of(array).flat
        if len(values):
            kind = values.type
            if str(kind) not in _TYPES:
                raise InputError(f"{where}: {name}", f"has the type {kind}", "write a tf.Example")
            types[name] = frozenset({_TYPES[str(kind)]})
        columns[name] = array
    return columns


def _times(array: pa.Array | None, rows: int, config: LabelConfig, name: str, where: str) -> Places:
    """Returns seconds since 1970 in UTC, NO_TIME where there is not exactly one value."""
    where = f"{where}: {name}"
    values = ListValues.of(pa.nulls(rows) if array is None else array)
    times = np.full(rows, NO_TIME)
    if not len(values.flat):
        return times
    if values.flat.type != pa.int64():
        found = _TYPES.get(str(values.flat.type), str(values.flat.type))
        raise InputError(
            where,
            f"must be whole seconds since 1970 (int64), found {found}",
            "write the time as whole seconds; a 32-bit float is a minute off",
        )
    flat: Places = numbers(values.flat)
    wrong = flat[(flat < FIRST_SECOND) | (flat > LAST_SECOND)]
    if len(wrong):
        raise InputError(
            where,
            f"must be seconds since 1970 in the years 1900 to 9999, found {int(wrong[0])}",
            "divide milliseconds by 1,000",
        )
    single = values.lengths == 1
    taken = flat[(np.cumsum(values.lengths) - values.lengths)[single]]
    windows = config.windows
    times[single] = zones.instants(taken, windows.zone) if windows.seconds == "clock" else taken
    return times


def _latest(times: Places) -> int | None:
    latest = int(np.max(times, initial=NO_TIME))
    return None if latest == NO_TIME else latest


def _leave_out(left: Mask, excluded: Mask) -> tuple[int, Mask]:
    return int(np.count_nonzero(left & excluded)), left & ~excluded

"""Joins of small tables in any number of parts, with pandas and plain loops as oracles."""

from __future__ import annotations

import collections

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skewgate.checks.labels.config import LabelConfig
from skewgate.checks.labels.counts import LabelCounts
from skewgate.checks.labels.joining import Joiner
from skewgate.checks.labels.rows import arrange, label_part, last_of_each, prediction_part
from skewgate.core.errors import InputError
from skewgate.data.arrow.row_parts import RowPart
from skewgate.data.tf_example import coder
from tests import tf_train

MARCH = 1_456_790_400
HOUR = 3_600


KINDS = (
    *("labels_without_key", "labels_without_time", "labels_without_value"),
    *("not_yet", "orphans", "used", "late", "duplicates"),
)


def config(**more):
    base = {
        "key": ["id"],
        "labels": ["tip"],
        "prediction_time": "start",
        "label_time": "at",
        "horizon": "5h",
        "windows": {"every": "2h", "length": "4h", "offset": "1h"},
    }
    return LabelConfig(**{**base, **more})


def example(row):
    message = tf_train.Example()
    for feature, value in row.items():
        if value is not None:
            message.features.feature[feature].int64_list.value.append(value)
    return message.SerializeToString()


def decode(record):
    features = tf_train.Example.FromString(record).features.feature
    return {
        name: [v.decode() for v in each.bytes_list.value] or each.int64_list.value[0]
        for name, each in features.items()
    }


def batch(records):
    return coder.decode_batch(records)


def pieces(rows, size):
    return [(first, rows[first : first + size]) for first in range(0, len(rows), size)]


def join(predictions, labels, rules, size=3, label_size=2):
    """Joins rows as a run does whose buffers hold a few of them."""
    counted = LabelCounts()
    stored = []
    for first, rows in pieces(labels, label_size):
        part, seen = label_part(batch([example(row) for row in rows]), first, rules, "labels")
        counted.merge(seen)
        stored.append(last_of_each(part))
    joiner = Joiner(RowPart.join(stored), rules)
    joined = []
    for first, rows in pieces(predictions, size):
        records = [example(row) for row in rows]
        part, seen = prediction_part(records, batch(records), first, rules, "predictions")
        counted.merge(seen)
        joined += joiner.join(arrange(part))
    counted.merge(joiner.close())
    return [decode(record) for record in joined], counted


def some(values):
    return st.one_of(st.none(), values)


predictions = st.lists(
    st.fixed_dictionaries(
        {"id": some(st.integers(0, 4)), "start": some(st.integers(0, 9)), "tip": st.none()}
    ),
    min_size=1,
    max_size=9,
)
labels = st.lists(
    st.fixed_dictionaries({"id": some(st.integers(1, 6)), "at": some(st.integers(0, 20))}),
    max_size=14,
)


def in_hours(rows, time):
    return [
        {**row, time: None if row[time] is None else MARCH + row[time] * HOUR, "n": number}
        for number, row in enumerate(rows)
    ]


def by_pandas(left, right, rules):
    """Returns for each prediction the tip it gets: of those in time the latest, then the last."""
    here = pd.DataFrame(left, columns=["id", "start", "n"]).astype(float).dropna()
    there = pd.DataFrame(right, columns=["id", "at", "tip"]).astype(float)
    there = there.rename_axis("place").reset_index()
    if rules.label_time:
        there = there.dropna()
        if rules.as_of is not None:
            there = there[there["at"] <= rules.as_of]
    else:
        there = there.dropna(subset=["id"]).assign(at=0)
    pairs = here.merge(there, on="id")
    if rules.label_time:
        pairs = pairs[pairs["at"] <= pairs["start"] + rules.horizon.seconds]
    last = pairs.sort_values(["at", "place"]).groupby("n").last()
    return {int(n): int(tip) for n, tip in last["tip"].items()}


def classes(left, right, rules, used):
    """Counts what becomes of each label row by the words of `Totals`."""
    found = collections.Counter()
    for row in right:
        starts = [
            each["start"] for each in left if each["id"] == row["id"] and each["start"] is not None
        ]
        if row["id"] is None:
            kind = "labels_without_key"
        elif rules.label_time and row["at"] is None:
            kind = "labels_without_time"
        elif rules.label_time and rules.as_of is not None and row["at"] > rules.as_of:
            kind = "not_yet"
        elif not starts:
            kind = "orphans"
        elif row["tip"] in used:
            kind = "used"
        elif rules.label_time and row["at"] > max(starts) + rules.horizon.seconds:
            kind = "late"
        else:
            kind = "duplicates"
        found[kind] += 1
    return dict(found)


@settings(max_examples=150, deadline=None)
@given(
    predictions,
    labels,
    st.booleans(),
    some(st.integers(0, 20)),
    st.integers(1, 9),
    st.integers(1, 14),
)
def test_any_tables_in_any_parts_are_joined_as_pandas_joins_them(
    left, right, timed, now, size, label_size
):
    rules = config(
        label_time="at" if timed else None, as_of=None if now is None else MARCH + now * HOUR
    )
    left, right = in_hours(left, "start"), in_hours(right, "at")
    right = [{**row, "tip": row.pop("n")} for row in right]
    wanted = by_pandas(left, right, rules)
    rows, counted = join(left, right, rules, size, label_size)
    assert [row["n"] for row in rows] == list(range(len(left)))
    assert {row["n"]: row["tip"] for row in rows if "tip" in row} == wanted
    for row, before in zip(rows, left, strict=True):
        kept = {feature: row[feature] for feature in row if feature not in ("tip", "window")}
        assert kept == {feature: value for feature, value in before.items() if value is not None}
    totals = counted.totals
    kinds = classes(left, right, rules, set(wanted.values()))
    counts = {kind: getattr(totals, kind) for kind in KINDS}
    assert {kind: count for kind, count in counts.items() if count} == kinds
    assert totals.labels == len(right)
    assert totals.joined == len(wanted)
    keys = [row["id"] for row in left if row["id"] is not None]
    assert totals.repeated_predictions == len(keys) - len(set(keys))
    assert totals.predictions_without_key == len(left) - len(keys)
    times = [row["start"] for row in left if row["start"] is not None]
    assert totals.predictions_without_time == len(left) - len(times)
    arrived = [row["at"] for row in right if timed and row["at"] is not None]
    assert counted.last_time == max([*times, *arrived], default=None)
    predicted, labelled = collections.Counter(), collections.Counter()
    for row in rows:
        assert len(row.get("window", [])) == (2 if "start" in row else 0)
        predicted.update(row.get("window", []))
        labelled.update(row["window"] if "tip" in row else [])
    found = {rules.windows.grid.name(start): each for start, each in counted.windows.items()}
    assert found == {window: (count, labelled[window]) for window, count in predicted.items()}


def test_labels_of_two_types_are_refused():
    whole = {"id": pa.array([1]), "at": pa.array([MARCH]), "tip": pa.array([3])}
    part = {**whole, "tip": pa.array([0.5], pa.float32())}
    parts = [
        label_part(pa.RecordBatch.from_arrays(list(c.values()), list(c)), 0, config(), "labels")[0]
        for c in (whole, part)
    ]
    with pytest.raises(InputError, match="tip: is float in some rows and int64 in others"):
        Joiner(RowPart.join(parts), config())


def test_a_time_of_several_values_is_none():
    rows = pa.array([[MARCH, MARCH + 1], [MARCH], []], pa.large_list(pa.int64()))
    given = pa.RecordBatch.from_arrays([pa.array([1, 2, 3]), rows], ["id", "start"])
    part, counted = prediction_part([b""] * 3, given, 7, config(), "predictions")
    assert counted.totals.predictions_without_time == 2
    assert part.columns["place"].to_pylist() == [7, 8, 9]
    assert counted.last_time == MARCH


def test_rows_without_a_key_are_spread_over_all_ranges():
    empty = pa.RecordBatch.from_arrays([pa.nulls(1_000), pa.nulls(1_000)], ["id", "start"])
    part, _ = prediction_part([b""] * 1_000, empty, 1 << 40, config(), "predictions")
    part = arrange(part)
    sizes = [len(part.between(number, 8).keys) for number in range(8)]
    assert sum(sizes) == 1_000
    assert min(sizes) > 60


def test_many_labels_of_one_key_and_time_are_one_row_that_stands_for_them():
    count = 500
    columns = [pa.array(np.full(count, 7)), pa.array(np.full(count, MARCH)), pa.array(range(count))]
    part, _ = label_part(
        pa.RecordBatch.from_arrays(columns, ["id", "at", "tip"]), 0, config(), "labels"
    )
    kept = last_of_each(part)
    assert kept.counts.tolist() == [500]
    assert kept.columns["label:tip"].to_pylist() == [499]
    assert last_of_each(RowPart.join([kept, kept])).counts.tolist() == [1_000]

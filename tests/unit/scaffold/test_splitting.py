"""Rows are split by time, or by a hash."""

import pytest

from skewgate.data.ingest.splits import HashBuckets, TimeRanges
from tests.unit.scaffold.conftest import trips, with_times


def test_rows_without_a_time_are_split_by_a_hash(planned):
    splits = planned(trips(), "tip").splitting.splits
    assert splits == HashBuckets(by="hash", buckets={"train": 12, "eval": 4, "serving": 4})


def test_rows_with_a_time_are_split_by_it_at_midnights(planned):
    chosen = planned(with_times(trips()), "tip").splitting
    assert isinstance(chosen.splits, TimeRanges)
    days = {name: [str(day) for day in ends] for name, ends in chosen.splits.ranges.items()}
    assert days == {
        "train": ["2016-01-01", "2016-01-11"],
        "eval": ["2016-01-11", "2016-01-14"],
        "serving": ["2016-01-14", "2016-01-18"],
    }
    assert chosen.why.startswith("By started: ")


def test_nothing_is_held_out_where_serving_data_are_given(planned):
    table = with_times(trips())
    chosen = planned(table, "tip", table.drop(["tip"])).splitting
    assert set(chosen.splits.names()) == {"train", "eval"}


@pytest.mark.parametrize("minutes", [1, 5])
def test_too_few_days_are_split_by_a_hash_and_it_is_said_why(planned, minutes):
    chosen = planned(with_times(trips(), minutes / 60), "tip").splitting
    assert isinstance(chosen.splits, HashBuckets)
    assert "started hold too few days" in chosen.why


def test_parts_hold_all_rows_about_as_planned(planned, look):
    table = with_times(trips())
    chosen = planned(table, "tip").splitting
    parts = chosen.parts(table.to_batches()[0], "trips")
    assert sum(part.num_rows for part in parts.values()) == len(table)
    for name, share in chosen.shares.items():
        assert parts[name].num_rows == pytest.approx(share * len(table), abs=25)

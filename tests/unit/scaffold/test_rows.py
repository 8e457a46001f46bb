"""Counts and samples of rows."""

import itertools

import pyarrow as pa

from skewgate.data.sources.reading_options import RECOGNISED
from skewgate.scaffold import rows
from tests.unit.scaffold.conftest import trips


def ignore(place, count):
    del place, count


def test_values_are_counted(save):
    found = rows.count(save(trips()), "paid", {}, RECOGNISED, ignore)
    assert set(found) == {"Card", "Cash"}
    assert sum(found.values()) == 400


def test_too_many_values_are_not_counted(save):
    table = pa.table({"fare": [number / 8 for number in range(rows.MOST_VALUES + 1)]})
    assert rows.count(save(table), "fare", {}, RECOGNISED, ignore) is None


def test_a_sample_is_spread_evenly(save):
    found, counts = rows.sample(save(trips()), "paid", {}, RECOGNISED, 100, ignore)
    assert sum(counts.values()) == 400
    trip = found.column(0).to_pylist()
    assert len(trip) == 100
    assert {after - before for before, after in itertools.pairwise(trip)} == {4}


def test_few_rows_are_all_in_the_sample(save):
    found, _ = rows.sample(save(trips()), "paid", {}, RECOGNISED, 1_000, ignore)
    assert found.num_rows == 400

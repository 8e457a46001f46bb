"""Some real data sets against themselves; tests/long has all that the packages bring along."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet
import pytest

from tests import real_data
from tests.real_data import THRESHOLDS
from tests.same_tables import compared

IRIS = real_data.root("sklearn") / "datasets" / "data" / "iris.csv"
needs_tfx = pytest.mark.needs("tfx")


@pytest.fixture(scope="module")
def trips():
    """Rows that tfx's wheel brings."""
    folder = real_data.root("tfx") / "components" / "testdata" / "external" / "parquet"
    return folder / "data.parquet"


def test_a_data_set_is_like_itself():
    assert_like_itself(IRIS)


@needs_tfx
def test_trips_are_like_themselves(trips):
    assert_like_itself(trips)


def assert_like_itself(path):
    results = compared(path, path)
    assert {each["status"] for each in results} <= {"pass", "inconclusive"}
    assert all(each["value"] == 0 for each in results)


@needs_tfx
def test_a_planted_change_is_found_where_brute_force_says_that_it_is_large(trips, tmp_path):
    table = pa.parquet.read_table(trips)
    fares = pc.multiply(table["fare"], 1.6)
    place = table.column_names.index("fare")
    changed = table.set_column(place, "fare", fares)
    pa.parquet.write_table(changed, tmp_path / "changed.parquet")
    results = compared(trips, tmp_path / "changed.parquet")
    failed = {(each["feature"], each["metric"]) for each in results if each["status"] == "fail"}
    assert failed == {("fare", "ks")}
    missing, moved = real_data.distances(table["fare"], fares)
    assert missing.value == 0
    assert moved.value > THRESHOLDS["ks"] + moved.slack
    [found] = (
        each["value"] for each in results if (each["feature"], each["metric"]) == ("fare", "ks")
    )
    assert found == pytest.approx(moved.value)


def test_brute_force_knows_distances_worked_out_by_hand():
    one, other = pa.chunked_array([[1, 2, 3, 4, None]]), pa.chunked_array([[3, 4, 5, 6, 7]])
    found = {each.metric: each.value for each in real_data.distances(one, other)}
    assert found == {"missing_rate": pytest.approx(0.2), "ks": pytest.approx(0.6)}
    texts = pa.chunked_array([["a", "b"] * 50]), pa.chunked_array([["a"] * 80 + ["b"] * 20])
    [_, psi] = real_data.distances(*texts)
    expected = 0.3 * np.log(0.805 / 0.505) - 0.3 * np.log(0.205 / 0.505)
    assert psi.value == pytest.approx(expected - 0.02)

"""Any table compared with itself in another form is never said to have changed."""

from __future__ import annotations

import pathlib
import tempfile

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests import same_tables
from tests.same_tables import FORMS, check_same, tables

OWN = ["32 bits", "pandas parquet", "csv", "pandas csv", "json", "records", "statistics"]
"""Forms that need nothing else; tests/long has all, in every pair."""


def test_the_forms_are_known():
    assert set(OWN) < set(FORMS)


@pytest.mark.parametrize("form", OWN)
@settings(max_examples=4, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_a_table_is_the_same_in_any_form(form, data):
    same = data.draw(tables(most=3).filter(FORMS[form].holds))
    with tempfile.TemporaryDirectory() as folder:
        check_same(same, "parquet", form, pathlib.Path(folder))


def test_a_change_of_one_column_is_found_by_the_same_comparison(tmp_path):
    same = same_tables.SameTable(
        same_tables.pa.table({"x": [0.1, 0.3] * 1_250, "y": ["a", "b"] * 1_250}),
        {"x": "float64", "y": "text"},
    )
    moved = same_tables.pa.table({"x": [0.1, 0.3] * 1_250, "y": ["a", "c"] * 1_250})
    changed = same_tables.SameTable(moved, same.kinds)
    paths = [same_tables.write(same, "parquet", tmp_path)]
    paths.append(same_tables.write(changed, "csv", tmp_path))
    failed = {each["feature"] for each in same_tables.compared(*paths) if each["status"] == "fail"}
    assert failed == {"y"}

"""Any table compared with itself, in every pair of forms; see tests/same_tables.py."""

from __future__ import annotations

import itertools
import pathlib
import tempfile

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.same_tables import FORMS, KINDS, check_same, tables

PAIRS = [pytest.param(*pair, id=" - ".join(pair)) for pair in itertools.permutations(FORMS, 2)]


@pytest.mark.parametrize(("one", "other"), PAIRS)
@settings(
    max_examples=5,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
@given(data=st.data())
def test_a_table_is_the_same_in_every_pair_of_forms(one, other, data):
    holding = tables().filter(FORMS[one].holds).filter(FORMS[other].holds)
    same = data.draw(holding)
    with tempfile.TemporaryDirectory() as folder:
        check_same(same, one, other, pathlib.Path(folder))


def test_every_kind_of_column_can_be_held_by_some_form_beside_parquet():
    others = [form for form in FORMS.values() if form.ending != "parquet"]
    assert {kind for form in others for kind in KINDS if kind not in form.without} == set(KINDS)

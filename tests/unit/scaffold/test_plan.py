"""What is planned of data as a whole."""

import pytest

from skewgate.core.errors import InputError
from tests.unit.scaffold.conftest import trips


def test_a_model_learns_from_what_is_no_label_no_index_and_no_constant(planned):
    plan = planned(trips(), "tip")
    assert list(plan.features) == ["fare", "shared", "paid"]
    assert plan.name == "trips-tip"
    assert plan.rows_of("train") == 240


def test_serving_data_tell_the_label(planned):
    table = trips()
    plan = planned(table, None, table.drop(["tip"])[:90])
    assert (plan.label.name, plan.serving_has_labels) == ("tip", False)
    assert plan.rows_of("serving") == 90


def test_data_with_nothing_to_learn_from_are_refused(planned):
    table = trips().select(["city", "tip"])
    with pytest.raises(InputError, match="has no column to learn tip from"):
        planned(table, "tip")

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skewgate.core.slices import columns_of, key_of, key_of_name, names_of, only_name, values_of

TEXT = st.text(st.sampled_from("ab_=&?%'\n é1"), max_size=5)
VALUES = st.dictionaries(TEXT, TEXT, min_size=1, max_size=3)


@given(values=VALUES)
def test_a_key_tells_the_columns_and_values_that_made_it(values):
    assert values_of(key_of(values)) == values
    assert columns_of(key_of(values)) == tuple(sorted(values))
    assert only_name(key_of(values)) is None


@given(name=TEXT)
def test_a_name_without_columns_is_kept_as_it_is(name):
    key = key_of_name(name)
    assert only_name(key) == (name or None)
    assert values_of(key) == {}


@given(made=st.lists(VALUES, max_size=6), names=st.lists(TEXT, max_size=3))
def test_every_key_has_a_name_of_its_own_in_any_order(made, names):
    keys = {"", *map(key_of, made), *map(key_of_name, names)}
    found = names_of(keys)
    assert found.keys() == keys
    assert len(set(found.values())) == len(keys)
    assert names_of(sorted(keys, reverse=True)) == found


@pytest.mark.parametrize(
    ("values", "name"),
    [
        (
            {"paid_by": "Credit Card", "company": "Blue"},
            "company_Blue_paid_by_Credit Card",
        ),
        ({"company": ""}, "company_"),
        ({"company": "_"}, "company__"),
        ({"company": b"\xff"}, "company_\\xff"),
    ],
)
def test_names_are_those_of_tfdv(values, name):
    assert names_of([key_of(values)])[key_of(values)] == name


def test_bytes_and_the_text_that_shows_them_are_two_values():
    keys = [key_of({"a": b"\xff"}), key_of({"a": "\\xff"})]
    assert len(set(names_of(keys).values())) == 2

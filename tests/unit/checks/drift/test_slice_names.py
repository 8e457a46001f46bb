"""Names of TFDV are taken apart as trying every way does, in time that does not explode."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skewgate.checks.drift.slice_names import readings
from skewgate.core.distributions import CategoricalDistribution
from skewgate.core.slices import key_of

COLUMNS = ("a", "b", "c")


def feature(*values, other=0.0):
    return CategoricalDistribution(dict.fromkeys(values, 1.0), other, len(values) or 1)


def every_way(name, columns):
    """Yields every way to cut a name, by trying all places."""
    if not name.startswith(f"{columns[0]}_"):
        return
    rest = name[len(columns[0]) + 1 :]
    marks = [f"_{column}_" for column in columns[1:]]
    places = [[at for at in range(len(rest)) if rest.startswith(mark, at)] for mark in marks]
    for cuts in itertools.product(*places):
        starts = [0, *(at + len(mark) for at, mark in zip(cuts, marks, strict=True))]
        ends = [*cuts, len(rest)]
        if all(start <= end for start, end in zip(starts, ends, strict=True)):
            yield [rest[start:end] for start, end in zip(starts, ends, strict=True)]


def test_a_name_of_one_reading_gives_its_key():
    assert readings("a_1_b_x", [["b", "a"]], {}) == [key_of({"a": "1", "b": "x"})]
    assert readings("a_1_b_x", [["c"]], {}) == []


def test_a_reading_whose_values_occur_is_the_one_that_counts():
    known = {"a": feature("1"), "b": feature("2_b_3")}
    assert readings("a_1_b_2_b_3", [["a", "b"]], known) == [key_of({"a": "1", "b": "2_b_3"})]


def test_a_feature_with_a_longer_name_may_have_made_it_too():
    features = {"a": feature(other=1.0), "a_1" + "_x" * 70: feature("2")}
    name = "a_1" + "_x" * 70 + "_2"
    assert readings(name, [["a"]], features) == [key_of({"a_1" + "_x" * 70: "2"})]


def test_of_many_readings_there_are_two():
    name = "a_1" + "_b_1_c_1" * 8
    found = readings(name, [COLUMNS], {})
    assert len(found) == 2


@given(
    parts=st.lists(st.sampled_from(["a", "b", "c", "1", "_", "x", ""]), max_size=9),
    known=st.lists(st.sampled_from(["1", "x", "1_b_1", "b", ""]), max_size=3),
    other=st.sampled_from([0.0, 5.0]),
)
def test_it_finds_what_trying_every_way_does(parts, known, other):
    name = "a_" + "_".join(parts)
    features = {column: feature(*known, other=other) for column in COLUMNS}
    for columns in (COLUMNS, COLUMNS[:2], COLUMNS[:1]):
        ways = [dict(zip(columns, way, strict=True)) for way in every_way(name, columns)]
        sure = [way for way in ways if all(value in known for value in way.values())]
        expected = {key_of(way) for way in sure or (ways if other else [])}
        features_of_others = {key: side for key, side in features.items() if key in columns}
        found = [
            key
            for key in readings(name, [columns], features_of_others)
            if key.count("=") == len(columns)
        ]
        if len(columns) > 1 and readings(name, [("a",)], features_of_others):
            continue  # the first column alone may have made the name, and is surer
        assert set(found) <= expected
        assert len(found) == min(len(expected), 2)


@pytest.mark.parametrize("times", [70, 20_000])
def test_names_with_any_number_of_readings_are_read(times):
    # Trying every way would take days.
    name = "a_1" + "_b_1_c_1_d_1_e_1" * times
    assert len(readings(name, [["a", "b", "c", "d", "e"]], {})) == 2
    assert readings(name, [["a", "x"]], {}) == []

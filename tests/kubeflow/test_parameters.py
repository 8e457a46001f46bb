"""Runtime parameters: names and values that a run may give."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skewgate.core.errors import InputError
from skewgate.kubeflow import parameters
from skewgate.kubeflow.parameters import Parameter

KNOWN = (
    Parameter("data", "STRING", "/data"),
    Parameter("steps", "NUMBER_INTEGER"),
    Parameter("rate", "NUMBER_DOUBLE", 0.5),
    Parameter("fast", "BOOLEAN"),
)


def test_only_the_first_sign_separates_name_and_value():
    found = parameters.parse_assignments(["text=a=b", "empty="])
    assert found == {"text": "a=b", "empty": ""}


@pytest.mark.parametrize("texts", [["data"], ["=x"], ["a=1", "a=2"]])
def test_what_is_no_assignment_is_refused(texts):
    with pytest.raises(InputError, match="--parameter"):
        parameters.parse_assignments(texts)


def test_values_are_given_or_by_default():
    found = parameters.resolve(KNOWN, {"steps": "300", "fast": "true"})
    assert found == {"data": "/data", "steps": 300, "rate": 0.5, "fast": True}


def test_an_unknown_name_is_refused_with_the_known_ones():
    with pytest.raises(
        InputError, match="parameter dta: is not known; the pipeline has data, fast"
    ):
        parameters.resolve(KNOWN, {"dta": "x"})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("steps", "many"),
        ("steps", "1.5"),
        ("steps", "true"),
        ("rate", "NaN"),
        ("rate", "Infinity"),
        ("fast", "1"),
        ("fast", "yes"),
        ("data", 7),
        ("data", "fa\udcffre"),  # a byte of the command line that is no UTF-8
    ],
)
def test_a_value_that_does_not_fit_is_refused(name, value):
    with pytest.raises(InputError, match=f"parameter {name}: must be "):
        parameters.resolve(KNOWN, {name: value})


def test_text_that_looks_like_a_number_stays_text():
    assert parameters.resolve(KNOWN, {"data": "2020"})["data"] == "2020"


@given(st.integers(-(10**15), 10**15))
def test_whole_numbers_come_back(value):
    found = parameters.convert(KNOWN[1], str(value))
    assert (found, type(found)) == (value, int)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_numbers_come_back(value):
    assert parameters.convert(KNOWN[2], repr(value)) == value

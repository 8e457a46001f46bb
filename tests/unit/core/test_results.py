import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skewgate.core.results import above_chance, with_chance

SIZES = st.floats(0, 1e300)


@pytest.mark.parametrize(
    ("value", "null_value", "plain", "root"),
    [
        (0.5, 0.3, 0.2, 0.4),
        (0.3, 0.5, -0.2, -0.4),
        (0.3, 0.3, 0.0, 0.0),
        (0.3, 0.0, 0.3, 0.3),
        (math.inf, 0.3, math.inf, math.inf),
    ],
)
def test_chance_is_taken_off_the_value_or_its_square(value, null_value, plain, root):
    assert above_chance(value, null_value, in_quadrature=False) == pytest.approx(plain)
    assert above_chance(value, null_value, in_quadrature=True) == pytest.approx(root)


@pytest.mark.parametrize("in_quadrature", [False, True])
def test_what_is_unknown_stays_unknown(in_quadrature):
    assert math.isnan(above_chance(math.nan, 0.3, in_quadrature=in_quadrature))
    assert math.isnan(above_chance(math.inf, math.inf, in_quadrature=in_quadrature))


@given(value=SIZES, null_value=SIZES, in_quadrature=st.booleans())
def test_adding_chance_again_gives_the_value(value, null_value, in_quadrature):
    above = above_chance(value, null_value, in_quadrature=in_quadrature)
    largest = max(value, null_value)
    if above >= 0:
        again = with_chance(above, null_value, in_quadrature=in_quadrature)
        assert again == pytest.approx(value, rel=1e-6, abs=1e-9 * largest)


@given(first=SIZES, second=SIZES, null_value=SIZES, in_quadrature=st.booleans())
def test_a_larger_value_is_farther_above_chance(first, second, null_value, in_quadrature):
    low, high = sorted((first, second))
    assert above_chance(low, null_value, in_quadrature=in_quadrature) <= above_chance(
        high, null_value, in_quadrature=in_quadrature
    )

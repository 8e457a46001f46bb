import pytest
from hypothesis import given
from hypothesis import strategies as st

from skewgate.simulation.kinds.onset import Onset

WINDOWS = range(1, 11)


def acting(onset):
    return [window for window in WINDOWS if onset.level(window) > 0]


def test_abrupt_is_at_full_size_at_once_and_until_the_last_window():
    assert [Onset(first=4, last=6).level(window) for window in WINDOWS] == [
        *[0, 0, 0],
        *[1, 1, 1],
        *[0, 0, 0, 0],
    ]


def test_gradual_grows_in_equal_steps_and_stays():
    ramp = Onset(shape="gradual", first=2, over=5, last=8)
    expected = [0, 0.2, 0.4, 0.6, 0.8, 1, 1, 1, 0, 0]
    assert [ramp.level(window) for window in WINDOWS] == pytest.approx(expected)


def test_recurring_comes_and_goes():
    assert acting(Onset(shape="recurring", first=2, period=4, length=1)) == [2, 6, 10]
    assert acting(Onset(shape="recurring", first=3, period=3)) == [3, 4, 6, 7, 9, 10]
    assert acting(Onset(shape="recurring", period=2, last=4)) == [1, 3]


@given(first=st.integers(1, 20), over=st.integers(2, 20))
def test_a_ramp_never_falls_and_reaches_one(first, over):
    levels = [Onset(shape="gradual", first=first, over=over).level(w) for w in range(1, 45)]
    assert levels == sorted(levels)
    assert levels[first - 1 + over - 1] == 1
    assert all(level < 1 for level in levels[: first + over - 2])

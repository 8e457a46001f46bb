from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skewgate.core.errors import InputError
from skewgate.data.windows import durations
from skewgate.data.windows.durations import Duration


@pytest.mark.parametrize(
    ("text", "months", "seconds"),
    [
        ("15m", 0, 900),
        ("6h", 0, 21_600),
        ("1d", 0, 86_400),
        ("2w", 0, 1_209_600),
        ("1mo", 1, 0),
        ("0h", 0, 0),
        ("-90m", 0, -5_400),
        ("-2mo", -2, 0),
        ("5256000m", 0, 315_360_000),
    ],
)
def test_a_duration_is_a_whole_number_of_one_unit(text, months, seconds):
    found = durations.parse(text)
    assert (found.months, found.seconds) == (months, seconds)
    assert str(found) == text


@given(st.integers(-120, 120), st.sampled_from(["m", "h", "d", "w", "mo"]))
def test_what_is_written_is_read_back(count, unit):
    duration = Duration(count, unit)
    assert durations.parse(str(duration)) == duration


@pytest.mark.parametrize(
    "text",
    ["", "1", "d", "-d", "01d", "+1d", "1.5h", "1y", "1d ", "1 d", "1D", "1h30m", "1mon", 1, None],
)
def test_what_is_no_duration_is_refused(text):
    with pytest.raises(InputError) as error:
        durations.parse(text, "--every")
    assert str(error.value) == (
        "--every: must be a whole number with m, h, d, w or mo for minutes, hours, days, weeks or "
        f"months, got {text!r}. Fix: write it as 15m, 6h, 1d, 2w or 1mo."
    )


@pytest.mark.parametrize("text", ["3661d", "121mo", "-523w", "9999999m"])
def test_no_duration_is_longer_than_ten_years(text):
    with pytest.raises(InputError, match=f"at most ten years, 3660d or 120mo, got '{text}'"):
        durations.parse(text)

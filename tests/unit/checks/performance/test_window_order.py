"""The order of windows: by their starts, by number, by time, or refused."""

import random

import pytest

from skewgate.checks.performance.window_order import in_order
from skewgate.core.errors import InputError
from skewgate.data.windows.durations import parse
from skewgate.data.windows.grids import Grid


@pytest.mark.parametrize(
    "names",
    [
        ["1", "2", "10", "11"],
        ["-2", "-1", "0", "3"],
        ["0.5", "2.25", "10.0"],
        ["9007199254740992", "9007199254740993"],
        ["20160229", "20160301", "20170101"],
        ["2016-02-29", "2016-03-01", "2017-01-01"],
        ["2016-03-01T23:00Z", "2016-03-02T00:00Z"],
        ["2026-10-25T02:00+02:00", "2026-10-25T02:00+01:00", "2026-10-25T03:00+01:00"],
        ["2016-9", "2016-10", "2017-1"],
        ["2016-W9", "2016-W10"],
        ["week 9", "week 10", "week 11"],
        ["2016q4", "2017q1"],
        ["2016/9", "2016/10", "2017/1"],
        ["2016/9/15", "2016/10/2", "2017/1/1"],
        ["q1 2016", "q2 2016", "q10 2016"],
        ["1.5", "2", "10.25"],
        ["model v1.9", "model v1.10"],
        ["only one, without a number"],
    ],
    ids=lambda names: names[0],
)
def test_names_are_put_in_the_order_of_time(names):
    mixed = random.Random(3).sample(names, len(names))
    assert in_order(mixed, {}) == names


@pytest.mark.parametrize("every", ["15m", "6h", "1d", "2w", "1mo"])
@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin", "America/Chicago"])
def test_windows_of_the_label_joiner_are_in_order_without_its_report(every, zone):
    grid = Grid(parse(every), zone=zone)
    starts = sorted(set(grid.starts(grid.numbers(range(1_792_000_000, 1_794_000_000, 900)))))
    names = [grid.name(int(start)) for start in starts]
    assert in_order(reversed(names), {}) == names


def test_windows_that_start_together_have_no_order():
    with pytest.raises(InputError, match=r"calls windows 'a' and 'b', which are the same time"):
        in_order(["a", "b", "c"], {"a": 1.0, "b": 1.0, "c": 2.0})


def test_starts_count_before_names_if_all_are_known():
    assert in_order(["b", "a"], {"a": 5.0, "b": 3.0, "c": 1.0}) == ["b", "a"]
    assert in_order(["2", "10"], {"10": 3.0}) == ["2", "10"]


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["spring", "summer"], "calls windows 'spring', 'summer', whose order"),
        (["1", "new"], "calls windows '1', 'new', whose order"),
        (["2016-03-01", "2016-03-02T00:00Z"], "whose order in time is unclear"),
        (["week 1", "day 2"], "whose order in time is unclear"),
        (["01", "1", "2"], "calls windows '01' and '1', which are the same time"),
        (["2016-03-01T01:00+01:00", "2016-03-01T00:00+00:00"], "which are the same time"),
        (["nan", "1"], "whose order in time is unclear"),
        (["2016.9", "2016.10"], "calls windows '2016.10', '2016.9', whose order"),
        (["q4 2016", "q1 2017"], "calls windows 'q1 2017', 'q4 2016', whose order"),
        (["15-01-2016", "01-02-2016"], "whose order in time is unclear"),
        (["01/15/16", "02/01/16"], "whose order in time is unclear"),
        (["15/01", "01/02"], "whose order in time is unclear"),
        (["Jan 2016", "Feb 2016"], "whose order in time is unclear"),
    ],
    ids=str,
)
def test_names_without_an_order_are_refused(names, message):
    with pytest.raises(InputError, match=message):
        in_order(names, {})

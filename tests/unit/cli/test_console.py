import io

import pytest

from skewgate.cli.console import Reading, has_colours


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_a_line_for_what_was_read():
    out = io.StringIO()
    reading = Reading(out)
    reading.expect({"a.csv": None, "b.csv": 10})
    for place, rows in (("a.csv", 700), ("b.csv", 10), ("a.csv", 600)):
        reading(place, rows)
    reading.done()
    assert out.getvalue().startswith("read a.csv (1,300 rows) and b.csv (10 rows) in ")
    assert out.getvalue().count("\n") == 1


def test_rows_that_are_read_again_count_once():
    out = io.StringIO()
    reading = Reading(out)
    reading.expect({"a.csv": None})
    for rows in (700, -700, 700, 5):
        reading("a.csv", rows)
    reading.done()
    assert "a.csv (705 rows)" in out.getvalue()


def test_a_terminal_sees_how_far_it_is(monkeypatch):
    out = Terminal()
    reading = Reading(out)
    reading.expect({"a.csv": None, "b.parquet": 400})
    reading._told = float("-inf")
    reading("b.parquet", 100)
    assert "\ra.csv 0 rows, b.parquet 25%" in out.getvalue()


def test_quiet_prints_nothing():
    for out in (io.StringIO(), Terminal()):
        reading = Reading(out, quiet=True)
        reading.expect({"a.csv": 10})
        reading._told = float("-inf")
        reading("a.csv", 10)
        reading.again({"fare"}, {"a.csv": 10})
        reading("a.csv", 10)
        reading.done()
        assert out.getvalue() == ""


def test_a_second_reading_says_why_and_of_what():
    out = io.StringIO()
    reading = Reading(out)
    reading.expect({"a.csv": 10})
    reading("a.csv", 10)
    reading.again({"f", "e", "d", "c", "b", "a"}, {"a.csv": 10})
    reading("a.csv", 10)
    reading.done()
    first, second, third = out.getvalue().splitlines()
    assert first.startswith("read a.csv (10 rows)")
    assert second == ("reading a, b, c, d, e, ... again: one pass could not settle a threshold")
    assert third.startswith("read a.csv (10 rows)")


def test_nothing_read_is_nothing_told():
    out = io.StringIO()
    reading = Reading(out)
    reading.expect({"a.pb": 0})
    reading.done()
    assert out.getvalue() == ""


@pytest.mark.parametrize(
    ("settings", "expected"),
    [({}, True), ({"NO_COLOR": "1"}, False), ({"NO_COLOR": ""}, True), ({"TERM": "dumb"}, False)],
    ids=str,
)
def test_colours_are_for_terminals_whose_user_wants_them(monkeypatch, settings, expected):
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    assert has_colours(Terminal()) is expected
    assert not has_colours(io.StringIO())

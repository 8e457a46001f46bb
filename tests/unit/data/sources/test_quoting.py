from unittest import mock

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skewgate.data.sources import quoting

ROWS = st.lists(
    st.lists(st.text('ab,"\n\r é', max_size=4), min_size=2, max_size=3), min_size=1, max_size=6
)


def written(rows, end, everything):
    def cell(text):
        quoted = everything or any(mark in text for mark in ',"\n\r')
        return '"' + text.replace('"', '""') + '"' if quoted else text

    return "".join(",".join(cell(text) for text in row) + end for row in rows).encode()


@given(ROWS, st.sampled_from(["\n", "\r\n", "\r"]), st.booleans())
def test_rows_and_cells_are_those_that_were_written(rows, end, everything):
    data = written(rows, end, everything)
    spans = quoting.rows(data)
    assert all(sound for _, _, sound in spans)
    texts = [data[start:stop].removesuffix(end.encode()) for start, stop, _ in spans]
    assert [[cell.decode() for cell in quoting.cells(text)] for text in texts] == rows
    assert quoting.row_starts(data).tolist() == [start for start, _, _ in spans]
    lines = [data[:start].replace(b"\r\n", b"\n").replace(b"\r", b"\n") for start, _, _ in spans]
    starts = np.array([start for start, _, _ in spans])
    assert quoting.line_numbers(data, starts).tolist() == [text.count(b"\n") for text in lines]


@given(ROWS, st.sampled_from(["\n", "\r\n", "\r"]), st.booleans(), st.integers(0, 40))
def test_what_is_whole_ends_with_a_row_wherever_a_block_ends(rows, end, everything, kept):
    data = written(rows, end, everything)
    whole = quoting.whole_rows(data[:kept])
    ends = {0, *(stop for _, stop, _ in quoting.rows(data))}
    assert whole in ends or whole + 1 in ends  # blank lines aside, \r of \r\n
    assert whole <= kept


@pytest.mark.parametrize(
    ("data", "sound"),
    [
        (b'"a","b"\n', [True]),
        (b'a"b,c\n', [True]),
        (b'a,b"\n', [True]),
        (b'"a"x,b\n', [False]),
        (b'a,"b\nc,d\n', [False, True]),
        (b'a,"b\nc,"d"\n', [False, True]),
        (b'a,"b""\n\n', [False]),
        (b'a,""\r\n', [True]),
        (b'a,b\r"', [True, False]),
    ],
)
def test_a_row_whose_quotes_are_not_sound_ends_at_its_line(data, sound):
    assert [each for _, _, each in quoting.rows(data)] == sound
    assert (quoting.cells(data.split(b"\n")[0]) is not None) == sound[0] or b"\r" in data


@pytest.mark.parametrize(
    ("data", "whole"),
    [
        (b"", 0),
        (b"a,b", 0),
        (b"a,b\nc", 4),
        (b"a,b\r", 0),  # half of a line end, perhaps
        (b"a,b\rc,d\r", 4),
        (b'a,"b\nc', 0),
        (b'1\na,"b\nc', 2),
        (b'"a"x\n"b', 5),
    ],
)
def test_a_row_that_may_go_on_is_not_whole(data, whole):
    assert quoting.whole_rows(data) == whole


@given(ROWS, st.sampled_from(["\n", "\r\n", "\r"]), st.booleans(), st.integers(0, 2))
def test_long_rows_of_many_cells_are_found(rows, end, everything, place):
    rows.insert(min(place, len(rows)), ["x\n" if everything else "x"] * 9)
    data = written(rows, end, everything)
    places, _ = quoting.quotes(data)
    with mock.patch.multiple(quoting, _LONG=8, SURPLUS=5):
        assert quoting.has_wide_rows(data, places, 3)
        assert not quoting.has_wide_rows(data, places, 4)


@pytest.mark.parametrize(
    "data",
    [
        b'a,"b,c",d\n1,2\n',
        b'"a""b",x\r\n\n"c\nd",2\ny\n',
        b'a,"b"c,d\n1,"2\n',
        b'"a",\n,"b"\n"',
        b'x,y"z,"w"\n',
    ],
)
def test_rows_of_any_length_end_alike(data, monkeypatch):
    short = quoting.rows(data)
    monkeypatch.setattr(quoting, "_LONGEST_MATCHED", 0)
    assert quoting.rows(data) == short


def test_cells_of_a_wide_row_are_counted_without_those_in_quotes():
    assert quoting.wide_cells(b'"a,b",' * 2_000 + b"\r\n", 10) == 2_001
    assert quoting.wide_cells(b'"' + b"," * 2_000 + b'"\n', 10) == 0

import json

import pytest

from skewgate.core.errors import InputError
from skewgate.data.arrow.own_keys import KeyWatch
from skewgate.data.sources import json_keys


def pieces(lines, end=b"\n", most=65_536):
    data = end.join(lines) + end
    watch = KeyWatch("rows.jsonl", json_keys.of_line)
    found = list(json_keys.cut(data, 11, most, watch))
    assert b"".join(piece for _, piece in found) == data
    return found


def own(number):
    return [b'{"k%d": 1}' % at for at in range(number)]


def test_keys_are_those_of_objects_at_any_depth_by_their_way():
    assert set(json_keys.of_line(b'{"a": {"b": [{"c": 1}, [{"d": 2}]]}, "b": 1}')) == {
        ".a",
        ".b",
        ".a.b",
        ".a.b.c",
        ".a.b.d",
    }


@pytest.mark.parametrize("line", [b"", b"1", b"[1]", b"{", b'{"a":' * 10_000, b"\xff"])
def test_what_is_no_object_has_no_keys(line):
    assert not json_keys.of_line(line)


def test_lines_of_one_kind_are_cut_at_the_largest_number_of_lines():
    rows = [json.dumps({f"k{at}": at for at in range(20)}).encode()] * 5_000
    assert [line for line, _ in pieces(rows)] == [11]
    assert [line for line, _ in pieces(rows, most=2_000)] == [11, 2_011, 4_011]


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
def test_lines_with_keys_of_their_own_are_cut_into_pieces_whatever_ends_them(end):
    assert [line for line, _ in pieces(own(5_000), end)] == [11, 3_366]


@pytest.mark.parametrize(
    "lines",
    [
        own(20_000),
        [b'{"a": {"b": {"k%d": 1}}}' % at for at in range(20_000)],
        [b'{"a": [' + b",".join(own(20_000)) + b"]}"],
        [b"{" + b",".join(b'"k%d": 1' % at for at in range(5_000)) + b"}", *[b"{}"] * 60_000],
    ],
    ids=["rows", "objects in them", "a list of objects", "one wide row among many"],
)
def test_keys_that_few_rows_share_are_refused_wherever_they_stand(lines):
    with pytest.raises(InputError, match=r"rows\.jsonl: lines 11 to \d+: hold .* different keys"):
        pieces(lines)


def test_a_line_of_very_many_keys_is_refused():
    line = b"{" + b",".join(b'"k%d": 1' % at for at in range(100_001)) + b"}"
    with pytest.raises(InputError, match=r"rows\.jsonl: has more than 100,000 different keys"):
        pieces([line])

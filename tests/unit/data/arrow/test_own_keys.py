import json

import pytest

from skewgate.core.errors import InputError
from skewgate.data.arrow import own_keys
from skewgate.data.arrow.own_keys import KeyWatch


def rows(number, keys=15):
    return [json.dumps({f"k{at}": at for at in range(keys)}).encode()] * number


def own(number):
    return [b'{"k%d": 1}' % at for at in range(number)]


@pytest.fixture
def watch():
    return KeyWatch("rows.x", json.loads)


def sizes(records, watch):
    return [len(piece) for piece in own_keys.cut(records, "rows 1 to 9", watch)]


def test_rows_of_one_kind_are_read_together_and_not_looked_at_one_by_one():
    seen = []
    watch = KeyWatch("rows.x", lambda row: seen.append(row) or json.loads(row))
    assert sizes(rows(20_000), watch) == [20_000]
    assert len(seen) <= 128


def test_rows_with_keys_of_their_own_are_read_some_at_a_time(watch):
    assert sizes(own(5_000), watch) == [3_355, 1_645]
    assert sizes(rows(5_000, 1), watch) == [3_355, 1_645]  # which lack the keys of the others


def test_rows_with_too_many_keys_of_their_own_are_refused(watch):
    with pytest.raises(InputError) as caught:
        sizes(own(10_000), watch)
    assert str(caught.value) == (
        "rows.x: rows 1 to 9: hold 10,000 different keys, which makes 100,000,000 cells of 10,000 "
        "rows, where at most 67,108,864 are read. Fix: write keys that differ from row to row as a "
        "list of names and a list of values."
    )


def test_one_row_of_very_many_keys_is_found_among_others(watch):
    wide = json.dumps({f"k{at}": 1 for at in range(20_000)}).encode()
    assert not watch.is_usual([wide, *rows(200, 1)])
    with pytest.raises(InputError, match="hold 20,000 different keys"):
        watch.count([wide, *rows(40_000, 1)], 40_001, "rows 1 to 40001")


def test_a_file_has_a_largest_number_of_columns(watch, monkeypatch):
    monkeypatch.setattr(own_keys, "MOST_COLUMNS", 100)
    watch.note([f"k{at}" for at in range(100)])
    watch.note(["k0", "k99"])
    with pytest.raises(InputError, match=r"^rows\.x: has more than 100 different keys\. Fix: "):
        watch.note(["k100"])
    with pytest.raises(InputError, match="has more than 100 different keys"):
        watch.count(own(200), 200, "rows 1 to 200")


def test_few_places_are_all_and_many_are_a_sample_in_order():
    assert list(own_keys.places(20)) == list(range(20))
    found = own_keys.places(1_000_000)
    assert len(found) == 128
    assert found == sorted(found)
    assert 0 <= found[0] <= found[-1] < 1_000_000

from __future__ import annotations

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from skewgate.checks.skew.rows.confusion import CAPACITY, LONGEST, Confusion, count
from skewgate.data.arrow.columns import ListValues, simplify

NAMES = st.sampled_from([b"Cash", b"", b"\xff", b"1 2", "é".encode(), b"Credit Card"])


def values(cells):
    return ListValues.of(simplify(pa.array(cells, pa.list_(pa.binary())), "x"))


@given(pairs=st.lists(st.tuples(NAMES, NAMES)), cut=st.integers(0, 20))
def test_pairs_are_counted_exactly_where_there_are_few(pairs, cut):
    total = Confusion()
    for some in (pairs[cut:], pairs[:cut]):
        left, right = (values([[pair[side]] for pair in some]) for side in (0, 1))
        different = np.array([a != b for a, b in some], bool)
        found = count(left, right, different)
        if found is not None:
            total.merge(found)
    wanted = {pair: pairs.count(pair) for pair in set(pairs) if pair[0] != pair[1]}
    found, slack = total.most(100)
    assert dict(found) == wanted
    assert slack == 0
    assert found == sorted(found, key=lambda item: (-item[1], item[0]))


def test_lists_long_texts_and_numbers_are_in_no_pair():
    long = b"a" * (LONGEST + 1)
    left, right = values([[b"a"], [b"a", b"b"], [long], [b"c"]]), values([[b"b"]] * 4)
    found = count(left, right, np.array([True, True, True, False]))
    assert found is not None
    assert found.most(10) == ([((b"a", b"b"), 1)], 0)
    assert count(left, ListValues.of(pa.array([1, 2, 3, 4])), np.ones(4, bool)) is None


def test_with_too_many_pairs_frequent_ones_stay_and_counts_are_too_low_by_at_most_the_slack():
    total = Confusion()
    for start in range(0, 3 * CAPACITY, 500):
        rare = {(b"a", str(number).encode()): 1 for number in range(start, start + 500)}
        total.add({**rare, (b"Cash", b"Card"): 50})
    (pair, counted), *_ = total.most(5)[0]
    slack = total.most(5)[1]
    true = 50 * 3 * CAPACITY // 500
    assert pair == (b"Cash", b"Card")
    assert 0 < slack < 50
    assert true - slack <= counted <= true

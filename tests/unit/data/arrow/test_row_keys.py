from __future__ import annotations

import collections
import itertools
import os
import subprocess
import sys

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from skewgate.data.arrow.columns import simplify
from skewgate.data.arrow.row_keys import Keys, fingerprints, match


def of(*columns, rows=None):
    names = [str(number) for number in range(len(columns))]
    arrays = {
        name: simplify(column if isinstance(column, pa.Array) else pa.array(column), name)
        for name, column in zip(names, columns, strict=True)
    }
    keys, present = fingerprints(arrays, names, rows or len(columns[0]))
    return [
        (high, low) if there else None
        for high, low, there in zip(
            keys.high.tolist(), keys.low.tolist(), present.tolist(), strict=True
        )
    ]


def test_fingerprints_are_the_same_in_every_process():
    code = (
        "import pyarrow as pa; from skewgate.data.arrow.row_keys import fingerprints\n"
        "a = pa.array([b'trip-1', b''], pa.large_binary()); b = pa.array([7, -7])\n"
        "keys, _ = fingerprints({'a': a, 'b': b}, ['a', 'b'], 2)\n"
        "print(keys.high.tolist(), keys.low.tolist())"
    )
    printed = {
        subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True,
            text=True,
            check=True,
            env={**os.environ, "PYTHONHASHSEED": seed},
        ).stdout
        for seed in ("1", "2")
    }
    texts, numbers = pa.array([b"trip-1", b""], pa.large_binary()), pa.array([7, -7])
    keys, _ = fingerprints({"a": texts, "b": numbers}, ["a", "b"], 2)
    assert printed == {f"{keys.high.tolist()} {keys.low.tolist()}\n"}


@given(st.lists(st.binary(max_size=40), min_size=1, unique=True))
def test_different_texts_differ_and_equal_ones_do_not_depend_on_their_place(texts):
    forward = of(pa.array(texts, pa.binary()))
    assert len(set(forward)) == len(texts)
    assert of(pa.array([b"before", *reversed(texts)], pa.binary()).slice(1)) == forward[::-1]


def test_texts_that_share_a_prefix_or_end_in_zeros_differ():
    texts = [b"a" * n + b"\0" * m for n, m in itertools.product(range(20), range(10))]
    assert len(set(of(pa.array(texts, pa.binary())))) == len(texts)


@given(st.lists(st.integers(-(2**63), 2**63 - 1), min_size=1, unique=True))
def test_whole_numbers_differ_also_where_floats_cannot_tell_them(numbers):
    assert len(set(of(pa.array(numbers, pa.int64())))) == len(numbers)


def test_a_whole_float_is_the_key_of_that_number():
    assert of([5, 0, -3]) == of([5.0, -0.0, -3.0]) == of(pa.array([5, 0, -3], pa.float32()))
    assert len(set(of([0.5, 0.25, 5.0, float("inf"), -float("inf"), 1e300]))) == 6


def test_text_that_is_written_as_an_integer_is_the_key_of_that_number_and_other_text_is_none():
    whole = [5, 0, -3, 2**63 - 1, -(2**63), 10**18]
    assert of(whole) == of([str(each) for each in whole])
    assert of(["5", "A1", "-3"])[::2] == of([5, -3])
    others = ["05", "5.0", "-0", "+5", " 5", "5 ", "5e0", "", "-", "A1", "5" * 20, str(2**63)]
    assert not set(of(others)) & set(of([5, 0]))
    assert len(set(of([*others, "5", "0"]))) == len(others) + 2


def test_rows_without_exactly_one_value_of_every_key_have_no_key():
    found = of([["a"], ["a", "b"], [], None, ["c"]], [1.0, 1.0, 1.0, 1.0, float("nan")])
    assert [each is not None for each in found] == [True, False, False, False, False]
    assert of(pa.nulls(2)) == [None, None]
    assert fingerprints({}, ["gone"], 3)[1].tolist() == [False] * 3


def test_several_keys_are_a_key_together():
    one, other = ["ab", "a", "a"], ["c", "bc", "c"]
    assert len({*of(one, other), *of(other, one)}) == 6
    assert of(one, other) == of(pa.array([["ab"], ["a"], ["a"]]), other)


def test_bits_of_fingerprints_are_even():
    keys, _ = fingerprints({"a": pa.array(np.arange(20_000))}, ["a"], 20_000)
    for half in (keys.high, keys.low):
        bits = np.unpackbits(half.view(np.uint8).reshape(-1, 8), axis=1)
        assert np.abs(bits.mean(axis=0) - 0.5).max() < 0.02
    together = np.unpackbits((keys.high ^ keys.low).view(np.uint8).reshape(-1, 8), axis=1)
    assert np.abs(together.mean(axis=0) - 0.5).max() < 0.02


SIDE = st.lists(st.tuples(st.integers(0, 6), st.integers(0, 1)), max_size=12)


@given(training=SIDE, serving=SIDE)
def test_rows_match_if_their_key_occurs_once_on_each_side(training, serving):
    def keys(side):
        halves = np.array(side, np.uint64).reshape(-1, 2)
        return Keys(halves[:, 0].copy(), halves[:, 1].copy())

    def ones(side):
        return np.ones(len(side), np.int64)

    here, there = collections.Counter(training), collections.Counter(serving)
    found = match(keys(training), keys(serving), ones(training), ones(serving))
    assert [training[place] for place in found.training] == sorted(
        key for key in here if here[key] == there[key] == 1
    )
    assert [serving[place] for place in found.serving] == [
        training[place] for place in found.training
    ]
    for (duplicated, duplicated_there, unmatched), own, other in zip(
        found.left_out, (here, there), (there, here), strict=True
    ):
        assert duplicated == sum(n for n in own.values() if n > 1)
        assert duplicated_there == sum(n == 1 and other[key] > 1 for key, n in own.items())
        assert unmatched == sum(n == 1 and other[key] == 0 for key, n in own.items())


def test_a_fingerprint_may_stand_for_several_rows():
    keys = Keys(np.array([1, 2], np.uint64), np.array([0, 0], np.uint64))
    found = match(keys, keys, np.array([1, 3]), np.array([1, 1]))
    assert found.training.tolist() == found.serving.tolist() == [0]
    assert found.left_out == ((3, 0, 0), (0, 1, 0))

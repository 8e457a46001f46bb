"""A row's split and a row's key hang on what its values say, not on the type of their column."""

import datetime
import decimal
import io

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.json
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skewgate.data.arrow import row_hash, spellings
from skewgate.data.arrow.row_keys import fingerprints

DAY = datetime.date(2016, 1, 31)


def words(*values, kind=None):
    return row_hash.words(pa.array(list(values), kind), "a.csv").tolist()


@pytest.mark.parametrize(
    "values",
    [
        [7, 7.0, "7", "007", " 7", "7.0", "7e0", decimal.Decimal("7.00"), b"7", [7], ["07"]],
        [-7, -7.0, "-7", "-07.", decimal.Decimal(-7)],
        [0, -0.0, "0", "-0", "000", False, "false", "FALSE"],
        [1, True, "true", "True", "TRUE", "1"],
        [0.1, "0.1", ".10", "1e-1", decimal.Decimal("0.100000"), [0.1]],
        [2**53 + 1, float(2**53), str(2**53 + 1), decimal.Decimal(2**53 + 1)],
        [2**63 - 1, 2.0**63, "9223372036854775807", "9223372036854775808"],
        [1e20, "100000000000000000000", "1e20"],
        [float("nan"), "nan", "NaN", "-nan"],
        [float("inf"), "inf", "Infinity", "INF", "1e999"],
        [DAY, datetime.datetime(2016, 1, 31), "2016-01-31", "2016-01-31T00:00:00Z", 1_454_198_400],
        [
            datetime.datetime(2016, 1, 31, 10, 0, 0, 500_000),
            "2016-01-31 10:00:00.5",
            "2016-01-31T11:00:00.500+01:00",
            "2016-01-31T10:00:00.500000000Z",
        ],
        [datetime.time(10, 0), "10:00", "10:00:00", 36_000],
        ["Taxi", b"Taxi", ["Taxi"]],
    ],
    ids=lambda values: str(values[0]),
)
def test_what_says_the_same_has_one_word_in_every_type_and_beside_other_text(values):
    alone = {words(value)[0] for value in values}
    assert len(alone) == 1
    for value in values:
        if isinstance(value, str):
            assert words("A1", value, "2016-02-30", "7f000001", "x" * 40)[1] in alone
            assert words(value, None, kind=pa.large_string())[0] in alone
            coded = pa.array([value, "A1"]).dictionary_encode()
            assert row_hash.words(coded, "a.csv")[0] in alone


def test_what_does_not_say_the_same_has_words_of_its_own():
    texts = ["7", "-7", "7.5", "70", "A1", "", " ", "-", "+7", "0x10", "1_000", "10:00", "24:00"]
    texts += ["2016-01-31", "2016-02-30", "2016-01-31 00:00:00.000000001", "nanny", "inf.", "t"]
    texts += ["12345678", "123456789", "1234567.8", "12345678a", "1.2.3", "555-1234", "tru", "1-2"]
    texts += ["12345678901234567", "1234567890123456", "3f2a", "3e5", "192.168.0.1", "١٢", "true"]
    assert len(set(words(*texts))) == len(texts)


@pytest.mark.parametrize("kind", [pa.float32(), pa.float64()], ids=str)
def test_a_number_of_few_digits_is_the_same_with_32_bits(kind):
    numbers = [0.1, 0.25, -41.878, 1e-7, 123456.0, 99999.5, 3.0]
    assert words(*numbers, kind=kind) == words(*map(str, numbers))


def test_integers_of_64_bits_without_a_sign_do_not_go_round():
    assert words(2**64 - 1, kind=pa.uint64()) == words(2.0**64)
    assert words(2**64 - 1, kind=pa.uint64()) != words(-1)


CELLS = ["7", "007", "-0", "7.5", "1e3", "true", "2016-01-31", "2016-01-31 10:00:00.25", "10:00"]
CELLS += ["2016-01-31T10:00:00Z", "99999999999999999999", "9007199254740993", "nan", " 8", "0.10"]


@settings(max_examples=200, deadline=None)
@given(cell=st.sampled_from(CELLS), others=st.lists(st.sampled_from([*CELLS, "A1", "x y"])))
def test_no_cell_of_csv_changes_its_word_by_what_stands_beside_it(cell, others):
    def read(cells):
        data = ("a,b\n" + "".join(f"{each},x\n" for each in cells)).encode()
        options = pa.csv.ConvertOptions(
            null_values=[""], true_values=list(spellings.TRUE), false_values=list(spellings.FALSE)
        )
        # Not read_csv, which looks at every object of the process when it ends.
        reader = pa.csv.open_csv(io.BytesIO(data), convert_options=options)
        table = reader.read_all()
        return row_hash.words(table["a"].combine_chunks(), "a.csv").tolist()

    assert read([cell])[0] == read([cell, *others])[0]


@settings(max_examples=200, deadline=None)
@given(st.lists(st.integers(-(2**63), 2**63 - 1) | st.integers(-(10**4), 10**4), min_size=1))
def test_integers_and_their_texts_are_the_same_rows_and_keys(numbers):
    texts = [str(each) for each in numbers]
    assert words(*numbers, kind=pa.int64()) == words(*texts)
    keys = [
        fingerprints({"a": column}, ["a"], len(numbers))[0]
        for column in (pa.array(numbers), pa.array(texts).cast(pa.large_binary()))
    ]
    assert np.array_equal(keys[0].high, keys[1].high)
    assert np.array_equal(keys[0].low, keys[1].low)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.text("0123456789.-+eETZ: \tA\u00e9", max_size=20), min_size=1, max_size=8))
def test_texts_are_numbers_for_the_hash_where_they_are_for_the_reader(texts):
    found = words(*texts)
    for text, word in zip(texts, found, strict=True):
        assert words(text) == [word]
        number = spellings.floating(text)
        if number is not None:
            assert words(number) == [word]

import math

import pyarrow as pa
import pytest

from skewgate.data.arrow import spellings

NEITHER = [
    "1_000",
    "1,000",
    "0x10",
    "0X1f",
    "7d",
    "x",
    "",
    " ",
    "-",
    "--7",
    "1e",
    ".",
    "1.5.2",
]
NEITHER += ["١٢", "7\u00a0", "7\0", "yes", "t", "infinit", "2016-1-1", "2016-01-01T", "7 7"]
NEITHER += ["2016-02-30", "2016-13-01", "24:00", "10:00:00.5", "2016-01-01T00:00:00+1", "- 7"]
NEITHER += ["2016-01-01 00:00:00.1234567890", "2016-01-01 00:00:00,5", "2016-01-01t00:00", "1:00"]
INTEGERS = {
    "7": 7,
    "-7": -7,
    "+7": 7,
    " 7": 7,
    "7\t": 7,
    "007": 7,
    "-0": 0,
    "9223372036854775807": 2**63 - 1,
    "-9223372036854775808": -(2**63),
    "0000000000000000000000000000007": 7,
    "7.0": 7,
    "7.": 7,
    "-7.000": -7,
    "9007199254740993.0": 2**53 + 1,
    "7e2": 700,
    "1.5E1": 15,
    "150e-1": 15,
    "0e9999999": 0,
    "true": 1,
    "TRUE": 1,
    "False": 0,
    "2016-01-01": 1_451_606_400,
    " 2016-01-01 ": 1_451_606_400,
    "2016-01-01 10": 1_451_642_400,
    "2016-01-01T00:00": 1_451_606_400,
    "2016-01-01 00:00:01.999999999": 1_451_606_401,
    "1969-12-31 23:59:59.5": -1,
    "2016-01-01T00:00:00Z": 1_451_606_400,
    "2016-01-01T00:00:00+01:00": 1_451_602_800,
    "2016-01-01T00:00:00-0130": 1_451_611_800,
    "2016-01-01T00:00+01": 1_451_602_800,
    "9999-12-31": 253_402_214_400,
    "10:00": 36_000,
    "10:00:30": 36_030,
}
FLOATS = {"7.5": 7.5, ".5": 0.5, "1e-3": 0.001, "1e999": math.inf, "-1e999": -math.inf}
FLOATS |= {"99999999999999999999": 1e20, "inf": math.inf, "-INFINITY": -math.inf, "1e19": 1e19}
FLOATS |= {"+inf": math.inf, "+7.5": 7.5}
FLOATS |= {"9223372036854775808": 2.0**63, "0." + "1" * 400: float("0." + "1" * 400)}


def both(function, texts):
    """Returns what texts are together, and each alone."""
    found, bad = function(pa.array(texts, pa.string()))
    together = [None if bad[at] else each.as_py() for at, each in enumerate(found)]
    alone = []
    for text in texts:
        found, bad = function(pa.array([text], pa.string()))
        alone.append(None if bad[0] else found[0].as_py())
    return together, alone


def test_every_spelling_of_an_integer_is_read_alone_and_beside_all_others():
    texts = [*INTEGERS, *FLOATS, "nan", *NEITHER, None]
    expected = [*INTEGERS.values(), *[None] * (len(texts) - len(INTEGERS))]
    together, alone = both(spellings.integers, texts)
    assert together == expected
    assert alone == expected
    assert [spellings.integer(text) for text in texts[:-1]] == expected[:-1]


def test_every_spelling_of_a_float_is_read_alone_and_beside_all_others():
    numbers = {text: float(text) for text in list(INTEGERS)[:17]}
    texts = [*FLOATS, *numbers, *NEITHER, "true", "2016-01-01", "10:00", None]
    values = [*FLOATS.values(), *numbers.values()]
    expected = [*values, *[None] * (len(texts) - len(values))]
    together, alone = both(spellings.floats, texts)
    assert together == expected
    assert alone == expected
    assert [spellings.floating(text) for text in texts[:-1]] == expected[:-1]


@pytest.mark.parametrize("text", ["nan", "NaN", "-nan", "NAN", " nan", "nan(1)"])
def test_words_for_no_number_are_floats_and_no_integers(text):
    assert math.isnan(spellings.floating(text))
    assert spellings.integer(text) is None


def test_nulls_and_slices_stay_what_they_are():
    text = pa.array(["x", None, "7", "1e1", None]).slice(1)
    found, bad = spellings.integers(text)
    assert found.to_pylist() == [None, 7, 10, None]
    assert not bad.any()


def test_nothing_is_nothing():
    for function in (spellings.integers, spellings.floats):
        found, bad = function(pa.array([], pa.string()))
        assert (len(found), len(bad)) == (0, 0)

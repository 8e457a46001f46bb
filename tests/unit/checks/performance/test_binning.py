import math

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skewgate.checks.performance.binning import label_rows
from skewgate.core.errors import InputError


def label(value, kind=None):
    codes, labels = label_rows(pa.array([value], kind), "x", 1)
    return labels[codes[0]]


@pytest.mark.parametrize(
    ("value", "kind", "expected"),
    [
        (5, None, "=5"),
        (-127, None, "=-127"),
        (128, None, " in [128, 256)"),
        (-128, None, " in (-256, -128]"),
        (300, None, " in [256, 512)"),
        (2**40, None, " in [1099511627776, 2199023255552)"),
        (True, None, "=1"),
        (0.0, None, "=0"),
        (-0.0, None, "=0"),
        (1.0, None, " in [1, 2)"),
        (1.7, pa.float32(), " in [1, 2)"),
        (-1.0, None, " in (-2, -1]"),
        (0.3, None, " in [0.25, 0.5)"),
        (2.0**-10, None, " in [0.0009765625, 0.001953125)"),
        (1e-9, None, " in (0, 0.0009765625)"),
        (-1e-9, None, " in (-0.0009765625, 0)"),
        (math.inf, None, "=inf"),
        (-math.inf, None, "=-inf"),
        (math.nan, None, "=(missing)"),
        (None, None, "=(missing)"),
        ("Cash", None, "=Cash"),
        (b"\xff", None, "=\\xff"),
        ("x" * 200, None, "=" + "x" * 99 + "…"),
        ([], pa.list_(pa.string()), "=(missing)"),
        (["Cash"], None, "=Cash"),
        ([2.5], None, " in [2, 4)"),
        (["Cash", "Card"], None, "=(several)"),
    ],
)
def test_every_value_has_its_label(value, kind, expected):
    assert label(value, kind) == expected


@given(value=st.floats(allow_nan=False, allow_infinity=False))
def test_a_float_lies_in_its_bin(value):
    text = label(value)
    if value == 0:
        assert text == "=0"
        return
    low, high = (float(edge) for edge in text.removeprefix(" in ")[1:-1].split(", "))
    assert low <= value <= high
    assert value not in (high, low) or (text[4] == "[" and value == low) or text[-1] == "]"


@given(
    values=st.lists(
        st.none() | st.lists(st.sampled_from(["a", "b"]), max_size=3), min_size=1, max_size=9
    )
)
def test_labels_of_a_batch_are_those_of_its_rows(values):
    kind = pa.list_(pa.string())
    codes, labels = label_rows(pa.array(values, kind), "x", len(values))
    assert [labels[code] for code in codes] == [label(value, kind) for value in values]


@given(
    values=st.lists(st.none() | st.integers(-300, 300) | st.just(-(2**63)), min_size=1, max_size=9)
)
def test_labels_of_integers_are_those_of_its_rows(values):
    codes, labels = label_rows(pa.chunked_array([pa.array(values, pa.int64())]), "x", len(values))
    assert [labels[code] for code in codes] == [label(value, pa.int64()) for value in values]
    assert len(set(labels)) == len(labels)


def test_a_struct_is_neither_number_nor_text():
    with pytest.raises(InputError, match="column x"):
        label({"a": 1})

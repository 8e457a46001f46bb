"""Tensors of a shape become rows of their first dimension."""

from __future__ import annotations

import pytest

from skewgate.serving.capture.log.events import LostError
from skewgate.serving.capture.tensors import columns, nested


def test_values_behind_the_first_dimension_are_one_list():
    assert nested(list(range(8)), [2, 2, 2]) == [[0, 1, 2, 3], [4, 5, 6, 7]]


def test_an_empty_tensor_has_no_rows():
    assert nested([], [0, 3]) == []
    assert nested([], [10**12, 0]) == []


@pytest.mark.parametrize("shape", [None, [], [3], [2, 2], [-2], ["2"], [True, 2]])
def test_values_that_do_not_fill_the_shape_are_refused(shape):
    with pytest.raises(LostError, match="do not fit its shape"):
        nested([1, 2], shape)


def test_a_tensor_whose_data_are_sent_in_binary_is_told():
    with pytest.raises(LostError, match="the tensor x has no data in the JSON"):
        columns([{"name": "x", "shape": [1], "datatype": "FP32"}], ())


def test_two_tensors_of_one_name_are_refused():
    tensor = {"name": "x", "shape": [1], "datatype": "FP32", "data": [1]}
    with pytest.raises(LostError, match="no name of its own"):
        columns([tensor, tensor], ())

"""Tensors are the rows that TensorFlow wrote, and what is none is refused."""

from __future__ import annotations

import random

import numpy as np
import pytest
from google.protobuf import message

from skewgate.data.tf_example.protobuf import declared, parser
from skewgate.serving.capture.formats import tensors
from skewgate.serving.capture.log.events import LostError

TensorProto = declared(tensors.MESSAGES, "TensorProto")
parsed = parser(tensors.MESSAGES, "TensorProto")

ROWS = {
    "bool": [True, False],
    "int32": [-1, 7],
    "int64": [-(1 << 40), 3],
    "uint64": [(1 << 63) + 5, 0],
    "float16": [0.5, -2.0],
    "float32": [0.25, 1e6],
    "float64": [0.1, -3e200],
    "string": [b"a", b"\xc3\xa9"],
}


@pytest.mark.parametrize("kind", ROWS)
@pytest.mark.parametrize("packed", [True, False])
def test_tensors_are_those_that_tensorflow_writes(kind, packed):
    tf = pytest.importorskip("tensorflow")
    column = [[value] for value in ROWS[kind]]
    # Of whole numbers beyond 2^63 in a list NumPy 2 makes floats.
    tensor = tf.make_tensor_proto(column if kind == "string" else np.array(column, kind), kind)
    if packed and kind != "string":
        values = tf.make_ndarray(tensor)
        for field in ("bool_val", "int_val", "int64_val", "uint64_val", "half_val"):
            tensor.ClearField(field)
        tensor.ClearField("float_val")
        tensor.ClearField("double_val")
        tensor.tensor_content = values.tobytes()
    assert tensors.rows(parsed(tensor.SerializeToString())) == ROWS[kind]


def test_one_value_stands_for_all():
    tf = pytest.importorskip("tensorflow")
    tensor = tf.make_tensor_proto(1.5, "float32", shape=[3])
    assert tensors.rows(parsed(tensor.SerializeToString())) == [1.5, 1.5, 1.5]


def test_spoilt_messages_are_refused_and_never_anything_else():
    tf = pytest.importorskip("tensorflow")
    whole = tf.make_tensor_proto([[1.0, 2.0], [3.0, 4.0]], "float64").SerializeToString()
    rng = random.Random(7)
    for _ in range(2_000):
        spoilt = bytearray(whole)
        for _ in range(rng.randrange(1, 4)):
            spoilt[rng.randrange(len(spoilt))] = rng.randrange(256)
        try:
            tensors.rows(parsed(bytes(spoilt[: rng.randrange(len(spoilt) + 1)])))
        except (message.DecodeError, LostError):
            continue


@pytest.mark.parametrize("shape", [[-1], [-1, -2], [3], [0]])
def test_values_that_do_not_fit_the_shape_are_refused(shape):
    tensor = TensorProto(dtype=9, int64_val=[1, 2, 3, 4])
    for size in shape:
        tensor.tensor_shape.dim.add(size=size)
    with pytest.raises(LostError, match="do not fit its shape"):
        tensors.rows(tensor)


def test_a_type_that_is_not_known_is_refused():
    with pytest.raises(LostError, match="a type that cannot be read"):
        tensors.rows(TensorProto(dtype=8, float_val=[1.0]))

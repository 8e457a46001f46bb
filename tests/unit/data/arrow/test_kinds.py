import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tensorflow_metadata.proto.v0 import schema_pb2

from skewgate.core.errors import InputError
from skewgate.data.arrow import kinds

TYPES = {"fare": pa.float64(), "miles": pa.int64(), "company": pa.string()}
ARROW = [
    pa.null(),
    pa.int8(),
    pa.int64(),
    pa.float32(),
    pa.float64(),
    pa.bool_(),
    pa.string(),
    pa.binary(),
    pa.date32(),
    pa.timestamp("s"),
    pa.timestamp("us"),
    pa.timestamp("us", "UTC"),
    pa.time32("s"),
    pa.dictionary(pa.int32(), pa.string()),
    pa.decimal128(9, 2),
]


def test_types_come_from_the_schema():
    schema = schema_pb2.Schema()
    for name, kind in (("fare", "FLOAT"), ("miles", "INT"), ("company", "BYTES")):
        schema.feature.add(name=name, type=schema_pb2.FeatureType.Value(kind))
    schema.feature.add(name="untyped")
    schema.feature.add(name="nested", type=schema_pb2.STRUCT)
    assert kinds.column_types(schema) == TYPES


def test_types_come_from_a_user():
    named = {"fare": "FLOAT", "miles": "INT", "company": "BYTES"}
    assert kinds.named_types(named) == TYPES


@pytest.mark.parametrize("name", ["int", "STRING", ""])
def test_unknown_names_list_the_known(name):
    with pytest.raises(InputError) as caught:
        kinds.named_types({"fare": "FLOAT", "zip": name})
    assert str(caught.value) == (
        f"types: column zip: must be one of INT, FLOAT, BYTES, found {name!r}. "
        "Fix: correct the type, or remove the line to infer it."
    )


@given(st.sampled_from(ARROW), st.sampled_from(ARROW), st.booleans())
def test_joining_has_no_order(one, other, text):
    assert kinds.joined(one, other, text) == kinds.joined(other, one, text)
    assert kinds.joined(one, one, text) == one


@given(st.sampled_from(ARROW), st.sampled_from(ARROW), st.booleans())
def test_what_is_joined_does_not_grow_again(one, other, text):
    both = kinds.joined(one, other, text)
    assert kinds.joined(both, one, text) == both
    assert kinds.joined(both, other, text) == both

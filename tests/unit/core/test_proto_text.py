import pytest
from google.protobuf import text_format
from tensorflow_metadata.proto.v0 import schema_pb2

from skewgate.core import proto_text

STRUCT = 'feature { name: "s" type: STRUCT struct_domain { '


def test_a_message_is_read_from_text_and_bytes():
    for text in ('feature { name: "é" }', 'feature { name: "é" }'.encode()):
        assert proto_text.parse(text, schema_pb2.Schema()).feature[0].name == "é"


def test_a_schema_with_some_structs_in_each_other_is_read():
    read = proto_text.parse(STRUCT * 10 + "} }" * 10, schema_pb2.Schema())
    assert read.feature[0].struct_domain.feature[0].name == "s"


@pytest.mark.parametrize("levels", [33, 1_000, 20_000])
def test_depth_is_an_error_of_parsing(levels):
    text = STRUCT * levels + "} }" * levels
    with pytest.raises(text_format.ParseError, match="more than 64 nested messages"):
        proto_text.parse(text, schema_pb2.Schema())


def test_fields_that_nobody_knows_are_bounded_as_well():
    with pytest.raises(text_format.ParseError, match="more than 64 nested messages"):
        proto_text.parse("zzz { " * 20_000, schema_pb2.Schema())

"""Records told apart by their fields."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skewgate.data.tf_example import coder
from skewgate.data.tf_example.fields import UndecodableError, has_feature_lists
from skewgate.data.tf_example.protobuf import write_varint
from tests import tf_train
from tests.encoding import encode_sequence


def example(size):
    message = tf_train.Example()
    message.features.feature["text"].bytes_list.value.append(b"x" * size)
    return message.SerializeToString()


SIZES = [0, 1, 100, 127, 128, 20_000, 3_000_000]


def test_examples_have_no_feature_lists():
    assert not has_feature_lists([])
    assert not has_feature_lists([b"", *map(example, SIZES), b"", example(5) + example(6)])


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("place", [0, 1, 2])
def test_one_record_with_feature_lists_is_found(size, place):
    records = [example(3), example(300)]
    records.insert(place, encode_sequence(example(size), {"events": [[1.5]]}))
    assert has_feature_lists(records)
    with pytest.raises(
        UndecodableError, match=r"they are tf\.SequenceExample, whose feature lists"
    ):
        coder.decode_batch(records)


def test_a_record_of_feature_lists_alone_is_found():
    assert has_feature_lists([b"", encode_sequence(b"", {"events": [[1.5]]})])


def test_records_of_tensorflow_are_told_apart():
    message = tf_train.SequenceExample()
    message.context.feature["fare"].float_list.value.append(4.5)
    assert not has_feature_lists([message.SerializeToString()])
    message.feature_lists.feature_list["events"].feature.add().int64_list.value.append(3)
    assert has_feature_lists([message.SerializeToString()])


@pytest.mark.parametrize(
    "field",
    [
        (3, b"\x1a\x01x"),
        (3, b"\x18\x05"),
        (3, b"\x19" + bytes(8)),
        (3, b"\x1d" + bytes(4)),
        (1, b"\x09" + bytes(8)),
        (2, b"\x10\x05"),
    ],
    ids=["bytes", "varint", "fixed64", "fixed32", "time of an event", "step of an event"],
)
@pytest.mark.parametrize("place", [0, 2])
def test_a_field_that_no_example_has_is_refused_with_its_record(field, place):
    records = [example(3), example(4)]
    number, content = field
    records.insert(place, example(5) + content)
    with pytest.raises(
        UndecodableError, match=rf"^the {place + 1}\. of them has a field {number}, which"
    ):
        has_feature_lists(records)


@pytest.mark.parametrize(
    "record", [b"\x0a\x05abc", b"\x0a", b"\x0b", b"\xff" * 20, b"\x08", b"\x0d\x00", b"{}"]
)
def test_what_is_no_message_is_refused(record):
    with pytest.raises(UndecodableError, match=r"^one of them is not a protobuf message$"):
        has_feature_lists([example(3), record])


@given(st.lists(st.binary(max_size=200), max_size=5), st.integers(0, 5))
def test_any_length_is_read_as_protobuf_reads_it(contents, place):
    contents = [b"\x0a" + content for content in contents]
    records = [b"\x0a" + write_varint(len(content)) + content for content in contents]
    assert not has_feature_lists(records)
    odd = b"\x0a\x01x\x12\x02yz"
    records.insert(place, odd)
    assert has_feature_lists(records)


@pytest.mark.parametrize("text", [b"hello", b"\x12\x00", b"{}"])
@pytest.mark.parametrize("place", [0, 2])
def test_a_message_that_begins_with_something_else_is_refused(text, place):
    records = [example(3), example(4)]
    records.insert(place, b"\x0a" + bytes([len(text)]) + text)
    with pytest.raises(UndecodableError, match=rf"^the {place + 1}\. of them has something else"):
        has_feature_lists(records)

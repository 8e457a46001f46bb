"""Feature lists as features, beside those of the context."""

import pyarrow as pa
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st
from tfx_bsl.coders import sequence_example_coder

from skewgate.core.errors import InputError
from skewgate.data.tf_example.fields import UndecodableError
from skewgate.data.tf_example.sequences import SEQUENCE, decode_rows, flatten
from tests.encoding import encode, encode_sequence

[CONTEXT] = encode(pa.table({"fare": [4.5]}), "trips")


def rows(records):
    return pa.Table.from_batches([decode_rows(records)]).to_pylist()


def test_feature_lists_are_features_with_the_values_of_all_steps():
    records = [
        encode_sequence(CONTEXT, {"events": [[1, 2], [], [3]], "words": [[b"a"]]}),
        encode_sequence(CONTEXT, {"events": [[9]]}),
    ]
    assert rows(records) == [
        {"fare": [4.5], "##SEQUENCE##.events": [1, 2, 3], "##SEQUENCE##.words": [b"a"]},
        {"fare": [4.5], "##SEQUENCE##.events": [9], "##SEQUENCE##.words": None},
    ]


def test_files_may_mix_both_kinds_of_records():
    records = [CONTEXT, encode_sequence(b"", {"events": [[0.5], [1.5]]}), b"", CONTEXT]
    assert rows(records) == [
        {"fare": [4.5], "##SEQUENCE##.events": None},
        {"fare": None, "##SEQUENCE##.events": [0.5, 1.5]},
        {"fare": None, "##SEQUENCE##.events": None},
        {"fare": [4.5], "##SEQUENCE##.events": None},
    ]


def test_examples_alone_are_read_as_ever():
    assert rows([CONTEXT, b""]) == [{"fare": [4.5]}, {"fare": None}]


@pytest.mark.parametrize("steps", [[], [[]], [[], []]])
def test_a_list_without_a_value_is_an_empty_one(steps):
    records = [encode_sequence(CONTEXT, {"events": each}) for each in (steps, [[7]], steps)]
    found = [row["##SEQUENCE##.events"] for row in rows(records)]
    assert found == [[], [7], []]
    assert rows(records[:1]) == [{"fare": [4.5], "##SEQUENCE##.events": None}]  # of no type


def test_feature_and_feature_list_may_share_a_name():
    records = [encode_sequence(CONTEXT, {"fare": [[7], [8]]})]
    assert rows(records) == [{"fare": [4.5], "##SEQUENCE##.fare": [7, 8]}]


def test_a_feature_that_is_called_as_a_feature_list_is_refused():
    [context] = encode(pa.table({"##SEQUENCE##.events": [4.5]}), "trips")
    with pytest.raises(
        InputError, match=r"##SEQUENCE##\.events: is the name of a feature and of a"
    ):
        decode_rows([encode_sequence(context, {"events": [[1]]})])


def test_a_feature_list_of_two_types_is_refused():
    lists = [{"events": [[1]]}, {"events": [[1.5]]}]
    with pytest.raises(UndecodableError, match="the feature list events has values of two types"):
        decode_rows([encode_sequence(CONTEXT, each) for each in lists])
    with pytest.raises(UndecodableError, match="the feature list events has values of two types"):
        decode_rows([encode_sequence(CONTEXT, {"events": [[1], [b"a"]]})])


def test_feature_lists_that_are_none_are_refused():
    with pytest.raises(UndecodableError, match="the feature lists of one of them are none"):
        decode_rows([CONTEXT + b"\x12\x03abc"])


def test_beam_has_the_same_of_tfx_bsl():
    decoder = sequence_example_coder.SequenceExamplesToRecordBatchDecoder(SEQUENCE)
    lists = [{"a": [[1], [], [2, 3]], "b": [[b"x"]]}, {"a": [], "c": [[0.5, 1.5]]}, {}]
    records = [encode_sequence(CONTEXT, each) for each in lists]
    one, other = decode_rows(records), flatten(decoder.DecodeBatch(records))
    assert sorted(one.schema.names) == sorted(other.schema.names)
    for name in one.schema.names:
        first, second = (batch.column(batch.schema.get_field_index(name)) for batch in (one, other))
        assert (first.type, first.to_pylist()) == (second.type, second.to_pylist()), name


@pytest.mark.parametrize("name", [b"caf\xe9", b"\xff"])
def test_a_name_that_is_not_utf8_is_refused(name):
    [record] = encode(pa.table({"x" * len(name): [4.5]}), "trips")
    with pytest.raises(UndecodableError, match="the name of a feature is not UTF-8"):
        decode_rows([record.replace(b"x" * len(name), name)])


def test_other_batches_stay_as_they_are():
    batch = pa.record_batch([pa.array([[1], [2]])], [SEQUENCE])
    assert flatten(batch) is batch


STEPS = st.lists(st.lists(st.integers(-(2**63), 2**63 - 1), max_size=3), max_size=4)


@settings(max_examples=60)
@given(st.lists(st.one_of(st.none(), STEPS), min_size=1, max_size=6))
def test_all_values_are_there_in_their_order(lists):
    records = []
    for steps in lists:
        message = tf.train.SequenceExample()
        message.context.feature["n"].int64_list.value.append(1)
        if steps is not None:
            feature = message.feature_lists.feature_list["events"]
            for values in steps:
                feature.feature.add().int64_list.value.extend(values)
        records.append(message.SerializeToString())
    found = [row.get("##SEQUENCE##.events") or [] for row in rows(records)]
    assert found == [[value for step in steps or [] for value in step] for steps in lists]

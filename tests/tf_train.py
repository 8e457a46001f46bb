"""tf.Example and tf.SequenceExample as TensorFlow declares them, where there is no TensorFlow.

`tests/unit/data/tf_example/test_decoding.py` holds them against TensorFlow's own.
Source: tensorflow/core/example/example.proto and feature.proto.
"""

from __future__ import annotations

from google.protobuf import descriptor_pb2, descriptor_pool

from skewgate.data.tf_example.protobuf import message_class

_KINDS = descriptor_pb2.FieldDescriptorProto
_MESSAGES = {
    "BytesList": ["repeated bytes value"],
    "FloatList": ["repeated float value"],
    "Int64List": ["repeated int64 value"],
    "Feature": [
        "oneof BytesList bytes_list",
        "oneof FloatList float_list",
        "oneof Int64List int64_list",
    ],
    "Features": ["map Feature feature"],
    "FeatureList": ["repeated Feature feature"],
    "FeatureLists": ["map FeatureList feature_list"],
    "Example": ["one Features features"],
    "SequenceExample": ["one Features context", "one FeatureLists feature_lists"],
}
_PLAIN = {"bytes": _KINDS.TYPE_BYTES, "float": _KINDS.TYPE_FLOAT, "int64": _KINDS.TYPE_INT64}


def _file() -> descriptor_pb2.FileDescriptorProto:
    file = descriptor_pb2.FileDescriptorProto(
        name="tests/example.proto", package="tensorflow", syntax="proto3"
    )
    for message, fields in _MESSAGES.items():
        added = file.message_type.add(name=message)
        for number, text in enumerate(fields, 1):
            label, kind, name = text.split()
            field = added.field.add(
                name=name,
                number=number,
                label=_KINDS.LABEL_REPEATED
                if label in ("repeated", "map")
                else _KINDS.LABEL_OPTIONAL,
                type=_PLAIN.get(kind, _KINDS.TYPE_MESSAGE),
                type_name=None if kind in _PLAIN else f".tensorflow.{kind}",
            )
            if label == "oneof":
                if not added.oneof_decl:
                    added.oneof_decl.add(name="kind")
                field.oneof_index = 0
            if label == "map":
                entry_name = f"{name.title().replace('_', '')}Entry"
                entry = added.nested_type.add(name=entry_name)
                entry.options.map_entry = True
                entry.field.add(
                    name="key", number=1, label=_KINDS.LABEL_OPTIONAL, type=_KINDS.TYPE_STRING
                )
                entry.field.add(
                    name="value",
                    number=2,
                    label=_KINDS.LABEL_OPTIONAL,
                    type=_KINDS.TYPE_MESSAGE,
                    type_name=f".tensorflow.{kind}",
                )
                field.type_name = f".tensorflow.{message}.{entry_name}"
    return file


_POOL = descriptor_pool.DescriptorPool()
_POOL.AddSerializedFile(_file().SerializeToString())  # type: ignore[attr-defined]
Example = message_class(_POOL, "tensorflow.Example")
SequenceExample = message_class(_POOL, "tensorflow.SequenceExample")

"""Writes schemas as readable text: one block a feature, short messages on one line."""

from __future__ import annotations

import io
from typing import Any

from google.protobuf import text_format
from tensorflow_metadata.proto.v0 import schema_pb2

from skewgate.core.hidden import visible, visible_textproto

_WIDTH = 100
_INDENT = "  "
_BLOCKS = frozenset(("Feature", "SparseFeature", "WeightedFeature", "StringDomain"))
_FIRST = {
    "Schema": ("default_environment", "dataset_constraints"),
    "Feature": ("name", "type", "presence", "value_count"),
}


def is_repeated(field: Any) -> bool:
    """Says whether a field of a message is repeated, in every version of protobuf."""
    repeated = getattr(field, "is_repeated", None)  # newer versions; `label` is deprecated there
    return bool(repeated) if repeated is not None else field.label == field.LABEL_REPEATED


def render_scalar(field: Any, value: Any) -> str:
    """Returns the value of a field as text format writes it.

    >>> render_scalar(schema_pb2.StringDomain.DESCRIPTOR.fields_by_name["name"], "pay")
    '"pay"'
    """
    out = io.StringIO()
    text_format.PrintFieldValue(field, value, out, as_utf8=True, as_one_line=True)
    return visible_textproto(out.getvalue().strip())


def render_value(field: Any, value: Any, indent: str = "", *, inline: bool = False) -> str:
    """Returns the value of a field; a message in braces.

    Args:
        field: the field's descriptor.
        value: one value of it.
        indent: what stands before the field on its line.
        inline: all on one line, however long.
    """
    if field.message_type is None:
        return render_scalar(field, value)
    if field.message_type.full_name == "google.protobuf.Any":
        return "{ " + text_format.MessageToString(value, as_one_line=True).strip() + " }"
    inner = indent + _INDENT
    parts = [render_field(child, item, inner, inline=inline) for child, item in _fields_of(value)]
    if not parts:
        return "{}"
    line = "{ " + " ".join(parts) + " }"
    block = value.DESCRIPTOR.name in _BLOCKS
    long = len(indent) + len(field.name) + 1 + len(line) > _WIDTH
    if inline or not (block or long or "\n" in line):
        return line
    return "{\n" + "".join(f"{inner}{part}\n" for part in parts) + indent + "}"


def render_field(field: Any, value: Any, indent: str = "", *, inline: bool = False) -> str:
    """Returns a field with its name; see `render_value`.

    >>> schema = schema_pb2.Schema(int_domain=[schema_pb2.IntDomain(name="hour", min=0, max=23)])
    >>> print(render_field(schema.DESCRIPTOR.fields_by_name["int_domain"], schema.int_domain[0]))
    int_domain { name: "hour" min: 0 max: 23 }
    """
    name = f"[{field.full_name}]" if field.is_extension else field.name
    between = ": " if field.message_type is None else " "
    return name + between + render_value(field, value, indent, inline=inline)


def render_schema(schema: schema_pb2.Schema, header: str = "") -> str:
    """Returns a schema as the text of a file.

    Args:
        schema: what to write.
        header: a comment for the top, without `#`; may have several lines.
    """
    parts = [f"# {visible(line)}\n" for line in header.splitlines()]
    for field, value in _fields_of(schema):
        apart = field.message_type is not None and bool(parts)
        parts.append("\n" * apart + render_field(field, value) + "\n")
    return "".join(parts)


def in_one_line(message: Any) -> str:
    """Returns the fields of a message on one line, without its braces.

    >>> in_one_line(schema_pb2.FeaturePresence(min_fraction=0.5, min_count=1))
    'min_fraction: 0.5 min_count: 1'
    """
    return " ".join(render_field(field, value, inline=True) for field, value in _fields_of(message))


def _fields_of(message: Any) -> list[tuple[Any, Any]]:
    """Returns every field and value that is set, each value of a repeated field by itself."""
    first = _FIRST.get(message.DESCRIPTOR.name, ())
    listed = sorted(
        message.ListFields(),
        key=lambda item: first.index(item[0].name) if item[0].name in first else len(first),
    )
    return [
        (field, item)
        for field, value in listed
        for item in (value if is_repeated(field) else [value])
    ]

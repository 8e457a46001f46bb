"""Reads schema.pbtxt, the TFMD Schema."""

from __future__ import annotations

import pathlib

from google.protobuf import text_format
from tensorflow_metadata.proto.v0 import schema_pb2

from skewgate import validation
from skewgate.errors import InputError


def parse_schema(text: str, where: str) -> schema_pb2.Schema:
    """Parses schema.pbtxt.

    Raises:
        InputError: it is not a text-format Schema, or has no feature.
    """
    try:
        schema = text_format.Parse(text, schema_pb2.Schema())
    except text_format.ParseError as error:
        line, _, rest = str(error).partition(" : ")
        place = f"{where}: line {line.split(':')[0]}" if rest else where
        raise InputError(
            place, f"is not a TFMD Schema in text format ({rest or error})", "correct this line"
        ) from error
    if not schema.feature:
        raise InputError(where, "declares no feature", "add the features of your data")
    return schema


def load_schema(path: str | pathlib.Path) -> schema_pb2.Schema:
    """Reads and parses a schema file.

    Raises:
        InputError: the file is missing, not UTF-8, or `parse_schema` refuses it.
    """
    return parse_schema(validation.read_text(path), str(path))


def categorical_features(schema: schema_pb2.Schema) -> frozenset[str]:
    """Names the integers that a schema declares to be names of categories.

    Source: `int_domain { is_categorical: true }`, as TFDV reads it.
    """
    return frozenset(
        feature.name for feature in schema.feature if feature.int_domain.is_categorical
    )

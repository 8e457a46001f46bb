"""Edits the text of a schema: what does not change stays byte for byte, comments included.

>>> text = '''feature {
...   name: "fare"  # in dollars
...   type: FLOAT
...   float_domain { min: 0 }
... }
... '''
>>> wanted = parse_schema(text, "schema.pbtxt")
>>> wanted.feature[0].float_domain.min = -3.5
>>> print(edit(text, wanted).text, end="")
feature {
  name: "fare"  # in dollars
  type: FLOAT
  float_domain { min: -3.5 }
}
"""

from __future__ import annotations

import collections
import dataclasses

from tensorflow_metadata.proto.v0 import schema_pb2

from skewgate.core.errors import InputError
from skewgate.schema.editing import tokens
from skewgate.schema.editing.render import render_schema
from skewgate.schema.editing.replacing import Editor, Scope
from skewgate.schema.editing.tokens import TextError
from skewgate.schema.reading import parse_schema


@dataclasses.dataclass(frozen=True)
class Edited:
    """The new text of a schema.

    Attributes:
        text: it parses to exactly the wanted schema.
        rewritten: the old text could not be edited, so that the whole schema is rewritten.
        lost: comments of the old text that the new one has not.
    """

    text: str
    rewritten: bool
    lost: tuple[str, ...]


def edit(text: str, target: schema_pb2.Schema, where: str = "schema.pbtxt") -> Edited:
    """Changes a text so that it parses to exactly the wanted schema.

    Only the smallest fields that differ are replaced. If that does not give the wanted schema, the
    fields of features are, then whole features and domains, and at last the whole text.

    Args:
        text: a schema in text format.
        target: what it shall say.
        where: the name of the file, for messages.

    Raises:
        InputError: the text is no schema, or text format cannot say what is wanted.
    """
    old = parse_schema(text, where)
    for depth in (_DEEP, 1, 0):
        changed = _attempt(text, old, target, depth)
        if changed is not None and _parses_to(changed, target):
            return Edited(changed, False, _lost_comments(text, changed))
    rewritten = render_schema(target)
    if not _parses_to(rewritten, target):
        raise InputError(where, "cannot hold the wanted schema in text format", "edit it by hand")
    return Edited(rewritten, True, _lost_comments(text, rewritten))


_DEEP = 100  # levels of messages within messages


def _attempt(
    text: str, old: schema_pb2.Schema, target: schema_pb2.Schema, depth: int
) -> str | None:
    try:
        editor = Editor(text)
        editor.message(Scope(tokens.fields(text), None), old, target, depth)
        return editor.result()
    except TextError:
        return None


def _parses_to(text: str, schema: schema_pb2.Schema) -> bool:
    try:
        parsed = parse_schema(text, "")
    except InputError:
        return False
    return bool(
        parsed.SerializeToString(deterministic=True) == schema.SerializeToString(deterministic=True)
    )


def _lost_comments(before: str, after: str) -> tuple[str, ...]:
    try:
        had, has = (collections.Counter(tokens.comments(text)) for text in (before, after))
    except TextError:
        return ()
    return tuple((had - has).elements())

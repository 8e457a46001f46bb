"""Which values a feature has: what a schema calls its domain.

Source: `CreateColumn` of TFDV's anomalies/schema.cc, which asks in this order for a domain that the
statistics declare (custom_domain_util.cc), for truth values (bool_domain_util.cc), for text that is
whole numbers (int_domain_util.cc) and for few distinct values (string_domain_util.cc). It infers no
`float_domain`, no bounds and no `is_categorical`.
"""

from __future__ import annotations

import re

from google.protobuf import text_format
from tensorflow_metadata.proto.v0 import schema_pb2, statistics_pb2

from skewgate.core import proto_text
from skewgate.schema.inference.paths import serialize
from skewgate.schema.inference.views import FeatureView

MOST_VALUES = 100
"""The most distinct values that are listed in a domain."""
DOMAIN_STAT = "domain_info"
"""Custom statistic of a feature: the text of its domain, such as `image_domain {}`.

TFDV writes it of images, times and natural language, if it is asked to look for them
(`enable_semantic_domain_stats`).
"""
TRUE = frozenset({"TRUE", "true", "SET", "set", "1", ""})
"""Texts that mean true. That the empty text does is TFDV's choice."""
FALSE = frozenset({"FALSE", "false", "CLEAR", "clear", "0"})
"""Texts that mean false."""

_KINDS = statistics_pb2.FeatureNameStatistics
_WHOLE = re.compile(r"\s*([+-]?)(?=[0-9])0*([0-9]{0,19})\s*", re.ASCII)


def add_domain(view: FeatureView, feature: schema_pb2.Feature, schema: schema_pb2.Schema) -> None:
    """Declares the domain of a feature, if its statistics tell one.

    Args:
        view: statistics of the feature.
        feature: of the schema, without a domain so far; changed in place.
        schema: gains a `string_domain` if few distinct texts are found.
    """
    declared = declared_domain(view)
    if declared is not None:
        feature.MergeFrom(declared)
    elif view.has_invalid_utf8 or view.kind == _KINDS.BYTES:
        return
    elif _is_truth(view):
        feature.bool_domain.CopyFrom(_truth(view))
    elif _is_whole(view):
        feature.int_domain.SetInParent()
    elif 0 < len(view.strings) <= MOST_VALUES:
        feature.domain = _add_values(schema, serialize(view.steps), view.strings)


def declared_domain(view: FeatureView) -> schema_pb2.Feature | None:
    """Returns the domain that the statistics declare, alone in a feature; None without one.

    A text that is not one field of `domain_info`, or more than one text, declares none.
    """
    texts = [each.str for each in view.statistics.custom_stats if each.name == DOMAIN_STAT]
    while texts and not texts[0]:
        del texts[0]
    if len(texts) != 1:
        return None
    try:
        found = proto_text.parse(texts[0], schema_pb2.Feature())
    except text_format.ParseError:
        return None
    fields = [field for field, _ in found.ListFields()]
    if len(fields) != 1:
        return None
    oneof = fields[0].containing_oneof
    return found if oneof is not None and oneof.name == "domain_info" else None


def _is_truth(view: FeatureView) -> bool:
    """Says whether integers are 0 and 1, or texts mean true and false, one text each at most."""
    if view.kind == _KINDS.INT:
        numbers = view.statistics.num_stats
        return bool(numbers.min >= 0 and numbers.max == 1)
    texts = view.strings
    return (
        view.kind == _KINDS.STRING
        and 0 < len(texts) <= 2
        and sum(text in TRUE for text in texts) <= 1
        and sum(text in FALSE for text in texts) <= 1
        and all(text in TRUE or text in FALSE for text in texts)
    )


def _truth(view: FeatureView) -> schema_pb2.BoolDomain:
    """Returns a domain that says which text means true and which false, as far as seen."""
    domain = schema_pb2.BoolDomain()
    if view.kind == _KINDS.STRING:
        for text in view.strings:
            if text in TRUE:
                domain.true_value = text
            else:
                domain.false_value = text
    return domain


def _is_whole(view: FeatureView) -> bool:
    """Says whether all texts are whole numbers of 64 bits, blanks around them allowed."""
    return view.kind == _KINDS.STRING and bool(view.strings) and all(map(_is_int64, view.strings))


def _is_int64(text: str) -> bool:
    found = _WHOLE.fullmatch(text)
    return found is not None and -(2**63) <= int(f"{found[1]}{found[2] or 0}") < 2**63


def _add_values(schema: schema_pb2.Schema, name: str, values: list[str]) -> str:
    """Adds a domain of values to a schema and returns its name, which is counted up if taken."""
    taken = {domain.name for domain in schema.string_domain}
    free, number = name, 1
    while free in taken:
        number += 1
        free = f"{name}{number}"
    schema.string_domain.add(name=free, value=values)
    return free

"""Says feature by feature in what two schemas differ."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator, Sequence
from typing import Any

from tensorflow_metadata.proto.v0 import schema_pb2

from skewgate.core import wording
from skewgate.schema.editing.render import in_one_line, is_repeated, render_scalar

DATASET = ""
"""Stands for the name of a feature where a difference concerns the whole data set."""
_BLOCKS = ("feature", "sparse_feature", "weighted_feature")
_TYPES = {name: schema_pb2.FeatureType.Name(name) for name in schema_pb2.FeatureType.values()}
_SHOWN = 5  # values named before "and 7 more"


@dataclasses.dataclass(frozen=True)
class Difference:
    """One thing in which the second schema differs from the first.

    Attributes:
        feature: the feature, `parent.child` within a struct, or `DATASET`.
        field: the field of the schema, such as `float_domain.min`.
        change: added, removed, changed, gains or loses.
        before, after: what the two say; None where nothing is said. A field's value, the values
            lost or gained, or a message in text format.
        text: the same in words, without the feature.
    """

    feature: str
    field: str
    change: str
    before: Any
    after: Any
    text: str

    def __str__(self) -> str:
        return f"{self.feature or 'data set'}: {self.text}"


def diff(old: schema_pb2.Schema, new: schema_pb2.Schema) -> list[Difference]:
    """Returns what differs; the order of features and of the values of a domain does not count.

    >>> fare = schema_pb2.Feature(name="fare", float_domain=schema_pb2.FloatDomain(min=0))
    >>> old, new = schema_pb2.Schema(feature=[fare]), schema_pb2.Schema(feature=[fare])
    >>> new.feature[0].float_domain.min = -3.5
    >>> new.feature.add(name="tip", type=schema_pb2.FLOAT).presence.min_fraction = 1
    >>> for difference in diff(old, new):
    ...     print(difference)
    fare: float_domain min 0 -> -3.5
    tip: new feature (FLOAT, present in every row)
    """
    differences: list[Difference] = []
    for kind in _BLOCKS:
        differences += _features(list(getattr(old, kind)), list(getattr(new, kind)), "", old, new)
    differences += _domains(old, new)
    for name in ("default_environment", "dataset_constraints"):
        differences += _field(old, new, old.DESCRIPTOR.fields_by_name[name], DATASET, "")
    done = {*_BLOCKS, "string_domain", "default_environment", "dataset_constraints"}
    for field in old.DESCRIPTOR.fields:
        if field.name not in done:
            differences += _field(old, new, field, DATASET, "")
    if not differences and aligned(new, old) != old:
        text = "something differs that is not compared by feature; see the texts"
        differences.append(Difference(DATASET, "", "changed", None, None, text))
    return differences


def aligned(new: schema_pb2.Schema, old: schema_pb2.Schema) -> schema_pb2.Schema:
    """Returns the new schema with its features, domains and values in the order of the old one."""
    result = schema_pb2.Schema()
    result.CopyFrom(new)
    for kind in (*_BLOCKS, "string_domain"):
        _reorder(getattr(result, kind), [item.name for item in getattr(old, kind)])
    before = {domain.name: list(domain.value) for domain in old.string_domain}
    for domain in result.string_domain:
        known = before.get(domain.name, [])
        kept = [value for value in known if value in set(domain.value)]
        domain.value[:] = kept + [value for value in domain.value if value not in set(known)]
    return result


def _reorder(items: Any, order: Sequence[str]) -> None:
    """Sorts as in an order; what is not in it goes behind what stood before it."""
    places = {name: float(place) for place, name in enumerate(order)}
    last, keys = -1.0, {}
    for item in items:
        last = places.get(item.name, last)
        keys[item.name] = (last, item.name not in places)
    copies = sorted(items, key=lambda item: keys[item.name])
    copies = [type(item).FromString(item.SerializeToString()) for item in copies]
    del items[:]
    items.extend(copies)


def _features(
    old: Sequence[Any],
    new: Sequence[Any],
    prefix: str,
    old_schema: schema_pb2.Schema,
    new_schema: schema_pb2.Schema,
) -> Iterator[Difference]:
    before = {prefix + feature.name: feature for feature in old}
    after = {prefix + feature.name: feature for feature in new}
    for name, feature in before.items():
        if name not in after:
            text = f"removed feature{_description(feature, old_schema)}"
            yield Difference(name, "", "removed", in_one_line(feature), None, text)
            continue
        if feature == after[name]:
            continue
        for field in feature.DESCRIPTOR.fields:
            if field.name == "struct_domain":
                inner = [
                    list(side.struct_domain.feature) if hasattr(side, "struct_domain") else []
                    for side in (feature, after[name])
                ]
                yield from _features(inner[0], inner[1], f"{name}.", old_schema, new_schema)
            elif field.name != "name":
                yield from _field(feature, after[name], field, name, "")
    for name, feature in after.items():
        if name not in before:
            text = f"new feature{_description(feature, new_schema)}"
            yield Difference(name, "", "added", None, in_one_line(feature), text)


def _description(feature: Any, schema: schema_pb2.Schema) -> str:
    """Says in brackets what a feature is."""
    if not isinstance(feature, schema_pb2.Feature):
        return ""
    parts = [_TYPES[feature.type]] if feature.HasField("type") else []
    share = feature.presence.min_fraction
    if share >= 1:
        parts.append("present in every row")
    elif share > 0:
        parts.append(f"present in {wording.rounded(share)} of the rows")
    if feature.HasField("domain"):
        values = [
            value
            for domain in schema.string_domain
            if domain.name == feature.domain
            for value in domain.value
        ]
        parts.append(f"one of {_listed(values)}")
    parts += [f"not in {name}" for name in feature.not_in_environment]
    return f" ({', '.join(parts)})" if parts else ""


def _domains(old: schema_pb2.Schema, new: schema_pb2.Schema) -> Iterator[Difference]:
    """Compares the string domains that stand by themselves; names the features that use them."""
    before = {domain.name: domain for domain in old.string_domain}
    after = {domain.name: domain for domain in new.string_domain}
    described = {feature.name for feature in new.feature} - {f.name for f in old.feature}
    for name in {**before, **after}:
        users = [
            feature.name
            for feature in new.feature
            if feature.domain == name and feature.HasField("domain")
        ]
        if name not in before:
            if not set(users) & described:  # else the new feature has said it
                text = f"new domain {name!r} of {_listed(list(after[name].value))}"
                values = list(after[name].value)
                yield Difference(", ".join(users), "domain", "added", None, values, text)
        elif name not in after:
            text, values = f"domain {name!r} removed", list(before[name].value)
            yield Difference(DATASET, "domain", "removed", values, None, text)
        else:
            yield from _domain(before[name], after[name], users)


def _domain(
    before: schema_pb2.StringDomain, after: schema_pb2.StringDomain, users: Sequence[str]
) -> Iterator[Difference]:
    label = "domain" if len(users) == 1 else f"domain {before.name!r}"
    feature = ", ".join(users)
    for field in before.DESCRIPTOR.fields:
        if field.name == "value":
            yield from _values(list(before.value), list(after.value), feature, label)
        else:
            yield from _field(before, after, field, feature, label)


def _values(
    before: Sequence[Any], after: Sequence[Any], feature: str, label: str
) -> Iterator[Difference]:
    """Compares two lists as sets."""
    for change, values, others in (("gains", after, before), ("loses", before, after)):
        moved = [value for value in dict.fromkeys(values) if value not in set(others)]
        if moved:
            sides = (None, moved) if change == "gains" else (moved, None)
            text = f"{label} {change} {_listed(moved)}"
            yield Difference(feature, label.replace(" ", "."), change, sides[0], sides[1], text)


def _field(old: Any, new: Any, field: Any, feature: str, prefix: str) -> Iterator[Difference]:
    """Compares one field of two messages."""
    label = f"{prefix} {field.name}".strip()
    path = label.replace(" ", ".")
    if is_repeated(field):
        before, after = list(getattr(old, field.name)), list(getattr(new, field.name))
        if before == after:
            return
        if field.message_type is None:
            yield from _values(before, after, feature, label)
            return
        sides = [[in_one_line(item) for item in side] for side in (before, after)]
        text = f"{label} {_joined(sides[0])} -> {_joined(sides[1])}"
        yield Difference(feature, path, "changed", sides[0], sides[1], text)
        return
    had, has = old.HasField(field.name), new.HasField(field.name)
    one, other = getattr(old, field.name), getattr(new, field.name)
    if had == has and one == other:
        return
    if field.message_type is not None and had and has:
        found = [
            difference
            for child in field.message_type.fields
            for difference in _field(one, other, child, feature, label)
        ]
        yield from found
        return
    change = "changed" if had and has else "added" if has else "removed"
    said = ((had, one), (has, other))
    plain = tuple(_plain(field, value) if there else None for there, value in said)
    words = " -> ".join(_shown(field, value) if there else "none" for there, value in said)
    yield Difference(feature, path, change, plain[0], plain[1], f"{label} {words}")


def _plain(field: Any, value: Any) -> Any:
    """Returns a value that JSON can hold."""
    if field.message_type is not None:
        return in_one_line(value)
    if field.enum_type is not None:
        return field.enum_type.values_by_number[value].name
    if isinstance(value, float):
        shortest = float(render_scalar(field, value))  # of a float32, without its noise
        return shortest if math.isfinite(shortest) else str(shortest)
    return value


def _shown(field: Any, value: Any) -> str:
    if field.message_type is not None:
        return f"{{{in_one_line(value)}}}"
    if isinstance(value, float) and value.is_integer() and abs(value) <= 2.0**64:
        return f"{value:.0f}"
    return render_scalar(field, value)


def _listed(values: Sequence[Any]) -> str:
    return wording.listed([repr(value) for value in values], _SHOWN, "nothing")


def _joined(parts: Sequence[str]) -> str:
    return "; ".join(f"{{{part}}}" for part in parts) or "none"

"""Completes an inferred schema: environments, the label, and values that were not seen yet."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Collection, Mapping

import pyarrow as pa
from tensorflow_metadata.proto.v0 import schema_pb2

from skewgate.core.hidden import visible
from skewgate.data.arrow.kinds import is_text
from skewgate.scaffold.columns import Column, Role
from skewgate.scaffold.labels import Label
from skewgate.schema.editing.render import render_field, render_schema

TRAINING, SERVING = "TRAINING", "SERVING"
_MOST_UNSEEN = 0.5


def complete(
    inferred: schema_pb2.Schema,
    label: Label,
    columns: Mapping[str, Column],
    sample: pa.RecordBatch,
    serving: Collection[str] | None,
) -> tuple[schema_pb2.Schema, dict[str, str]]:
    """Returns a schema with environments, and a note on each feature that differs by it.

    Args:
        inferred: of the training data.
        label: what is predicted.
        columns: of the training data.
        sample: rows of them.
        serving: the columns of the serving data; None if they are as the training data.
    """
    schema = schema_pb2.Schema()
    schema.CopyFrom(inferred)
    schema.default_environment.extend([TRAINING, SERVING])
    notes: dict[str, str] = {}
    for feature in schema.feature:
        name = feature.name
        if name == label.name:
            notes[name] = _declare_label(schema, feature, label)
        elif serving is not None and name not in serving:
            feature.not_in_environment.append(SERVING)
            notes[name] = "Not in the serving data, so the model does not learn from it."
        if feature.domain and name != label.name and name in sample.schema.names:
            _allow_unseen(feature, sample.column(sample.schema.get_field_index(name)), notes)
        column = columns.get(name)
        if column is not None and column.role is Role.TIME and not feature.HasField("time_domain"):
            feature.ClearField("int_domain")
            feature.time_domain.integer_format = schema_pb2.TimeDomain.UNIX_SECONDS
    return schema, notes


def _declare_label(schema: schema_pb2.Schema, feature: schema_pb2.Feature, label: Label) -> str:
    feature.not_in_environment.append(SERVING)
    feature.type = schema_pb2.FeatureType.Value(label.feature_type)
    note = "The label: not known when the model is asked, so SERVING rows need not have it."
    if not label.classes or label.feature_type != "BYTES":
        return note
    kept = [domain for domain in schema.string_domain if domain.name != feature.domain]
    del schema.string_domain[:]
    schema.string_domain.extend(kept)
    feature.ClearField("domain_info")
    feature.string_domain.value.extend(label.classes)
    return f"{note} Its values are read as text: they are names of classes."


def _allow_unseen(feature: schema_pb2.Feature, values: pa.Array, notes: dict[str, str]) -> None:
    """Allows a share of values that are not listed, where some occur so seldom that others will."""
    if not is_text(values.type):
        return
    counts = values.drop_null().value_counts().field("counts").to_pylist()
    once = sum(count == 1 for count in counts)
    if not once:
        return
    unseen = min(max(0.01, 3 * once / sum(counts)), _MOST_UNSEEN)
    feature.distribution_constraints.min_domain_mass = math.floor((1 - unseen) * 100) / 100
    occur = "value occurs" if once == 1 else "values occur"
    told = f"{once} {occur} in only one row, so later rows will have others that are not listed."
    notes[feature.name] = f"{notes[feature.name]} {told}" if feature.name in notes else told


def render(schema: schema_pb2.Schema, notes: Mapping[str, str], header: str) -> str:
    """Returns the text of schema.pbtxt, with notes above features.

    Args:
        schema: what to write.
        notes: by the name of a feature.
        header: a comment for the top, without `#`.
    """
    text = render_schema(schema, header)
    field = schema_pb2.Schema.DESCRIPTOR.fields_by_name["feature"]
    for feature in schema.feature:
        if feature.name in notes:
            block = "\n" + render_field(field, feature)
            note = "".join(
                f"\n# {line}" for line in textwrap.wrap(visible(notes[feature.name]), 98)
            )
            text = text.replace(block, note + block, 1)
    return text

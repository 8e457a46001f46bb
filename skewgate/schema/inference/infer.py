"""Infers the schema that statistics suggest, equal to that of TFDV's `infer_schema`.

It is that of `infer_schema(statistics, infer_feature_shape=False)`, of TFDV 1.16 and 1.21 alike:
what infers is the same in both. `tests/components/test_schema_inference.py` holds the two against
each other.

Source: `infer_schema` of TFDV's api/validation_api.py, `InferSchema` of
anomalies/feature_statistics_validator.cc and `CreateColumn` of anomalies/schema.cc.
"""

from __future__ import annotations

from tensorflow_metadata.proto.v0 import schema_pb2, statistics_pb2

from skewgate.schema.inference.domains import add_domain
from skewgate.schema.inference.feature_presence import add_presence
from skewgate.schema.inference.views import FeatureView, roots, rows_of


def infer(
    statistics: statistics_pb2.DatasetFeatureStatisticsList, where: str = "statistics"
) -> schema_pb2.Schema:
    """Returns the schema that statistics suggest: types, presence, numbers of values, domains.

    Args:
        statistics: of one data set, or of slices with that of all examples among them, from which
            the schema is inferred. They stay as they are.
        where: names the statistics in messages.

    Returns:
        A schema with the features in the order of the statistics.

    Raises:
        InputError: none of several data sets is of all examples, or the features cannot be told
            apart by their names.

    >>> statistics = statistics_pb2.DatasetFeatureStatisticsList()
    >>> fare = statistics.datasets.add(num_examples=7).features.add(type="FLOAT")
    >>> fare.path.step.append("fare")
    >>> fare.num_stats.common_stats.num_non_missing = 7
    >>> feature = infer(statistics).feature[0]
    >>> feature.name, schema_pb2.FeatureType.Name(feature.type), feature.presence.min_fraction
    ('fare', 'FLOAT', 1.0)
    """
    schema = schema_pb2.Schema()
    for view in roots(rows_of(statistics), where):
        _add(view, schema, schema)
    return schema


def _add(
    view: FeatureView,
    parent: schema_pb2.Schema | schema_pb2.StructDomain,
    schema: schema_pb2.Schema,
) -> None:
    """Adds a feature, and those within it, to a schema or a struct of it."""
    feature = parent.feature.add(name=view.steps[-1], type=view.feature_type)
    add_presence(view, feature)
    if view.statistics.HasField("validation_derived_source"):
        feature.lifecycle_stage = schema_pb2.VALIDATION_DERIVED
        feature.validation_derived_source.CopyFrom(view.statistics.validation_derived_source)
    add_domain(view, feature, schema)
    for child in view.children:
        _add(child, feature.struct_domain, schema)

"""How often a feature is present, and with how many values.

Source: `InitPresenceAndShape` and `InitValueCount` of TFDV's anomalies/feature_util.cc.
"""

from __future__ import annotations

from tensorflow_metadata.proto.v0 import schema_pb2

from skewgate.schema.inference.views import FeatureView


def add_presence(view: FeatureView, feature: schema_pb2.Feature) -> None:
    """Declares in how many rows a feature must be, and how many values a row has of it.

    The least number of rows is 1, or 0 if no row has it (if weights are counted: rows of less
    than 1 together). Where no row lacks it, all must have it. Numbers of values are declared by
    `value_counts` for lists of lists, else by `value_count`.

    Args:
        view: statistics of the feature.
        feature: changed in place.
    """
    feature.presence.min_count = 1 if view.present >= 1 else 0
    if view.present <= 0:
        return
    if view.missing == 0:
        feature.presence.min_fraction = 1.0
    if view.is_nested:
        for least, most in view.value_ranges:
            _limit(feature.value_counts.value_count.add(), least, most)
    else:
        _limit(feature.value_count, *view.value_ranges[0])


def _limit(count: schema_pb2.ValueCount, least: int, most: int) -> None:
    """Declares an exact number of values, or at least one; nothing where there can be none."""
    if least <= 0:
        return
    count.min = least if least == most else 1
    if least == most:
        count.max = most

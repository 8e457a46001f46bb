import pytest
from google.protobuf import text_format
from tensorflow_metadata.proto.v0 import schema_pb2, statistics_pb2

from skewgate.schema.inference.feature_presence import add_presence
from skewgate.schema.inference.views import FeatureView


def declared(common, *, weighted=False):
    statistics = text_format.Parse(
        f"num_stats {{ common_stats {{ {common} }} }}", statistics_pb2.FeatureNameStatistics()
    )
    feature = schema_pb2.Feature()
    add_presence(FeatureView(statistics, ("a",), weighted), feature)
    return feature


def parsed(text):
    return text_format.Parse(text, schema_pb2.Feature())


@pytest.mark.parametrize(
    ("common", "expected"),
    [
        ("num_non_missing: 7", "presence { min_fraction: 1.0 min_count: 1 }"),
        ("num_non_missing: 7 num_missing: 1", "presence { min_count: 1 }"),
        ("num_missing: 7", "presence { min_count: 0 }"),
        ("", "presence { min_count: 0 }"),
    ],
)
def test_a_feature_must_be_present_as_far_as_it_was(common, expected):
    assert declared(common) == parsed(expected)


def test_rows_that_weigh_less_than_one_together_may_be_missing():
    sums = "num_non_missing: 7 weighted_common_stats { num_non_missing: 0.5 }"
    expected = parsed("presence { min_fraction: 1.0 min_count: 0 }")
    assert declared(sums, weighted=True) == expected


@pytest.mark.parametrize(
    ("limits", "expected"),
    [
        ("min_num_values: 1 max_num_values: 1", "value_count { min: 1 max: 1 }"),
        ("min_num_values: 3 max_num_values: 3", "value_count { min: 3 max: 3 }"),
        ("min_num_values: 2 max_num_values: 3", "value_count { min: 1 }"),
        ("max_num_values: 3", ""),
        (
            "presence_and_valency_stats { min_num_values: 2 max_num_values: 2 }"
            "presence_and_valency_stats { max_num_values: 5 }"
            "presence_and_valency_stats { min_num_values: 1 max_num_values: 5 }",
            "value_counts { value_count { min: 2 max: 2 } value_count { } value_count { min: 1 } }",
        ),
    ],
)
def test_numbers_of_values_are_declared_exactly_or_from_one_up(limits, expected):
    found = declared(f"num_non_missing: 7 num_missing: 1 {limits}")
    assert found == parsed(f"{expected} presence {{ min_count: 1 }}")


def test_without_any_row_nothing_is_known_of_the_values():
    found = declared("num_missing: 7 min_num_values: 1 max_num_values: 1")
    assert found == parsed("presence { min_count: 0 }")

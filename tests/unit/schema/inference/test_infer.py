"""Schemas worked out by hand; tests/components/test_schema_inference.py compares with TFDV."""

import pytest
from google.protobuf import text_format
from tensorflow_metadata.proto.v0 import schema_pb2, statistics_pb2

from skewgate.core.errors import InputError
from skewgate.schema.editing.render import render_schema
from skewgate.schema.inference.infer import infer
from skewgate.schema.reading import parse_schema


def statistics(text):
    return text_format.Parse(text, statistics_pb2.DatasetFeatureStatisticsList())


def schema(text):
    return text_format.Parse(text, schema_pb2.Schema())


TRIPS = """
    datasets {
      num_examples: 9
      features {
        path { step: "trip" }
        type: STRUCT
        struct_stats {
          common_stats { num_non_missing: 9 min_num_values: 1 max_num_values: 1 }
        }
      }
      features {
        path { step: "zone" }
        type: STRING
        string_stats {
          common_stats { num_non_missing: 9 min_num_values: 1 max_num_values: 1 }
          rank_histogram { buckets { label: "south" } buckets { label: "north" } }
        }
      }
      features {
        path { step: "trip" step: "zone" }
        type: STRING
        string_stats {
          common_stats { num_non_missing: 7 num_missing: 2 max_num_values: 3 }
          rank_histogram { buckets { label: "west" } buckets { label: "east" } }
        }
      }
      features {
        path { step: "trip" step: "fare" }
        type: FLOAT
        num_stats {
          common_stats { num_non_missing: 9 min_num_values: 1 max_num_values: 4 }
        }
      }
      features {
        path { step: "hash" }
        type: BYTES
        bytes_stats { common_stats { num_missing: 9 } }
        validation_derived_source { deriver_name: "checksum" }
      }
    }
"""


def test_a_schema_worked_out_by_hand():
    assert infer(statistics(TRIPS)) == schema(
        """
        feature {
          name: "trip"
          type: STRUCT
          presence { min_fraction: 1.0 min_count: 1 }
          value_count { min: 1 max: 1 }
          struct_domain {
            feature {
              name: "fare"
              type: FLOAT
              presence { min_fraction: 1.0 min_count: 1 }
              value_count { min: 1 }
            }
            feature {
              name: "zone"
              type: BYTES
              presence { min_count: 1 }
              domain: "trip.zone"
            }
          }
        }
        feature {
          name: "zone"
          type: BYTES
          presence { min_fraction: 1.0 min_count: 1 }
          value_count { min: 1 max: 1 }
          domain: "zone"
        }
        feature {
          name: "hash"
          type: BYTES
          presence { min_count: 0 }
          lifecycle_stage: VALIDATION_DERIVED
          validation_derived_source { deriver_name: "checksum" }
        }
        string_domain { name: "trip.zone" value: "east" value: "west" }
        string_domain { name: "zone" value: "north" value: "south" }
        """
    )


def test_the_statistics_stay_as_they_are():
    given = statistics(TRIPS)
    weighed = given.datasets[0].features.add()
    weighed.path.step.append("weighed")
    weighed.custom_stats.add(name="missing_value")
    before = given.SerializeToString(deterministic=True)
    infer(given)
    assert given.SerializeToString(deterministic=True) == before


def test_of_slices_that_of_all_examples_is_taken():
    feature = 'features { path { step: "a" } type: %s num_stats {} }'
    found = infer(
        statistics(
            f'datasets {{ name: "zone_north" {feature % "INT"} }}'
            f'datasets {{ name: "All Examples" {feature % "FLOAT"} }}'
        )
    )
    assert [each.type for each in found.feature] == [schema_pb2.FLOAT]


def test_a_single_data_set_is_taken_whatever_its_name():
    assert infer(statistics('datasets { name: "train" }')) == schema_pb2.Schema()


@pytest.mark.parametrize("text", ["", 'datasets { name: "a" } datasets { name: "b" }'])
def test_without_all_examples_there_is_no_schema(text):
    with pytest.raises(InputError, match="have no 'All Examples' beside their slices"):
        infer(statistics(text))


def test_messages_name_the_statistics():
    with pytest.raises(InputError, match=r"^week\.pb: have a feature without a path"):
        infer(statistics("datasets { features { path {} num_stats {} } }"), "week.pb")


@pytest.mark.parametrize(("depth", "is_read"), [(32, True), (33, False)])
def test_structs_nest_as_deep_as_a_schema_can_be_read_again(depth, is_read):
    given = statistics_pb2.DatasetFeatureStatisticsList()
    dataset = given.datasets.add()
    for length in range(1, depth + 1):
        feature = dataset.features.add(type="STRUCT")
        feature.path.step.extend(["a"] * length)
        feature.struct_stats.common_stats.num_non_missing = 1
    if is_read:
        assert parse_schema(render_schema(infer(given), ""), "schema.pbtxt") == infer(given)
    else:
        with pytest.raises(InputError, match="have a feature in 32 structs, and at most 31 can be"):
            infer(given)

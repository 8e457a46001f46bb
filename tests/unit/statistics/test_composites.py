"""Statistics of sparse and weighted features are those of TFDV."""

import pyarrow as pa
import pytest
import tensorflow_data_validation as tfdv
from google.protobuf import text_format
from hypothesis import given, settings
from hypothesis import strategies as st
from tensorflow_data_validation.statistics.generators import (
    sparse_feature_stats_generator,
    weighted_feature_stats_generator,
)
from tensorflow_metadata.proto.v0 import schema_pb2

from skewgate.statistics.composites import Composites

SCHEMA = text_format.Parse(
    """
    sparse_feature {
      name: "tags" value_feature { name: "value" }
      index_feature { name: "row" } index_feature { name: "column" }
    }
    weighted_feature {
      name: "weighed" feature { step: "value" } weight_feature { step: "weight" }
    }
    """,
    schema_pb2.Schema(),
)
COLUMNS = ("value", "row", "column", "weight")


def by_name(features):
    return {feature.path.step[0]: feature for feature in features}


def of_tfdv(batches):
    found = {}
    for generator in (
        sparse_feature_stats_generator.SparseFeatureStatsGenerator(SCHEMA),
        weighted_feature_stats_generator.WeightedFeatureStatsGenerator(SCHEMA),
    ):
        accumulator = generator.create_accumulator()
        for batch in batches:
            accumulator = generator.add_input(accumulator, batch)
        found |= by_name(generator.extract_output(accumulator).features)
    return found


CELLS = st.one_of(st.none(), st.lists(st.integers(0, 9), max_size=3))
BATCHES = st.lists(
    st.tuples(
        st.sets(st.sampled_from(COLUMNS)),
        st.lists(st.tuples(*[CELLS] * len(COLUMNS)), min_size=1, max_size=5),
    ),
    min_size=1,
    max_size=3,
)


@settings(max_examples=80)
@given(BATCHES)
def test_they_are_those_of_tfdv(parts):
    batches = [
        pa.RecordBatch.from_arrays(
            [
                pa.array([row[COLUMNS.index(name)] for row in rows], pa.list_(pa.int64()))
                for name in sorted(columns)
            ],
            sorted(columns),
        )
        for columns, rows in parts
        if columns
    ]
    composites = Composites(SCHEMA)
    for batch in batches:
        composites.add(batch)
    assert by_name(composites.statistics()) == of_tfdv(batches)


def test_a_single_value_is_a_list_of_one():
    composites = Composites(SCHEMA)
    composites.add(pa.record_batch([pa.array([1, None, 3])], ["value"]))
    composites.add(pa.record_batch([pa.array(["a"]), pa.array([None])], ["weight", "value"]))
    found = by_name(composites.statistics())
    told = {stat.name: stat.num for stat in found["weighed"].custom_stats}
    assert told == {
        "missing_weight": 2,
        "missing_value": 1,
        "min_weight_length_diff": -1,
        "max_weight_length_diff": 1,
    }


def test_the_columns_to_read_are_the_parts():
    assert Composites(SCHEMA).columns == set(COLUMNS)
    assert Composites(schema_pb2.Schema()).columns == set()


@pytest.mark.parametrize(
    ("cells", "kinds"),
    [
        ({"value": [[1, 2]], "row": [[1, 2]], "column": [[0, 0]], "weight": [[1, 1]]}, set()),
        (
            {"value": [[1, 2]], "row": [[1]], "column": [[0, 0]], "weight": [[1, 1]]},
            {"SPARSE_FEATURE_LENGTH_MISMATCH"},
        ),
        (
            {"value": [[1]], "row": [[1]], "column": [None], "weight": [[1]]},
            {"SPARSE_FEATURE_MISSING_INDEX", "SPARSE_FEATURE_LENGTH_MISMATCH"},
        ),
        (
            {"value": [[1]], "row": [[1]], "column": [[1]], "weight": [[1, 2]]},
            {"WEIGHTED_FEATURE_LENGTH_MISMATCH"},
        ),
    ],
)
def test_tfdv_finds_what_is_wrong_by_them(cells, kinds):
    from tensorflow_metadata.proto.v0 import anomalies_pb2, statistics_pb2

    composites = Composites(SCHEMA)
    composites.add(pa.RecordBatch.from_arrays(list(map(pa.array, cells.values())), list(cells)))
    statistics = statistics_pb2.DatasetFeatureStatisticsList()
    dataset = statistics.datasets.add(num_examples=1)
    dataset.features.extend(composites.statistics())
    found = tfdv.validate_statistics(statistics, SCHEMA)
    names = anomalies_pb2.AnomalyInfo.Type.Name
    reasons = [reason for info in found.anomaly_info.values() for reason in info.reason]
    assert {names(reason.type) for reason in reasons} == kinds

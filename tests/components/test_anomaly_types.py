"""Every anomaly type that TFDV's validation can raise, through the component."""

from __future__ import annotations

import dataclasses
import pathlib

import numpy as np
import pyarrow as pa
import pytest
import tensorflow_data_validation as tfdv
from google.protobuf import any_pb2, text_format
from tensorflow_data_validation.statistics import stats_impl
from tensorflow_metadata.proto.v0 import anomalies_pb2, schema_pb2, statistics_pb2
from tfx.types import artifact_utils, standard_artifacts

import skewgate
from skewgate.components.schema_skew_validator import executor

ROWS = 200


@dataclasses.dataclass(frozen=True)
class Case:
    """A schema and a column (of the real data below, or hand-made) that provoke one anomaly."""

    kind: str
    feature: str
    schema: str
    expected: str
    observed: str
    column: str | None = None
    statistics: str | None = None
    environment: str = ""

    @property
    def root(self) -> str:
        """The column to take from the real data."""
        return self.column or self.feature.split(".")[0]


def one(name, kind, more):
    return f'feature {{ name: "{name}" type: {kind} {more} }}'


STRUCT = """
feature {
  name: "trip" type: STRUCT
  struct_domain {
    feature { name: "miles" type: FLOAT float_domain { max: 5 } }
    feature { name: "zone" type: BYTES domain: "zones" }
    feature { name: "driver" type: INT presence { min_count: 1 } }
  }
}
string_domain { name: "zones" value: "b" }
"""
SPARSE = """
feature { name: "v" type: FLOAT } feature { name: "i" type: INT }
sparse_feature { name: "s" index_feature { name: "i" } value_feature { name: "v" } }
"""
WEIGHTED = """
feature { name: "v" type: FLOAT } feature { name: "w" type: FLOAT }
weighted_feature { name: "wf" feature { step: "v" } weight_feature { step: "w" } }
"""
COUNTS = "common_stats { num_non_missing: 200 min_num_values: 1 max_num_values: 1 }"
IMAGES = f"""
features {{
  path {{ step: "photo" }} type: BYTES
  bytes_stats {{ {COUNTS} max_num_bytes_int: 2048 }}
  custom_stats {{
    name: "image_format_histogram"
    rank_histogram {{
      buckets {{ label: "UNKNOWN" sample_count: 50 }} buckets {{ label: "jpeg" sample_count: 150 }}
    }}
  }}
}}
"""
SEMANTIC = f"""
features {{
  path {{ step: "link" }} type: STRING string_stats {{ {COUNTS} }}
  custom_stats {{ name: "domain_info" str: "url_domain {{}}" }}
}}
"""
DERIVED = f"""
features {{
  path {{ step: "sum" }} type: FLOAT num_stats {{ {COUNTS} }}
  validation_derived_source {{ deriver_name: "adder" }}
}}
"""
UNNAMED = f'features {{ path {{ step: "" }} type: INT num_stats {{ {COUNTS} }} }}'
NO_TEXT_STATISTICS = (
    f'features {{ path {{ step: "text" }} type: STRING string_stats {{ {COUNTS} }} }}'
)


def text_statistics():
    """Statistics of text as TFDV's natural language generator writes them."""
    natural = statistics_pb2.NaturalLanguageStatistics(feature_coverage=0.7, avg_token_length=2.5)
    natural.token_statistics.add(
        string_token="[UNK]",
        fraction_of_sequences=0.4,
        per_sequence_min_frequency=1,
        per_sequence_max_frequency=9,
    )
    packed = any_pb2.Any()
    packed.Pack(natural)
    feature = text_format.Parse(
        NO_TEXT_STATISTICS, statistics_pb2.DatasetFeatureStatistics()
    ).features[0]
    feature.custom_stats.add(name="nl_statistics", any=packed)
    data = statistics_pb2.DatasetFeatureStatistics(features=[feature])
    return text_format.MessageToString(data)


def text(constraints):
    return one("text", "BYTES", f"natural_language_domain {{ {constraints} }}")


def token(constraint):
    return text(f'token_constraints {{ string_value: "[UNK]" {constraint} }}')


CASES = [
    Case(
        "BOOL_TYPE_BIG_INT",
        "big",
        one("big", "INT", "bool_domain {}"),
        "0 or 1",
        "maximum 1,125,899,906,842,624",
    ),
    Case(
        "BOOL_TYPE_SMALL_INT",
        "count",
        one("count", "INT", "bool_domain {}"),
        "0 or 1",
        "minimum -2",
    ),
    Case(
        "BOOL_TYPE_UNEXPECTED_FLOAT",
        "ratio",
        one("ratio", "FLOAT", "bool_domain {}"),
        "0 or 1 (bool_domain)",
        "minimum 0.5, maximum inf, NaN in 5 of 200 rows (2.5%)",
    ),
    Case(
        "BOOL_TYPE_UNEXPECTED_STRING",
        "answer",
        one("answer", "BYTES", 'bool_domain { true_value: "yes" false_value: "no" }'),
        "'yes' or 'no' (bool_domain)",
        "'maybe' in 10 of 200 rows (5%)",
    ),
    Case(
        "ENUM_TYPE_INVALID_UTF8",
        "blob",
        one("blob", "BYTES", 'string_domain { value: "ok" }'),
        "UTF-8",
        "4 of 200 rows (2%) are not UTF-8",
    ),
    Case(
        "ENUM_TYPE_UNEXPECTED_STRING_VALUES",
        "payment",
        one("payment", "BYTES", 'domain: "pay"')
        + 'string_domain { name: "pay" value: "Card" value: "Cash" }',
        "one of 'Card', 'Cash' (domain pay)",
        "'Bitcoin' in 20 of 200 rows (10%)",
    ),
    Case(
        "ENUM_TYPE_UNEXPECTED_STRING_VALUES",
        "payment",
        one(
            "payment",
            "BYTES",
            'string_domain { value: "Cash" } distribution_constraints { min_domain_mass: 0.95 }',
        ),
        "one of 'Cash' (string_domain) in at least 95% of the values",
        "'Card' in 80 of 200 rows (40%), 'Bitcoin' in 20 of 200 rows (10%)",
    ),
    Case(
        "ENUM_TYPE_UNEXPECTED_STRING_VALUES",
        "trip.zone",
        STRUCT,
        "one of 'b' (domain zones)",
        "'a' in 200",
    ),
    Case(
        "FEATURE_TYPE_HIGH_NUMBER_VALUES",
        "tags",
        one("tags", "BYTES", "value_count { min: 0 max: 2 }"),
        "between 0 and 2 values",
        "a row with 3 values",
    ),
    Case(
        "FEATURE_TYPE_LOW_NUMBER_VALUES",
        "tags",
        one("tags", "BYTES", "value_count { min: 1 }"),
        "at least 1 value",
        "a row with 0 values",
    ),
    Case(
        "FEATURE_TYPE_LOW_NUMBER_VALUES",
        "nested",
        one("nested", "INT", "value_counts { value_count {} value_count { min: 2 max: 2 } }"),
        "exactly 2 values at nesting level 1",
        "a row with 1 value",
    ),
    Case(
        "FEATURE_TYPE_LOW_FRACTION_PRESENT",
        "tip",
        one("tip", "FLOAT", "presence { min_fraction: 0.99 }"),
        "a value in at least 99% of the rows",
        "present in 93% of 200 rows",
    ),
    Case(
        "FEATURE_TYPE_LOW_FRACTION_PRESENT",
        "tip",
        one("tip", "FLOAT", "presence { min_fraction: 1 }"),
        "a value in every row",
        "present in 93% of 200 rows",
    ),
    Case(
        "FEATURE_TYPE_LOW_NUMBER_PRESENT",
        "tip",
        one("tip", "FLOAT", "presence { min_count: 190 }"),
        "a value in at least 190 rows",
        "present in 186 of 200 rows",
    ),
    Case(
        "FEATURE_TYPE_NOT_PRESENT",
        "gone",
        one("gone", "FLOAT", "presence { min_count: 1 }"),
        "a value in at least 1 row",
        "present in none of 200 rows",
    ),
    Case(
        "FEATURE_TYPE_HIGH_UNIQUE",
        "payment",
        one("payment", "BYTES", "unique_constraints { max: 2 }"),
        "at most 2 different values",
        "3 different values",
    ),
    Case(
        "FEATURE_TYPE_LOW_UNIQUE",
        "payment",
        one("payment", "BYTES", "unique_constraints { min: 4 }"),
        "at least 4 different values",
        "3 different values",
    ),
    Case(
        "FEATURE_TYPE_NO_UNIQUE",
        "fare",
        one("fare", "FLOAT", "unique_constraints { min: 1 max: 9 }"),
        "between 1 and 9 different values",
        "no count of them, as the data are of type FLOAT",
    ),
    Case(
        "FLOAT_TYPE_BIG_FLOAT",
        "fare",
        one("fare", "FLOAT", "float_domain { min: -10 max: 50 }"),
        "between -10 and 50",
        "maximum 80",
    ),
    Case("FLOAT_TYPE_BIG_FLOAT", "trip.miles", STRUCT, "at most 5", "maximum 9"),
    Case(
        "FLOAT_TYPE_BIG_FLOAT",
        "code",
        one("code", "BYTES", "float_domain { max: 5 }"),
        "at most 5",
        "'9' in 6 of 200 rows (3%)",
    ),
    Case(
        "FLOAT_TYPE_SMALL_FLOAT",
        "fare",
        one("fare", "FLOAT", "float_domain { min: 0 }"),
        "at least 0",
        "minimum -3.5",
    ),
    Case(
        "FLOAT_TYPE_STRING_NOT_FLOAT",
        "word",
        one("word", "BYTES", "float_domain {}"),
        "strings that are floats",
        "'x' in 3 of 200 rows (1.5%)",
    ),
    Case(
        "FLOAT_TYPE_HAS_NAN",
        "ratio",
        one("ratio", "FLOAT", "float_domain { disallow_nan: true }"),
        "no NaN",
        "NaN in 5 of 200 rows (2.5%)",
    ),
    Case(
        "FLOAT_TYPE_HAS_INF",
        "ratio",
        one("ratio", "FLOAT", "float_domain { disallow_inf: true }"),
        "no infinite value",
        "minimum 0.5, maximum inf",
    ),
    Case(
        "INT_TYPE_BIG_INT",
        "count",
        one("count", "INT", "int_domain { max: 5 }"),
        "at most 5",
        "maximum 7",
    ),
    Case(
        "INT_TYPE_SMALL_INT",
        "count",
        one("count", "INT", "int_domain { min: 0 max: 9 }"),
        "between 0 and 9",
        "minimum -2",
    ),
    Case(
        "INT_TYPE_SMALL_INT",
        "zip",
        one("zip", "INT", "int_domain { min: 1 is_categorical: true }"),
        "at least 1",
        "'0' in 29 of 200 rows (14.5%)",
    ),
    Case(
        "INT_TYPE_NOT_INT_STRING",
        "word",
        one("word", "BYTES", "int_domain { min: 0 }"),
        "strings that are integers",
        "'x' in 3 of 200 rows (1.5%)",
    ),
    Case(
        "SCHEMA_MISSING_COLUMN",
        "discount",
        one("fare", "FLOAT", "") + one("discount", "FLOAT", "presence { min_fraction: 0.5 }"),
        "a value in at least 50% of the rows",
        "no such column in 200 rows",
        column="fare",
    ),
    Case(
        "SCHEMA_MISSING_COLUMN",
        "trip.driver",
        STRUCT,
        "a value in at least 1 row",
        "no such column",
    ),
    Case(
        "SCHEMA_NEW_COLUMN",
        "tip",
        one("fare", "FLOAT", ""),
        "no such feature, as the schema does not declare it",
        "a column of type FLOAT in 186 of 200 rows",
    ),
    Case(
        "SCHEMA_NEW_COLUMN",
        "tip",
        'default_environment: "T" default_environment: "S"'
        + one("tip", "FLOAT", 'not_in_environment: "S"'),
        "no such feature in environment S",
        "a column of type FLOAT in 186 of 200 rows",
        environment="S",
    ),
    Case(
        "UNEXPECTED_DATA_TYPE",
        "fare",
        one("fare", "INT", "int_domain { min: 0 }"),
        "type INT",
        "type FLOAT",
    ),
    Case(
        "UNEXPECTED_DATA_TYPE",
        "trip",
        one("trip", "FLOAT", "float_domain { min: 0 }"),
        "type FLOAT",
        "type STRUCT",
    ),
    Case(
        "DOMAIN_INVALID_FOR_TYPE",
        "count",
        one("count", "INT", 'string_domain { value: "a" }'),
        "a type that suits string_domain",
        "INT in the schema, INT in the data",
    ),
    Case(
        "DOMAIN_INVALID_FOR_TYPE",
        "raw",
        one("raw", "BYTES", "int_domain { min: 0 }"),
        "a type that suits int_domain",
        "data of type BYTES",
    ),
    Case(
        "INVALID_DOMAIN_SPECIFICATION",
        "payment",
        one("payment", "BYTES", 'domain: "lost"'),
        "a string_domain named 'lost'",
        "no string_domain of that name",
    ),
    Case(
        "INVALID_SCHEMA_SPECIFICATION",
        "fare",
        one("fare", "FLOAT", "presence { min_fraction: 1.5 }"),
        "constraints that can hold",
        "min_fraction should not greater than 1",
    ),
    Case(
        "FEATURE_MISSING_TYPE",
        "fare",
        'feature { name: "fare" }',
        "a type",
        "no type in the schema, and FLOAT",
    ),
    Case(
        "FEATURE_MISSING_NAME",
        "''",
        "feature { type: INT }",
        "a name of the feature in the schema",
        "unspecified name",
        statistics=UNNAMED,
    ),
    Case(
        "VALUE_NESTEDNESS_MISMATCH",
        "nested",
        one("nested", "INT", "value_count { min: 1 }"),
        "values nested 1 level deep",
        "values nested 2 levels deep",
    ),
    Case(
        "INVALID_FEATURE_SHAPE",
        "tags",
        one("tags", "BYTES", "shape { dim { size: 1 } dim { size: 3 } }"),
        "shape [1, 3] in every row, that is exactly 3 values",
        "between 0 and 3 values",
    ),
    Case(
        "INVALID_FEATURE_SHAPE",
        "tip",
        one("tip", "FLOAT", "shape { dim { size: 1 } }"),
        "exactly 1 value",
        "exactly 1 value, and none in 14 cases",
    ),
    Case(
        "DATASET_LOW_NUM_EXAMPLES",
        "",
        one("fare", "FLOAT", "") + "dataset_constraints { min_examples_count: 500 }",
        "at least 500 rows",
        "200 rows",
        column="fare",
    ),
    Case(
        "DATASET_HIGH_NUM_EXAMPLES",
        "",
        one("fare", "FLOAT", "") + "dataset_constraints { max_examples_count: 150 }",
        "at most 150 rows",
        "200 rows",
        column="fare",
    ),
    Case(
        "SPARSE_FEATURE_MISSING_VALUE",
        "s",
        SPARSE,
        "as many values of 'v' as of 'i'",
        "lack its value",
    ),
    Case(
        "SPARSE_FEATURE_MISSING_INDEX",
        "s",
        SPARSE,
        "as many values of 'v' as of 'i'",
        "1 of 200 rows lack its index 'i'",
    ),
    Case(
        "SPARSE_FEATURE_LENGTH_MISMATCH",
        "s",
        SPARSE,
        "as many values of 'v' as of 'i'",
        "'i' up to 1 longer",
    ),
    Case(
        "SPARSE_FEATURE_NAME_COLLISION",
        "s",
        SPARSE + one("s", "INT", ""),
        "a name that no other feature of the schema has",
        "several that are named 's'",
    ),
    Case(
        "WEIGHTED_FEATURE_MISSING_VALUE",
        "wf",
        WEIGHTED,
        "of 'v' as of the weights 'w'",
        "lack its value",
    ),
    Case(
        "WEIGHTED_FEATURE_MISSING_WEIGHT",
        "wf",
        WEIGHTED,
        "of 'v' as of the weights 'w'",
        "lack its weight",
    ),
    Case(
        "WEIGHTED_FEATURE_LENGTH_MISMATCH",
        "wf",
        WEIGHTED,
        "of 'v' as of the weights 'w'",
        "the weights up to",
    ),
    Case(
        "WEIGHTED_FEATURE_NAME_COLLISION",
        "wf",
        WEIGHTED + one("wf", "INT", ""),
        "a name that no other feature of the schema has",
        "several that are named 'wf'",
    ),
    Case(
        "LOW_SUPPORTED_IMAGE_FRACTION",
        "photo",
        one("photo", "BYTES", "image_domain { minimum_supported_image_fraction: 0.9 }"),
        "an image in a format that TensorFlow reads in at least 90% of the values",
        "150 of 200 values (75%)",
        statistics=IMAGES,
    ),
    Case(
        "MAX_IMAGE_BYTE_SIZE_EXCEEDED",
        "photo",
        one("photo", "BYTES", "image_domain { max_image_byte_size: 1024 }"),
        "images of at most 1,024 bytes",
        "an image of 2,048 bytes",
        statistics=IMAGES,
    ),
    Case(
        "SEMANTIC_DOMAIN_UPDATE",
        "link",
        one("link", "BYTES", ""),
        "a domain declared in the schema",
        "values that look like url_domain",
        statistics=SEMANTIC,
    ),
    Case(
        "STATS_NOT_AVAILABLE",
        "text",
        text("coverage { min_coverage: 0.9 }"),
        "statistics that show whether natural_language_domain holds",
        "natural language stats have not been computed",
        statistics=NO_TEXT_STATISTICS,
    ),
    Case(
        "FEATURE_COVERAGE_TOO_LOW",
        "text",
        text("coverage { min_coverage: 0.9 }"),
        "at least 90% of the tokens in the vocabulary",
        "0.7",
        statistics=text_statistics(),
    ),
    Case(
        "FEATURE_COVERAGE_TOO_SHORT_AVG_TOKEN_LENGTH",
        "text",
        text("coverage { min_avg_token_length: 3.5 }"),
        "tokens of at least 3.5 characters on average",
        "2.5",
        statistics=text_statistics(),
    ),
    Case(
        "SEQUENCE_VALUE_TOO_SMALL_FRACTION",
        "text",
        token("min_fraction_of_sequences: 0.5"),
        "'[UNK]' in at least 50% of the sequences",
        "0.4",
        statistics=text_statistics(),
    ),
    Case(
        "SEQUENCE_VALUE_TOO_LARGE_FRACTION",
        "text",
        token("max_fraction_of_sequences: 0.25"),
        "'[UNK]' in at most 25% of the sequences",
        "0.4",
        statistics=text_statistics(),
    ),
    Case(
        "SEQUENCE_VALUE_TOO_FEW_OCCURRENCES",
        "text",
        token("min_per_sequence: 2"),
        "'[UNK]' at least 2 times in a sequence",
        "at least: 1 times",
        statistics=text_statistics(),
    ),
    Case(
        "SEQUENCE_VALUE_TOO_MANY_OCCURRENCES",
        "text",
        token("max_per_sequence: 4"),
        "'[UNK]' at most 4 times in a sequence",
        "at most: 9 times",
        statistics=text_statistics(),
    ),
    Case(
        "DERIVED_FEATURE_INVALID_SOURCE",
        "sum",
        one("sum", "FLOAT", ""),
        "validation_derived_source in the schema",
        "Derived source not set in schema",
        statistics=DERIVED,
    ),
    Case(
        "DERIVED_FEATURE_BAD_LIFECYCLE",
        "sum",
        one(
            "sum", "FLOAT", 'lifecycle_stage: BETA validation_derived_source { deriver_name: "a" }'
        ),
        "lifecycle_stage VALIDATION_DERIVED or DISABLED",
        "Derived feature has wrong lifecycle",
        statistics=DERIVED,
    ),
]

TYPE_OF_THE_DATA = "wrong types of data are UNEXPECTED_DATA_TYPE; no code sets it"
NEVER_RAISED = {
    "UNKNOWN_TYPE": "the value of a type that is not set",
    "MULTIPLE_REASONS": "an anomaly with several reasons lists each with its own type",
    **dict.fromkeys(
        [
            "BOOL_TYPE_BYTES_NOT_INT",
            "BOOL_TYPE_BYTES_NOT_STRING",
            "BOOL_TYPE_FLOAT_NOT_INT",
            "BOOL_TYPE_FLOAT_NOT_STRING",
            "BOOL_TYPE_INT_NOT_STRING",
            "BOOL_TYPE_STRING_NOT_INT",
            "ENUM_TYPE_BYTES_NOT_STRING",
            "ENUM_TYPE_FLOAT_NOT_STRING",
            "ENUM_TYPE_INT_NOT_STRING",
            "FLOAT_TYPE_NOT_FLOAT",
            "FLOAT_TYPE_NON_STRING",
            "FLOAT_TYPE_UNKNOWN_TYPE_NUMBER",
            "INT_TYPE_INT_EXPECTED",
            "INT_TYPE_NOT_STRING",
            "INT_TYPE_STRING_EXPECTED",
            "INT_TYPE_UNKNOWN_TYPE_NUMBER",
            "STRING_TYPE_NOW_FLOAT",
            "STRING_TYPE_NOW_INT",
        ],
        TYPE_OF_THE_DATA,
    ),
    "BOOL_TYPE_INVALID_CONFIG": "in TFDV's sources, and in no release up to 1.21",
    "FEATURE_TYPE_NO_VALUES": "no code sets it; FEATURE_TYPE_LOW_NUMBER_VALUES took its place",
    "FEATURE_TYPE_UNEXPECTED_REPEATED": "no code sets it; FEATURE_TYPE_HIGH_NUMBER_VALUES did",
    "SCHEMA_TRAINING_SERVING_SKEW": "no code sets it; the COMPARATOR types took its place",
    "NO_DATA_IN_SPAN": "no code sets it; Anomalies.data_missing took its place",
    "NLP_WRONG_LOCATION": "no code sets it",
    "EMBEDDING_SHAPE_INVALID": "no code sets it; INVALID_FEATURE_SHAPE checks shapes",
    "COMPARATOR_TREATMENT_DATA_MISSING": "no code sets it; the column is SCHEMA_MISSING_COLUMN",
    "CUSTOM_VALIDATION": "only custom_validation_config (SQL) sets it, which TFDV 1.21 has not",
}
"""Checked against tensorflow_data_validation/anomalies/*.cc and g3doc/anomalies.md of TFDV."""

COMPARED = {
    "COMPARATOR_CONTROL_DATA_MISSING",
    "COMPARATOR_L_INFTY_HIGH",
    "COMPARATOR_JENSEN_SHANNON_DIVERGENCE_HIGH",
    "COMPARATOR_NORMALIZED_ABSOLUTE_DIFFERENCE_HIGH",
    "COMPARATOR_LOW_NUM_EXAMPLES",
    "COMPARATOR_HIGH_NUM_EXAMPLES",
}
"""Need statistics to compare with: test_comparator_values.py."""


def column(values, kind):
    rows = [v if v is None or isinstance(v, list) else [v] for v in values]
    return pa.array(rows, pa.large_list(kind))


def data():
    """Two hundred rows in which every column has something wrong."""
    trip = pa.struct([("miles", pa.large_list(pa.float32())), ("zone", pa.large_list(pa.string()))])
    columns = {
        "fare": column([-3.5] + [5.0 + i % 9 for i in range(ROWS - 2)] + [80.0], pa.float32()),
        "ratio": column([float("nan")] * 5 + [float("inf")] * 2 + [0.5] * 193, pa.float32()),
        "payment": column(["Bitcoin"] * 20 + ["Cash"] * 100 + ["Card"] * 80, pa.string()),
        "tip": column([None] * 14 + [1.0] * 186, pa.float32()),
        "gone": column([None] * ROWS, pa.float32()),
        "tags": column([[]] * 3 + [["a", "b", "c"]] * 7 + [["a"]] * 190, pa.string()),
        "nested": pa.array([[[1, 2], [3]]] * ROWS, pa.large_list(pa.large_list(pa.int64()))),
        "trip": pa.array([[{"miles": [9.0], "zone": ["a"]}]] * ROWS, pa.large_list(trip)),
        "count": column([-2] + [1] * 198 + [7], pa.int64()),
        "big": column([2**50] + [1] * 199, pa.int64()),
        "answer": column(["yes"] * 100 + ["no"] * 90 + ["maybe"] * 10, pa.string()),
        "code": column(["3"] * 190 + ["1"] * 4 + ["9"] * 6, pa.string()),
        "word": column(["3"] * 197 + ["x"] * 3, pa.string()),
        "blob": column([b"\xff\xfe"] * 4 + [b"ok"] * 196, pa.binary()),
        "zip": column([i % 7 for i in range(ROWS)], pa.int64()),
        "raw": column([b"abc"] * ROWS, pa.binary()),
        "v": column([None] * 3 + [[1.0, 2.0]] * 197, pa.float32()),
        "i": column([0] * 2 + [None] * 2 + [[0, 1]] * 195 + [[0, 1, 2]], pa.int64()),
        "w": column([[1.0, 1.0]] * 4 + [None] * 6 + [[1.0, 1.0]] * 189 + [[1.0]], pa.float32()),
    }
    return pa.RecordBatch.from_arrays(list(columns.values()), list(columns))


GENERATED_WITH = (
    SPARSE
    + WEIGHTED[WEIGHTED.index("weighted_feature") :]
    + one("zip", "INT", "int_domain { is_categorical: true }")
    + one("raw", "BYTES", "image_domain {}")
)


@pytest.fixture(scope="module")
def real():
    """TFDV's statistics of `data`, by root feature."""
    schema = text_format.Parse(GENERATED_WITH, schema_pb2.Schema())
    options = tfdv.StatsOptions(schema=schema, num_quantiles_histogram_buckets=20)
    with np.errstate(invalid="ignore"):  # TFDV takes the variance of infinite numbers too
        statistics = stats_impl.generate_statistics_in_memory(data(), options).datasets[0]
    roots = {}
    for feature in statistics.features:
        roots.setdefault(feature.path.step[0], []).append(feature)
    return roots


@pytest.fixture
def examine(real, tmp_path, output, schema_artifact, read_json):
    """Runs the component on a case; returns report, results and the anomalies that it wrote."""

    def run(case, config="{}"):
        dataset = statistics_pb2.DatasetFeatureStatistics()
        if case.statistics is None:
            wanted = {"s": ["v", "i", "s"], "wf": ["v", "w", "wf"]}.get(case.root, [case.root])
            for name in wanted:
                dataset.features.extend(real[name])
        else:
            text_format.Parse(case.statistics, dataset)
        dataset.num_examples = ROWS
        artifact = standard_artifacts.ExampleStatistics()
        artifact.uri = str(tmp_path / "statistics")
        artifact.split_names = artifact_utils.encode_split_names(["eval"])
        folder = pathlib.Path(artifact_utils.get_split_uri([artifact], "eval"))
        folder.mkdir(parents=True, exist_ok=True)
        statistics = statistics_pb2.DatasetFeatureStatisticsList(datasets=[dataset])
        (folder / "FeatureStats.pb").write_bytes(statistics.SerializeToString())
        report = output(skewgate.SkewReport, "skew_report")
        written = output(standard_artifacts.ExampleAnomalies, "anomalies")
        executor.Executor().Do(
            {"statistics": [artifact], "schema": [schema_artifact(case.schema)]},
            {"skew_report": [report], "anomalies": [written]},
            {
                "exclude_splits": "[]",
                "late_labels": "[]",
                "config": config,
                "environment": case.environment,
            },
        )
        stored = pathlib.Path(written.uri, "Split-eval", "SchemaDiff.pb").read_bytes()
        anomalies = anomalies_pb2.Anomalies.FromString(stored)
        return report, read_json(report)["results"], anomalies

    return run


def reasons(anomalies):
    """Returns (feature, type) to severity of all that an Anomalies message holds."""
    infos = [(".".join(i.path.step) or k, i) for k, i in anomalies.anomaly_info.items()]
    if anomalies.HasField("dataset_anomaly_info"):
        infos.append(("", anomalies.dataset_anomaly_info))
    return {
        (name, anomalies_pb2.AnomalyInfo.Type.Name(reason.type)): info.severity
        for name, info in infos
        for reason in info.reason
    }


def only(results, case):
    """Returns the results of the anomaly of a case; a sparse feature can have two."""
    metric = f"schema:{case.kind}"
    return [r for r in results if (r["feature"], r["metric"]) == (case.feature, metric)]


@pytest.mark.parametrize("case", CASES, ids=lambda c: f"{c.kind}-{c.feature or 'data'}")
def test_anomaly_is_reported_with_what_was_expected_and_seen(case, examine):
    report, results, anomalies = examine(case)
    result = only(results, case)[0]
    assert (result["status"], result["severity"]) == ("fail", "error")
    assert case.expected in result["expected"]
    assert case.observed in result["observed"]
    assert result["expected"] in result["reason"]
    assert result["observed"] in result["reason"]
    assert result["reason"].startswith(case.feature or "the data")
    assert result["n_current"] == ROWS
    assert report.get_int_custom_property("blessed") == 0
    assert reasons(anomalies)[case.feature, case.kind] == anomalies_pb2.AnomalyInfo.ERROR


@pytest.mark.parametrize(
    "case", {case.kind: case for case in CASES}.values(), ids=lambda case: case.kind
)
def test_any_type_may_warn_or_be_ignored(case, examine):
    _, results, anomalies = examine(case, f"anomalies: {{types: {{{case.kind}: warn}}}}")
    assert {(r["status"], r["severity"]) for r in only(results, case)} == {("fail", "warning")}
    _, results, anomalies = examine(case, f"anomalies: {{types: {{{case.kind}: ignore}}}}")
    assert {(r["status"], r["severity"]) for r in only(results, case)} == {("pass", "ignored")}
    assert (case.feature, case.kind) not in reasons(anomalies)


def test_every_type_of_tfdv_is_provoked_compared_or_never_raised():
    raised = {case.kind for case in CASES}
    tables = [raised, COMPARED, set(NEVER_RAISED)]
    assert sorted(name for table in tables for name in table) == sorted(
        anomalies_pb2.AnomalyInfo.Type.keys()
    )


def test_the_documentation_names_every_type():
    page = pathlib.Path(__file__).parents[2] / "docs" / "anomalies.md"
    raised, never = page.read_text().split("## Types that validation never raises")
    for name in {case.kind for case in CASES} | COMPARED:
        assert f"`{name}`" in raised, name
    for name in NEVER_RAISED:
        assert f"`{name}`" in never, name

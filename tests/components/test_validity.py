from __future__ import annotations

import pytest
from google.protobuf import text_format
from tensorflow_data_validation import validate_statistics
from tensorflow_data_validation.utils import display_util
from tensorflow_metadata.proto.v0 import anomalies_pb2, schema_pb2, statistics_pb2
from tfx.types import standard_artifacts

from skewgate import decision
from skewgate.checks.skew.config import AnomalyRules, SkewConfig
from skewgate.components.schema_skew_validator import validity
from skewgate.components.schema_skew_validator.examination import Examination, SplitStatistics
from skewgate.core.errors import InputError
from skewgate.core.results import Status
from skewgate.decision.policy import BasicPolicy

SCHEMA = """
default_environment: "TRAINING"
default_environment: "SERVING"
feature {
  name: "fare" type: FLOAT presence { min_fraction: 1 } float_domain { min: 0 max: 100 }
}
feature { name: "tip" type: FLOAT presence { min_fraction: 0.9 min_count: 50 } }
feature {
  name: "zone" type: BYTES domain: "zones" unique_constraints { min: 3 max: 9 }
}
feature {
  name: "label" type: INT presence { min_fraction: 1 min_count: 1 } not_in_environment: "SERVING"
}
string_domain { name: "zones" value: "north" value: "south" value: "west" }
dataset_constraints { min_examples_count: 100 }
"""


def counts(present, rows):
    return (
        f"common_stats {{ num_non_missing: {present} num_missing: {rows - present} "
        f"min_num_values: 1 max_num_values: 1 tot_num_values: {present} avg_num_values: 1 }}"
    )


def number(name, rows, low=1.0, high=9.0, present=None, kind="FLOAT"):
    present = rows if present is None else present
    return (
        f'features {{ path {{ step: "{name}" }} type: {kind} '
        f"num_stats {{ {counts(present, rows)} min: {low} max: {high} }} }}"
    )


def category(name, values, rows, unique=None):
    buckets = " ".join(f'buckets {{ label: "{v}" sample_count: {n} }}' for v, n in values.items())
    return (
        f'features {{ path {{ step: "{name}" }} type: STRING string_stats {{ '
        f"{counts(rows, rows)} unique: {len(values) if unique is None else unique} "
        f"rank_histogram {{ {buckets} }} }} }}"
    )


def rows_of(rows, name="", low=1.0, tip=None, zones=None, more="", label=True):
    """Statistics of some rows, of which by default nothing is wrong."""
    zones = zones or {"north": rows - 9, "south": 5, "west": 4}
    features = [
        number("fare", rows, low=low),
        number("tip", rows, present=rows if tip is None else tip),
        category("zone", zones, rows),
        number("label", rows, kind="INT") if label else "",
        more,
    ]
    header = f'name: "{name}" num_examples: {rows} '
    return text_format.Parse(header + " ".join(features), statistics_pb2.DatasetFeatureStatistics())


def validate(*datasets, schema=SCHEMA, environment="TRAINING", rules=None, alpha=0.05):
    return validity.validate(
        statistics_pb2.DatasetFeatureStatisticsList(datasets=datasets),
        text_format.Parse(schema, schema_pb2.Schema()),
        environment,
        AnomalyRules.model_validate(rules or {}),
        alpha,
    )


def failed(results):
    return {(r.feature, r.slice, r.metric): r for r in results if r.status is Status.FAIL}


def doubts(results):
    return {r.feature: r.reason for r in results if r.status is Status.INCONCLUSIVE}


def blessed(results):
    return decision.decide(results, BasicPolicy()).blessed


def kinds(anomalies):
    return {
        (".".join(info.path.step), anomalies_pb2.AnomalyInfo.Type.Name(reason.type)): info.severity
        for info in anomalies.anomaly_info.values()
        for reason in info.reason
    }


# All data.


def test_data_as_the_schema_says_passes_feature_by_feature():
    anomalies, results = validate(rows_of(200))
    assert [(r.feature, r.metric, r.status) for r in results] == [
        (name, "schema", Status.PASS) for name in ("fare", "tip", "zone", "label")
    ]
    assert {r.n_current for r in results} == {200}
    assert results[0].reason == "fare is as the schema expects in environment TRAINING"
    assert not anomalies.anomaly_info
    assert len(anomalies.baseline.feature) == 4


def test_the_environment_says_which_features_must_be_there():
    unlabelled = rows_of(200, label=False)
    _, results = validate(unlabelled, environment="SERVING")
    assert not failed(results)
    assert results[-1].reason == "label is absent, which the schema allows in environment SERVING"
    _, results = validate(unlabelled, environment="TRAINING")
    assert set(failed(results)) == {("label", "", "schema:SCHEMA_MISSING_COLUMN")}
    _, results = validate(rows_of(200), environment="SERVING")
    (new,) = failed(results).values()
    assert (new.feature, new.expected) == ("label", "no such feature in environment SERVING")


def test_no_examples_are_inconclusive_and_no_feature_passes():
    empty = statistics_pb2.DatasetFeatureStatistics(num_examples=0)
    anomalies, results = validate(empty)
    assert [(r.metric, r.status) for r in results] == [("rows", Status.INCONCLUSIVE)]
    assert anomalies.data_missing


def test_a_feature_that_the_schema_does_not_validate_is_listed_as_ignored():
    schema = SCHEMA.replace('name: "fare"', 'lifecycle_stage: ALPHA name: "fare"')
    _, results = validate(rows_of(200, low=-7), schema=schema)
    assert (results[0].status, results[0].severity) == (Status.PASS, "ignored")
    assert results[0].reason == "fare is not validated, as the schema says that it is ALPHA"


# Rules.


def test_a_warning_is_listed_and_does_not_block():
    bad = rows_of(200, low=-7)
    anomalies, results = validate(bad)
    assert failed(results)["fare", "", "schema:FLOAT_TYPE_SMALL_FLOAT"].severity == "error"
    assert not blessed(results)
    assert set(kinds(anomalies).values()) == {anomalies_pb2.AnomalyInfo.ERROR}
    anomalies, results = validate(bad, rules={"types": {"FLOAT_TYPE_SMALL_FLOAT": "warn"}})
    assert failed(results)["fare", "", "schema:FLOAT_TYPE_SMALL_FLOAT"].severity == "warning"
    assert blessed(results)
    assert set(kinds(anomalies).values()) == {anomalies_pb2.AnomalyInfo.WARNING}


def test_what_is_ignored_is_listed_as_ignored_and_not_in_the_anomalies():
    anomalies, results = validate(rows_of(200, low=-7), rules={"features": {"fare": "ignore"}})
    assert (results[0].status, results[0].severity) == (Status.PASS, "ignored")
    assert results[0].metric == "schema:FLOAT_TYPE_SMALL_FLOAT"
    assert results[0].reason.startswith("ignored by skew.yaml: fare: expected between 0 and 100")
    assert blessed(results)
    assert not anomalies.anomaly_info


def test_a_new_column_can_warn_or_fail_by_type_and_by_feature():
    extra = rows_of(200, more=number("extra", 200) + number("debug", 200))
    rules = {
        "types": {"SCHEMA_NEW_COLUMN": "warn"},
        "features": {"debug": {"SCHEMA_NEW_COLUMN": "block"}},
    }
    anomalies, results = validate(extra, rules=rules)
    assert {key[0]: r.severity for key, r in failed(results).items()} == {
        "extra": "warning",
        "debug": "error",
    }
    assert kinds(anomalies) == {
        ("extra", "SCHEMA_NEW_COLUMN"): anomalies_pb2.AnomalyInfo.WARNING,
        ("debug", "SCHEMA_NEW_COLUMN"): anomalies_pb2.AnomalyInfo.ERROR,
    }


def test_of_several_reasons_the_ignored_go_and_the_worst_of_the_rest_counts():
    bad = rows_of(200, low=-7, more="")
    bad.features[0].num_stats.max = 500
    rules = {"types": {"FLOAT_TYPE_BIG_FLOAT": "ignore", "FLOAT_TYPE_SMALL_FLOAT": "warn"}}
    anomalies, _ = validate(bad)
    assert anomalies.anomaly_info["fare"].short_description == "Multiple errors"
    anomalies, _ = validate(bad, rules=rules)
    info = anomalies.anomaly_info["fare"]
    assert info.short_description == "Out-of-range values"
    assert info.description.startswith("Unexpectedly low values: -7")
    assert info.severity == anomalies_pb2.AnomalyInfo.WARNING


def test_the_size_of_the_data_has_rules_too():
    _, results = validate(rows_of(60))
    assert ("", "", "schema:DATASET_LOW_NUM_EXAMPLES") in failed(results)
    rules = {"types": {"DATASET_LOW_NUM_EXAMPLES": "ignore"}}
    anomalies, results = validate(rows_of(60), rules=rules)
    assert blessed(results)
    assert not anomalies.HasField("dataset_anomaly_info")


def test_the_anomalies_open_in_tfdvs_viewer():
    bad = rows_of(60, low=-7, more=number("extra", 60))
    anomalies, _ = validate(bad, rules={"types": {"SCHEMA_NEW_COLUMN": "warn"}})
    again = anomalies_pb2.Anomalies.FromString(anomalies.SerializeToString())
    table = display_util.get_anomalies_dataframe(again)
    assert set(table.index) == {"'fare'", "'extra'", "[dataset anomaly]"}
    assert table.loc["'fare'"].tolist()[0] == "Out-of-range values"
    assert again.anomaly_info["extra"].severity == anomalies_pb2.AnomalyInfo.WARNING


# Slices.


def test_a_slice_with_wrong_values_is_named_and_a_clean_one_passes_once():
    _, results = validate(
        rows_of(300, low=-7), rows_of(200, "zone_north", low=-7), rows_of(100, "zone_south")
    )
    assert set(failed(results)) == {
        ("fare", "", "schema:FLOAT_TYPE_SMALL_FLOAT"),
        ("fare", "zone_north", "schema:FLOAT_TYPE_SMALL_FLOAT"),
    }
    assert failed(results)["fare", "zone_north", "schema:FLOAT_TYPE_SMALL_FLOAT"].n_current == 200
    (clean,) = [r for r in results if r.slice == "zone_south"]
    assert (clean.feature, clean.metric, clean.status) == ("", "schema", Status.PASS)
    assert clean.reason == "slice zone_south is as the schema expects (100 rows)"


def test_slices_are_left_out_if_the_rules_say_so():
    parts = (rows_of(300), rows_of(200, "zone_north", low=-7))
    assert failed(validate(*parts)[1])
    assert not failed(validate(*parts, rules={"slices": False})[1])


def test_numbers_of_rows_and_of_different_values_are_not_asked_of_a_slice():
    """Of the slice itself the slicing feature has one value; ten rows are not fifty."""
    small = rows_of(10, "zone_north", zones={"north": 10})
    _, results = validate(rows_of(300), small)
    assert not failed(results)
    _, results = validate(rows_of(10, zones={"north": 10}))
    assert {metric for _, _, metric in failed(results)} == {
        "schema:FEATURE_TYPE_LOW_NUMBER_PRESENT",
        "schema:FEATURE_TYPE_LOW_UNIQUE",
        "schema:DATASET_LOW_NUM_EXAMPLES",
    }


def test_a_feature_that_is_asked_for_once_in_all_data_may_be_absent_in_a_slice():
    schema = SCHEMA.replace("min_fraction: 0.9 min_count: 50", "min_count: 50")
    _, results = validate(rows_of(300, tip=60), rows_of(40, "zone_north", tip=0), schema=schema)
    assert not failed(results)


@pytest.mark.parametrize(
    ("rows", "tip", "severity"),
    [
        (10, 8, "warning"),  # one in four such slices has it so
        (200, 160, "error"),
        (10, 0, "error"),
    ],
)
def test_a_share_that_a_small_slice_misses_by_chance_only_warns(rows, tip, severity):
    _, results = validate(rows_of(900), rows_of(rows, "zone_north", tip=tip))
    (result,) = failed(results).values()
    assert (result.feature, result.slice, result.severity) == ("tip", "zone_north", severity)
    assert result.expected == "a value in at least 90% of the rows"
    assert ("may be chance" in result.reason) == (severity == "warning")
    assert blessed(results) == (severity == "warning")


@pytest.mark.parametrize(("alpha", "severity"), [(0.05, "error"), (1e-6, "warning")])
def test_what_is_chance_in_a_slice_is_said_by_the_significance_of_skew_yaml(alpha, severity):
    config = SkewConfig.model_validate({"significance": {"alpha": alpha}})
    schema = text_format.Parse(SCHEMA, schema_pb2.Schema())
    examination = Examination(config, schema, "TRAINING", 1)
    statistics = statistics_pb2.DatasetFeatureStatisticsList(
        datasets=[rows_of(900), rows_of(200, "zone_north", tip=160)]
    )
    examination.examine(
        SplitStatistics(
            standard_artifacts.ExampleStatistics(),
            "train",
            statistics.SerializeToString(),
            statistics,
        ),
        {},
    )
    (result,) = failed(examination.judged_results()).values()
    assert (result.feature, result.slice, result.severity) == ("tip", "zone_north", severity)


def test_a_value_that_every_row_must_have_is_never_missing_by_chance():
    part = rows_of(10, "zone_north")
    part.features[0].num_stats.common_stats.num_missing = 1
    part.features[0].num_stats.common_stats.num_non_missing = 9
    _, results = validate(rows_of(300), part)
    assert failed(results)["fare", "zone_north", "schema:FEATURE_TYPE_LOW_FRACTION_PRESENT"]
    assert not blessed(results)


def test_a_small_slice_may_leave_a_domain_as_often_as_the_schema_allows():
    schema = SCHEMA.replace(
        'domain: "zones"', 'domain: "zones" distribution_constraints { min_domain_mass: 0.8 }'
    )
    few = rows_of(10, "day_1", zones={"north": 7, "moon": 3})
    many = rows_of(100, "day_2", zones={"north": 70, "moon": 30})
    _, results = validate(rows_of(900), few, many, schema=schema)
    found = {key[1]: r for key, r in failed(results).items()}
    assert {name: r.severity for name, r in found.items()} == {"day_1": "warning", "day_2": "error"}
    assert found["day_2"].observed == "'moon' in 30 of 100 rows (30%)"


def test_new_columns_and_faults_of_the_schema_are_not_repeated_for_each_slice():
    schema = SCHEMA.replace('domain: "zones"', 'domain: "lost"')
    extra = number("extra", 300)
    _, results = validate(
        rows_of(300, more=extra), rows_of(200, "zone_north", more=extra), schema=schema
    )
    assert {(r.feature, r.slice) for r in failed(results).values()} == {("extra", ""), ("zone", "")}


def test_a_slice_without_examples_is_inconclusive():
    nothing = statistics_pb2.DatasetFeatureStatistics(name="zone_moon", num_examples=0)
    _, results = validate(rows_of(300), nothing)
    (result,) = [r for r in results if r.slice]
    assert (result.slice, result.status) == ("zone_moon", Status.INCONCLUSIVE)


def test_statistics_of_slices_only_are_refused():
    with pytest.raises(InputError, match="All Examples"):
        validate(rows_of(200, "zone_north"))


# What TFDV leaves out.


@pytest.mark.parametrize(
    ("more", "declared", "told"),
    [
        (
            category("city", {"Oslo": 90, "Bonn": 60}, 200),
            'feature { name: "city" type: BYTES string_domain { value: "Oslo" value: "Bonn" } }',
            "the statistics name 2 values only, and 50 of 200 occurrences have others",
        ),
        (
            category("city", {"1": 90, "2": 60}, 200),
            'feature { name: "city" type: BYTES int_domain { max: 5 } }',
            "for int_domain",
        ),
        (
            number("city", 200),
            'feature { name: "city" type: FLOAT float_domain { disallow_nan: true } }',
            "no histogram that counts NaN",
        ),
        (
            number("city", 200, low=0, high=1),
            'feature { name: "city" type: FLOAT bool_domain {} }',
            "no quantiles that show numbers between 0 and 1",
        ),
        (
            category("city", {"a": 200}, 200),
            'feature { name: "city" type: BYTES image_domain { max_image_byte_size: 9 } }',
            "do not say how large the images are",
        ),
        (
            category("city", {"a": 200}, 200),
            'feature { name: "city" type: BYTES '
            "image_domain { minimum_supported_image_fraction: 0.5 } }",
            "no image_format_histogram",
        ),
        (
            number("city", 200),
            'feature { name: "city" type: FLOAT group_presence { required: true } }',
            "TFDV does not validate group_presence",
        ),
        (
            "",
            'sparse_feature { name: "city" value_feature { name: "tip" } }',
            "the statistics have no entry of it",
        ),
        (
            'features { path { step: "city" } custom_stats { name: "missing_value" num: 3 } }',
            "",
            "its statistics count nothing",
        ),
        (
            number("city", 200).replace('step: "city"', 'step: "trip" step: "city"'),
            "",
            "the statistics have no trip, which holds it",
        ),
    ],
)
def test_what_tfdv_cannot_check_is_inconclusive_and_no_pass(more, declared, told):
    """Of the last two TFDV would end the process."""
    _, results = validate(rows_of(200, more=more), schema=SCHEMA + declared)
    ((name, reason),) = doubts(results).items()
    assert name in ("city", "trip.city")
    assert told in reason
    assert not blessed(results)
    assert not [r for r in results if r.feature == name and r.status is Status.PASS]
    rules = {"features": {name: {"STATS_NOT_AVAILABLE": "ignore"}}}
    _, results = validate(rows_of(200, more=more), schema=SCHEMA + declared, rules=rules)
    assert blessed(results)


def test_values_that_are_not_named_do_not_matter_where_the_domain_allows_for_them():
    declared = """
    feature {
      name: "city" type: BYTES string_domain { value: "Oslo" value: "Bonn" }
      distribution_constraints { min_domain_mass: 0.5 }
    }
    """
    named = category("city", {"Oslo": 90, "Bonn": 60}, 200)
    _, results = validate(rows_of(200, more=named), schema=SCHEMA + declared)
    assert not doubts(results)


def test_a_struct_of_a_wrong_type_leaves_its_parts_unchecked():
    declared = """
    feature {
      name: "trip" type: STRUCT struct_domain { feature { name: "miles" type: FLOAT } }
    }
    """
    _, results = validate(rows_of(200, more=number("trip", 200)), schema=SCHEMA + declared)
    assert ("trip", "", "schema:UNEXPECTED_DATA_TYPE") in failed(results)
    assert doubts(results)["trip.miles"].endswith(
        "TFDV does not look into trip, which is not as expected"
    )


def test_a_number_that_arrives_as_a_struct_does_not_end_the_process():
    trip = f'features {{ path {{ step: "fare" }} type: STRUCT struct_stats {{ {counts(9, 9)} }} }}'
    data = text_format.Parse("num_examples: 9 " + trip, statistics_pb2.DatasetFeatureStatistics())
    schema = SCHEMA[: SCHEMA.index('feature { name: "tip"')]
    _, results = validate(data, schema=schema)
    (result,) = failed(results).values()
    assert (result.expected, result.observed) == ("type FLOAT", "type STRUCT")


def test_features_named_in_two_ways_are_refused():
    named = 'features { name: "old" type: INT num_stats { common_stats { num_non_missing: 9 } } }'
    with pytest.raises(InputError, match="name some features by `name`"):
        validate(rows_of(200, more=named))


def test_the_most_different_values_are_not_zero_where_the_schema_names_no_limit():
    """TFDV takes an absent unique_constraints.max for 0."""
    schema = SCHEMA.replace("unique_constraints { min: 3 max: 9 }", "unique_constraints { min: 3 }")
    anomalies, results = validate(rows_of(200), schema=schema)
    assert not failed(results)
    assert not anomalies.baseline.feature[2].unique_constraints.HasField("max")


# Versions.


def test_a_version_to_compare_with_that_is_not_there_is_inconclusive():
    limits = "num_examples_version_comparator { min_fraction_threshold: 0.5 }"
    schema = SCHEMA.replace("min_examples_count: 100", limits)
    _, results = validate(rows_of(200), schema=schema)
    assert "num_examples_version_comparator" in doubts(results)[""]


# Many features.


def test_many_features_are_found_to_be_what_tfdv_finds_at_once():
    names = [f"f{i:03}" for i in range(100)]
    declared = "".join(
        f'feature {{ name: "{name}" type: FLOAT float_domain {{ max: {i} }} }}'
        for i, name in enumerate(names)
    )
    more = "".join(number(name, 200, high=50) for name in [*names, "new_1", "new_2"])
    data = rows_of(200, more=more)
    schema = text_format.Parse(SCHEMA + declared, schema_pb2.Schema())
    whole = validate_statistics(
        statistics_pb2.DatasetFeatureStatisticsList(datasets=[data]), schema, "TRAINING"
    )
    anomalies, _ = validate(data, schema=SCHEMA + declared)
    assert len(whole.anomaly_info) == 52
    assert anomalies == whole


def test_weights_count_only_where_every_feature_has_them():
    weighted = rows_of(200)
    weighted.weighted_num_examples = 1000
    tip = weighted.features[1].num_stats.common_stats.weighted_common_stats
    tip.num_non_missing, tip.num_missing = 500, 500
    assert not failed(validate(weighted)[1])
    for feature in weighted.features:
        common = getattr(feature, feature.WhichOneof("stats")).common_stats
        if not common.HasField("weighted_common_stats"):
            common.weighted_common_stats.num_non_missing = 1000
            common.weighted_common_stats.tot_num_values = 1000
    (result,) = failed(validate(weighted)[1]).values()
    assert result.observed == "present in 50% of the weight of 200 rows (200 rows)"

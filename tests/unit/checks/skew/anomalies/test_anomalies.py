from __future__ import annotations

import pytest
from google.protobuf import text_format
from hypothesis import given
from hypothesis import strategies as st
from tensorflow_metadata.proto.v0 import anomalies_pb2, schema_pb2, statistics_pb2

from skewgate.checks.skew.anomalies import findings, unchecked
from skewgate.checks.skew.anomalies.chance import may_be_chance
from skewgate.checks.skew.anomalies.expected import expected
from skewgate.checks.skew.anomalies.observed import observed
from skewgate.checks.skew.anomalies.subjects import Subjects, declarations, name_of
from skewgate.checks.skew.config import ANOMALY_TYPES, AnomalyRules
from skewgate.core.results import Status
from skewgate.core.wording import between, percent
from skewgate.schema.reading import is_validated

SCHEMA = text_format.Parse(
    """
    default_environment: "TRAINING"
    default_environment: "SERVING"
    feature { name: "fare" type: FLOAT presence { min_fraction: 0.9 } float_domain { min: 0 } }
    feature { name: "zone" type: BYTES domain: "zones" not_in_environment: "SERVING" }
    feature {
      name: "trip" type: STRUCT
      struct_domain {
        feature { name: "miles" type: FLOAT }
        sparse_feature { name: "seen" value_feature { name: "miles" } }
      }
    }
    feature { name: "old" type: STRUCT deprecated: true struct_domain { feature { name: "x" } } }
    weighted_feature { name: "mean" feature { step: "fare" } weight_feature { step: "trip" } }
    string_domain {
      name: "zones" value: "a" value: "b" value: "c" value: "d" value: "e" value: "f"
    }
    """,
    schema_pb2.Schema(),
)
DATA = text_format.Parse(
    """
    num_examples: 40
    features {
      path { step: "fare" } type: FLOAT
      num_stats { common_stats { num_non_missing: 30 num_missing: 10 } min: -2.5 max: 9 }
    }
    features {
      path { step: "zone" } type: STRING
      string_stats {
        common_stats { num_non_missing: 40 tot_num_values: 80 max_num_values: 2 }
        rank_histogram {
          buckets { label: "a" sample_count: 60 } buckets { label: "w" sample_count: 8 }
          buckets { label: "x" sample_count: 6 } buckets { label: "y" sample_count: 4 }
          buckets { label: "z" sample_count: 2 }
        }
      }
    }
    """,
    statistics_pb2.DatasetFeatureStatistics(),
)


def subjects(environment=None):
    return Subjects(SCHEMA, DATA, environment)


def anomalies(**reasons):
    """Makes Anomalies of lists of types by feature; the feature `data` is the data set."""
    message = anomalies_pb2.Anomalies()
    for feature, kinds in reasons.items():
        info = message.anomaly_info[feature]
        if feature == "data":
            del message.anomaly_info[feature]
            info = message.dataset_anomaly_info
        else:
            info.path.step.append(feature)
        info.severity = anomalies_pb2.AnomalyInfo.ERROR
        for kind in kinds:
            number = anomalies_pb2.AnomalyInfo.Type.Value(kind)
            info.reason.add(type=number, short_description=f"short {kind}", description=f"{kind}.")
    return message


def verdicts(results):
    return {(r.feature, r.metric): (r.status, r.severity) for r in results}


def test_structs_are_walked_into_unless_they_are_not_validated():
    found = {name_of(path): kind for path, kind, _ in declarations(SCHEMA)}
    assert found == {
        "fare": "feature",
        "zone": "feature",
        "trip": "feature",
        "trip.miles": "feature",
        "trip.seen": "sparse",
        "old": "feature",
        "mean": "weighted",
    }


def test_only_stages_that_tfdv_validates_are_validated():
    validated = {
        name
        for name, number in schema_pb2.LifecycleStage.items()
        if is_validated(schema_pb2.Feature(lifecycle_stage=number))
    }
    assert validated == {"UNKNOWN_STAGE", "BETA", "PRODUCTION", "VALIDATION_DERIVED"}


def test_every_reason_is_a_result_and_every_other_feature_passes_once():
    found = anomalies(fare=["FLOAT_TYPE_SMALL_FLOAT", "FEATURE_TYPE_LOW_FRACTION_PRESENT"])
    results = findings.judge(found, subjects(), AnomalyRules())
    assert verdicts(results) == {
        ("fare", "schema:FLOAT_TYPE_SMALL_FLOAT"): (Status.FAIL, "error"),
        ("fare", "schema:FEATURE_TYPE_LOW_FRACTION_PRESENT"): (Status.FAIL, "error"),
        ("zone", "schema"): (Status.PASS, None),
        ("trip", "schema"): (Status.PASS, None),
        ("trip.miles", "schema"): (Status.PASS, None),
        ("trip.seen", "schema"): (Status.PASS, None),
        ("old", "schema"): (Status.PASS, "ignored"),
        ("mean", "schema"): (Status.PASS, None),
    }
    assert len(results) == 8


def test_a_reason_says_what_was_expected_and_what_was_found():
    found = anomalies(fare=["FLOAT_TYPE_SMALL_FLOAT"], zone=["ENUM_TYPE_UNEXPECTED_STRING_VALUES"])
    fare, zone = findings.judge(found, subjects(), AnomalyRules())[:2]
    assert fare.reason == "fare: expected at least 0, found minimum -2.5"
    assert zone.expected == ("one of the 6 values of domain zones, such as 'a', 'b', 'c', 'd', 'e'")
    assert zone.observed == (
        "'w' in 8 of 80 values (10%), 'x' in 6 of 80 values (7.5%), "
        "'y' in 4 of 80 values (5%), 1 more value in 2 of 80 values (2.5%)"
    )


def test_the_rule_for_a_type_of_a_feature_counts_before_that_of_the_type():
    found = anomalies(
        fare=["FLOAT_TYPE_SMALL_FLOAT"],
        zone=["SCHEMA_NEW_COLUMN"],
        data=["DATASET_LOW_NUM_EXAMPLES"],
    )
    rules = AnomalyRules(
        default="warn",
        types={"FLOAT_TYPE_SMALL_FLOAT": "ignore"},
        features={"fare": {"FLOAT_TYPE_SMALL_FLOAT": "block"}, "zone": "ignore"},
    )
    results = findings.judge(found, subjects(), rules)
    assert verdicts(results[:3]) == {
        ("", "schema:DATASET_LOW_NUM_EXAMPLES"): (Status.FAIL, "warning"),
        ("fare", "schema:FLOAT_TYPE_SMALL_FLOAT"): (Status.FAIL, "error"),
        ("zone", "schema:SCHEMA_NEW_COLUMN"): (Status.PASS, "ignored"),
    }
    findings.apply_rules(found, rules)
    assert set(found.anomaly_info) == {"fare"}
    assert found.anomaly_info["fare"].severity == anomalies_pb2.AnomalyInfo.ERROR
    assert found.dataset_anomaly_info.severity == anomalies_pb2.AnomalyInfo.WARNING


@pytest.mark.parametrize(
    ("ignored", "short", "description"),
    [
        ([], "", ""),
        (["INT_TYPE_BIG_INT"], "Multiple errors", "FLOAT_TYPE_BIG_FLOAT. FLOAT_TYPE_HAS_NAN."),
        (
            ["INT_TYPE_BIG_INT", "FLOAT_TYPE_HAS_NAN"],
            "short FLOAT_TYPE_BIG_FLOAT",
            "FLOAT_TYPE_BIG_FLOAT.",
        ),
    ],
)
def test_what_is_left_of_an_anomaly_is_described_anew(ignored, short, description):
    found = anomalies(fare=["FLOAT_TYPE_BIG_FLOAT", "INT_TYPE_BIG_INT", "FLOAT_TYPE_HAS_NAN"])
    findings.apply_rules(found, AnomalyRules(types=dict.fromkeys(ignored, "ignore")))
    info = found.anomaly_info["fare"]
    assert (info.short_description, info.description) == (short, description)
    assert len(info.reason) == 3 - len(ignored)


def test_a_pass_says_whether_the_feature_is_there_and_what_is_taken_on_trust():
    schema = schema_pb2.Schema()
    schema.CopyFrom(SCHEMA)
    schema.feature[0].url_domain.SetInParent()
    results = findings.judge(anomalies(), Subjects(schema, DATA, "SERVING"), AnomalyRules())
    told = {r.feature: r.reason for r in results}
    assert told["fare"].endswith("; TFDV does not check values against url_domain")
    assert told["trip"] == "trip is absent, which the schema allows in environment SERVING"
    assert told["old"] == "old is not validated, as the schema says that it is DEPRECATED"


def test_what_is_unchecked_is_inconclusive_unless_its_own_rule_ignores_it():
    doubt = [(("fare",), "no histogram")]
    results = findings.judge(anomalies(), subjects(), AnomalyRules(), doubt)
    assert verdicts(results)["fare", "schema:STATS_NOT_AVAILABLE"] == (Status.INCONCLUSIVE, None)
    assert ("fare", "schema") not in verdicts(results)
    rules = AnomalyRules(types={"STATS_NOT_AVAILABLE": "ignore"})
    results = findings.judge(anomalies(), subjects(), rules, doubt)
    assert verdicts(results)["fare", "schema:STATS_NOT_AVAILABLE"] == (Status.PASS, "ignored")


def test_missing_data_have_no_other_result():
    missing = anomalies_pb2.Anomalies(data_missing=True)
    (result,) = findings.judge(missing, subjects(), AnomalyRules())
    assert (result.metric, result.status) == ("rows", Status.INCONCLUSIVE)
    (result,) = findings.judge_slice("x", missing, subjects(), AnomalyRules(), 0.05)
    assert (result.slice, result.status) == ("x", Status.INCONCLUSIVE)


def test_a_slice_lists_failures_only_and_not_those_of_the_schema():
    found = anomalies(fare=["FLOAT_TYPE_SMALL_FLOAT"], zone=["INVALID_DOMAIN_SPECIFICATION"])
    (result,) = findings.judge_slice("day_1", found, subjects(), AnomalyRules(), 0.05)
    assert (result.feature, result.slice, result.severity) == ("fare", "day_1", "error")
    found = anomalies(zone=["INVALID_DOMAIN_SPECIFICATION"])
    (result,) = findings.judge_slice("day_1", found, subjects(), AnomalyRules(), 0.05)
    assert (result.feature, result.slice, result.status) == ("", "day_1", Status.PASS)


def test_ten_of_forty_missing_is_no_chance_where_one_in_ten_may_be():
    fare = subjects().get(("fare",))
    kind = "FEATURE_TYPE_LOW_FRACTION_PRESENT"
    assert not may_be_chance(kind, fare, alpha=0.05)  # p is 0.005
    assert may_be_chance(kind, fare, alpha=0.001)
    assert not may_be_chance("FLOAT_TYPE_SMALL_FLOAT", fare, alpha=0.0)


@given(
    kind=st.sampled_from(sorted(ANOMALY_TYPES)), path=st.sampled_from(["fare", "zone", "new", ""])
)
def test_expectation_and_observation_are_never_empty(kind, path):
    subject = subjects("SERVING").get((path,) if path else ())
    assert expected(kind, subject, "").strip()
    assert observed(kind, subject, "").strip()
    assert "None" not in expected(kind, subject, "") + observed(kind, subject, "")


@given(st.floats(min_value=0, max_value=1))
def test_only_everything_is_a_hundred_percent(share):
    text = percent(share)
    assert text.endswith("%")
    if share < 1 - 1e-9:
        assert float(text[:-1]) < 100
    assert float(text[:-1]) == pytest.approx(100 * share, rel=6e-3, abs=1e-12)


def test_an_interval_without_ends_has_no_words():
    assert between(None, None, "row") == ""
    assert between(None, 1, "row") == "at most 1 row"


def test_a_slice_is_asked_for_shares_and_not_for_numbers():
    schema = text_format.Parse(
        """
        dataset_constraints { min_examples_count: 9 }
        feature {
          name: "a" type: BYTES presence { min_fraction: 0.5 min_count: 3 }
          unique_constraints { max: 3 } drift_comparator { infinity_norm { threshold: 0.1 } }
          value_count { max: 2 }
        }
        """,
        schema_pb2.Schema(),
    )
    wanted = text_format.Parse(
        'feature { name: "a" type: BYTES presence { min_fraction: 0.5 } value_count { max: 2 } }',
        schema_pb2.Schema(),
    )
    assert unchecked.of_slice(schema) == wanted
    assert schema.HasField("dataset_constraints")


def test_preparing_changes_neither_schema_nor_statistics():
    schema, data = SCHEMA.SerializeToString(), DATA.SerializeToString()
    prepared = unchecked.prepare(SCHEMA, DATA)
    assert (SCHEMA.SerializeToString(), DATA.SerializeToString()) == (schema, data)
    assert prepared.unchecked == []
    assert prepared.dataset == DATA
    assert prepared.schema == SCHEMA


@pytest.mark.parametrize(
    ("domain", "extremes", "kind", "asked", "seen"),
    [
        (
            "int_domain { max: 9007199254740992 }",
            "max: 9007199254740994",
            "INT_TYPE_BIG_INT",
            "at most 9,007,199,254,740,992",
            "maximum 9,007,199,254,740,994",
        ),
        (
            "float_domain { max: 16.1 }",
            "max: 16.100002288818359",
            "FLOAT_TYPE_BIG_FLOAT",
            "at most 16.1",
            "maximum 16.100002",
        ),
        (
            "float_domain { min: 0.1 }",
            "min: 0.1 max: 7",
            "FLOAT_TYPE_SMALL_FLOAT",
            "at least 0.10000000149011612",
            "minimum 0.1",
        ),
    ],
)
def test_a_limit_and_what_breaks_it_differ_in_print(domain, extremes, kind, asked, seen):
    schema = text_format.Parse(f'feature {{ name: "n" type: FLOAT {domain} }}', schema_pb2.Schema())
    data = text_format.Parse(
        f'features {{ path {{ step: "n" }} type: FLOAT num_stats {{ {extremes} }} }}',
        statistics_pb2.DatasetFeatureStatistics(),
    )
    subject = Subjects(schema, data, None).get(("n",))
    assert (expected(kind, subject, ""), observed(kind, subject, "")) == (asked, seen)


def test_a_share_of_rows_that_is_just_too_small_differs_in_print():
    schema = text_format.Parse(
        'feature { name: "n" type: FLOAT presence { min_fraction: 0.99993 } }', schema_pb2.Schema()
    )
    data = text_format.Parse(
        'num_examples: 50000 features { path { step: "n" } type: FLOAT '
        "num_stats { common_stats { num_non_missing: 49996 num_missing: 4 } } }",
        statistics_pb2.DatasetFeatureStatistics(),
    )
    subject = Subjects(schema, data, None).get(("n",))
    kind = "FEATURE_TYPE_LOW_FRACTION_PRESENT"
    assert expected(kind, subject, "") == "a value in at least 99.993% of the rows"
    assert observed(kind, subject, "") == "present in 99.992% of 50,000 rows"

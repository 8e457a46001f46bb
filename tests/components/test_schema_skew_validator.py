from __future__ import annotations

import json
import pathlib

import pandas as pd
import pytest
from tensorflow_metadata.proto.v0 import anomalies_pb2, statistics_pb2
from tfx import types
from tfx.types import standard_artifacts

import skewgate
from skewgate.components.schema_skew_validator import component, executor
from skewgate.core.errors import InputError


def frame(rows, cash, **changes):
    count = round(rows * cash)
    data = {
        "fare": [5.0 + i % 9 for i in range(rows)],
        "payment": ["Cash"] * count + ["Card"] * (rows - count),
        "label": [i % 2 for i in range(rows)],
    }
    return pd.DataFrame({**data, **changes})


@pytest.fixture
def validate(output, schema_artifact):
    def run(statistics, baseline=None, schema=None, previous=None, **parameters):
        report = output(skewgate.SkewReport, "skew_report")
        anomalies = output(standard_artifacts.ExampleAnomalies, "anomalies")
        inputs = {
            "statistics": [statistics],
            "schema": [schema_artifact(schema) if schema else schema_artifact()],
        }
        if baseline is not None:
            inputs["baseline_statistics"] = [baseline]
        if previous is not None:
            inputs["previous_statistics"] = [previous]
        executor.Executor().Do(
            inputs,
            {"skew_report": [report], "anomalies": [anomalies]},
            {
                "exclude_splits": "[]",
                "late_labels": "[]",
                "config": "{}",
                **parameters,
            },
        )
        return report, anomalies

    return run


def results(content, status):
    return {(r["feature"], r["metric"]) for r in content["results"] if r["status"] == status}


def test_data_as_the_schema_says_passes_and_lists_every_feature(
    statistics_artifact, validate, read_json
):
    report, _ = validate(statistics_artifact("s", train=frame(200, 0.5)), environment="TRAINING")
    assert report.get_int_custom_property("blessed") == 1
    assert results(read_json(report), "pass") == {
        ("fare", "schema"),
        ("payment", "schema"),
        ("label", "schema"),
    }


@pytest.mark.parametrize(
    ("changes", "feature", "kind"),
    [
        ({"payment": ["Bitcoin"] * 20 + ["Cash"] * 180}, "payment", "ENUM_TYPE_UNEXPECTED_STRING"),
        ({"fare": [-3.5] + [5.0] * 199}, "fare", "FLOAT_TYPE_SMALL_FLOAT"),
        ({"extra": [1] * 200}, "extra", "SCHEMA_NEW_COLUMN"),
    ],
)
def test_a_planted_anomaly_fails_with_its_feature_and_type(
    statistics_artifact, validate, read_json, changes, feature, kind
):
    bad = frame(200, 0.5, **changes)
    report, _ = validate(statistics_artifact("s", train=bad), environment="TRAINING")
    assert report.get_int_custom_property("blessed") == 0
    found = results(read_json(report), "fail")
    assert {name for name, _ in found} == {feature}
    assert any(metric.startswith(f"schema:{kind}") for _, metric in found)


def test_a_missing_column_fails(statistics_artifact, validate, read_json):
    report, _ = validate(
        statistics_artifact("s", train=frame(200, 0.5).drop(columns="fare")),
        environment="TRAINING",
    )
    assert ("fare", "schema:SCHEMA_MISSING_COLUMN") in results(read_json(report), "fail")


def test_the_label_may_be_missing_in_serving_and_not_in_training(statistics_artifact, validate):
    unlabelled = statistics_artifact("s", serving=frame(200, 0.5).drop(columns="label"))
    assert validate(unlabelled, environment="SERVING")[0].get_int_custom_property("blessed") == 1
    assert validate(unlabelled, environment="TRAINING")[0].get_int_custom_property("blessed") == 0


def test_a_late_label_may_be_there_for_some_rows_but_must_be_valid(statistics_artifact, validate):
    labels = [None] * 120 + [i % 2 for i in range(80)]
    part = pd.DataFrame({**frame(200, 0.5), "label": pd.array(labels, dtype="object")})
    statistics = statistics_artifact("s", serving=part)
    strict, _ = validate(statistics, environment="SERVING")
    assert strict.get_int_custom_property("blessed") == 0
    late = {"environment": "SERVING", "late_labels": json.dumps(["label"])}
    assert validate(statistics, **late)[0].get_int_custom_property("blessed") == 1
    text = statistics_artifact("t", serving=frame(200, 0.5, label=["yes", "no"] * 100))
    assert validate(text, **late)[0].get_int_custom_property("blessed") == 0


def test_skew_above_the_schema_threshold_fails_and_below_is_reported(
    statistics_artifact, validate, read_json
):
    training = statistics_artifact("t", train=frame(400, 0.7))
    near = statistics_artifact("n", serving=frame(300, 0.6))
    far = statistics_artifact("f", serving=frame(300, 0.3))
    report, _ = validate(near, training, environment="SERVING", late_labels='["label"]')
    (skew,) = [r for r in read_json(report)["results"] if r["metric"] == "skew:linf"]
    assert skew["status"] == "pass"
    assert skew["value"] == pytest.approx(0.1)
    assert (skew["n_baseline"], skew["n_current"]) == (400, 300)
    report, anomalies = validate(far, training, environment="SERVING", late_labels='["label"]')
    assert results(read_json(report), "fail") == {("payment", "skew:linf")}
    stored = anomalies_pb2.Anomalies()
    stored.ParseFromString(
        pathlib.Path(anomalies.uri, "Split-serving", "SchemaDiff.pb").read_bytes()
    )
    assert set(stored.anomaly_info) == {"payment"}
    assert stored.drift_skew_info[0].skew_measurements[0].value == pytest.approx(0.4)


def test_infinity_norm_on_a_number_is_inconclusive(statistics_artifact, validate, read_json):
    schema = (
        'feature { name: "fare" type: FLOAT skew_comparator { infinity_norm { threshold: 0.1 } } }'
    )
    report, _ = validate(
        statistics_artifact("s", serving=frame(200, 0.5)[["fare"]]),
        statistics_artifact("t", train=frame(300, 0.5)[["fare"]] * 7),
        schema=schema,
    )
    assert ("fare", "skew:linf") in results(read_json(report), "inconclusive")
    assert report.get_int_custom_property("blessed") == 0


@pytest.mark.parametrize("rows", [None, 0])
def test_a_connected_baseline_that_is_missing_or_empty_is_inconclusive(
    statistics_artifact, validate, read_json, rows
):
    empty = None if rows is None else statistics_artifact("t", train=frame(300, 0.5).iloc[:rows])
    current = statistics_artifact("s", serving=frame(200, 0.5))
    expected = '{"baseline_statistics": 0}'
    report, _ = validate(current, empty, environment="TRAINING", expected=expected)
    assert results(read_json(report), "inconclusive") == {("", "baseline")}
    assert report.get_int_custom_property("blessed") == 0
    allowed = {"config": "policy: {on_missing_baseline: allow}", "expected": expected}
    report, _ = validate(current, empty, environment="TRAINING", **allowed)
    assert report.get_int_custom_property("blessed") == 1


def test_the_whole_counts_wherever_it_stands_among_slices(statistics_artifact, validate, read_json):
    statistics = statistics_artifact("s", train=frame(200, 0.5))
    path = pathlib.Path(statistics.uri, "Split-train", "FeatureStats.pb")
    stored = statistics_pb2.DatasetFeatureStatisticsList.FromString(path.read_bytes())
    part = statistics_pb2.DatasetFeatureStatistics(name="payment_Cash", num_examples=3)
    stored.datasets[0].name = "All Examples"
    both = statistics_pb2.DatasetFeatureStatisticsList(datasets=[part, stored.datasets[0]])
    path.write_bytes(both.SerializeToString())
    for config in ("anomalies: {slices: false}", "min_slice_rows: 4"):
        report, _ = validate(statistics, environment="TRAINING", config=config)
        assert report.get_string_custom_property("status") == "pass"
        assert {r["n_current"] for r in read_json(report)["results"]} == {200}
    report, _ = validate(statistics, environment="TRAINING", config="min_slice_rows: 3")
    failed = {r["slice"] for r in read_json(report)["results"] if r["status"] == "fail"}
    assert failed == {"payment_Cash"}


def test_a_dotted_name_has_one_verdict(statistics_artifact, validate, read_json):
    schema = 'feature { name: "a.b" type: FLOAT float_domain { min: 0 } }'
    bad = pd.DataFrame({"a.b": [-1.5, 2.0, 3.0]})
    report, _ = validate(statistics_artifact("s", train=bad), schema=schema)
    (result,) = read_json(report)["results"]
    assert (result["feature"], result["status"]) == ("a.b", "fail")


DRIFT = """
feature { name: "fare" type: FLOAT }
feature {
  name: "payment" type: BYTES drift_comparator { infinity_norm { threshold: 0.2 } }
}
feature { name: "label" type: INT }
"""


def test_data_that_moved_since_the_previous_run_fail_in_the_split_that_moved(
    statistics_artifact, validate, read_json
):
    before = statistics_artifact("p", train=frame(400, 0.7), eval=frame(300, 0.7))
    now = statistics_artifact("s", train=frame(350, 0.65), eval=frame(250, 0.3))
    report, anomalies = validate(now, previous=before, schema=DRIFT)
    (failure,) = [r for r in read_json(report)["results"] if r["status"] == "fail"]
    assert (failure["feature"], failure["metric"]) == ("payment", "drift:linf")
    assert failure["reason"].startswith("split eval: payment: between previous and current")
    assert failure["value"] == pytest.approx(0.4)
    assert (failure["n_baseline"], failure["n_current"]) == (300, 250)
    (near,) = [r for r in read_json(report)["results"] if r["n_baseline"] == 400]
    assert (near["status"], near["value"]) == ("pass", pytest.approx(0.05, abs=2e-3))
    path = pathlib.Path(anomalies.uri, "Split-eval", "SchemaDiff.pb")
    stored = anomalies_pb2.Anomalies.FromString(path.read_bytes())
    kinds = {reason.type for reason in stored.anomaly_info["payment"].reason}
    assert kinds == {anomalies_pb2.AnomalyInfo.COMPARATOR_L_INFTY_HIGH}


EVERY_COMPARATOR = """
dataset_constraints {
  num_examples_drift_comparator { min_fraction_threshold: 0.9 max_fraction_threshold: 0.1 }
}
feature {
  name: "fare" type: FLOAT
  skew_comparator { jensen_shannon_divergence { threshold: 0.1 } }
}
feature {
  name: "payment" type: BYTES
  skew_comparator {
    infinity_norm { threshold: 0.2 }
    normalized_abs_difference { threshold: 0.2 }
  }
}
feature { name: "label" type: INT skew_comparator { jensen_shannon_divergence { threshold: 0.1 } } }
"""


def test_every_comparator_anomaly_says_what_was_expected_and_seen(
    statistics_artifact, validate, read_json
):
    training = statistics_artifact("t", train=frame(600, 0.9))
    before = statistics_artifact("p", serving=frame(1000, 0.5))
    moved = frame(300, 0.2).drop(columns="label")
    moved["fare"] += 4.5
    now = statistics_artifact("s", serving=moved)
    report, anomalies = validate(now, training, EVERY_COMPARATOR, before)
    path = pathlib.Path(anomalies.uri, "Split-serving", "SchemaDiff.pb")
    stored = anomalies_pb2.Anomalies.FromString(path.read_bytes())
    infos = [*stored.anomaly_info.values(), stored.dataset_anomaly_info]
    name_of = anomalies_pb2.AnomalyInfo.Type.Name
    raised = {
        name_of(r.type) for info in infos for r in info.reason if "COMPARATOR" in name_of(r.type)
    }
    bad = [r for r in read_json(report)["results"] if r["metric"].startswith(("skew:", "drift:"))]
    told = {
        (r["feature"], r["status"], r["severity"], r["expected"], r["observed"])
        for r in bad
        if r["status"] != "pass"
    }
    both = "between training and serving"
    linf, jsd = "COMPARATOR_L_INFTY_HIGH", "COMPARATOR_JENSEN_SHANNON_DIVERGENCE_HIGH"
    counts = "COMPARATOR_NORMALIZED_ABSOLUTE_DIFFERENCE_HIGH"
    low, high = "COMPARATOR_LOW_NUM_EXAMPLES", "COMPARATOR_HIGH_NUM_EXAMPLES"
    (divergence,) = [r["value"] for r in bad if r["feature"] == "fare"]
    assert told == {
        ("payment", "fail", "error", f"linf {both} of at most 0.2", f"0.7 ({linf})"),
        (
            "payment",
            "fail",
            "error",
            f"normalized_abs_difference {both} of at most 0.2",
            f"0.533333 ({counts})",
        ),
        ("fare", "fail", "error", f"jsd {both} of at most 0.1", f"{divergence:.6g} ({jsd})"),
        (
            "label",
            "inconclusive",
            "error",
            "values of label that jsd can compare on both sides",
            "label has no value in the serving statistics",
        ),
        ("", "fail", "error", "at least 0.9 times as many", f"300 examples after 1,000 ({low})"),
        ("", "fail", "error", "at most 0.1 times as many", f"300 examples after 1,000 ({high})"),
    }
    assert raised == {linf, jsd, counts, low, high, "COMPARATOR_CONTROL_DATA_MISSING"}


def test_a_drift_comparator_that_may_warn_only_does_not_block(statistics_artifact, validate):
    before, now = (
        statistics_artifact(name, train=frame(rows, cash))
        for name, rows, cash in (("p", 400, 0.7), ("s", 250, 0.3))
    )
    warn = "anomalies: {types: {COMPARATOR_L_INFTY_HIGH: warn}}"
    report, anomalies = validate(now, previous=before, schema=DRIFT, config=warn)
    assert report.get_int_custom_property("blessed") == 1
    assert report.get_int_custom_property("failed") == 1
    path = pathlib.Path(anomalies.uri, "Split-train", "SchemaDiff.pb")
    stored = anomalies_pb2.Anomalies.FromString(path.read_bytes())
    assert stored.anomaly_info["payment"].severity == anomalies_pb2.AnomalyInfo.WARNING


def test_earlier_data_that_retention_removed_are_not_taken_for_a_first_run(
    statistics_artifact, validate
):
    gone = standard_artifacts.ExampleStatistics()
    gone.set_int_custom_property("absent", 1)
    gone.set_string_custom_property("removed", "/srv/state/taxi-monitoring")
    now = statistics_artifact("s", train=frame(250, 0.7))
    allow = "policy: {on_missing_previous: allow}"
    with pytest.raises(InputError, match=r"until `retention` .* delete /srv/.*/removed\.json to"):
        validate(now, schema=DRIFT, config=allow, previous=gone, compares_previous=1)
    report, _ = validate(now, environment="TRAINING", previous=gone, compares_previous=1)
    assert report.get_string_custom_property("status") == "pass"  # this schema asks for none


@pytest.mark.parametrize("split", [None, "other"])
def test_no_earlier_data_is_inconclusive_where_the_schema_compares_with_them(
    statistics_artifact, validate, read_json, split
):
    before = statistics_artifact("p", **{split: frame(400, 0.7)}) if split else None
    now = statistics_artifact("s", train=frame(250, 0.7))
    asked = {"previous": before, "compares_previous": 1}
    report, _ = validate(now, schema=DRIFT, **asked)
    assert results(read_json(report), "inconclusive") == {("", "previous")}
    assert report.get_int_custom_property("blessed") == 0
    allow = "policy: {on_missing_previous: allow}"
    assert validate(now, schema=DRIFT, config=allow, **asked)[0].get_int_custom_property("blessed")
    report, _ = validate(now, environment="TRAINING", **asked)  # this schema asks for none
    assert report.get_string_custom_property("status") == "pass"


def test_a_comparator_within_a_struct_is_inconclusive_and_not_passed_over(
    statistics_artifact, validate, read_json
):
    inner = 'feature { name: "tip" type: FLOAT %s { infinity_norm { threshold: 0.1 } } }'
    schema = 'feature { name: "trip" type: STRUCT struct_domain { %s } } '
    schema += 'feature { name: "payment" type: BYTES }'
    before, now = (
        statistics_artifact(name, train=frame(rows, 0.7)) for name, rows in (("b", 400), ("s", 250))
    )
    for field, sides, metric in (
        ("skew_comparator", {"baseline": before}, "skew:linf"),
        ("drift_comparator", {"previous": before}, "drift:linf"),
    ):
        asked = {"schema": schema % (inner % field), **sides}
        report, _ = validate(now, **asked)
        assert ("trip.tip", metric) in results(read_json(report), "inconclusive")
        assert report.get_int_custom_property("blessed") == 0
        ignore = "anomalies: {features: {trip.tip: ignore}}"
        report, _ = validate(now, config=ignore, **asked)
        assert ("trip.tip", metric) in results(read_json(report), "pass")
    report, _ = validate(now, schema=schema % (inner % "drift_comparator"), compares_previous=1)
    assert ("", "previous") in results(read_json(report), "inconclusive")


def test_a_comparator_of_versions_is_inconclusive(statistics_artifact, validate, read_json):
    schema = "dataset_constraints { num_examples_version_comparator { min_fraction_threshold: 1 } }"
    report, _ = validate(statistics_artifact("s", train=frame(250, 0.7)), schema=schema + DRIFT)
    (result,) = [r for r in read_json(report)["results"] if r["status"] == "inconclusive"]
    assert "num_examples_version_comparator" in result["reason"]


def test_rows_that_are_asked_for_and_not_there_are_inconclusive(
    statistics_artifact, validate, read_json
):
    report, _ = validate(
        statistics_artifact("s", train=frame(250, 0.7)),
        environment="TRAINING",
        config="rows: {keys: [id]}",
    )
    told = [r for r in read_json(report)["results"] if r["metric"] == "matching"]
    assert [r["status"] for r in told] == ["inconclusive"] * 2
    assert {r["reason"].split()[4] for r in told} == {"examples", "baseline_examples"}


def test_component_refuses_to_compare_rows_that_it_is_not_given():
    channels = {
        "statistics": types.Channel(type=standard_artifacts.ExampleStatistics),
        "schema": types.Channel(type=standard_artifacts.Schema),
        "examples": types.Channel(type=standard_artifacts.Examples),
    }
    with pytest.raises(InputError, match=r"skew.yaml: compares rows, .* connect examples and"):
        component.SchemaSkewValidator(**channels, config="rows: {keys: [id]}")
    with pytest.raises(InputError, match=r"skew.yaml: anomalies.default: .* got 'stop'"):
        component.SchemaSkewValidator(**channels, config="anomalies: {default: stop}")
    whole = component.SchemaSkewValidator(
        **channels,
        baseline_examples=types.Channel(type=standard_artifacts.Examples),
        config="rows: {keys: [id]}",
        compares_previous=True,
    )
    connected = ["baseline_examples", "examples", "schema", "statistics"]
    assert sorted(json.loads(whole.exec_properties["expected"])) == connected
    assert whole.exec_properties["compares_previous"] == 1


def test_no_rows_is_inconclusive(statistics_artifact, validate):
    report, _ = validate(statistics_artifact("s", serving=frame(200, 0.5).iloc[:0]))
    assert report.get_string_custom_property("status") == "inconclusive"


def test_each_split_is_validated_and_named(statistics_artifact, validate, read_json):
    bad = frame(150, 0.5, fare=[-1.0] * 150)
    report, anomalies = validate(
        statistics_artifact("s", train=frame(200, 0.5), eval=bad), environment="TRAINING"
    )
    (failure,) = [r for r in read_json(report)["results"] if r["status"] == "fail"]
    assert failure["reason"].startswith("split eval: fare")
    assert {p.name for p in pathlib.Path(anomalies.uri).iterdir()} == {"Split-train", "Split-eval"}


def test_unknown_environment_lists_those_there_are(statistics_artifact, validate):
    with pytest.raises(InputError, match="no environment PROD; it has SERVING, TRAINING"):
        validate(statistics_artifact("s", train=frame(200, 0.5)), environment="PROD")


def test_malformed_schema_names_file_and_line(statistics_artifact, validate):
    with pytest.raises(InputError, match=r"schema.pbtxt: line 2: is not a TFMD Schema"):
        validate(
            statistics_artifact("s", train=frame(200, 0.5)),
            schema='feature {\n  nam: "fare"\n}',
        )

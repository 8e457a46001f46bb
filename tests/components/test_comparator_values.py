"""The schema's comparators: every value, how sure it is, and what TFDV's file of anomalies says."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest
import tensorflow_data_validation as tfdv
from google.protobuf import text_format
from tensorflow_metadata.proto.v0 import anomalies_pb2, schema_pb2, statistics_pb2
from tfx.types import standard_artifacts

from skewgate import decision
from skewgate.checks.skew.comparator_significance import (
    ANOMALY_OF_METRIC,
    DRIFT,
    SKEW,
    count_results,
)
from skewgate.checks.skew.config import AnomalyRules
from skewgate.components.schema_skew_validator import anomaly_files, comparator_values
from skewgate.components.schema_skew_validator.split_statistics import SplitStatistics
from skewgate.decision.policy import Significance
from skewgate.pipeline import settings as settings_lib
from skewgate.pipeline.taxi import data
from skewgate.schema.reading import load_schema


def compare(pairing, control, treatment, schema, smallest=0, **options):
    """Compares statistics, as if each were in an artifact, without slices of so few rows."""
    artifact = standard_artifacts.ExampleStatistics()
    artifact.uri, artifact.split_names = "statistics", '["train"]'
    sides = [
        SplitStatistics(artifact, "train", side.SerializeToString(), side).without_small_slices(
            smallest
        )
        for side in (control, treatment)
    ]
    return comparator_values.compare(pairing, *sides, schema, **options)


SCHEMA = """
default_environment: "TRAINING" default_environment: "SERVING"
dataset_constraints {
  num_examples_drift_comparator { min_fraction_threshold: 0.5 max_fraction_threshold: 2 }
}
feature {
  name: "pay" type: BYTES
  skew_comparator {
    infinity_norm { threshold: 0.1 }
    jensen_shannon_divergence { threshold: 0.01 }
    normalized_abs_difference { threshold: 0.1 }
  }
  drift_comparator { infinity_norm { threshold: 0.1 } }
}
feature {
  name: "fare" type: FLOAT
  skew_comparator { jensen_shannon_divergence { threshold: 0.05 } }
  drift_comparator { jensen_shannon_divergence { threshold: 0.05 source { type: QUANTILES } } }
}
feature {
  name: "label" type: INT not_in_environment: "SERVING"
  skew_comparator { jensen_shannon_divergence { threshold: 0.05 } }
}
"""
OPTIONS = {"num_quantiles_histogram_buckets": 200, "epsilon": 0.001}


def schema_of(text=SCHEMA):
    return text_format.Parse(text, schema_pb2.Schema())


def frame(rows, cash, mean, seed, label=False):
    generator = np.random.default_rng(seed)
    data = {
        "pay": np.where(np.arange(rows) < round(rows * cash), "Cash", "Card"),
        "fare": generator.normal(mean, 1, rows).astype(np.float32),
    }
    if label:
        data["label"] = generator.integers(0, 2, rows)
    return pd.DataFrame(data)


def statistics_of(rows_frame):
    return tfdv.generate_statistics_from_dataframe(rows_frame, tfdv.StatsOptions(**OPTIONS))


@pytest.fixture(scope="module")
def training():
    return statistics_of(frame(900, 0.7, 3.0, 1, label=True))


@pytest.fixture(scope="module")
def like_training():
    return statistics_of(frame(700, 0.68, 3.0, 2))


@pytest.fixture(scope="module")
def moved():
    return statistics_of(frame(400, 0.4, 3.8, 3))


def judge(compared):
    level = decision.level(max(len(compared.comparisons), 1), Significance())
    checks = [comparison.check(level) for comparison in compared.comparisons]
    judged = decision.judge(checks, Significance())
    told = [c.explain(result) for c, result in zip(compared.comparisons, judged, strict=True)]
    return {(r.feature, r.slice, r.metric): r for r in [*told, *compared.results]}


def measured(anomalies, kind):
    names = {
        "L_INFTY": "linf",
        "JENSEN_SHANNON_DIVERGENCE": "jsd",
        "NORMALIZED_ABSOLUTE_DIFFERENCE": "normalized_abs_difference",
    }
    return {
        (info.path.step[0], "", f"{kind}:{names[name]}"): measure.value
        for info in anomalies.drift_skew_info
        for measure in getattr(info, f"{kind}_measurements")
        for name in [anomalies_pb2.DriftSkewInfo.Measurement.Type.Name(measure.type)]
    }


def test_moved_serving_data_fail_each_skew_comparator_with_tfdvs_value(training, moved):
    compared = compare(SKEW, training, moved, schema_of(), environment="SERVING")
    results = judge(compared)
    assert {key: r.status.value for key, r in results.items()} == {
        ("pay", "", "skew:linf"): "fail",
        ("pay", "", "skew:jsd"): "fail",
        ("pay", "", "skew:normalized_abs_difference"): "fail",
        ("fare", "", "skew:jsd"): "fail",
    }
    theirs = measured(
        tfdv.validate_statistics(training, schema_of(), serving_statistics=moved), "skew"
    )
    assert {key: r.value for key, r in results.items()} == theirs
    linf = results["pay", "", "skew:linf"]
    assert linf.value == pytest.approx(0.3)
    assert (linf.n_baseline, linf.n_current) == (900, 400)
    assert "between training and serving linf is 0.3" in linf.reason
    assert "'Card' rose from 30.0% to 60.0%" in linf.reason
    counts = results["pay", "", "skew:normalized_abs_difference"]
    assert counts.value == pytest.approx((630 - 160) / 1300)
    assert "'Cash' was there 630 times and is there 160 times" in counts.reason


def test_serving_like_training_passes_and_still_tells_every_value(training, like_training):
    compared = compare(SKEW, training, like_training, schema_of())
    results = judge(compared)
    assert results["pay", "", "skew:linf"].status.value == "pass"
    assert results["pay", "", "skew:linf"].value == pytest.approx(0.02)
    assert results["fare", "", "skew:jsd"].value > 0
    assert not compared.anomalies.anomaly_info.keys() - {"label", "pay"}


def test_drift_compares_previous_with_current_and_their_numbers(training, moved):
    compared = compare(DRIFT, training, moved, schema_of())
    results = judge(compared)
    assert {key: r.status.value for key, r in results.items()} == {
        ("pay", "", "drift:linf"): "fail",
        ("fare", "", "drift:jsd"): "fail",
        ("", "", "drift:num_examples_low"): "fail",
        ("", "", "drift:num_examples_high"): "pass",
    }
    low = results["", "", "drift:num_examples_low"]
    assert low.value == pytest.approx(400 / 900)
    assert "400 examples now and 900 before" in low.reason
    kinds = {reason.type for reason in compared.anomalies.dataset_anomaly_info.reason}
    assert kinds == {anomalies_pb2.AnomalyInfo.COMPARATOR_LOW_NUM_EXAMPLES}
    swapped = compare(DRIFT, moved, training, schema_of())
    assert judge(swapped)["", "", "drift:num_examples_high"].status.value == "fail"
    kinds = {reason.type for reason in swapped.anomalies.dataset_anomaly_info.reason}
    assert kinds == {anomalies_pb2.AnomalyInfo.COMPARATOR_HIGH_NUM_EXAMPLES}


def test_no_examples_before_is_above_every_bound():
    comparator = schema_pb2.NumericValueComparator(max_fraction_threshold=3)
    (result,) = count_results(comparator, 0, 5)
    assert result.status.value == "fail"
    assert result.to_json()["value"] is None


def test_ten_rows_a_side_are_not_enough_to_fail_or_pass():
    few = [statistics_of(frame(n, 0.5, 3.0, seed)[["fare"]]) for n, seed in ((10, 4), (12, 5))]
    results = judge(compare(SKEW, *few, schema_of()))
    jsd = results["fare", "", "skew:jsd"]
    assert jsd.value > 0.05  # TFDV alone calls this an anomaly
    assert jsd.status.value == "inconclusive"
    assert "could be chance" in jsd.reason


def test_values_that_never_repeat_are_inconclusive_by_every_comparator_of_categories():
    sides = [
        statistics_of(frame(1_600, 0.7, 3.0, 1).assign(pay=[f"{x}{i}" for i in range(1_600)]))
        for x in "bc"
    ]
    found = judge(compare(SKEW, *sides, schema_of(), environment="SERVING"))
    of_pay = {metric: result for (feature, _, metric), result in found.items() if feature == "pay"}
    assert {metric: result.status.value for metric, result in of_pay.items()} == {
        "skew:linf": "inconclusive",
        "skew:jsd": "inconclusive",
        "skew:normalized_abs_difference": "inconclusive",
    }
    assert "its values repeat so rarely" in of_pay["skew:linf"].reason


def test_equal_distributions_rarely_fail_though_tfdv_calls_them_skewed():
    generator = np.random.default_rng(17)
    failed = called = 0
    for _ in range(60):
        sides = [
            statistics_pb2.DatasetFeatureStatisticsList(
                datasets=[_numbers(generator.normal(size=n))]
            )
            for n in (60, 45)
        ]
        compared = compare(SKEW, *sides, schema_of())
        called += "fare" in compared.anomalies.anomaly_info
        failed += judge(compared)["fare", "", "skew:jsd"].status.value == "fail"
    assert called > 30
    assert failed <= 3


def _numbers(values):
    """Statistics of one number as TFDV makes them: ten buckets of equal width."""
    dataset = statistics_pb2.DatasetFeatureStatistics(num_examples=len(values))
    feature = dataset.features.add(type=statistics_pb2.FeatureNameStatistics.FLOAT)
    feature.path.step.append("fare")
    feature.num_stats.common_stats.num_non_missing = len(values)
    feature.num_stats.common_stats.tot_num_values = len(values)
    feature.num_stats.common_stats.min_num_values = 1
    feature.num_stats.common_stats.max_num_values = 1
    standard = feature.num_stats.histograms.add(type=statistics_pb2.Histogram.STANDARD)
    counts, edges = np.histogram(values, 10)
    for low, high, count in zip(edges, edges[1:], counts, strict=False):
        standard.buckets.add(low_value=low, high_value=high, sample_count=count)
    quantiles = feature.num_stats.histograms.add(type=statistics_pb2.Histogram.QUANTILES)
    edges = np.quantile(values, np.linspace(0, 1, 11))
    for low, high in itertools.pairwise(edges):
        quantiles.buckets.add(low_value=low, high_value=high, sample_count=len(values) / 10)
    return dataset


@pytest.mark.parametrize(
    ("feature", "told"),
    [
        (
            'name: "fare" type: FLOAT skew_comparator { infinity_norm { threshold: 0.1 } }',
            "fare is numeric: TFDV gives 0 whatever the data",
        ),
        (
            'name: "label" type: INT '
            "skew_comparator { jensen_shannon_divergence { threshold: 0.1 } }",
            "label has no value in the serving statistics",
        ),
        (
            'name: "nobody" type: INT '
            "skew_comparator { jensen_shannon_divergence { threshold: 0.1 } }",
            "nobody has no value in the training and serving statistics",
        ),
    ],
)
def test_what_tfdv_cannot_compare_is_inconclusive_with_the_reason(training, moved, feature, told):
    compared = compare(SKEW, training, moved, schema_of(f"feature {{ {feature} }}"))
    (result,) = judge(compared).values()
    assert result.status.value == "inconclusive"
    assert told in result.reason


def test_a_feature_that_only_training_lacks_is_inconclusive_though_tfdv_says_nothing(
    like_training, training
):
    text = (
        'feature { name: "label" type: INT '
        "skew_comparator { jensen_shannon_divergence { threshold: 0.1 } } }"
    )
    compared = compare(SKEW, like_training, training, schema_of(text))
    assert not compared.anomalies.drift_skew_info
    assert (
        "label has no value in the training statistics"
        in judge(compared)["label", "", "skew:jsd"].reason
    )


def test_a_slice_is_compared_with_the_same_slice(training, like_training, moved):
    def with_slice(whole, part):
        joined = statistics_pb2.DatasetFeatureStatisticsList()
        joined.datasets.add().CopyFrom(whole.datasets[0])
        joined.datasets[0].name = "All Examples"
        joined.datasets.add().CopyFrom(part.datasets[0])
        joined.datasets[1].name = "city_Lyon"
        return joined

    sides = with_slice(training, training), with_slice(like_training, moved)
    results = judge(compare(SKEW, *sides, schema_of(), environment="SERVING"))
    failed = {key for key, r in results.items() if r.status.value == "fail"}
    assert {(feature, name) for feature, name, _ in failed} == {
        ("pay", "city_Lyon"),
        ("fare", "city_Lyon"),
    }
    whole = compare(SKEW, *sides, schema_of(), environment="SERVING", slices=False)
    assert {key[1] for key in judge(whole)} == {""}
    drift = judge(compare(DRIFT, *sides, schema_of()))
    assert [key for key in drift if "num_examples" in key[2] and key[1]] == []


@pytest.mark.parametrize("lacking", ["training", "serving"])
def test_every_comparator_in_a_slice_that_one_side_lacks_is_inconclusive(
    training, like_training, lacking
):
    sliced = statistics_pb2.DatasetFeatureStatisticsList()
    for name in ("All Examples", "city_Lyon"):
        sliced.datasets.add().CopyFrom(training.datasets[0])
        sliced.datasets[-1].name = name
    sides = [like_training, sliced] if lacking == "training" else [sliced, like_training]
    results = judge(compare(SKEW, *sides, schema_of(), environment="SERVING"))
    comparators = [(feature, metric) for feature, name, metric in results if name == ""]
    assert sorted(comparators) == sorted(
        (feature, metric) for feature, name, metric in results if name == "city_Lyon"
    )
    for (_, name, _), result in results.items():
        if name:
            assert result.status.value == "inconclusive"
            assert f"the {lacking} statistics have no slice 'city_Lyon'" in result.reason
    # A slice of few rows is not compared, as skew.yaml asks.
    smallest = sliced.datasets[1].num_examples + 1
    few = judge(compare(SKEW, *sides, schema_of(), smallest=smallest, environment="SERVING"))
    assert {name for _, name, _ in few} == {""}


def test_kilometres_in_one_slice_of_the_taxi_rows_are_found_by_that_slice():
    schema = load_schema(settings_lib.TAXI.parent / "schema.pbtxt")
    rows = pd.read_csv(data.source())[["trip_miles", "payment_type"]]
    serving = rows.sample(4000, random_state=3)
    same = sliced(serving)
    card = serving["payment_type"] == "Credit Card"
    serving.loc[card, "trip_miles"] *= 1.609344
    training, planted = sliced(rows), sliced(serving)
    found = {}
    for name, side in (("same", same), ("planted", planted)):
        compared = compare(SKEW, training, side, schema, smallest=400, environment="SERVING")
        results = judge(compared)
        bad = {key for key, r in results.items() if r.status.value != "pass"}
        found[name] = {key[:2] for key in bad if key[0] in rows}
    assert found["same"] == set()
    assert ("trip_miles", "payment_type_Credit Card") in found["planted"]
    assert ("trip_miles", "payment_type_Cash") not in found["planted"]


def sliced(rows):
    """Statistics of all rows and of those with each payment type, named as TFDV names slices."""
    parts = {f"payment_type_{value}": part for value, part in rows.groupby("payment_type")}
    joined = statistics_pb2.DatasetFeatureStatisticsList()
    for name, part in {"All Examples": rows, **parts}.items():
        joined.datasets.add().CopyFrom(statistics_of(part).datasets[0])
        joined.datasets[-1].name = name
    return joined


def test_the_file_of_anomalies_has_tfdvs_reasons_and_our_severities(training, moved):
    compared = compare(SKEW, training, moved, schema_of(), environment="SERVING")
    anomalies = anomalies_pb2.Anomalies()
    anomalies.anomaly_info["pay"].path.step.append("pay")
    anomalies.anomaly_info["pay"].severity = anomalies_pb2.AnomalyInfo.WARNING
    anomalies.anomaly_info["pay"].reason.add(type=anomalies_pb2.AnomalyInfo.SCHEMA_NEW_COLUMN)
    rules = AnomalyRules(
        features={
            "fare": "ignore",
            "pay": {"COMPARATOR_NORMALIZED_ABSOLUTE_DIFFERENCE_HIGH": "ignore"},
        }
    )
    anomaly_files.add_compared(anomalies, compared.anomalies, SKEW, rules)
    assert set(anomalies.anomaly_info) == {"pay"}
    pay = anomalies.anomaly_info["pay"]
    kinds = [anomalies_pb2.AnomalyInfo.Type.Name(reason.type) for reason in pay.reason]
    assert kinds[0] == "SCHEMA_NEW_COLUMN"
    assert sorted(kinds[1:]) == [
        "COMPARATOR_JENSEN_SHANNON_DIVERGENCE_HIGH",
        "COMPARATOR_L_INFTY_HIGH",
    ]
    assert pay.severity == anomalies_pb2.AnomalyInfo.ERROR
    assert len(measured(anomalies, "skew")) == 4
    warned = anomalies_pb2.Anomalies()
    anomaly_files.add_compared(warned, compared.anomalies, SKEW, AnomalyRules(default="warn"))
    assert {info.severity for info in warned.anomaly_info.values()} == {
        anomalies_pb2.AnomalyInfo.WARNING
    }


def test_every_comparator_that_skew_yaml_can_name_has_a_metric():
    named = {name for name in anomalies_pb2.AnomalyInfo.Type.keys() if "COMPARATOR" in name}  # noqa: SIM118
    of_missing_sides = {"COMPARATOR_CONTROL_DATA_MISSING", "COMPARATOR_TREATMENT_DATA_MISSING"}
    assert set(ANOMALY_OF_METRIC.values()) == named - of_missing_sides

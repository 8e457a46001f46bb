from __future__ import annotations

import json

import pytest

from skewgate.checks.drift.config import DriftConfig
from skewgate.checks.labels.config import LabelConfig
from skewgate.checks.performance import eval_configs
from skewgate.checks.performance.config import PerformanceConfig
from skewgate.checks.skew.config import SkewConfig
from skewgate.core import yaml_model
from skewgate.data.ingest.splits import parse_splits
from skewgate.pipeline.checking import names
from skewgate.schema.reading import parse_schema

SCHEMA = parse_schema(
    'default_environment: "TRAINING" feature { name: "fare" } feature { name: "tip" } '
    'feature { name: "trip" type: STRUCT }',
    "schema.pbtxt",
)


def known(columns=None, skew="{}", more=()):
    config = yaml_model.parse(SkewConfig, skew, "skew.yaml")
    return names.Known(SCHEMA, config, columns and frozenset(columns), more)


def said(faults):
    return [str(fault).partition(", which")[0] for fault in faults]


def test_a_feature_is_known_if_the_schema_declares_it_or_the_rows_have_it():
    both = known(["fare", "zip"], more=["window"])
    assert all(both.has(name) for name in ("fare", "tip", "trip.miles", "zip", "window"))
    assert not both.has("fair")
    assert both.has_column("zip")
    assert not both.has_column("tip")  # declared, and not there


def test_of_rows_that_nobody_has_seen_a_column_is_believed_if_skew_yaml_lets_it_pass():
    assert not known().has("zip")
    assert not known().has_column("zip")
    assert known(skew="anomalies: {types: {SCHEMA_NEW_COLUMN: warn}}").has("zip")
    assert known(skew="anomalies: {features: {zip: ignore}}").has("zip")


def test_a_feature_that_is_nowhere_is_named_with_the_nearest():
    assert str(known(["fare"]).missing("drift.yaml", "slices", "fair")) == (
        "drift.yaml: slices: names 'fair', which is not a feature of the schema, nor a column of "
        "the data; there are fare, tip, trip. Fix: did you mean 'fare'."
    )


@pytest.mark.parametrize(
    ("splits", "missing"),
    [
        ({"by": "all"}, []),
        ({"by": "hash", "buckets": {"train": 1}}, []),
        ({"by": "hash", "buckets": {"train": 1}, "columns": ["fare", "zip"]}, ["zip"]),
        ({"by": "column", "column": "zip", "values": {"train": [1]}}, ["zip"]),
        ({"by": "time", "column": "when", "ranges": {"a": ["2013-01-01", "2014-01-01"]}}, ["when"]),
        ({"by": "window", "column": "when", "every": "1d"}, ["when"]),
    ],
)
def test_rows_are_split_by_columns_that_they_have(splits, missing):
    parsed = parse_splits(json.dumps(splits), "pipeline.yaml")
    for columns in (["fare", "tip"], None):
        found = said(names.splits("pipeline.yaml", "training", parsed, known(columns)))
        assert found == [f"pipeline.yaml: training.splits: needs {name!r}" for name in missing]
    assert said(names.splits("pipeline.yaml", "training", parsed, None)) == []


def test_a_split_may_not_have_the_name_of_a_count():
    splits = names.HashBuckets(by="hash", buckets={"read": 1})
    (fault,) = names.splits("pipeline.yaml", "training", splits, None)
    assert fault.problem == "has a split 'read', but rows_read counts other rows"


def test_a_split_that_is_needed_is_one_of_those_that_are_made():
    splits = parse_splits('{"by": "hash", "buckets": {"train": 2, "eval": 1}}', "pipeline.yaml")
    assert list(names.split("pipeline.yaml", "a", "eval", splits, "training.splits")) == []
    (fault,) = names.split("pipeline.yaml", "training.eval_split", "test", splits, "its splits")
    assert str(fault) == (
        "pipeline.yaml: training.eval_split: is 'test', but its splits has the splits train, eval. "
        "Fix: name one of them, or add test to its splits."
    )


def test_an_environment_is_one_of_the_schema():
    assert list(names.environment("p", "training", "TRAINING", SCHEMA, "schema.pbtxt")) == []
    (fault,) = names.environment("p", "monitoring", "SERVING", SCHEMA, "schema.pbtxt")
    assert str(fault) == (
        "p: monitoring.schema_environment: is SERVING, and schema.pbtxt has no environment "
        'SERVING; it has TRAINING. Fix: add default_environment: "SERVING" to the schema, or '
        "correct the name."
    )


def test_late_labels_are_features_of_the_schema_alone():
    found = said(names.late_labels("p", ["tip", "zip"], known(["zip"])))
    assert found == ["p: monitoring.late_labels: names 'zip'"]


def test_labels_weights_and_slices_of_an_evaluation_are_features():
    text = (
        'model_specs { label_key: "tips" example_weight_key: "weight" prediction_key: "p" } '
        'slicing_specs { feature_keys: "fair" feature_values { key: "zip" value: "1" } }'
    )
    config = eval_configs.parse(text, eval_configs.message_class()())
    fields = ["label_key: names 'tips'", "example_weight_key: names 'weight'"]
    slices = ["slicing_specs: names 'fair'", "slicing_specs: names 'zip'"]
    trained = said(names.evaluation("e", config, known(), monitors=False))
    assert trained == [f"e: {each}" for each in [*fields, *slices]]
    monitored = said(names.evaluation("e", config, known(), monitors=True))
    assert monitored == [f"e: {each}" for each in [*fields, "prediction_key: names 'p'", *slices]]


def test_what_drift_yaml_ignores_may_have_gone():
    text = "features: {fair: {ks: 0.1}, gone: {ignore: true}}\nslices: [[fare, zip]]"
    config = yaml_model.parse(DriftConfig, text, "drift.yaml")
    assert said(names.drift("drift.yaml", config, known())) == [
        "drift.yaml: features.fair: names 'fair'",
        "drift.yaml: slices: names 'zip'",
    ]


def test_rows_are_joined_and_sliced_by_features():
    text = "rows: {keys: [id], slices: [[zip]], features: {fair: {}, gone: {ignore: true}}}"
    config = yaml_model.parse(SkewConfig, text, "skew.yaml")
    assert said(names.skew("skew.yaml", config, known())) == [
        "skew.yaml: rows.keys: names 'id'",
        "skew.yaml: rows.features.fair: names 'fair'",
        "skew.yaml: rows.slices: names 'zip'",
    ]
    assert said(names.skew("skew.yaml", SkewConfig(), known())) == []


def test_segments_and_windows_are_features():
    text = "segments: {features: [fare, zip]}\nwindows: {reference: 3}"
    config = yaml_model.parse(PerformanceConfig, text, "performance.yaml")
    assert said(names.performance("performance.yaml", config, known())) == [
        "performance.yaml: segments.features: names 'zip'",
        "performance.yaml: windows.feature: names 'window'",
    ]
    assert len(said(names.performance("p", config, known(more=["window"])))) == 1


def test_labels_and_predictions_have_the_key_and_their_times():
    text = "key: [id]\nlabels: [tip]\nprediction_time: when\nlabel_time: came\nhorizon: 1d"
    config = yaml_model.parse(LabelConfig, text, "labels.yaml")
    here = known(["id", "fare"])
    assert said(names.labels("l", config, here, None)) == ["l: prediction_time: names 'when'"]
    assert said(names.labels("l", config, here, frozenset(["tip"]))) == [
        "l: prediction_time: names 'when'",
        "l: key: names 'id'",
        "l: label_time: names 'came'",
    ]

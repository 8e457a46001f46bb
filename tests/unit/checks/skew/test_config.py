from __future__ import annotations

import pytest

from skewgate.checks.skew.config import SkewConfig
from skewgate.core import yaml_model
from skewgate.core.errors import InputError
from skewgate.core.results import MetricResult, Status


def parse(text):
    return yaml_model.parse(SkewConfig, text, "skew.yaml")


def test_without_any_rule_every_anomaly_blocks_and_no_rows_are_compared():
    config = parse("{}")
    assert config.anomalies.action("fare", "SCHEMA_NEW_COLUMN") == "block"
    assert config.rows is None
    assert config.policy.on_inconclusive == "block"


def test_the_most_special_rule_counts():
    rules = parse(
        """
        anomalies:
          default: warn
          types: {SCHEMA_NEW_COLUMN: ignore, FLOAT_TYPE_SMALL_FLOAT: block}
          features:
            tip: block
            fare: {FLOAT_TYPE_SMALL_FLOAT: ignore}
        """
    ).anomalies
    assert rules.action("miles", "FLOAT_TYPE_BIG_FLOAT") == "warn"
    assert rules.action("miles", "SCHEMA_NEW_COLUMN") == "ignore"
    assert rules.action("tip", "SCHEMA_NEW_COLUMN") == "block"
    assert rules.action("fare", "FLOAT_TYPE_SMALL_FLOAT") == "ignore"
    assert rules.action("fare", "SCHEMA_NEW_COLUMN") == "ignore"
    assert rules.action("fare", "FLOAT_TYPE_BIG_FLOAT") == "warn"


def test_a_feature_takes_what_it_does_not_say_from_the_defaults():
    rows = parse(
        """
        rows:
          keys: [trip_id, day]
          threshold: 0.02
          relative: 0.001
          features: {fare: {absolute: 0.5}, miles: {threshold: 0, relative: 0}, tip: {ignore: true}}
        """
    ).rows
    assert rows.tolerance_of("fare") == (0.5, 0.001)
    assert rows.tolerance_of("miles") == (0.0, 0.0)
    assert rows.tolerance_of("other") == (0.0, 0.001)
    assert [rows.threshold_of(name) for name in ("fare", "miles")] == [0.02, 0]
    assert rows.ignored == {"tip"}


def test_each_kind_of_doubt_has_its_own_policy():
    policy = parse("policy: {on_missing_previous: allow}").policy
    doubts = [
        MetricResult("", "", metric, Status.INCONCLUSIVE, "doubtful")
        for metric in ("previous", "baseline", "rows")
    ]
    assert [policy.on_doubt(doubt) for doubt in doubts] == ["allow", "block", "block"]
    policy = parse("policy: {on_missing_baseline: allow}").policy
    assert [policy.on_doubt(doubt) for doubt in doubts] == ["block", "allow", "block"]
    policy = parse("policy: {on_inconclusive: allow}").policy
    assert [policy.on_doubt(doubt) for doubt in doubts] == ["block", "block", "allow"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("anomalies: {types: {SCHEMA_NEW_COL: warn}}", "did you mean 'SCHEMA_NEW_COLUMN'"),
        ("anomalies: {features: {fare: {X: warn}}}", "'X' is not an anomaly type"),
        (
            "anomalies: {features: {fare: stop}}",
            "should be 'block', 'warn' or 'ignore', got 'stop'",
        ),
        ("anomalies: {default: blok}", "anomalies.default: input should be 'block'"),
        ("rows: {}", "rows.keys is required and missing"),
        ("rows: {keys: []}", "rows.keys: List should have at least 1 item"),
        ("rows: {keys: [id, id]}", "keys names id twice"),
        ("rows: {keys: [id], features: {id: {threshold: 0.1}}}", "features.id is a key"),
        ("rows: {keys: [id], threshold: 1}", "rows.threshold: input should be less than 1, got 1"),
        ("rows: {keys: [id], relative: .inf}", "rows.relative: input should be a finite number"),
        ("rows: {keys: [id], min_match: 0.1}", "did you mean 'min_matched'"),
        ("policy: {block_on: any}", "policy.block_on is not a known key"),
    ],
)
def test_a_mistake_is_named_with_its_place(text, message):
    with pytest.raises(InputError, match=r"^skew\.yaml: ") as error:
        parse(text)
    assert message in str(error.value)

from __future__ import annotations

import pytest

from skewgate.checks.labels.config import LabelConfig
from skewgate.core import yaml_model
from skewgate.core.errors import InputError
from skewgate.core.results import LOW_COVERAGE, OPEN_WINDOW, MetricResult, Status

SMALLEST = "{key: [trip_id], labels: [tip], prediction_time: start, horizon_hours: 72"


def parse(more="", base=SMALLEST):
    return yaml_model.parse(LabelConfig, base + more + "}", "labels.yaml")


def test_days_of_utc_with_four_labels_in_five_are_the_default():
    config = parse()
    assert (config.windows.length, config.windows.every, config.windows.offset) == (86400, 86400, 0)
    assert config.windows.feature == "window"
    assert (config.min_coverage, config.horizon) == (0.8, 72 * 3600)
    assert config.label_time is None
    assert config.as_of is None
    assert config.policy.on_open_window == config.policy.on_low_coverage == "block"


@pytest.mark.parametrize(
    ("written", "seconds"),
    [
        ("1456804800", 1_456_804_800),
        ("'1970-01-01'", 0),
        ("2016-03-01", 1_456_790_400),
        ("2016-03-01T04:00:00Z", 1_456_804_800),
        ("'2016-03-01T04:00Z'", 1_456_804_800),
        ("'2016-03-01T04:00'", 1_456_804_800),
        ("2016-03-01 06:00:00 +02:00", 1_456_804_800),
        ("'2016-03-01T06:00+02:00'", 1_456_804_800),
        ("'2016-02-29T22:00:00.500-06:00'", 1_456_804_800),
    ],
)
def test_as_of_is_a_time_in_any_zone_and_utc_without_one(written, seconds):
    assert parse(f", as_of: {written}").as_of == seconds


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (", as_of: soon", "as_of: must be a time such as 2016-03-04T00:00Z or seconds since 1970"),
        (", as_of: true", "as_of: must be a time, got True"),
        (", as_of: 1456804800000", "as_of: input should be less than or equal to 253402300799"),
        (", windows: {length_hours: 0}", "windows.length_hours: input should be greater than 0"),
        (", windows: {every_hours: .nan}", "windows.every_hours: input should be a finite number"),
        (
            ", windows: {every_hours: 0.33}",
            "windows.every_hours: must be a whole number of minutes, got 0.33 hours",
        ),
        (
            ", windows: {length_hours: 1.0e-9, every_hours: 1}",
            "windows.length_hours: must be at least a minute",
        ),
        (
            ", windows: {length_hours: 12}",
            "every_hours of 24 is more than length_hours of 12: what lies between would be in no",
        ),
        (
            ", windows: {length_hours: 240, every_hours: 0.5}",
            "a row would lie in 480 windows, and may in 366: raise every_hours",
        ),
        (", min_coverage: 0", "min_coverage: input should be greater than 0"),
        (", windows: {feature: tip}", "'tip' stands in labels and in windows.feature"),
        (", windows: {feature: start}", "prediction_time 'start' would be written over"),
        (", windows: {feature: at}, label_time: at", "label_time 'at' is windows.feature too"),
        (
            ", horizon: 3",
            "horizon is not a known key; the keys known here are as_of, horizon_hours",
        ),
        (", policy: {on_open_windows: allow}", "did you mean 'on_open_window'"),
    ],
)
def test_what_makes_no_sense_is_one_sentence(more, message):
    with pytest.raises(InputError) as error:
        parse(more)
    assert message.lower() in str(error.value).lower()
    assert str(error.value).startswith("labels.yaml: ")


@pytest.mark.parametrize(
    ("base", "message"),
    [
        ("{key: [], labels: [a], prediction_time: t, horizon_hours: 1", "key: List should have at"),
        ("{key: [a], labels: [a], prediction_time: t, horizon_hours: 1", "'a' stands in key and"),
        ("{key: [a, a], labels: [b], prediction_time: t, horizon_hours: 1", "in key and in key"),
        ("{key: [a], labels: [b], prediction_time: b, horizon_hours: 1", "would be written over"),
        ("{key: [a], labels: [b], prediction_time: t", "horizon_hours is required and missing"),
        ("{key: [a], labels: [b], prediction_time: t, horizon_hours: -1", "greater than or equal"),
    ],
)
def test_names_and_horizon_are_checked(base, message):
    with pytest.raises(InputError) as error:
        parse(base=base)
    assert message in str(error.value)


def test_a_key_may_hold_the_time_of_the_prediction():
    base = "{key: [user, start], labels: [tip], prediction_time: start, horizon_hours: 1"
    assert parse(base=base).key == ["user", "start"]


def test_each_doubt_has_its_own_policy():
    def doubt(cause):
        return MetricResult("", "", "coverage", Status.INCONCLUSIVE, "few", cause=cause)

    causes = [OPEN_WINDOW, LOW_COVERAGE, None]
    for number, key in enumerate(("on_open_window", "on_low_coverage", "on_inconclusive")):
        policy = parse(f", policy: {{{key}: allow}}").policy
        expected = ["allow" if place == number else "block" for place in range(3)]
        assert [policy.on_doubt(doubt(cause)) for cause in causes] == expected

from __future__ import annotations

import pytest

from skewgate.checks.labels.config import LabelConfig
from skewgate.core import yaml_model
from skewgate.core.errors import InputError
from skewgate.core.results import LOW_COVERAGE, OPEN_WINDOW, MetricResult, Status
from skewgate.data.windows.durations import Duration
from skewgate.data.windows.grids import Grid

SMALLEST = "{key: [trip_id], labels: [tip], prediction_time: start, horizon: 72h"


def parse(more="", base=SMALLEST):
    return yaml_model.parse(LabelConfig, base + more + "}", "labels.yaml")


def test_days_of_utc_with_four_labels_in_five_are_the_default():
    config = parse()
    assert config.windows.grid == Grid(Duration(1, "d"), Duration(0, "h"), "UTC")
    assert config.windows.feature == "window"
    assert (config.min_coverage, config.horizon.seconds) == (0.8, 72 * 3600)
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
        (", windows: {length: 0h}", "windows.length: must be more than 0, got 0h"),
        (", windows: {every: .nan}", "windows.every: must be a whole number with m, h, d, w or mo"),
        (
            ", windows: {every: 0.33h}",
            "windows.every: must be a whole number with m, h, d, w or mo",
        ),
        (
            ", windows: {zone: Berlin}",
            "windows.zone: 'Berlin' is not known. Fix: give an IANA name",
        ),
        (
            ", windows: {length: 12h}",
            "windows: every of 1d is more than length of 12h: what lies between would be in no",
        ),
        (
            ", windows: {length: 240h, every: 30m}",
            "a row would lie in 480 windows, and may in 366: raise every",
        ),
        (", min_coverage: 0", "min_coverage: input should be greater than 0"),
        (", windows: {feature: tip}", "'tip' is used in labels and in windows.feature"),
        (", windows: {feature: start}", "prediction_time 'start' would be written over"),
        (", windows: {feature: at}, label_time: at", "label_time 'at' is windows.feature too"),
        (
            ", horizons: 3d",
            "horizons is not a known key; the keys known here are as_of, horizon, key",
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
        ("{key: [], labels: [a], prediction_time: t, horizon: 1h", "key: List should have at"),
        ("{key: [a], labels: [a], prediction_time: t, horizon: 1h", "'a' is used in key and"),
        ("{key: [a, a], labels: [b], prediction_time: t, horizon: 1h", "in key and in key"),
        ("{key: [a], labels: [b], prediction_time: b, horizon: 1h", "would be written over"),
        ("{key: [a], labels: [b], prediction_time: t", "horizon is required and missing"),
        ("{key: [a], labels: [b], prediction_time: t, horizon: -1h", "not negative, got -1h"),
        ("{key: [a], labels: [b], prediction_time: t, horizon: 1mo", "not negative, got 1mo"),
    ],
)
def test_names_and_horizon_are_checked(base, message):
    with pytest.raises(InputError) as error:
        parse(base=base)
    assert message in str(error.value)


@pytest.mark.parametrize(
    ("old", "old_key", "key", "written"),
    [
        ("length_hours: 24", "length_hours", "length", "`length: 24h`"),
        ("offset_hours: -1", "offset_hours", "offset", "`offset: -1h`"),
        ("every_hours: 24", "every_hours", "every", "`every: 24h`"),
        ("every_hours: 0.5, length: 3h", "every_hours", "every", "`every: 30m`"),
        # Windows had 24 hours where nothing else was said.
        ("every_hours: 6", "every_hours", "every", "`every: 6h` and `length: 24h`"),
    ],
)
def test_keys_in_hours_are_refused_with_the_new_ones(old, old_key, key, written):
    with pytest.raises(InputError) as error:
        parse(f", windows: {{{old}}}")
    assert str(error.value) == (
        f"labels.yaml: windows.{old_key} is now windows.{key}. Fix: write {written}."
    )


def test_the_old_horizon_is_refused_with_the_new_one():
    with pytest.raises(InputError) as error:
        parse(base="{key: [a], labels: [b], prediction_time: t, horizon_hours: 72")
    assert str(error.value) == (
        "labels.yaml: horizon_hours is now horizon. Fix: write `horizon: 72h`."
    )


def test_the_contract_is_written_as_it_is_read():
    config = parse(", windows: {every: 6h, length: 2d, offset: -30m, zone: Europe/Berlin}")
    written = config.model_dump_json()
    assert '"every":"6h"' in written
    assert '"horizon":"72h"' in written
    assert yaml_model.parse(LabelConfig, written, "labels.yaml") == config


def test_a_key_may_hold_the_time_of_the_prediction():
    base = "{key: [user, start], labels: [tip], prediction_time: start, horizon: 1h"
    assert parse(base=base).key == ["user", "start"]


def test_each_doubt_has_its_own_policy():
    def doubt(cause):
        return MetricResult("", "", "coverage", Status.INCONCLUSIVE, "few", cause=cause)

    causes = [OPEN_WINDOW, LOW_COVERAGE, None]
    for number, key in enumerate(("on_open_window", "on_low_coverage", "on_inconclusive")):
        policy = parse(f", policy: {{{key}: allow}}").policy
        expected = ["allow" if place == number else "block" for place in range(3)]
        assert [policy.on_doubt(doubt(cause)) for cause in causes] == expected

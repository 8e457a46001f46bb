"""What seconds count must be what ingest saw: clocks, or moments."""

from __future__ import annotations

import pytest

from skewgate.checks.labels import clocks
from skewgate.checks.labels.config import LabelConfig
from skewgate.core import yaml_model
from skewgate.core.errors import InputError


def check(kind, seconds="utc", side="predictions", zone="America/Chicago", name="start"):
    text = (
        "{key: [id], labels: [tip], prediction_time: start, label_time: start, horizon: 1h, "
        f"windows: {{zone: {zone}, seconds: {seconds}}}}}"
    )
    clocks.check({side: {name: kind}}, yaml_model.parse(LabelConfig, text, "labels.yaml"))


@pytest.mark.parametrize("kind", ["date32[day]", "date64[ms]", "timestamp[us]"])
@pytest.mark.parametrize("side", ["predictions", "labels"])
def test_times_of_a_clock_need_to_be_called_so(kind, side):
    with pytest.raises(InputError) as caught:
        check(kind, side=side)
    assert str(caught.value) == (
        f"labels.yaml: the times start of the {side}: were {kind}, which is what clocks showed, "
        "and windows.seconds is utc. Fix: write `seconds: clock` under `windows`."
    )
    check(kind, "clock", side)


def test_times_with_a_zone_are_of_no_clock():
    kind = "timestamp[ms, tz=Asia/Tokyo]"
    with pytest.raises(InputError, match=r"names a zone, and windows\.seconds is clock"):
        check(kind, "clock")
    check(kind)


@pytest.mark.parametrize("seconds", ["utc", "clock"])
def test_nothing_is_said_of_numbers_of_what_is_not_known_and_in_utc(seconds):
    check("int64", seconds)
    check("date32[day]", seconds, name="other")
    check("date32[day]", seconds, zone="UTC")
    check("timestamp[s, tz=UTC]", seconds, zone="UTC")

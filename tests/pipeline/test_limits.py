"""`retention` of pipeline.yaml."""

from __future__ import annotations

import pytest

from skewgate.core import yaml_model
from skewgate.core.errors import InputError
from skewgate.pipeline import settings as settings_lib
from skewgate.pipeline.limits import Retention


def parse(text):
    return yaml_model.parse(Retention, text, "pipeline.yaml")


def test_each_limit_is_optional():
    found = parse("{keep: 90d, runs: 200, failed_runs: 20, models: 5}")
    assert found.keep.seconds == 90 * 86_400
    assert (found.runs, found.failed_runs, found.models) == (200, 20, 5)
    assert parse("{failed_runs: 0}").failed_runs == 0


def test_nothing_is_limited_without_the_key():
    assert settings_lib.load(settings_lib.TAXI).retention is None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{keep: 90}", "keep: must be a whole number with m, h, d, w or mo"),
        ("{keep: 3mo}", "keep: must be minutes, hours, days or weeks, and not negative, got 3mo"),
        ("{keep: -1d}", "keep: must be minutes, hours, days or weeks, and not negative, got -1d"),
        ("{keep: 0d}", "keep: must be more than 0, got 0d. Fix: write a duration such as 90d."),
        ("{keep: 4000d}", "keep: must be at most ten years"),
        ("{runs: 0}", "runs: input should be greater than 0, got 0"),
        ("{failed_runs: -1}", "failed_runs: input should be greater than or equal to 0, got -1"),
        ("{run: 3}", "run is not a known key; the keys known here are failed_runs, keep, models, "),
        ("{kep: 3d}", "did you mean 'keep'"),
        (
            "{keep: null}",
            "must say what to keep, but says nothing. Fix: give keep, runs, failed_run",
        ),
    ],
)
def test_what_is_no_limit_is_refused_in_one_sentence(text, message):
    with pytest.raises(InputError) as refused:
        parse(text)
    assert message in str(refused.value)
    assert "\n" not in str(refused.value)

"""Which features are read again: those whose verdict more exact values could change."""

import math

import pytest

from skewgate.core.results import MetricResult, Status
from skewgate.decision import in_doubt

THRESHOLD = 0.2


def doubtful(status, lower, upper, null_value=0.0):
    result = MetricResult(
        feature="fare",
        slice="",
        metric="psi",
        status=status,
        reason="because",
        value=lower,
        lower=lower,
        upper=upper,
        null_value=null_value,
        threshold=THRESHOLD,
    )
    return in_doubt([result]) == {"fare"}


@pytest.mark.parametrize(
    ("status", "lower", "upper", "null_value"),
    [
        pytest.param(Status.INCONCLUSIVE, 0.19, 0.21, 0.0, id="holds-the-threshold"),
        pytest.param(Status.INCONCLUSIVE, 0.49, 0.51, 0.3, id="holds-it-above-chance"),
        pytest.param(Status.INCONCLUSIVE, 0.0, math.inf, 0.0, id="unknown"),
        pytest.param(Status.INCONCLUSIVE, 0.25, 0.27, 0.0, id="above-and-maybe-chance"),
        pytest.param(Status.PASS, 0.48, 0.49, 0.3, id="below-by-less-than-chance-may-be-off"),
        pytest.param(Status.FAIL, 0.51, 0.52, 0.3, id="above-by-less-than-chance-may-be-off"),
    ],
)
def test_more_exact_values_could_change_the_verdict(status, lower, upper, null_value):
    assert doubtful(status, lower, upper, null_value)


@pytest.mark.parametrize(
    ("status", "lower", "upper", "null_value"),
    [
        pytest.param(Status.PASS, 0.18, 0.2, 0.0, id="below"),
        pytest.param(Status.FAIL, 0.201, 0.21, 0.0, id="above"),
        pytest.param(Status.PASS, 0.41, 0.46, 0.3, id="well-below-above-chance"),
        pytest.param(Status.FAIL, 0.54, 0.56, 0.3, id="well-above-above-chance"),
        pytest.param(Status.INCONCLUSIVE, 0.1, 0.12, 0.05, id="too-little-data"),
        pytest.param(Status.INCONCLUSIVE, 0.25, 0.25, 0.0, id="exact-and-maybe-chance"),
        pytest.param(Status.PASS, 0.49, 0.49 + 1e-12, 0.3, id="exact-but-for-rounding"),
        pytest.param(Status.INCONCLUSIVE, math.inf, math.inf, 0.0, id="infinite"),
    ],
)
def test_more_exact_values_would_change_nothing(status, lower, upper, null_value):
    assert not doubtful(status, lower, upper, null_value)


def test_what_was_not_measured_is_not_in_doubt():
    unmeasured = MetricResult("fare", "", "presence", Status.FAIL, "it is gone")
    assert in_doubt([unmeasured]) == frozenset()

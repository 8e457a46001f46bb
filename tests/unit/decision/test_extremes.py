import dataclasses
import math

import pytest

from skewgate import decision
from skewgate.core.results import Bulk, Measurement, Status
from skewgate.decision import Check
from skewgate.decision.policy import Significance

SMALL = Measurement(0.05, 0.05, 0.05, p_value=0.6, detectable=0.1)
LARGE = Measurement(0.9, 0.9, 0.9, p_value=1e-6, detectable=0.1)
BY_CHANCE = Measurement(4e17, 4e17, 4e17, p_value=0.4, detectable=8e17)
UNKNOWN = Measurement(math.inf, 0.0, math.inf, p_value=1.0, detectable=math.inf)
BLURRED = Measurement(0.05, 0.0, 0.4, p_value=1.0, detectable=0.1)


def judge(whole, rest, extreme=3):
    bulk = Bulk(rest, f"{extreme} baseline values of 1e+20", 500 - extreme, 300)
    check = Check("x", "", "wasserstein", 0.2, dataclasses.replace(whole, bulk=bulk), 500, 300)
    [result] = decision.judge([check], Significance())
    return result


@pytest.mark.parametrize(
    ("whole", "rest", "status", "value"),
    [
        (SMALL, SMALL, Status.PASS, 0.05),
        (SMALL, LARGE, Status.FAIL, 0.9),
        (LARGE, SMALL, Status.FAIL, 0.9),
        (BY_CHANCE, SMALL, Status.PASS, 0.05),
        (BY_CHANCE, LARGE, Status.FAIL, 0.9),
        (UNKNOWN, SMALL, Status.PASS, 0.05),
        (UNKNOWN, LARGE, Status.FAIL, 0.9),
        (SMALL, BLURRED, Status.INCONCLUSIVE, 0.05),
        (BY_CHANCE, BLURRED, Status.INCONCLUSIVE, 0.05),
        (SMALL, UNKNOWN, Status.INCONCLUSIVE, math.inf),
    ],
)
def test_either_may_fail_and_the_rest_decides_on_a_pass(whole, rest, status, value):
    result = judge(whole, rest)
    assert (result.status, result.value) == (status, value)


def test_what_was_left_out_is_named_and_not_counted():
    result = judge(BY_CHANCE, LARGE)
    assert result.reason.startswith(
        "wasserstein without extreme values (3 baseline values of 1e+20) is 0.9, above"
    )
    assert "497 baseline and 300 current values" in result.reason
    assert (result.n_baseline, result.n_current) == (497, 300)
    assert "with extreme values (3 baseline values of 1e+20)" in judge(LARGE, SMALL).reason


def test_a_single_extreme_value_is_no_evidence():
    assert judge(LARGE, SMALL, extreme=1).status is Status.PASS
    assert judge(LARGE, SMALL, extreme=2).status is Status.FAIL
    assert judge(SMALL, LARGE, extreme=1).status is Status.FAIL


def test_nothing_is_named_where_it_makes_no_difference():
    assert judge(SMALL, SMALL).reason == "wasserstein is 0.05, not above the threshold of 0.2"


def test_two_looks_double_the_p_value():
    assert judge(SMALL, LARGE).p_value == pytest.approx(2e-6)
    unsure = dataclasses.replace(LARGE, p_value=0.03)
    assert judge(BY_CHANCE, unsure).status is Status.INCONCLUSIVE


def test_what_is_not_above_the_threshold_lends_no_p_value():
    # All values differ significantly, by little; the rest differs by much, perhaps by chance.
    sure = dataclasses.replace(SMALL, p_value=1e-9)
    unsure = dataclasses.replace(LARGE, p_value=0.3)
    assert judge(sure, unsure).status is Status.INCONCLUSIVE


def test_a_check_without_extremes_is_judged_as_it_is():
    check = Check("x", "", "ks", 0.2, LARGE, 500, 300)
    [result] = decision.judge([check], Significance())
    assert (result.status, result.p_value) == (Status.FAIL, 1e-6)

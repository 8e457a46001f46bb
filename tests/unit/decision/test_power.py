"""What passes has not drifted by much more than the threshold, however few the values are."""

import numpy as np
import pytest

from skewgate.core.results import Status
from skewgate.decision import Check, judge
from skewgate.decision.policy import Significance
from skewgate.metrics import REGISTRY

DRAWS = 60
SHIFTS = {  # of a normal variable in deviations, by which the metric is twice its threshold
    "ks": (0.1, 0.51),
    "wasserstein": (0.3, 0.60),
    "psi": (0.2, 0.64),
    "jsd": (0.03, 0.59),
    "hellinger": (0.1, 0.58),
}


def statuses(build, name, sizes, times):
    threshold, shift = SHIFTS[name]
    rng = np.random.default_rng(7)
    found = []
    for _ in range(DRAWS):
        sides = [
            build.numeric(np.sort(rng.normal(size=n)) + moved)
            for n, moved in zip(sizes, (0, times * shift), strict=True)
        ]
        measured = REGISTRY[name].measure(*sides, 0.05)
        [result] = judge([Check("x", "", name, threshold, measured, *sizes)], Significance())
        found.append(result.status)
    return found


@pytest.mark.parametrize("name", SHIFTS)
@pytest.mark.parametrize("sizes", [(20, 20), (30, 30), (30, 1_000), (100, 100)], ids=str)
def test_three_times_the_threshold_hardly_ever_passes(build, name, sizes):
    # A shift of half as much again is three times the threshold of a root, and more of a square.
    assert statuses(build, name, sizes, 1.5).count(Status.PASS) <= 1


@pytest.mark.parametrize("name", ["wasserstein", "hellinger"])
def test_twice_the_threshold_of_a_root_seldom_passes(build, name):
    assert statuses(build, name, (100, 100), 1.0).count(Status.PASS) <= DRAWS // 10


@pytest.mark.parametrize("name", SHIFTS)
def test_what_did_not_change_passes_once_there_are_enough_values(build, name):
    assert statuses(build, name, (2_000, 1_500), 0.0) == [Status.PASS] * DRAWS

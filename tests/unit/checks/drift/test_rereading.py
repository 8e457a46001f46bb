"""Features in doubt are read again, and nothing else is."""

import dataclasses

import numpy as np
import pytest

from skewgate.checks.drift import evaluate, rereading
from skewgate.checks.drift.config import DriftConfig
from skewgate.core.errors import InputError
from skewgate.core.profile import Profile
from skewgate.core.results import Status
from skewgate.metrics import REGISTRY
from skewgate.profiling.accumulators.numeric import NumericAccumulator

BASELINE = np.arange(5_000) / 5_000


def current(distance):
    """Returns 4,000 values whose CDF at 0.5 is `distance` below that of BASELINE."""
    low = round(4_000 * (0.5 - distance))
    return np.r_[np.arange(low) / low / 2, 0.5 + np.arange(4_000 - low) / (4_000 - low) / 2]


def profile(resolution=8, **columns):
    features = {}
    for name, values in columns.items():
        accumulator = NumericAccumulator(resolution)
        accumulator.add(np.asarray(values, float))
        features[name] = accumulator.distribution()
    return Profile({"": features}, {"": max(map(len, columns.values()))})


class Reader:
    """Reads the columns of both sides anew, and remembers which."""

    def __init__(self, baseline, current):
        self.sides = baseline, current
        self.asked = []

    def __call__(self, features):
        self.asked.append(features)
        return tuple(
            side and profile(5_000, **{name: side[name] for name in side if name in features})
            for side in self.sides
        )


def status(evaluation, feature="fare", metric="ks"):
    [found] = [r for r in evaluation.results if (r.feature, r.metric) == (feature, metric)]
    return found.status


@pytest.mark.parametrize(("distance", "verdict"), [(0.096, Status.PASS), (0.104, Status.FAIL)])
def test_a_threshold_within_the_interval_is_settled_by_looking_again(distance, verdict):
    columns = (
        {"fare": BASELINE, "miles": BASELINE},
        {"fare": current(distance), "miles": BASELINE},
    )
    sides = [profile(**side) for side in columns]
    config = DriftConfig()
    assert status(evaluate(*sides, config)) is Status.INCONCLUSIVE
    reader = Reader(*columns)
    found = evaluate(*sides, config, reader)
    assert status(found) is verdict
    assert "fare" in reader.asked[0]
    assert len(reader.asked) == 1


@pytest.mark.parametrize("metric", ["psi", "jsd", "hellinger"])
def test_a_threshold_beside_what_thinned_bins_tell_is_settled_as_all_values_say(metric):
    # Thinned, the ends of the bins of 60,000 values lie beyond some of the 400.
    rng = np.random.default_rng(5)
    columns = ({"fare": rng.pareto(1.5, 60_000)}, {"fare": rng.pareto(1.9, 400)})
    thinned, fine = ([profile(points, **side) for side in columns] for points in (4_096, 60_000))
    told, exact = (
        REGISTRY[metric].measure(*(side.slices[""]["fare"] for side in sides), 0.05)
        for sides in (thinned, fine)
    )
    assert told.value > exact.value
    between = exact.above_chance((told.value + exact.value) / 2)
    config = DriftConfig(defaults={"numeric": {metric: between}})
    assert status(evaluate(*fine, config), metric=metric) is Status.PASS
    assert status(evaluate(*thinned, config), metric=metric) is Status.INCONCLUSIVE
    settled = evaluate(*thinned, config, lambda _: tuple(fine))
    assert status(settled, metric=metric) is Status.PASS


def test_only_the_features_in_doubt_are_read_again():
    columns = (
        {"fare": BASELINE, "same": [1.0] * 5_000},
        {"fare": current(0.104), "same": [1.0] * 4_000},
    )
    reader = Reader(*columns)
    evaluate(*(profile(**side) for side in columns), DriftConfig(), reader)
    assert reader.asked == [frozenset({"fare"})]


def test_nothing_is_read_again_without_doubt():
    columns = ({"fare": BASELINE}, {"fare": current(0.6)})
    reader = Reader(*columns)
    found = evaluate(*(profile(**side) for side in columns), DriftConfig(), reader)
    assert reader.asked == []
    assert status(found) is Status.FAIL


def test_one_side_alone_may_be_looked_at_again():
    columns = ({"fare": BASELINE}, {"fare": current(0.104)})
    reader = Reader(None, columns[1])
    sides = profile(5_000, **columns[0]), profile(8, **columns[1])
    assert status(evaluate(*sides, DriftConfig())) is Status.INCONCLUSIVE
    assert status(evaluate(*sides, DriftConfig(), reader)) is Status.FAIL


def test_too_little_data_is_no_doubt_that_reading_settles():
    columns = ({"fare": BASELINE[:30]}, {"fare": BASELINE[:20]})
    reader = Reader(*columns)
    found = evaluate(*(profile(100, **s) for s in columns), DriftConfig(), reader)
    assert status(found) is Status.INCONCLUSIVE
    assert reader.asked == []


def test_the_columns_to_read_for_features():
    counted = {"num_values(tags)": "tags", "num_values(num_values(a))'": "num_values(a)"}
    features = ["fare", "num_values(tags)", "tags", "num_values(num_values(a))'", "num_values(b)"]
    assert rereading.columns(features, counted) == {
        "fare",
        "tags",
        "num_values(a)",
        "num_values(b)",
    }


def test_finer_features_take_the_place_of_the_coarse_in_every_slice():
    coarse = Profile(
        {"": {"a": 1, "b": 2}, "s_1": {"a": 3, "b": 4}, "s_2": {"a": 5}},
        {"": 9, "s_1": 4, "s_2": 5},
    )
    fine = Profile({"": {"a": 10, "c": 30}, "s_1": {"a": 11}}, {"": 1})
    merged = rereading.overlay(coarse, fine)
    assert merged.slices == {
        "": {"a": 10, "b": 2},
        "s_1": {"a": 11, "b": 4},
        "s_2": {"a": 5},
    }
    assert merged.rows == coarse.rows
    assert rereading.overlay(coarse, None) is coarse


def test_what_cannot_be_compared_is_refused_before_anything_is_read_again():
    with pytest.raises(InputError, match="have no feature in common"):
        evaluate(profile(fare=BASELINE), profile(miles=BASELINE), DriftConfig(), Reader({}, {}))


def test_what_is_read_again_stays_a_time():
    coarse, fine = profile(at=BASELINE), profile(64, at=BASELINE)
    known = dataclasses.replace(coarse.slices[""]["at"], logical="timestamp[s]")
    found = rereading.overlay(Profile({"": {"at": known}}, coarse.rows), fine).slices[""]["at"]
    assert found.edges is fine.slices[""]["at"].edges
    assert found.logical == "timestamp[s]"

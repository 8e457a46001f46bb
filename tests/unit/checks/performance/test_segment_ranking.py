import json
import math

import numpy as np
import pytest
from hypothesis import given
from scipy import stats

from skewgate.checks.performance.segment_ranking import rank
from skewgate.checks.performance.segments import SegmentAccumulator
from tests.unit.checks.performance.segment_rows import FEATURES, ROWS, counted, lossy


def ranked(min_rows=50, top=10):
    accumulator = SegmentAccumulator(FEATURES, 2, "log_loss")
    accumulator.add(*lossy())
    return rank(accumulator, min_rows, top)


def test_the_segment_with_the_planted_loss_is_the_worst():
    worst = ranked()["worst"][0]
    data, losses = lossy()
    inside = (np.array(data["payment"]) == "Cash") & (np.array(data["company"]) == "A")
    assert worst["segment"] == "payment=Cash, company=A"
    assert worst["rows"] == inside.sum()
    assert worst["share"] == pytest.approx(inside.mean())
    assert worst["mean_loss"] == pytest.approx(losses[inside].mean())
    assert worst["excess"] == pytest.approx((losses[inside] - losses.mean()).sum())
    assert worst["sure"] is True


def test_the_costliest_segment_is_the_one_whose_loss_would_go_away():
    costliest = ranked()["costliest"]
    assert costliest[0]["segment"] == "payment=Cash"
    excess = [entry["excess"] for entry in costliest]
    assert excess == sorted(excess, reverse=True)


def test_interval_is_students_at_the_level_of_all_segments():
    data, losses = lossy()
    told = ranked()
    [cash] = [entry for entry in told["worst"] if entry["segment"] == "payment=Cash"]
    inside = losses[np.array(data["payment"]) == "Cash"]
    n = len(inside)
    variance = (n * inside.var() + losses.var()) / n
    t = stats.t.isf(0.025 / told["segments"], n - 1)
    half = t * math.sqrt(variance / n)
    assert cash["lower"] == pytest.approx(inside.mean() - half)
    assert cash["upper"] == pytest.approx(inside.mean() + half)


def test_those_surely_worse_come_first_each_by_mean_loss():
    worst = ranked(min_rows=5, top=1000)["worst"]
    sure = [entry["sure"] for entry in worst]
    assert sure == sorted(sure, reverse=True)
    assert any(sure)
    assert not all(sure)
    for group in (True, False):
        means = [entry["mean_loss"] for entry in worst if entry["sure"] is group]
        assert means == sorted(means, reverse=True)


@given(rows=ROWS)
def test_nothing_is_listed_twice_and_no_pair_hides_behind_a_parent(rows):
    accumulator = counted(rows)
    told = rank(accumulator, 2, 1000)
    overall = told["mean_loss"]
    for entries in (told["worst"], told["costliest"]):
        names = [entry["segment"] for entry in entries]
        assert len(set(names)) == len(names)
        assert all(entry["rows"] >= 2 and entry["mean_loss"] > overall for entry in entries)
        rows_of = {entry["segment"]: entry for entry in entries}
        for name, entry in rows_of.items():
            for parent in name.split(", ") if ", " in name else []:
                if parent in rows_of:
                    assert entry["rows"] < rows_of[parent]["rows"]
                    assert entry["mean_loss"] > rows_of[parent]["upper"]
    assert told["segments"] + told["small"] == len(accumulator)
    json.dumps(told, allow_nan=False)


def test_a_pair_that_adds_nothing_is_not_listed():
    names = {entry["segment"] for entry in ranked(top=1000)["worst"]}
    assert "payment=Cash" in names
    assert not [name for name in names if "hour" in name and "payment" in name]
    # Every row of the first feature is of the second: the same rows under two names.
    accumulator = SegmentAccumulator(["a", "b"])
    accumulator.add(
        {"a": ["x"] * 40 + ["y"] * 60, "b": ["u"] * 40 + ["v"] * 60},
        np.repeat([2.0, 1.0], [40, 60]) + np.tile([0.0, 0.1], 50),
    )
    assert {e["segment"] for e in rank(accumulator, 2, 9)["worst"]} == {"a=x", "b=u"}


def test_few_equal_losses_do_not_look_certain():
    accumulator = SegmentAccumulator(["a"])
    rng = np.random.default_rng(2)
    losses = np.append(rng.exponential(1.0, 500), [1.2, 1.2])
    accumulator.add({"a": ["usual"] * 500 + ["odd"] * 2}, losses)
    [odd] = rank(accumulator, 2, 9)["worst"]
    assert odd["segment"] == "a=odd"
    assert odd["sure"] is False


def test_segments_without_a_difference_are_seldom_sure():
    sure = 0
    for seed in range(40):
        rng = np.random.default_rng(seed)
        accumulator = SegmentAccumulator(["a", "b"])
        data = {"a": rng.integers(0, 8, 3000), "b": rng.integers(0, 8, 3000)}
        accumulator.add(data, rng.exponential(0.4, 3000))
        sure += any(entry["sure"] for entry in rank(accumulator, 30, 5)["worst"])
    assert sure <= stats.binom.ppf(0.999, 40, 0.05)


@pytest.mark.parametrize(("min_rows", "top"), [(1, 5), (2, 0)])
def test_a_ranking_that_cannot_be_is_refused(min_rows, top):
    with pytest.raises(ValueError, match="min_rows must be at least 2"):
        rank(SegmentAccumulator(["a"]), min_rows, top)

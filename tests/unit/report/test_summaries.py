import json
import math

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import skewgate
from skewgate.core.distributions import (
    CategoricalDistribution,
    EmptyDistribution,
    OpaqueDistribution,
)
from skewgate.core.profile import Profile
from skewgate.core.results import MetricResult, Status
from skewgate.profiling.accumulators.numeric import NumericAccumulator
from skewgate.report import summaries
from skewgate.report.report import check_schema


def compared(before, now, config=None):
    """Returns the details of the report on two tables, which are as report.schema.json says."""
    report = skewgate.compare(pa.table(before), pa.table(now), config).to_dict()
    check_schema(report)
    return report["details"]


def summary(details, feature, slice_name=""):
    [found] = [
        entry
        for entry in details["summaries"]["shown"]
        if (entry["feature"], entry["slice"]) == (feature, slice_name)
    ]
    return found["baseline"], found["current"]


def numbers(values, resolution=1000):
    accumulator = NumericAccumulator(resolution)
    accumulator.add(np.asarray(values, float))
    return accumulator.distribution(0)


def described(before, now, **more):
    """Returns the summaries of profiles of one feature, f."""
    profiles = [
        Profile({"": {} if side is None else {"f": side}}, {"": 10}) for side in (before, now)
    ]
    return summaries.describe(*profiles, [MetricResult("f", "", "ks", Status.PASS, "near")], **more)


# Features.


def test_numbers_have_moments_quantiles_and_counts():
    values = np.arange(1_001) / 8
    before, now = summary(compared({"x": [*values, None]}, {"x": values[:11]}), "x")
    assert before == {
        "kind": "numeric",
        "type": "double",
        "rows": 1_002,
        "n": 1_001,
        "missing": 1,
        "unique": 1_001,
        "mean": 62.5,
        "std": pytest.approx(values.std(), rel=1e-5),
        "quantiles": [0.0, 1.25, 31.25, 62.5, 93.75, 123.75, 125.0],
    }
    assert (now["n"], now["unique"], now["quantiles"][-1]) == (11, 11, 1.25)


def test_how_many_different_numbers_there_are_is_told_only_where_it_is_known():
    rng = np.random.default_rng(5)
    many, few = rng.normal(0, 1, 20_000), rng.integers(0, 9, 20_000)
    before, now = summary(compared({"x": many}, {"x": few}), "x")
    assert "unique" not in before
    assert "unique_at_least" not in before
    assert now["unique"] == 9


def test_quantiles_are_those_of_the_values():
    rng = np.random.default_rng(6)
    values = rng.lognormal(2, 1, 30_000)
    before, _ = summary(compared({"x": values}, {"x": values}), "x")
    assert before["quantiles"][0] == pytest.approx(values.min(), rel=1e-5)
    assert before["quantiles"][-1] == pytest.approx(values.max(), rel=1e-5)
    for share, value in zip(summaries.QUANTILES[1:-1], before["quantiles"][1:-1], strict=True):
        assert np.mean(values <= value) == pytest.approx(share, abs=0.002)


def test_categories_have_a_number_and_the_most_frequent():
    before, now = summary(compared({"x": list("aaab")}, {"x": ["ü" * 200, None]}), "x")
    assert before == {
        "kind": "categorical",
        "type": "string",
        "rows": 4,
        "n": 4,
        "missing": 0,
        "unique": 2,
        "most_frequent": {"name": "a", "share": 0.75},
    }
    assert (now["missing"], now["n"]) == (1, 1)
    assert len(now["most_frequent"]["name"]) == 60


def test_categories_without_a_name_make_the_number_a_least():
    known = CategoricalDistribution({"a": 5.0, "b": 3.0}, other=4.0, n=12)
    [found] = described(known, known)["shown"]
    assert found["baseline"]["unique_at_least"] == 3
    assert found["baseline"]["most_frequent"]["name"] == "a"
    rare = CategoricalDistribution({"a": 5.0}, other=40.0, n=45)
    [found] = described(rare, rare)["shown"]
    assert "most_frequent" not in found["baseline"]  # another may be more frequent
    slack = CategoricalDistribution({"a": 5.0}, other=40.0, n=45, slack=3.0)
    [found] = described(slack, slack)["shown"]
    assert found["baseline"]["unique_at_least"] == 1


def test_times_say_so():
    moments = pa.array([1_451_606_400, 1_451_606_460], pa.timestamp("s"))
    before, _ = summary(compared({"x": moments}, {"x": moments}), "x")
    assert before["logical"] == "timestamp[s]"
    assert before["quantiles"][0] == 1_451_606_400
    assert before["mean"] == 1_451_606_430


def test_what_is_gone_empty_or_not_compared_is_told_as_such():
    before, now = summary(
        compared({"x": [1.5], "y": [2.5]}, {"x": [1.5], "z": pa.array([None], pa.string())}), "y"
    )
    assert before["kind"] == "numeric"
    assert now is None
    [found] = described(EmptyDistribution(7), OpaqueDistribution(1, 6, "holds structs"))["shown"]
    assert found["baseline"] == {"kind": "empty", "rows": 7, "n": 0, "missing": 7}
    assert found["current"] == {"kind": "opaque", "rows": 7, "n": 6}


def test_infinite_numbers_are_words():
    [found] = described(numbers([1.0, math.inf]), numbers([-math.inf, 1.0]))["shown"]
    assert found["baseline"]["quantiles"][-1] == "inf"
    assert found["current"]["quantiles"][0] == "-inf"
    json.dumps(found, allow_nan=False)


def test_large_numbers_that_differ_little_are_told_apart():
    [found] = described(numbers(1e12 + np.arange(5)), numbers([1e12]))["shown"]
    assert len(set(found["baseline"]["quantiles"])) == 5
    assert found["current"]["quantiles"] == [1e12] * 7


def test_slices_have_their_own():
    table = {"x": [1.0, 1.0, 5.0, 7.0], "k": list("aabb")}
    details = compared(table, table, {"slices": [["k"]]})
    assert summary(details, "x", "k_b")[0]["mean"] == 6.0
    assert summary(details, "x")[0]["mean"] == 3.5


def test_what_goes_beyond_the_budget_is_counted():
    table = {f"x{at:03}": [1.0, 2.0] for at in range(50)}
    profiles = [skewgate.profile(pa.table(table)).distributions for _ in range(2)]
    results = [MetricResult(name, "", "ks", Status.PASS, "near") for name in table]
    found = summaries.describe(*profiles, results, budget=3_000)
    assert 0 < len(found["shown"]) < 20
    assert len(found["shown"]) + found["left_out"] == 50
    assert len(json.dumps(found)) < 3_100


@settings(max_examples=50)
@given(
    st.lists(st.floats() | st.none(), min_size=1, max_size=20),
    st.lists(st.floats() | st.none(), min_size=1, max_size=20),
)
def test_whatever_the_numbers_a_report_is_as_its_schema_says(before, now):
    sides = [{"x": pa.array(side, pa.float64()), "y": [1.0] * len(side)} for side in (before, now)]
    json.dumps(compared(*sides), allow_nan=False)


# The overview.


def test_the_overview_counts_rows_features_and_missing_cells():
    times = pa.array([1, None], pa.timestamp("s"))
    before = {"x": [1.0, None], "t": times, "k": ["a", "b"], "n": pa.array([None] * 2, pa.int64())}
    now = {"x": [1.0, 2.0, 3.0], "t": pa.array([1, 2, 3], pa.timestamp("s")), "k": list("abc")}
    found = compared(before, now | {"s": [{"a": [[1]]}] * 3})["overview"]
    assert found["baseline"]["rows"] == 2
    assert found["baseline"]["kinds"] == {"categorical": 1, "empty": 1, "numeric": 1, "time": 1}
    assert (found["baseline"]["cells"], found["baseline"]["missing_cells"]) == (8, 4)
    assert found["current"]["rows"] == 3
    assert found["current"]["missing_cells"] == 0
    assert found["current"]["only_here"]["count"] == found["current"]["kinds"].get("opaque", 0)


def test_constant_features_are_named_and_ignored_ones_are_not_there():
    table = {"one": [4.0] * 3, "word": ["a", None, "a"], "x": [1.0, 2.0, 3.0], "id": [7.0] * 3}
    found = compared(table, table, {"features": {"id": {"ignore": True}}})["overview"]
    assert found["baseline"]["constant"] == {"count": 2, "names": ["one", "word"]}
    assert found["baseline"]["features"] == 3


def test_features_of_one_side_are_named():
    before, now = {"x": [1.0], "old": [1.0]}, {"x": [1.0], "new": [1.0]}
    found = compared(before, now)["overview"]
    assert found["baseline"]["only_here"] == {"count": 1, "names": ["old"]}
    assert found["current"]["only_here"] == {"count": 1, "names": ["new"]}


def test_of_many_names_the_first_are_shown():
    table = {f"c{at:03}": [1.0, 1.0] for at in range(300)}
    found = compared(table, table)["overview"]["current"]["constant"]
    assert found["count"] == 300
    assert found["names"] == [f"c{at:03}" for at in range(20)]


def test_a_report_of_thousands_of_features_stays_moderate():
    rng = np.random.default_rng(8)
    table = {f"feature_{at:04}": rng.normal(0, 1, 40) for at in range(2_000)}
    details = compared(table, table)
    assert len(json.dumps(details["summaries"])) < 1.1 * summaries.BUDGET
    assert details["overview"]["current"]["features"] == 2_000

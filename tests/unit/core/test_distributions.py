import dataclasses
import json

import numpy as np
import pytest

from skewgate.core.distributions import (
    CategoricalDistribution,
    EmptyDistribution,
    NumericDistribution,
)
from skewgate.core.results import Decision, MetricResult, Status


@pytest.fixture
def distribution():
    """Two edges: 1 holds at least a fifth, 3 is an atom of at least half."""
    return NumericDistribution(
        edges=np.array([1.0, 3.0]),
        left_lower=np.array([0.0, 0.25]),
        left_upper=np.array([0.0, 0.4]),
        right_lower=np.array([0.2, 1.0]),
        right_upper=np.array([0.3, 1.0]),
        n=10,
    )


@pytest.mark.parametrize(
    ("point", "at", "before"),
    [
        (0.5, (0.0, 0.0), (0.0, 0.0)),
        (1.0, (0.2, 0.3), (0.0, 0.0)),
        (2.0, (0.2, 0.4), (0.2, 0.4)),
        (3.0, (1.0, 1.0), (0.25, 0.4)),
        (9.0, (1.0, 1.0), (1.0, 1.0)),
    ],
)
def test_cdf_is_bounded_at_and_before_a_point(distribution, point, at, before):
    points = np.array([point])
    assert tuple(float(bound[0]) for bound in distribution.bounds_at(points)) == at
    assert tuple(float(bound[0]) for bound in distribution.bounds_before(points)) == before


def test_bounds_keep_the_shape_of_the_points(distribution):
    points = np.array([3.0, 0.0, 2.0, 1.0])
    lower, upper = distribution.bounds_at(points)
    assert lower.tolist() == [1.0, 0.0, 0.2, 0.2]
    assert upper.tolist() == [1.0, 0.0, 0.4, 0.3]


def test_the_best_estimate_is_the_middle_of_the_bounds(distribution):
    points = np.array([3.0, 0.0, 2.0, 1.0])
    assert distribution.cdf_at(points).tolist() == pytest.approx([1.0, 0.0, 0.3, 0.25])
    assert distribution.cdf.tolist() == pytest.approx([0.25, 1.0])


@pytest.mark.parametrize(
    ("share", "middle", "certain"),
    [(0.0, 1.0, 1.0), (0.2, 1.0, 1.0), (0.23, 1.0, 3.0), (0.26, 3.0, 3.0), (1.0, 3.0, 3.0)],
)
def test_a_quantile_is_the_smallest_edge_with_that_share_below_or_at_it(
    distribution, share, middle, certain
):
    assert distribution.quantiles([share]).tolist() == [middle]
    assert distribution.quantiles([share], certain=True).tolist() == [certain]


def test_quantiles_keep_the_order_of_the_shares(distribution):
    assert distribution.quantiles([0.9, 0.1]).tolist() == [3.0, 1.0]


def test_the_median_is_the_quantile_of_one_half(distribution):
    assert distribution.median == 3.0


def test_beyond_the_last_share_a_quantile_is_the_largest_edge(distribution):
    short = dataclasses.replace(distribution, right_lower=np.array([0.2, 0.9]))
    assert short.quantiles([0.95], certain=True).tolist() == [3.0]


def test_kinds():
    assert NumericDistribution.kind == "numeric"
    assert CategoricalDistribution({"a": 2.0}, 0.0, 2).kind == "categorical"
    assert EmptyDistribution(n_missing=3).kind == "empty"
    assert EmptyDistribution(n_missing=3).n == 0


def test_status_prints_as_its_value():
    assert f"{Status.FAIL}" == str(Status.FAIL) == "fail"
    assert Status("inconclusive") is Status.INCONCLUSIVE


def test_result_survives_json():
    result = MetricResult(
        "fare",
        "company_A",
        "ks",
        Status.FAIL,
        "because",
        0.3,
        0.25,
        0.35,
        0.0,
        0.1,
        0.01,
        0.02,
        50,
        40,
    )
    assert MetricResult.from_json(json.loads(json.dumps(result.to_json()))) == result


@pytest.mark.parametrize("number", [float("nan"), float("inf"), float("-inf")])
def test_a_number_that_json_cannot_hold_becomes_null(number):
    result = MetricResult("x", "", "psi", Status.INCONCLUSIVE, "why", value=0.5, upper=number)
    fields = result.to_json()
    assert fields["upper"] is None
    assert fields["value"] == 0.5
    json.dumps(fields, allow_nan=False)


@pytest.mark.parametrize(
    ("feature", "slice_name", "label"),
    [
        ("fare", "", "fare ks"),
        ("fare", "company_A", "fare ks (company_A)"),
        ("", "", "ks"),
        ("", "company_A", "ks (company_A)"),
    ],
)
def test_label_names_the_check(feature, slice_name, label):
    assert MetricResult(feature, slice_name, "ks", Status.PASS, "fine").label == label


def test_decision_counts_by_status():
    statuses = [Status.FAIL, Status.PASS, Status.PASS, Status.INCONCLUSIVE, Status.PASS]
    results = tuple(MetricResult("x", "", "ks", status, "r") for status in statuses)
    decision = Decision(Status.FAIL, False, results, results[:1], {})
    assert [decision.count(status) for status in Status] == [3, 1, 1]

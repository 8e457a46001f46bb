"""Histograms are those that TFDV derives from the same quantiles."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from tensorflow_data_validation.utils import quantiles_util

from skewgate.statistics.generating import histograms

NUMBERS = st.floats(-1e6, 1e6) | st.integers(-3, 3).map(float)


def table(histogram):
    return [(b.low_value, b.high_value, b.sample_count) for b in histogram.buckets]


@st.composite
def quantiles(draw, infinite=False):
    """Draws ascending edges, many of them alike, and the weight up to each."""
    size = draw(st.integers(2, 60))
    edges = sorted(draw(st.lists(NUMBERS, min_size=size, max_size=size)))
    negative = draw(st.integers(0, 3)) if infinite else 0
    positive = draw(st.integers(0, 3)) if infinite else 0
    edges = [-np.inf] * negative + edges + [np.inf] * positive
    steps = draw(st.lists(st.integers(0, 9), min_size=len(edges), max_size=len(edges)))
    return np.array(edges), np.cumsum(np.array(steps, np.float64) + 1), positive


@given(quantiles())
@settings(deadline=None)
def test_buckets_of_equal_weight_are_those_of_tfdv(drawn):
    edges, weights, _ = drawn
    ours = histograms.to_proto(histograms.between(edges, weights), histograms.QUANTILES)
    theirs = quantiles_util.generate_quantiles_histogram(edges, weights)
    np.testing.assert_allclose(table(ours), table(theirs), rtol=1e-12)
    assert ours.type == theirs.type


@given(quantiles(infinite=True), st.integers(1, 20))
@settings(deadline=None)
def test_buckets_of_equal_width_are_those_of_tfdv(drawn, buckets):
    edges, weights, positive = drawn
    finite = edges[np.isfinite(edges)]
    found = histograms.equal_widths(
        edges,
        weights,
        least=finite[0],
        most=finite[-1],
        buckets=buckets,
        n_positive_inf=positive,
    )
    theirs = quantiles_util.generate_equi_width_histogram(
        edges, weights, finite[0], finite[-1], buckets, positive
    )
    ours = histograms.to_proto(found, histograms.STANDARD, n_nan=4)
    np.testing.assert_allclose(table(ours), table(theirs), rtol=1e-9, atol=1e-9)
    assert (ours.type, ours.num_nan) == (theirs.type, 4)


def test_without_a_finite_value_there_is_one_bucket():
    edges, weights = np.full(4, np.inf), np.array([1.0, 2.0, 2.0, 3.0])
    found = histograms.equal_widths(
        edges, weights, least=np.inf, most=-np.inf, buckets=5, n_positive_inf=3
    )
    assert [part.tolist() for part in found] == [[np.inf], [-np.inf], [3.0]]


def test_widths_that_overflow_give_no_bucket():
    edges, weights = np.array([-1.5e308, 0.0, 1.5e308]), np.array([1.0, 2.0, 3.0])
    found = histograms.equal_widths(
        edges, weights, least=-1.5e308, most=1.5e308, buckets=5, n_positive_inf=0
    )
    assert [len(part) for part in found] == [0, 0, 0]


@given(st.lists(NUMBERS, min_size=1, max_size=9))
def test_the_median_is_that_of_tfdv(numbers):
    edges = np.array(sorted(numbers))
    assert histograms.median(edges) == quantiles_util.find_median(edges)

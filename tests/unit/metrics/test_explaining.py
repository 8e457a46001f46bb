"""A failure names what changed most."""

import numpy as np
import pytest

from skewgate.core.distributions import CategoricalDistribution, EmptyDistribution
from skewgate.metrics import missing_rate, new_categories
from skewgate.metrics.explaining import what_changed
from skewgate.profiling.accumulators.numeric import NumericAccumulator


def numbers(values, n_missing=0):
    accumulator = NumericAccumulator()
    accumulator.add(np.array(values, float))
    return accumulator.distribution(n_missing)


def categories(n_missing=0, **counts):
    counts = {name: float(count) for name, count in counts.items()}
    return CategoricalDistribution(counts, 0.0, int(sum(counts.values())), n_missing)


def test_numbers_are_told_at_the_widest_gap_and_by_their_medians():
    told = what_changed(numbers([1, 2, 3, 4]), numbers([3, 4, 5, 6, 7]))
    assert told == (
        "100% of the baseline values are 4 or less, and 40.0% of the current ones; "
        "the median went from 2 to 5"
    )


def test_categories_are_told_by_the_largest_changes_of_share():
    told = what_changed(categories(a=50, b=30, c=20), categories(a=100, b=60, d=40))
    assert told == "'c' fell from 20.0% to 0%, 'd' rose from 0% to 20.0%"


def test_new_categories_are_named_the_most_frequent_first():
    current = categories(a=50, v=10, w=20, x=5, y=15)
    told = new_categories.METRIC.explain(categories(a=7), current)
    assert told == "new: 'w' (20.0%), 'y' (15.0%), 'v' (10.0%) and 1 more"


def test_missing_rows_are_told_as_shares_of_both_sides():
    told = missing_rate.METRIC.explain(numbers([1, 2, 3], n_missing=1), EmptyDistribution(5))
    assert told == "25.0% of the baseline rows have no value, and 100% of the current ones"


@pytest.mark.parametrize("explain", [what_changed, new_categories.METRIC.explain])
def test_nothing_is_told_where_nothing_changed(explain):
    assert explain(categories(a=5, b=1), categories(a=10, b=2)) == ""

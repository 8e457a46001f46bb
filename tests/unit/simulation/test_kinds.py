"""Each kind by its stated effect on rows whose result is known by hand."""

from __future__ import annotations

import math

import numpy as np
import pyarrow as pa
import pytest

from skewgate.core.errors import InputError
from skewgate.data.arrow import cells
from skewgate.simulation.kinds import REGISTRY

NAN = float("nan")
MANY = 4000


def test_every_kind_of_the_registry_has_its_own_name():
    for name, kind in REGISTRY.items():
        assert kind.model_fields["kind"].annotation.__args__ == (name,)
        assert kind.grows in ("size", "share")


# Numbers.


def test_shift_adds_standard_deviations_of_all_rows(sim):
    # Mean 4, squares 9 + 1 + 1 + 9 over 4 values: the standard deviation is the root of 5.
    found = sim.plant({"x": [1.0, 3.0, 5.0, 7.0]}, {"kind": "shift", "column": "x", "by": 2})
    assert found.sizes == {"added": pytest.approx(2 * math.sqrt(5))}
    assert found.columns["x"] == pytest.approx([each + 2 * math.sqrt(5) for each in (1, 3, 5, 7)])
    assert (found.counts.changed, found.tally.changed, found.tally.rows_out) == (4, 4, 4)


def test_shift_in_the_unit_of_the_column_leaves_what_is_no_number(sim):
    fields = {"kind": "shift", "column": "x", "by": -1.5, "unit": "absolute"}
    found = sim.plant({"x": [1.0, None, NAN, math.inf, 8.0]}, fields)
    [first, missing, nan, infinite, last] = found.columns["x"]
    assert (first, missing, infinite, last) == (-0.5, None, math.inf, 6.5)
    assert math.isnan(nan)
    assert found.counts.changed == 2


def test_a_column_of_whole_numbers_stays_one_and_rounds_half_to_even(sim):
    fields = {"kind": "shift", "column": "x", "by": 0.5, "unit": "absolute"}
    found = sim.plant({"x": pa.array([1, 2, 3, None], pa.int16())}, fields)
    assert found.columns["x"] == [2, 2, 4, None]
    assert found.counts.changed == 2


def test_whole_numbers_are_held_within_their_type(sim):
    fields = {"kind": "shift", "column": "x", "by": 300, "unit": "absolute"}
    assert sim.plant({"x": pa.array([-100, 7], pa.int8())}, fields).columns["x"] == [127, 127]
    large = {"kind": "scale", "column": "x", "factor": 1e6, "around": "zero"}
    values = pa.array([2**50, -(2**50)], pa.int64())
    assert sim.plant({"x": values}, large).columns["x"] == [2**63 - 1, -(2**63)]


def test_a_float_column_that_would_overflow_is_refused(sim):
    fields = {"kind": "scale", "column": "x", "factor": 1e30, "around": "zero"}
    with pytest.raises(InputError, match="column x: would get a value beyond what float holds"):
        sim.plant({"x": pa.array([1e10, 2.0], pa.float32())}, fields)
    with pytest.raises(InputError, match="column x: would get a value beyond what double holds"):
        sim.plant({"x": [1e150, 2.0]}, {**fields, "factor": 1e200})


def test_scale_spreads_about_the_mean(sim):
    found = sim.plant({"x": [2.0, 4.0, 9.0]}, {"kind": "scale", "column": "x", "factor": 3})
    assert found.columns["x"] == [-4.0, 2.0, 17.0]  # mean 5; distances -3, -1, 4
    assert found.counts.changed == 3


@pytest.mark.parametrize(("around", "expected"), [("zero", [4, 8, 18]), (4, [0, 4, 14])])
def test_scale_about_zero_or_a_number(sim, around, expected):
    fields = {"kind": "scale", "column": "x", "factor": 2, "around": around}
    assert sim.plant({"x": [2, 4, 9]}, fields).columns["x"] == expected


def test_unit_error_multiplies(sim):
    fields = {"kind": "unit_error", "column": "x", "factor": 1.609344}
    found = sim.plant({"x": [10.0, 0.0, -2.0]}, fields)
    assert found.columns["x"] == pytest.approx([16.09344, 0.0, -3.218688])
    assert found.counts.changed == 2  # zero miles are zero kilometres


def test_noise_has_the_stated_standard_deviation_and_no_mean(sim):
    fields = {"kind": "noise", "column": "x", "by": 3, "unit": "absolute"}
    added = np.array(sim.plant({"x": [5.0] * MANY}, fields).columns["x"]) - 5
    assert abs(added.mean()) < 5 * 3 / math.sqrt(MANY)
    assert added.std() == pytest.approx(3, rel=5 / math.sqrt(2 * MANY))
    assert len(set(added.tolist())) == MANY


def test_clipping_at_quantiles_and_at_numbers(sim):
    rows = {"x": [float(each) for each in range(1, 11)]}
    quantiles = {"kind": "clipping", "column": "x", "lower": 0.2, "upper": 0.7}
    found = sim.plant(rows, quantiles)
    assert found.sizes == {"lower": 2.0, "upper": 7.0}
    assert found.columns["x"] == [2, 2, 3, 4, 5, 6, 7, 7, 7, 7]
    assert found.counts.changed == 4
    above = {"kind": "clipping", "column": "x", "upper": 8.5, "unit": "absolute"}
    assert sim.plant(rows, above).columns["x"][-3:] == [8.0, 8.5, 8.5]


# Cells of any type.


def test_category_swap_exchanges_two_and_no_third(sim):
    fields = {"kind": "category_swap", "column": "x", "values": ["a", "b"]}
    found = sim.plant({"x": ["a", "b", "c", None, "a"]}, fields)
    assert found.columns["x"] == ["b", "a", "c", None, "b"]
    assert found.counts.changed == 3


def test_category_swap_of_whole_numbers(sim):
    fields = {"kind": "category_swap", "column": "x", "values": [7, 1]}
    assert sim.plant({"x": [7, 1, 1, 3]}, fields).columns["x"] == [1, 7, 7, 3]


def test_new_category_reaches_its_share_of_the_rows_with_a_value(sim):
    fields = {"kind": "new_category", "column": "x", "value": "Ω", "share": 0.1}
    found = sim.plant({"x": ["a"] * MANY + [None] * 10}, fields)
    count = found.columns["x"].count("Ω")
    assert count == found.counts.changed
    assert count / MANY == pytest.approx(0.1, abs=5 * math.sqrt(0.09 / MANY))
    assert found.columns["x"][-10:] == [None] * 10


def test_missing_rate_takes_values_away(sim):
    fields = {"kind": "missing_rate", "column": "x", "share": 1}
    found = sim.plant({"x": [3, None, 5]}, fields)
    assert found.columns["x"] == [None] * 3
    assert found.counts.changed == 2  # one had no value before


def test_stuck_sensor_repeats_the_most_frequent_value(sim):
    found = sim.plant({"x": [4.5, 2.0, 2.0, None]}, {"kind": "stuck_sensor", "column": "x"})
    assert found.columns["x"] == [2.0, 2.0, 2.0, None]
    assert (found.counts.changed, found.sizes["value"]) == (1, 2.0)
    stuck = {"kind": "stuck_sensor", "column": "x", "value": -1}
    assert sim.plant({"x": [4, 2, None]}, stuck).columns["x"] == [-1, -1, None]


# Labels.


def test_class_prior_drops_rows_until_the_shares_are_as_asked(sim):
    labels = (["yes"] * 1 + ["no"] * 3) * (MANY // 4)  # a quarter says yes
    rows = {"y": labels, "row": list(range(MANY))}
    fields = {"kind": "class_prior", "column": "y", "shares": {"yes": 0.6}}
    found = sim.plant(rows, fields)
    # Weights 0.6 / 0.25 and 0.4 / 0.75: every yes stays, of the others 0.5333 / 2.4 = 2 / 9.
    kept = found.columns["y"]
    assert kept.count("yes") == MANY // 4
    expected = MANY * 3 / 4 * 2 / 9
    assert kept.count("no") == pytest.approx(expected, abs=5 * math.sqrt(expected))
    assert found.columns["row"] == sorted(found.columns["row"])
    assert found.counts.dropped == MANY - len(kept) == found.tally.rows_in - found.tally.rows_out
    assert found.counts.changed == 0


def test_class_prior_keeps_the_proportion_of_classes_that_are_not_named(sim):
    fields = {"kind": "class_prior", "column": "y", "shares": {3: 0.5}}
    found = sim.plant({"y": [1] * 6 + [2] * 3 + [3] * 1 + [None] * 2}, fields)
    shares = dict(zip(found.sizes["classes"], found.sizes["after"], strict=True))
    assert shares == {1: pytest.approx(1 / 3), 2: pytest.approx(1 / 6), 3: 0.5}
    assert found.columns["y"].count(3) == 1
    assert found.columns["y"].count(None) == 2


def test_label_flip_of_two_classes_gives_the_other_one(sim):
    fields = {"kind": "label_flip", "column": "y", "share": 1}
    found = sim.plant({"y": [0, 1, 1, None], "x": [5, 6, 7, 8]}, fields)
    assert found.columns == {"y": [1, 0, 0, None], "x": [5, 6, 7, 8]}
    assert found.counts.changed == 3


def test_label_flip_of_three_classes_never_gives_the_same_one(sim):
    fields = {"kind": "label_flip", "column": "y", "share": 1}
    before = ["a", "b", "c"] * (MANY // 3)
    after = sim.plant({"y": before}, fields).columns["y"]
    assert all(one != other for one, other in zip(before, after, strict=True))
    from_a = [each for old, each in zip(before, after, strict=True) if old == "a"]
    assert from_a.count("b") / len(from_a) == pytest.approx(0.5, abs=0.08)


# Relations.


def test_permutation_keeps_the_margin_and_breaks_the_relation(sim):
    values = [None if each % 7 == 0 else each for each in range(MANY)]
    fields = {"kind": "permutation", "column": "x"}
    found = sim.plant({"x": values, "other": values}, fields)
    assert sorted(found.columns["x"], key=str) == sorted(values, key=str)
    assert found.columns["other"] == values
    moved = sum(one != other for one, other in zip(found.columns["x"], values, strict=True))
    assert moved == found.counts.changed > 0.9 * MANY


def test_columns_that_are_permuted_together_part_too(sim):
    fields = {"kind": "permutation", "columns": ["x", "z"]}
    found = sim.plant({"x": list(range(100)), "z": list(range(100))}, fields)
    assert found.columns["x"] != found.columns["z"]
    assert sorted(found.columns["z"]) == list(range(100))


# Slices, shares and levels.


def test_where_restricts_a_plant_to_a_slice_of_the_data_as_they_are(sim):
    rows = {"x": [1, 2, 3, 4], "by": ["a", "b", "a", None], "n": [1, 1, 2, 2]}
    fields = {"kind": "shift", "column": "x", "by": 10, "unit": "absolute"}
    found = sim.plant(rows, {**fields, "where": {"by": "a", "n": [2]}})
    assert found.columns["x"] == [1, 2, 13, 4]
    assert (found.counts.slice, found.counts.changed) == (1, 1)
    assert sim.plant(rows, {**fields, "where": {"by": None}}).columns["x"] == [1, 2, 3, 14]


def test_a_part_of_a_longer_column_changes_like_any_other(sim):
    part = pa.array([None, "a", "b", "ccc", None, "d"])[2:]
    for value in ("é", None):
        chosen = np.array([True, False, False, True])
        found = cells.with_value(part, chosen, value)
        found.validate(full=True)
        assert found.to_pylist() == [value, "ccc", None, value]


def test_short_floats_are_found_by_the_number_that_a_person_writes(sim):
    rows = {"x": pa.array([0.1, 0.2, 0.1], pa.float32()), "n": [1, 2, 3]}
    fields = {"kind": "shift", "column": "n", "by": 1, "unit": "absolute", "where": {"x": 0.1}}
    assert sim.plant(rows, fields).columns["n"] == [2, 2, 4]
    swap = {"kind": "category_swap", "column": "x", "values": [0.1, 0.2]}
    assert sim.plant(rows, swap).columns["x"] == pytest.approx([0.2, 0.1, 0.2])


def test_a_slice_may_be_made_by_the_column_that_changes(sim):
    fields = {"kind": "shift", "column": "x", "by": 2, "unit": "absolute", "where": {"x": [1, 3]}}
    assert sim.plant({"x": [1, 2, 3]}, fields).columns["x"] == [3, 2, 5]


def test_a_level_is_a_part_of_the_size_or_of_the_rows(sim):
    onset = {"shape": "gradual", "over": 4}
    shift = {"kind": "shift", "column": "x", "by": 8, "unit": "absolute", "onset": onset}
    assert sim.plant({"x": [1.0, 5.0]}, shift, window=1).columns["x"] == [3.0, 7.0]
    assert sim.plant({"x": [1.0, 5.0]}, shift, window=3).columns["x"] == [7.0, 11.0]
    stuck = {"kind": "stuck_sensor", "column": "x", "value": -1, "onset": onset}
    rows = {"x": list(range(MANY))}
    shares = [sim.plant(rows, stuck, window=each).counts.changed / MANY for each in (1, 2, 5)]
    assert shares == pytest.approx([0.25, 0.5, 1.0], abs=0.05)


def test_a_level_of_the_class_prior_lies_between_the_shares(sim):
    labels = ([1] * 1 + [0] * 4) * (MANY // 5)
    onset = {"shape": "gradual", "over": 2}
    fields = {"kind": "class_prior", "column": "y", "shares": {1: 0.6}, "onset": onset}
    kept = sim.plant({"y": labels}, fields, window=1).columns["y"]
    assert kept.count(1) / len(kept) == pytest.approx(0.4, abs=0.04)


def test_share_changes_that_part_of_the_rows(sim):
    fields = {"kind": "shift", "column": "x", "by": 1, "unit": "absolute", "share": 0.3}
    found = sim.plant({"x": [0] * MANY}, fields)
    assert sum(found.columns["x"]) == found.counts.changed
    assert found.counts.changed / MANY == pytest.approx(0.3, abs=0.04)


def test_nothing_happens_before_the_onset(sim):
    fields = {"kind": "missing_rate", "column": "x", "share": 1, "onset": {"first": 2}}
    found = sim.plant({"x": [1, 2]}, fields, window=1)
    assert found.columns["x"] == [1, 2]
    assert found.tally.changed == 0

"""Thresholds that the data keep to, and that faults do not."""

import numpy as np
import pyarrow as pa
import pytest

from skewgate.core.results import Status
from skewgate.scaffold import drifting
from tests.unit.scaffold.conftest import trips, with_times


def halves(rows=1_500, seed=3):
    table = trips(rows, seed).drop(["trip", "city"])
    cut = rows * 2 // 3
    return table[:cut].combine_chunks().to_batches()[0], table[cut:].combine_chunks().to_batches()[
        0
    ]


def test_rows_of_one_source_pass_what_was_chosen_for_them():
    found = drifting.choose(*halves(), None, {"tip": "is the label"}, ())
    assert {result.status for result in found.results} == {Status.PASS}
    assert found.ignored == {"tip": "is the label"}
    assert "Rehearsed by" in found.basis


def test_thresholds_never_go_below_the_usual_ones():
    found = drifting.choose(*halves(), None, {}, ())
    for place, usual in drifting.USUAL.items():
        assert found.defaults[place].value >= usual


def test_few_rows_get_higher_thresholds_with_the_reason():
    found = drifting.choose(*halves(200), None, {}, ())
    chosen = found.defaults["numeric", "ks"]
    assert 0.15 < chosen.value < 0.6
    assert "rows cannot tell a smaller change" in chosen.why or "chance alone gives" in chosen.why


@pytest.mark.parametrize("rows", [30, 90])
def test_too_few_rows_fall_back_to_the_usual_and_say_so(rows):
    found = drifting.choose(*halves(rows), None, {}, ())
    assert "too few for a rehearsal" in found.basis
    assert found.own == {}


def test_a_fault_in_the_serving_data_does_not_set_its_own_threshold():
    train, later = halves()
    fare = later.schema.get_field_index("fare")
    columns = list(later.columns)
    columns[fare] = pa.array([None if v is None else v / 100 for v in columns[fare].to_pylist()])
    serving = pa.RecordBatch.from_arrays(columns, later.schema.names)
    found = drifting.choose(train, later, serving, {}, ())
    assert "fare" in {result.feature for result in found.of(Status.FAIL)}


def test_what_moves_on_with_time_is_ignored():
    train, later = (
        pa.RecordBatch.from_arrays(
            [*part.columns, pa.array(np.arange(part.num_rows) % 3 + first)],
            [*part.schema.names, "month"],
        )
        for part, first in zip(halves(), (1, 7), strict=True)
    )
    found = drifting.choose(train, later, None, {}, ())
    assert "it moves with time" in found.ignored["month"]


def test_a_season_raises_the_threshold_of_its_feature(planned):
    table = with_times(trips(1_500))
    warm = [20 + 10 * number / 1_500 + number % 7 for number in range(1_500)]
    plan = planned(table.append_column("degrees", [warm]), "tip")
    chosen = plan.drifting.own["degrees"]["ks"]
    assert chosen.value > 0.3
    assert "parts of these data differ" in chosen.why
    assert plan.drifting.of(Status.FAIL) == []

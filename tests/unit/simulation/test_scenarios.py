"""A rehearsal finds what is planted, nothing where nothing is, and says what it cannot see."""

from __future__ import annotations

import dataclasses

import numpy as np
import pyarrow as pa
import pytest

from skewgate.checks.drift.config import DriftConfig
from skewgate.core import yaml_model
from skewgate.simulation import planting
from skewgate.simulation import spec as spec_lib
from skewgate.simulation.rehearsal import grid, scenarios
from skewgate.simulation.rehearsal.stage import Stage
from skewgate.simulation.survey import Survey

CONFIG = "features: {tipped: {ignore: true}, hour: {ignore: true}}"


def config(text=CONFIG):
    return yaml_model.parse(DriftConfig, text, "drift.yaml")


@pytest.fixture(scope="module")
def stage(sim):
    """Six windows of 1,500 rows; the first three are the baseline."""

    def stage(text=CONFIG, rows=9000, change=lambda table: table):
        table = change(sim.trips(rows)).drop(["started"])
        size = rows // 6
        windows = tuple(
            table.slice(start, size).combine_chunks().to_batches()[0]
            for start in range(0, rows, size)
        )
        return Stage(windows, 3, 4, config(text), frozenset(), rows)

    return stage


def play(scene, *entries, first=5):
    plants = [
        spec_lib.Planned(
            at=f"plants.{index}",
            plant=spec_lib.parse_plant({"onset": {"first": first}, **fields}, "s", "plants"),
        )
        for index, fields in enumerate(entries)
    ]
    found = Survey(plants, spec_lib.Spec().windows)
    found.add(scene.all_rows())
    plain = scenarios.unplanted(scene, "drift.yaml")
    schema = scene.windows[0].schema
    settled = planting.settle(plants, found, schema, "s")
    return [scenarios.play(each, scene, plain, seed=1) for each in settled]


LARGE = {
    "shift": {"column": "fare", "by": 2},
    "scale": {"column": "fare", "factor": 3},
    "unit_error": {"column": "fare", "factor": 1.609344},
    "noise": {"column": "fare", "by": 2},
    "clipping": {"column": "fare", "upper": 0.5},
    "category_swap": {"column": "paid", "values": ["Cash", "Été"]},
    "new_category": {"column": "paid", "share": 0.5},
    "missing_rate": {"column": "paid", "share": 0.5},
    "stuck_sensor": {"column": "fare", "share": 0.6},
}


@pytest.mark.parametrize("kind", LARGE)
def test_large_drift_is_detected_in_its_first_window(stage, kind):
    [outcome] = play(stage(), {"kind": kind, **LARGE[kind]})
    assert [window.window for window in outcome.windows] == [5, 6]
    assert (outcome.count("detected"), outcome.delay) == (2, 0)
    assert {label.split()[0] for label, _ in outcome.detectors} == {LARGE[kind]["column"]}
    assert (outcome.false_alarms, outcome.compared, outcome.visible) == (0, 3, True)


SMALL = {
    "shift": {"column": "hour", "by": 1e-9},
    "unit_error": {"column": "fare", "factor": 1.6, "share": 0.001},
    "missing_rate": {"column": "paid", "share": 0.001},
    "new_category": {"column": "paid", "share": 0.001},
}


@pytest.mark.parametrize("kind", SMALL)
def test_tiny_drift_is_missed_and_raises_no_false_alarm(stage, kind):
    [outcome] = play(stage(), {"kind": kind, **SMALL[kind]})
    assert (outcome.count("missed"), outcome.delay, outcome.false_alarms) == (2, None, 0)


def test_windows_without_a_plant_raise_no_alarm(stage):
    plain = scenarios.unplanted(stage(), "drift.yaml")
    assert plain.alarms == {4: [], 5: [], 6: []}


def test_a_ramp_is_detected_late(stage):
    ramp = {"shape": "gradual", "first": 4, "over": 3}
    [outcome] = play(
        stage(), {"kind": "missing_rate", "column": "paid", "share": 0.14, "onset": ramp}
    )
    assert [window.verdict for window in outcome.windows] == ["missed", "detected", "detected"]
    assert outcome.delay == 1
    assert outcome.detectors == [("paid missing_rate", 2)]


def test_too_few_rows_are_inconclusive_and_never_detected(stage):
    [outcome] = play(stage(rows=240), {"kind": "shift", "column": "fare", "by": 0.05})
    assert (outcome.count("inconclusive"), outcome.count("detected")) == (2, 0)
    assert outcome.delay is None


def test_a_window_without_rows_is_inconclusive(stage):
    scene = stage()
    empty = (*scene.windows[:5], scene.windows[5].slice(0, 0))
    [outcome] = play(
        dataclasses.replace(scene, windows=empty), {"kind": "shift", "column": "fare", "by": 2}
    )
    assert [window.verdict for window in outcome.windows] == ["detected", "inconclusive"]


def test_an_alarm_that_is_there_without_the_plant_is_not_its_detection(stage):
    def drifting(table):
        late = np.arange(9000) >= 7500
        values = np.where(late, 500.0, table["fare"].to_numpy())
        return table.set_column(0, "fare", pa.array(values))

    [outcome] = play(stage(change=drifting), {"kind": "shift", "column": "fare", "by": 3})
    assert [window.verdict for window in outcome.windows] == ["detected", "inconclusive"]
    assert outcome.false_alarms == 1


def test_an_alarm_on_another_feature_is_a_false_one(stage):
    [outcome] = play(stage(), {"kind": "shift", "column": "fare", "by": 2})
    plant = outcome.plant
    results = [alarm for window in outcome.windows for alarm in window.alarms]
    assert {alarm.feature for alarm in results} == {"fare"}
    other = [dataclasses.replace(results[0], feature="paid")]
    judged = scenarios._judge(plant, 5, other, [], planting.WindowTally(), config())
    assert (judged.verdict, judged.others) == ("missed", tuple(other))
    in_slice = [dataclasses.replace(other[0], slice="fare_3")]
    for slices, verdict in (("[[hour]]", "missed"), ("[[hour, fare]]", "detected")):
        sliced = config(f"slices: {slices}")
        found = scenarios._judge(plant, 5, in_slice, [], planting.WindowTally(), sliced)
        assert found.verdict == verdict


def test_concept_drift_and_permutation_are_not_visible(stage):
    flip = {"kind": "label_flip", "column": "tipped", "share": 0.5}
    permutation = {"kind": "permutation", "column": "fare"}
    for outcome in play(stage(), flip, permutation):
        assert (outcome.visible, outcome.count("missed")) == (False, 2)


def test_a_permutation_is_visible_in_slices(stage):
    def related(table):
        values = np.where(np.array(table["paid"].to_pylist()) == "Cash", 1.0, 9.0)
        return table.set_column(0, "fare", pa.array(values))

    [outcome] = play(
        stage(f"{CONFIG}\nslices: [[paid]]", change=related),
        {"kind": "permutation", "column": "fare"},
    )
    assert (outcome.visible, outcome.count("detected")) == (True, 2)
    assert all("(paid_" in label for label, _ in outcome.detectors)


def test_a_change_of_the_class_prior_is_seen_where_features_go_with_the_label(stage):
    def related(table):
        values = np.array(table["tipped"].to_pylist()) * 5.0
        return table.set_column(0, "fare", pa.array(values + np.arange(9000) % 7))

    prior = {"kind": "class_prior", "column": "tipped", "shares": {1: 0.7}}
    [outcome] = play(stage(change=related), prior)
    assert outcome.count("detected") == 2
    assert all(window.rows_dropped > 0 for window in outcome.windows)


# The default grid.


def test_the_default_grid_has_three_sizes_of_many_kinds(sim):
    rows = sim.trips().drop(["started"]).combine_chunks().to_batches()[0]
    choice, counts = grid.choose(rows, config(), frozenset(), "tipped")
    assert (choice.number, choice.category, choice.label) == ("fare", "paid", "tipped")
    plants = [each.plant for each in grid.default_grid(choice, counts, 5)]
    kinds = [(plant.label, str(plant.where)) for plant in plants]
    assert len(set(kinds)) == 13
    assert all(kinds.count(kind) == 3 for kind in kinds)
    assert {plant.onset.first for plant in plants} == {5}
    values = next(plant.value for plant in plants if plant.kind == "new_category")
    assert values == "NEW"


def test_without_a_label_its_kinds_are_left_out(sim):
    rows = sim.trips().drop(["started"]).combine_chunks().to_batches()[0]
    choice, counts = grid.choose(rows, config(), frozenset(), None)
    kinds = {each.plant.kind for each in grid.default_grid(choice, counts, 5)}
    assert len(kinds) == 10
    assert not kinds & {"class_prior", "label_flip"}


def test_critical_columns_are_chosen_first_ignored_ones_never_and_alarming_ones_last(sim):
    table = sim.trips().append_column("tip", pa.array([row / 7 for row in range(600)]))
    table = table.append_column("serial", pa.array(list(range(600))))
    rows = table.drop(["started"]).combine_chunks().to_batches()[0]

    def number(text, alarming=()):
        found, _ = grid.choose(rows, config(text), frozenset({"hour"}), None, alarming)
        return found.number

    assert number("{}") == "tip"  # the most values
    assert number("features: {fare: {critical: true}}") == "fare"
    assert number("features: {tip: {ignore: true}}") == "fare"
    assert number("features: {hour: {critical: true}}") == "tip"  # hours are categories here
    assert number("{}", {"tip"}) == "fare"


def test_a_new_category_of_whole_numbers_is_a_whole_number(sim):
    rows = pa.table({"code": [3, 9, 9, 3, 4]}).to_batches()[0]
    choice, counts = grid.choose(rows, config("{}"), frozenset({"code"}), None)
    assert choice.category == "code"
    plants = [each.plant for each in grid.default_grid(choice, counts, 2)]
    assert next(plant.value for plant in plants if plant.kind == "new_category") == 10

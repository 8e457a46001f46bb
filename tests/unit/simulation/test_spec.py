"""What a spec may say, and the one sentence for each mistake."""

from __future__ import annotations

import pytest

from skewgate.core.errors import InputError
from skewgate.simulation import spec as spec_lib

SHIFT = {"kind": "shift", "column": "x", "by": 1}


def parse(text):
    return spec_lib.parse(text, "s.yaml")


def sentence(text):
    with pytest.raises(InputError) as caught:
        parse(text)
    message = str(caught.value)
    assert message.startswith("s.yaml: ")
    assert "\n" not in message
    assert message.endswith(".")
    return message.removeprefix("s.yaml: ")


def plants(*texts):
    return "plants:\n" + "".join(f"  - {{{text}}}\n" for text in texts)


def test_all_keys_have_defaults():
    spec = parse("version: 1")
    assert (spec.seed, spec.windows.number, spec.format, spec.plants) == (0, 12, "parquet", ())


def test_plants_keep_their_order_and_are_named_after_kind_and_columns():
    spec = parse(
        plants(
            "kind: permutation, columns: [b, a]",
            "kind: shift, column: x, by: 1",
            "kind: shift, column: x, by: 2, name: again",
        )
    )
    assert [each.plant.label for each in spec.plants] == ["permutation b a", "shift x", "again"]


def test_the_grid_makes_a_plant_of_each_size():
    spec = parse("rehearsal: {grid: [{kind: shift, column: x, sizes: {by: [0.5, -2]}}]}")
    assert [each.plant.by for each in spec.grid] == [0.5, -2]
    spec = parse("rehearsal: {grid: [{kind: class_prior, column: y, sizes: {shares: [{1: 0.5}]}}]}")
    assert spec.grid[0].plant.shares == {1: 0.5}


MISTAKES = {
    "plant: []": "plant is not a known key; the keys known here are format, plants, rehearsal, "
    "seed, version, windows. Fix: did you mean 'plants'.",
    "version: 2": "version: input should be 1, got 2",
    "seed: -1": "seed: input should be greater than or equal to 0, got -1",
    "format: xls": "format: input should be 'parquet' or 'csv', got 'xls'",
    "windows: {}": "windows: needs exactly one of rows, number and time, got none",
    "windows: {rows: 5, number: 2}": "windows: needs exactly one of rows, number and time, got "
    "rows and number",
    "windows: {rows: 0}": "windows.rows: input should be greater than or equal to 1, got 0",
    "windows: {time: t}": "windows: time and every go together",
    "windows: {time: t, every: 7 weeks}": "windows.every: must be a whole number with m, h, d, w "
    "or mo for minutes, hours, days, weeks or months, got '7 weeks'. Fix: write it as 15m, 6h",
    "windows: {time: t, every: 30min}": "windows.every: 30min is now 30m. Fix: write `every: 30m`.",
    "windows: {time: t, every: month}": "windows.every: month is now 1mo. Fix: write `every: 1mo`.",
    "windows: {time: t, every: quarter}": "windows.every: quarter is now 3mo. Fix: write `every: "
    "3mo`.",
    "windows: {time: t, every: 0d}": "windows.every: must be more than 0, got 0d",
    "windows: {time: t, every: 1d, zone: Berlin}": "windows.zone: 'Berlin' is not known. Fix: give "
    "an IANA name",
    "windows: {time: t, every: 1d, offset: 1mo}": "windows: offset of 1mo needs windows of months",
    "windows: {rows: 5, zone: UTC}": "windows: zone is for windows by time, but there is no time",
    "windows: {size: 5}": "windows.size is not a known key; the keys known here are every, number",
    plants("column: x"): "plants.0.kind is required and missing; the kinds are shift, scale",
    plants(
        "kind: shfit, column: x"
    ): "plants.0.kind: 'shfit' is not a kind of drift; the kinds are "
    "shift, scale, unit_error, noise, clipping, category_swap, new_category, missing_rate, "
    "stuck_sensor, class_prior, label_flip, permutation. Fix: did you mean 'shift'.",
    plants("kind: shift, column: x"): "plants.0.by is required and missing",
    plants("kind: shift, colum: x, by: 1"): "plants.0.colum is not a known key; the keys known "
    "here are by, column, kind, name, onset, share, unit, where. Fix: did you mean 'column'.",
    plants("kind: shift, column: x, by: 0"): "plants.0.by: must not be 0, which changes nothing",
    plants("kind: shift, column: x, by: .inf"): "plants.0.by: must be a finite number, got inf",
    plants("kind: shift, column: x, by: far"): "plants.0.by: input should be a valid number, "
    "unable to parse string as a number, got 'far'",
    plants("kind: shift, column: x, by: 1, unit: sd"): "plants.0.unit: input should be 'std' or "
    "'absolute', got 'sd'",
    plants("kind: scale, column: x, factor: 1"): "plants.0.factor: must not be 1, which changes",
    plants("kind: scale, column: x, factor: -2"): "plants.0.factor: input should be greater than 0",
    plants("kind: noise, column: x, by: -1"): "plants.0.by: input should be greater than 0, got -1",
    plants("kind: clipping, column: x"): "plants.0: needs lower or upper, or both",
    plants(
        "kind: clipping, column: x, upper: 90"
    ): "plants.0: a quantile must be in [0, 1], got 90",
    plants("kind: clipping, column: x, lower: 0.9, upper: 0.2"): "plants.0: lower must not be "
    "above upper, 0.2, got 0.9",
    plants("kind: category_swap, column: x, values: [a]"): "plants.0.values: must be two "
    "values, got ['a']",
    plants("kind: category_swap, column: x, values: [a, a]"): "plants.0.values: must be two "
    "different values, got 'a' twice",
    plants("kind: new_category, column: x, share: 0"): "plants.0.share: input should be greater "
    "than 0, got 0",
    plants("kind: missing_rate, column: x"): "plants.0.share is required and missing",
    plants("kind: missing_rate, column: x, share: 30"): "plants.0.share: input should be less "
    "than or equal to 1, got 30",
    plants("kind: class_prior, column: y, shares: {a: 0.7, b: 0.7}"): "plants.0.shares: must not "
    "sum to more than 1, got 1.4",
    plants("kind: class_prior, column: y, shares: {a: 7}"): "plants.0.shares: the share of 'a' "
    "must be in [0, 1], got 7",
    plants("kind: permutation"): "plants.0: needs either column or columns",
    plants("kind: permutation, columns: [a, a]"): "plants.0: columns names one of them twice",
    plants("kind: shift, column: x, by: 1, where: {a: []}"): "plants.0.where: a must be a value "
    "or a list of values, got []",
    plants("kind: shift, column: x, by: 1, onset: {shape: gradual}"): "plants.0.onset: the shape "
    "'gradual' needs over",
    plants("kind: shift, column: x, by: 1, onset: {shape: recurring}"): "plants.0.onset: the "
    "shape 'recurring' needs period",
    plants("kind: shift, column: x, by: 1, onset: {over: 3}"): "plants.0.onset: over is for the "
    "shape 'gradual', got 'abrupt'",
    plants("kind: shift, column: x, by: 1, onset: {first: 0}"): "plants.0.onset.first: input "
    "should be greater than or equal to 1, got 0",
    plants("kind: shift, column: x, by: 1, onset: {first: 5, last: 3}"): "plants.0.onset: last "
    "must be at least first, 5, got 3",
    plants(
        "kind: shift, column: x, by: 1, onset: {shape: recurring, period: 3, length: 3}"
    ): "plants.0.onset: length must be below period, 3, got 3",
    plants("kind: shift, column: x, by: 1", "kind: shift, column: x, by: 2"): "plants.1: two "
    "plants are called 'shift x', and random numbers and the truth go by the name. Fix: give "
    "plants.1 a name of its own",
    "rehearsal: {baseline: 4, first: 4}": "rehearsal: first must be above baseline, 4, got 4",
    "rehearsal: {grid: [{kind: shift, column: x, by: 1}]}": "rehearsal.grid.0.sizes must give a "
    "list of values for one key, got None",
    "rehearsal: {grid: [{kind: shift, column: x, by: 1, sizes: {by: [2]}}]}": "rehearsal.grid.0.by "
    "is given twice, also in sizes",
    "rehearsal: {grid: [{kind: shift, column: x, sizes: {by: [0]}}]}": "rehearsal.grid.0.by: must "
    "not be 0",
    "seed: [": "line 1, column 8: is not valid YAML",
}


@pytest.mark.parametrize("text", MISTAKES)
def test_a_mistake_is_one_sentence_with_its_place(text):
    assert MISTAKES[text] in sentence(text)


def test_a_plant_that_begins_after_the_last_window_is_refused():
    spec = parse(plants("kind: shift, column: x, by: 1, onset: {first: 9}"))
    spec_lib.check_windows(spec, 9)
    with pytest.raises(InputError, match=r"plants\.0\.onset\.first is 9, but the data make 8"):
        spec_lib.check_windows(spec, 8)


@pytest.mark.parametrize(
    ("given", "windows", "expected"),
    [
        ({}, 12, (6, 9)),
        ({}, 3, (1, 3)),
        ({"baseline": 8}, 12, (8, 11)),
        ({"first": 4}, 12, (3, 4)),
        ({"baseline": 2, "first": 5}, 6, (2, 5)),
    ],
)
def test_what_a_rehearsal_takes_for_the_baseline(given, windows, expected):
    assert spec_lib.default_rehearsal(spec_lib.Rehearsal(**given), windows, "s.yaml") == expected


@pytest.mark.parametrize("given", [{"baseline": 3}, {"first": 5}])
def test_a_rehearsal_needs_windows_after_the_baseline(given):
    with pytest.raises(InputError, match="the data make 4 windows"):
        spec_lib.default_rehearsal(spec_lib.Rehearsal(**given), 4, "s.yaml")

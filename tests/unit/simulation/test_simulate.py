"""Whole simulations: reproducible, whatever the batches; the truth is what changed."""

from __future__ import annotations

import datetime
import pathlib

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import skewgate.schemas
from skewgate.core.errors import InputError
from skewgate.data.sources import base
from skewgate.simulation import simulate, writing
from skewgate.simulation import spec as spec_lib

KINDS = {
    "shift": {"column": "fare", "by": 0.5},
    "scale": {"column": "fare", "factor": 1.5},
    "unit_error": {"column": "fare", "factor": 1.6, "share": 0.4},
    "noise": {"column": "fare", "by": 0.2},
    "clipping": {"column": "fare", "upper": 0.7},
    "category_swap": {"column": "paid", "values": ["Cash", "Été"]},
    "new_category": {"column": "paid", "value": "Coin", "share": 0.2},
    "missing_rate": {"column": "fare", "share": 0.3},
    "stuck_sensor": {"column": "hour", "share": 0.5},
    "class_prior": {"column": "tipped", "shares": {1: 0.6}},
    "label_flip": {"column": "tipped", "share": 0.25},
    "permutation": {"columns": ["fare", "paid"]},
}
onsets = st.one_of(
    st.builds(lambda first: {"first": first}, st.integers(1, 4)),
    st.builds(
        lambda first, over: {"shape": "gradual", "first": first, "over": over},
        st.integers(1, 4),
        st.integers(2, 5),
    ),
    st.builds(lambda period: {"shape": "recurring", "period": period}, st.integers(2, 4)),
)
wheres = st.sampled_from(
    [{}, {"paid": "Card"}, {"paid": ["Cash", "Été"], "hour": list(range(3, 20))}]
)
plans = st.lists(st.sampled_from(sorted(KINDS)), min_size=1, max_size=3, unique=True).flatmap(
    lambda kinds: st.tuples(*(st.tuples(st.just(kind), onsets, wheres) for kind in kinds))
)


def spec_of(plan, windows=None, seed=5):
    return {
        "seed": seed,
        "windows": windows or {"number": 4},
        "plants": [
            {"kind": kind, **KINDS[kind], "onset": onset, "where": where}
            for kind, onset, where in plan
        ],
    }


few = settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])


@few
@given(plan=plans, batch=st.integers(7, 300))
def test_the_files_do_not_depend_on_the_batches(sim, tmp_path_factory, plan, batch):
    folder = tmp_path_factory.mktemp("batches")
    table = sim.trips()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(simulate, "_LARGEST", 64)  # several blocks a window
        whole = sim.run(folder, table, spec_of(plan))
        patch.setattr(base, "BATCH_ROWS", batch)
        parts = sim.run(folder, table, spec_of(plan), name="parts")
    assert whole.bytes == parts.bytes


def test_the_files_do_not_depend_on_the_blocks_of_a_csv_file(sim, tmp_path, monkeypatch):
    data = tmp_path / "trips.csv"
    pa.csv.write_csv(sim.trips(), data)
    spec = spec_of([(kind, {"first": 2}, {}) for kind in sorted(KINDS)])
    whole = sim.run(tmp_path, None, spec, data=data)
    monkeypatch.setattr(base, "BLOCK_BYTES", 1 << 10)
    assert sim.run(tmp_path, None, spec, data=data, name="parts").bytes == whole.bytes


@few
@given(plan=plans)
def test_columns_and_windows_without_a_plant_stay_as_they_are(sim, tmp_path_factory, plan):
    folder = tmp_path_factory.mktemp("untouched")
    table = sim.trips()
    found = sim.run(folder, table, spec_of(plan))
    plain = sim.run(folder, table, {"windows": {"number": 4}}, name="plain")
    touched = {column for plant in found.truth["plants"] for column in plant["columns"]}
    for window, before, after in zip(
        found.truth["windows"], plain.windows, found.windows, strict=True
    ):
        if not window["plants"]:
            assert found.bytes[window["file"]] == plain.bytes[window["file"]]
        if window["rows"] == window["rows_in"]:
            for column in set(table.column_names) - touched:
                assert after[column].equals(before[column])
        assert after.schema.equals(before.schema)
        assert (window["rows_in"], window["rows"]) == (before.num_rows, after.num_rows)


@few
@given(kind=st.sampled_from(sorted(set(KINDS) - {"class_prior"})), onset=onsets, where=wheres)
def test_the_truth_counts_the_rows_that_changed(sim, tmp_path_factory, kind, onset, where):
    folder = tmp_path_factory.mktemp("truth")
    table = sim.trips()
    found = sim.run(folder, table, spec_of([(kind, onset, where)]))
    plain = sim.run(folder, table, {"windows": {"number": 4}}, name="plain")
    acts = {act["window"]: act["rows_changed"] for act in found.truth["plants"][0]["windows"]}
    for window, before, after in zip(
        found.truth["windows"], plain.windows, found.windows, strict=True
    ):
        changed = sum(
            one != other for one, other in zip(before.to_pylist(), after.to_pylist(), strict=True)
        )
        assert window["rows_changed"] == acts.get(window["window"], 0) == changed
    assert found.truth["plants"][0]["rows_changed"] == sum(acts.values())


def test_rows_that_are_dropped_are_counted_and_the_rest_keep_their_order(sim, tmp_path):
    table = sim.trips()
    found = sim.run(tmp_path, table, spec_of([("class_prior", {"first": 3}, {})]))
    plant = found.truth["plants"][0]
    assert [window["rows"] for window in found.truth["windows"][:2]] == [150, 150]
    assert plant["rows_dropped"] == 600 - sum(window.num_rows for window in found.windows) > 0
    started = pa.concat_tables(found.windows)["started"].to_pylist()
    assert started == sorted(started)
    assert len(set(started)) == len(started)


def test_several_plants_change_what_the_one_before_has_left(sim, tmp_path):
    add = {"kind": "shift", "column": "hour", "by": 3, "unit": "absolute", "name": "add"}
    double = {"kind": "scale", "column": "hour", "factor": 2, "around": "zero"}
    table = sim.trips()
    found = sim.run(tmp_path, table, {"windows": {"number": 1}, "plants": [add, double]})
    expected = [2 * (hour + 3) for hour in table["hour"].to_pylist()]
    assert found.windows[0]["hour"].to_pylist() == expected
    assert [plant["rows_changed"] for plant in found.truth["plants"]] == [600, 600]


def test_another_plant_leaves_the_random_numbers_of_the_first(sim, tmp_path):
    first = ("missing_rate", {"first": 1}, {})
    alone = sim.run(tmp_path, sim.trips(), spec_of([first]))
    beside = sim.run(
        tmp_path, sim.trips(), spec_of([("label_flip", {"first": 1}, {}), first]), name="beside"
    )
    for one, other in zip(alone.windows, beside.windows, strict=True):
        assert one["fare"].equals(other["fare"])
    reseeded = sim.run(tmp_path, sim.trips(), spec_of([first], seed=6), name="reseeded")
    assert alone.windows[0]["fare"] != reseeded.windows[0]["fare"]


def test_windows_by_time_take_rows_from_anywhere_in_the_data(sim, tmp_path, monkeypatch):
    monkeypatch.setattr(simulate, "_SMALLEST", 16)
    monkeypatch.setattr(simulate, "_HELD", 1)
    table = sim.trips()
    order = np.random.default_rng(1).permutation(600)
    mixed = table.take(pa.array(order))
    spec = spec_of([("missing_rate", {"first": 2}, {})], {"time": "started", "every": "10d"})
    found = sim.run(tmp_path, mixed, spec)
    windows = found.truth["windows"]
    # 735,963 days have passed before 2016-01-01: three of them belong to its window.
    assert [window["name"] for window in windows] == ["2015-12-29", "2016-01-08", "2016-01-18"]
    assert (windows[0]["start"], windows[0]["end"]) == (
        "2015-12-29T00:00:00Z",
        "2016-01-08T00:00:00Z",
    )
    assert [window["rows_in"] for window in windows] == [7 * 24, 10 * 24, 8 * 24]
    kept = {when: place for place, when in enumerate(mixed["started"].to_pylist())}
    for window in found.windows:
        places = [kept[when] for when in window["started"].to_pylist()]
        assert places == sorted(places)
    assert found.windows[0]["fare"].null_count < 30 < found.windows[1]["fare"].null_count


def test_a_time_without_rows_has_no_file(sim, tmp_path):
    table = sim.trips().filter(pa.array([not 200 <= row < 300 for row in range(600)]))
    found = sim.run(tmp_path, table, {"windows": {"time": "started", "every": "1d"}})
    empty = [window for window in found.truth["windows"] if not window["rows_in"]]
    assert [window["file"] for window in empty] == [None] * 3
    assert len(found.windows) == 25 - 3
    assert sum(window["rows"] for window in found.truth["windows"]) == 500


def test_csv_windows_hold_the_same_rows(sim, tmp_path):
    plan = [("shift", {"first": 2}, {}), ("missing_rate", {"first": 3}, {"paid": "Cash"})]
    table = sim.trips()
    expected = sim.run(tmp_path, table, spec_of(plan))
    found = sim.run(tmp_path, table, {**spec_of(plan), "format": "csv"}, name="csv")
    for window, other in zip(found.truth["windows"], expected.windows, strict=True):
        read = pa.csv.read_csv(found.out / window["file"])
        assert read["fare"].to_pylist() == other["fare"].to_pylist()
        assert read["hour"].type == pa.int64()
        assert read["paid"].to_pylist() == other["paid"].to_pylist()


def test_memory_is_that_of_some_blocks(sim, tmp_path, monkeypatch):
    rows = 2_000_000
    table = pa.table({"x": np.arange(rows, dtype=float), "y": np.arange(rows)})
    data = tmp_path / "x.parquet"
    pa.parquet.write_table(table, data, row_group_size=10_000)
    size = table.nbytes
    del table
    monkeypatch.setattr(base, "BATCH_ROWS", 5000)
    monkeypatch.setattr(simulate, "_LARGEST", 8192)
    text = "plants: [{kind: noise, column: x, by: 1}, {kind: permutation, column: y}]"
    before = pa.total_allocated_bytes()
    most = []
    simulate.run(
        str(data),
        spec_lib.parse(text, "s"),
        text,
        str(tmp_path / "out"),
        progress=lambda place, rows: most.append(pa.total_allocated_bytes() - before),
    )
    assert len(most) == 2 * rows / 5000  # two passes
    assert max(most) < size / 4


# What the folder holds.


def test_the_spec_stands_beside_the_truth(sim, tmp_path):
    text = "# why\nplants: [{kind: missing_rate, column: fare, share: 0.2}]\n"
    found = sim.run(tmp_path, sim.trips(), text)
    assert found.bytes["simulation.yaml"].decode() == text
    assert found.truth["plants"][0]["sizes"] == {"share": 0.2}
    assert sorted(found.bytes) == [
        "simulation.yaml",
        "truth.json",
        *(f"window-{number:03d}.parquet" for number in range(1, 13)),
    ]


def test_a_failure_leaves_nothing_behind(sim, tmp_path, monkeypatch):
    def broken(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(writing.WindowWriter, "write", broken)
    with pytest.raises(InputError, match=r"out: cannot be written: No space left on device"):
        sim.run(tmp_path, sim.trips(), "version: 1")
    assert [path.name for path in tmp_path.iterdir()] == ["trips.parquet"]


def test_a_simulation_is_replaced_only_if_asked_and_only_as_a_whole(sim, tmp_path, monkeypatch):
    first = sim.run(tmp_path, sim.trips(), "windows: {number: 3}")
    with pytest.raises(InputError, match="out: is not empty"):
        sim.run(tmp_path, sim.trips(), "windows: {number: 2}")
    with monkeypatch.context() as patch:
        patch.setattr(writing.WindowWriter, "write", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            sim.run(tmp_path, sim.trips(), "windows: {number: 2}", force=True)
    assert {path.name: path.read_bytes() for path in first.out.iterdir()} == first.bytes
    second = sim.run(tmp_path, sim.trips(), "windows: {number: 2}", force=True)
    assert len(second.windows) == 2
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out", "trips.parquet"]


@pytest.mark.parametrize("held", ["notes.txt", "truth.json"])
def test_files_that_are_not_of_a_simulation_are_never_lost(sim, tmp_path, held):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / held).write_text("[]")
    with pytest.raises(InputError, match=f"holds {held}, which is not of a simulation"):
        sim.run(tmp_path, sim.trips(), "version: 1", force=True)
    assert (tmp_path / "out" / held).read_text() == "[]"


def test_data_that_change_between_the_passes_are_refused(sim, tmp_path):
    """No row may be lost, or come into the wrong window, in silence."""
    data = tmp_path / "trips.parquet"
    before = sim.trips()

    def simulated_while(after, windows):
        pa.parquet.write_table(before, data)
        spec = spec_lib.parse(f"windows: {windows}", "s")
        simulate.run(
            str(data),
            spec,
            "",
            str(tmp_path / "out"),
            between=lambda: pa.parquet.write_table(after, data),
        )

    later = before["started"].to_pylist()
    later = pa.array([each + datetime.timedelta(days=9) for each in later], pa.timestamp("s"))
    moved = before.set_column(2, "started", later)
    for after, windows in (
        (pa.concat_tables([before, before]), "{number: 3}"),
        (before.slice(0, 500), "{number: 3}"),
        (moved, "{time: started, every: 1d}"),
        (moved, "{time: started, every: 1mo}"),
    ):
        with pytest.raises(InputError, match="changed while it was read"):
            simulated_while(after, windows)
        assert [path.name for path in tmp_path.iterdir()] == ["trips.parquet"]


# Plants that the data do not admit.

REFUSED = {
    "kind: shift, column: fares, by: 1": "plants.0: the data have no column 'fares'. Fix: did you "
    "mean 'fare'",
    "kind: shift, column: paid, by: 1": "plants.0: column paid: is of type string, and this kind "
    "needs whole or floating numbers",
    "kind: shift, column: same, by: 1": "plants.0: column same: has a standard deviation of 0",
    "kind: noise, column: nothing, by: 1": "plants.0: column nothing: has no finite number",
    "kind: category_swap, column: paid, values: [Cash, Cards]": "plants.0.values.1: 'Cards' does "
    "not occur in column paid. Fix: did you mean 'Card'",
    "kind: category_swap, column: paid, values: [Cash, 3]": "plants.0.values.1: 3 is not a value "
    "of column paid, which is of type string",
    "kind: new_category, column: paid, value: Cash, share: 1": "plants.0.value: 'Cash' occurs in "
    "column paid already",
    "kind: new_category, column: hour, share: 1": "plants.0.value: 'NEW' is not a value of column "
    "hour, which is of type int64",
    "kind: stuck_sensor, column: nothing": "plants.0: column nothing: has no value",
    "kind: class_prior, column: same, shares: {5: 0.2}": "plants.0: column same: has 1 values, and "
    "a label must have from 2",
    "kind: class_prior, column: tipped, shares: {2: 0.2}": "plants.0.shares: 2 does not occur in "
    "column tipped",
    "kind: class_prior, column: tipped, shares: {0: 0.2, 1: 0.2}": "plants.0.shares: name all "
    "classes and sum to 0.4",
    "kind: label_flip, column: serial, share: 0.2": "plants.0: column serial: has 1,200 values",
    "kind: missing_rate, column: list, share: 1": "plants.0: column list: has the type list<",
    "kind: missing_rate, column: fare, share: 1, where: {paid: 3}": "plants.0.where.paid: 3 is "
    "not a value of column paid",
    "kind: class_prior, column: tipped, shares: {1: 0.5}, where: {paid: 3}": "plants.0.where.paid: "
    "3 is not a value of column paid",
    "kind: shift, column: fare, by: 1, where: {paid: [Cash, Crad]}": "plants.0.where.paid: 'Crad' "
    "does not occur in column paid. Fix: did you mean 'Card'",
    "kind: missing_rate, column: fare, share: 1, where: {hour: 1.5}": "plants.0.where.hour: 1.5 is "
    "not a value of column hour",
    "kind: missing_rate, column: fare, share: 1, where: {pay: Cash}": "plants.0: the data have no "
    "column 'pay'",
    "kind: missing_rate, column: fare, share: 1, onset: {first: 13}": "plants.0.onset.first is 13",
}


@pytest.fixture(scope="module")
def odd(sim):
    rows = 1200
    table = sim.trips(rows)
    for name, column in {
        "same": [5] * rows,
        "nothing": pa.nulls(rows, pa.float64()),
        "serial": list(range(rows)),
        "list": [[1, 2]] * rows,
    }.items():
        table = table.append_column(name, pa.array(column) if isinstance(column, list) else column)
    return table


@pytest.mark.parametrize("fields", REFUSED)
def test_a_plant_that_does_not_fit_is_one_sentence_and_writes_nothing(sim, tmp_path, odd, fields):
    with pytest.raises(InputError) as caught:
        sim.run(tmp_path, odd, f"plants: [{{{fields}}}]")
    message = str(caught.value)
    assert message.startswith("simulation.yaml: ")
    assert REFUSED[fields] in message
    assert "\n" not in message
    assert not (tmp_path / "out").exists()


def test_csv_cannot_hold_lists(sim, tmp_path, odd):
    with pytest.raises(InputError, match="format is csv, which cannot hold column list"):
        sim.run(tmp_path, odd, "format: csv")


def test_windows_by_a_column_that_is_not_there(sim, tmp_path):
    with pytest.raises(InputError, match=r"windows\.time: column start: is not there.*'started'"):
        sim.run(tmp_path, sim.trips(), "windows: {time: start, every: 1d}")


def test_the_spec_of_the_taxi_example_is_one(sim):
    path = pathlib.Path(skewgate.schemas.__file__).parent / "taxi" / "simulation.yaml"
    spec = spec_lib.load(str(path))
    assert [each.plant.kind for each in spec.plants] == ["shift", "unit_error", "missing_rate"]
    assert len(spec.grid) == 6

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
import pytest
from google.protobuf import text_format
from hypothesis import given, settings
from hypothesis import strategies as st
from tensorflow_metadata.proto.v0 import schema_pb2

from skewgate.core.distributions import EmptyDistribution
from skewgate.core.errors import InputError
from skewgate.data.sources import base
from skewgate.data.tf_example.tfrecord import frame
from skewgate.profiling import engine
from skewgate.profiling.accumulators.options import ProfileOptions
from skewgate.statistics.writing import to_statistics
from tests.encoding import encode


def write(path, **columns):
    table = pa.table(columns)
    if path.suffix == ".csv":
        pa.csv.write_csv(table, path)
    else:
        pa.parquet.write_table(table, path)
    return str(path)


def profile(place, features=None, resolution=100, slice_by=(), **options):
    reading = engine.ReadOptions(**options)
    kept = ProfileOptions(slice_by=slice_by, resolution=resolution, features=features)
    [found] = engine.profile_sides([engine.open_side(str(place), reading)], reading, kept)
    return found


def kinds(found):
    return {name: (side.kind, side.n, side.n_missing) for name, side in found.slices[""].items()}


def message(place, **options):
    with pytest.raises(InputError) as caught:
        profile(place, **options)
    return str(caught.value)


def test_the_files_of_a_folder_are_one_side(tmp_path):
    write(tmp_path / "a.parquet", fare=[1.5, 2.5, None], n=[1, 2, 3])
    write(tmp_path / "b.csv", fare=[7, 8], company=["Blue", "Red"])
    found = profile(tmp_path)
    assert found.rows == {"": 5}
    assert kinds(found) == {
        "fare": ("numeric", 4, 1),
        "n": ("numeric", 3, 2),
        "company": ("categorical", 2, 3),
    }


def test_only_some_features_are_read_and_every_row_counts(tmp_path):
    write(tmp_path / "a.parquet", fare=[1.5, 2.5, None], n=[1, 2, 3])
    write(tmp_path / "b.parquet", n=[7, 8])
    (tmp_path / "c.jsonl").write_text('{"fare": 4.5}\n{"n": 4}\n{}\n')
    found = profile(tmp_path, {"fare"})
    assert found.rows == {"": 8}
    assert kinds(found) == {"fare": ("numeric", 3, 5)}


def test_columns_of_slices_are_read_for_other_features(tmp_path):
    path = write(tmp_path / "a.parquet", fare=[1.5, 2.5, 3.5], paid=["x", "y", "x"])
    found = profile(path, {"fare"}, slice_by=[["paid"]])
    assert found.rows == {"": 3, "paid=x": 2, "paid=y": 1}
    assert list(found.slices["paid=x"]) == ["fare"]


def test_columns_of_slices_may_be_in_some_files_only(tmp_path):
    write(tmp_path / "a.parquet", fare=[1.5])
    write(tmp_path / "b.parquet", fare=[2.5, 3.5], paid=["x", None])
    assert profile(tmp_path, slice_by=[["paid"]]).rows == {"": 3, "paid=x": 1}
    assert message(tmp_path, slice_by=[["piad"]]) == (
        f"{tmp_path}: slices: piad: is not a column of the data. Fix: correct the slices."
    )


def test_statistics_count_as_their_rows(tmp_path):
    path = write(tmp_path / "a.parquet", fare=[1.5, 2.5, None], n=[1, 2, 3])
    statistics = to_statistics(profile(path), 100)
    (tmp_path / "b.pb").write_bytes(statistics.SerializeToString())
    both, alone = profile(tmp_path), profile(tmp_path / "b.pb")
    assert (both.rows, alone.rows) == ({"": 6}, {"": 3})
    assert kinds(both) == {"fare": ("numeric", 4, 2), "n": ("numeric", 6, 0)}
    assert kinds(alone) == kinds(profile(path))


def test_a_file_that_turns_out_wider_is_read_again(tmp_path, monkeypatch):
    monkeypatch.setattr(base, "BLOCK_BYTES", 64)
    path = tmp_path / "a.csv"
    path.write_text("a,b\n" + "1,2\n" * 50 + "far,2.5\n")
    told = []
    found = profile(path, progress=lambda place, rows: told.append((place, rows)))
    assert kinds(found) == {"a": ("categorical", 51, 0), "b": ("numeric", 51, 0)}
    assert found.slices[""]["a"].counts == {"1": 50.0, "far": 1.0}
    assert sum(rows for _, rows in told) == 51
    assert any(rows < 0 for _, rows in told)
    assert {place for place, _ in told} == {str(path)}


@pytest.mark.parametrize("workers", [1, 4])
def test_the_number_of_workers_changes_nothing(tmp_path, workers):
    columns = {f"c{i}": list(range(i, i + 50)) for i in range(30)}
    found = profile(write(tmp_path / "a.parquet", **columns), workers=workers)
    assert [found.slices[""][f"c{i}"].edges[0] for i in range(30)] == list(range(30))


def test_sides_come_back_in_order(tmp_path):
    one = write(tmp_path / "1.parquet", x=[1.0])
    two = write(tmp_path / "2.parquet", x=[2.0, 3.0])
    options = engine.ReadOptions()
    sides = [engine.open_side(place, options) for place in (two, one)]
    found = engine.profile_sides(sides, options)
    assert [profile.rows[""] for profile in found] == [2, 1]
    assert [side.rows for side in sides] == [2, 1]


def test_rows_to_read_are_unknown_if_one_file_does_not_tell(tmp_path):
    write(tmp_path / "a.parquet", x=[1.0])
    write(tmp_path / "b.csv", x=[1.0])
    assert engine.open_side(str(tmp_path), engine.ReadOptions()).rows is None
    assert engine.open_side(str(tmp_path / "a.parquet"), engine.ReadOptions()).rows == 1


def test_the_schema_gives_types_to_every_file(tmp_path):
    schema = text_format.Parse(
        'feature { name: "area" type: INT int_domain { is_categorical: true } }'
        'feature { name: "code" type: BYTES }',
        schema_pb2.Schema(),
    )
    write(tmp_path / "a.parquet", area=[7, 8], code=[1, 2])
    write(tmp_path / "b.csv", area=[7, None], code=[3, 4])
    found = profile(tmp_path, schema=schema)
    assert found.slices[""]["area"].counts == {"7": 2.0, "8": 1.0}
    assert found.slices[""]["code"].counts == {"1": 1.0, "2": 1.0, "3": 1.0, "4": 1.0}


def test_a_column_of_nulls_is_a_feature(tmp_path):
    path = write(tmp_path / "a.parquet", fare=pa.nulls(2), n=[1, 2])
    assert profile(path).slices[""]["fare"] == EmptyDistribution(2)


# Bad input.


def test_no_rows_name_the_place(tmp_path):
    (tmp_path / "a.csv").write_text("a,b\n")
    (tmp_path / "b.csv").write_text("a,b")
    assert message(tmp_path) == f"{tmp_path}: has no rows. Fix: give data with rows."


def test_an_error_of_one_side_is_raised(tmp_path):
    good = write(tmp_path / "a.parquet", x=[1.0])
    (tmp_path / "b.csv").write_text("a,b\n1\n")
    options = engine.ReadOptions()
    sides = [engine.open_side(place, options) for place in (good, str(tmp_path / "b.csv"))]
    with pytest.raises(InputError, match=r"b\.csv: line 2"):
        engine.profile_sides(sides, options)


# One odd column stops no other.


def test_a_column_that_cannot_be_compared_is_told(tmp_path):
    write(tmp_path / "a.parquet", x=[1.0], n=[1])
    write(tmp_path / "b.parquet", x=[{"a": 1}], n=[2])
    found = profile(tmp_path).slices[""]
    assert found["x"].problem == "has the type struct<a: int64>, which cannot be compared"
    assert (found["n"].kind, found["n"].n) == ("numeric", 2)


def test_files_of_two_types_are_named(tmp_path):
    one = write(tmp_path / "a.parquet", x=[1.5, 2.5], n=[1, 2])
    other = write(tmp_path / "b.parquet", x=["far"], n=[3])
    found = profile(tmp_path).slices[""]
    assert found["x"].problem == f"is double in {one} and string in {other}"
    assert (found["x"].faulty, found["x"].n, found["n"].n) == (True, 3, 3)


def test_rows_and_statistics_of_two_kinds_are_named(tmp_path):
    other = profile(write(tmp_path / "other.parquet", x=["far"], n=[1]))
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "a.pb").write_bytes(to_statistics(other, 100).SerializeToString())
    write(folder / "b.parquet", x=[1.5], n=[2])
    found = profile(folder).slices[""]
    assert found["x"].problem == f"is categorical in {folder}/a.pb and numeric in {folder}"
    assert (found["x"].faulty, found["n"].n) == (True, 2)


@pytest.mark.parametrize("ending", ["csv", "jsonl"])
def test_digits_are_text_where_another_file_has_text(tmp_path, ending):
    if ending == "csv":
        (tmp_path / "a.csv").write_text("zip,n\n02134,1\n10001,2\n")
    else:
        (tmp_path / "a.jsonl").write_text(
            '{"zip": "2016-03-01", "n": 1}\n{"zip": "2016-03-02", "n": 2}\n'
        )
    write(tmp_path / "b.parquet", zip=["SW1A"], n=[3])
    found = profile(tmp_path)
    names = {"csv": {"02134", "10001"}, "jsonl": {"2016-03-01", "2016-03-02"}}[ending]
    assert found.slices[""]["zip"].counts == dict.fromkeys({*names, "SW1A"}, 1.0)
    assert found.as_text == {"zip"}
    assert found.slices[""]["n"].n == 3


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_digits_are_text_where_the_other_side_has_text(tmp_path, order):
    (tmp_path / "a.csv").write_text("zip,n\n02134,1\n10001,2\n10001,2\n")
    (tmp_path / "b.jsonl").write_text('{"zip": "02134", "n": 1}\n{"zip": "SW1A", "n": 2}\n')
    places = [str(tmp_path / name) for name in ("a.csv", "b.jsonl")]
    reading = engine.ReadOptions()
    sides = [engine.open_side(places[at], reading) for at in order]
    options = ProfileOptions(slice_by=[["zip"]])
    found = dict(zip(order, engine.profile_sides(sides, reading, options), strict=True))
    assert found[0].slices[""]["zip"].counts == {"02134": 1.0, "10001": 2.0}
    assert found[0].rows == {"": 3, "zip=02134": 1, "zip=10001": 2}
    assert (found[0].as_text, found[1].as_text) == ({"zip"}, set())


def test_numbers_that_a_file_or_a_schema_declares_stay_numbers(tmp_path):
    schema = text_format.Parse('feature { name: "zip" type: INT }', schema_pb2.Schema())
    write(tmp_path / "a.parquet", zip=[2134, 10001])
    (tmp_path / "b.csv").write_text("zip,n\n2134,1\n")
    text = write(tmp_path / "c.parquet", zip=["SW1A"])
    for name, options in (("a.parquet", {}), ("b.csv", {"schema": schema})):
        reading = engine.ReadOptions(**options)
        sides = [
            engine.open_side(str(tmp_path / name), reading),
            engine.open_side(text, engine.ReadOptions()),
        ]
        one, other = engine.profile_sides(sides, reading)
        assert (one.slices[""]["zip"].kind, other.slices[""]["zip"].kind) == (
            "numeric",
            "categorical",
        )


def test_a_value_that_does_not_fit_stops_its_column_alone(tmp_path):
    schema = text_format.Parse('feature { name: "x" type: INT }', schema_pb2.Schema())
    (tmp_path / "a.csv").write_text("x,n\n1,2\nfar,3\n")
    found = profile(tmp_path / "a.csv", schema=schema).slices[""]
    assert found["x"].problem == (
        f"cannot be read ({tmp_path}/a.csv: line 3, column x: expected INT, found 'far')"
    )
    assert (found["x"].faulty, found["n"].n) == (True, 2)


def test_numbers_and_text_of_one_json_file_stop_their_column_alone(tmp_path):
    (tmp_path / "a.jsonl").write_text('{"x": 1, "n": 2}\n{"x": "far", "n": 3}\n')
    found = profile(tmp_path / "a.jsonl").slices[""]
    assert "line 2, column x: expected a number as before, found 'far'" in found["x"].problem
    assert (found["x"].faulty, found["n"].n) == (True, 2)


class Odd(base.Source):
    """A file one of whose columns cannot be read."""

    path, rows, columns = "odd.parquet", 2, ["bad", "n"]

    def batches(self, columns=None, rejections=None):
        kept = [name for name in self.columns if columns is None or name in columns]
        if "bad" in kept:
            raise InputError("odd.parquet", "has an encoding that nobody knows")
        yield pa.record_batch([pa.array([1, 2])] * len(kept), kept)


def test_a_column_that_cannot_be_read_stops_no_other():
    side = engine.Side("odd.parquet", (Odd(),), ())
    [found] = engine.profile_sides([side], engine.ReadOptions())
    assert found.slices[""]["n"].n == 2
    bad = found.slices[""]["bad"]
    assert bad.problem == "cannot be read (odd.parquet: has an encoding that nobody knows)"
    assert not bad.faulty


def test_a_column_of_slices_that_cannot_be_read_is_an_error():
    side = engine.Side("odd.parquet", (Odd(),), ())
    options = ProfileOptions(slice_by=[["bad"]])
    with pytest.raises(InputError, match="an encoding that nobody knows"):
        engine.profile_sides([side], engine.ReadOptions(), options)


# What is to be ignored is never decoded.


def write_odd(folder, ending):
    """Writes a column `x` that nobody can read or compare, beside a good one."""
    path = folder / f"a.{ending}"
    if ending == "csv":
        path.write_text("x,n\n1,2\nfar,3\n")
    elif ending == "jsonl":
        path.write_text('{"x": {"a": 1}, "n": 2}\n{"x": [[1], "b"], "n": 3}\n')
    elif ending == "parquet":
        nested = pa.array([[("a", 1)], None], pa.map_(pa.string(), pa.int64()))
        pa.parquet.write_table(pa.table({"x": nested, "n": [2, 3]}), path)
    else:
        rows = [
            *encode(pa.table({"x": [1], "n": [2]}), "a"),
            *encode(pa.table({"x": ["b"], "n": [3]}), "b"),
        ]
        path.write_bytes(frame(rows))
    return str(path)


@pytest.mark.parametrize("by", ["options", "schema"])
@pytest.mark.parametrize("ending", ["csv", "jsonl", "parquet", "tfrecord"])
def test_an_ignored_column_may_hold_anything(tmp_path, ending, by):
    stage = "lifecycle_stage: DEPRECATED" if by == "schema" else ""
    schema = text_format.Parse(f'feature {{ name: "x" type: INT {stage} }}', schema_pb2.Schema())
    reading = engine.ReadOptions(schema=schema)
    options = ProfileOptions(ignored=["x"] if by == "options" else [])
    side = engine.open_side(write_odd(tmp_path, ending), reading)
    [found] = engine.profile_sides([side], reading, options)
    assert kinds(found) == {"n": ("numeric", 2, 0)}
    assert found.unread == {"x"}


@pytest.mark.parametrize("ending", ["csv", "jsonl", "parquet", "tfrecord"])
def test_rows_count_where_all_columns_are_ignored(tmp_path, ending):
    reading = engine.ReadOptions()
    side = engine.open_side(write_odd(tmp_path, ending), reading)
    [found] = engine.profile_sides([side], reading, ProfileOptions(ignored=["x", "n"]))
    assert (found.rows, kinds(found)) == ({"": 2}, {})


def test_the_only_column_of_a_file_may_be_unreadable(tmp_path):
    schema = text_format.Parse('feature { name: "x" type: INT }', schema_pb2.Schema())
    (tmp_path / "a.csv").write_text("x\n1\nfar\n")
    found = profile(tmp_path / "a.csv", schema=schema)
    assert (found.rows, found.slices[""]["x"].faulty) == ({"": 2}, True)


def test_a_feature_of_two_types_in_records_stops_no_other(tmp_path):
    found = profile(write_odd(tmp_path, "tfrecord")).slices[""]
    assert found["n"].n == 2
    assert found["x"].faulty
    assert found["x"].problem.endswith("hold BYTES and INT in the feature x)")


def test_ignored_features_of_statistics_are_left_out(tmp_path):
    other = profile(write(tmp_path / "a.parquet", x=[[1, 2], [3]], n=[1, 2]))
    (tmp_path / "a.pb").write_bytes(to_statistics(other, 100).SerializeToString())
    side = engine.open_side(str(tmp_path / "a.pb"), engine.ReadOptions())
    [found] = engine.profile_sides([side], engine.ReadOptions(), ProfileOptions(ignored=["x", "y"]))
    assert found.slices[""].keys() == {"n"}
    assert found.unread == {"x"}


class Held(base.Source):
    """Batches in memory."""

    path = "held"

    def __init__(self, batches):
        self._batches = batches

    def batches(self, columns=None, rejections=None):
        for batch in self._batches:
            kept = [name for name in batch.schema.names if columns is None or name in columns]
            yield pa.record_batch([batch.column(batch.schema.names.index(n)) for n in kept], kept)


ODD = {
    "struct": lambda n: pa.array([{"a": 1}] * n),
    "map": lambda n: pa.array([[("a", 1)]] * n, pa.map_(pa.string(), pa.int64())),
    "lists of lists": lambda n: pa.array([[[1]]] * n),
    "interval": lambda n: pa.array([(1, 2, 3)] * n, pa.month_day_nano_interval()),
    "number": lambda n: pa.array([1.5] * n),
    "text": lambda n: pa.array(["far"] * n),
    "nothing": pa.nulls,
}


@given(
    st.lists(
        st.tuples(st.lists(st.integers(0, 5), min_size=1, max_size=4), st.sampled_from(list(ODD))),
        min_size=1,
        max_size=4,
    ),
    st.booleans(),
)
@settings(max_examples=40, deadline=None)
def test_whatever_is_in_one_column_another_is_what_it_is(parts, ignored):
    batches = [
        pa.record_batch([ODD[odd](len(good)), pa.array(good)], ["odd", "good"])
        for good, odd in parts
    ]
    options = ProfileOptions(ignored=["odd"] if ignored else [])
    reading = engine.ReadOptions(workers=1)
    sides = [
        engine.Side("held", tuple(Held([batch]) for batch in batches), ()),
        engine.Side(
            "good", (Held([pa.record_batch([b.column(1)], ["good"]) for b in batches]),), ()
        ),
    ]
    found, expected = engine.profile_sides(sides, reading, options)
    good, alone = (profile.slices[""]["good"] for profile in (found, expected))
    assert (good.edges.tolist(), good.n, good.types) == (alone.edges.tolist(), alone.n, alone.types)
    seen = {odd for _, odd in parts} - {"nothing"}
    if ignored:
        assert "odd" not in found.slices[""]
    elif seen - {"number", "text"} or len(seen) == 2:
        assert found.slices[""]["odd"].kind == "opaque"
    else:
        kind = {"number": "numeric", "text": "categorical"}[seen.pop()] if seen else "empty"
        assert found.slices[""]["odd"].kind == kind


def test_a_file_without_a_value_says_nothing_of_the_type(tmp_path):
    write(tmp_path / "a.parquet", x=pa.nulls(3, pa.float64()), n=[1, 2, 3])
    write(tmp_path / "b.parquet", x=["far", "near"], n=[4, 5])
    found = profile(tmp_path).slices[""]["x"]
    assert (found.counts, found.n_missing) == ({"far": 1.0, "near": 1.0}, 3)

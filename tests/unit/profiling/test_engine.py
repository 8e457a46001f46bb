import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
import pytest
from google.protobuf import text_format
from tensorflow_metadata.proto.v0 import schema_pb2

from skewgate.core.distributions import EmptyDistribution
from skewgate.core.errors import InputError
from skewgate.data.sources import base
from skewgate.profiling import engine
from skewgate.profiling.accumulators.options import ProfileOptions
from skewgate.statistics.writing import to_statistics


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
    assert found.rows == {"": 3, "paid_x": 2, "paid_y": 1}
    assert list(found.slices["paid_x"]) == ["fare"]


def test_columns_of_slices_may_be_in_some_files_only(tmp_path):
    write(tmp_path / "a.parquet", fare=[1.5])
    write(tmp_path / "b.parquet", fare=[2.5, 3.5], paid=["x", None])
    assert profile(tmp_path, slice_by=[["paid"]]).rows == {"": 3, "paid_x": 1}
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


def test_a_column_that_cannot_be_compared_names_the_file(tmp_path):
    write(tmp_path / "a.parquet", x=[1.0])
    path = write(tmp_path / "b.parquet", x=[{"a": 1}])
    assert message(tmp_path).startswith(f"{path}: column x: has the type struct<a: int64>")


def test_a_column_of_numbers_here_and_of_text_there_is_refused(tmp_path):
    write(tmp_path / "a.csv", x=[1.5])
    write(tmp_path / "b.csv", x=["far"])
    assert message(tmp_path).endswith(
        "column x: is double in one part of the data and string in another. "
        "Fix: write it with one type, or make it BYTES in the schema."
    )


def test_a_column_of_numbers_in_rows_and_of_text_in_statistics_is_refused(tmp_path):
    other = profile(write(tmp_path / "other.parquet", x=["far"]))
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "a.pb").write_bytes(to_statistics(other, 100).SerializeToString())
    write(folder / "b.csv", x=[1.5])
    found = message(folder)
    assert "x: is " in found
    assert f"{folder}/a.pb" in found


def test_an_error_of_one_side_is_raised(tmp_path):
    good = write(tmp_path / "a.parquet", x=[1.0])
    (tmp_path / "b.csv").write_text("a,b\n1\n")
    options = engine.ReadOptions()
    sides = [engine.open_side(place, options) for place in (good, str(tmp_path / "b.csv"))]
    with pytest.raises(InputError, match=r"b\.csv: line 2"):
        engine.profile_sides(sides, options)

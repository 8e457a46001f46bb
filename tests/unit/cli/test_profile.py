import math

import numpy as np
import pyarrow as pa
import pyarrow.parquet
import pytest
from scipy import stats

from skewgate.core.slices import key_of
from skewgate.metrics.ks import ks_interval
from skewgate.statistics.messages import resolution
from skewgate.statistics.reading import read_profile


def sides(table, parts):
    return np.array_split(np.arange(table.num_rows), parts)


@pytest.fixture
def shards(cli, run, tmp_path):
    """Returns a function that profiles a table in parts, and returns the files and the options."""

    def shards(table, name, parts, *options):
        written = []
        for index, rows in enumerate(sides(table, parts)):
            place = cli.write(table.take(pa.array(rows)), tmp_path / f"{name}{index}")
            out = tmp_path / f"{name}{index}.pb"
            assert run("profile", place, "--out", out, *options).code == 0
            written.append(out)
        return written

    return shards


# Profile.


def test_statistics_are_written_and_told(cli, run, tmp_path):
    place = cli.write(cli.trips(900, 1), tmp_path)
    out = tmp_path / "new" / "stats.pb"
    result = run("profile", place, "--out", out)
    assert result.code == 0
    assert result.out == f"{out}: 900 rows, 6 features\n"
    assert result.err.startswith(f"read {place} (900 rows) in ")
    found = read_profile(out)
    assert found.rows == {"": 900}
    assert {name: side.kind for name, side in found.slices[""].items()} == {
        "fare": "numeric",
        "hour": "numeric",
        "miles": "numeric",
        "paid": "categorical",
        "shared": "numeric",
        "started": "numeric",
    }


def test_quiet_prints_no_progress(cli, run, tmp_path):
    place = cli.write(cli.trips(90, 1), tmp_path)
    assert run("profile", place, "--out", tmp_path / "s.pb", "--quiet").err == ""


def test_slices_are_written(cli, run, tmp_path):
    place = cli.write(cli.trips(900, 1), tmp_path)
    out = tmp_path / "stats.pb"
    result = run("profile", place, "--out", out, "--slices", "paid", "--slices", "shared,paid")
    assert result.out == f"{out}: 900 rows, 6 features, 9 slices\n"
    rows = read_profile(out).rows
    assert sum(rows[key_of({"paid": name})] for name in ("Cash", "Card", "Été")) == 900
    assert rows["paid=Cash"] == rows["paid=Cash&shared=0"] + rows["paid=Cash&shared=1"]


@pytest.mark.parametrize(("options", "number"), [((), 1_000), (("--resolution", "50"), 50)])
def test_the_resolution_is_what_was_asked_for(cli, run, tmp_path, options, number):
    values = np.random.default_rng(2).lognormal(size=30_000)
    place = cli.write(pa.table({"x": values}), tmp_path)
    run("profile", place, "--out", tmp_path / "s.pb", *options)
    assert resolution((tmp_path / "s.pb").read_bytes(), "s.pb") == number
    side = read_profile(tmp_path / "s.pb").slices[""]["x"]
    assert number / 2 <= len(side.edges) <= number + 60
    true = (np.searchsorted(np.sort(values), side.edges, side="right")) / 30_000
    assert np.all((side.right_lower - 1e-12 <= true) & (true <= side.right_upper + 1e-12))


def test_the_schema_says_what_is_a_category(cli, run, tmp_path):
    place = cli.write(cli.trips(90, 1), tmp_path)
    schema = tmp_path / "schema.pbtxt"
    schema.write_text('feature { name: "hour" type: INT int_domain { is_categorical: true } }')
    run("profile", place, "--out", tmp_path / "s.pb", "--schema", schema)
    assert read_profile(tmp_path / "s.pb").slices[""]["hour"].kind == "categorical"


@pytest.mark.parametrize("number", ["9", "100001", "-5", "many", "1e3", "²"])
def test_a_resolution_out_of_range_is_wrong_usage(run, number):
    with pytest.raises(SystemExit) as caught:
        run("profile", "a.csv", "--out", "s.pb", "--resolution", number)
    assert caught.value.code == 2


def test_slices_by_a_column_that_is_not_there_are_refused(cli, refused, tmp_path):
    place = cli.write(cli.trips(90, 1), tmp_path)
    message = refused("profile", place, "--out", tmp_path / "s.pb", "--slices", "paid,company")
    assert message == (
        f"{place}: slices: company: is not a column of the data. Fix: correct the slices."
    )
    assert not (tmp_path / "s.pb").exists()


@pytest.mark.parametrize("name", ["", "file/below.pb"])
def test_a_file_that_cannot_be_written_is_refused(cli, refused, tmp_path, name):
    place = cli.write(cli.trips(90, 1), tmp_path)
    (tmp_path / "file").write_text("")
    out = tmp_path / name if name else tmp_path
    message = refused("profile", place, "--out", out)
    assert message.startswith(f"{out}: cannot be written: ")
    assert message.endswith("Fix: change --out.")


def test_data_that_cannot_be_read_are_refused(refused, tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("a,b\n")
    assert refused("profile", path, "--out", tmp_path / "s.pb") == (
        f"{path}: has no rows. Fix: give data with rows."
    )


# Merge.


def test_merged_statistics_hold_the_distance_of_all_rows(cli, run, shards, tmp_path):
    baseline, current = cli.trips(9_000, 1), cli.trips(7_000, 2, fare=1.3)
    found = []
    for table, name, parts in ((baseline, "b", 3), (current, "c", 4)):
        files = shards(table, name, parts, "--resolution", "20")
        out = tmp_path / f"{name}.pb"
        result = run("merge", *files, "--out", out)
        assert (result.code, result.err) == (0, "")
        assert result.out == f"{out}: {table.num_rows:,} rows, 6 features\n"
        found.append(read_profile(out).slices[""])
    for column in ("fare", "miles", "hour", "started"):
        samples = [table[column].drop_null().to_numpy() for table in (baseline, current)]
        samples = [np.asarray(sample).astype("datetime64[s]").astype(float) if column == "started"
                   else sample for sample in samples]  # fmt: skip
        true = stats.ks_2samp(*samples, method="asymp").statistic
        _, lower, upper = ks_interval(*(side[column] for side in found))
        assert lower - 1e-12 <= true <= upper + 1e-12
        assert upper - lower < 0.35
    assert found[0]["paid"].counts == {
        name: float(baseline["paid"].to_pylist().count(name)) for name in ("Cash", "Card", "Été")
    }
    assert found[0]["fare"].n_missing == baseline["fare"].null_count


def test_slices_are_merged(cli, run, shards, tmp_path):
    table = cli.trips(900, 1)
    files = shards(table, "b", 2, "--slices", "paid")
    result = run("merge", *files, "--out", tmp_path / "all.pb")
    assert result.out.endswith(": 900 rows, 6 features, 3 slices\n")
    rows = read_profile(tmp_path / "all.pb").rows
    assert rows["paid=Cash"] == table["paid"].to_pylist().count("Cash")


def test_statistics_of_tfdv_are_merged(run, build, tmp_path):
    rng = np.random.default_rng(3)
    samples = rng.lognormal(size=600), rng.lognormal(0.4, size=900)
    for index, sample in enumerate(samples):
        dataset = build.dataset(
            build.numeric_feature("fare", sample, buckets=50, n_missing=4),
            build.categorical_feature("paid", {"Cash": 3 + index, "Card": 5}),
        )
        (tmp_path / f"{index}.pb").write_bytes(build.statistics(dataset).SerializeToString())
    assert run("merge", tmp_path / "0.pb", tmp_path / "1.pb", "--out", tmp_path / "a.pb").code == 0
    side = read_profile(tmp_path / "a.pb").slices[""]["fare"]
    values = np.sort(np.concatenate(samples))
    true = np.searchsorted(values, side.edges, side="right") / len(values)
    assert np.all((side.right_lower - 1e-12 <= true) & (true <= side.right_upper + 1e-12))
    assert (side.n, side.n_missing) == (1_500, 8)
    paid = read_profile(tmp_path / "a.pb").slices[""]["paid"]
    assert paid.counts == {"Cash": 7.0, "Card": 10.0}


def test_one_file_may_be_merged(cli, run, shards, tmp_path):
    [file] = shards(cli.trips(90, 1), "b", 1)
    assert run("merge", file, "--out", tmp_path / "all.pb").code == 0
    one, all_ = (read_profile(path).slices[""]["fare"] for path in (file, tmp_path / "all.pb"))
    assert all_.right_lower == pytest.approx(one.right_lower)
    assert math.isclose(all_.std, one.std)


def test_different_resolutions_are_refused(cli, refused, shards, tmp_path):
    table = cli.trips(900, 1)
    [fine] = shards(table, "b", 1, "--resolution", "500")
    [coarse] = shards(table, "c", 1, "--resolution", "100")
    message = refused("merge", fine, fine, coarse, "--out", tmp_path / "all.pb")
    assert message == (
        f"{coarse}: has 100 quantile buckets, and {fine} has 500: joined, they would be no better "
        "than the coarser. Fix: profile both with the same resolution."
    )
    assert not (tmp_path / "all.pb").exists()


def test_different_bucket_counts_of_tfdv_are_refused(refused, build, tmp_path):
    for buckets in (10, 20):
        dataset = build.dataset(build.numeric_feature("x", np.arange(99.0), buckets=buckets))
        (tmp_path / f"{buckets}.pb").write_bytes(build.statistics(dataset).SerializeToString())
    message = refused("merge", tmp_path / "10.pb", tmp_path / "20.pb", "--out", tmp_path / "a.pb")
    assert message.startswith(f"{tmp_path}/20.pb: has 20 quantile buckets, and {tmp_path}/10.pb")


def test_a_feature_of_two_kinds_is_refused(cli, refused, shards, tmp_path):
    [one] = shards(pa.table({"x": [1.5, 2.5], "y": [1, 2]}), "b", 1)
    [two] = shards(pa.table({"x": ["far", "near"], "y": [1, 2]}), "c", 1)
    message = refused("merge", one, two, "--out", tmp_path / "all.pb")
    assert "x: is " in message
    assert str(one) in message
    assert str(two) in message


@pytest.mark.parametrize("data", [None, b"\xff\xff", b"", b"PAR1"])
def test_what_is_no_statistics_file_is_refused(cli, refused, shards, tmp_path, data):
    [good] = shards(cli.trips(90, 1), "b", 1)
    bad = tmp_path / "bad.pb"
    if data is not None:
        bad.write_bytes(data)
    message = refused("merge", good, bad, "--out", tmp_path / "all.pb")
    assert message.startswith(f"{bad}: ")


def test_a_column_of_structs_is_told_and_has_no_values(run, tmp_path):
    table = pa.table({"place": [{"lat": 1.5}] * 3, "n": [1, 2, 3]})
    pa.parquet.write_table(table, tmp_path / "a.parquet")
    result = run("profile", tmp_path / "a.parquet", "--out", tmp_path / "s.pb")
    assert result.code == 0
    assert (
        "Note: place has the type struct<lat: double>, which cannot be compared; the statistics "
        "have no values of it" in result.out
    )
    found = read_profile(tmp_path / "s.pb").slices[""]
    assert (found["n"].n, found["place"].types) == (3, {"STRUCT"})


def test_a_column_of_two_types_is_refused(refused, tmp_path):
    folder = tmp_path / "data"
    folder.mkdir()
    for name, values in (("a.parquet", [1, 2]), ("b.parquet", ["far"])):
        pa.parquet.write_table(pa.table({"x": values}), folder / name)
    assert refused("profile", folder, "--out", tmp_path / "s.pb") == (
        f"{folder}: x: is int64 in {folder}/a.parquet and string in {folder}/b.parquet. "
        "Fix: write it with one type, or give a schema that says which."
    )

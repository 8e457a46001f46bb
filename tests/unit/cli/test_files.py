"""Files as people have them: partitions, object stores, endings, several data sets."""

import gzip
import json
import pathlib

import pyarrow as pa
import pyarrow.csv
import pyarrow.feather
import pyarrow.parquet
import pytest
from tensorflow_metadata.proto.v0 import statistics_pb2

from skewgate.data.tf_example.tfrecord import frame
from skewgate.statistics.reading import read_profile
from skewgate.storage import s3


@pytest.fixture
def hive(cli, tmp_path):
    """Writes trips as a folder of partitions by year and month, in a format."""

    def write(name, seed, ending="parquet", months=(1, 2, 3), **options):
        rows = cli.trips(900, seed, **options).drop(["started"])
        for at, month in enumerate(months):
            folder = tmp_path / name / "year=2024" / f"month={month}"
            folder.mkdir(parents=True)
            part = rows.slice(300 * at, 300)
            if ending == "parquet":
                pa.parquet.write_table(part, folder / "a.parquet")
            elif ending == "csv":
                pa.csv.write_csv(part, folder / "a.csv")
            else:
                lines = [json.dumps(row) for row in part.to_pylist()]
                (folder / "a.jsonl").write_text("\n".join(lines) + "\n")
            (folder / "_SUCCESS").touch()
        return str(tmp_path / name)

    return write


def features(out):
    return {line.split()[0] for line in out.splitlines()[1:] if line and line[0].isalpha()}


@pytest.mark.parametrize("ending", ["parquet", "csv", "jsonl"])
def test_drift_compares_partitions_as_columns(run, hive, ending):
    result = run("drift", hive("a", 1, ending), hive("b", 2, "parquet"), "--quiet")
    assert result.code == 0, result.out
    assert {"year", "month", "fare"} <= features(result.out)


def test_a_partition_that_changed_fails(run, hive):
    baseline, current = hive("a", 1), hive("b", 2, months=(4, 5, 6))
    result = run("drift", f"{baseline}/**/*.parquet", current, "--quiet")
    assert result.code == 1
    assert "month" in features(result.out)


def test_what_is_named_is_compared_without_its_own_partition(run, hive, tmp_path):
    place = hive("a", 1)
    (tmp_path / "a/year=2024").rename(tmp_path / "year=2023")
    (tmp_path / "year=2023").rename(tmp_path / "a/year=2023")
    hive("b", 2)
    result = run("drift", f"{place}/year=2023", f"{tmp_path}/b/year=2024", "--quiet")
    assert result.code == 0
    assert "year" not in features(result.out)
    assert "month" in features(result.out)


def test_profile_and_slices_know_partitions(run, hive, tmp_path):
    out = tmp_path / "s.pb"
    assert run("profile", hive("a", 1), "--out", str(out), "--slices", "month", "--quiet").code == 0
    found = read_profile(out)
    assert found.rows == {"": 900, "month=1": 300, "month=2": 300, "month=3": 300}
    assert found.slices[""]["year"].integer


def test_simulate_knows_partitions(run, hive, tmp_path):
    spec = tmp_path / "s.yaml"
    spec.write_text("version: 1\nseed: 1\nwindows: {number: 3}\nplants: []\n")
    result = run(
        "simulate", hive("a", 1), "--spec", str(spec), "--out", str(tmp_path / "out"), "--quiet"
    )
    assert result.code == 0, result.err
    [first, *_] = sorted((tmp_path / "out").glob("*.parquet"))
    assert {"year", "month"} <= set(pa.parquet.read_schema(first).names)


# Object stores.


def put(base, name, content):
    with s3.open_object(f"{base}/{name}", "wb") as stream:
        stream.write(content)


def test_objects_are_compared_and_profiled(run, cli, s3_base, tmp_path):
    for side, seed in (("a", 1), ("b", 2)):
        rows = cli.trips(1200, seed)
        for month in (1, 2):
            part = rows.slice(600 * (month - 1), 600)
            pa.parquet.write_table(part, tmp_path / "rows.parquet")
            put(
                s3_base, f"{side}/month={month}/a.parquet", (tmp_path / "rows.parquet").read_bytes()
            )
    pa.csv.write_csv(cli.trips(1200, 2), tmp_path / "rows.csv")
    put(s3_base, "rows.csv.gz", gzip.compress((tmp_path / "rows.csv").read_bytes()))
    result = run("drift", f"{s3_base}/a", f"{s3_base}/b/**/*.parquet", "--quiet")
    assert result.code == 0, result.err
    assert "month" in features(result.out)
    result = run("drift", f"{s3_base}/a/month=*/*", f"{s3_base}/rows.csv.gz", "--quiet")
    assert "month" in features(result.out)
    assert "presence" in result.out
    out = tmp_path / "s.pb"
    assert run("profile", f"{s3_base}/a", "--out", str(out), "--quiet").code == 0
    assert read_profile(out).rows == {"": 1200}
    put(s3_base, "s.pb", out.read_bytes())
    assert run("drift", f"{s3_base}/s.pb", f"{s3_base}/b", "--quiet").code == 0


def test_simulate_reads_objects(run, cli, s3_base, tmp_path):
    pa.parquet.write_table(cli.trips(1200, 1), tmp_path / "rows.parquet")
    put(s3_base, "rows.parquet", (tmp_path / "rows.parquet").read_bytes())
    spec = tmp_path / "s.yaml"
    spec.write_text("version: 1\nseed: 1\nwindows: {number: 3}\nplants: []\n")
    place, out = f"{s3_base}/rows.parquet", str(tmp_path / "out")
    assert run("simulate", place, "--spec", str(spec), "--out", out, "--quiet").code == 0


def test_what_is_not_there_is_one_sentence(run, s3_base):
    result = run("profile", f"{s3_base}/none.csv", "--out", "s.pb", "--quiet")
    assert result.code == 2
    assert f"{s3_base}/none.csv: no such object, folder or pattern." in result.err
    elsewhere = s3_base.replace("//bucket", "//nobody")
    result = run("drift", elsewhere, elsewhere, "--quiet")
    assert f"{elsewhere}: there is no bucket nobody." in result.err


def test_a_store_that_does_not_answer_is_one_sentence(run, monkeypatch):
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    monkeypatch.delenv("AWS_ENDPOINT_URL_S3", raising=False)
    result = run("profile", "minio://bucket/a.csv", "--out", "s.pb", "--quiet")
    assert result.code == 2
    assert "minio://bucket/a.csv: needs the address of its server." in result.err
    assert "Traceback" not in result.err


# Endings.


@pytest.mark.parametrize(
    "name", ["a.pq", "a.parq", "a.snappy.parquet", "a.arrow", "a.feather", "a.json", "a.json.gz"]
)
def test_other_endings_of_the_same_formats_are_read(run, cli, tmp_path, name):
    rows = cli.trips(1200, 1).drop(["started"])
    other = str(tmp_path / "other.parquet")
    pa.parquet.write_table(rows, other)
    path = tmp_path / name
    if ".json" in name:
        text = "\n".join(json.dumps(row) for row in rows.to_pylist()).encode() + b"\n"
        path.write_bytes(gzip.compress(text) if name.endswith(".gz") else text)
    elif "p" in path.suffix:
        pa.parquet.write_table(rows, path)
    else:
        pa.feather.write_feather(rows, str(path))
    result = run("drift", other, str(path), "--quiet")
    assert result.code == 0, result.err


def test_a_json_array_is_refused_in_words(run, tmp_path):
    path = tmp_path / "a.json"
    path.write_text('[{"a": 1}]')
    result = run("profile", str(path), "--out", str(tmp_path / "s.pb"), "--quiet")
    assert result.code == 2
    assert f"{path}: is one JSON array, and not JSON Lines." in result.err


# Several data sets.


@pytest.fixture
def statistics(run, cli, tmp_path):
    """Writes statistics of data sets by name, as TFRecord."""

    def write(name, **seeds):
        joined = statistics_pb2.DatasetFeatureStatisticsList()
        for dataset, seed in seeds.items():
            rows, out = tmp_path / f"{dataset}.parquet", tmp_path / f"{dataset}.pb"
            pa.parquet.write_table(cli.trips(1200, seed, fare=1 + 0.4 * (seed > 9)), rows)
            assert run("profile", str(rows), "--out", str(out), "--quiet").code == 0
            found = statistics_pb2.DatasetFeatureStatisticsList.FromString(out.read_bytes())
            found.datasets[0].name = dataset
            joined.datasets.extend(found.datasets)
        path = tmp_path / name
        path.write_bytes(frame([joined.SerializeToString()]))
        return str(path)

    return write


def test_a_data_set_is_chosen_for_both_sides_or_for_each(run, statistics):
    path = statistics("s.tfrecord", train=1, eval=2, serving=10)
    result = run("drift", path, path, "--quiet")
    assert result.code == 2
    assert (
        f"{path}: holds 3 data sets, none of which is of all examples: 'train', 'eval', 'serving'. "
        "Fix: choose one by --dataset NAME." in result.err
    )
    assert run("drift", path, path, "--dataset", "train", "--quiet").code == 0
    both = ("--dataset", "train", "--dataset", "eval")
    assert run("drift", path, path, *both, "--quiet").code == 0
    drifted = ("--dataset", "train", "--dataset", "serving")
    assert run("drift", path, path, *drifted, "--quiet").code == 1


def test_a_data_set_is_chosen_beside_rows(run, statistics, cli, tmp_path):
    path = statistics("s.tfrecord", train=1, eval=10)
    rows = cli.write(cli.trips(1200, 2), tmp_path / "rows")
    assert run("drift", path, rows, "--dataset", "train", "--quiet").code == 0
    assert run("drift", rows, path, "--dataset", "eval", "--quiet").code == 1
    assert "'tran'" in run("drift", path, rows, "--dataset", "tran", "--quiet").err
    result = run("drift", rows, rows, "--dataset", "train", "--quiet")
    assert "--dataset: chooses among statistics, but both sides are rows." in result.err
    out = str(tmp_path / "train.pb")
    assert run("merge", path, "--dataset", "train", "--out", out).code == 0
    assert read_profile(out).rows == {"": 1200}
    result = run("drift", path, path, *(["--dataset", "train"] * 3))
    assert "--dataset: is given 3 times." in result.err


# Times.


def test_times_are_shown_as_times(run, cli, tmp_path):
    rows = cli.trips(1200, 1)
    later = rows.set_column(
        rows.schema.get_field_index("started"),
        "started",
        pa.array(
            [each.as_py() + 100 * 86_400 for each in rows["started"].cast(pa.int64())],
            pa.timestamp("s"),
        ),
    )
    places = [cli.write(table, tmp_path / side) for table, side in ((rows, "a"), (later, "b"))]
    out = tmp_path / "report"
    result = run("drift", *places, "--out", str(out), "--quiet")
    assert result.code == 1
    assert "2016-01-01 " in result.out
    assert "2016-04-10 " in result.out
    assert "e+09" not in result.out
    assert "1,45" not in result.out
    assert "  started holds times of 2016-01-01 " in result.out
    assert "in drift.yaml: features: {started: {ignore: true}}" in result.out
    page = (out / "report.html").read_text()
    assert "Columns you may want to ignore" in page
    assert '"logical":"timestamp[s]"' in page
    report = json.loads((out / "report.json").read_text())
    [suggestion] = report["details"]["suggestions"]
    assert suggestion["kind"] == "moved_on"
    cli.check_report(report)


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        (pa.time32("s"), "the median went from 00:08:20 to 02:55:00"),
        (pa.time64("us"), "the median went from 00:00:00.0005 to 00:00:00.0105"),
        (pa.duration("s"), "the median went from 00:08:20 to 02:55:00"),
        (pa.date32(), "the median went from 1971-05-16 to 1998-10-01"),
    ],
)
def test_times_of_day_durations_and_dates_are_shown_as_such(run, tmp_path, kind, words):
    integer = pa.int32() if kind in (pa.time32("s"), pa.date32()) else pa.int64()
    places = []
    for side, start in (("a", 0), ("b", 10_000)):
        values = pa.array(range(start, start + 1001), integer).cast(kind)
        places.append(str(tmp_path / f"{side}.parquet"))
        pa.parquet.write_table(pa.table({"x": values}), places[-1])
    result = run("drift", *places, "--quiet")
    assert result.code == 1
    assert words in result.out


def test_statistics_carry_what_numbers_stand_for(run, cli, tmp_path):
    place, out = cli.write(cli.trips(300, 1), tmp_path / "a"), tmp_path / "s.pb"
    assert run("profile", place, "--out", str(out), "--quiet").code == 0
    side = read_profile(out).slices[""]["started"]
    assert (side.logical, side.integer) == ("timestamp[s]", True)
    merged = tmp_path / "all.pb"
    assert run("merge", str(out), str(out), "--out", str(merged)).code == 0
    assert read_profile(merged).slices[""]["started"].logical == "timestamp[s]"


@pytest.mark.parametrize(
    ("format_", "per_second", "logical"),
    [
        ("UNIX_SECONDS", 1, "timestamp[s]"),
        ("UNIX_MILLISECONDS", 1000, "timestamp[ms]"),
        ("UNIX_DAYS", 1 / 86_400, "date[d]"),
    ],
)
def test_a_schema_says_which_integers_are_times(run, tmp_path, format_, per_second, logical):
    schema = tmp_path / "schema.pbtxt"
    schema.write_text(
        f'feature {{ name: "at" type: INT time_domain {{ integer_format: {format_} }} }}'
    )
    places = []
    for side, start in (("a", 1_451_606_400), ("b", 1_461_974_400)):
        values = [int((start + 86_400 * day) * per_second) for day in range(100)]
        path = tmp_path / f"{side}.csv"
        path.write_text("at\n" + "\n".join(map(str, values)) + "\n")
        places.append(str(path))
    result = run("drift", *places, "--schema", str(schema), "--quiet")
    assert "2016-04-09" in result.out
    out = tmp_path / "s.pb"
    run("profile", places[0], "--schema", str(schema), "--out", str(out), "--quiet")
    assert read_profile(out).slices[""]["at"].logical == logical
    assert pathlib.Path(out).exists()

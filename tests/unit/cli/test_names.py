"""Names are data: each is kept as it is in every format, statistics file, result and page."""

import csv
import json

import pyarrow as pa
import pyarrow.parquet
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tensorflow_metadata.proto.v0 import statistics_pb2

from skewgate.checks.drift import comparing, evaluate
from skewgate.checks.drift.config import DriftConfig
from skewgate.core.profile import name_value_counts
from skewgate.core.slices import names_of
from skewgate.data.tf_example.tfrecord import frame
from skewgate.profiling import engine
from skewgate.profiling.accumulators.options import ProfileOptions
from skewgate.profiling.accumulators.profile import ProfileAccumulator
from skewgate.report import rendering, report
from skewgate.statistics.reading import parse_profile
from skewgate.statistics.writing import to_statistics
from tests.encoding import encode

ODD = [
    "num_values(x)",
    "num_values()",
    "num_values(num_values(x))",
    "x",
    "x)",
    "weight",
    "*",
    "a.b",
    "a/b",
    "a\nb",
    "a\r\nb",
    'say "a"',
    "it's",
    " a",
    "a ",
    "\t",
    "caf\u00e9",
    "cafe\u0301",
    "fare\u202e",
    "__proto__",
    "constructor",
    "All Examples",
    "fare_1",
    "feature",
    "</script>",
    "{{ name }}",
    "%s",
    "#",
    "\\",
    "=1+1",
    "null",
    "1",
    "@dataset",
    "##SEQUENCE##",
    "\ufeffx",
    "\N{GRINNING FACE}",
    "x" * 5_000,
]
NAME = st.one_of(
    st.sampled_from(ODD),
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1),
)
NAMES = st.lists(NAME, min_size=1, max_size=8, unique=True)


def table_of(names, rows=40):
    """Returns columns of lists, numbers and text in turn."""
    kinds = [
        [[row % 5] * (row % 3) for row in range(rows)],
        [float(row % 7) for row in range(rows)],
        ["Blue", "Red", "Red", None] * (rows // 4),
    ]
    columns = [kinds[place % 3] for place in range(len(names))]
    return pa.Table.from_arrays(list(map(pa.array, columns)), names)


def profile_of(table, **options):
    accumulator = ProfileAccumulator(ProfileOptions(**options))
    for batch in table.to_batches():
        accumulator.add(batch)
    return accumulator.profile()


def read(path):
    [found] = engine.profile_sides(
        [engine.open_side(str(path), engine.ReadOptions())], engine.ReadOptions(workers=1)
    )
    return found


def write_csv(table, path):
    with open(path, "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, quoting=csv.QUOTE_ALL)
        writer.writerow(table.column_names)
        writer.writerows(row.values() for row in table.to_pylist())


def write_json(table, path):
    lines = (json.dumps(row, ensure_ascii=False) + "\n" for row in table.to_pylist())
    path.write_text("".join(lines), encoding="utf-8", newline="")


WRITERS = {
    "csv": write_csv,
    "jsonl": write_json,
    "parquet": pa.parquet.write_table,
    "tfrecord": lambda table, path: path.write_bytes(frame(encode(table, "trips"))),
}


@settings(max_examples=25)
@given(NAMES)
def test_a_statistics_file_keeps_every_name(names):
    found = profile_of(table_of(names))
    again = parse_profile(to_statistics(found, 100).SerializeToString(), "statistics")
    for one, other in ((found.slices, again.slices), (found.value_counts, again.value_counts)):
        assert {key: sorted(each) for key, each in one.items()} == {
            key: sorted(each) for key, each in other.items()
        }
    assert sorted(again.slices[""]) == sorted(names)
    assert sorted(again.value_counts[""]) == sorted(names[::3])


@settings(max_examples=25)
@given(NAMES)
def test_data_compared_with_themselves_have_each_feature_once(names):
    found = profile_of(table_of(names))
    config = DriftConfig(defaults={"numeric": {"ks": 0.1}, "categorical": {"linf": 0.1}})
    results = comparing.compare(found, found, config)
    checks = [(result.feature, result.metric) for result in results]
    assert len(set(checks)) == len(checks)
    counts = name_value_counts(found)
    assert sorted(counts.values()) == sorted(names[::3])
    assert {feature for feature, _ in checks} == {*names, *counts}
    assert all(result.value == 0.0 for result in results)


@pytest.mark.parametrize("suffix", WRITERS)
def test_every_format_keeps_every_name(tmp_path, suffix):
    names = [name for name in ODD if suffix != "tfrecord" or not name.startswith("##")]
    table = table_of(names)
    if suffix == "csv":
        scalar = [float(row % 7) for row in range(table.num_rows)]
        table = pa.Table.from_arrays([pa.array(scalar)] * len(names), names)
    path = tmp_path / f"trips.{suffix}"
    WRITERS[suffix](table, path)
    assert sorted(read(path).slices[""]) == sorted(names)


@settings(max_examples=12)
@given(NAMES)
def test_every_format_keeps_any_name(tmp_path_factory, names):
    folder = tmp_path_factory.mktemp("names")
    names = [name for name in names if "Unnamed" not in name]
    table = table_of(names or ["x"])
    for suffix in ("jsonl", "parquet", "tfrecord"):
        path = folder / f"trips.{suffix}"
        WRITERS[suffix](table, path)
        assert sorted(read(path).slices[""]) == sorted(table.column_names), suffix
    scalar = pa.Table.from_arrays([pa.array([1.5, 2.5])] * table.num_columns, table.column_names)
    write_csv(scalar, folder / "trips.csv")
    assert sorted(read(folder / "trips.csv").slices[""]) == sorted(table.column_names)


def test_the_report_and_its_page_hold_every_name():
    found = profile_of(table_of(ODD))
    made = evaluate(found, found, DriftConfig()).report({}, {})
    content = rendering.render(made)
    again = report.parse(content["report.json"], "report.json")
    counts = name_value_counts(found)
    assert {result.feature for result in again.decision.results} == {*ODD, *counts}
    assert again == made
    assert "</script>_" not in content["report.html"]


# A feature that is called as what counts another.


def test_a_feature_called_as_a_count_stands_beside_it(run, tmp_path):
    table = pa.table({"x": [[1, 2], [3]] * 60, "num_values(x)": [0.5, 1.5] * 60})
    rows, out = tmp_path / "rows.parquet", tmp_path / "rows.pb"
    pa.parquet.write_table(table, rows)
    result = run("profile", rows, "--out", out, "--quiet")
    assert (result.code, result.out) == (0, f"{out}: 120 rows, 2 features\n")
    for side in (rows, out):
        content = json.loads(run("drift", rows, side, "--json", "--quiet").out)
        features = sorted(r["feature"] for r in content["results"] if r["metric"] == "ks")
        assert features == ["num_values(x)", "num_values(x)'", "x"]
    merged = tmp_path / "merged.pb"
    assert run("merge", out, out, "--out", merged).code == 0
    assert sorted(read(merged).slices[""]) == ["num_values(x)", "x"]
    assert list(read(merged).value_counts[""]) == ["x"]


def test_a_rule_is_of_the_feature_that_has_the_name(run, tmp_path):
    before = pa.table({"x": [[1, 2], [3]] * 300, "num_values(x)": [0.5, 1.5] * 300})
    now = pa.table({"x": [[1, 2], [3]] * 300, "num_values(x)": [8.5, 1.5] * 300})
    for name, table in (("a", before), ("b", now)):
        pa.parquet.write_table(table, tmp_path / f"{name}.parquet")
    config = tmp_path / "drift.yaml"
    config.write_text('version: 1\nfeatures:\n  "num_values(x)": {ignore: true}\n')
    sides = (tmp_path / "a.parquet", tmp_path / "b.parquet")
    assert run("drift", *sides, "--quiet").code == 1
    assert run("drift", *sides, "--config", config, "--quiet").code == 0


# Columns without a name.


def write_trips(path, fares, index=True):
    """Writes a CSV file of pandas, with its index; without `fares`, that column is missing."""
    names = ["", "fare", "miles"] if fares else ["", "miles"]
    lines = [",".join(names if index else names[1:])]
    for row in range(900):
        cells = [str(row), *([f"{fares[row % len(fares)]}"] if fares else []), str(row % 9)]
        lines.append(",".join(cells if index else cells[1:]))
    path.write_text("\n".join(lines) + "\n")
    return path


def test_a_column_that_vanished_fails_beside_an_index(run, tmp_path):
    before = write_trips(tmp_path / "a.csv", [4.5, 7.25, 9.75])
    now = write_trips(tmp_path / "b.csv", [])
    result = run("drift", before, now, "--quiet")
    assert result.code == 1
    assert "  fare is missing from the current data; only the baseline data have it" in result.out


def test_an_index_is_left_out_and_it_is_said(run, cli, tmp_path):
    before = write_trips(tmp_path / "a.csv", [4.5, 7.25, 9.75])
    now = write_trips(tmp_path / "b.csv", [4.5, 7.25, 9.75], index=False)
    note = f"{before}: column 'Unnamed: 0' is the index of a data frame, not a feature"
    result = run("drift", before, now, "--out", tmp_path / "out")
    assert result.code == 0
    assert result.err.splitlines()[-1] == note
    assert run("drift", before, now, "--quiet").err == ""
    content = cli.check_report(json.loads(run("drift", before, now, "--json", "--quiet").out))
    assert {each["feature"] for each in content["results"]} == {"fare", "miles"}
    assert content["baseline"]["notes"] == [note]
    assert "notes" not in content["current"]
    page = (tmp_path / "out" / "report.html").read_text()
    assert "is the index of a data frame, not a feature" in page
    out = tmp_path / "a.pb"
    profiled = run("profile", before, "--out", out)
    assert profiled.out == f"{out}: 900 rows, 2 features\n"
    assert profiled.err.splitlines()[-1] == note


def test_a_rule_that_ignores_an_index_is_no_error(run, refused, tmp_path):
    sides = [write_trips(tmp_path / f"{name}.csv", [4.5, 7.25, 9.75]) for name in "ab"]
    config = tmp_path / "drift.yaml"
    config.write_text('version: 1\nfeatures:\n  "Unnamed: 0": {ignore: true}\n')
    assert run("drift", *sides, "--config", config, "--quiet").code == 0
    config.write_text('version: 1\nfeatures:\n  "Unnamed: 0": {ks: 0.1}\n')
    said = refused("drift", *sides, "--config", config)
    assert "features.Unnamed: 0 is in neither of the two data sets" in said


def test_spaces_at_the_ends_of_a_name_are_seen(run, refused, tmp_path):
    (tmp_path / "a.csv").write_text("fare ,miles\n" + "4,9\n" * 50)
    (tmp_path / "b.csv").write_text("fare,miles\n" + "4,9\n" * 50)
    (tmp_path / "c.csv").write_text(" miles\n" + "9\n" * 50)
    result = run("drift", tmp_path / "a.csv", tmp_path / "b.csv", "--quiet")
    assert "'fare ' is missing from the current data; only the baseline data have it" in result.out
    assert "no feature in common: fare, miles against ' miles'" in refused(
        "drift", tmp_path / "b.csv", tmp_path / "c.csv"
    )


# Statistics files.


@pytest.mark.parametrize(
    ("paths", "problem"),
    [
        ([["a", "b"], ["a", "b"]], "has statistics of the feature a.b twice"),
        ([["fare"], ["fare"]], "has statistics of the feature fare twice"),
        ([["fare"], []], "has statistics of a feature without a name"),
    ],
)
def test_statistics_whose_features_cannot_be_told_apart_are_refused(
    refused, tmp_path, paths, problem
):
    statistics = statistics_pb2.DatasetFeatureStatisticsList()
    dataset = statistics.datasets.add(num_examples=3)
    for steps in paths:
        feature = dataset.features.add()
        feature.path.step.extend(steps)
        feature.num_stats.common_stats.num_missing = 3
    path = tmp_path / "a.pb"
    path.write_bytes(statistics.SerializeToString())
    assert refused("drift", path, path) == (
        f"{path}: {problem}. Fix: give each feature a name of its own, and generate the statistics "
        "again."
    )


# Slices.


def test_two_slices_of_one_name_are_two():
    table = pa.table({"a": ["b_1", "x"], "a_b": ["1", "2"]})
    found = profile_of(table, slice_by=[["a"], ["a_b"]])
    assert names_of(found.rows) == {
        "": "",
        "a=b_1": "a='b_1'",
        "a_b=1": "a_b='1'",
        "a=x": "a_x",
        "a_b=2": "a_b_2",
    }


def test_two_combinations_of_one_name_are_two():
    table = pa.table({"a": ["1", "1_b_2", "3_b_4"], "b": ["2_b_3", "3", "5"]})
    found = profile_of(table, slice_by=[["a", "b"]])
    assert names_of(found.rows) == {
        "": "",
        "a=1&b=2_b_3": "a='1', b='2_b_3'",
        "a=1_b_2&b=3": "a='1_b_2', b='3'",
        "a=3_b_4&b=5": "a_3_b_4_b_5",
    }

"""`skewgate simulate`: what it prints, what it writes, what it refuses."""

from __future__ import annotations

import json

import pyarrow.parquet
import pytest

SPEC = """
windows: {number: 6}
plants:
  - {kind: shift, column: fare, by: 1, onset: {first: 4}}
  - {kind: missing_rate, column: miles, share: 0.5, where: {paid: Cash},
     onset: {shape: recurring, first: 2, period: 3, length: 1}}
  - {kind: class_prior, column: shared, shares: {true: 0.6}, onset: {first: 6}}
"""


@pytest.fixture
def spec(tmp_path):
    path = tmp_path / "simulation.yaml"
    path.write_text(SPEC)
    return path


@pytest.mark.parametrize("kind", ["parquet", "csv", "jsonl", "tfrecord"])
def test_what_was_planted_is_printed_and_stands_in_the_truth(run, cli, tmp_path, spec, kind):
    data = cli.write(cli.trips(600, 1), tmp_path / "data", kind)
    true = "1" if kind == "tfrecord" else "True"  # tf.Example holds truth values as 0 and 1
    spec.write_text(SPEC.replace("true", true.lower()))
    result = run("simulate", data, "--spec", spec, "--out", tmp_path / "out")
    assert result.code == 0
    assert f"read {data} (600 rows)" in result.err
    truth = json.loads((tmp_path / "out" / "truth.json").read_text())
    shift, missing, prior = truth["plants"]
    first, *lines = result.out.splitlines()
    rows = 600 - prior["rows_dropped"]
    assert first == f"{tmp_path / 'out'}: {rows} of 600 rows in 6 windows, seed 0"
    assert lines == [
        f"  shift fare, +1 std: {shift['rows_changed']} rows changed, in windows 4 to 6",
        f"  missing_rate miles, 50% of rows: {missing['rows_changed']} rows changed, in windows 2, "
        "5",
        f"  class_prior shared, {true} at 60%: 0 rows changed, {prior['rows_dropped']} dropped, in "
        "window 6",
    ]
    assert 250 < shift["rows_changed"] <= 300
    assert {act["window"] for act in missing["windows"]} == {2, 5}


def test_a_simulation_can_be_compared_with_its_first_windows(run, cli, tmp_path, spec):
    data = cli.write(cli.trips(6000, 1), tmp_path / "data")
    out = tmp_path / "out"
    assert run("simulate", data, "--spec", spec, "--out", out, "--quiet").err == ""
    baseline, same = out / "window-001.parquet", out / "window-003.parquet"
    assert run("drift", baseline, same).code == 0
    drifted = run("drift", baseline, out / "window-004.parquet")
    assert drifted.code == 1
    assert "  fare: ks is" in drifted.out


def test_the_schema_gives_types(run, cli, tmp_path, spec):
    data = cli.write(cli.trips(600, 1), tmp_path / "data", "csv")
    schema = tmp_path / "schema.pbtxt"
    schema.write_text('feature { name: "miles" type: INT }')
    refused = run("simulate", data, "--spec", spec, "--out", tmp_path / "out", "--schema", schema)
    assert refused.code == 2
    assert "line 2, column miles: expected INT, found '3.25'" in refused.err
    schema.write_text('feature { name: "hour" type: FLOAT }')
    run("simulate", data, "--spec", spec, "--out", tmp_path / "out", "--schema", schema)
    window = pyarrow.parquet.read_table(tmp_path / "out" / "window-001.parquet")
    assert str(window["hour"].type) == "double"


def test_a_folder_with_files_is_replaced_by_force_only(run, refused, cli, tmp_path, spec):
    data = cli.write(cli.trips(600, 1), tmp_path / "data")
    arguments = ("simulate", data, "--spec", spec, "--out", tmp_path / "out")
    assert run(*arguments).code == 0
    assert "out: is not empty. Fix: give another --out, or --force" in refused(*arguments)
    assert run(*arguments, "--force").code == 0


def test_mistakes_are_one_sentence(refused, cli, tmp_path, spec):
    data = cli.write(cli.trips(600, 1), tmp_path / "data")
    out = ("--out", tmp_path / "out")
    assert "no such file" in refused("simulate", tmp_path / "none", "--spec", spec, *out)
    assert "no such file" in refused("simulate", data, "--spec", tmp_path / "none.yaml", *out)
    spec.write_text("plants: [{kind: shift, column: fares, by: 1}]")
    assert "did you mean 'fare'" in refused("simulate", data, "--spec", spec, *out)
    assert not (tmp_path / "out").exists()

"""`skewgate.compare` finds what `skewgate drift` finds, whatever holds the rows."""

import json

import pyarrow as pa
import pyarrow.parquet
import pytest

import skewgate
from skewgate.checks.drift.config import DriftConfig
from skewgate.cli.main import main
from skewgate.core.errors import InputError

FAILED = [("fare", "ks")]


@pytest.fixture
def files(tmp_path, baseline, risen):
    paths = [tmp_path / "baseline.parquet", tmp_path / "current.parquet"]
    for path, table in zip(paths, (baseline, risen), strict=True):
        pa.parquet.write_table(table, path)
    return paths


def failures(report):
    return [(each.feature, each.metric) for each in report.failures]


def without_run(content):
    return {
        key: value for key, value in content.items() if key not in ("run_id", "time", "checksum")
    }


def test_what_did_not_change_passes(baseline, same):
    report = skewgate.compare(baseline, same)
    assert (report.status, report.blessed, report.failures) == ("pass", True, ())
    assert {each.feature for each in report.results} == {"fare", "miles", "paid"}


def test_what_changed_fails(baseline, risen):
    report = skewgate.compare(baseline, risen)
    assert (report.status, report.blessed) == ("fail", False)
    assert failures(report) == FAILED


def test_files_give_the_report_of_the_command(files, tmp_path):
    code = main(["drift", *map(str, files), "--out", str(tmp_path / "out"), "--quiet"])
    written = json.loads((tmp_path / "out" / "report.json").read_text("utf-8"))
    report = skewgate.compare(*map(str, files))
    assert code == 1
    assert without_run(report.to_dict()) == without_run(written)


@pytest.mark.parametrize("holder", ["pandas", "polars", "arrow", "path"])
def test_every_holder_of_the_rows_gives_the_same_results(holder, files, baseline, risen):
    import polars

    held = {
        "pandas": lambda table, path: table.to_pandas(),
        "polars": lambda table, path: polars.from_arrow(table),
        "arrow": lambda table, path: table,
        "path": lambda table, path: path,
    }[holder]
    sides = [held(*each) for each in zip((baseline, risen), files, strict=True)]
    expected = skewgate.compare(*map(str, files))
    assert skewgate.compare(*sides).results == expected.results
    assert skewgate.compare(sides[0], files[1]).results == expected.results


def test_in_memory_data_are_named_by_their_side(baseline, risen):
    content = skewgate.compare(baseline.to_pandas(), risen).to_dict()
    assert content["baseline"] == {"uri": "baseline", "rows": 900}
    assert content["current"] == {"uri": "current", "rows": 700}


@pytest.mark.parametrize("kind", ["path", "dict", "config"])
def test_the_config_is_a_path_or_what_it_says(kind, tmp_path, baseline, risen):
    path = tmp_path / "drift.yaml"
    path.write_text("features: {fare: {ignore: true}}\n")
    config = {
        "path": path,
        "dict": {"features": {"fare": {"ignore": True}}},
        "config": DriftConfig(features={"fare": {"ignore": True}}),
    }[kind]
    report = skewgate.compare(baseline, risen, config)
    assert report.status == "pass"
    assert {each.feature for each in report.results} == {"miles", "paid"}


def test_the_schema_says_what_is_categorical(tmp_path, baseline, risen):
    path = tmp_path / "schema.pbtxt"
    path.write_text('feature { name: "code" type: INT int_domain { is_categorical: true } }\n')
    coded = [
        table.append_column("code", pa.array([at % 3 for at in range(len(table))]))
        for table in (baseline, risen)
    ]
    for schema, metric in ((None, "ks"), (path, "psi")):
        report = skewgate.compare(*coded, schema=schema)
        (found,) = [r for r in report.results if (r.feature, r.metric) == ("code", metric)]
        assert found.status.value == "pass"


def test_what_one_pass_leaves_open_is_settled_in_memory_too(monkeypatch, baseline, risen):
    from skewgate.api import comparing

    exact = skewgate.compare(baseline, risen, exact=True)
    (fare,) = [r for r in exact.results if (r.feature, r.metric) == ("fare", "ks")]
    monkeypatch.setattr(comparing, "RESOLUTION", 8)
    config = {"features": {"fare": {"ks": fare.value - 0.001}}}
    coarse = skewgate.compare(
        skewgate.profile(baseline, resolution=10), skewgate.profile(risen, resolution=10), config
    )
    settled = skewgate.compare(baseline.to_pandas(), risen, config)
    (found,) = [r for r in settled.results if (r.feature, r.metric) == ("fare", "ks")]
    assert (found.lower, found.upper) == (fare.lower, fare.upper)
    assert len(coarse.results) == len(settled.results)


def test_profiles_stand_for_their_rows(baseline, risen):
    rows = skewgate.compare(baseline, risen)
    profiles = skewgate.compare(skewgate.profile(baseline), skewgate.profile(risen))
    assert profiles.results == rows.results
    assert skewgate.compare(skewgate.profile(baseline), risen).results == rows.results


def test_features_that_are_ignored_are_not_taken_from_profiles(baseline, risen):
    report = skewgate.compare(
        skewgate.profile(baseline), risen, {"features": {"fare": {"ignore": True}}}
    )
    assert {each.feature for each in report.results} == {"miles", "paid"}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"current": 7}, "current: must be a path, a pandas or Polars"),
        ({"current": "nowhere.csv"}, "nowhere.csv"),
        ({"config": 7}, "config: must be a path or a mapping, found int"),
        ({"config": {"ignored": ["fare"]}}, "config: "),
        ({"schema": 7}, "schema: must be a path or a Schema of tensorflow_metadata, found int"),
        ({"reading": {"delimeter": ";"}}, "reading: "),
        ({"current": pa.table({"fare": pa.array([], pa.float64())})}, "current: has no rows"),
        ({"current": pa.table({"x": pa.nulls(3)})}, "current: has 3 rows and not one value"),
    ],
)
def test_what_cannot_be_used_is_one_sentence(change, said, baseline, risen):
    arguments = {"baseline": baseline, "current": risen, **change}
    with pytest.raises(InputError) as error:
        skewgate.compare(**arguments)
    assert said in str(error.value)

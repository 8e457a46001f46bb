import decimal
import itertools
import json
import pathlib
import re
import shlex

import numpy as np
import pyarrow as pa
import pyarrow.parquet
import pytest
import yaml

from skewgate.api import comparing
from skewgate.cli.parser import build_parser
from skewgate.profiling import engine

BASELINE_ROWS, CURRENT_ROWS = 900, 700


@pytest.fixture(scope="module")
def same(cli):
    return cli.trips(BASELINE_ROWS, 1), cli.trips(CURRENT_ROWS, 2)


@pytest.fixture(scope="module")
def drifted(cli):
    return cli.trips(BASELINE_ROWS, 1), cli.trips(CURRENT_ROWS, 2, fare=1.6, cash=0.75)


@pytest.fixture
def places(cli, tmp_path):
    def places(tables, kinds=("parquet", "parquet")):
        return [
            cli.write(table, tmp_path / side, kind)
            for table, side, kind in zip(tables, ("baseline", "current"), kinds, strict=True)
        ]

    return places


@pytest.fixture
def config(tmp_path):
    def config(text):
        path = tmp_path / "drift.yaml"
        path.write_text(text)
        return str(path)

    return config


# Verdicts and exit codes.


def test_what_did_not_change_passes(run, places, same):
    result = run("drift", *places(same))
    assert result.code == 0
    assert "PASS: 0 failed, 0 inconclusive of 12 checks" in result.out
    assert "(900 baseline and 700 current rows)" in result.out


def test_what_changed_fails_and_is_named_with_the_reason(run, places, drifted):
    result = run("drift", *places(drifted))
    assert result.code == 1
    assert "FAIL: 2 failed, 0 inconclusive of 12 checks" in result.out
    first, second = result.out.splitlines()[1:3]
    assert (first.split()[:2], second.split()[:2]) == (["paid", "psi"], ["fare", "ks"])
    [reason] = [line for line in result.out.splitlines() if line.startswith("  fare: ks is 0.3")]
    assert "above the threshold of 0.1" in reason
    assert "883 baseline and 688 current values" in reason


def test_the_report_keeps_the_distributions_of_what_was_compared(run, places, drifted, cli):
    content = cli.check_report(json.loads(run("drift", *places(drifted), "--json").out))
    shown = {entry["feature"]: entry for entry in content["details"]["distributions"]["shown"]}
    assert list(shown)[:2] == ["paid", "fare"]
    before, now = shown["fare"]["gap"]["cdf"]
    [ks] = [r for r in content["results"] if (r["feature"], r["metric"]) == ("fare", "ks")]
    assert abs(before - now) == pytest.approx(ks["value"], abs=2e-4)
    assert shown["paid"]["names"][0] in ("Cash", "Card")


def test_too_little_data_is_inconclusive(run, places, same):
    result = run("drift", *places([table.slice(0, 30) for table in same]))
    assert result.code == 3
    assert "INCONCLUSIVE: 0 failed" in result.out
    assert "  12 checks need about 110 to 620 values on each side: " in result.out


def test_identifiers_are_inconclusive_and_the_reason_says_what_to_write(run, places, same, config):
    tables = [
        table.append_column("order", pa.array([f"{letter}{i}" for i in range(table.num_rows)]))
        for letter, table in zip("bc", same, strict=True)
    ]
    result = run("drift", *places(tables))
    assert result.code == 3
    [told] = [line for line in result.out.splitlines() if line.startswith("  order: psi is ")]
    assert "nearly every value is different, as in an identifier" in told
    snippet = "features: {order: {ignore: true}}"
    assert told.endswith(f"ignore it in drift.yaml ({snippet})")
    assert f"  in drift.yaml: {snippet}" in result.out
    assert run("drift", *places(tables), "--config", config(snippet)).code == 0


def test_baseline_and_current_are_not_swapped(run, places, drifted):
    baseline, current = places(drifted)
    report = json.loads(run("drift", baseline, current, "--json").out)
    assert report["baseline"] == {"uri": baseline, "rows": BASELINE_ROWS}
    assert report["current"] == {"uri": current, "rows": CURRENT_ROWS}
    [fare] = [r for r in report["results"] if (r["feature"], r["metric"]) == ("fare", "ks")]
    assert fare["n_baseline"] == BASELINE_ROWS - drifted[0]["fare"].null_count
    assert fare["n_current"] == CURRENT_ROWS - drifted[1]["fare"].null_count


def test_inconclusive_passes_if_the_policy_allows_it(run, places, same, config):
    allowing = config("policy: {on_inconclusive: allow}")
    tables = [table.slice(0, 30) for table in same]
    assert run("drift", *places(tables), "--config", allowing).code == 0


def test_a_feature_on_one_side_only_fails_with_that_reason(run, places, same):
    baseline, current = same
    for tables, gone, there in (
        ((baseline, current.drop(["miles"])), "current", "baseline"),
        ((baseline.drop(["miles"]), current), "baseline", "current"),
    ):
        result = run("drift", *places(tables))
        assert result.code == 1
        reason = f"miles is missing from the {gone} data; only the {there} data have it"
        assert f"  {reason}\n" in result.out


def test_slices_are_compared(run, places, drifted, config):
    slices = config("slices: [[paid], [shared]]")
    report = json.loads(run("drift", *places(drifted), "--config", slices, "--json").out)
    names = {result["slice"] for result in report["results"]}
    assert names == {"", "paid_Cash", "paid_Card", "paid_Été", "shared_0", "shared_1"}


def test_the_schema_says_what_is_a_category(run, places, same, tmp_path):
    schema = tmp_path / "schema.pbtxt"
    schema.write_text('feature { name: "hour" type: INT int_domain { is_categorical: true } }')
    for options, metric in (((), "ks"), (("--schema", schema), "psi")):
        report = json.loads(run("drift", *places(same), "--json", *options).out)
        metrics = {r["metric"] for r in report["results"] if r["feature"] == "hour"}
        assert metrics == {metric, "missing_rate"}


def test_folders_and_patterns(run, cli, tmp_path, same):
    baseline, current = same
    folder = tmp_path / "baseline"
    cli.write(baseline.slice(0, 400), folder, "csv")
    cli.write(baseline.slice(400), folder, "jsonl")
    (folder / "_SUCCESS").write_text("")
    other = cli.write(current, tmp_path / "current", "parquet")
    result = run("drift", folder, tmp_path / "cur*" / "*.parquet")
    assert result.code == 0
    assert "(900 baseline and 700 current rows)" in result.out
    assert other


def test_a_folder_may_hold_statistics_beside_rows(run, cli, tmp_path, same):
    baseline, current = same
    folder = tmp_path / "baseline"
    cli.write(baseline.slice(0, 400), folder, "statistics")  # beside their rows
    (folder / "trips.parquet").unlink()
    cli.write(baseline.slice(400), folder, "csv")
    result = run("drift", folder, cli.write(current, tmp_path / "current", "statistics"))
    assert result.code == 0
    assert "(900 baseline and 700 current rows)" in result.out


# One set of rows, whatever the format.


def verdicts(report):
    return {
        (r["feature"], r["metric"]): (r["status"], r["n_baseline"], r["n_current"])
        for r in report["results"]
    }


def values(report):
    return [r["value"] for r in report["results"]]


@pytest.fixture(scope="module")
def expected(cli, drifted, tmp_path_factory):
    folder = tmp_path_factory.mktemp("formats")
    return {
        (side, kind): cli.write(table, folder / kind / side, kind)
        for table, side in zip(drifted, ("baseline", "current"), strict=True)
        for kind in cli.formats
    }


KINDS = ("parquet", "csv", "jsonl", "tfrecord", "statistics")


@pytest.mark.parametrize(("before", "now"), list(itertools.product(KINDS, repeat=2)))
def test_the_format_changes_no_verdict(run, expected, before, now):
    result = run("drift", expected["baseline", before], expected["current", now], "--json")
    reference = run(
        "drift", expected["baseline", "parquet"], expected["current", "parquet"], "--json"
    )
    assert result.code == 1
    report, other = json.loads(result.out), json.loads(reference.out)
    assert verdicts(report) == verdicts(other)
    assert values(report) == pytest.approx(values(other), abs=1e-9)


# What is printed and written.


def test_json_is_one_object_and_nothing_else(run, cli, places, drifted):
    result = run("drift", *places(drifted), "--json")
    report = cli.check_report(json.loads(result.out))
    assert (report["status"], report["blessed"], report["kind"]) == ("fail", False, "drift")
    assert {failure["feature"] for failure in report["failures"]} == {"fare", "paid"}


def test_format_chooses_what_is_printed_and_changes_no_exit_code(run, places, drifted):
    sides = places(drifted)
    as_json, asked, table, plain, markdown = (
        run("drift", *sides, *options)
        for options in (
            ["--json"],
            ["--json", "--format", "json"],
            ["--format", "table"],
            [],
            ["--format", "markdown"],
        )
    )
    assert {each.code for each in (as_json, asked, table, plain, markdown)} == {1}
    assert json.loads(as_json.out)["results"] == json.loads(asked.out)["results"]
    assert table.out == plain.out
    assert markdown.out.startswith("### ❌ Drift report: fail\n")
    assert "| ❌ fail | <code>fare</code> | <code>ks</code> |" in markdown.out


def test_two_formats_at_once_are_refused(refused):
    for other in ("table", "markdown"):
        told = refused("drift", "a", "b", "--json", "--format", other)
        assert f"--json: contradicts --format {other}. Fix: give only one of them" in told


def test_the_workflow_of_the_page_is_one_and_its_command_is_ours():
    page = pathlib.Path(__file__).parents[3] / "docs" / "report.md"
    (block,) = re.findall(r"```yaml\n(name: drift\n.*?)```", page.read_text("utf-8"), re.DOTALL)
    steps = {step.get("name"): step for step in yaml.safe_load(block)["jobs"]["drift"]["steps"]}
    command, file = steps["Compare"]["run"].split(" > ")
    options = build_parser().parse_args(shlex.split(command)[1:])
    assert (options.format, options.out) == ("markdown", steps["Keep"]["with"]["path"])
    assert steps["Tell"]["run"].count(file) == 3
    assert steps["Tell"]["if"] == steps["Keep"]["if"] == "always()"


def test_out_holds_three_files(run, cli, places, drifted, tmp_path):
    out = tmp_path / "new" / "report"
    result = run("drift", *places(drifted), "--out", out)
    assert sorted(path.name for path in out.iterdir()) == [
        "metrics.prom",
        "report.html",
        "report.json",
    ]
    assert f"Report: {out / 'report.html'}" in result.out
    cli.check_report(json.loads((out / "report.json").read_text()))
    printed = run("drift", *places(drifted), "--out", out, "--json")
    assert json.loads(printed.out) == json.loads((out / "report.json").read_text())


def test_progress_goes_to_stderr(run, places, same):
    baseline, current = places(same)
    result = run("drift", baseline, current)
    assert result.err.startswith(f"read {baseline} (900 rows) and {current} (700 rows) in ")
    assert "read " not in result.out


def test_quiet_prints_no_progress(run, places, same):
    assert run("drift", *places(same), "--quiet").err == ""


def test_one_place_may_be_both_sides(run, places, same):
    baseline, _ = places(same)
    assert run("drift", baseline, baseline).code == 0


# A second pass where the first one leaves it open.


def planted(distance):
    """Two columns of 5,000 and 4,000 values at a known distance at 0.5, and one that is equal."""
    low = round(4_000 * (0.5 - distance))
    now = np.r_[np.arange(low) / low / 2, 0.5 + np.arange(4_000 - low) / (4_000 - low) / 2]
    return (
        pa.table({"x": np.arange(5_000) / 5_000, "same": np.arange(5_000) % 7}),
        pa.table({"x": now, "same": np.arange(4_000) % 7}),
    )


@pytest.mark.parametrize(("distance", "code"), [(0.096, 0), (0.104, 1)])
@pytest.mark.parametrize("kind", ["parquet", "csv"])
def test_a_threshold_within_the_interval_is_settled(run, places, monkeypatch, distance, code, kind):
    monkeypatch.setattr(comparing, "RESOLUTION", 8)
    read = []
    original = engine.profile_sides

    def spy(sides, reading, options):
        read.append((options.resolution, options.features))
        return original(sides, reading, options)

    monkeypatch.setattr(engine, "profile_sides", spy)
    result = run("drift", *places(planted(distance), (kind, kind)))
    assert result.code == code
    assert read == [(8, None), (comparing.FINE_RESOLUTION, frozenset({"x"}))]
    assert "reading x again: one pass could not settle a threshold\n" in result.err


def test_statistics_that_leave_it_open_stay_inconclusive(run, cli, tmp_path):
    tables = planted(0.104)
    files = []
    for table, name in zip(tables, ("baseline", "current"), strict=True):
        rows = cli.write(table, tmp_path / name)
        files.append(tmp_path / f"{name}.pb")
        run("profile", rows, "--out", files[-1], "--resolution", 10)
    result = run("drift", *files)
    assert result.code == 3
    assert "which contains the threshold of 0.1" in result.out
    assert "again" not in result.err


def test_one_side_of_statistics_is_settled_by_the_rows_of_the_other(
    run, cli, tmp_path, monkeypatch
):
    monkeypatch.setattr(comparing, "RESOLUTION", 8)
    baseline, current = planted(0.104)
    rows = cli.write(baseline, tmp_path / "baseline")
    statistics = tmp_path / "baseline.pb"
    run("profile", rows, "--out", statistics, "--resolution", 5_000)
    result = run("drift", statistics, cli.write(current, tmp_path / "current"))
    assert result.code == 1
    assert "reading x again" in result.err


def test_a_side_of_rows_and_statistics_is_not_read_again(run, cli, tmp_path, monkeypatch):
    monkeypatch.setattr(comparing, "RESOLUTION", 8)
    baseline, current = planted(0.104)
    folder = tmp_path / "baseline"
    rows = cli.write(baseline.slice(0, 2_500), tmp_path / "first")
    folder.mkdir()
    run("profile", rows, "--out", folder / "a.pb", "--resolution", 10)
    cli.write(baseline.slice(2_500), folder)
    other = tmp_path / "current.pb"
    run("profile", cli.write(current, tmp_path / "current"), "--out", other, "--resolution", 10)
    result = run("drift", folder, other)
    assert result.code == 3
    assert "again" not in result.err


def test_exact_needs_no_second_pass(run, places, monkeypatch):
    monkeypatch.setattr(comparing, "RESOLUTION", 8)
    result = run("drift", *places(planted(0.104)), "--exact")
    assert result.code == 1
    assert "again" not in result.err


# Bad input: exit code 2 and one sentence.


def test_no_common_column_is_refused(refused, places):
    baseline, current = places([pa.table({"fare": [1.5]}), pa.table({"fair": [2, 3]})])
    assert refused("drift", baseline, current) == (
        "baseline and current statistics: have no feature in common: fare against fair. "
        "Fix: compare statistics of the same table."
    )


def test_a_column_of_two_kinds_may_be_ignored(run, places, same, config):
    baseline, current = same
    text = current.set_column(1, "miles", pa.array(["far"] * CURRENT_ROWS))
    ignoring = config("features: {miles: {ignore: true}}")
    assert run("drift", *places((baseline, text)), "--config", ignoring).code == 0


@pytest.mark.parametrize("kind", ["parquet", "csv", "jsonl", "tfrecord", "statistics"])
def test_an_ignored_column_leaves_the_others_as_they_are(run, places, drifted, config, kind):
    sides = places(drifted, (kind, kind))
    ignoring = config("features: {miles: {ignore: true}}")
    whole, rest = (
        json.loads(run("drift", *sides, "--json", *more).out)["results"]
        for more in ((), ("--config", ignoring))
    )
    kept = [(each["feature"], each["metric"], each["value"]) for each in rest]
    assert kept == [
        (each["feature"], each["metric"], each["value"])
        for each in whole
        if each["feature"] != "miles"
    ]


@pytest.mark.parametrize("kind", ["parquet", "csv", "tfrecord"])
def test_zero_rows_are_refused(refused, places, same, kind):
    baseline, current = places((same[0], same[1].slice(0, 0)), ("parquet", kind))
    assert (
        refused("drift", baseline, current) == f"{current}: has no rows. Fix: give data with rows."
    )
    assert refused("drift", current, baseline).startswith(f"{current}: has no rows")


@pytest.mark.parametrize("kind", ["parquet", "csv"])
def test_nothing_but_nulls_is_refused(refused, places, same, kind):
    nothing = pa.table({"fare": pa.array([None] * 5, pa.float64()), "miles": pa.nulls(5)})
    baseline, current = places((same[0], nothing), ("parquet", kind))
    assert refused("drift", baseline, current) == (
        f"{current}: has 5 rows and not one value in its 2 columns. Fix: check how it was written."
    )


def test_one_column_of_nulls_is_a_finding_and_no_error(run, places, same):
    baseline, current = same
    gone = current.set_column(1, "miles", pa.array([None] * CURRENT_ROWS, pa.float64()))
    result = run("drift", *places((baseline, gone)))
    assert result.code == 1
    assert "miles: missing_rate is 1" in result.out


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (
            "defaults: {numeric: {ks: 1.5}}",
            "defaults.numeric: ks must be a number in (0, 1], got 1.5. Fix: correct the value.",
        ),
        (
            "defaults: {numeric: {ks: 0}}",
            "defaults.numeric: ks must be a number in (0, 1], got 0. Fix: correct the value.",
        ),
        (
            "features: {fare: {ks: -0.1}}",
            "features.fare: ks must be a number in (0, 1], got -0.1. Fix: correct the value.",
        ),
        ("defaults: {missing_rate: 2}", "defaults.missing_rate: "),
        ("defaults: {numeric: {kss: 0.1}}", "defaults.numeric: 'kss' is not a numeric metric (did"),
        ("defaults: {categorical: {ks: 0.1}}", "defaults.categorical: 'ks' is not a categorical"),
        ("feature: {}", "feature is not a known key"),
        ("- a", "must be a mapping of keys to values, got list"),
        ("a: [", "line 1"),
    ],
)
def test_a_config_that_is_wrong_is_refused(refused, places, same, config, text, sentence):
    path = config(text)
    message = refused("drift", *places(same), "--config", path)
    assert message.startswith(f"{path}: {sentence}")


def test_an_unknown_feature_in_the_config_is_refused_with_the_one_that_was_meant(
    refused, places, same, config
):
    path = config("features: {fair: {ks: 0.1}}")
    assert refused("drift", *places(same), "--config", path) == (
        f"{path}: features.fair is in neither of the two data sets, "
        "which have fare, hour, miles, paid, shared, started. Fix: did you mean 'fare'."
    )


@pytest.mark.parametrize("option", ["--config", "--schema"])
def test_a_missing_option_file_is_refused(refused, places, same, tmp_path, option):
    path = tmp_path / "gone"
    assert refused("drift", *places(same), option, path) == (
        f"{path}: no such file. Fix: check the path."
    )


def test_a_bad_schema_is_refused(refused, places, same, tmp_path):
    path = tmp_path / "schema.pbtxt"
    path.write_text('feature { name: "fare" }\nfeature { type: REAL }\n')
    message = refused("drift", *places(same), "--schema", path)
    assert message.startswith(f"{path}: line 2: is not a TFMD Schema in text format (")


def test_slices_by_a_column_that_is_not_there_are_refused(refused, places, same, config):
    baseline, current = places(same)
    path = config("slices: [[company]]")
    message = refused("drift", baseline, current, "--config", path)
    assert message.endswith(
        "slices: company: is not a column of the data. Fix: correct the slices."
    )
    assert message.startswith((baseline, current))


def test_slices_by_floats_are_refused(refused, places, same, config):
    message = refused("drift", *places(same), "--config", config("slices: [[miles]]"))
    assert "slices: miles: has the type double, and slices are made of text" in message


def test_files_that_are_not_there_are_refused(refused, places, same, tmp_path):
    baseline, _ = places(same)
    for gone in (tmp_path / "gone.csv", tmp_path / "gone" / "*.csv"):
        sentence = f"{gone}: no such file, folder or pattern. Fix: check the path."
        assert refused("drift", baseline, gone) == sentence
        assert refused("drift", gone, baseline) == sentence


@pytest.mark.parametrize(
    ("name", "data", "sentence"),
    [
        ("a.parquet", b"PAR1 and no more", "is not a whole Parquet file ("),
        ("a.csv", b"", "is empty"),
        ("a.csv", b"a,b\n1\n", "line 2: expected 2 cells, found 1"),
        ("a.csv.gz", b"\x1f\x8b\x08", "is not a whole compressed file ("),
        ("a.jsonl", b"{", "line 1: expected a JSON object, found "),
        ("a.tfrecord", b"no record", "is not a whole TFRecord file: broken after record 0"),
        ("a.pb", b"\xff\xff no statistics", "is not a TFDV statistics file"),
        ("a.pb", b"", "holds no statistics"),
        ("a.pbtxt", b"datasets {", "is not TFDV statistics in text format ("),
        ("a.xlsx", b"PK", "is not one of the formats .csv, .tsv, .parquet, .pq, .parq, .jsonl, "),
    ],
)
def test_broken_files_are_refused(refused, places, same, tmp_path, name, data, sentence):
    baseline, _ = places(same)
    path = tmp_path / name
    path.write_bytes(data)
    message = refused("drift", baseline, path)
    assert message.startswith(f"{path}: {sentence}")


def test_a_truncated_parquet_file_is_refused(refused, places, same):
    baseline, current = places(same)
    with open(current, "r+b") as stream:
        stream.truncate(2_000)
    message = refused("drift", baseline, current)
    assert message.startswith(f"{current}: is not a whole Parquet file (")


def test_a_folder_that_cannot_be_written_is_refused(refused, places, same, tmp_path):
    (tmp_path / "file").write_text("")
    for out in (tmp_path / "file", tmp_path / "file" / "below"):
        message = refused("drift", *places(same), "--out", out)
        assert message.startswith(f"{out}: cannot be written: ")
        assert message.endswith("Fix: change --out.")


@pytest.mark.parametrize("arguments", [(), ("a.csv",), ("a.csv", "b.csv", "--frmat", "x")])
def test_wrong_usage_is_exit_code_2(run, arguments):
    with pytest.raises(SystemExit) as caught:
        run("drift", *arguments)
    assert caught.value.code == 2


# The same numbers stored otherwise.

PRICES = {
    "float": pa.float32(),
    "double": pa.float64(),
    "decimal": pa.decimal128(30, 6),
    "wide decimal": pa.decimal256(60, 20),
}


def prices(n, kind):
    """Returns n prices of which 40% are 0.1."""
    return (
        pa.array([decimal.Decimal("0.1")] * (2 * n) + [decimal.Decimal("0.3")] * (3 * n))
        .cast(pa.decimal128(30, 6))
        .cast(PRICES[kind])
        if "decimal" in kind
        else pa.array([0.1] * (2 * n) + [0.3] * (3 * n), PRICES[kind])
    )


@pytest.mark.parametrize("kinds", list(itertools.permutations(PRICES, 2)))
def test_the_same_prices_in_two_types_pass(run, places, kinds):
    tables = [
        pa.table({"price": prices(n, kind), "tip": prices(n, "double")})
        for n, kind in zip((200, 180), kinds, strict=True)
    ]
    result = run("drift", *places(tables))
    assert result.code == 0
    rounded = "float" in kinds
    assert ("rounded to 32-bit floats, the coarser type of the two sides" in result.out) is rounded


def test_what_was_rounded_is_said_in_the_report(run, places, cli):
    tables = [
        pa.table({"price": prices(n, kind), "n": [1] * (5 * n)})
        for n, kind in ((200, "float"), (180, "double"))
    ]
    content = cli.check_report(json.loads(run("drift", *places(tables), "--json").out))
    told = "numbers of the current data rounded to 32-bit floats, the coarser type of the two sides"
    assert content["details"]["notes"] == {"price": told}
    reasons = {(r["feature"], r["metric"]): r["reason"] for r in content["results"]}
    assert reasons["price", "ks"] == f"ks is 0, not above the threshold of 0.1 ({told})"
    assert told not in reasons["price", "missing_rate"]
    [shown] = [e for e in content["details"]["distributions"]["shown"] if e["feature"] == "price"]
    assert shown["gap"]["cdf"][0] == shown["gap"]["cdf"][1]


def test_a_real_change_of_rounded_numbers_fails(run, places):
    now = pa.array([0.1] * 700 + [0.3] * 300)
    result = run("drift", *places([pa.table({"x": prices(200, "float")}), pa.table({"x": now})]))
    assert result.code == 1
    assert "x: ks is 0.3, above the threshold of 0.1" in result.out


@pytest.fixture(scope="module")
def stored(tmp_path_factory, cli):
    """The same tenths, tags and whole numbers, in every format; returns the paths by format."""
    rng = np.random.default_rng(7)
    n = 800
    table = pa.table(
        {
            "tenth": pa.array((rng.integers(0, 9, n) / 10).tolist(), mask=rng.random(n) < 0.05),
            "third": (rng.integers(0, 5, n) / 3).tolist(),
            "large": (2**24 + rng.integers(0, 4, n)).tolist(),
            "tags": [[0.1] * (k % 3) for k in range(n)],
        }
    )
    folder = tmp_path_factory.mktemp("stored")
    flat = table.drop(["tags"])
    single = table.set_column(0, "tenth", table["tenth"].cast(pa.float32()))
    single = single.set_column(2, "large", table["large"].cast(pa.float64()))
    paths = {
        "parquet": cli.write(table, folder / "double", "parquet"),
        "parquet32": cli.write(single, folder / "single", "parquet"),
        "tfrecord": cli.write(table, folder / "records", "tfrecord"),
        "csv": cli.write(flat, folder / "csv", "csv"),
        "statistics": cli.write(table, folder / "statistics", "statistics"),
        "statistics32": cli.write(single, folder / "statistics32", "statistics"),
    }
    (folder / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in table.to_pylist()))
    return {**paths, "jsonl": str(folder / "rows.jsonl")}


STORED = ["parquet", "parquet32", "tfrecord", "csv", "statistics", "statistics32", "jsonl"]


@pytest.mark.parametrize("kinds", list(itertools.combinations(STORED, 2)))
def test_no_two_formats_differ(run, stored, kinds):
    report = json.loads(run("drift", *(stored[kind] for kind in kinds), "--json").out)
    for result in report["results"]:
        if not ("tags" in result["feature"] and "csv" in kinds):
            assert result["status"] == "pass", result["reason"]


# One odd column stops no other.


@pytest.mark.parametrize("kinds", [("csv", "csv"), ("parquet", "jsonl"), ("statistics", "csv")])
def test_a_column_numeric_here_and_text_there_fails_alone(run, places, same, kinds):
    baseline, current = same
    text = current.set_column(1, "miles", pa.array(["far"] * CURRENT_ROWS))
    report = json.loads(run("drift", *places((baseline, text), kinds), "--json").out)
    [failure] = report["failures"]
    assert (failure["feature"], failure["metric"]) == ("miles", "kind")
    assert failure["reason"] == (
        "miles is numeric (double) in the baseline and categorical (string) now; write it with "
        "one type, give its type in the schema, or ignore it in drift.yaml"
    )
    passed = {r["feature"] for r in report["results"] if r["status"] == "pass"}
    assert passed == set(baseline.schema.names) - {"miles"}


def test_data_against_the_schema_fail_alone(run, places, same, tmp_path):
    path = tmp_path / "schema.pbtxt"
    path.write_text('feature { name: "paid" type: INT }')
    for kind in ("parquet", "csv", "jsonl"):
        result = run("drift", *places(same, (kind, kind)), "--schema", path)
        assert result.code == 1
        place = "row 1" if kind == "parquet" else "line 2" if kind == "csv" else "line 1"
        assert f"{kind}: {place}, column paid: expected INT, found " in result.out
        assert "FAIL: 1 failed, 0 inconclusive of 11 checks" in result.out


def test_a_column_of_structs_is_inconclusive_alone_and_may_be_ignored(run, places, same, config):
    tables = [table.append_column("place", pa.array([{"lat": 1.5}] * len(table))) for table in same]
    result = run("drift", *places(tables))
    assert result.code == 3
    assert (
        "place has the type struct<lat: double>, which cannot be compared, in the baseline data "
        "and in the current data; convert it to numbers or text, or ignore it in drift.yaml"
    ) in result.out
    ignoring = config("features: {place: {ignore: true}}")
    assert run("drift", *places(tables), "--config", ignoring).code == 0


def test_a_struct_here_and_numbers_there_fail_with_both_types(run, places, same):
    baseline, current = same
    odd = current.set_column(1, "miles", pa.array([{"km": 1}] * CURRENT_ROWS))
    result = run("drift", *places((baseline, odd)))
    assert result.code == 1
    assert "miles is numeric (double) in the baseline and struct<km: int64> now" in result.out


def test_codes_of_digits_in_one_window_are_text_as_in_the_other(run, tmp_path):
    codes = ["02134", "10001", "SW1A"]
    before, now = tmp_path / "before.csv", tmp_path / "now.csv"
    before.write_text("zip\n" + "".join(f"{codes[k % 3]}\n" for k in range(3_000)))
    now.write_text("zip\n" + "".join(f"{codes[k % 2]}\n" for k in range(3_000)))
    report = json.loads(run("drift", before, now, "--json").out)
    [psi] = [r for r in report["results"] if r["metric"] == "psi"]
    assert psi["status"] == "fail"
    assert "SW1A" in psi["reason"]
    assert "(values of the current data read as text)" in psi["reason"]
    assert not [r for r in report["results"] if r["metric"] == "kind"]


def test_an_ignored_feature_that_nobody_has_is_still_an_error(refused, places, same, config):
    path = config("features: {mile: {ignore: true}}")
    assert "features.mile is in neither of the two data sets" in refused(
        "drift", *places(same), "--config", path
    )


# Slices, and how rows lie in files.


@pytest.mark.parametrize("value", ["", "_", "1_b_x", "a\nb"])
def test_a_shift_in_a_slice_fails_whatever_the_value_is(run, places, config, value):
    rng = np.random.default_rng(3)
    company = [value, *["other"] * 19] * 150
    x = rng.normal(size=(2, len(company)))
    x[1] += 3.0 * (np.array(company) == value)
    tables = [pa.table({"x": each, "company": company}) for each in x]
    result = run("drift", *places(tables), "--config", config("slices: [[company]]"), "--json")
    failed = [r for r in json.loads(result.out)["results"] if r["status"] == "fail"]
    assert result.code == 1
    assert [(r["slice"], r["feature"]) for r in failed] == [(f"company_{value}", "x")]


def test_a_column_that_a_slice_never_shows_is_missing_however_rows_lie(run, cli, tmp_path, config):
    one = pa.table({"company": ["a"] * 3_000})
    two = pa.table({"company": ["b"] * 3_000, "x": [float(i % 90) for i in range(3_000)]})
    (tmp_path / "parts").mkdir()
    for name, table in (("one", one), ("two", two)):
        pa.parquet.write_table(table, tmp_path / "parts" / f"{name}.parquet")
    whole = pa.concat_tables([one.append_column("x", pa.nulls(3_000, pa.float64())), two])
    both = [cli.write(whole, tmp_path / "whole", "parquet"), str(tmp_path / "parts")]
    for sides in (both, both[::-1], both[:1] * 2, both[1:] * 2):
        result = run("drift", *sides, "--config", config("slices: [[company]]"), "--json")
        results = json.loads(result.out)["results"]
        assert {r["status"] for r in results if r["slice"] == "company_b"} == {"pass"}
        missing = [r for r in results if (r["slice"], r["feature"]) == ("company_a", "x")]
        assert [r["value"] for r in missing if r["metric"] == "missing_rate"] == [0.0]
        assert not any(r["status"] == "fail" for r in results)


def test_shards_that_are_profiled_apart_are_those_that_are_profiled_at_once(run, cli, tmp_path):
    lists = [[1], [], [2], [3]] * 225, [[1, 2], [3], [], [4]] * 225
    paths = []
    for name, cells in zip(("one", "two", "whole"), (*lists, [*lists[0], *lists[1]]), strict=True):
        table = pa.table({"tags": pa.array(cells, pa.list_(pa.int64()))})
        path = cli.write(table, tmp_path / name, "parquet")
        paths.append(str(tmp_path / f"{name}.pb"))
        run("profile", path, "--out", paths[-1])
    run("merge", *paths[:2], "--out", str(tmp_path / "merged.pb"))
    result = run("drift", paths[2], str(tmp_path / "merged.pb"), "--json")
    assert result.code == 0
    assert {r["value"] for r in json.loads(result.out)["results"]} == {0.0}

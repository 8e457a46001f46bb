"""`skewgate rehearse`: the table, the suggestion, what is written and refused."""

from __future__ import annotations

import json

import pytest

from skewgate.checks.drift.config import DriftConfig
from skewgate.cli import rehearsal_table
from skewgate.core import yaml_model
from skewgate.simulation.rehearsal import stage

SPEC = """
windows: {number: 6}
seed: 3
plants:
  - {kind: label_flip, column: shared, share: 0.3, onset: {first: 5}}
rehearsal:
  baseline: 3
  first: 5
  grid:
    - {kind: shift, column: fare, sizes: {by: [0.02, 2]}}
    - {kind: missing_rate, column: miles, where: {paid: Cash}, sizes: {share: [1]}}
"""
CONFIG = "features: {shared: {ignore: true}, started: {ignore: true}}"


@pytest.fixture
def files(cli, tmp_path):
    data = cli.write(cli.trips(9000, 1), tmp_path / "data")
    (tmp_path / "spec.yaml").write_text(SPEC)
    (tmp_path / "drift.yaml").write_text(CONFIG)
    return ("rehearse", data, "--spec", tmp_path / "spec.yaml", "--config", tmp_path / "drift.yaml")


def test_the_table_says_what_would_be_detected_when_and_by_what(run, files):
    result = run(*files, "--false-alarms", "0.1")
    assert result.code == 0
    head, _, columns, *lines = result.out.splitlines()
    assert head == (
        "baseline: windows 1 to 3, 4,500 rows; windows 4 to 6 of 1,500 rows are compared; "
        "drift from window 5 on"
    )
    assert columns.split() == [
        *("drift", "size", "detected", "inconclusive", "missed", "delay", "false", "seen", "by")
    ]
    flip, small, large, missing = lines[:4]
    assert flip.startswith("label_flip shared ")
    assert flip.endswith(rehearsal_table.NOT_VISIBLE)
    assert small.split() == [
        "shift",
        "fare",
        "+0.02",
        "std",
        "·" * 10,
        *["0/2", "0/2", "2/2", "-", "0/3"],
    ]
    assert large.split()[:2] == ["+2", "std"]
    assert large.split()[2:] == ["█" * 10, *["2/2", "0/2", "0/2", "0", "0/3", "fare", "ks", "(2)"]]
    assert missing.startswith("missing_rate miles where paid Cash ")
    assert missing.endswith("miles missing_rate (2)")
    assert "windows as they are: 0 of 3 with an alarm" in result.out
    assert "rehearsed in" in result.err


def test_the_suggestion_is_a_drift_yaml(run, files, tmp_path):
    result = run(*files, "--false-alarms", "0.1", "--out", tmp_path / "out")
    text = (tmp_path / "out" / "suggested-drift.yaml").read_text()
    assert text in result.out + "\n"
    config = yaml_model.parse(DriftConfig, text, "drift.yaml")
    assert config.ignored == {"shared", "started"}
    assert 0 < config.defaults.numeric["ks"] < 0.1
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "rehearsal.json",
        "rehearsal.txt",
        "suggested-drift.yaml",
    ]
    assert (tmp_path / "out" / "rehearsal.txt").read_text() == result.out


def test_json_is_one_object_and_nothing_else_and_the_same_every_time(run, files):
    result = run(*files, "--false-alarms", "0.1", "--json")
    found = json.loads(result.out)
    flip, small, large, missing = found["scenarios"]
    assert (flip["kind"], flip["visible_to_drift_metrics"]) == ("label_flip", False)
    assert (small["detected"], small["missed"], small["delay"]) == (0, 2, None)
    assert (large["detected"], large["inconclusive"], large["delay"]) == (2, 0, 0)
    assert large["detected_by"] == [{"check": "fare ks", "windows": 2}]
    assert missing["where"] == {"paid": ["Cash"]}
    rates = found["false_alarms"]
    assert rates["wanted"] == 0.1
    assert rates["suggested_by_chance"]["at_most"] <= 0.1
    assert {(each["feature"], each["metric"]) for each in found["thresholds"]} >= {
        ("fare", "ks"),
        ("paid", "psi"),
    }
    assert run(*files, "--false-alarms", "0.1", "--json", "--quiet").out == result.out


def test_without_a_spec_the_columns_of_the_data_make_the_grid(run, cli, tmp_path):
    data = cli.write(cli.trips(4000, 1), tmp_path / "data")
    result = run("rehearse", data, "--label", "shared", "--false-alarms", "0.2", "--json")
    assert result.code == 0
    scenarios = json.loads(result.out)["scenarios"]
    sizes = {(s["kind"], json.dumps(s["where"])) for s in scenarios}
    assert len(sizes) == 13
    assert len(scenarios) == 3 * len(sizes)
    assert all(s["detected"] + s["inconclusive"] + s["missed"] == 4 for s in scenarios)


def test_rows_whose_order_means_nothing_may_be_shuffled(run, cli, tmp_path, files):
    ordered = cli.trips(6000, 1).sort_by("hour")
    data = cli.write(ordered, tmp_path / "ordered")
    arguments = (*files[:1], data, *files[2:], "--false-alarms", "0.2")
    kept, shuffled = run(*arguments), run(*arguments, "--shuffle")
    assert "windows as they are: 3 of 3 with an alarm\n  window 4: hour ks" in kept.out
    assert "use --shuffle" in kept.out
    assert "windows as they are: 0 of 3 with an alarm" in shuffled.out
    assert "use --shuffle" not in shuffled.out


def test_of_large_data_an_even_share_of_each_window_is_used(run, files, monkeypatch):
    monkeypatch.setattr(stage, "MOST_ROWS", 6000)
    result = run(*files, "--false-alarms", "0.2")
    assert "windows 4 to 6 of 1,000 rows are compared" in result.out
    assert "6,000 of 9,000 rows are used" in result.out


def test_mistakes_are_one_sentence(refused, files, tmp_path):
    assert "label: the data have no column 'share'. Fix: did you mean 'shared'" in refused(
        *files, "--label", "share"
    )
    (tmp_path / "drift.yaml").write_text("features: {fares: {ks: 0.1}}")
    assert "drift.yaml: features.fares is in neither" in refused(*files)
    (tmp_path / "drift.yaml").write_text(CONFIG)
    (tmp_path / "spec.yaml").write_text("windows: {number: 2}")
    assert "a rehearsal needs a baseline and two more windows" in refused(*files)
    early = "plants: [{kind: shift, column: fare, by: 1, onset: {last: 3}}]"
    (tmp_path / "spec.yaml").write_text(early)
    assert "plants.0 acts in no window after the baseline, which is 6 of 12" in refused(*files)


@pytest.mark.parametrize("rate", ["0", "0.6", "many"])
def test_a_rate_that_cannot_be_asked_for(run, files, capsys, rate):
    with pytest.raises(SystemExit) as caught:
        run(*files, "--false-alarms", rate)
    assert caught.value.code == 2
    assert "must be a number from 0.001 to 0.5" in capsys.readouterr().err


def test_a_set_that_cannot_be_written_leaves_no_part_of_it(run, files, tmp_path):
    (tmp_path / "out" / "rehearsal.txt").mkdir(parents=True)
    result = run(*files, "--false-alarms", "0.5", "--out", tmp_path / "out")
    assert result.code == 2
    assert result.err.splitlines()[-1].endswith("Fix: change --out.")
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["rehearsal.txt"]

import json

import pytest

from skewgate import decision
from skewgate.core.results import MetricResult, Status
from skewgate.decision.policy import Policy
from skewgate.report import rendering
from skewgate.report.report import Report


def write(folder, value, *, kind="drift", **current):
    status = Status.FAIL if value > 0.1 else Status.PASS
    results = [
        MetricResult("fare", "", "ks", status, f"ks is {value}", value, value, value, 0.0, 0.1),
        MetricResult("tips", "", "ks", Status.PASS, "fine", 0.01, 0.01, 0.01, 0.0, 0.1),
    ]
    made = Report(kind, decision.decide(results, Policy()), current=current)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "report.json").write_text(rendering.render_json(made), encoding="utf-8")
    return folder


@pytest.fixture
def runs(tmp_path):
    for i, value in enumerate([0.02, 0.03, 0.15, 0.3]):
        write(tmp_path / "runs" / f"w{i + 8}", value)
    (tmp_path / "runs" / "empty").mkdir()
    return tmp_path / "runs"


def test_one_report_is_rendered_again_in_its_place(run, tmp_path):
    folder = write(tmp_path / "run", 0.25)
    result = run("report", folder)
    assert result.code == 0
    assert (folder / "report.html").read_text().startswith("<!DOCTYPE html>")
    assert "FAIL: 1 of 2 features drifted. Start with fare: " in result.out
    assert result.out.splitlines()[-1] == f"Report: {folder / 'report.html'}"


def test_one_report_goes_where_out_says(run, tmp_path):
    folder = write(tmp_path / "run", 0.25)
    result = run("report", folder, "--out", tmp_path / "new" / "page.html")
    assert result.code == 0
    assert (tmp_path / "new" / "page.html").exists()
    assert not (folder / "report.html").exists()


def test_one_report_as_json_writes_nothing(run, tmp_path):
    folder = write(tmp_path / "run", 0.25)
    result = run("report", folder, "--json")
    assert result.out == (folder / "report.json").read_text()
    assert [path.name for path in folder.iterdir()] == ["report.json"]


def test_a_folder_of_reports_is_a_table_over_time(run, runs):
    result = run("report", runs)
    assert result.code == 0
    assert result.out.splitlines() == [
        "drift in 4 windows: w8 to w11",
        "",
        "feature  windows  first alarm",
        "fare     ..FF     w10: ks 0.15, limit 0.1",
        "tips     ....",
        "F fail, ? inconclusive, . pass, blank: not checked",
        "",
        "In 4 windows from w8 to w11, the first alarm was in w10 (fare, ks 0.15, limit 0.1). From "
        "then on 2 of 2 windows failed, including the latest. Start with fare, which failed in 2.",
    ]


def test_folders_may_be_named_one_by_one_and_twice(run, runs):
    named = run("report", runs / "w9", runs / "w8", runs / "w8", "--json")
    assert [window["name"] for window in json.loads(named.out)["windows"]] == ["w8", "w9"]


def test_the_page_over_time_is_written(run, runs, tmp_path):
    result = run("report", runs, "--out", tmp_path / "time.html")
    assert "reports over time" in (tmp_path / "time.html").read_text()
    assert result.out.splitlines()[-1] == f"Report: {tmp_path / 'time.html'}"


def test_json_is_all_there_is_on_the_output(run, runs, tmp_path):
    result = run("report", runs, "--json", "--out", tmp_path / "time.html")
    assert json.loads(result.out)["first_alarm"] == "w10"
    assert (tmp_path / "time.html").exists()


def test_long_series_show_their_last_windows(run, tmp_path):
    for i in range(70):
        write(tmp_path / f"w{i}", 0.02)
    lines = run("report", tmp_path).out.splitlines()
    assert lines[0] == "drift in 70 windows, the last 60 of them: w10 to w69"
    assert lines[3].split() == ["fare", "." * 60]


def test_letters_have_a_colour_on_a_terminal_unless_it_is_refused(run, runs, monkeypatch):
    monkeypatch.setattr("skewgate.cli.console.has_colours", lambda out: True)
    assert "\x1b[31mF\x1b[0m" in run("report", runs).out
    monkeypatch.undo()
    assert "\x1b" not in run("report", runs).out


# Bad input is one sentence.


def test_a_folder_without_a_report_is_named(refused_report, tmp_path):
    (tmp_path / "empty").mkdir()
    assert refused_report(tmp_path / "empty") == (
        f"{tmp_path / 'empty'}: holds no report.json, and none of the folders in it does. Fix: "
        "give the folder of a report, such as --out of `skewgate drift`."
    )


def test_a_folder_that_is_not_there_is_named(refused_report, tmp_path):
    assert refused_report(tmp_path / "none") == (
        f"{tmp_path / 'none'}: no such folder. Fix: give the folder that holds report.json."
    )


def test_a_file_is_no_folder(refused_report, tmp_path):
    folder = write(tmp_path / "run", 0.25)
    assert "is a file, not a folder" in refused_report(folder / "report.json")


def test_kinds_are_not_mixed(refused_report, runs):
    write(runs / "x", 0.02, kind="skew")
    assert "x: holds a skew report, and " in refused_report(runs)


def test_a_report_of_another_version_is_named(refused_report, runs):
    content = json.loads((runs / "w9" / "report.json").read_text())
    (runs / "w9" / "report.json").write_text(json.dumps({**content, "schema_version": 9}))
    assert "has schema_version 9, this skewgate reads 1" in refused_report(runs)


def test_a_page_that_cannot_be_written_is_named(refused_report, runs, tmp_path):
    (tmp_path / "folder").mkdir()
    told = refused_report(runs, "--out", tmp_path / "folder")
    assert told.startswith(f"{tmp_path / 'folder'}: cannot be written: ")


@pytest.fixture
def refused_report(run):
    def refused(*arguments):
        result = run("report", *arguments)
        assert (result.code, result.out) == (2, "")
        assert result.err.startswith("skewgate: ")
        assert result.err.count("\n") == 1
        return result.err.removeprefix("skewgate: ").rstrip("\n")

    return refused

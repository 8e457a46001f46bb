import html
import re
import subprocess
import sys

import pyarrow.parquet
import pytest

import skewgate
from skewgate.cli.main import main
from skewgate.core.errors import InputError


@pytest.fixture(scope="module")
def report(baseline, risen):
    return skewgate.compare(baseline, risen)


def test_a_report_shows_its_verdict_and_counts(report, baseline, same):
    assert repr(report) == "<skewgate.Report: fail, 5 pass, 1 fail, 0 inconclusive>"
    assert repr(skewgate.compare(baseline, same)).startswith("<skewgate.Report: pass, 6 pass")


def test_assert_pass_says_what_failed_and_why(report):
    with pytest.raises(AssertionError) as error:
        report.assert_pass()
    first, line = str(error.value).splitlines()
    assert first == report.headline
    assert line.startswith("  fare: ks is ")


def test_assert_pass_is_silent_where_all_is_well(baseline, same):
    assert skewgate.compare(baseline, same).assert_pass() is None


def test_what_is_inconclusive_does_not_pass(baseline):
    report = skewgate.compare(baseline.slice(0, 4), baseline.slice(4, 4))
    assert report.status == "inconclusive"
    with pytest.raises(AssertionError):
        report.assert_pass()


def test_results_are_a_table(report):
    frame = report.to_frame()
    assert list(frame.columns[:4]) == ["feature", "slice", "metric", "status"]
    (row,) = frame[frame.status == "fail"].to_dict("records")
    (result,) = report.failures
    assert (row["feature"], row["metric"]) == ("fare", "ks")
    assert (row["value"], row["threshold"], row["n_current"]) == (result.value, 0.1, 700)
    assert report.to_arrow().num_rows == len(report.results) == len(frame)


def test_markdown_is_what_the_command_prints(report, baseline, risen, tmp_path, capsys):
    sides = [tmp_path / "baseline.parquet", tmp_path / "risen.parquet"]
    for table, path in zip((baseline, risen), sides, strict=True):
        pyarrow.parquet.write_table(table, path)
    assert main(["drift", *map(str, sides), "--format", "markdown", "--quiet"]) == 1
    printed = capsys.readouterr().out
    told = report.to_markdown()
    assert told.splitlines()[:-1] == printed.splitlines()[:-1]  # the last names sides and run
    assert "### ❌ Drift report: fail" in told


def test_a_saved_report_is_read_again(report, tmp_path):
    page = report.save(tmp_path / "out")
    assert page == tmp_path / "out" / "report.html"
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "metrics.prom",
        "report.html",
        "report.json",
    ]
    for place in (tmp_path / "out", tmp_path / "out" / "report.json"):
        assert skewgate.read_report(place).to_dict() == report.to_dict()


def test_a_folder_that_cannot_be_written_is_one_sentence(report, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot be written: File exists"):
        report.save(tmp_path / "file" / "out")


def test_a_notebook_shows_the_page_apart_from_its_own(report, tmp_path):
    shown = report._repr_html_()
    page, told = re.fullmatch(r'<iframe srcdoc="([^"]*)" [^<>]*>([^<]*)</iframe>', shown).groups()
    assert html.unescape(page) == report.save(tmp_path / "out").read_text("utf-8")
    assert 'sandbox="allow-scripts"' in shown
    assert report.headline in html.unescape(told)  # where frames are not shown


def test_import_loads_nothing_and_the_face_is_listed():
    listed = subprocess.run(
        [
            sys.executable,
            "-c",
            "import sys, skewgate; "
            "print(*(n for n in sys.modules if n.startswith('skewgate')));"
            "print(*dir(skewgate))",
        ],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()
    assert listed[0] == "skewgate"
    assert {"compare", "profile", "merge", "read_report", "Report"} <= set(listed[1].split())


def test_everything_offered_is_there():
    functions = ("compare", "infer_schema", "merge", "profile", "read_report")
    for name in (*functions, "InputError", "Profile", "Report", "Schema"):
        assert getattr(skewgate, name).__name__ == name
    with pytest.raises(AttributeError, match="module 'skewgate' has no attribute 'comparison'"):
        skewgate.comparison  # noqa: B018

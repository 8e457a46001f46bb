import pathlib

import pytest

from skewgate.api import pytest_plugin

pytest_plugins = ["pytester"]
OPTIONS = ("-p", "no:skewgate", "-p", "skewgate.api.pytest_plugin", "-p", "no:cacheprovider")
SUITE = """
import pyarrow as pa
import pytest

BEFORE = pa.table({"x": list(range(1_000))})

def test_same(skewgate):
    skewgate.compare(BEFORE, BEFORE).assert_pass()

@pytest.mark.parametrize("shift", [150, "far/away"])
def test_moved(skewgate, shift):
    by = 750 if shift == 150 else 9_000
    moved = pa.table({"x": [value + by for value in range(1_000)]})
    assert skewgate.merge([skewgate.profile(BEFORE), skewgate.profile(moved)]).rows == 2_000
    skewgate.compare(BEFORE, BEFORE).assert_pass()
    skewgate.compare(BEFORE, moved).assert_pass()
"""


@pytest.fixture
def suite(pytester):
    pytester.makepyfile(test_drift=SUITE)
    return pytester


def test_a_comparison_passes_or_fails_a_test_and_its_reports_are_kept(suite):
    result = suite.runpytest_inprocess(*OPTIONS)
    result.assert_outcomes(passed=1, failed=2)
    kept = sorted(path.parent for path in suite.path.rglob("report.html"))
    assert all(path.parents[1] == suite.path / "skewgate-reports" for path in kept)
    assert [(path.parent.name.rpartition("-")[0], path.name) for path in kept] == [
        ("test_drift.py-test_moved-150", "1"),
        ("test_drift.py-test_moved-150", "2"),
        ("test_drift.py-test_moved-far-away", "1"),
        ("test_drift.py-test_moved-far-away", "2"),
        ("test_drift.py-test_same", "1"),
    ]


def test_a_failure_tells_what_drifted_and_where_the_page_is(suite):
    result = suite.runpytest_inprocess(*OPTIONS, "-k", "150")
    (page,) = suite.path.rglob("2/report.html")
    result.stdout.fnmatch_lines(["*AssertionError: 1 of 1 feature drifted*", f"*report: {page}"])


def test_the_folder_is_an_option(suite, tmp_path):
    suite.runpytest_inprocess(*OPTIONS, "-k", "same", "--skewgate-reports", str(tmp_path / "out"))
    assert list((tmp_path / "out").rglob("report.json"))
    assert not (suite.path / "skewgate-reports").exists()


def test_tests_of_one_plain_name_have_folders_of_their_own():
    names = {pytest_plugin._name(f"tests/test_x.py::test_a[{each}]") for each in ("a/b", "a:b")}
    assert len(names) == 2
    assert all(len(pathlib.PurePath(name).name) < 120 for name in names)

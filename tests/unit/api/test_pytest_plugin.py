import subprocess
import sys

import pytest

from skewgate.api import comparing, inferring, profiling, pytest_plugin

LOADED = (comparing, inferring, profiling)
"""Pytest forgets what a run within this process loads first: these are there before."""
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


@pytest.mark.parametrize(
    "pair",
    [("a/b", "a:b"), ("..", "../.."), ("x" * 300, "x" * 301), ("東" * 90, "京" * 90), ("\0", "\n")],
    ids=["signs", "dots", "long", "wide", "control"],
)
def test_hostile_parameters_have_folders_of_their_own(pair, tmp_path):
    names = {pytest_plugin._name(f"tests/test_x.py::test_a[{each}]") for each in (*pair, "\ud800")}
    assert len(names) == 3
    for name in names:
        (tmp_path / name).mkdir()
    assert {path.name for path in tmp_path.iterdir()} == names


def test_reports_of_an_earlier_run_are_gone(suite):
    suite.runpytest_inprocess(*OPTIONS, "-k", "150")
    assert len(list(suite.path.rglob("report.html"))) == 2
    suite.makepyfile(test_drift=SUITE.replace("skewgate.compare(BEFORE, moved)", "None", 1))
    suite.runpytest_inprocess(*OPTIONS, "-k", "150")
    assert len(list(suite.path.rglob("report.html"))) == 1


def test_processes_of_xdist_write_the_same_reports(suite):
    pytest.importorskip("xdist")
    result = suite.runpytest_subprocess(*OPTIONS, "-n", "2")
    result.assert_outcomes(passed=1, failed=2)
    assert len(list(suite.path.rglob("report.html"))) == 5


def test_the_fixture_offers_what_python_does(suite):
    suite.makepyfile(
        test_face="""
        import pyarrow as pa

        def test_schema(skewgate):
            table = pa.table({"x": [1, 2, 3]})
            schema = skewgate.infer_schema(table)
            assert schema.features == skewgate.profile(table, schema=schema).features
        """
    )
    suite.runpytest_inprocess(*OPTIONS, "-k", "schema").assert_outcomes(passed=1)


def test_where_it_is_not_used_it_loads_nothing():
    code = (
        "import sys, pytest; before = set(sys.modules); import skewgate.api.pytest_plugin;"
        "print(*sorted(set(sys.modules) - before))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert {each for each in loaded if each.startswith("skewgate")} == {
        "skewgate",
        "skewgate.api",
        "skewgate.api.pytest_plugin",
    }
    assert not {"numpy", "pyarrow", "pydantic", "google.protobuf"} & loaded

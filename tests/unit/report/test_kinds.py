"""Everything that depends on the kind of a report follows from one record."""

import json
import pathlib
import subprocess
import sys

import pytest

import skewgate
from skewgate import decision
from skewgate.core.results import MetricResult, Status
from skewgate.decision.policy import BasicPolicy
from skewgate.report import kinds, rendering
from skewgate.report.charts import of_report
from skewgate.report.report import Report

ROOT = pathlib.Path(__file__).parents[3]
FAILED = MetricResult("fare", "", "ks", Status.FAIL, "far", 0.3, 0.2, 0.4, 0.0, 0.1, 0.01, 0.02)
PASSED = MetricResult("fare", "", "ks", Status.PASS, "near", 0.01, 0.0, 0.02, 0.0, 0.1, 0.5, 0.9)
every_kind = pytest.mark.parametrize("kind", kinds.KINDS.values(), ids=lambda kind: kind.name)


@pytest.mark.parametrize("field", ["name", "title", "artifact_type", "made_by"])
def test_no_two_kinds_share_a_name(field):
    values = [getattr(kind, field) for kind in kinds.KINDS.values()]
    assert len(set(values)) == len(values)


def test_the_schema_of_reports_knows_the_kinds():
    path = ROOT / "skewgate" / "report" / "report.schema.json"
    schema = json.loads(path.read_text(encoding="utf-8"))
    assert schema["properties"]["kind"]["enum"] == list(kinds.KINDS)


@every_kind
@pytest.mark.parametrize("result", [FAILED, PASSED], ids=["fail", "pass"])
def test_a_kind_has_a_page_and_a_headline(kind, result):
    report = Report(kind.name, decision.decide([result], BasicPolicy()))
    assert f"<h1>skewgate: {kind.title}</h1>" in rendering.render_html(report)
    assert report.headline().endswith(".")


@every_kind
def test_a_kind_whose_headline_counts_features_says_what_its_pass_means(kind):
    assert bool(kind.failed_features) == bool(kind.passed)
    assert kind.about_features or not kind.failed_features


@every_kind
def test_the_charts_of_a_kind_are_drawn_from_its_results_and_details(kind):
    if kind.charts:
        assert getattr(of_report, kind.charts)([PASSED], {}) is not None


def test_only_the_gate_takes_part_in_no_gate():
    assert [kind.name for kind in kinds.KINDS.values() if kind.joins_reports] == ["decision"]


@every_kind
def test_a_kind_is_documented(kind):
    concepts = (ROOT / "docs" / "concepts.md").read_text(encoding="utf-8")
    assert f"| `skewgate.{kind.artifact_type}` | {kind.made_by} |" in concepts
    if kind.gate_input:
        gate = (ROOT / "components" / "quality_gate" / "README.md").read_text(encoding="utf-8")
        row = f"| `{kind.gate_input}` | skewgate.{kind.artifact_type}, optional | none | from "
        assert f"{row}{kind.made_by} |" in gate


def test_a_report_of_an_unknown_kind_is_refused():
    with pytest.raises(ValueError, match=r"kind must be one of drift, .*, got 'weather'"):
        Report("weather", decision.decide([PASSED], BasicPolicy()))


def test_the_package_offers_an_artifact_type_for_each_kind():
    types = sorted(kind.artifact_type for kind in kinds.KINDS.values())
    assert skewgate.__all__[-len(types) - 1 :] == [*types, "StateRecord"]
    assert set(skewgate.__all__) <= set(dir(skewgate))


def test_the_types_are_listed_without_loading_anything():
    code = (
        "import sys, skewgate\n"
        "before = set(sys.modules)\n"
        "assert 'DriftReport' in dir(skewgate)\n"
        "print(*sorted(n for n in set(sys.modules) - before if n.startswith('skewgate')))\n"
        "print(*sorted({n.split('.')[0] for n in set(sys.modules) - before}\n"
        "    - sys.stdlib_module_names))"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    ours, loaded = result.stdout.splitlines()
    assert ours == "skewgate.report skewgate.report.kinds"
    assert loaded == "skewgate"

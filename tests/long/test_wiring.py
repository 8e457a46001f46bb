"""Every optional input of every component behind a false condition, and models without content."""

from __future__ import annotations

import pytest
from tfx.orchestration.local import local_dag_runner

from skewgate.core.errors import InputError
from skewgate.pipeline import records
from tests.wired_components import OPTIONAL, make_pipeline

STOP = ("SkewStatisticsGen", "StateLookup", "TabularExampleGen")
"""Components that cannot say that an input is missing but by an error, which stops a pipeline."""


def last(root):
    found = records.last_run(str(root / "metadata.sqlite"), "wired")
    return {record.node: record for record in found if record.node != "There"}


def test_a_producer_that_cond_skips_opens_nothing_whatever_is_connected(tmp_path):
    cases = [case for case in OPTIONAL if case[0] not in STOP]
    local_dag_runner.LocalDagRunner().run(make_pipeline(cases, tmp_path))
    ran = last(tmp_path)
    assert {node: record.state for node, record in ran.items()} == {
        "-".join(case): "COMPLETE" for case in cases
    }
    reports = [report for record in ran.values() for report in record.reports]
    judges = ("Evaluator", "Gate", "Validator")
    assert len(reports) == sum(name.endswith(judges) for name, _ in cases)
    assert not any(report.blessed for report in reports)
    assert not (tmp_path / "serving").exists()
    assert not (tmp_path / "state").exists()


@pytest.mark.parametrize(("name", "key"), [case for case in OPTIONAL if case[0] in STOP])
def test_a_component_that_publishes_no_verdict_stops_the_pipeline(tmp_path, name, key):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "rows.csv").write_text("fare\n1.5\n")
    with pytest.raises(InputError, match=f"^{name}: {key} is connected and brought nothing"):
        local_dag_runner.LocalDagRunner().run(make_pipeline([(name, key)], tmp_path))
    assert last(tmp_path)[f"{name}-{key}"].state == "FAILED"

from __future__ import annotations

import json
import pathlib

import pytest
from tfx import types
from tfx.types import standard_artifacts

import skewgate
from skewgate import decision
from skewgate.components.quality_gate import executor
from skewgate.components.quality_gate.component import QualityGate
from skewgate.components.support import artifact_io
from skewgate.core import sealing
from skewgate.core.errors import EXIT_FAIL, EXIT_INCONCLUSIVE, GateShutError, InputError
from skewgate.core.results import MetricResult, Status
from skewgate.decision.policy import Policy
from skewgate.report.report import Report


def make_report(kind, status, feature="fare"):
    result = MetricResult(feature, "", "ks", status, f"{feature} says {status.value}")
    return Report(kind=kind, decision=decision.decide([result], Policy()))


@pytest.fixture
def published(output):
    def make(kind, artifact_type, name, status, feature="fare"):
        artifact = output(artifact_type, name)
        artifact_io.publish(make_report(kind, status, feature), artifact)
        return artifact

    return make


@pytest.fixture
def gate(output):
    def run(inputs, expected, on_failure="raise"):
        artifact = output(skewgate.Decision, "decision")
        executor.Executor().Do(
            inputs,
            {"decision": [artifact]},
            {"expected": json.dumps(expected), "on_failure": on_failure},
        )
        return artifact

    return run


def test_a_failed_report_raises_and_names_culprit_and_report(published, gate):
    bad = published("drift", skewgate.DriftReport, "drift", Status.FAIL, "payment_type")
    good = published("skew", skewgate.SkewReport, "skew", Status.PASS)
    with pytest.raises(GateShutError, match="payment_type says fail") as caught:
        gate(
            {"drift_reports": [bad], "skew_reports": [good]},
            {"drift_reports": 1, "skew_reports": 1},
        )
    assert caught.value.exit_code == EXIT_FAIL
    assert f"{bad.uri}/report.html" in str(caught.value)
    assert good.uri not in str(caught.value)


def test_an_inconclusive_report_raises_with_its_own_exit_code(published, gate):
    unsure = published("drift", skewgate.DriftReport, "drift", Status.INCONCLUSIVE)
    with pytest.raises(GateShutError) as caught:
        gate({"drift_reports": [unsure]}, {"drift_reports": 1})
    assert caught.value.exit_code == EXIT_INCONCLUSIVE


def test_withhold_publishes_a_decision_that_is_not_blessed(published, gate, read_json):
    bad = published("drift", skewgate.DriftReport, "drift", Status.FAIL)
    artifact = gate({"drift_reports": [bad]}, {"drift_reports": 1}, "withhold")
    assert artifact.get_int_custom_property("blessed") == 0
    assert read_json(artifact)["sources"][0]["uri"] == bad.uri


def test_blessed_reports_pass(published, gate, read_json):
    first = published("drift", skewgate.DriftReport, "one", Status.PASS)
    second = published("drift", skewgate.DriftReport, "two", Status.PASS)
    artifact = gate({"drift_reports": [first, second]}, {"drift_reports": 2})
    assert artifact.get_int_custom_property("blessed") == 1
    assert len(read_json(artifact)["sources"]) == 2


def test_a_report_that_is_not_there_shuts_the_gate(published, gate):
    good = published("skew", skewgate.SkewReport, "skew", Status.PASS)
    with pytest.raises(GateShutError, match="a report is missing") as caught:
        gate({"skew_reports": [good]}, {"skew_reports": 1, "drift_reports": 1})
    assert caught.value.exit_code == EXIT_INCONCLUSIVE


def test_a_kind_that_is_there_twice_does_not_stand_for_one_that_is_missing(published, gate):
    twice = [published("skew", skewgate.SkewReport, name, Status.PASS) for name in ("a", "b")]
    with pytest.raises(GateShutError, match="a report is missing"):
        gate({"skew_reports": twice}, {"skew_reports": 1, "drift_reports": 1})


def test_a_report_that_was_changed_opens_nothing(published, gate):
    good = published("drift", skewgate.DriftReport, "drift", Status.PASS)
    path = pathlib.Path(good.uri, "report.json")
    path.write_text(path.read_text().replace('"metric": "ks"', '"metric": "kr"'))
    with pytest.raises(InputError, match=r"report.json: its checksum does not match"):
        gate({"drift_reports": [good]}, {"drift_reports": 1})


def test_a_report_that_says_blessed_as_a_text_opens_nothing(published, gate):
    bad = published("drift", skewgate.DriftReport, "drift", Status.FAIL)
    path = pathlib.Path(bad.uri, "report.json")
    content = sealing.unseal_json(json.loads(path.read_bytes()), "report.json", "")
    path.write_text(json.dumps(sealing.seal_json({**content, "blessed": "false"})))
    with pytest.raises(InputError, match="blessed must be boolean, got 'false'"):
        gate({"drift_reports": [bad]}, {"drift_reports": 1})
    path.write_bytes(b"\xff")
    with pytest.raises(InputError, match=r"report.json: is not UTF-8 text"):
        gate({"drift_reports": [bad]}, {"drift_reports": 1})


def test_a_report_of_another_kind_is_refused(published, gate):
    other = published("skew", skewgate.DriftReport, "drift", Status.PASS)
    with pytest.raises(InputError, match=r"report.json: is a skew report, but .* drift_re"):
        gate({"drift_reports": [other]}, {"drift_reports": 1})


def test_no_report_at_all_shuts_the_gate(gate):
    with pytest.raises(GateShutError, match="a report is missing"):
        gate({}, {"skew_reports": 1})


def test_channels_are_sorted_by_kind_and_joined():
    drift = [types.Channel(type=skewgate.DriftReport) for _ in range(2)]
    gate = QualityGate([*drift, types.Channel(type=skewgate.SkewReport)])
    assert json.loads(gate.spec.exec_properties["expected"]) == {
        "drift_reports": 2,
        "skew_reports": 1,
    }
    assert set(gate.inputs) == {"drift_reports", "skew_reports"}


def test_a_channel_without_a_report_is_refused():
    with pytest.raises(ValueError, match="joins skewgate reports, got a channel of Examples"):
        QualityGate([types.Channel(type=standard_artifacts.Examples)])
    with pytest.raises(ValueError, match="at least one report"):
        QualityGate([])
    with pytest.raises(ValueError, match="on_failure must be one of"):
        QualityGate([types.Channel(type=skewgate.DriftReport)], on_failure="shrug")

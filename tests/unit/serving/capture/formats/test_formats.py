"""Each platform's log of the same calls becomes the same rows."""

from __future__ import annotations

import json
import typing

import pytest

from skewgate.core import yaml_model
from skewgate.serving.capture import running
from skewgate.serving.capture.formats import FORMATS
from skewgate.serving.capture.log import config as config_lib
from tests import capture_logs


def capture(log, tmp_path):
    source, contract = capture_logs.LOGS[log](tmp_path)
    config = yaml_model.parse(config_lib.CaptureConfig, contract, "capture.yaml")
    report = running.run(str(source), config, str(tmp_path / "out"))
    return report, list(capture_logs.captured(tmp_path / "out"))


def test_the_registry_has_what_the_contract_names():
    assert set(FORMATS) == set(typing.get_args(config_lib.FormatName))


@pytest.mark.parametrize("log", capture_logs.LOGS)
def test_the_same_calls_become_the_same_rows(log, tmp_path):
    if log == "prediction_log":
        pytest.importorskip("tensorflow_serving")
    report, rows = capture(log, tmp_path)
    wanted = capture_logs.expected()
    if log == "prediction_log":  # which counts whole seconds, and knows no id
        wanted = [{**row, "time": row["time"].replace(microsecond=0)} for row in wanted]
    else:
        ids = [call.id for call in capture_logs.calls() for _ in call.rows]
        assert [row["request_id"] for row in rows] == ids
    assert [{name: row[name] for name in wanted[0]} for row in rows] == wanted
    assert set(report["lost"].values()) == {0}
    assert report["rows"] == len(wanted)


@pytest.mark.parametrize(
    ("log", "version"),
    [("plain", "3"), ("kserve", "default"), ("azureml", "3"), ("vertex_avro", "456")],
)
def test_rows_know_the_version_of_the_model(log, version, tmp_path):
    report, rows = capture(log, tmp_path)
    assert {row["model_version"] for row in rows} == {version}
    assert report["model_versions"] == {version: len(rows)}


@pytest.mark.parametrize("log", ["plain", "kserve", "sagemaker", "azureml", "vertex_json"])
def test_lines_that_are_no_record_are_counted(log, tmp_path):
    source, contract = capture_logs.LOGS[log](tmp_path)
    path = next(tmp_path.glob("**/*.json*"))
    whole = path.read_bytes()
    path.write_bytes(b'null\n[1]\n{"a": 1}\n\xff\n\n' + whole + whole.splitlines()[0][:40])
    config = yaml_model.parse(config_lib.CaptureConfig, f"{contract}\nmax_rejected: 5", "c")
    report = running.run(str(source), config, str(tmp_path / "out"))
    assert report["lost"]["unreadable"] == 5
    assert report["rows"] == len(capture_logs.expected())
    reasons = [sample["reason"] for sample in report["samples"]]
    assert reasons[0] == "the line is not a JSON object"
    assert reasons[-1] == "the line is cut off"
    assert json.dumps(report["samples"][-1]["line"]) == str(len(whole.splitlines()) + 6)

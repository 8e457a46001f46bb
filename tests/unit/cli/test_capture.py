"""`skewgate capture` on the command line."""

from __future__ import annotations

import json

import pytest

from tests import capture_logs


@pytest.fixture
def log(tmp_path):
    source, contract = capture_logs.kserve(tmp_path)
    config = tmp_path / "capture.yaml"
    config.write_text(f"{contract}\nwindows: {{every: 1h}}\nmax_rejected: 1\n")
    return source, config


def test_it_says_what_was_captured_and_what_was_lost(run, log, tmp_path):
    source, config = log
    with source.open("a") as file:
        file.write("half a line")
    out = tmp_path / "out"
    done = run("capture", str(source), "--config", str(config), "--out", str(out))
    assert done.code == 0
    assert done.out.splitlines() == [
        f"{out}: 24 rows of 25 events in 4 windows, 2026-03-01T22:00Z to 2026-03-02T01:00Z",
        "  unreadable: 1",
    ]


def test_its_report_is_json_too(run, log, tmp_path):
    source, config = log
    words = [str(source), "--config", str(config), "--out", str(tmp_path / "out"), "--json"]
    done = run("capture", *words, "--quiet")
    written = json.loads((tmp_path / "out" / "capture_report.json").read_text())
    assert json.loads(done.out) == written


def test_an_output_folder_is_replaced_only_if_that_is_asked_for(run, log, tmp_path):
    source, config = log
    words = ["capture", str(source), "--config", str(config), "--out", str(tmp_path / "out")]
    assert run(*words).code == 0
    again = run(*words)
    assert again.code == 2
    assert "is not empty" in again.err
    assert run(*words, "--force").code == 0


def test_a_log_of_another_format_is_told(run, log, tmp_path):
    source, config = log
    config.write_text("format: sagemaker")
    done = run("capture", str(source), "--config", str(config), "--out", str(tmp_path / "out"))
    assert done.code == 2
    assert "the line is not a SageMaker capture" in done.err
    assert not (tmp_path / "out").exists()

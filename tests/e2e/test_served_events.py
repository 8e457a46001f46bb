"""What a model server sends to `skewgate collect` becomes the rows of `skewgate capture`."""

from __future__ import annotations

import gzip
import itertools
import json

import pytest

from skewgate.cli.main import main
from tests import capture_logs, collecting

KIND = "org.kubeflow.serving.inference."
CONTRACT = "format: kserve\nmodel: taxi\nwindows: {every: 1h}\n"


def binary(call, part, body):
    """Returns a request in binary mode: attributes in headers, the body as the server saw it."""
    sent = collecting.headers(
        call.id, ce_time=call.stamp, ce_inferenceservicename="taxi", ce_endpoint="default"
    )
    return {**sent, "ce-type": f"{KIND}{part}"}, body


def packed(call, part, body):
    """Returns the same, compressed on its way."""
    sent, body = binary(call, part, body)
    return {**sent, "content-encoding": "gzip"}, gzip.compress(body)


def structured(call, part, body):
    """Returns the same in structured mode."""
    more = {"inferenceservicename": "taxi", "endpoint": "default"}
    event = capture_logs.event(f"{KIND}{part}", call, json.loads(body), **more)
    return {"content-type": "application/cloudevents+json"}, json.dumps(event, indent=1).encode()


def batched(call, part, body):
    """Returns the same as a batch of one event."""
    _, event = structured(call, part, body)
    return {"content-type": "application/cloudevents-batch+json"}, b"[ %s ]" % event


@pytest.mark.parametrize("window", ["1h", "1d"])
def test_rows_that_were_served_are_captured(tmp_path, window):
    modes = itertools.cycle([binary, packed, structured, batched])
    with collecting.collector(tmp_path / "events", "--window", window) as running:
        for call in capture_logs.calls():
            for part, content in (
                ("request", capture_logs.instances(call)),
                ("response", capture_logs.predictions(call)),
            ):
                sent, body = next(modes)(call, part, json.dumps(content).encode())
                for _ in range(1 + (call.id == "1003")):  # a sender that lost an answer repeats it
                    response = running.send(body, sent)
                    assert response.status == 202, response.text
        running.kill()
    with collecting.collector(tmp_path / "events", "--window", window) as running:
        assert running.stop()[0] == 0
    config = tmp_path / "capture.yaml"
    config.write_text(CONTRACT)
    out = tmp_path / "rows"
    words = [str(tmp_path / "events"), "--config", str(config), "--out", str(out), "--quiet"]
    assert main(["capture", *words]) == 0
    rows = list(capture_logs.captured(out))
    names = ("row", "time", "fare", "miles", "company", "prediction")
    assert [{name: row[name] for name in names} for row in rows] == capture_logs.expected()
    assert {row["request_id"] for row in rows} == {call.id for call in capture_logs.calls()}
    report = json.loads((out / "capture_report.json").read_text())
    assert report["duplicates"] == 2
    assert sum(report["lost"].values()) == 0

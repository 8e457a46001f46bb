"""What Prometheus reads."""

import shutil
import subprocess

import pytest
from prometheus_client.parser import text_string_to_metric_families

from skewgate.serving.collector.metrics import Gauges, Metrics
from skewgate.serving.event_types import PARTS

REQUEST = next(iter(PARTS))

GAUGES = Gauges(held_bytes=1, open_bytes=2, free_bytes=3, storing=True, published=4, recovered=5)


@pytest.fixture
def text(build):
    metrics = Metrics()
    metrics.committed([build.event(1, REQUEST), build.event(2, 'made"up')], 0.004)
    metrics.committed([build.event(3, "other")], 7.0)
    for status in (202, 202, 503):
        metrics.responded(status)
    return metrics.text(GAUGES)


def samples(text):
    return {
        (sample.name.removeprefix("skewgate_collect_"), *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_events_and_responses_are_counted(text):
    found = samples(text)
    assert found["events_total", REQUEST] == 1
    assert found["events_total", "other"] == 2
    assert (found["responses_total", "202"], found["responses_total", "503"]) == (2, 1)
    assert found["commit_seconds_bucket", "0.0025"] == 0
    assert found["commit_seconds_bucket", "0.005"] == 1
    assert found["commit_seconds_bucket", "+Inf"] == found[("commit_seconds_count",)] == 2
    assert (found[("free_bytes",)], found[("storing",)]) == (3, 1)


def test_a_disk_that_cannot_be_asked_has_no_room_to_tell():
    gauges = Gauges(
        held_bytes=0, open_bytes=0, free_bytes=None, storing=False, published=0, recovered=0
    )
    assert ("free_bytes",) not in samples(Metrics().text(gauges))


@pytest.mark.skipif(shutil.which("promtool") is None, reason="needs promtool (Debian: prometheus)")
def test_prometheus_finds_nothing_to_complain_of(text):
    found = subprocess.run(
        ["promtool", "check", "metrics"], input=text, capture_output=True, text=True, check=False
    )
    assert (found.returncode, found.stderr) == (0, "")

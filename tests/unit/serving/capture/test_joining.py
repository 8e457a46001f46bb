"""Ids that stand for more than one call are lost, and said to be; copies are not."""

from __future__ import annotations

import json

import pyarrow.parquet
import pytest

from skewgate.core.errors import InputError
from skewgate.serving.capture import running
from skewgate.serving.capture.log.config import CaptureConfig


def call(fares, *, version="1", number="r1"):
    return {
        "id": number,
        "time": 1_772_366_400,
        "model_version": version,
        "request": {"instances": [{"fare": fare} for fare in fares]},
        "response": {"predictions": [0.5] * len(fares)},
    }


@pytest.fixture
def capture(tmp_path):
    def run(*records):
        path = tmp_path / "log.jsonl"
        path.write_text("".join(f"{json.dumps(record)}\n" for record in records))
        config = CaptureConfig(format="jsonl", max_rejected="100%")
        report = running.run(str(path), config, str(tmp_path / "out"), force=True)
        table = pyarrow.parquet.read_table(tmp_path / "out" / report["windows"][0]["file"])
        return report, table.column("request_id").to_pylist()

    return run


OTHER = call([9], number="r2")


def test_a_copy_is_no_loss(capture):
    report, ids = capture(call([1, 2]), call([1, 2]), OTHER)
    assert ids == ["r1", "r1", "r2"]
    assert (report["duplicates"], sum(report["lost"].values())) == (2, 0)


@pytest.mark.parametrize(
    "second",
    [
        pytest.param(call([1, 3]), id="another value"),
        pytest.param(call([1, 2, 3]), id="the same rows and one more"),
        pytest.param(call([1]), id="some of the rows"),
        pytest.param(call([1, 2], version="2"), id="another version that agrees"),
    ],
)
def test_events_of_one_id_that_differ_are_all_lost(capture, second):
    for records in ([call([1, 2]), second], [second, call([1, 2])], [call([1, 2])] * 2 + [second]):
        report, ids = capture(*records, OTHER)
        assert ids == ["r2"]
        assert report["lost"]["id_used_twice"] == 1


def test_a_log_of_which_nothing_is_left_says_why(capture):
    with pytest.raises(
        InputError, match=r"holds no rows to write: of 4 events, 1: different requests"
    ):
        capture(call([1]), call([2]))

"""A log becomes rows by window, and whatever is lost is counted."""

from __future__ import annotations

import gzip
import json
import random

import pyarrow.parquet
import pytest

from skewgate.core import yaml_model
from skewgate.core.errors import InputError
from skewgate.serving.capture import running, spill
from skewgate.serving.capture.log.config import CaptureConfig
from tests import capture_logs

NOON = 1_772_366_400  # 2026-03-01T12:00Z


def line(number, *, at=0, rows=1, **more):
    return {
        "id": f"r{number}",
        "time": NOON + at,
        "request": {"instances": [{"fare": number + row / 2} for row in range(rows)]},
        "response": {"predictions": [number / 4] * rows},
        **more,
    }


def request(number, **more):
    return {key: value for key, value in line(number, **more).items() if key != "response"}


def response(number, **more):
    return {key: value for key, value in line(number, **more).items() if key != "request"}


@pytest.fixture
def capture(tmp_path):
    def run(records, contract="", *, lines=b"", **more):
        path = tmp_path / "log.jsonl"
        capture_logs.write_lines(path, records)
        path.write_bytes(path.read_bytes() + lines)
        config = yaml_model.parse(CaptureConfig, f"format: jsonl\n{contract}", "capture.yaml")
        report = running.run(str(path), config, str(tmp_path / "out"), force=True, **more)
        return report, list(capture_logs.captured(tmp_path / "out"))

    run.out = tmp_path / "out"
    return run


def lost(report):
    return {cause: count for cause, count in report["lost"].items() if count}


def test_request_and_prediction_stand_in_one_row(capture):
    report, rows = capture([line(1, rows=2), line(2, at=1)])
    assert [(r["request_id"], r["row"], r["fare"], r["prediction"]) for r in rows] == [
        ("r1", 0, 1.0, 0.25),
        ("r1", 1, 1.5, 0.25),
        ("r2", 0, 2.0, 0.5),
    ]
    assert (report["rows"], report["events"], lost(report)) == (3, 4, {})


def test_rows_are_cut_into_windows_of_the_zone(capture):
    contract = "windows: {every: 1d, zone: Asia/Tokyo}"
    report, _ = capture([line(n, at=n * 3600) for n in range(6)], contract)
    assert [(w["window"], w["rows"]) for w in report["windows"]] == [
        ("2026-03-01", 3),
        ("2026-03-02", 3),
    ]
    assert report["windows"][1]["start"] == "2026-03-01T15:00:00.000000Z"
    assert sorted(path.name for path in capture.out.iterdir()) == [
        "2026-03-01.parquet",
        "2026-03-02.parquet",
        "capture_report.json",
    ]


def test_responses_may_come_in_any_order_and_copies_count_once(capture):
    records = [response(2, at=9), request(1), request(2, at=1), response(1, at=2), request(1)]
    report, rows = capture(records)
    assert [row["request_id"] for row in rows] == ["r1", "r2"]
    assert (report["duplicates"], report["out_of_order"]) == (1, 4)


def test_a_response_from_a_clock_that_is_behind_is_joined_and_counted(capture):
    report, rows = capture([request(1, at=60), response(1, at=0)])
    assert len(rows) == 1
    assert report["response_before_request"] == 1


@pytest.mark.parametrize(
    ("records", "cause"),
    [
        ([{**line(1), "id": None}], "no_id"),
        ([{**request(1), "time": "noon"}], "no_time"),
        ([{**request(1), "request": {"instances": [[1]]}}], "not_understood"),
        ([request(1), {**request(1), "request": {"instances": [{"fare": 9}]}}], "id_used_twice"),
        ([request(1, rows=2), response(1)], "other_count"),
        ([request(1)], "without_response"),
        ([response(1)], "without_request"),
        ([request(1), response(1, at=3601)], "late"),
    ],
)
def test_what_is_lost_is_counted_by_its_cause_and_shown(records, cause, capture):
    good = [line(8, at=9_000), line(9, at=9_001)]
    report, rows = capture([*records, *good], "max_rejected: 2")
    assert [row["request_id"] for row in rows] == ["r8", "r9"]
    assert set(lost(report)) == {cause}
    assert {sample["cause"] for sample in report["samples"]} == {cause}
    assert report["samples"][0]["line"] == 1


def test_more_than_may_be_lost_is_an_error_and_nothing_is_written(capture):
    records = [request(1), request(2), line(3, at=9_000)]
    with pytest.raises(InputError, match="a request has no response; 1 of 4 events") as refused:
        capture(records)
    assert "max_rejected allows 0" in str(refused.value)
    with pytest.raises(InputError, match="max_rejected allows 49%"):
        capture(records, "max_rejected: 49%")
    assert not capture.out.exists()
    assert lost(capture(records, "max_rejected: 50%")[0]) == {"without_response": 2}


def test_requests_of_the_last_moments_may_get_their_response_yet(capture):
    report, rows = capture([line(1), request(2, at=1)])
    assert (len(rows), report["open"], lost(report)) == (1, 1, {})


def test_requests_without_response_may_be_kept(capture):
    report, rows = capture([request(1), line(2, at=9_000)], "without_response: keep")
    assert [(row["request_id"], row["prediction"]) for row in rows] == [("r1", None), ("r2", 0.5)]
    assert (report["kept_without_response"], lost(report)) == (1, {})


def test_a_line_that_is_cut_off_at_the_end_is_one_lost_event(capture):
    report, rows = capture([line(1)], "max_rejected: 1", lines=b'{"id": "r2", "ti')
    assert (len(rows), lost(report)) == (1, {"unreadable": 1})
    assert report["samples"][0]["reason"] == "the line is cut off"


def test_lines_that_are_no_json_cost_no_line_beside_them(capture):
    records = [line(n, at=n) for n in range(3_000)]
    report, rows = capture(records, "max_rejected: 1", lines=b"x\n")
    assert (len(rows), lost(report)) == (3_000, {"unreadable": 1})
    assert report["samples"][0]["line"] == 3_001


def test_two_models_in_a_log_have_to_be_told_apart(capture):
    records = [line(1, model="a"), line(2, model="b")]
    with pytest.raises(InputError, match="events of the model 'a' and the model 'b'"):
        capture(records)
    report, rows = capture(records, "model: b")
    assert ([row["request_id"] for row in rows], report["other_models"]) == (["r2"], 2)


def test_versions_of_a_model_are_counted(capture):
    report, _ = capture([line(1, model_version=3), line(2, model_version=4, rows=2)])
    assert report["model_versions"] == {"3": 1, "4": 2}


def test_a_sample_takes_whole_requests_the_same_each_time(capture):
    records = [part(n, at=n, rows=2) for n in range(400) for part in (request, response)]
    report, rows = capture(records, "sample: 0.25")
    assert 140 < len(rows) < 260
    assert report["sampled_out"] == 800 - len(rows)
    assert lost(report) == {}
    assert capture(records[::-1], "sample: 0.25")[1] == rows


def test_columns_are_changed_before_anything_is_written(capture, monkeypatch):
    monkeypatch.setenv("SKEWGATE_HASH_KEY", "0123456789abcdef")
    records = [line(n, at=n) for n in range(4)]
    for number, record in enumerate(records):
        record["request"]["instances"][0] |= {
            "ssn": "123-45",
            "user": f"u{number % 2}",
            "zip": "60601",
            "age": 10 + 7 * number,
        }
    contract = (
        "columns: {drop: [ssn], hash: [user, request_id], "
        "generalise: {zip: {letters: 3}, age: {step: 10}}}"
    )
    _, rows = capture(records, contract)
    assert "ssn" not in rows[0]
    assert [row["zip"] for row in rows] == ["606"] * 4
    assert [row["age"] for row in rows] == [10, 10, 20, 30]
    assert rows[0]["user"] == rows[2]["user"] != rows[1]["user"]
    assert len({row["request_id"] for row in rows}) == 4
    assert not any("r1" in str(row["request_id"]) for row in rows)


def test_hashing_without_a_key_is_refused(capture, monkeypatch):
    monkeypatch.delenv("SKEWGATE_HASH_KEY", raising=False)
    with pytest.raises(InputError, match="SKEWGATE_HASH_KEY is not set"):
        capture([line(1)], "columns: {hash: [fare]}")


def test_rows_that_do_not_fit_into_memory_go_through_files(capture, monkeypatch):
    records = [part(n, at=n, rows=n % 3 + 1) for n in range(300) for part in (request, response)]
    random.Random(1).shuffle(records)
    held = capture(records)
    monkeypatch.setattr(spill, "PART_BYTES", 1_000)
    spilled = capture(records, budget=2_000)
    assert spilled == held
    assert [path.name for path in capture.out.parent.iterdir() if "tmp" in path.name] == []


def test_a_column_of_numbers_and_text_is_told(capture):
    records = [line(1), {**line(2), "request": {"instances": [{"fare": "free"}]}}]
    with pytest.raises(InputError, match="column fare") as refused:
        capture(records)
    assert "features: {fare: text}" in str(refused.value)
    _, rows = capture(records, "features: {fare: text}")
    assert [row["fare"] for row in rows] == ["1.0", "free"]


def test_a_packed_log_that_is_cut_off_is_an_error(tmp_path):
    path = tmp_path / "log.jsonl.gz"
    packed = gzip.compress("".join(f"{json.dumps(line(n))}\n" for n in range(999)).encode())
    config = CaptureConfig(format="jsonl")
    path.write_bytes(packed)
    assert running.run(str(path), config, str(tmp_path / "out"))["rows"] == 999
    path.write_bytes(packed[:-20])
    with pytest.raises(InputError, match="is not a whole compressed file"):
        running.run(str(path), config, str(tmp_path / "other"))
    assert not (tmp_path / "other").exists()


def test_names_of_features_may_not_be_those_of_the_key(capture):
    record = line(1)
    record["request"]["instances"][0]["row"] = 7
    with pytest.raises(InputError, match="the feature row has the name of another column"):
        capture([record])
    _, rows = capture([record], "key: {index: place}")
    assert (rows[0]["place"], rows[0]["row"]) == (0, 7)


def test_labels_of_feedback_get_a_file(tmp_path):
    call = capture_logs.calls(2)[1]
    kinds = "io.seldon.serving."
    truth = {"truth": {"data": {"ndarray": [[1], [0]]}}}
    records = [
        capture_logs.event(f"{kinds}inference.request", call, capture_logs.instances(call)),
        capture_logs.event(f"{kinds}inference.response", call, capture_logs.predictions(call)),
        capture_logs.event(f"{kinds}feedback", call, truth),
    ]
    path = capture_logs.write_lines(tmp_path / "log.jsonl", records)
    running.run(str(path), CaptureConfig(format="seldon"), str(tmp_path / "out"))
    labels = pyarrow.parquet.read_table(tmp_path / "out" / "labels.parquet").to_pylist()
    assert [(row["request_id"], row["row"], row["label"]) for row in labels] == [
        (call.id, 0, 1),
        (call.id, 1, 0),
    ]


@pytest.mark.parametrize("name", ["other.txt", "rows.parquet"])
def test_a_folder_of_something_else_is_not_replaced(name, tmp_path, capture):
    capture.out.mkdir()
    (capture.out / name).write_text("mine")
    with pytest.raises(InputError, match="would be lost"):
        capture([line(1)])
    assert (capture.out / name).read_text() == "mine"


def test_clocks_that_jump_over_too_many_windows_are_told(capture):
    records = [line(n, at=n * 7_200) for n in range(501)]
    with pytest.raises(InputError, match="rows in more than 500 windows of 1h"):
        capture(records, "windows: {every: 1h}")


@pytest.mark.parametrize("log", ["plain", "kserve", "sagemaker", "blobs_json", "vertex_json"])
def test_spoilt_logs_are_counted_or_refused_in_a_sentence(log, tmp_path):
    source, contract = capture_logs.LOGS[log](tmp_path)
    config = yaml_model.parse(CaptureConfig, f"{contract}\nmax_rejected: 100%", "capture.yaml")
    path = sorted(tmp_path.glob("*.json*"))[0]
    whole, rng = path.read_bytes(), random.Random(9)
    for number in range(60):
        spoilt = bytearray(whole)
        for _ in range(rng.randrange(1, 9)):
            at = rng.randrange(len(spoilt))
            if rng.random() < 0.3:
                del spoilt[at : at + rng.randrange(1, 300)]
            else:
                spoilt[at] = rng.choice(b'{}[]",:0-eE\\\n\x00\xff') if rng.random() < 0.9 else 7
        path.write_bytes(spoilt or b"\n")
        out = tmp_path / f"out-{number}"
        try:
            report = running.run(str(source), config, str(out))
        except InputError:
            assert not out.exists()
        else:
            assert report["rows"] == len(list(capture_logs.captured(out)))

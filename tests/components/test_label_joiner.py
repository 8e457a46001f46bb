"""The component on real files and real Beam, with pandas as the oracle."""

from __future__ import annotations

import gzip
import json
import os
import pathlib

import jsonschema
import numpy as np
import pandas as pd
import pytest
import tensorflow as tf
from tfx import types
from tfx.dsl.components.base import base_beam_executor
from tfx.types import artifact_utils, standard_artifacts

import skewgate
from skewgate.checks.labels import coverage
from skewgate.checks.labels.config import LabelConfig
from skewgate.components import artifact_types
from skewgate.components.label_joiner.component import LabelJoiner
from skewgate.components.label_joiner.executor import Executor
from skewgate.components.quality_gate.component import QualityGate
from skewgate.components.support import tfrecords
from skewgate.core.errors import InputError
from skewgate.report import report as report_lib

HOUR, DAY = 3_600, 86_400
MARCH = 1_456_790_400  # 2016-03-01T00:00Z

BASE = {
    "key": ["trip_id"],
    "labels": ["big_tipper"],
    "prediction_time": "start",
    "label_time": "arrived_at",
    "horizon": "72h",
}


def example(row):
    """Encodes a row as TabularExampleGen does; an empty list is what CsvExampleGen writes."""
    message = tf.train.Example()
    for name, value in row.items():
        feature = message.features.feature[name]
        if value is None:
            continue
        values = value if isinstance(value, list) else [value]
        if not values:
            (feature.float_list if name == "tips" else feature.int64_list).SetInParent()
        elif isinstance(values[0], str | bytes):
            feature.bytes_list.value.extend(v.encode() if isinstance(v, str) else v for v in values)
        elif isinstance(values[0], float):
            feature.float_list.value.extend(values)
        else:
            feature.int64_list.value.extend(values)
    return message.SerializeToString()


def decode(record):
    row = {}
    for name, feature in tf.train.Example.FromString(record).features.feature.items():
        kind = feature.WhichOneof("kind")
        row[name] = list(getattr(feature, kind).value) if kind else None
    return row


@pytest.fixture
def examples(tmp_path):
    def make(name, rows, counted=True, shards=2, split=None):
        artifact = standard_artifacts.Examples()
        artifact.uri = str(tmp_path / name)
        split = split or name
        artifact.split_names = artifact_utils.encode_split_names([split])
        artifact.set_string_custom_property("payload_format", "FORMAT_TF_EXAMPLE")
        artifact.set_string_custom_property("file_format", "tfrecords_gzip")
        if counted:
            artifact.set_int_custom_property(f"rows_{split}", len(rows))
        folder = pathlib.Path(artifact_utils.get_split_uri([artifact], split))
        folder.mkdir(parents=True)
        for shard in range(shards):
            part = rows[shard::shards]
            with tf.io.TFRecordWriter(str(folder / f"data-{shard}.gz"), "GZIP") as writer:
                for row in part:
                    writer.write(row if isinstance(row, bytes) else example(row))
        return artifact

    return make


@pytest.fixture
def join(output, tmp_path, read_json):
    """Runs the executor; returns the joined rows, the report and the Examples artifact."""

    context = base_beam_executor.BaseBeamExecutor.Context(
        # With an image for the workers TFX does not pack itself up for them first.
        beam_pipeline_args=["--runner=DirectRunner", "--sdk_container_image=none"],
        tmp_dir=str(tmp_path / "tmp"),
        unique_id="1",
    )

    def run(predictions, arrived, number="1", **config):
        joined = output(standard_artifacts.Examples, f"examples-{number}")
        found = output(artifact_types.LabelReport, f"report-{number}")
        Executor(context).Do(
            {"predictions": [predictions], "labels": [arrived]},
            {"examples": [joined], "label_report": [found]},
            {"config": json.dumps({**BASE, **config}), "split": None, "label_split": None},
        )
        (split,) = artifact_utils.decode_split_names(joined.split_names)
        folder = artifact_utils.get_split_uri([joined], split)
        rows = [
            decode(record)
            for name in sorted(os.listdir(folder))
            for record in tfrecords.read_records(os.path.join(folder, name))
        ]
        assert os.listdir(joined.uri) == [f"Split-{split}"]
        assert joined.get_int_custom_property(f"rows_{split}") == len(rows)
        assert joined.get_int_custom_property("rows_read") == len(rows)
        report = read_json(found)
        schema = json.loads(
            (pathlib.Path(skewgate.__file__).parent / "report" / "report.schema.json").read_text()
        )
        jsonschema.validate(report, schema)
        return rows, report, joined

    return run


def prediction(trip, hours, **more):
    return {"trip_id": trip, "start": MARCH + int(hours * HOUR), "miles": 1.5, **more}


def label(trip, hours, value, **more):
    return {"trip_id": trip, "arrived_at": MARCH + int(hours * HOUR), "big_tipper": value, **more}


def by_trip(rows, feature="big_tipper"):
    return {row["trip_id"][0].decode(): row.get(feature) for row in rows}


def results(report):
    return {each["slice"]: each for each in report["results"]}


def test_a_prediction_gets_its_label_and_its_window_and_keeps_everything_it_had(examples, join):
    predictions = examples(
        "serving",
        [
            prediction("a", 1, tags=["x", "y"], empty=[], nothing=None),
            prediction("b", 30, note=b"\xff\x00"),
        ],
    )
    labels = examples("labels", [label("a", 5, 1)], shards=1)
    rows, report, joined = join(predictions, labels)
    assert joined.split_names == '["serving"]'
    assert sorted(rows, key=lambda row: row["trip_id"]) == [
        {
            "trip_id": [b"a"],
            "start": [MARCH + HOUR],
            "miles": [1.5],
            "tags": [b"x", b"y"],
            "empty": [],
            "nothing": None,
            "big_tipper": [1],
            "window": [b"2016-03-01"],
        },
        {
            "trip_id": [b"b"],
            "start": [MARCH + 30 * HOUR],
            "miles": [1.5],
            "note": [b"\xff\x00"],
            "window": [b"2016-03-02"],
        },
    ]
    assert report["kind"] == "labels"
    assert report["details"]["labels"]["windows"] == [
        {
            "name": "2016-03-01",
            "start": MARCH,
            "end": MARCH + DAY,
            "predicted": 1,
            "labelled": 1,
            "open": True,
        },
        {
            "name": "2016-03-02",
            "start": MARCH + DAY,
            "end": MARCH + 2 * DAY,
            "predicted": 1,
            "labelled": 0,
            "open": True,
        },
    ]
    assert report["current"]["rows"] == 2
    assert report["baseline"]["rows"] == 1


def test_a_window_without_its_labels_is_open_first_and_low_after_the_horizon(examples, join):
    predictions = examples(
        "serving", [*(prediction(f"a{n}", n) for n in range(4)), prediction("b", 120)]
    )
    labels = examples("labels", [label("a1", 2, 1), label("a3", 4, 0), label("b", 121, 0)])
    for now, cause, end in (
        ("2016-03-04T23:59Z", "open_window", "and labels may come until 2016-03-05T00:00Z"),
        ("2016-03-05T00:00Z", "low_coverage", "and the time for labels is over"),
    ):
        _, report, _ = join(predictions, labels, number=cause, as_of=now)
        first = results(report)["window:2016-03-01"]
        assert (first["status"], first["cause"]) == ("inconclusive", cause)
        assert first["reason"].endswith(end)
        assert (first["value"], first["threshold"], first["n_current"]) == (0.5, 0.8, 4)
        assert not report["blessed"]
    _, report, _ = join(predictions, labels, number="allowed", policy={"on_low_coverage": "allow"})
    assert report["details"]["labels"]["as_of"] == MARCH + 121 * HOUR
    assert (report["status"], report["blessed"]) == ("inconclusive", True)
    assert results(report)["window:2016-03-06"]["status"] == "pass"


def test_labels_that_are_late_orphans_duplicates_or_from_the_future_are_counted(examples, join):
    predictions = examples(
        "serving",
        [
            prediction("twice", 0),
            prediction("late", 0),
            prediction("edge", 0),
            prediction("late after one", 0),
            prediction("future", 90),
            prediction("before", 10),
            prediction("alone", 0),
        ],
    )
    labels = examples(
        "labels",
        [
            label("twice", 5, 1),
            label("twice", 4, 0),
            label("twice", 3, 0),
            label("late", 72.1, 1),
            label("edge", 72, 1),
            label("late after one", 1, 1),
            label("late after one", 99, 0),
            label("future", 100.5, 1),
            label("before", 9, 1),
            label("nobody", 4, 1),
            label("nobody", 4, 1),
            label("", 4, []),
            {"arrived_at": MARCH, "big_tipper": 1, "trip_id": None},
            {"trip_id": "alone", "arrived_at": None, "big_tipper": 1},
        ],
        shards=3,
    )
    rows, report, _ = join(predictions, labels, as_of=MARCH + 100 * HOUR)
    assert by_trip(rows) == {
        "twice": [1],
        "late": None,
        "edge": [1],
        "late after one": [1],
        "future": None,
        "before": [1],
        "alone": None,
    }
    totals = report["details"]["labels"]
    expected = {
        "predictions": 7,
        "labels": 14,
        "joined": 4,
        "used": 4,
        "duplicates": 2,
        "late": 2,
        "orphans": 2,
        "not_yet": 1,
        "before_prediction": 1,
        "labels_without_key": 1,
        "labels_without_value": 1,
        "labels_without_time": 1,
        "predictions_without_key": 0,
        "predictions_without_time": 0,
        "repeated_predictions": 0,
    }
    assert {name: totals[name] for name in expected} == expected


def test_without_times_of_labels_the_last_in_the_files_wins_and_none_is_late(examples, join):
    predictions = examples("serving", [prediction(f"t{n}", n) for n in range(5)])
    rows = [{"trip_id": f"t{n % 5}", "big_tipper": n} for n in range(100)]
    labels = examples("labels", rows, shards=1)
    found, report, _ = join(predictions, labels, label_time=None, horizon="0h")
    assert by_trip(found) == {f"t{n}": [95 + n] for n in range(5)}
    assert report["details"]["labels"]["duplicates"] == 95
    assert report["details"]["labels"]["late"] == 0


def test_a_key_that_was_predicted_twice_labels_both_rows_each_by_its_own_horizon(examples, join):
    predictions = examples("serving", [prediction("a", 0), prediction("a", 48)])
    labels = examples("labels", [label("a", 3, 1), label("a", 100, 0)])
    rows, report, _ = join(predictions, labels)
    assert {row["start"][0]: row["big_tipper"] for row in rows} == {
        MARCH: [1],
        MARCH + 2 * DAY: [0],
    }
    totals = report["details"]["labels"]
    assert (totals["joined"], totals["repeated_predictions"], totals["used"]) == (2, 1, 2)
    assert (totals["late"], totals["duplicates"]) == (0, 0)


def test_a_label_that_was_there_is_replaced_or_removed_and_counted(examples, join):
    predictions = examples(
        "serving",
        [
            prediction("a", 0, big_tipper=0, window="mine"),
            prediction("b", 0, big_tipper=0),
            prediction("c", 0, big_tipper=[]),
            prediction("d", 0, big_tipper=None),
        ],
    )
    rows, report, _ = join(predictions, examples("labels", [label("a", 1, 1), label("x", 1, 1)]))
    assert by_trip(rows) == {"a": [1], "b": None, "c": None, "d": None}
    assert all("big_tipper" not in row for row in rows if row["trip_id"] != [b"a"])
    assert set(map(tuple, by_trip(rows, "window").values())) == {(b"2016-03-01",)}
    totals = report["details"]["labels"]
    assert (totals["replaced"], totals["removed"], totals["windows_replaced"]) == (1, 1, 1)


def test_several_labels_are_taken_over_together_or_not_at_all(examples, join):
    predictions = examples("serving", [prediction("a", 0), prediction("b", 0)])
    labels = examples(
        "labels",
        [label("a", 1, 1, tips=[2.5, 0.1], kind="cash"), label("b", 1, 1, tips=[], kind="card")],
    )
    rows, report, _ = join(predictions, labels, labels=["big_tipper", "tips", "kind"])
    (first,) = [row for row in rows if row["trip_id"] == [b"a"]]
    assert (first["big_tipper"], first["kind"]) == ([1], [b"cash"])
    assert first["tips"] == np.array([2.5, 0.1], np.float32).tolist()
    (second,) = [row for row in rows if row["trip_id"] == [b"b"]]
    assert second.keys() == {"trip_id", "start", "miles", "window"}
    assert report["details"]["labels"]["labels_without_value"] == 1


@pytest.mark.parametrize(
    ("here", "there", "joined"),
    [(7, 7, 1), (7, 7.0, 1), (0.5, 0.5, 1), (b"\xff", b"\xff", 1), ("7", "7 ", 0)],
)
def test_keys_of_any_type_find_each_other_by_their_value(examples, join, here, there, joined):
    rows, _, _ = join(
        examples("serving", [{"id": here, "day": 3, "start": MARCH}] * 2),
        examples("labels", [{"id": there, "day": 3, "arrived_at": MARCH, "big_tipper": 1}]),
        key=["id", "day"],
    )
    assert [row.get("big_tipper") for row in rows] == [[1] if joined else None] * 2


def test_rows_without_key_or_time_come_out_without_a_label(examples, join):
    predictions = examples(
        "serving",
        [
            *(prediction(f"t{n}", 0) for n in range(3)),
            prediction(None, 0),
            prediction(["t0", "t1"], 0),
            {"trip_id": "t1", "start": None},
            {},
        ],
    )
    labels = examples("labels", [label(f"t{n}", 1, 1) for n in range(3)])
    rows, report, _ = join(predictions, labels, as_of="2016-04-01")
    assert len(rows) == 7
    assert sum("big_tipper" in row for row in rows) == 3
    assert {} in rows
    totals = report["details"]["labels"]
    assert totals["predictions_without_key"] == 3
    assert totals["predictions_without_time"] == 2
    (window,) = totals["windows"]
    assert (window["predicted"], window["labelled"]) == (5, 3)
    doubt = results(report)[""]
    assert (doubt["feature"], doubt["metric"], doubt["value"]) == ("start", "in a window", 5 / 7)
    assert doubt["status"] == "inconclusive"
    assert "cause" not in doubt


def test_empty_label_files_leave_every_row_without_a_label(examples, join):
    predictions = examples("serving", [prediction(f"t{n}", n) for n in range(5)])
    rows, report, _ = join(predictions, examples("labels", []))
    assert len(rows) == 5
    assert results(report)["window:2016-03-01"]["cause"] == "open_window"


def test_no_prediction_at_all_is_inconclusive_and_still_a_readable_split(examples, join):
    predictions = examples("serving", [], counted=False)
    rows, report, joined = join(predictions, examples("labels", [label("a", 0, 1)]))
    assert rows == []
    assert (report["status"], report["blessed"]) == ("inconclusive", False)
    assert report["results"][0]["reason"] == "no prediction row lies in a window"
    assert report["details"]["labels"]["orphans"] == 1
    (path,) = pathlib.Path(joined.uri, "Split-serving").iterdir()
    assert list(tf.data.TFRecordDataset(str(path), "GZIP")) == []


def test_rolling_windows_name_every_window_of_a_row(examples, join):
    predictions = examples("serving", [prediction("a", 6), prediction("b", 5.99)])
    rows, report, _ = join(
        predictions,
        examples("labels", [label("a", 7, 1)]),
        windows={"every": "6h", "length": "12h", "feature": "days"},
    )
    assert by_trip(rows, "days") == {
        "a": [b"2016-03-01T00:00Z", b"2016-03-01T06:00Z"],
        "b": [b"2016-02-29T18:00Z", b"2016-03-01T00:00Z"],
    }
    found = {each["name"]: each for each in report["details"]["labels"]["windows"]}
    middle = found["2016-03-01T00:00Z"]
    assert (middle["predicted"], middle["labelled"]) == (2, 1)
    assert "days:2016-03-01T00:00Z" in results(report)


def test_what_tensorflow_reads_is_what_was_joined(examples, join):
    predictions = examples("serving", [prediction(f"t{n}", n % 40) for n in range(50)])
    labels = examples("labels", [label(f"t{n}", n % 40, n % 2) for n in range(0, 50, 3)])
    rows, _, joined = join(predictions, labels)
    (path,) = pathlib.Path(joined.uri, "Split-serving").iterdir()
    raw = [record.numpy() for record in tf.data.TFRecordDataset(str(path), "GZIP")]
    assert [decode(record) for record in raw] == rows
    parsed = tf.io.parse_example(
        raw,
        {
            "big_tipper": tf.io.FixedLenFeature([], tf.int64, default_value=-1),
            "window": tf.io.FixedLenFeature([], tf.string),
        },
    )
    wanted = [row.get("big_tipper", [-1])[0] for row in rows]
    assert parsed["big_tipper"].numpy().tolist() == wanted
    assert parsed["window"].numpy().tolist() == [row["window"][0] for row in rows]


def test_the_worked_example_of_the_docs(examples, join):
    def at(day, hours):
        return (day - 1) * 24 + hours

    predictions = examples(
        "serving",
        [
            *(prediction("a", at(1, 8)), prediction("b", at(1, 9)), prediction("c", at(1, 20))),
            *(prediction("d", at(1, 23)), prediction("e", at(2, 7)), prediction("f", at(2, 20))),
        ],
    )
    labels = examples(
        "labels",
        [
            *(label("a", at(1, 12), 1), label("a", at(2, 12), 0), label("b", at(4, 9), 1)),
            *(label("c", at(4, 20.5), 1), label("d", at(2, 10), 0), label("e", at(3, 7), 1)),
            *(label("f", at(5, 18), 1), label("x", at(2, 8), 1)),
        ],
    )
    rows, report, _ = join(predictions, labels, min_coverage=0.75, as_of="2016-03-05T12:00Z")
    assert by_trip(rows) == {"a": [0], "b": [1], "c": None, "d": [0], "e": [1], "f": None}
    totals = report["details"]["labels"]
    counts = [totals[name] for name in ("used", "duplicates", "late", "not_yet", "orphans")]
    assert counts == [4, 1, 1, 1, 1]
    first, second = report["results"]
    assert (first["value"], first["status"]) == (0.75, "pass")
    assert (second["value"], second["cause"]) == (0.5, "open_window")
    assert second["reason"].endswith("until 2016-03-06T00:00Z")
    _, report, _ = join(predictions, labels, "2", min_coverage=0.75, as_of="2016-03-06T00:00Z")
    assert report["status"] == "pass"


def oracle(predictions, labels, horizon, as_of):
    """Joins by pandas: of the labels in time the latest, and of these the last."""
    left = predictions.reset_index().rename(columns={"index": "row"})
    known = labels[labels["arrived_at"] <= as_of].reset_index().rename(columns={"index": "place"})
    pairs = left.merge(known, on="trip_id", how="inner")
    pairs = pairs[pairs["arrived_at"] <= pairs["start"] + horizon]
    pairs = pairs.sort_values(["row", "arrived_at", "place"])
    return pairs.groupby("row").last()["big_tipper"]


def test_a_thousand_random_rows_are_joined_as_pandas_joins_them(examples, join):
    random = np.random.default_rng(5)
    predictions = pd.DataFrame(
        {
            "trip_id": random.integers(0, 700, 1_000),
            "start": MARCH + random.integers(0, 5 * DAY, 1_000),
        }
    )
    labels = pd.DataFrame(
        {
            "trip_id": random.integers(200, 900, 1_500),
            "arrived_at": MARCH + random.integers(0, 9 * DAY, 1_500) // HOUR * HOUR,
            "big_tipper": np.arange(1_500),
        }
    )
    as_of, horizon = MARCH + 7 * DAY, 30 * HOUR
    wanted = oracle(predictions, labels, horizon, as_of)
    predictions["row"] = np.arange(1_000)
    rows, report, _ = join(
        examples("serving", predictions.to_dict("records"), shards=3),
        examples("labels", labels.to_dict("records"), shards=1),
        horizon="30h",
        as_of=as_of,
    )
    found = {row["row"][0]: row["big_tipper"][0] for row in rows if "big_tipper" in row}
    assert len(rows) == 1_000
    assert found == wanted.to_dict()
    totals = report["details"]["labels"]
    assert totals["joined"] == len(wanted)
    assert totals["repeated_predictions"] == 1_000 - predictions["trip_id"].nunique()
    assert totals["used"] == wanted.nunique()
    assert totals["not_yet"] == (labels["arrived_at"] > as_of).sum()
    left = labels[labels["arrived_at"] <= as_of]
    assert totals["orphans"] == (~left["trip_id"].isin(predictions["trip_id"])).sum()
    days = predictions.assign(
        day=(predictions["start"] - MARCH) // DAY, labelled=predictions["row"].isin(wanted.index)
    ).groupby("day")["labelled"]
    assert [(w["predicted"], w["labelled"]) for w in totals["windows"]] == list(
        zip(days.count(), days.sum(), strict=True)
    )


@pytest.mark.parametrize(
    ("predicted", "arrived", "config", "message"),
    [
        (
            [{"id": 1, "start": MARCH}],
            [label("a", 0, 1)],
            {},
            "predictions: no row has the feature 'trip_id' of labels.yaml; the features are id, "
            "start. Fix: correct the name in labels.yaml, or give the rows this feature.",
        ),
        (
            [prediction("a", 0)],
            [{"id": 1, "arrived_at": MARCH, "big_tipper": 1}],
            {},
            "labels: no row has the feature 'trip_id'",
        ),
        (
            [prediction("a", 0)],
            [{"trip_id": "a", "arrived_at": MARCH}],
            {},
            "labels: no row has the feature 'big_tipper'",
        ),
        (
            [prediction("a", 0)],
            [{"trip_id": "a", "big_tipper": 1}],
            {},
            "labels: no row has the feature 'arrived_at'",
        ),
        (
            [prediction("a", 0)],
            [label(1, 0, 1)],
            {},
            "key trip_id: is bytes in the predictions and int64 in the labels, so no row can match",
        ),
        (
            [prediction("a", 0)],
            [label("a", 0, 1)],
            {"prediction_time": "miles"},
            "miles: must be whole seconds since 1970 (int64), found float",
        ),
        (
            [prediction("a", 0, ms=MARCH * 1_000)],
            [label("a", 0, 1)],
            {"prediction_time": "ms"},
            "found 1456790400000. Fix: divide milliseconds by 1,000.",
        ),
        (
            [prediction("a", 0)],
            [label("a", 0, 1), label("b", 0, 1.0)],
            {},
            "labels: big_tipper: is float in some rows and int64 in others",
        ),
        (
            [prediction("a", 0), b"\xff\xff"],
            [label("a", 0, 1)],
            {},
            "is not tf.Example, or has a feature of two types",
        ),
    ],
)
def test_what_cannot_be_joined_is_one_clear_error(
    examples, join, tmp_path, predicted, arrived, config, message
):
    predictions = examples("serving", predicted)
    labels = examples("labels", arrived)
    with pytest.raises(InputError) as error:
        join(predictions, labels, **config)
    assert message in str(error.value)
    assert not list((tmp_path / "out" / "examples-1").iterdir())
    assert not list((tmp_path / "out" / "report-1").iterdir())


def test_a_file_that_is_cut_off_is_named(examples, join):
    predictions = examples("serving", [prediction(f"t{n}", n) for n in range(500)], shards=1)
    path = pathlib.Path(predictions.uri, "Split-serving", "data-0.gz")
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(InputError, match=r"data-0\.gz: is not a readable gzip TFRecord"):
        join(predictions, examples("labels", [label("a", 0, 1)]))


def test_rows_that_were_lost_before_are_no_smaller_input(examples, join):
    predictions = examples("serving", [prediction(f"t{n}", n) for n in range(5)])
    labels = examples("labels", [label("t1", 0, 1)] * 3)
    labels.set_int_custom_property("rows_labels", 4)
    with pytest.raises(InputError, match="has 4 rows, but 3 were read"):
        join(predictions, labels)


def test_times_of_a_clock_are_noticed_where_ingest_noted_them(examples, join):
    rows = examples("serving", [prediction("a", 8)])
    labels = examples("labels", [label("a", 9, 1)])
    noted = {"version": 1, "types": {"start": "date32[day]", "miles": "double"}}
    pathlib.Path(rows.uri, "ingest_report.json").write_text(json.dumps(noted))
    there = {"zone": "America/Chicago"}
    with pytest.raises(InputError, match=r"start of the predictions: were date32\[day\]"):
        join(rows, labels, windows=there)


def test_another_payload_is_refused(examples, join):
    predictions = examples("serving", [prediction("a", 0)])
    predictions.set_string_custom_property("payload_format", "FORMAT_PARQUET")
    with pytest.raises(InputError, match=r"must be tf\.Example in gzip TFRecords"):
        join(predictions, examples("labels", [label("a", 0, 1)]))


def test_a_malformed_config_is_refused_when_the_pipeline_is_built():
    channel = types.Channel(type=standard_artifacts.Examples)
    with pytest.raises(InputError, match=r"labels\.yaml: horizon is required"):
        LabelJoiner(
            predictions=channel,
            labels=channel,
            config="{key: [a], labels: [b], prediction_time: t}",
        )


def test_windows_are_named_as_tfma_names_their_slices():
    from tensorflow_model_analysis.slicer import slicer_lib

    config = LabelConfig(**BASE, windows={"every": "6h", "feature": "day"})
    wanted = slicer_lib.stringify_slice_key((("day", "2016-03-01T06:00Z"),))
    assert coverage.slice_name("2016-03-01T06:00Z", config) == wanted


def test_the_gate_takes_the_report():
    channel = types.Channel(type=standard_artifacts.Examples)
    joiner = LabelJoiner(predictions=channel, labels=channel, config=json.dumps(BASE))
    gate = QualityGate([joiner.outputs["label_report"]])
    assert json.loads(gate.exec_properties["expected"]) == {"label_reports": 1}


def test_the_report_reads_back(examples, join, tmp_path):
    join(examples("serving", [prediction("a", 0)]), examples("labels", [label("a", 0, 1)]))
    report = report_lib.read(tmp_path / "out" / "report-1")
    assert report.kind == "labels"
    assert report.decision.results[0].label == "coverage (window:2016-03-01)"
    assert gzip.decompress((tmp_path / "serving/Split-serving/data-0.gz").read_bytes())

"""The same calls of a model, as each platform logs them."""

from __future__ import annotations

import base64
import csv
import dataclasses
import datetime
import decimal
import io
import json
import pathlib
from collections.abc import Callable, Iterator
from typing import Any

import pyarrow as pa
import pyarrow.parquet

from skewgate.data.tf_example.tfrecord import frame

START = datetime.datetime(2026, 3, 1, 22, tzinfo=datetime.timezone.utc)
NAMES = ["fare", "miles", "company"]


@dataclasses.dataclass(frozen=True)
class Call:
    """A request and its response.

    Attributes:
        id: of the request.
        time: when it came.
        rows: the features.
        scores: a prediction a row.
    """

    id: str
    time: datetime.datetime
    rows: list[dict[str, Any]]
    scores: list[float]

    @property
    def stamp(self) -> str:
        """The time as RFC 3339."""
        return self.time.isoformat().replace("+00:00", "Z")


def calls(count: int = 12) -> list[Call]:
    """Returns calls, 20 minutes apart, of one to three rows each."""
    return [
        Call(
            str(1000 + n),
            START + datetime.timedelta(minutes=20 * n, microseconds=n),
            [
                {"fare": n + row / 4, "miles": n % 5, "company": "Été" if n % 2 else "Yellow"}
                for row in range(1 + n % 3)
            ],
            [n / 16 + row / 8 for row in range(1 + n % 3)],
        )
        for n in range(count)
    ]


def expected(of: list[Call] | None = None) -> list[dict[str, Any]]:
    """Returns the rows that every log of the calls stands for."""
    return [
        {"row": place, "time": call.time, **row, "prediction": call.scores[place]}
        for call in of or calls()
        for place, row in enumerate(call.rows)
    ]


def write_lines(path: pathlib.Path, records: list[Any]) -> pathlib.Path:
    """Writes JSON Lines."""
    path.write_text("".join(f"{json.dumps(record)}\n" for record in records), encoding="utf-8")
    return path


def instances(call: Call) -> dict[str, Any]:
    """Returns a request of TF Serving."""
    return {"instances": call.rows}


def predictions(call: Call) -> dict[str, Any]:
    """Returns a response of TF Serving, a list for each row as Keras has it."""
    return {"predictions": [[score] for score in call.scores]}


def plain(folder: pathlib.Path) -> tuple[pathlib.Path, str]:
    """Writes plain JSON Lines."""
    records = [
        {
            "id": c.id,
            "time": c.time.timestamp(),
            "request": instances(c),
            "response": predictions(c),
            "model_version": 3,
        }
        for c in calls()
    ]
    return write_lines(folder / "log.jsonl", records), "format: jsonl"


def event(kind: str, call: Call, data: Any, **more: str) -> dict[str, Any]:
    """Returns an event in structured mode as the library of CloudEvents writes it."""
    from cloudevents.core.bindings.http import to_structured_event
    from cloudevents.core.v1.event import CloudEvent

    attributes = {
        "id": call.id,
        "source": "http://taxi.ns",
        "type": kind,
        "specversion": "1.0",
        "time": call.time,
        "datacontenttype": "application/json",
        **more,
    }
    found: dict[str, Any] = json.loads(to_structured_event(CloudEvent(attributes, data)).body)
    return found


def kserve(folder: pathlib.Path) -> tuple[pathlib.Path, str]:
    """Writes the events of KServe's logger."""
    more = {"inferenceservicename": "taxi", "namespace": "ns", "endpoint": "default"}
    kind = "org.kubeflow.serving.inference."
    records = []
    for c in calls():
        records += [
            event(f"{kind}request", c, instances(c), **more),
            event(f"{kind}response", c, predictions(c), **more),
        ]
    return write_lines(folder / "log.jsonl", records), "format: kserve"


def tensors(call: Call) -> dict[str, Any]:
    """Returns a request of the Open Inference Protocol."""
    kinds = {"fare": "FP64", "miles": "INT64", "company": "BYTES"}
    return {
        "inputs": [
            {
                "name": name,
                "shape": [len(call.rows), 1],
                "datatype": kind,
                "data": [row[name] for row in call.rows],
            }
            for name, kind in kinds.items()
        ]
    }


def seldon(folder: pathlib.Path) -> tuple[pathlib.Path, str]:
    """Writes the events of Seldon, requests with an id of their own beside requestid."""
    records = []
    for c in calls():
        more = {"requestid": c.id, "modelid": "taxi", "endpoint": "default"}
        other = dataclasses.replace(c, id=f"event-{c.id}")
        output = {
            "name": "score",
            "shape": [len(c.scores), 1],
            "datatype": "FP64",
            "data": c.scores,
        }
        records += [
            event("io.seldon.serving.inference.request", other, tensors(c), **more),
            event("io.seldon.serving.inference.response", other, {"outputs": [output]}, **more),
        ]
    contract = "format: seldon\nprediction: {rename: {score: prediction}}"
    return write_lines(folder / "log.jsonl", records), contract


def blob(call: Call, part: str, data: Any) -> dict[str, Any]:
    """Returns a record of KServe's logger in an object store."""
    return {
        "url": "http://taxi.ns",
        "bytes": base64.b64encode(json.dumps(data).encode()).decode(),
        "contentType": "application/json",
        "reqType": f"org.kubeflow.serving.inference.{part}",
        "id": call.id,
        "inferenceService": "taxi",
        "endpoint": "default",
    }


def blobs(call: Call) -> list[dict[str, Any]]:
    """Returns both records of a call, whose rows say when they were."""
    rows = [{**row, "asked": call.stamp} for row in call.rows]
    return [
        blob(call, "request", {"instances": rows}),
        blob(call, "response", predictions(call)),
    ]


_BLOBS = "format: kserve-blobs\ntime: {feature: asked}\ncolumns: {drop: [asked]}"


def blobs_json(folder: pathlib.Path) -> tuple[str, str]:
    """Writes JSON blobs: an object where there is one record, an array where there are more."""
    for number, call in enumerate(calls()):
        records = [
            {**each, "occurrenceTime": call.stamp}
            for each in (
                blob(call, "request", instances(call)),
                blob(call, "response", predictions(call)),
            )
        ]
        if number % 2:
            for part, record in zip(("request", "response"), records, strict=True):
                (folder / f"{call.id}-{part}.json").write_text(json.dumps(record))
        else:
            (folder / f"{call.id}-request.json").write_text(json.dumps(records))
    return f"{folder}/*.json", "format: kserve-blobs"


def blobs_csv(folder: pathlib.Path) -> tuple[str, str]:
    """Writes CSV blobs."""
    for call in calls():
        records = blobs(call)
        text = io.StringIO()
        writer = csv.DictWriter(text, list(records[0]))
        writer.writeheader()
        writer.writerows(records)
        (folder / f"{call.id}-request.csv").write_text(text.getvalue())
    return f"{folder}/*.csv", _BLOBS


def blobs_parquet(folder: pathlib.Path) -> tuple[str, str]:
    """Writes a Parquet blob of all records."""
    records = [record for call in calls() for record in blobs(call)]
    pa.parquet.write_table(pa.Table.from_pylist(records), folder / "batch-request.parquet")
    return f"{folder}/*.parquet", _BLOBS


_FEATURES = "features: {fare: float, miles: int, company: text}"


def sagemaker(folder: pathlib.Path) -> tuple[pathlib.Path, str]:
    """Writes data capture, half of it as base64."""
    records = []
    for number, call in enumerate(calls()):
        lines = "\n".join(",".join(str(row[name]) for name in NAMES) for row in call.rows)
        scores = json.dumps(predictions(call))
        if number % 2:
            lines, scores = (base64.b64encode(text.encode()).decode() for text in (lines, scores))
        sides = (
            ("endpointInput", lines, "text/csv"),
            ("endpointOutput", scores, "application/json"),
        )
        records.append(
            {
                "captureData": {
                    name: {
                        "observedContentType": kind,
                        "mode": "INPUT" if name.endswith("Input") else "OUTPUT",
                        "data": data,
                        "encoding": "BASE64" if number % 2 else kind.rpartition("/")[2].upper(),
                    }
                    for name, data, kind in sides
                },
                "eventMetadata": {"eventId": call.id, "inferenceTime": call.stamp},
                "eventVersion": "0",
            }
        )
    contract = f"format: sagemaker\nrequest: {{names: [{', '.join(NAMES)}]}}\n"
    return write_lines(folder / "log.jsonl", records), f"{contract}{_FEATURES}"


def azureml(folder: pathlib.Path) -> tuple[str, str]:
    """Writes two collections, in folders of their own."""
    for part in ("inputs", "outputs"):
        records = [
            {
                "specversion": "1.0",
                "id": f"{part}-{call.id}",
                "source": "/subscriptions/s/endpoints/taxi",
                "type": f"azureml.inference.model_{part}",
                "datacontenttype": "application/json",
                "time": call.stamp,
                "data": call.rows
                if part == "inputs"
                else [{"prediction": score} for score in call.scores],
                "correlationid": call.id,
                "modelversion": "3",
                "collectdatatype": "pandas.core.frame.DataFrame",
            }
            for call in calls()
        ]
        place = folder / f"model_{part}" / "2026" / "03"
        place.mkdir(parents=True)
        write_lines(place / "instance.jsonl", records)
    return f"{folder}/**/*.jsonl", "format: azureml"


def vertex_rows() -> list[dict[str, Any]]:
    """Returns the rows of the table of Vertex AI."""
    return [
        {
            "endpoint": "123",
            "deployed_model_id": "456",
            "logging_time": call.time,
            "request_id": decimal.Decimal(call.id),
            "request_payload": [json.dumps(row) for row in call.rows],
            "response_payload": [json.dumps([score]) for score in call.scores],
        }
        for call in calls()
    ]


def vertex_json(folder: pathlib.Path) -> tuple[pathlib.Path, str]:
    """Writes the table as BigQuery exports it to JSON Lines."""
    records = [
        {**row, "request_id": str(row["request_id"]), "logging_time": _bigquery(row)}
        for row in vertex_rows()
    ]
    return write_lines(folder / "log.json", records), "format: vertex"


def _bigquery(row: dict[str, Any]) -> str:
    return f"{row['logging_time']:%Y-%m-%d %H:%M:%S.%f} UTC"


def vertex_parquet(folder: pathlib.Path) -> tuple[pathlib.Path, str]:
    """Writes the table as Parquet."""
    schema = pa.schema(
        [
            ("endpoint", pa.string()),
            ("deployed_model_id", pa.string()),
            ("logging_time", pa.timestamp("us", "UTC")),
            ("request_id", pa.decimal128(38, 9)),
            ("request_payload", pa.list_(pa.string())),
            ("response_payload", pa.list_(pa.string())),
        ]
    )
    pa.parquet.write_table(pa.Table.from_pylist(vertex_rows(), schema), folder / "log.parquet")
    return folder / "log.parquet", "format: vertex"


def vertex_avro(folder: pathlib.Path) -> tuple[pathlib.Path, str]:
    """Writes the table as Avro, by fastavro."""
    import fastavro

    many = {"type": "array", "items": "string"}
    schema = {
        "type": "record",
        "name": "Root",
        "fields": [
            {"name": "endpoint", "type": ["null", "string"]},
            {"name": "deployed_model_id", "type": ["null", "string"]},
            {
                "name": "logging_time",
                "type": ["null", {"type": "long", "logicalType": "timestamp-micros"}],
            },
            {
                "name": "request_id",
                "type": [
                    "null",
                    {"type": "bytes", "logicalType": "decimal", "precision": 38, "scale": 9},
                ],
            },
            {"name": "request_payload", "type": many},
            {"name": "response_payload", "type": many},
        ],
    }
    with (folder / "log.avro").open("wb") as file:
        fastavro.writer(file, fastavro.parse_schema(schema), vertex_rows())
    return folder / "log.avro", "format: vertex"


def examples_of(call: Call) -> list[bytes]:
    """Returns the rows of a call as serialized tf.Example."""
    from tests.encoding import encode

    return encode(pa.Table.from_pylist(call.rows), "calls")


def kserve_examples(folder: pathlib.Path) -> tuple[pathlib.Path, str]:
    """Writes the events of a model that takes tf.Example, without a library."""
    records = []
    for c in calls():
        rows = [{"b64": base64.b64encode(each).decode()} for each in examples_of(c)]
        kind = "org.kubeflow.serving.inference."
        request = {"signature_name": "serving_default", "instances": rows}
        records += [
            event(f"{kind}request", c, request),
            event(f"{kind}response", c, {"predictions": c.scores}),
        ]
    return write_lines(folder / "log.jsonl", records), "format: kserve"


def prediction_log(folder: pathlib.Path) -> tuple[pathlib.Path, str]:
    """Writes records by tensorflow-serving-api, half of them with tensors instead of tf.Example."""
    import tensorflow as tf
    from tensorflow_serving.apis import prediction_log_pb2

    records = []
    for number, call in enumerate(calls()):
        log = prediction_log_pb2.PredictionLog()
        log.log_metadata.timestamp_secs = int(call.time.timestamp())
        log.predict_log.response.model_spec.name = "taxi"
        log.predict_log.response.model_spec.version.value = 3
        inputs = log.predict_log.request.inputs
        if number % 2:
            for name in NAMES:
                values = [row[name] for row in call.rows]
                inputs[name].CopyFrom(tf.make_tensor_proto([[value] for value in values]))
        else:
            inputs["examples"].CopyFrom(tf.make_tensor_proto(examples_of(call)))
        scores = tf.make_tensor_proto([[score] for score in call.scores], tf.float32)
        log.predict_log.response.outputs["prediction"].CopyFrom(scores)
        records.append(log.SerializeToString())
    (folder / "log.tfrecord").write_bytes(frame(records))
    return folder / "log.tfrecord", "format: prediction-log"


LOGS: dict[str, Callable[[pathlib.Path], tuple[Any, str]]] = {
    writer.__name__: writer
    for writer in (
        plain,
        kserve,
        kserve_examples,
        seldon,
        blobs_json,
        blobs_csv,
        blobs_parquet,
        sagemaker,
        azureml,
        vertex_json,
        vertex_parquet,
        vertex_avro,
        prediction_log,
    )
}
"""What writes each log: returns the source, and the contract that describes it."""


def captured(out: pathlib.Path) -> Iterator[dict[str, Any]]:
    """Yields the rows of all windows of a capture, in the order of time."""
    tables = [pa.parquet.read_table(path) for path in sorted(out.glob("2*.parquet"))]
    rows = [row for table in tables for row in table.to_pylist()]
    yield from sorted(rows, key=lambda row: (row["time"], row["row"]))

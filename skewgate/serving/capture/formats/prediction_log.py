"""PredictionLog of TensorFlow Serving as TFRecord; TFX's BulkInferrer writes it too.

Source: tensorflow_serving/apis/prediction_log.proto, logging.proto, predict.proto.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from google.protobuf import message

from skewgate.data.sources.records import read_file
from skewgate.data.sources.streams import Opener
from skewgate.data.tf_example.protobuf import parser
from skewgate.serving.capture.formats import tables, tensors
from skewgate.serving.capture.formats.base import Block, Format, unreadable
from skewgate.serving.capture.log import moments
from skewgate.serving.capture.log.events import NOT_UNDERSTOOD, REQUEST, RESPONSE, Event, LostError

_parsed = parser(
    {
        **tensors.MESSAGES,
        "Int64Value": ["int64 value"],
        "ModelSpec": ["bytes name", "Int64Value version", "", "bytes version_label"],
        "Entry": ["bytes key", "TensorProto value"],
        "PredictRequest": ["ModelSpec model_spec", "repeated Entry inputs"],
        "PredictResponse": ["repeated Entry outputs", "ModelSpec model_spec"],
        "PredictLog": ["PredictRequest request", "PredictResponse response"],
        "LogMetadata": ["ModelSpec model_spec", "", "", "int64 timestamp_secs"],
        "PredictionLog": ["LogMetadata log_metadata", "", "", "", "", "PredictLog predict_log"],
    },
    "PredictionLog",
)
_EXAMPLES = "examples"


class PredictionLog(Format):
    """Records of predict_log; each has the id of its file and its place there."""

    name = "prediction-log"

    def blocks(self, path: str, opener: Opener | None) -> Iterator[Block]:
        """See Format."""
        return tables.numbered(read_file(path, opener))

    def events(self, record: Any, path: str, line: int) -> list[Event]:
        """See Format."""
        try:
            log = _parsed(record)
        except message.DecodeError as error:
            raise unreadable("the record is not a PredictionLog") from error
        predict, about, key = log.predict_log, log.log_metadata, f"{path}#{line}"
        if not predict.HasField("request"):
            raise unreadable("the record has no predict_log with a request")
        specs = [about.model_spec, predict.request.model_spec]
        is_answered = predict.HasField("response")
        if is_answered:
            specs.insert(0, predict.response.model_spec)
        time = moments.moment(about.timestamp_secs) if about.timestamp_secs else None
        version, model = _version(specs), _text(spec.name for spec in specs)
        inputs = self._inputs(predict.request)
        found = [Event(REQUEST, key, time, inputs, version=version, model=model)]
        if is_answered:
            outputs = _tensors(predict.response.outputs)
            payload = {"outputs": {name: _texts(rows) for name, rows in outputs.items()}}
            found.append(Event(RESPONSE, key, time, payload, version=version, model=model))
        return found

    def _inputs(self, request: Any) -> Any:
        """Returns the tf.Example of a request, or its tensors by name.

        Raises:
            LostError: a tensor cannot be read.
        """
        inputs = _tensors(request.inputs)
        if len(inputs) == 1 and (_EXAMPLES in inputs or self.config.request.layout == _EXAMPLES):
            (examples,) = inputs.values()
            return examples
        return {"inputs": {name: _texts(rows) for name, rows in inputs.items()}}


def _tensors(entries: Iterable[Any]) -> dict[str, list[Any]]:
    """Returns the rows of tensors by name.

    Raises:
        LostError: a tensor cannot be read.
    """
    return {entry.key.decode("utf-8", "replace"): tensors.rows(entry.value) for entry in entries}


def _texts(rows: list[Any]) -> list[Any]:
    """Returns rows with text in the place of bytes.

    Raises:
        LostError: bytes are no text.
    """
    try:
        return [
            _texts(row)
            if isinstance(row, list)
            else row.decode()
            if isinstance(row, bytes)
            else row
            for row in rows
        ]
    except UnicodeDecodeError as error:
        raise LostError(NOT_UNDERSTOOD, "a tensor holds bytes that are not text") from error


def _version(specs: Sequence[Any]) -> str:
    for spec in specs:
        if spec.HasField("version"):
            return str(spec.version.value)
    return _text(spec.version_label for spec in specs)


def _text(values: Iterable[bytes]) -> str:
    """Returns the first that is not empty."""
    return next((value.decode("utf-8", "replace") for value in values if value), "")

"""PredictionLog of TensorFlow Serving as TFRecord; TFX's BulkInferrer writes it too.

Source: tensorflow_serving/apis/prediction_log.proto, logging.proto, predict.proto.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from skewgate.data.sources.records import read_file
from skewgate.data.sources.streams import Opener
from skewgate.serving.capture.formats import protobuf_fields, tables
from skewgate.serving.capture.formats.base import Block, Format, unreadable
from skewgate.serving.capture.formats.protobuf_fields import Value, message, part
from skewgate.serving.capture.log import moments
from skewgate.serving.capture.log.events import NOT_UNDERSTOOD, REQUEST, RESPONSE, Event, LostError

_METADATA, _PREDICT = 1, 6  # of PredictionLog
_REQUEST, _RESPONSE = 1, 2  # of PredictLog
_INPUTS, _OUTPUTS = 2, 1  # of PredictRequest and PredictResponse
_SPEC_OF_METADATA, _SECONDS = 1, 4  # of LogMetadata
_SPEC_OF_REQUEST, _SPEC_OF_RESPONSE = 1, 2
_NAME, _VERSION, _LABEL = 1, 2, 4  # of ModelSpec
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
            return self._events(record, f"{path}#{line}")
        except ValueError as error:
            raise unreadable("the record is not a PredictionLog") from error

    def _events(self, record: bytes, key: str) -> list[Event]:
        log = message(record)
        predict = part(log, _PREDICT)
        request, response = predict.get(_REQUEST), predict.get(_RESPONSE)
        if not isinstance(request, bytes):
            raise unreadable("the record has no predict_log with a request")
        about = part(log, _METADATA)
        specs = [part(about, _SPEC_OF_METADATA), part(message(request), _SPEC_OF_REQUEST)]
        if isinstance(response, bytes):
            specs.insert(0, part(message(response), _SPEC_OF_RESPONSE))
        seconds = about.get(_SECONDS)
        time = moments.moment(seconds) if seconds else None
        version, model = _version(specs), _first_text(specs, _NAME)
        found = [Event(REQUEST, key, time, self._inputs(request), version=version, model=model)]
        if isinstance(response, bytes):
            outputs = protobuf_fields.tensors(response, _OUTPUTS)
            payload = {"outputs": {name: _texts(rows) for name, rows in outputs.items()}}
            found.append(Event(RESPONSE, key, time, payload, version=version, model=model))
        return found

    def _inputs(self, request: bytes) -> Any:
        """Returns the tf.Example of a request, or its tensors by name.

        Raises:
            LostError: a tensor cannot be read.
        """
        inputs = protobuf_fields.tensors(request, _INPUTS)
        if len(inputs) == 1 and (_EXAMPLES in inputs or self.config.request.layout == _EXAMPLES):
            (examples,) = inputs.values()
            return examples
        return {"inputs": {name: _texts(rows) for name, rows in inputs.items()}}


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


def _version(specs: list[dict[int, Value]]) -> str:
    for spec in specs:
        number = part(spec, _VERSION).get(1)
        if isinstance(number, int):
            return str(number)
    return _first_text(specs, _LABEL)


def _first_text(specs: list[dict[int, Value]], number: int) -> str:
    for spec in specs:
        value = spec.get(number)
        if isinstance(value, bytes) and value:
            return value.decode("utf-8", "replace")
    return ""

"""The contract `capture.yaml`: where the log of a server has key, time, features, prediction."""

from __future__ import annotations

import dataclasses
import re
from typing import Annotated, Any, Literal

import pydantic

from skewgate.core.yaml_model import StrictModel
from skewgate.data.windows.contract import Elapsed, WindowKeys
from skewgate.data.windows.durations import Duration

FormatName = Literal[
    "jsonl",
    "kserve",
    "kserve-blobs",
    "seldon",
    "sagemaker",
    "azureml",
    "vertex",
    "prediction-log",
]
Layout = Literal["auto", "instances", "inputs", "tensors", "examples", "csv", "records", "ndarray"]
Kind = Literal["any", "int", "float", "text", "bool"]
Name = Annotated[str, pydantic.Field(min_length=1)]

_PERCENT = re.compile(r"(\d{1,2}(?:\.\d{1,6})?|100)%")


@dataclasses.dataclass(frozen=True)
class Limit:
    """How many events may be lost.

    Attributes:
        count: events, or None if a share is given.
        share: of all events, from 0 to 1.
    """

    count: int | None
    share: float = 0.0

    def __str__(self) -> str:
        return str(self.count) if self.count is not None else f"{self.share * 100:g}%"

    def allowed(self, events: int) -> int:
        """Returns how many of some events may be lost."""
        return self.count if self.count is not None else int(self.share * events)


def _limit(value: Any) -> Limit:
    if isinstance(value, Limit):
        return value
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return Limit(value)
    if isinstance(value, str) and (found := _PERCENT.fullmatch(value)):
        return Limit(None, float(found[1]) / 100)
    raise ValueError(f"must be a number of events or a share such as 1%, got {value!r}")


MaxRejected = Annotated[
    Limit,
    pydantic.PlainValidator(_limit),
    pydantic.PlainSerializer(lambda limit: limit.count if limit.share == 0 else str(limit)),
    pydantic.WithJsonSchema(
        {
            "anyOf": [
                {"type": "integer", "minimum": 0},
                {"type": "string", "pattern": f"^{_PERCENT.pattern}$"},
            ]
        }
    ),
]


class Fields(StrictModel):
    """Where lines of plain JSON have what; a dot leads into an object, such as `meta.id`.

    Attributes:
        id: what request and response have in common.
        time: when the request came.
        request: the payload that the server was sent.
        response: the payload that it answered.
        version: version of the model.
        model: name of the model.
    """

    id: Name = "id"
    time: Name = "time"
    request: Name = "request"
    response: Name = "response"
    version: Name = "model_version"
    model: Name = "model"


class Request(StrictModel):
    """Where the features are in the payload of a request.

    Attributes:
        layout: "instances" and "inputs" of TF Serving, "tensors" of the Open Inference Protocol,
            "examples" for base64 tf.Example, "csv", "records" for a list of objects, "ndarray" of
            Seldon; "auto" recognises them.
        names: names of the values, where the payload has none: CSV, and lists of values.
    """

    layout: Layout = "auto"
    names: list[Name] = []


class Prediction(StrictModel):
    """What the predictions are called.

    Attributes:
        column: of a prediction without a name.
        names: names of the values where a prediction is a list of them, such as probabilities.
        rename: new names of outputs that have one.
    """

    column: Name = "prediction"
    names: list[Name] = []
    rename: dict[Name, Name] = {}


class Key(StrictModel):
    """The columns by which labels find a row.

    Attributes:
        id: column of the id of the request.
        index: column of the place of the row within the request, from 0.
    """

    id: Name = "request_id"
    index: Name = "row"


class Time(StrictModel):
    """The time of a row.

    Attributes:
        column: column that it is written to.
        feature: feature that says it, where the log does not, or not as it is meant.
        unit: what numbers count since 1970: "s", "ms", "us" or "ns".
    """

    column: Name = "time"
    feature: Name | None = None
    unit: Literal["s", "ms", "us", "ns"] = "s"


class Generalise(StrictModel):
    """How values of a column are made coarser.

    Attributes:
        step: numbers become the multiple of it at or below them.
        letters: of text so many letters from its beginning stay.
    """

    step: float | None = pydantic.Field(default=None, gt=0, allow_inf_nan=False)
    letters: int | None = pydantic.Field(default=None, ge=1)

    @pydantic.model_validator(mode="after")
    def _one(self) -> Generalise:
        if (self.step is None) == (self.letters is None):
            raise ValueError("must have either step (for numbers) or letters (for text)")
        return self


class Columns(StrictModel):
    """What becomes of columns before anything is written, temporary files included.

    Attributes:
        drop: columns that are left out.
        hash: columns that become keyed hashes: equal values stay equal, and say no more.
        hash_key: variable of the environment that holds the key of hashes.
        generalise: columns that become coarser.
    """

    drop: list[Name] = []
    hash: list[Name] = []
    hash_key: Name = "SKEWGATE_HASH_KEY"
    generalise: dict[Name, Generalise] = {}

    @pydantic.model_validator(mode="after")
    def _once(self) -> Columns:
        named = [*self.drop, *self.hash, *self.generalise]
        for name in named:
            if named.count(name) > 1:
                raise ValueError(f"{name!r} may only be in one of drop, hash and generalise")
        return self


class CaptureConfig(StrictModel):
    """The whole of `capture.yaml`.

    Attributes:
        version: of the contract.
        format: how the server writes its log.
        model: events of other models are passed over; without it there must be one.
        fields: where lines of plain JSON have what.
        request: where the features are.
        features: the columns to take, with their types, "any" for what the values look like; all
            without it. A request that has none of them is not understood.
        prediction: what the predictions are called.
        key: the columns by which labels find a row.
        time: when a row was.
        windows: into which windows the rows are cut, by their time.
        horizon: a response may come up to this long after its request.
        without_response: "drop" counts requests without a response as lost, "keep" writes them
            without a prediction.
        sample: share of requests to take, chosen by their id: the same ones each time.
        columns: what becomes of columns before anything is written.
        max_rejected: events that may be lost: a number of them, or a share such as 1%. If more
            are, nothing is written.
    """

    version: Literal[1] = 1
    format: FormatName
    model: Name | None = None
    fields: Fields = Fields()
    request: Request = Request()
    features: dict[Name, Kind] = {}
    prediction: Prediction = Prediction()
    key: Key = Key()
    time: Time = Time()
    windows: WindowKeys = WindowKeys()
    horizon: Elapsed = Duration(1, "h")
    without_response: Literal["drop", "keep"] = "drop"
    sample: float = pydantic.Field(default=1.0, gt=0, le=1)
    columns: Columns = Columns()
    max_rejected: MaxRejected = Limit(0)

    @pydantic.model_validator(mode="after")
    def _check_names(self) -> CaptureConfig:
        own = [self.key.id, self.key.index, self.time.column, VERSION]
        for name in own:
            if own.count(name) > 1:
                raise ValueError(f"key, time and {VERSION} must be different columns, got {name!r}")
            if name in self.features and name != self.time.feature:
                raise ValueError(f"{name!r} is both a feature and a column of key or time")
        lost = [
            self.key.index,
            self.time.column,
            *([self.time.feature] if self.time.feature else []),
        ]
        for name in (*self.columns.hash, *self.columns.generalise, *self.columns.drop):
            if name in lost and name != self.time.feature:
                raise ValueError(f"{name!r} is a column of key or time, which must stay")
        if self.key.id in (*self.columns.drop, *self.columns.generalise):
            raise ValueError(f"{self.key.id!r} is the key, which may be hashed but must stay")
        if self.fields != Fields() and self.format != "jsonl":
            raise ValueError(
                "fields only works with format: jsonl; the other formats already say where "
                "everything is"
            )
        return self


VERSION = "model_version"
"""The column of the version of the model."""

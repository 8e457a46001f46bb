"""Blocks of JSON Lines to rows, all lines at once.

What `decoding` does with one event, this does with thousands, for the payloads that are most
frequent: where it cannot tell that the result is the same, it gives the block back.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import dataclasses
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from skewgate.data.arrow.values import from_mask_array
from skewgate.serving.capture import blocks, envelopes, nested, tf_examples
from skewgate.serving.capture.chunks import NO_TIME, Chunk, Ints
from skewgate.serving.capture.log import moments
from skewgate.serving.capture.log.config import CaptureConfig
from skewgate.serving.capture.log.envelope import Envelope
from skewgate.serving.capture.log.events import REQUEST, RESPONSE, LostError, Part
from skewgate.serving.capture.nested import UnknownError

_MOST_REFUSED = 100
_DATA, _SPEC = "data", "specversion"
PayloadOf = Callable[[Part, str, pa.Array], pa.Array]
"""Returns the payloads of a part at a place, of some lines."""
_UNKNOWN = (UnknownError, LostError, pa.ArrowInvalid, pa.ArrowNotImplementedError)


@dataclasses.dataclass
class Found:
    """The rows of a block.

    Attributes:
        events: number of events.
        chunks: the rows.
        times: of the events.
        places: the lines of the events.
        models: names of models.
        other_models: events of models that were not asked for.
    """

    events: int
    chunks: list[Chunk]
    times: Ints
    places: Ints
    models: list[str]
    other_models: int


class Reader:
    """Reads blocks. Threads may share it.

    Args:
        config: the contract.
        envelope: where lines have what.

    Attributes:
        is_hopeless: whether lines that are no different have been refused so often that it is of
            no use to try parts of a block.
    """

    def __init__(self, config: CaptureConfig, envelope: Envelope) -> None:
        self._config, self._envelope = config, envelope
        self._known = blocks.Known()
        self._payloads = {part: blocks.Known() for part in (REQUEST, RESPONSE)}
        self._refused = 0

    @property
    def is_hopeless(self) -> bool:
        """See the class."""
        return self._refused > _MOST_REFUSED

    def read(self, data: bytes, line: int, file: int) -> Found | None:
        """Returns the rows of a block, or None if lines have to be looked at one by one.

        Args:
            data: lines.
            line: number of the first one.
            file: number of the file.
        """
        found = None
        with contextlib.suppress(*_UNKNOWN):
            found = self._apart(data, line, file) or self._whole(data, line, file)
        # Nine refusals for each block that is read: as many as one bad line in it makes.
        self._refused = self._refused + 1 if found is None else max(self._refused - 9, 0)
        return found

    def _whole(self, data: bytes, line: int | Ints, file: int) -> Found | None:
        """Reads whole lines as JSON.

        Raises:
            UnknownError: they have to be looked at one by one.
        """
        table = self._known.parse(data)
        if table is None:
            return None
        lines = np.arange(line, line + table.num_rows) if isinstance(line, int) else line
        columns = nested.Columns(table)
        return self._found(columns, lines, file, lambda part, place, at: columns.at(place).take(at))

    def _apart(self, data: bytes, line: int, file: int) -> Found | None:
        """Reads the data of events as JSON, and what is around them as it is.

        Raises:
            UnknownError: they have to be looked at one by one.
        """
        if set(self._envelope.payloads.values()) != {_DATA}:
            return None
        events = envelopes.split(data)
        if events is None or _SPEC not in events.table.column_names:
            return None

        def payload(part: Part, place: str, at: pa.Array) -> pa.Array:
            rows = np.asarray(at)
            spans = zip(events.start[rows].tolist(), events.end[rows].tolist(), strict=True)
            text = b"\n".join([data[start:end] for start, end in spans])
            table = self._payloads[part].parse(text)
            if table is None or table.num_rows != len(rows) or not table.num_columns:
                raise UnknownError("payloads that are not JSON")
            arrays = [column.chunk(0) for column in table.columns]
            return pa.StructArray.from_arrays(arrays, table.column_names)

        columns = nested.Columns(events.table.combine_chunks())
        found = self._found(columns, line + events.rows, file, payload)
        if not len(events.odd):
            return found
        lines = data.split(b"\n")
        text = b"\n".join(lines[at] for at in events.odd.tolist())
        rest = self._whole(text, line + events.odd, file)
        return None if rest is None else _both(found, rest)

    def _found(
        self, columns: nested.Columns, lines: Ints, file: int, payload_of: PayloadOf
    ) -> Found:
        envelope, config = self._envelope, self._config
        for place, texts in envelope.plain.items():
            columns.require(place, texts)
        count = len(lines)
        models = columns.text(envelope.models)
        chosen = np.ones(count, np.bool_)
        if config.model is not None:
            chosen = from_mask_array(pc.equal(models, config.model))
        ids = columns.text(envelope.ids)
        times = self._times(columns, chosen)
        versions = columns.text(envelope.versions)
        chunks, heard = [], np.zeros(count, np.int64)
        parts = self._parts(columns, count)
        for part, mask in parts.items():
            heard += mask
            rows = np.flatnonzero(mask & chosen)
            if not len(rows):
                continue
            at = pa.array(rows)
            payload = payload_of(part, envelope.payloads[part], at)
            lengths, found = self._rows(part, payload)
            places = np.repeat(rows, lengths)
            took = pa.array(places)
            index = np.arange(len(places)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
            chunk = Chunk(
                part,
                ids.take(took),
                index.astype(np.int64),
                times[places],
                versions.take(took),
                np.full(len(places), file, np.int64),
                lines[places],
                found,
            )
            chunks.append(self._finished(chunk))
        if (heard == 0).any() or pc.any(pc.equal(ids, "")).as_py():
            raise UnknownError("an event without a part or an id")
        return Found(
            int(heard.sum()),
            chunks,
            np.repeat(times[chosen], heard[chosen]),
            np.repeat(lines[chosen], heard[chosen]),
            pc.unique(models).to_pylist(),
            int(heard[~chosen].sum()),
        )

    def _parts(self, columns: nested.Columns, count: int) -> dict[Part, npt.NDArray[np.bool_]]:
        """Returns which lines have each part."""
        envelope = self._envelope
        if not envelope.kind:
            return {
                part: from_mask_array(pc.is_valid(columns.at(place)))
                for part, place in envelope.payloads.items()
                if columns.has(place)
            }
        kinds = columns.text([envelope.kind])
        found: dict[Part, npt.NDArray[np.bool_]] = {}
        for kind, part in envelope.parts.items():
            mask = from_mask_array(pc.equal(kinds, kind))
            if mask.any():
                if part not in envelope.payloads:
                    raise UnknownError("a part that is read one by one")
                found[part] = found.get(part, np.zeros(count, np.bool_)) | mask
        return found

    def _times(self, columns: nested.Columns, chosen: npt.NDArray[np.bool_]) -> Ints:
        config = self._config
        for place in self._envelope.times:
            if columns.has(place):
                found = columns.at(place)
                if found.null_count == 0:
                    unit = config.time.unit if not self._envelope.kind else "s"
                    times = moments.moments(found, unit, config.windows.zone)
                    if times is not None:
                        return times
                raise UnknownError("times that are not times")
        if config.time.feature is None:
            raise UnknownError("lines without a time")
        return np.full(len(chosen), NO_TIME)

    def _rows(self, part: Part, payload: pa.Array) -> tuple[Ints, dict[str, pa.Array]]:
        """Returns how many rows each payload has, and the columns of all."""
        if payload.null_count or not pa.types.is_struct(payload.type):
            raise UnknownError("payloads that are not objects")
        if part == RESPONSE:
            return nested.predictions(payload, self._config.prediction)
        lengths, items = nested.instances(payload, self._config.request)
        b64 = nested.base64_of(items)
        if b64 is not None:
            try:
                records = [base64.b64decode(text, validate=True) for text in b64.to_pylist()]
            except (binascii.Error, TypeError, ValueError) as error:
                raise UnknownError("bytes that are not base64") from error
            return lengths, tf_examples.columns(records)
        if self._config.request.layout == "examples":
            raise UnknownError("instances that are no base64")
        return lengths, nested.rows(items, self._config.request.names, "")

    def _finished(self, chunk: Chunk) -> Chunk:
        """Returns rows with the features that are asked for, and the time that one says."""
        config = self._config
        if chunk.part != REQUEST:
            return chunk
        if config.time.feature is not None:
            said = chunk.columns.get(config.time.feature)
            zone = config.windows.zone
            times = None if said is None else moments.moments(said, config.time.unit, zone)
            if times is None:
                raise UnknownError("a feature that is not a time")
            chunk.times = times
        if config.features:
            for name in config.features:
                if name in chunk.columns and config.features[name] != "any":
                    nested.check_kind(chunk.columns[name], config.features[name])
            chunk.columns = tf_examples.chosen(chunk.columns, config.features)
        return chunk


def _both(one: Found, other: Found) -> Found:
    """Returns the rows of two parts of a block."""
    times, places = (
        np.concatenate([getattr(each, name) for each in (one, other)])
        for name in ("times", "places")
    )
    order = np.argsort(places, kind="stable")
    return Found(
        one.events + other.events,
        [*one.chunks, *other.chunks],
        times[order],
        places[order],
        [*one.models, *other.models],
        one.other_models + other.other_models,
    )

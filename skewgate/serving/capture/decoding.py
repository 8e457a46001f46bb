"""Events to rows, one event at a time: the reference for `columnar`, and its help where it ends."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from skewgate.core.errors import InputError
from skewgate.data.arrow.bad_rows import bad_rows
from skewgate.serving.capture import feedback, payloads, predictions, tf_examples
from skewgate.serving.capture.chunks import NO_TIME, Chunk, Ints, mixed
from skewgate.serving.capture.log import moments
from skewgate.serving.capture.log.config import CaptureConfig
from skewgate.serving.capture.log.events import (
    FEEDBACK,
    NO_ID,
    REQUEST,
    RESPONSE,
    UNREADABLE,
    Event,
    LostError,
    Part,
)
from skewgate.serving.capture.log.events import NO_TIME as WITHOUT_TIME
from skewgate.serving.capture.tally import Lost, Tally
from skewgate.serving.capture.values import Row, chosen, is_text


@dataclasses.dataclass(frozen=True)
class Place:
    """Where a record stands.

    Attributes:
        path: the file.
        file: its number.
        line: of the record, from 1.
    """

    path: str
    file: int
    line: int


class Decoder:
    """Turns events into chunks, and counts what cannot be.

    Args:
        config: the contract.
        tally: counts.
    """

    def __init__(self, config: CaptureConfig, tally: Tally) -> None:
        self.config, self._tally = config, tally
        self._rows: dict[Part, _Rows] = {}
        self._examples = _Rows()
        self._latest: tuple[int, int] = (-1, NO_TIME)

    def take(self, event: Event, place: Place) -> None:
        """Takes an event.

        Raises:
            InputError: more are lost than may be, or it is of another model than those before.
        """
        self._tally.events += 1
        if not is_text(event.id + event.version + event.model):
            reason = f"an attribute of a {event.part} holds half of a character"
            self._tally.lose(Lost(place.path, place.line, UNREADABLE, reason))
            return
        if self.config.model is not None:
            if event.model != self.config.model:
                self._tally.other_models += 1
                return
        else:
            self._tally.note_model(event.model, place.path)
        time = NO_TIME if event.time is None else event.time
        if self._latest[0] == place.file and NO_TIME < time < self._latest[1]:
            self._tally.out_of_order += 1
        latest = self._latest[1] if self._latest[0] == place.file else NO_TIME
        self._latest = (place.file, max(time, latest))
        try:
            self._decode(event, place)
        except LostError as error:
            self._tally.lose(Lost(place.path, place.line, error.cause, error.reason))

    def note_times(self, times: Ints, file: int) -> None:
        """Counts events that come after later ones of their file.

        Args:
            times: of events, in the order of the file.
            file: its number.
        """
        if not len(times):
            return
        before = self._latest[1] if self._latest[0] == file else NO_TIME
        latest = np.maximum.accumulate(np.append(before, times))
        self._tally.out_of_order += int(((times < latest[:-1]) & (times != NO_TIME)).sum())
        self._latest = (file, int(latest[-1]))

    def _decode(self, event: Event, place: Place) -> None:
        if not event.id:
            raise LostError(NO_ID, f"a {event.part} has no id")
        config = self.config
        value = payloads.value_of(event)
        if event.part == FEEDBACK:
            self._add(FEEDBACK, event, place, feedback.label_rows(value), [])
            return
        if event.part == RESPONSE:
            rows = predictions.response_rows(value, config.prediction)
            self._add(RESPONSE, event, place, rows, [])
            return
        found = payloads.request_rows(value, config.request)
        if isinstance(found[0], bytes):
            self._examples.add(event, place, found, [])
            return
        plain: list[Row] = found
        times = self._feature_times([row.get(config.time.feature or "") for row in plain])
        self._add(REQUEST, event, place, [chosen(r, config.features) for r in plain], times)

    def _feature_times(self, values: Sequence[Any]) -> list[int]:
        """Returns the times that a feature says; nothing if the log says them.

        Raises:
            LostError: a value is no time.
        """
        if self.config.time.feature is None:
            return []
        found = [
            moments.moment(value, self.config.time.unit, self.config.windows.zone)
            for value in values
        ]
        if None in found:
            raise LostError(WITHOUT_TIME, f"{self.config.time.feature} of a row is not a time")
        return [time for time in found if time is not None]

    def _add(
        self, part: Part, event: Event, place: Place, rows: Sequence[Any], times: list[int]
    ) -> None:
        if part == REQUEST and event.time is None and not times:
            raise LostError(WITHOUT_TIME, "a request has no time")
        self._rows.setdefault(part, _Rows()).add(event, place, rows, times)

    def chunks(self) -> list[Chunk]:
        """Returns the rows of all events so far, and forgets them.

        Raises:
            InputError: more events are lost than may be.
        """
        found = [rows.chunk(part, _columns(rows, part)) for part, rows in self._rows.items()]
        if self._examples.rows:
            found.append(self._of_examples(self._examples))
        self._rows, self._examples = {}, _Rows()
        return [chunk for chunk in found if len(chunk)]

    def _of_examples(self, rows: _Rows) -> Chunk:
        problems: dict[int, tuple[int, LostError]] = {}

        def accepts(start: int, end: int) -> bool:
            try:
                self._read_examples(rows, start, end)
            except LostError as error:
                if end - start == 1:
                    problems.setdefault(rows.events[start], (start, error))
                return False
            return True

        bad_rows(len(rows.rows), accepts)
        for row, error in problems.values():
            self._tally.lose(Lost(rows.paths[row], rows.lines[row], error.cause, error.reason))
        rows = rows.without(problems.keys())
        if not rows.rows:
            return rows.chunk(REQUEST, {})
        try:
            columns, times = self._read_examples(rows, 0, len(rows.rows))
        except LostError as error:  # each can be read, and not all of them together
            raise InputError(
                f"{rows.paths[0]}: line {rows.lines[0]} or later",
                f"holds tf.Example that cannot be read together: {error}",
                "write each feature with one type",
            ) from error
        rows.times = times or rows.times
        return rows.chunk(REQUEST, columns)

    def _read_examples(
        self, rows: _Rows, start: int, end: int
    ) -> tuple[dict[str, pa.Array], list[int]]:
        """Returns the features of some rows, and the times if one of them says it.

        Raises:
            LostError: a row cannot be used, or not beside the others.
        """
        found = tf_examples.columns(rows.rows[start:end])
        named = self.config.time.feature
        times: list[int] = []
        if named is not None:
            held = found.get(named, pa.nulls(end - start))
            times = self._feature_times(held.to_pylist())
        elif NO_TIME in rows.times[start:end]:
            raise LostError(WITHOUT_TIME, "a request has no time")
        return tf_examples.chosen(found, self.config.features), times


@dataclasses.dataclass
class _Rows:
    """Rows of events of one part, in the order in which they came."""

    rows: list[Any] = dataclasses.field(default_factory=list)
    events: list[int] = dataclasses.field(default_factory=list)
    ids: list[str] = dataclasses.field(default_factory=list)
    index: list[int] = dataclasses.field(default_factory=list)
    times: list[int] = dataclasses.field(default_factory=list)
    versions: list[str] = dataclasses.field(default_factory=list)
    paths: list[str] = dataclasses.field(default_factory=list)
    files: list[int] = dataclasses.field(default_factory=list)
    lines: list[int] = dataclasses.field(default_factory=list)

    def add(self, event: Event, place: Place, rows: Sequence[Any], times: list[int]) -> None:
        """Adds the rows of an event."""
        count = len(rows)
        number = self.events[-1] + 1 if self.events else 0
        self.rows += rows
        self.events += [number] * count
        self.ids += [event.id] * count
        self.index += range(count)
        self.times += times or [NO_TIME if event.time is None else event.time] * count
        self.versions += [event.version] * count
        self.paths += [place.path] * count
        self.files += [place.file] * count
        self.lines += [place.line] * count

    def without(self, events: Collection[int]) -> _Rows:
        """Returns the rows of all events but some."""
        kept = [row for row, event in enumerate(self.events) if event not in events]
        return _Rows(*([each[row] for row in kept] for each in vars(self).values()))

    def chunk(self, part: Part, columns: dict[str, pa.Array]) -> Chunk:
        """Returns the rows as arrays."""
        return Chunk(
            part,
            pa.array(self.ids, pa.string()),
            np.array(self.index, np.int64),
            np.array(self.times, np.int64),
            pa.array(self.versions, pa.string()),
            np.array(self.files, np.int64),
            np.array(self.lines, np.int64),
            columns,
        )


def _columns(held: _Rows, part: Part) -> dict[str, pa.Array]:
    """Returns rows as columns.

    Args:
        held: rows by the names of their columns.
        part: what they are of.

    Raises:
        InputError: a column has values that do not go together, or a name that is no text.
    """
    rows, path = held.rows, held.paths[0]
    names = dict.fromkeys(name for row in rows for name in row)
    for name in names:
        if not is_text(name):
            raise InputError(
                path, f"has a column {name!r}, whose name holds half of a character", "rename it"
            )
    return {name: _array([row.get(name) for row in rows], name, path, part) for name in names}


def _array(values: list[Any], name: str, path: str, part: Part) -> pa.Array:
    many = any(isinstance(value, list) for value in values)
    kinds = {
        type(each)
        for value in values
        for each in (value if many and isinstance(value, list) else [value])
    }
    kinds -= {type(None)}
    if kinds == {int, float}:
        values = [_as_float(value) for value in values]
    elif len(kinds) > 1:
        found = " and ".join(sorted(_NAMES[kind] for kind in kinds))
        raise mixed(path, name, found, part)
    if many:
        values = [v if v is None or isinstance(v, list) else [v] for v in values]
    return pa.array(values)


def _as_float(value: Any) -> Any:
    if isinstance(value, list):
        return [_as_float(each) for each in value]
    return None if value is None else float(value)


_NAMES = {bool: "booleans", int: "numbers", float: "numbers", str: "text"}

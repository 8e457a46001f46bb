"""Which records of a state are believed, and which of them a run means.

A record counts if its name is a time that has come, and its file is whole and of this pipeline.
Anything else, such as a copy in a folder `backup-...`, a record stamped 2099, or an empty file that
a full disk left, is passed over by name: it neither wins nor stops a run for which another record
answers. Where no other does, it is an error: nobody can say then that there never was a record.

A record that was written and then damaged, so that it is no JSON or its seal does not fit, stops
every run that comes across it: it may well be the one that is meant, and another would be compared
with in its place. A run that only records goes on, and so leaves a newer one.
"""

from __future__ import annotations

import concurrent.futures
import dataclasses
import datetime
import functools
import hashlib
import logging
import os
import re
from collections.abc import Iterable, Iterator, Sequence

from tfx.dsl.io import fileio

from skewgate.components.support import artifact_io, data_times, state_folder, state_removal
from skewgate.components.support.data_times import DataTime
from skewgate.components.support.state_folder import NAME_FORM, RECORD_NAME, VERSION, Record
from skewgate.components.support.state_removal import Removed
from skewgate.core import json_text, sealing, yaml_model
from skewgate.core.errors import InputError
from skewgate.core.sealing import DamagedError

_STATISTICS = "statistics"
_NAME = re.compile(r"[0-9]{8}T[0-9]{6}\.[0-9]{6}Z")
_AHEAD = datetime.timedelta(minutes=5)
"""How far the clock of another machine may be ahead."""
_READERS = 8
"""Records that are read from an object store at the same time."""
_REFUSED_FIX = "move its folder out of the state, or delete it"


@dataclasses.dataclass(frozen=True)
class Found:
    """A record that is believed, and its folder."""

    folder: str
    record: Record

    @property
    def rows(self) -> DataTime:
        """When the rows of the run are from."""
        return data_time(self.record)


class State:
    """What the runs of a pipeline recorded.

    Attributes:
        folder: of the records.
        entries: the names of all that is in it, the last first.
        refused: what was found there and is not believed, as far as it was read.
    """

    def __init__(self, root: str, pipeline: str) -> None:
        """Lists the records of a pipeline in the state at `root`."""
        self._pipeline = pipeline
        self.folder = os.path.join(root, pipeline)
        self._names: list[str] = []  # the newest first
        self.refused: list[InputError] = []
        self.entries = _entries(self.folder)
        latest = datetime.datetime.now(datetime.timezone.utc) + _AHEAD
        for name in self.entries:
            problem = _why_no_record(name, latest)
            if not problem:
                self._names.append(name)
            elif name != state_removal.NAME and fileio.exists(self.path(name)):
                self._refuse(InputError(os.path.join(self.folder, name), problem))

    def last(self) -> Found | None:
        """Returns the newest record by the time of its run; None if there is none.

        Raises:
            InputError: there is none that is believed, and one that is not; or one is damaged.
        """
        return self._answer(self.newest())

    def newest(self) -> Found | None:
        """Returns the newest record that is believed, whatever else there is."""
        return next(self._believed(map(self._read, self._names)), None)

    def before(self, rows: DataTime) -> Found | None:
        """Returns the record of the nearest rows before some; None if there is none.

        Of several of the same rows, such as those of repeated runs, the newest counts. One that was
        removed is none, and no other stands for it: see `removed`.

        Args:
            rows: with a window or a span.

        Raises:
            InputError: there is none that is believed, and one that is not; or one is damaged.
        """
        earlier = [found for found in self.all() if found.rows.is_before(rows)]
        nearest = max(earlier, key=lambda each: each.rows.nearness(rows), default=None)
        if nearest is not None and self.removed.hides(nearest.rows, rows):
            self._answer(nearest)
            return None
        if nearest is None and self.removed.held_before(rows):
            self._check_undamaged()
            return None
        return self._answer(nearest)

    def next_name(self) -> str:
        """Returns the name of a new record: the time, or what comes after all records."""
        now = datetime.datetime.now(datetime.timezone.utc)
        if self._names:  # of a machine whose clock is ahead, or of this moment
            now = max(now, _stamp(self._names[0]) + datetime.timedelta(microseconds=1))
        return now.strftime(NAME_FORM)

    def fingerprint(self) -> str:
        """Returns what changes when anything does that a run may find here."""
        digest = hashlib.sha256()
        for at, found in enumerate(self.all()):
            digest.update(f"{found.folder} {found.record.model_dump_json()}\n".encode())
            for role, entry in sorted(found.record.artifacts.items()):
                # The statistics of any record may be meant, and what else the newest names.
                lost = state_folder.loss(entry) if at == 0 or role == _STATISTICS else ""
                digest.update(f"{role} {lost}\n".encode())
        for error in self.refused:
            digest.update(f"{error}\n".encode())
        digest.update(self.removed.model_dump_json().encode())
        return digest.hexdigest()

    @functools.cached_property
    def removed(self) -> Removed:
        """Of which rows removed records were.

        Raises:
            InputError: what is noted of them is damaged.
        """
        return state_removal.read(self.folder)

    def all(self) -> Iterator[Found]:
        """Yields the records that are believed, the newest first."""
        if "://" not in self.folder:
            yield from self._believed(map(self._read, self._names))
            return
        with concurrent.futures.ThreadPoolExecutor(_READERS) as pool:
            yield from self._believed(pool.map(self._read, self._names))

    def _believed(self, read: Iterable[Found | InputError | None]) -> Iterator[Found]:
        for each in read:
            if isinstance(each, InputError):
                self._refuse(each)
            elif each is not None:
                yield each

    def _answer(self, found: Found | None) -> Found | None:
        self._check_undamaged()
        if found is None and self.refused:
            error = self.refused[0]
            problem = f"{error.problem}, and no other record of {self._pipeline} can be used"
            raise InputError(error.where, problem, error.fix) from error
        return found

    def _check_undamaged(self) -> None:
        damaged = [each for each in self.refused if isinstance(each, DamagedError)]
        if damaged:
            raise damaged[0]

    def path(self, name: str) -> str:
        """Returns the path of the file that makes a folder a record."""
        return os.path.join(self.folder, name, RECORD_NAME)

    def _read(self, name: str) -> Found | InputError | None:
        """Returns a record, why it is not believed, or None if there is none."""
        path = self.path(name)
        if not fileio.exists(path):  # half a record
            return None
        content = artifact_io.read_bytes(path)
        try:
            record = _parse(content, path)
            if record.pipeline != self._pipeline:
                problem = f"is a record of {record.pipeline}, not of {self._pipeline}"
                return InputError(path, problem)
            if _STATISTICS not in record.artifacts:
                return InputError(path, "names no statistics")
            data_time(record, path)
        except InputError as error:
            return error
        return Found(os.path.dirname(path), record)

    def _refuse(self, error: InputError) -> None:
        if error.where in {each.where for each in self.refused}:
            return
        refused = error
        if not isinstance(error, DamagedError):
            refused = InputError(error.where, error.problem, _REFUSED_FIX)
        self.refused.append(refused)
        logging.warning("skipped as a record of %s: %s", self._pipeline, refused)


def data_time(record: Record, where: str = RECORD_NAME) -> DataTime:
    """Returns when the rows of a run are from.

    Raises:
        InputError: what is noted of their window is none.
    """
    noted = record.artifacts[_STATISTICS].custom_properties
    return data_times.parse(str(noted.get(artifact_io.WINDOW_PROPERTY, "")), record.span, where)


def _entries(folder: str) -> Sequence[str]:
    """Returns the names in a folder, the last first."""
    if not fileio.exists(folder):
        return []
    return sorted((str(name).rstrip("/") for name in fileio.listdir(folder)), reverse=True)


def _stamp(name: str) -> datetime.datetime:
    """Returns the time that names a record.

    Raises:
        ValueError: it is none.
    """
    if not _NAME.fullmatch(name):
        raise ValueError(name)
    stamp = datetime.datetime.strptime(name, NAME_FORM)
    return stamp.replace(tzinfo=datetime.timezone.utc)


def _why_no_record(name: str, latest: datetime.datetime) -> str:
    """Returns why a name cannot be that of a record; "" if it can."""
    try:
        stamp = _stamp(name)
    except ValueError:
        return "is not a record: its name is not a time such as 20261125T131055.918000Z"
    if stamp > latest:
        return f"is stamped {stamp:%Y-%m-%d %H:%M:%S} UTC, which is in the future"
    return ""


def _parse(content: bytes, path: str) -> Record:
    if not content.strip(b"\0 \r\n\t"):  # a full disk or a lost connection left its name
        raise InputError(path, "is empty")
    try:
        parsed = json_text.load(content)
    except ValueError as error:  # neither UTF-8 nor JSON
        raise DamagedError(path, _REFUSED_FIX, f"is not JSON ({error})") from error
    if not isinstance(parsed, dict):
        raise InputError(path, "is not a JSON object")
    fields = sealing.unseal_json(parsed, path, _REFUSED_FIX)
    if parsed.get("version") == VERSION and len(fields) == len(parsed):
        raise DamagedError(path, _REFUSED_FIX, "has lost its checksum")
    return yaml_model.check(Record, fields, path)

"""Joins requests with their responses by id and place, and counts what finds no other."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from skewgate.data.arrow import row_hash
from skewgate.serving.capture.chunks import Chunk, Ints, joined
from skewgate.serving.capture.log.config import CaptureConfig
from skewgate.serving.capture.log.events import (
    CAUSES,
    ID_USED_TWICE,
    LATE,
    OTHER_COUNT,
    WITHOUT_REQUEST,
    WITHOUT_RESPONSE,
)
from skewgate.serving.capture.log.moments import SECOND
from skewgate.serving.capture.tally import Lost, Tally

_INDEX_BITS = 21
"""Of a key; `payloads.MOST_ROWS` fits."""
_REASONS = {
    ID_USED_TWICE: "an event has the same id as a different event",
    OTHER_COUNT: "a response has a different number of rows than its request",
    WITHOUT_RESPONSE: "a request has no response",
    WITHOUT_REQUEST: "a response has no request",
    LATE: "a response came after the horizon",
}
_VERSION = "\0version"
"""Beside columns of any name."""
Mask = npt.NDArray[np.bool_]


@dataclasses.dataclass
class _Side:
    """Rows of requests or responses, in the order of their keys.

    Attributes:
        rows: the rows.
        codes: number of the id of each.
    """

    rows: Chunk
    codes: Ints

    @property
    def keys(self) -> Ints:
        """Id and place as one number."""
        return (self.codes << _INDEX_BITS) | self.rows.index

    def filter(self, mask: Mask) -> _Side:
        """Returns some of the rows."""
        return _Side(self.rows.filter(mask), self.codes[mask])


class Joiner:
    """Joins parts of a log.

    Args:
        config: the contract.
        paths: the files, for samples.
        tally: counts.
        latest: the latest time of the log, microseconds since 1970.
    """

    def __init__(
        self, config: CaptureConfig, paths: Sequence[str], tally: Tally, latest: int
    ) -> None:
        self._config, self._paths, self._tally, self._latest = config, paths, tally, latest
        self._horizon = config.horizon.seconds * SECOND

    def join(self, request: Chunk, response: Chunk) -> tuple[Chunk, dict[str, pa.Array]]:
        """Returns requests, and the predictions beside them.

        Raises:
            InputError: more events are lost than may be.
        """
        both = joined([request.ids, response.ids], pa.string()).dictionary_encode()
        codes = np.asarray(both.indices).astype(np.int64)
        left, twice_left = self._once(_Side(request, codes[: len(request)]))
        right, twice_right = self._once(_Side(response, codes[len(request) :]))
        bad = np.union1d(twice_left, twice_right)
        left, right = self._lose(ID_USED_TWICE, left, right, bad)
        count = len(both.dictionary)
        sizes = [np.bincount(side.codes, minlength=count) for side in (left, right)]
        other = np.flatnonzero((sizes[0] != sizes[1]) & (sizes[0] > 0) & (sizes[1] > 0))
        left, right = self._lose(OTHER_COUNT, left, right, other)
        alone = np.flatnonzero((sizes[0] == 0) & (sizes[1] > 0))
        _, right = self._lose(WITHOUT_REQUEST, left, right, alone)
        late = self._late(left, right)
        left, right = self._lose(LATE, left, right, late)
        left = self._unanswered(left, right)
        places = np.searchsorted(right.keys, left.keys)
        places = np.minimum(places, max(len(right.rows) - 1, 0))
        known = (
            right.keys[places] == left.keys
            if len(right.rows)
            else np.zeros(len(left.rows), np.bool_)
        )
        at = pa.array(places, mask=~known)
        return left.rows, {name: array.take(at) for name, array in right.rows.columns.items()}

    def once(self, rows: Chunk) -> Chunk:
        """Returns rows of feedback without copies, and counts ids with several labels."""
        codes = np.asarray(rows.ids.dictionary_encode().indices).astype(np.int64)
        side, twice = self._once(_Side(rows, codes))
        return self._lose(ID_USED_TWICE, side, side, twice)[0].rows

    def _once(self, side: _Side) -> tuple[_Side, Ints]:
        """Returns rows without copies, in the order of their keys, and the ids used twice."""
        order = np.lexsort((side.rows.times, side.keys))
        if (order[1:] < order[:-1]).any():
            side = _Side(side.rows.take(order), side.codes[order])
        keys = side.keys
        again = np.concatenate([np.zeros(min(len(keys), 1), np.bool_), keys[1:] == keys[:-1]])
        if not again.any():
            return side, np.zeros(0, np.int64)
        copied = np.flatnonzero(again | np.append(again[1:], False))
        few = side.rows.take(copied)
        # What two versions of a model say is not one answer, even if they agree.
        words = row_hash.hashes({**few.columns, _VERSION: few.versions}, len(few), "log")
        alike = keys[copied]
        differs = (alike[1:] == alike[:-1]) & (words[1:] != words[:-1])
        twice = np.union1d(side.codes[copied[1:][differs]], _uneven(side, again))
        lost = again & (side.rows.index == 0) & ~np.isin(side.codes, twice)
        self._tally.duplicates += int(lost.sum())
        return side.filter(~again), twice

    def _late(self, left: _Side, right: _Side) -> Ints:
        """Returns the ids whose response came too late, and counts those that came too early."""
        first_left, first_right = (side.filter(side.rows.index == 0) for side in (left, right))
        _, one, other = np.intersect1d(
            first_left.codes, first_right.codes, assume_unique=True, return_indices=True
        )
        asked, answered = first_left.rows.times[one], first_right.rows.times[other]
        known = answered != np.iinfo(np.int64).min
        self._tally.before_request += int((known & (answered < asked)).sum())
        # Times of a feature say when something was, and not when it was asked.
        late = known & (answered > asked + self._horizon)
        if self._config.time.feature is not None:
            late[:] = False
        return np.asarray(first_left.codes[one[late]])

    def _unanswered(self, left: _Side, right: _Side) -> _Side:
        """Counts requests without response; the last ones may get theirs yet."""
        unanswered = ~np.isin(left.codes, right.codes)
        is_open = unanswered & (left.rows.times > self._latest - self._horizon)
        first = left.rows.index == 0
        if self._config.without_response == "keep":
            self._tally.kept_without_response += int((unanswered & first).sum())
            return left
        self._tally.open += int((is_open & first).sum())
        lost = np.unique(left.codes[unanswered & ~is_open])
        left, _ = self._lose(WITHOUT_RESPONSE, left.filter(~is_open), right, lost)
        return left

    def _lose(self, cause: str, left: _Side, right: _Side, codes: Ints) -> tuple[_Side, _Side]:
        """Takes the rows of some ids away, and counts each id once."""
        if not len(codes):
            return left, right
        assert cause in CAUSES
        out = [np.isin(side.codes, codes) for side in (left, right)]
        shown = left if out[0].any() else right
        rows = shown.rows.filter(out[0] if shown is left else out[1])
        _, firsts = np.unique(np.stack([rows.files, rows.lines], 1), axis=0, return_index=True)
        places = [(int(rows.files[at]), int(rows.lines[at])) for at in firsts[:20]]
        for file, line in places[: len(codes)]:
            self._tally.lose(Lost(self._paths[file], line, cause, _REASONS[cause]))
        rest = len(codes) - min(len(places), len(codes))
        if rest:
            file, line = places[-1]
            self._tally.lose(Lost(self._paths[file], line, cause, _REASONS[cause]), rest)
        return left.filter(~out[0]), right.filter(~out[1])


def _uneven(side: _Side, again: Mask) -> Ints:
    """Returns the ids of several events that have different numbers of rows.

    Args:
        side: rows in the order of their keys.
        again: which of them have the key of the row ahead of them.
    """
    rows = np.bincount(side.codes)
    longest = np.bincount(side.codes[~again], minlength=len(rows))
    events = np.bincount(side.codes[side.rows.index == 0], minlength=len(rows))
    return np.flatnonzero(rows != events * longest)

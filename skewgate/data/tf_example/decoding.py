"""Decodes serialized tf.Example of one chunk at a time, all records in step, as arrays.

tfx_bsl's decoder takes half a microsecond for each value, most of which protobuf needs for its
maps. Here every step looks at the same place of all records at once. What is not written as
protobuf's own encoders write it is refused, and left to `parsing`: the result is the same or none.

Source: protobuf.dev/programming-guides/encoding; tensorflow/core/example/feature.proto. A record is

    0A n (0A n entry)*              Example.features, Features.feature
    entry   = 0A n name 12 n feature
    feature = nothing, or one of
              0A n (0A n text)*     bytes_list
              12 n (0A n floats)?   float_list, packed, 4 bytes each
              1A n (0A n varints)?  int64_list, packed
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from skewgate.data.arrow.own_keys import MOST_CELLS
from skewgate.data.tf_example.columns import FLOAT, INT, STRING, DecodedValues

Ints = npt.NDArray[np.int64]
Words = npt.NDArray[np.uint64]

_KINDS = {0x0A: STRING, 0x12: FLOAT, 0x1A: INT}
_LONG = 64  # bytes of an average text above which texts are copied one by one
_PADDING = bytes(16)  # a word may be read at the end of the last record
_MOST_NAMES = np.iinfo(np.uint16).max
_MOST_STEPS = 4096  # features of a record, or texts of a feature

# Odd numbers to mix the words of a name with.
_MIX = (np.uint64(0x9E3779B97F4A7C15), np.uint64(0xC2B2AE3D27D4EB4F), np.uint64(0x165667B19E3779F9))
_TABLE_BITS = 14
_MASKS = np.array([(1 << (8 * n)) - 1 for n in range(9)], np.uint64)


class _RefusedError(Exception):
    """The records are written in another way than is known here."""


class _Spans(NamedTuple):
    """Parts of the data: to which record or row each belongs, where it begins and ends."""

    owner: Ints
    start: Ints
    end: Ints


class _Data(NamedTuple):
    """The bytes of the records, and the same as arrays.

    Attributes:
        data: the records, one after another, and padding.
        raw: each byte.
        words: the 8 bytes from each position on as an integer, lowest first.
    """

    data: bytes
    raw: npt.NDArray[np.uint8]
    words: Words

    def message(self, tag: int, start: Ints) -> tuple[Ints, Ints]:
        """Returns where the messages that begin at some positions have their content, and end.

        Raises:
            _RefusedError: one has another tag, or a length of more than five bytes.
        """
        if (self.raw.take(start) != tag).any():
            raise _RefusedError
        length = self.raw.take(start + 1).astype(np.int64)
        content = start + 2
        more = np.flatnonzero(length >= 0x80)
        length[more] -= 0x80
        for shift in range(7, 35, 7):
            if not len(more):
                return content, content + length
            byte = self.raw.take(content[more]).astype(np.int64)
            length[more] |= (byte & 0x7F) << shift
            content[more] += 1
            more = more[byte >= 0x80]
        if len(more):
            raise _RefusedError
        return content, content + length

    def repeated(self, tag: int, spans: _Spans) -> _Spans:
        """Returns the messages with a tag that fill some parts: owner is the part's number.

        Raises:
            _RefusedError: something else is in a part.
        """
        owner = np.flatnonzero(spans.start < spans.end)
        at, end = spans.start[owner], spans.end[owner]
        found = []
        for _ in range(_MOST_STEPS):
            if not len(owner):
                break
            content, stop = self.message(tag, at)
            if (stop > end).any():
                raise _RefusedError
            found.append((owner, content, stop))
            left = stop < end
            if left.all():
                at = stop
            else:
                owner, at, end = owner[left], stop[left], end[left]
        else:
            raise _RefusedError
        if not found:
            return _Spans(*np.empty((3, 0), np.int64))
        return _Spans(*(np.concatenate(part) for part in zip(*found, strict=True)))

    def filling(self, tag: int, start: Ints, end: Ints) -> Ints:
        """Returns where the one message has its content that fills each part.

        Raises:
            _RefusedError: something else fills a part.
        """
        content, stop = self.message(tag, start)
        if (stop != end).any():
            raise _RefusedError
        return content

    def gather(self, start: Ints, length: Ints) -> npt.NDArray[np.uint8]:
        """Returns the bytes of some parts, one after another."""
        first = np.cumsum(length) - length
        places = np.repeat(start - first, length) + np.arange(length.sum())
        return self.raw.take(places)


def decode(
    records: Sequence[bytes], names: Collection[str] | None = None
) -> dict[str, DecodedValues] | None:
    """Returns the values of every feature of the records, as `columns.values_of` does.

    Args:
        records: serialized tf.Example.
        names: features to keep; all without it. The others are decoded too: a record that is no
            tf.Example has to be found.

    Returns:
        None if the records are written in a way that is not known here: fields in another order,
        a feature that occurs twice, numbers that are not packed, a feature with several types, or
        no tf.Example at all.
    """
    joined = b"".join((*records, _PADDING))
    words: Words = np.ndarray(len(joined) - 7, "<u8", joined, strides=(1,))
    data = _Data(joined, np.frombuffer(joined, np.uint8), words)
    ends = np.cumsum(np.fromiter(map(len, records), np.int64, len(records)))
    starts = np.concatenate(([0], ends[:-1]))
    try:
        written = starts < ends
        content = data.filling(0x0A, starts[written], ends[written])
        features = _Spans(np.flatnonzero(written), content, ends[written])
        entries = data.repeated(0x0A, features)
        entries = entries._replace(owner=features.owner[entries.owner])
        found = {
            name: _values(data, feature, len(records))
            for name, feature in _by_name(data, entries, len(records)).items()
        }
    except _RefusedError:
        return None
    return {name: found[name] for name in found if names is None or name in names}


def _by_name(data: _Data, entries: _Spans, n_rows: int) -> dict[str, _Spans]:
    """Returns the feature messages of each name, rows in ascending order.

    Raises:
        _RefusedError: a name is empty, has more than 127 bytes, is not UTF-8, has a zero byte, or
            occurs twice in a row; or there are too many.
    """
    if not len(entries.owner):
        return {}
    start, after = data.message(0x0A, entries.start)
    lengths = after - start
    if lengths.min() < 1 or lengths.max() > 127 or (after >= entries.end).any():
        raise _RefusedError
    content = data.filling(0x12, after, entries.end)
    mask = _MASKS[np.minimum(lengths, 8)]
    head = data.words[start] & mask
    tail = data.words[start + np.maximum(lengths - 8, 0)] & mask
    mixed = head * _MIX[0] ^ tail * _MIX[1] ^ lengths.astype(np.uint64) * _MIX[2]
    codes, firsts = _codes(mixed)
    if len(firsts) * n_rows > MOST_CELLS:
        raise _RefusedError
    found: dict[str, _Spans] = {}
    order = np.argsort(codes, kind="stable")
    bounds = np.searchsorted(codes[order], np.arange(len(firsts) + 1))
    for code, first in enumerate(firsts.tolist()):
        own = order[bounds[code] : bounds[code + 1]]
        size = int(lengths[first])
        at = start[own]
        same = (lengths[own] == size) & (head[own] == head[first]) & (tail[own] == tail[first])
        for inner in range(8, size - 8, 8):
            same &= data.words[at + inner] == data.words[start[first] + inner]
        places = np.full(n_rows, -1, np.int64)
        places[entries.owner[own]] = own
        rows = np.flatnonzero(places >= 0)
        if not same.all() or len(rows) != len(own):
            raise _RefusedError
        try:
            name = data.data[start[first] : after[first]].decode("utf-8")
        except UnicodeDecodeError as error:
            raise _RefusedError from error
        if "\0" in name:  # where tfx_bsl ends it, which makes the statistics of TFX
            raise _RefusedError
        found[name] = _Spans(rows, content[places[rows]], entries.end[places[rows]])
    return found


def _codes(mixed: Words) -> tuple[npt.NDArray[np.uint16], Ints]:
    """Returns a code for each number, and where each code occurs first.

    Raises:
        _RefusedError: there are more different numbers than codes.
    """
    known = np.unique(mixed[:: max(1, len(mixed) // 1000)])
    table = np.zeros(1 << _TABLE_BITS, np.uint16)
    heads = (mixed >> np.uint64(64 - _TABLE_BITS)).view(np.int64)
    table[known >> np.uint64(64 - _TABLE_BITS)] = np.arange(len(known))
    places: npt.NDArray[Any] = table.take(heads)
    missed = known.take(places) != mixed
    if missed.any():  # two share a place in the table, or the sample lacks one
        known = np.union1d(known, mixed[missed])
        places = np.searchsorted(known, mixed)
    if len(known) > _MOST_NAMES:
        raise _RefusedError
    firsts = np.zeros(len(known), np.int64)
    firsts[places[::-1]] = np.arange(len(mixed))[::-1]
    return places.astype(np.uint16), firsts


def _values(data: _Data, feature: _Spans, n_rows: int) -> DecodedValues:
    """Decodes the messages of one feature.

    Raises:
        _RefusedError: they are of several types, or not written as is known here.
    """
    lengths = np.full(n_rows, -1, np.int64)
    given = feature.start < feature.end
    rows, start, end = (part[given] for part in feature)
    if not len(rows):
        return DecodedValues(None, lengths, None)
    tag = data.data[start[0]]
    if tag not in _KINDS:
        raise _RefusedError
    content = data.filling(tag, start, end)
    kind = _KINDS[tag]
    if kind == STRING:
        texts = data.repeated(0x0A, _Spans(rows, content, end))
        lengths[rows] = np.bincount(texts.owner, minlength=len(rows))
        if lengths.max() > 1:  # they were found one of each row at a time
            order = np.argsort(texts.owner, kind="stable")
            texts = _Spans(*(part[order] for part in texts))
        return DecodedValues(STRING, lengths, _binary(data, texts))
    lengths[rows] = 0
    some = content < end
    rows, content, end = rows[some], content[some], end[some]
    content = data.filling(0x0A, content, end)
    if kind == FLOAT:
        lengths[rows] = (end - content) // 4
        if ((end - content) % 4).any():
            raise _RefusedError
        return DecodedValues(FLOAT, lengths, _floats(data, content, end - content))
    counts, values = _varints(data, content, end - content)
    lengths[rows] = counts
    return DecodedValues(INT, lengths, values)


def _floats(data: _Data, start: Ints, length: Ints) -> npt.NDArray[np.float32]:
    if (length == 4).all():
        return data.words[start].astype("<u4").view("<f4").astype(np.float32, copy=False)
    return data.gather(start, length).view("<f4").astype(np.float32, copy=False)


def _varints(data: _Data, start: Ints, length: Ints) -> tuple[Ints, Ints]:
    """Returns how many integers each part has, and all of them.

    Raises:
        _RefusedError: a part ends within a number, or a number has more than ten bytes.
    """
    if not length.sum():
        return np.zeros(len(start), np.int64), np.empty(0, np.int64)
    raw = data.gather(start, length)
    last = raw < 0x80
    ends = np.flatnonzero(last)
    upto = np.concatenate(([0], np.cumsum(last)))
    stops = np.cumsum(length)
    if not last[stops[length > 0] - 1].all():
        raise _RefusedError
    starts = np.concatenate(([0], ends[:-1] + 1))
    sizes = ends + 1 - starts
    if sizes.max() > 10:
        raise _RefusedError
    values = (raw[starts] & 0x7F).astype(np.uint64)
    longer = np.flatnonzero(sizes > 1)
    for place in range(1, int(sizes.max())):
        longer = longer[sizes[longer] > place]
        more = (raw[starts[longer] + place] & 0x7F).astype(np.uint64)
        values[longer] |= more << np.uint64(7 * place)
    return upto[stops] - upto[stops - length], values.view(np.int64)


def _binary(data: _Data, texts: _Spans) -> pa.Array:
    """Returns texts as a large binary array."""
    sizes = texts.end - texts.start
    offsets: npt.NDArray[Any] = np.concatenate(([0], np.cumsum(sizes)))
    if len(sizes) and offsets[-1] > _LONG * len(sizes):
        spans = zip(texts.start.tolist(), texts.end.tolist(), strict=True)
        content = pa.py_buffer(b"".join([data.data[start:end] for start, end in spans]))
    else:
        content = pa.py_buffer(data.gather(texts.start, sizes))
    return pa.Array.from_buffers(
        pa.large_binary(), len(sizes), [None, pa.py_buffer(offsets.astype(np.int64)), content]
    )

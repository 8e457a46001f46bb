"""Drops, hashes and generalises columns, before anything is written."""

from __future__ import annotations

import hashlib
import hmac
import os
from collections.abc import Callable

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from skewgate.core import wording
from skewgate.core.errors import InputError
from skewgate.data.arrow.kinds import is_list, is_number
from skewgate.data.arrow.values import list_lengths, numbers, validity
from skewgate.data.sources.casts import lists_of
from skewgate.serving.capture.chunks import Chunk
from skewgate.serving.capture.feedback import LABEL, REWARD
from skewgate.serving.capture.log.config import CaptureConfig, Generalise

_SHORTEST_KEY = 16
_LARGEST = np.iinfo(np.int64).max
_DIGITS = 32  # of a hash: 128 bits


class Privacy:
    """What capture.yaml asks for.

    Args:
        config: the contract.
        where: its name, for messages.

    Raises:
        InputError: columns are to be hashed, and there is no key.
    """

    def __init__(self, config: CaptureConfig, where: str) -> None:
        self._config, self._where = config, where
        self._key = _key(config, where) if config.columns.hash else b""
        self._seen: set[str] = set()
        self._known = _known(config)

    def ids(self, ids: pa.Array) -> pa.Array:
        """Returns ids as they are written."""
        return self._hashed(ids) if self._config.key.id in self._config.columns.hash else ids

    def apply(self, chunk: Chunk) -> Chunk:
        """Changes the columns of rows.

        Raises:
            InputError: a column cannot be generalised as it should be.
        """
        rules = self._config.columns
        self._seen.update(chunk.columns)
        columns = {name: a for name, a in chunk.columns.items() if name not in rules.drop}
        for name in rules.hash:
            if name in columns:
                columns[name] = _of_items(columns[name], self._hashed)
        for name, rule in rules.generalise.items():
            if name in columns:
                columns[name] = self._generalised(columns[name], rule, name)
        chunk.columns = columns
        chunk.ids = self.ids(chunk.ids)
        return chunk

    def check(self) -> None:
        """Makes sure that every rule had a column: the right one would have been written as it is.

        Raises:
            InputError: the log has no column of a name.
        """
        rules = self._config.columns
        for kind, names in (
            ("drop", rules.drop),
            ("hash", rules.hash),
            ("generalise", rules.generalise),
        ):
            for name in names:
                if name not in self._seen | self._known:
                    raise InputError(
                        self._where,
                        f"columns.{kind} names {name}, and the log has no such column, but "
                        f"{wording.listed(sorted(self._seen))}",
                        "correct the name, or list the column under features if it may be missing",
                    )

    def _hashed(self, array: pa.Array) -> pa.Array:
        """Returns the hash of each value, spelled as JSON would spell it."""
        if pa.types.is_null(array.type):
            return pa.nulls(len(array), pa.string())
        different = array.dictionary_encode()
        spelled = [
            None if each is None else _spelled(each) for each in different.dictionary.to_pylist()
        ]
        found = [
            None
            if each is None
            else hmac.new(self._key, each.encode(), hashlib.sha256).hexdigest()[:_DIGITS]
            for each in spelled
        ]
        return pa.array(found, pa.string()).take(different.indices)

    def _generalised(self, array: pa.Array, rule: Generalise, name: str) -> pa.Array:
        step, letters = rule.step, rule.letters

        def coarser(values: pa.Array) -> pa.Array:
            if pa.types.is_null(values.type):
                return values
            if step is not None and is_number(values.type):
                if step.is_integer() and pa.types.is_integer(values.type):
                    return self._multiples(values, int(step), name)
                floats = values.cast(pa.float64(), safe=False)
                return pc.multiply(pc.floor(pc.divide(floats, step)), step)
            if letters is not None and pa.types.is_string(values.type):
                return pc.utf8_slice_codeunits(values, 0, letters)
            wanted = "numbers" if step is not None else "text"
            raise InputError(
                self._where,
                f"columns.generalise.{name} is for {wanted}, but {name} holds {values.type}",
                "change the rule, or set the type of the column in `features`",
            )

        return _of_items(array, coarser)

    def _multiples(self, values: pa.Array, step: int, name: str) -> pa.Array:
        """Returns the multiples of a step at or below whole numbers.

        Raises:
            InputError: one has more than 64 bits.
        """
        valid = validity(values)
        held = numbers(values).astype(np.int64)
        found = held // step * step if step <= _LARGEST else np.where(held < 0, _LARGEST, 0)
        if (found > held).any():  # less than the least number of 64 bits
            raise InputError(
                self._where,
                f"columns.generalise.{name}: a multiple of {step} at or below a value of {name} "
                "has more than 64 bits",
                "take a smaller step",
            )
        full = np.zeros(len(values), np.int64)
        full[valid] = found
        return pa.array(full, mask=~valid)


def _known(config: CaptureConfig) -> set[str]:
    """Returns the columns that capture.yaml names, which a log need not have each time."""
    prediction = config.prediction
    return {
        config.key.id,
        prediction.column,
        *config.features,
        *prediction.names,
        *prediction.rename.values(),
        LABEL,
        REWARD,
    }


def _of_items(array: pa.Array, change: Callable[[pa.Array], pa.Array]) -> pa.Array:
    """Changes values, or those in lists."""
    if not is_list(array.type):
        return change(array)
    lengths = np.asarray(list_lengths(array.drop_null()))
    return lists_of(change(array.flatten()), lengths, validity(array))


def _spelled(value: object) -> str:
    """Returns a value as text, in which 7 and 7.0 are one."""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def _key(config: CaptureConfig, where: str) -> bytes:
    name = config.columns.hash_key
    key = os.environ.get(name, "")
    if len(key) < _SHORTEST_KEY:
        found = "is too short" if key else "is not set"
        raise InputError(
            where,
            f"columns.hash needs a key, and the variable {name} {found}",
            f"set it to a secret of at least {_SHORTEST_KEY} characters, the same in each run",
        )
    return key.encode("utf-8", "surrogateescape")

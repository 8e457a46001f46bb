"""Applies plants to blocks of rows, and counts what they change."""

from __future__ import annotations

import collections
import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from skewgate.core.distributions import FloatArray
from skewgate.data.arrow import cells
from skewgate.data.arrow.values import mask_array
from skewgate.simulation.kinds.base import Plant, Selection
from skewgate.simulation.kinds.labels import ClassPrior
from skewgate.simulation.kinds.randoms import uniforms
from skewgate.simulation.spec import Planned
from skewgate.simulation.survey import Survey, check_columns, matches


@dataclasses.dataclass(frozen=True)
class Settled:
    """A plant that fits the data.

    Attributes:
        plant: what the spec says.
        sizes: its sizes in the units of the data; see Plant.settle.
    """

    plant: Plant
    sizes: Mapping[str, Any]


@dataclasses.dataclass
class Tally:
    """What a plant did to a window.

    Attributes:
        slice: rows of the window in its slice.
        changed: rows that it changed.
        dropped: rows that it dropped.
    """

    slice: int = 0
    changed: int = 0
    dropped: int = 0


@dataclasses.dataclass
class WindowTally:
    """What all plants did to a window.

    Attributes:
        rows_in: rows of the data.
        rows_out: rows that stay.
        changed: rows of these that some plant changed.
        plants: by name of the plant; those that did not act are not there.
    """

    rows_in: int = 0
    rows_out: int = 0
    changed: int = 0
    plants: dict[str, Tally] = dataclasses.field(
        default_factory=lambda: collections.defaultdict(Tally)
    )


def settle(
    plants: Iterable[Planned], found: Survey, schema: pa.Schema, where: str
) -> tuple[Settled, ...]:
    """Fits plants to the data.

    Args:
        plants: of a spec.
        found: what the first pass gathered.
        schema: the columns of the data.
        where: name of the spec, for messages.

    Raises:
        InputError: a column is not there, has the wrong type, or lacks what the plant needs.
    """
    settled = []
    for each in plants:
        check_columns(each, schema, where)
        found.check_slice(each, schema, where)
        facts = found.facts(each.plant, schema)
        settled.append(Settled(each.plant, each.plant.settle(facts, f"{where}: {each.at}")))
    return tuple(settled)


def apply(
    plants: Sequence[Settled],
    block: pa.RecordBatch,
    window: int,
    first: int,
    seed: int,
    tally: WindowTally,
) -> pa.RecordBatch:
    """Returns a block as the plants leave it; rows keep their order, columns their types.

    Slices and classes are those of the block as it comes. First rows are dropped, then the plants
    change cells, each what the one before has left.

    Args:
        plants: in their order.
        block: rows of one window that follow one another.
        window: from 1.
        first: number of the block's first row within the window, from 0.
        seed: of the simulation.
        tally: counts of the window, to which those of the block are added.
    """
    source = dict(zip(block.schema.names, block.columns, strict=True))
    acting = []
    for settled in plants:
        level = settled.plant.onset.level(window)
        if level > 0:
            rows = _select(settled.plant, source, level, _Draws(seed, settled, window, first))
            acting.append((settled, rows))
    kept = np.ones(block.num_rows, bool)
    for settled, rows in acting:
        if isinstance(settled.plant, ClassPrior):
            stays = settled.plant.keep(source[settled.plant.column], rows, settled.sizes)
            tally.plants[settled.plant.label].dropped += int(np.count_nonzero(kept & ~stays))
            kept &= stays
    columns = dict(source)
    changed = np.zeros(block.num_rows, bool)
    for settled, rows in acting:
        count = tally.plants[settled.plant.label]
        count.slice += int(np.count_nonzero(matches(source, settled.plant.where)))
        rows = dataclasses.replace(rows, chosen=rows.chosen & kept)
        if not rows.chosen.any():
            continue
        differing = np.zeros(block.num_rows, bool)
        for name in settled.plant.touched:
            before = columns[name]
            columns[name] = settled.plant.change(name, before, rows, settled.sizes)
            differing |= cells.differs(before, columns[name])
        count.changed += int(np.count_nonzero(differing & kept))
    for name in {name for settled, _ in acting for name in settled.plant.touched}:
        changed |= cells.differs(source[name], columns[name])
    tally.rows_in += block.num_rows
    tally.rows_out += int(np.count_nonzero(kept))
    tally.changed += int(np.count_nonzero(changed & kept))
    result = pa.RecordBatch.from_arrays(list(columns.values()), schema=block.schema)
    return result if kept.all() else result.filter(mask_array(kept))


@dataclasses.dataclass(frozen=True)
class _Draws:
    """Random numbers of a plant for the rows of a block."""

    seed: int
    settled: Settled
    window: int
    first: int

    def __call__(self, purpose: str, rows: int) -> FloatArray:
        name = f"{self.settled.plant.label}\0{purpose}\0{self.window}"
        return uniforms(self.seed, name, self.first, rows)


def _select(plant: Plant, source: Mapping[str, pa.Array], level: float, draws: _Draws) -> Selection:
    rows = len(next(iter(source.values())))
    chosen = matches(source, plant.where)
    share = plant.share * level if plant.grows == "share" else plant.share
    if share < 1:
        chosen &= draws("share", rows) < share
    return Selection(chosen, level, lambda purpose: draws(purpose, rows))

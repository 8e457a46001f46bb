"""The kinds and sizes of drift that are rehearsed where the spec names none."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Mapping
from typing import Any

import pyarrow as pa

from skewgate.checks.drift.config import DriftConfig
from skewgate.data.arrow.kinds import is_number
from skewgate.simulation.kinds.base import MOST_VALUES
from skewgate.simulation.spec import Planned, expand
from skewgate.simulation.survey import count_values

_MILE = 1.609344
_FEW = 20
_MOST_CATEGORIES = 1000


@dataclasses.dataclass(frozen=True)
class Choice:
    """The columns that the default grid changes; None where the data have no such column.

    Attributes:
        number: a column of numbers.
        category: a column of categories, most frequent first.
        label: the column of the label.
    """

    number: str | None
    category: str | None
    label: str | None


def choose(
    rows: pa.RecordBatch,
    config: DriftConfig,
    categorical: frozenset[str],
    label: str | None,
    alarming: Collection[str] = (),
) -> tuple[Choice, dict[str, Mapping[Any, int]]]:
    """Chooses columns: critical ones first, then those of the most values, then by name.

    Floating numbers come before whole ones, which may be keys or times.

    Ignored features are not chosen, nor is the label; one that alarms without a plant, whose
    checks tell nothing of a plant, only if there is no other.

    Returns:
        The columns, and how often each of their values occurs, most frequent first.
    """
    counts: dict[str, Mapping[Any, int]] = {}
    numbers, categories = [], []
    for name, array in zip(rows.schema.names, rows.columns, strict=True):
        found = count_values(array)
        if found is not None and not found:
            continue  # no value at all
        counts[name] = found or {}
        if name in config.ignored or name == label:
            continue
        distinct = MOST_VALUES if found is None else len(found)
        rank = (
            name in alarming,
            name not in config.critical,
            is_number(array.type) and not pa.types.is_floating(array.type),
            -distinct,
            name,
        )
        if is_number(array.type) and name not in categorical:
            if distinct >= _FEW:
                numbers.append(rank)
        elif 2 <= distinct <= _MOST_CATEGORIES and not pa.types.is_temporal(array.type):
            categories.append(rank)
    return Choice(
        min(numbers)[-1] if numbers else None,
        min(categories)[-1] if categories else None,
        label if label in counts else None,
    ), counts


def default_grid(
    choice: Choice, counts: Mapping[str, Mapping[Any, int]], first: int
) -> list[Planned]:
    """Returns three sizes of each kind that the chosen columns admit.

    Args:
        choice: the columns.
        counts: of their values, most frequent first.
        first: the first window with drift.
    """
    entries: list[dict[str, Any]] = []
    number, category, label = choice.number, choice.category, choice.label
    if number is not None:
        entries += [
            {"kind": "shift", "column": number, "sizes": {"by": [0.1, 0.3, 1.0]}},
            {"kind": "scale", "column": number, "sizes": {"factor": [1.2, 1.6, 2.5]}},
            {
                "kind": "unit_error",
                "column": number,
                "factor": _MILE,
                "sizes": {"share": [0.1, 0.4, 1.0]},
            },
            {"kind": "noise", "column": number, "sizes": {"by": [0.05, 0.2, 0.8]}},
            {"kind": "clipping", "column": number, "sizes": {"upper": [0.95, 0.85, 0.6]}},
            {"kind": "stuck_sensor", "column": number, "sizes": {"share": [0.05, 0.2, 0.6]}},
        ]
    either = category or number
    if either is not None:
        entries.append(
            {"kind": "missing_rate", "column": either, "sizes": {"share": [0.02, 0.1, 0.3]}}
        )
    if category is not None:
        names = list(counts[category])
        entries += [
            {
                "kind": "category_swap",
                "column": category,
                "values": names[:2],
                "sizes": {"share": [0.1, 0.4, 1.0]},
            },
            {
                "kind": "new_category",
                "column": category,
                "value": _new(names),
                "sizes": {"share": [0.005, 0.03, 0.1]},
            },
        ]
        if number is not None:
            entries.append(
                {
                    "kind": "shift",
                    "column": number,
                    "where": {category: names[1]},
                    "sizes": {"by": [0.3, 1.0, 3.0]},
                }
            )
    if either is not None:
        entries.append(
            {"kind": "permutation", "column": number or category, "sizes": {"share": [0.3, 0.6, 1]}}
        )
    if label is not None and 2 <= len(counts[label]) <= _MOST_CATEGORIES:
        rare, count = list(counts[label].items())[-1]
        share = count / sum(counts[label].values())
        wanted = [round(share + part * (1 - share), 3) for part in (0.1, 0.3, 0.6)]
        entries += [
            {
                "kind": "class_prior",
                "column": label,
                "sizes": {"shares": [{rare: each} for each in wanted]},
            },
            {"kind": "label_flip", "column": label, "sizes": {"share": [0.05, 0.15, 0.4]}},
        ]
    grid: list[Planned] = []
    for entry in entries:
        grid += expand({**entry, "onset": {"first": first}}, "default grid", str(entry["kind"]))
    return grid


def _new(names: list[Any]) -> Any:
    """Returns a value that is none of the names, of their type."""
    if isinstance(names[0], str):
        new = "NEW"
        while new in names:
            new += "_"
        return new
    return not names[0] if isinstance(names[0], bool) else max(names) + 1

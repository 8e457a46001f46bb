"""Drift of labels: class prior change and label flip."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, ClassVar, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pydantic

from skewgate.core.distributions import FloatArray
from skewgate.core.errors import InputError
from skewgate.data.arrow import cells
from skewgate.data.arrow.values import stored, validity
from skewgate.simulation.kinds.base import (
    SLICE_VALUES,
    VALUES,
    Facts,
    Plant,
    Selection,
    check_known,
    is_scalar,
    share_text,
)

MOST_CLASSES = 1000


def _classes(fact: Facts, at: str) -> Mapping[Any, int]:
    """Returns how often each class of a label occurs.

    Raises:
        InputError: there are fewer than two, or too many to be classes.
    """
    count = None if fact.counts is None else len(fact.counts)
    if fact.counts is None or not 2 <= len(fact.counts) <= MOST_CLASSES:
        found = "too many values" if count is None else f"{count:,} values"
        raise InputError(
            f"{at}: column {fact.name}",
            f"has {found}, and a label must have from 2 to {MOST_CLASSES:,} classes",
            "name the column of the label",
        )
    return fact.counts


class LabelPlant(Plant):
    """A change of the label, or by it."""

    column: str = pydantic.Field(min_length=1)

    @property
    def touched(self) -> tuple[str, ...]:
        """See Plant."""
        return (self.column,)


class ClassPrior(LabelPlant):
    """Changes how frequent the classes are by dropping rows; no row is doubled.

    Of N rows of the slice with a label a share p of class c; the plant asks for the share q. A row
    of class c stays with the probability (s / p) / max over classes (s / p), s = p + level *
    (q - p). Rows without a label stay. In windows whose labels are like those of all rows the
    shares become those asked for; in others the odds change by the same factors.

    Attributes:
        shares: class to its share, in [0, 1]; classes that are not named share the rest in their
            old proportion.
    """

    kind: Literal["class_prior"]
    shares: dict[Any, float] = pydantic.Field(min_length=1)
    share: Literal[1] = 1
    grows: ClassVar[Literal["size", "share"]] = "size"
    needs: ClassVar[str] = SLICE_VALUES

    @pydantic.field_validator("shares")
    @classmethod
    def _check(cls, value: dict[Any, float]) -> dict[Any, float]:
        for name, share in value.items():
            if not is_scalar(name) or name is None or not 0 <= share <= 1:
                raise ValueError(f"the share of {name!r} must be in [0, 1], got {share}")
        if sum(value.values()) > 1 + 1e-9:
            raise ValueError(f"must not sum to more than 1, got {sum(value.values()):g}")
        return value

    @property
    def size(self) -> str:
        """See Plant."""
        return ", ".join(f"{name} at {share:.0%}" for name, share in self.shares.items())

    def settle(self, facts: Mapping[str, Facts], at: str) -> dict[str, Any]:
        """See Plant."""
        fact = facts[self.column]
        counts = _classes(fact, at)
        for name in self.shares:
            check_known(fact, name, f"{at}.shares")
        total = sum(counts.values())
        before = {name: count / total for name, count in counts.items()}
        rest = 1 - sum(self.shares.values())
        others = sum(share for name, share in before.items() if name not in self.shares)
        if others == 0 and not math.isclose(rest, 0, abs_tol=1e-9):
            raise InputError(
                f"{at}.shares",
                f"name all classes and sum to {1 - rest:g}",
                "make them sum to 1, or leave one class out",
            )
        after = {
            name: self.shares[name] if name in self.shares else rest * share / others
            for name, share in before.items()
        }
        return {
            "classes": list(before),
            "before": list(before.values()),
            "after": list(after.values()),
        }

    def keep(self, array: pa.Array, rows: Selection, settled: Mapping[str, Any]) -> cells.BoolArray:
        """Says which rows stay, shape (n,)."""
        before, after = np.array(settled["before"]), np.array(settled["after"])
        weights: FloatArray = 1 + rows.level * (after / before - 1)
        stays = np.append(np.clip(weights / weights.max(), 0, 1), 1.0)  # 1 where there is no label
        kept: cells.BoolArray = ~rows.chosen | (
            rows.uniform("size") < stays[_codes(array, settled["classes"])]
        )
        return kept

    def change(
        self, column: str, array: pa.Array, rows: Selection, settled: Mapping[str, Any]
    ) -> pa.Array:
        """See Plant; rows go, and no cell changes."""
        return array


def _codes(array: pa.Array, classes: list[Any]) -> np.ndarray[Any, np.dtype[np.int64]]:
    """Returns the place of each label among the classes, -1 for none, shape (n,)."""
    found = pc.index_in(array, value_set=pa.array(classes, array.type))
    return np.where(validity(found), stored(found), -1).astype(np.int64)


class LabelFlip(LabelPlant):
    """Gives rows another class: concept drift, for the features stay as they are.

    Of two classes it is the other one; of more, one of the others, each as likely.

    Attributes:
        share: probability with which a row of the slice gets another class.
    """

    kind: Literal["label_flip"]
    share: float = pydantic.Field(gt=0, le=1)
    needs: ClassVar[str] = VALUES

    @property
    def size(self) -> str:
        """See Plant."""
        return share_text(self.share)

    def settle(self, facts: Mapping[str, Facts], at: str) -> dict[str, Any]:
        """See Plant."""
        counts = _classes(facts[self.column], at)
        return {"classes": sorted(counts, key=str), "share": self.share}

    def change(
        self, column: str, array: pa.Array, rows: Selection, settled: Mapping[str, Any]
    ) -> pa.Array:
        """See Plant."""
        classes = settled["classes"]
        codes = _codes(array, classes)
        chosen = rows.chosen & (codes >= 0)
        step = 1 + np.floor(rows.uniform("class") * (len(classes) - 1)).astype(np.int64)
        return cells.with_values(array, chosen, classes, (codes + step) % len(classes))

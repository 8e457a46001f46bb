"""What is counted while predictions and labels are read and joined."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection

from skewgate.core.errors import InputError

PREDICTIONS, LABELS = "predictions", "labels"
"""The two sides."""


@dataclasses.dataclass(frozen=True)
class JoinedShard:
    """A file of joined rows.

    Attributes:
        number: of the partition that it holds.
        path: where it was written.
        rows: how many it holds.
    """

    number: int
    path: str
    rows: int


@dataclasses.dataclass
class Totals:
    """Numbers of rows.

    Every label row is one of `labels_without_key`, `labels_without_value`, `labels_without_time`,
    `not_yet`, `orphans`, `late`, `duplicates` and `used`, which add up to `labels`.

    Attributes:
        predictions, labels: rows read.
        joined: prediction rows that got their label.
        repeated_predictions: prediction rows whose key an earlier one has too.
        predictions_without_key: they lack a key feature, or have several values of one.
        predictions_without_time: they are in no window and get no label.
        labels_without_key: as of the predictions.
        labels_without_value: label rows that lack a value of a label feature.
        labels_without_time: label rows that lack the time of the label, where there is to be one.
        not_yet: label rows from after as_of.
        orphans: label rows whose key no prediction row with a time has.
        late: label rows that came after the horizon of every prediction with their key.
        duplicates: label rows that were in time, and give way to another one of their key.
        used: label rows that a prediction row got.
        before_prediction: prediction rows whose label has an earlier time than they have.
        replaced: prediction rows that had a label of their own and got another.
        removed: prediction rows that had a label of their own and lost it, for none was joined.
        windows_replaced: prediction rows that had a feature of the name of the windows'.
    """

    predictions: int = 0
    labels: int = 0
    joined: int = 0
    repeated_predictions: int = 0
    predictions_without_key: int = 0
    predictions_without_time: int = 0
    labels_without_key: int = 0
    labels_without_value: int = 0
    labels_without_time: int = 0
    not_yet: int = 0
    orphans: int = 0
    late: int = 0
    duplicates: int = 0
    used: int = 0
    before_prediction: int = 0
    replaced: int = 0
    removed: int = 0
    windows_replaced: int = 0

    def merge(self, other: Totals) -> None:
        """Adds the numbers of other rows."""
        for name, count in other.__dict__.items():
            setattr(self, name, getattr(self, name) + count)


@dataclasses.dataclass
class LabelCounts:
    """All that is known of the rows of both sides, or of some of them.

    Attributes:
        totals: numbers of rows.
        windows: start of a window, in seconds since 1970, to its prediction rows and how many of
            them have their label.
        last_time: the latest time on either side.
        types: for each side, the types of values (int64, float, bytes) of each feature seen; none
            if no row has a value.
        shards: the files that hold the joined rows.
        error: why rows cannot be joined.
    """

    totals: Totals = dataclasses.field(default_factory=Totals)
    windows: dict[int, tuple[int, int]] = dataclasses.field(default_factory=dict)
    last_time: int | None = None
    types: dict[str, dict[str, frozenset[str]]] = dataclasses.field(
        default_factory=lambda: {PREDICTIONS: {}, LABELS: {}}
    )
    shards: list[JoinedShard] = dataclasses.field(default_factory=list)
    error: InputError | None = None

    def merge(self, other: LabelCounts) -> None:
        """Takes what was counted of other rows."""
        self.totals.merge(other.totals)
        for start, (predicted, labelled) in other.windows.items():
            here = self.windows.get(start, (0, 0))
            self.windows[start] = (here[0] + predicted, here[1] + labelled)
        times = [time for time in (self.last_time, other.last_time) if time is not None]
        self.last_time = max(times, default=None)
        for side, found in other.types.items():
            for name, kinds in found.items():
                self.types[side][name] = self.types[side].get(name, frozenset()) | kinds
        self.shards.extend(other.shards)
        # The same one in whatever order they come.
        errors = [error for error in (self.error, other.error) if error is not None]
        self.error = min(errors, key=str, default=None)


def mixed_types(label: str, kinds: Collection[str]) -> InputError:
    """Returns the error that a label is of several types."""
    return InputError(
        f"labels: {label}",
        f"is {' in some rows and '.join(sorted(kinds))} in others",
        "write it with one type",
    )

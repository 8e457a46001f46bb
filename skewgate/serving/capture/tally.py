"""Counts what is taken and what is lost, and keeps samples of why."""

from __future__ import annotations

import collections
import dataclasses
from typing import Any

from skewgate.core.errors import InputError
from skewgate.core.wording import plural
from skewgate.serving.capture.log.config import Limit
from skewgate.serving.capture.log.events import CAUSES

KEPT = 20
"""Samples of each cause."""
MOST_VERSIONS = 100


@dataclasses.dataclass(frozen=True)
class Lost:
    """An event that was lost.

    Attributes:
        path: the file.
        line: of it, from 1; of files of other records the number of the record.
        cause: one of `CAUSES`.
        reason: half a sentence.
    """

    path: str
    line: int
    cause: str
    reason: str


class Tally:
    """What became of the events of a log.

    Args:
        limit: events that may be lost.

    Attributes:
        events: that were read, those that could not be read included.
        lost: events by cause.
        samples: the first of each cause.
        duplicates: copies of events that are there already.
        other_models: events of models that are not asked for.
        sampled_out: events that were not chosen.
        out_of_order: events before the one ahead of them in their file.
        before_request: responses that are older than their request, by clocks that differ.
        open: requests whose response may come yet.
        kept_without_response: requests that are written without a prediction.
        versions: rows by version of the model.
        models: names of models of events.
    """

    def __init__(self, limit: Limit) -> None:
        self.limit = limit
        self.events = 0
        self.lost: collections.Counter[str] = collections.Counter()
        self.samples: list[Lost] = []
        self._kept: collections.Counter[str] = collections.Counter()
        self.duplicates = self.other_models = self.sampled_out = 0
        self.out_of_order = self.before_request = self.open = 0
        self.kept_without_response = 0
        self.versions: collections.Counter[str] = collections.Counter()
        self.models: dict[str, None] = {}

    def lose(self, lost: Lost, count: int = 1) -> None:
        """Counts events that are lost.

        Raises:
            InputError: more are than the number that is allowed.
        """
        self.lost[lost.cause] += count
        if self._kept[lost.cause] < KEPT:
            self._kept[lost.cause] += 1
            self.samples.append(lost)
        if self.limit.count is not None:
            self.check()

    def check(self) -> None:
        """Makes sure that no more events are lost than may be.

        Raises:
            InputError: more are; names the most frequent cause and an event of it.
        """
        total = self.lost.total()
        if total <= self.limit.allowed(self.events):
            return
        cause, count = self.lost.most_common(1)[0]
        first = next(sample for sample in self.samples if sample.cause == cause)
        others = f", {total - count:,} for other reasons" if total > count else ""
        raise InputError(
            f"{first.path}: line {first.line}" if first.line else first.path,
            f"{first.reason}; {count:,} of {self.events:,} events so far are lost for this reason "
            f"({CAUSES[cause]}){others}, but max_rejected allows {self.limit}",
            "correct the log or capture.yaml, or raise max_rejected",
        )

    def in_short(self) -> str:
        """Returns what became of the events of a log that has no row.

        >>> Tally(Limit(0)).in_short()
        'it has no events'
        """
        counts = {
            **{CAUSES[cause]: count for cause, count in self.lost.most_common()},
            "of another model": self.other_models,
            "a request whose response may come yet": self.open,
            "not in the sample": self.sampled_out,
        }
        told = "; ".join(f"{count:,}: {meaning}" for meaning, count in counts.items() if count)
        return (
            f"of {self.events:,}{plural('event', self.events)}, {told}"
            if told
            else "it has no events"
        )

    def note_model(self, name: str, where: str) -> None:
        """Notes the model of an event.

        Raises:
            InputError: there are several, and nobody said which is meant.
        """
        if name not in self.models:
            self.models[name] = None
            if len(self.models) > 1:
                raise InputError(
                    where,
                    f"holds events of {' and '.join(map(_model, sorted(self.models)))}",
                    "name one with the key `model` of capture.yaml",
                )

    def to_json(self) -> dict[str, Any]:
        """Returns the counts and samples for the report."""
        return {
            "events": self.events,
            "lost": {cause: self.lost[cause] for cause in CAUSES},
            "duplicates": self.duplicates,
            "open": self.open,
            "kept_without_response": self.kept_without_response,
            "other_models": self.other_models,
            "sampled_out": self.sampled_out,
            "out_of_order": self.out_of_order,
            "response_before_request": self.before_request,
            "max_rejected": str(self.limit),
            "samples": [dataclasses.asdict(sample) for sample in self.samples],
        }


def _model(name: str) -> str:
    return f"the model {name!r}" if name else "a model without a name"

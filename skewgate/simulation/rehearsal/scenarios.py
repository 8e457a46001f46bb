"""Plays plants on windows, and says what a drift configuration makes of them."""

from __future__ import annotations

import collections
import dataclasses
from collections.abc import Iterable, Sequence

from skewgate.checks.drift import comparing
from skewgate.checks.drift.config import DriftConfig
from skewgate.core.profile import Profile
from skewgate.core.results import MetricResult, Status
from skewgate.simulation import planting
from skewgate.simulation.kinds.base import Plant
from skewgate.simulation.kinds.labels import ClassPrior
from skewgate.simulation.kinds.values import Permutation
from skewgate.simulation.planting import Settled, WindowTally
from skewgate.simulation.rehearsal.stage import Stage

DETECTED, INCONCLUSIVE, MISSED = "detected", "inconclusive", "missed"
_Key = tuple[str, str, str]  # feature, slice, metric


@dataclasses.dataclass(frozen=True)
class WindowOutcome:
    """What the configuration makes of a planted window.

    Attributes:
        window: its number, from 1.
        level: part of its size that the plant had.
        rows_changed, rows_dropped: by the plant.
        verdict: "detected": a check of what it changed fails that does not fail without it;
            else "inconclusive": such a check is in doubt, or fails without it too; else "missed".
        alarms: checks that fail with the plant and not without it, on what it changed.
        others: checks that fail with the plant and not without it, on what it did not change.
    """

    window: int
    level: float
    rows_changed: int
    rows_dropped: int
    verdict: str
    alarms: tuple[MetricResult, ...]
    others: tuple[MetricResult, ...]


@dataclasses.dataclass(frozen=True)
class Outcome:
    """What a rehearsal of one plant showed.

    Attributes:
        plant: kind and size.
        windows: the windows in which it acted.
        false_alarms: windows with an alarm that is none of the plant's, of all `compared`.
        compared: windows that were compared.
        visible: whether the metrics of the configuration look at anything that it changes.
    """

    plant: Plant
    windows: tuple[WindowOutcome, ...]
    false_alarms: int
    compared: int
    visible: bool

    def count(self, verdict: str) -> int:
        """Returns the number of planted windows with a verdict."""
        return sum(window.verdict == verdict for window in self.windows)

    @property
    def delay(self) -> int | None:
        """Windows from the first planted one to the first detected one, or None."""
        found = [window.window for window in self.windows if window.verdict == DETECTED]
        return found[0] - self.windows[0].window if found else None

    @property
    def detectors(self) -> list[tuple[str, int]]:
        """Names the checks that saw the plant, and in how many windows, most first."""
        counts = collections.Counter(
            alarm.label for window in self.windows for alarm in window.alarms
        )
        return sorted(counts.items(), key=lambda item: (-item[1], item[0]))


@dataclasses.dataclass(frozen=True)
class Unplanted:
    """What the configuration makes of the windows as they are.

    Attributes:
        baseline: the baseline's distributions.
        results: of each window, by its number.
    """

    baseline: Profile
    results: dict[int, list[MetricResult]]

    @property
    def alarms(self) -> dict[int, list[MetricResult]]:
        """The failed checks of each window."""
        return {
            window: [result for result in results if result.status is Status.FAIL]
            for window, results in self.results.items()
        }


def unplanted(stage: Stage, where: str) -> Unplanted:
    """Compares every window with the baseline as it is.

    Raises:
        InputError: configuration and data do not fit.
    """
    baseline = stage.profile(stage.baseline_rows())
    return Unplanted(
        baseline,
        {
            number: comparing.compare(
                baseline, stage.profile(stage.window(number)), stage.config, where=where
            )
            for number in stage.numbers
        },
    )


def is_visible(plant: Plant, config: DriftConfig) -> bool:
    """Says whether drift metrics look at what a plant changes.

    They look at the distribution of each feature that is not ignored, over all rows and over
    slices. A permutation changes no distribution over all rows.
    """
    if isinstance(plant, ClassPrior):
        return True
    touched, by_slice = set(plant.touched), _slice_columns(config)
    if isinstance(plant, Permutation):
        return bool(by_slice) and bool(touched - config.ignored or touched & by_slice)
    return bool(touched - config.ignored or touched & by_slice)


def play(settled: Settled, stage: Stage, plain: Unplanted, seed: int) -> Outcome:
    """Plants one plant into the windows after the baseline and compares them.

    Args:
        settled: the plant.
        stage: baseline and windows.
        plain: the windows without it.
        seed: of random numbers.
    """
    plant = settled.plant
    outcomes = []
    false_alarms = 0
    for number in stage.numbers:
        if plant.onset.level(number) == 0:
            false_alarms += bool(plain.alarms[number])
            continue
        tally = WindowTally()
        rows = planting.apply([settled], stage.window(number), number, 0, seed, tally)
        results = comparing.compare(plain.baseline, stage.profile(rows), stage.config)
        outcome = _judge(plant, number, results, plain.results[number], tally, stage.config)
        false_alarms += bool(outcome.others or plain.alarms[number])
        outcomes.append(outcome)
    return Outcome(
        plant, tuple(outcomes), false_alarms, len(stage.numbers), is_visible(plant, stage.config)
    )


def _judge(
    plant: Plant,
    number: int,
    results: Sequence[MetricResult],
    before: Sequence[MetricResult],
    tally: WindowTally,
    config: DriftConfig,
) -> WindowOutcome:
    everything = isinstance(plant, ClassPrior)
    in_slices = everything or bool(set(plant.touched) & _slice_columns(config))

    def is_own(result: MetricResult) -> bool:
        """Says whether a check is on what the plant changed."""
        changed = in_slices if result.slice else everything
        return changed or result.feature in plant.touched

    failed, doubtful = _keys(before, Status.FAIL), _keys(before, Status.INCONCLUSIVE)
    new = [r for r in results if r.status is Status.FAIL and _key(r) not in failed]
    own = [result for result in new if is_own(result)]
    doubts = [  # in doubt now, or failed before, so that the plant cannot be told
        result
        for result in results
        if result.status is not Status.PASS
        and is_own(result)
        and (result.feature in plant.touched or _key(result) not in failed | doubtful)
    ]
    nothing = not any(result.feature for result in results)  # no rows, or no baseline
    count = tally.plants[plant.label]
    return WindowOutcome(
        window=number,
        level=plant.onset.level(number),
        rows_changed=count.changed,
        rows_dropped=count.dropped,
        verdict=DETECTED if own else INCONCLUSIVE if doubts or nothing else MISSED,
        alarms=tuple(own),
        others=tuple(result for result in new if result not in own),
    )


def _slice_columns(config: DriftConfig) -> set[str]:
    return {column for columns in config.slices for column in columns}


def _key(result: MetricResult) -> _Key:
    return result.feature, result.slice, result.metric


def _keys(results: Iterable[MetricResult], status: Status) -> set[_Key]:
    return {_key(result) for result in results if result.status is status}

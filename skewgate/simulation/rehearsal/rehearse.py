"""Rehearses drift: what a drift configuration would catch, and which thresholds chance allows."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Collection, Mapping
from typing import Any

import pyarrow as pa

import skewgate
from skewgate.checks.drift.config import DriftConfig
from skewgate.core.errors import InputError
from skewgate.core.profile import name_value_counts
from skewgate.core.results import Status
from skewgate.data.sources.reading_options import RECOGNISED, ReadingOptions
from skewgate.simulation import planting
from skewgate.simulation.reading import Progress
from skewgate.simulation.rehearsal import chance as chance_lib
from skewgate.simulation.rehearsal import grid, scenarios, snippet, stage, thresholds
from skewgate.simulation.rehearsal.scenarios import DETECTED, INCONCLUSIVE, MISSED, Outcome
from skewgate.simulation.spec import Planned, Spec, check_windows
from skewgate.simulation.survey import Survey, close_to


@dataclasses.dataclass(frozen=True)
class Result:
    """What a rehearsal showed.

    Attributes:
        stage: baseline and windows.
        shuffled: whether the rows were put in random order.
        unplanted: the windows as they are.
        outcomes: of each plant.
        suggestions: of thresholds.
        snippet: the suggestions as a drift.yaml.
    """

    stage: stage.Stage
    shuffled: bool
    unplanted: scenarios.Unplanted
    outcomes: tuple[Outcome, ...]
    suggestions: thresholds.Suggestions
    snippet: str


def run(
    data: str,
    spec: Spec,
    config: DriftConfig,
    *,
    rate: float = 0.01,
    label: str | None = None,
    shuffle: bool = False,
    types: Mapping[str, pa.DataType] | None = None,
    categorical: Collection[str] = (),
    where: str = "drift.yaml",
    progress: Progress = lambda place, rows: None,
    step: Callable[[str], None] = lambda what: None,
    csv: ReadingOptions = RECOGNISED,
    tell: Callable[[dict[str, list[str]]], None] = lambda notes: None,
) -> Result:
    """Rehearses the plants and the grid of a spec, or the default grid if it has neither.

    Args:
        data: a file, folder or pattern.
        spec: windows, plants, grid.
        config: the configuration to rehearse.
        rate: wanted rate of false alarms per window, in [0.001, 0.5].
        label: the column of the label; by default the spec's.
        shuffle: put the rows in random order first, for data whose order means nothing; also if
            the spec says so.
        types: types that a schema gives to columns.
        categorical: columns of numbers that are names of categories.
        where: the configuration's name, for messages.
        progress: told the place and the rows of every batch read.
        step: told what begins, for each plant and each comparison.
        csv: how CSV files are written.
        tell: told by path what is read otherwise than it stands in a file.

    Raises:
        InputError: data, spec and configuration do not fit each other.
    """
    shuffle = shuffle or spec.rehearsal.shuffle
    scene = stage.load(
        data, spec, config, types, categorical, progress, shuffle=shuffle, csv=csv, tell=tell
    )
    check_windows(spec, len(scene.windows))
    everything = scene.all_rows()
    label = label or spec.rehearsal.label
    if label is not None and label not in everything.schema.names:
        names = everything.schema.names
        raise InputError("label", f"the data have no column {label!r}", close_to(label, names))
    plain = scenarios.unplanted(scene, where)
    plants = _plants(spec, scene, plain, everything, label)
    found = Survey(plants, spec.windows)
    found.add(everything)
    settled = planting.settle(plants, found, everything.schema, spec.where)
    outcomes = []
    for each in settled:
        step(f"{each.plant.label}, {each.plant.size}")
        outcomes.append(scenarios.play(each, scene, plain, spec.seed))
    by_chance = chance_lib.play(scene, rate, spec.seed, lambda: step("chance"))
    checks = {
        (result.feature, result.metric): result.threshold
        for results in plain.results.values()
        for result in results
        if not result.slice and result.value is not None and result.threshold is not None
    }
    compared = {number: chance_lib.compare(found) for number, found in plain.results.items()}
    suggestions = thresholds.suggest(by_chance, compared, checks, rate)
    counted = name_value_counts(plain.baseline)
    features = plain.baseline.with_value_counts(counted)[""]
    kinds = {name: side.kind for name, side in features.items()}
    text = snippet.render(suggestions, config, kinds)
    return Result(scene, shuffle, plain, tuple(outcomes), suggestions, text)


def _plants(
    spec: Spec,
    scene: stage.Stage,
    plain: scenarios.Unplanted,
    everything: pa.RecordBatch,
    label: str | None,
) -> list[Planned]:
    """Returns what to rehearse.

    Raises:
        InputError: a plant of the spec acts in no window after the baseline, or the data have no
            column to plant anything into.
    """
    plants = [*spec.plants, *(_with_onset(each, scene.first) for each in spec.grid)]
    for each in plants:
        if not any(each.plant.onset.level(number) for number in scene.numbers):
            raise InputError(
                spec.where,
                f"{each.at} acts in no window after the baseline, which is {scene.baseline} of "
                f"{len(scene.windows)} windows",
                "let it act later",
            )
    if not plants:
        alarming = {alarm.feature for alarms in plain.alarms.values() for alarm in alarms}
        choice, counts = grid.choose(everything, scene.config, scene.categorical, label, alarming)
        plants = grid.default_grid(choice, counts, scene.first)
    if not plants:
        raise InputError(
            spec.where,
            "names no plant, but the data have no column that the default grid can change",
            "write plants, or a grid, into a spec",
        )
    return plants


def _with_onset(each: Planned, first: int) -> Planned:
    """Lets a plant of the grid begin with the rehearsal's drift, unless it says when."""
    if "onset" in each.plant.model_fields_set:
        return each
    onset = each.plant.onset.model_copy(update={"first": first})
    return Planned(at=each.at, plant=each.plant.model_copy(update={"onset": onset}))


def to_json(result: Result, data: str, seed: int) -> dict[str, Any]:
    """Returns a rehearsal as plain values."""
    scene, found = result.stage, result.suggestions
    return {
        "version": 1,
        "skewgate": skewgate.__version__,
        "data": data,
        "seed": seed,
        "shuffled": result.shuffled,
        "rows": scene.rows_read,
        "rows_used": sum(window.num_rows for window in scene.windows),
        "baseline_windows": scene.baseline,
        "first_window_with_drift": scene.first,
        "windows": [
            {
                "window": number,
                "rows": scene.window(number).num_rows,
                "alarms": [alarm.label for alarm in result.unplanted.alarms[number]],
                "inconclusive": sum(
                    each.status is Status.INCONCLUSIVE for each in result.unplanted.results[number]
                ),
            }
            for number in scene.numbers
        ],
        "scenarios": [_outcome(outcome) for outcome in result.outcomes],
        "false_alarms": {
            "wanted": found.wanted,
            "now": _rate(found.now),
            "now_inconclusive": _rate(found.now_inconclusive),
            "suggested_by_chance": _rate(found.by_chance),
            "suggested_in_order": _rate(found.in_order),
        },
        "thresholds": [
            {
                "feature": each.feature,
                "metric": each.metric,
                "now": each.now,
                "suggested": each.threshold,
                "chance": each.chance,
                "detectable": each.detectable if math.isfinite(each.detectable) else None,
                "in_order": each.in_order[0],
                "in_order_window": each.in_order[1],
                "decided_by": each.reason,
            }
            for each in found.checks
        ],
        "drift_yaml": result.snippet,
    }


def _rate(rate: thresholds.Rate) -> dict[str, Any]:
    low, high = rate.interval
    return {
        "alarms": rate.alarms,
        "comparisons": rate.comparisons,
        "at_least": low,
        "at_most": high,
        "confidence": chance_lib.CONFIDENCE,
    }


def _outcome(outcome: Outcome) -> dict[str, Any]:
    plant = outcome.plant
    return {
        "kind": plant.kind,
        "columns": list(plant.touched),
        "where": plant.where,
        "size": plant.size,
        "onset": plant.onset.to_json(),
        "visible_to_drift_metrics": outcome.visible,
        "windows_planted": len(outcome.windows),
        DETECTED: outcome.count(DETECTED),
        INCONCLUSIVE: outcome.count(INCONCLUSIVE),
        MISSED: outcome.count(MISSED),
        "delay": outcome.delay,
        "false_alarms": outcome.false_alarms,
        "windows_compared": outcome.compared,
        "detected_by": [{"check": name, "windows": count} for name, count in outcome.detectors],
        "windows": [
            {
                "window": window.window,
                "level": window.level,
                "rows_changed": window.rows_changed,
                "rows_dropped": window.rows_dropped,
                "verdict": window.verdict,
                "alarms": [alarm.label for alarm in window.alarms],
                "other_alarms": [alarm.label for alarm in window.others],
            }
            for window in outcome.windows
        ],
    }

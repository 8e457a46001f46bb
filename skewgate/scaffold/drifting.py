"""Chooses the thresholds of drift.yaml by what chance and time do to the data."""

from __future__ import annotations

import dataclasses
import math
import statistics
from collections.abc import Callable, Collection, Mapping
from typing import Any

import pyarrow as pa

from skewgate import metrics
from skewgate.checks.drift import comparing, suggesting
from skewgate.checks.drift.config import Defaults, DriftConfig, FeatureRule
from skewgate.core.results import MetricResult, Status
from skewgate.scaffold import rows as rows_lib
from skewgate.simulation.rehearsal import chance, thresholds
from skewgate.simulation.rehearsal.stage import Stage

USUAL = {("numeric", "ks"): 0.1, ("categorical", "psi"): 0.2, ("categorical", "linf"): 0.1}
"""What is too different where nothing asks for more, by kind of feature and metric."""
USUAL_MISSING = 0.05
FALSE_ALARMS = 0.05
"""Share of the windows that chance alone may bring above a threshold."""
_MISSING = "missing_rate"
_FEWEST = 40
"""Rows of a side with which a rehearsal says something."""
_CELLS, _ROWS, _COLUMNS = 200_000, (2_000, 10_000), 150
_ROOM = 1.5
"""How far above a difference that the data have already its threshold is put."""


@dataclasses.dataclass(frozen=True)
class Threshold:
    """A threshold, and why it is not the usual one.

    Attributes:
        value: of the metric; inf if nothing can be told, so that the check is switched off.
        why: as a phrase.
    """

    value: float
    why: str

    @property
    def written(self) -> float | None:
        """The value as drift.yaml has it, where null switches a check off."""
        return self.value if math.isfinite(self.value) else None


@dataclasses.dataclass(frozen=True)
class Drifting:
    """What drift.yaml says.

    Attributes:
        ignored: features that are not compared, each with the reason.
        defaults: of drift.yaml, by kind of feature and metric; the kind of `missing_rate` is "".
        own: thresholds that are above these, by feature and metric.
        basis: how they were found, as sentences.
        results: of the comparison that a monitoring run will make, by these thresholds.
    """

    ignored: dict[str, str]
    defaults: dict[tuple[str, str], Threshold]
    own: dict[str, dict[str, Threshold]]
    basis: str
    results: list[MetricResult]

    @property
    def config(self) -> DriftConfig:
        """The same as a configuration."""
        return _config(self.ignored, self.defaults, self.own)

    def of(self, status: Status) -> list[MetricResult]:
        """Returns the results with a verdict."""
        return [result for result in self.results if result.status is status]


_Needed = dict[tuple[str, str], Threshold]
"""By feature and metric."""
_Own = dict[str, dict[str, Threshold]]
_Defaults = dict[tuple[str, str], Threshold]


def choose(
    train: pa.RecordBatch,
    later: pa.RecordBatch,
    serving: pa.RecordBatch | None,
    ignored: Mapping[str, str],
    categorical: Collection[str],
    step: Callable[[], None] = lambda: None,
) -> Drifting:
    """Returns thresholds that the data themselves keep to.

    Args:
        train: rows that a model learns from, the baseline.
        later: rows of the same source that it does not learn from.
        serving: what is monitored; None if `later` is. It sets no threshold: a fault in it would
            set its own.
        ignored: features not to compare, with the reason.
        categorical: columns of numbers that are names of categories.
        step: called after each comparison of a rehearsal.
    """
    scene = Stage((train, later), 1, 2, DriftConfig(), frozenset(categorical), 0)
    profiles = {name: scene.profile(rows) for name, rows in (("train", train), ("later", later))}
    moved = suggesting.suggest(profiles["train"], profiles["later"], ignored)
    ignored = {**{each.feature: each.reason for each in moved}, **ignored}
    ignored = {name: why for name, why in ignored.items() if name in train.schema.names}
    defaults = _usual()
    own: _Own = {}
    basis = _fall_back(train, later, ignored)
    if not basis:
        config = _config(ignored, defaults, {})
        plain = comparing.compare(profiles["train"], profiles["later"], config)
        window = later.num_rows if serving is None else serving.num_rows
        needed, basis = _rehearsed(dataclasses.replace(scene, config=config), plain, window, step)
        kinds = {name: side.kind for name, side in profiles["train"].slices[""].items()}
        defaults, own = _shared(needed, kinds)
    current = profiles["later"] if serving is None else scene.profile(serving)
    known = {*profiles["train"].slices.get("", {}), *current.slices.get("", {})}
    ignored = {name: why for name, why in ignored.items() if name in known}
    results = comparing.compare(profiles["train"], current, _config(ignored, defaults, own))
    return Drifting(ignored, defaults, own, basis, results)


def _usual() -> _Defaults:
    found = {place: Threshold(value, "") for place, value in USUAL.items()}
    return {**found, ("", _MISSING): Threshold(USUAL_MISSING, "")}


def _config(
    ignored: Collection[str],
    defaults: Mapping[tuple[str, str], Threshold],
    own: Mapping[str, Mapping[str, Threshold]],
) -> DriftConfig:
    by_kind: dict[str, Any] = {"numeric": {}, "categorical": {}}
    for (kind, metric), each in defaults.items():
        if kind:
            by_kind[kind][metric] = each.value
        else:
            by_kind[metric] = each.value
    rules = {name: FeatureRule(ignore=True) for name in ignored}
    for name, checks in own.items():
        rules[name] = FeatureRule(thresholds={m: each.written for m, each in checks.items()})
    return DriftConfig(defaults=Defaults(**by_kind), features=rules)


def _fall_back(train: pa.RecordBatch, later: pa.RecordBatch, ignored: Collection[str]) -> str:
    """Says why the defaults have to do; "" if a rehearsal can be made."""
    few = min(train.num_rows, later.num_rows)
    if few < _FEWEST:
        return (
            f"The defaults of skewgate: {few} rows on one side are too few for a rehearsal. Once "
            f"there are {_FEWEST}, `skewgate rehearse` suggests thresholds."
        )
    columns = train.num_columns - len(ignored)
    if columns > _COLUMNS:
        return (
            f"The defaults of skewgate: a rehearsal of {columns} columns would take long. "
            "`skewgate rehearse` makes one."
        )
    return ""


def _rehearsed(
    scene: Stage, plain: list[MetricResult], window: int, step: Callable[[], None]
) -> tuple[_Needed, str]:
    """Returns what each check needs, and how that was found."""
    most = min(max(_CELLS // scene.windows[0].num_columns, _ROWS[0]), _ROWS[1])
    train, later = scene.windows
    share = min(1.0, most / (train.num_rows + later.num_rows))
    sizes = [
        max(_FEWEST, int(share * size)) for size in (train.num_rows, min(later.num_rows, window))
    ]
    small = dataclasses.replace(
        scene,
        windows=tuple(
            rows_lib.thinned(rows, size) for rows, size in zip(scene.windows, sizes, strict=True)
        ),
    )
    played = chance.play(small, FALSE_ALARMS, 0, step)
    checks = {
        (result.feature, result.metric): result.threshold
        for result in plain
        if not result.slice and result.value is not None and result.threshold is not None
    }
    found = thresholds.suggest(played, {2: chance.compare(plain)}, checks, FALSE_ALARMS)
    needed = {
        (check.feature, check.metric): _threshold(check, played.rows) for check in found.checks
    }
    basis = (
        f"Rehearsed by {found.by_chance.comparisons} comparisons of {sizes[0]:,} with {sizes[1]:,} "
        "rows that differ by chance alone. Where chance exceeds a default threshold in more than "
        f"{FALSE_ALARMS:.0%} of them, or the data already differ by more, the threshold is raised "
        "above the default."
    )
    return needed, basis


def _shared(needed: _Needed, kinds: Mapping[str, str]) -> tuple[_Defaults, _Own]:
    """Returns defaults that do for most features, and what the others need.

    A default is the largest threshold not above 1.5 times the median of its features, as
    `skewgate rehearse` suggests it.
    """
    defaults = _usual()
    own: _Own = {}
    for place, usual in defaults.items():
        kind, metric = place
        members = {
            feature: each
            for (feature, name), each in needed.items()
            if name == metric and kind in ("", kinds.get(feature))
        }
        known = [each for each in members.values() if each.written is not None]
        if not known:
            continue
        middle = statistics.median(each.value for each in known)
        shared = max(
            (each for each in known if each.value <= _ROOM * middle), key=lambda each: each.value
        )
        if shared.value > usual.value:
            defaults[place] = shared
        for feature, each in members.items():
            if each.value > defaults[place].value:
                own.setdefault(feature, {})[metric] = each
    return defaults, own


def _threshold(check: thresholds.Suggestion, rows: int) -> Threshold:
    """Returns the threshold that a check needs."""
    maximum = metrics.REGISTRY[check.metric].maximum or math.inf
    by_chance = max(check.chance, check.detectable)
    value, _ = check.in_order
    differs = value > max(check.now, by_chance)
    needed = max(_ROOM * value if differs else 0.0, check.threshold or math.inf)
    if needed <= check.now:
        return Threshold(check.now, "")
    if needed >= maximum:
        if differs:
            return Threshold(math.inf, "the parts of these data differ completely")
        return Threshold(math.inf, f"{rows:,} rows are too few to tell anything")
    if differs:
        why = f"the parts of these data differ by {value:.2g}"
    elif check.detectable >= check.chance:
        why = f"{rows:,} rows cannot tell a smaller change from chance"
    else:
        why = f"chance alone gives up to {check.chance:.2g}"
    return Threshold(thresholds.rounded_up(needed), why)

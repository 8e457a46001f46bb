"""Metrics by name: our own, and those that other packages register as entry points.

A package declares the entry point `NAME = module:METRIC` in the group `skewgate.metrics`. NAME is
the name of the metric, and METRIC a `skewgate.metrics.base.Metric`.
"""

from __future__ import annotations

import dataclasses
import importlib
import math
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from skewgate.core.distributions import Distribution
from skewgate.core.errors import InputError
from skewgate.core.results import Measurement
from skewgate.metrics.base import Metric

if TYPE_CHECKING:
    from importlib import metadata

GROUP = "skewgate.metrics"
"""The group of entry points."""


class Registry(Mapping[str, Metric]):
    """Metrics by name: the built-in ones first, then those of other packages.

    All of them are loaded when one is first asked for: an entry point that cannot be used is an
    error at once, and not a metric that is quietly unknown.

    Raises:
        InputError: at first use, if an entry point cannot be used; see `load`.
        ValueError: at first use, if a module of skewgate holds a metric of another name.
    """

    def __init__(self, *built_in: str) -> None:
        """Takes the names of the modules of `skewgate.metrics` whose `METRIC` is to be known."""
        self._built_in = built_in
        self._all: dict[str, Metric] | None = None

    def _loaded(self) -> dict[str, Metric]:
        if self._all is None:
            built_in = {name: _of_module(name) for name in self._built_in}
            self._all = {**built_in, **load(built_in)}
        return self._all

    def __getitem__(self, name: str) -> Metric:
        return self._loaded()[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._loaded())

    def __len__(self) -> int:
        return len(self._loaded())


def _of_module(name: str) -> Metric:
    metric = importlib.import_module(f"{__package__}.{name}").METRIC
    if not isinstance(metric, Metric) or metric.name != name:
        raise ValueError(f"METRIC of {__package__}.{name} must be the metric {name!r}")
    return metric


@dataclasses.dataclass(frozen=True)
class _Origin:
    """Where a metric comes from: an entry point of an installed distribution."""

    distribution: str
    version: str
    point: metadata.EntryPoint

    def error(self, problem: str) -> InputError:
        """Returns an error that names distribution and entry point."""
        return InputError(
            f"{self.distribution} {self.version}: entry point {self.point.name} = "
            f"{self.point.value} of the group {GROUP}",
            problem,
            f"install another version of {self.distribution}, or uninstall it",
        )


def load(built_in: Mapping[str, Metric]) -> dict[str, Metric]:
    """Loads the metrics of other packages, by name.

    Args:
        built_in: metrics whose names are taken.

    Raises:
        InputError: an entry point cannot be imported, is no Metric, has another name than its
            metric, or one that is taken.
    """
    found: dict[str, Metric] = {}
    owners = dict.fromkeys(built_in, "skewgate")
    for origin in _origins():
        metric = _load(origin)
        if metric.name in owners:
            owner = owners[metric.name]
            raise origin.error(f"has the name of a metric of {owner}; a name stands for one metric")
        owners[metric.name] = origin.distribution
        found[metric.name] = metric
    return found


def modules() -> list[str]:
    """Returns the names of the modules that hold metrics of other packages; none is imported.

    Raises:
        InputError: a distribution that has some has no name.
    """
    return sorted({origin.point.value.partition(":")[0].strip() for origin in _origins()})


def _origins() -> list[_Origin]:
    """Returns the entry points of our group, by distribution and name.

    Only the text of each distribution's entry points is read: to parse all of them takes twice as
    long. Of a distribution that is installed twice the first on the path counts, as it does for
    its modules.
    """
    from importlib import metadata  # takes 50 ms, which most commands can do without

    names = {
        _name(distribution)
        for distribution in metadata.distributions()
        if GROUP in (distribution.read_text("entry_points.txt") or "")
    }
    return [
        _Origin(name, distribution.version, point)
        for name in sorted(names)
        for distribution in [metadata.distribution(name)]
        for point in sorted(distribution.entry_points, key=lambda point: point.name)
        if point.group == GROUP
    ]


def _name(distribution: metadata.Distribution) -> str:
    told = distribution.metadata
    if "Name" not in told:
        raise InputError(
            "an installed distribution without a name",
            f"has entry points of the group {GROUP}: {distribution.read_text('entry_points.txt')}",
            "remove what is left of it, and install it again",
        )
    return str(told["Name"])


def _load(origin: _Origin) -> Metric:
    try:
        metric = origin.point.load()
    except (Exception, SystemExit) as error:
        raise origin.error(f"cannot be loaded ({_told(error)})") from error
    if not isinstance(metric, Metric):
        raise origin.error(f"must be a skewgate.metrics.base.Metric, got {type(metric).__name__}")
    if metric.name != origin.point.name:
        raise origin.error(f"must have the name of its metric, which is {metric.name!r}")
    return dataclasses.replace(
        metric,
        measure=_checked(origin, metric.measure, "measure", _is_measurement),
        explain=_checked(origin, metric.explain, "explain", lambda told: isinstance(told, str)),
    )


def _checked(
    origin: _Origin, function: Callable[..., Any], name: str, is_sound: Callable[[Any], bool]
) -> Callable[..., Any]:
    """Returns a function of a metric whose faults are errors that name where it comes from."""

    def call(baseline: Distribution, current: Distribution, *rest: float) -> Any:
        kinds = f"of a {baseline.kind} and a {current.kind} distribution"
        try:
            returned = function(baseline, current, *rest)
        except Exception as error:
            raise origin.error(f"cannot {name} the change {kinds} ({_told(error)})") from error
        if not is_sound(returned):
            raise origin.error(f"cannot {name} the change {kinds}: it returned {returned!r}")
        return returned

    return call


def _is_measurement(returned: Any) -> bool:
    """Says whether a verdict can rest on what was measured: no number is NaN or out of range."""
    return (
        isinstance(returned, Measurement)
        and returned.lower <= returned.value <= returned.upper
        and 0.0 <= returned.p_value <= 1.0
        and returned.detectable >= 0.0
        and math.isfinite(returned.null_value)
        and returned.size_exponent > 0.0
        and returned.attainable >= 0.0
    )


def _told(error: BaseException) -> str:
    lines = str(error).splitlines()
    return f"{type(error).__name__}: {lines[0]}" if lines else type(error).__name__

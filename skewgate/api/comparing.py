"""Compares two data sets: one function for `skewgate drift` and `skewgate.compare`."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Protocol

from skewgate.api import sides
from skewgate.api.reports import Report
from skewgate.checks.drift import evaluate
from skewgate.checks.drift.config import DriftConfig
from skewgate.core.errors import InputError
from skewgate.core.profile import Profile
from skewgate.profiling import engine
from skewgate.profiling.accumulators.numeric import FINE_RESOLUTION, RESOLUTION
from skewgate.profiling.accumulators.options import ProfileOptions
from skewgate.report import report as report_lib


class Progress(Protocol):
    """Follows what is read."""

    def expect(self, rows: Mapping[str, int | None]) -> None:
        """Takes the places to be read next, and how many rows each has if that is known."""

    def again(self, features: Collection[str], rows: Mapping[str, int | None]) -> None:
        """Takes the features that are read once more, and the places."""

    def done(self) -> None:
        """Learns that all has been read."""


def compare(
    baseline: sides.Data,
    current: sides.Data,
    config: sides.Config = None,
    *,
    schema: sides.Schema = None,
    exact: bool = False,
    reading: sides.Reading = None,
) -> Report:
    """Compares two data sets and says what drifted, how sure that is, and what it rests on.

    Args:
        baseline: what to compare with: a path, folder or pattern of files; a data frame of pandas
            or Polars; a table, stream or data set of Arrow; a relation of DuckDB; anything with
            `__arrow_c_stream__`; or what `skewgate.profile` returned. Tables in memory are read
            where they are, files and relations in bounded memory.
        current: the data in question, likewise; the two may be of different kinds.
        config: the path of a drift.yaml, or what it says as a dict; without it every feature is
            compared by the defaults of docs/metrics.md.
        schema: the path of a schema.pbtxt, or what `skewgate.infer_schema` returned, or a Schema of
            tensorflow_metadata: types of columns, and which integers are categories.
        exact: whether numbers are kept so finely that no second pass is needed.
        reading: how CSV is written, such as {"delimiter": ";"}; recognised without it.

    Returns:
        A Report, whatever the verdict: a failed check is no error here.

    Raises:
        InputError: data, config or schema cannot be used. Its message is one sentence: what was
            found where, what was expected, what to do.
    """
    checked, where = sides.drift_config(config)
    options = sides.read_options(schema, reading)
    opened = (
        sides.opened(baseline, "baseline", options),
        sides.opened(current, "current", options),
    )
    return Report(compare_sides(opened, checked, options, exact=exact, where=where))


def compare_sides(
    opened: tuple[engine.Side, engine.Side],
    config: DriftConfig,
    reading: engine.ReadOptions,
    *,
    exact: bool = False,
    where: str = "drift.yaml",
    progress: Progress | None = None,
) -> report_lib.Report:
    """Compares two sides that were opened, and reads again what a threshold leaves in doubt.

    Args:
        opened: baseline and current.
        config: metrics, thresholds, slices and policy.
        reading: how the sides are read.
        exact: whether numbers are kept so finely that no second pass is needed.
        where: the config's name, for messages.
        progress: follows what is read.

    Raises:
        InputError: data or config cannot be used.
    """
    options = ProfileOptions(
        slice_by=config.slices,
        resolution=FINE_RESOLUTION if exact else RESOLUTION,
        ignored=config.ignored,
    )
    if progress is not None:
        progress.expect({side.place: side.rows for side in opened})
    baseline, current = engine.profile_sides(opened, reading, options)
    for side, profile in zip(opened, (baseline, current), strict=True):
        _check_values(side.place, profile)

    def reread(features: frozenset[str]) -> tuple[Profile | None, Profile | None]:
        again = [side for side in opened if side.has_all_rows]
        if progress is not None:
            progress.again(features, {side.place: side.rows for side in again})
        profiles = iter(engine.profile_sides(again, reading, options.reread(features)))
        first, second = (next(profiles) if side in again else None for side in opened)
        return first, second

    rereads = not exact and any(side.has_all_rows for side in opened)
    evaluation = evaluate(baseline, current, config, reread if rereads else None, where=where)
    if progress is not None:
        progress.done()
    return evaluation.report(
        _about(opened[0], baseline.rows.get("", 0)), _about(opened[1], current.rows.get("", 0))
    )


def _about(side: engine.Side, rows: int) -> dict[str, Any]:
    """Returns what the report says of a side."""
    notes = [f"{path}: {note}" for path, texts in side.notes().items() for note in texts]
    return {"uri": side.place, "rows": rows, **({"notes": notes} if notes else {})}


def _check_values(source: str, profile: Profile) -> None:
    """Makes sure that there is anything to compare."""
    features = profile.slices.get("", {})
    if not any(side.n or side.n_nan or side.kind == "opaque" for side in features.values()):
        raise InputError(
            source,
            f"has {profile.rows.get('', 0):,} rows and not one value in its "
            f"{len(features)} columns",
            "check how it was written",
        )

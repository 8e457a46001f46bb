"""The contract of a simulation: which windows, and what is planted in them."""

from __future__ import annotations

import math
from typing import Annotated, Any, Literal

import pydantic

from skewgate.core import yaml_model
from skewgate.core.errors import InputError
from skewgate.core.suggestions import did_you_mean
from skewgate.core.yaml_model import StrictModel
from skewgate.simulation.kinds import REGISTRY
from skewgate.simulation.kinds.base import Plant
from skewgate.simulation.plant_schema import GridSchema, PlantSchema
from skewgate.simulation.windows import WindowRule


class Rehearsal(StrictModel):
    """How to rehearse; windows are numbered from 1.

    Attributes:
        baseline: how many windows at the beginning are the baseline; by default half of them.
        first: the first window with drift; by default one third of the others stay without.
        label: the column of the label, for kinds that need one.
        shuffle: put the rows in random order first, for data whose order means nothing.
        grid: what to rehearse: plants in which `sizes` gives a list of values for one key.
    """

    baseline: int | None = pydantic.Field(default=None, ge=1)
    first: int | None = pydantic.Field(default=None, ge=2)
    label: str | None = pydantic.Field(default=None, min_length=1)
    shuffle: bool = False
    grid: list[Annotated[dict[str, Any], GridSchema()]] = []

    @pydantic.model_validator(mode="after")
    def _check(self) -> Rehearsal:
        if self.baseline and self.first and self.first <= self.baseline:
            raise ValueError(
                f"first must be above baseline, {self.baseline}, got {self.first}: "
                "the baseline stays without drift"
            )
        return self


class Content(StrictModel):
    """The keys of a spec's file; plants are checked by their kind.

    Attributes:
        seed: of all random numbers.
        windows: how rows are cut into windows.
        format: of the files of the windows.
        plants: what is planted, in this order.
        rehearsal: how to rehearse.
    """

    version: Literal[1] = 1
    seed: int = pydantic.Field(default=0, ge=0)
    windows: WindowRule = WindowRule(number=12)
    format: Literal["parquet", "csv"] = "parquet"
    plants: list[Annotated[dict[str, Any], PlantSchema()]] = []
    rehearsal: Rehearsal = Rehearsal()


class Planned(StrictModel):
    """A plant and its place in the spec, such as "plants.0"."""

    at: str
    plant: Plant


class Spec(StrictModel):
    """A whole spec.

    Attributes:
        where: the name of the file, for messages.
        seed: of all random numbers.
        windows: how rows are cut into windows.
        format: of the files of the windows.
        plants: what is planted, in this order.
        rehearsal: how to rehearse.
        grid: the plants of the rehearsal's grid, one for each size.
    """

    where: str = "simulation.yaml"
    seed: int = 0
    windows: WindowRule = WindowRule(number=12)
    format: Literal["parquet", "csv"] = "parquet"
    plants: tuple[Planned, ...] = ()
    rehearsal: Rehearsal = Rehearsal()
    grid: tuple[Planned, ...] = ()


def parse(text: str, where: str) -> Spec:
    """Parses a spec.

    Raises:
        InputError: the text is not YAML, or is no spec.
    """
    content = yaml_model.parse(Content, text, where)
    plants = tuple(
        Planned(at=f"plants.{index}", plant=parse_plant(fields, where, f"plants.{index}"))
        for index, fields in enumerate(content.plants)
    )
    _check_names(plants, where)
    grid: list[Planned] = []
    for index, fields in enumerate(content.rehearsal.grid):
        grid += expand(fields, where, f"rehearsal.grid.{index}")
    return Spec(
        where=where,
        seed=content.seed,
        windows=content.windows,
        format=content.format,
        plants=plants,
        rehearsal=content.rehearsal,
        grid=tuple(grid),
    )


def load(path: str) -> Spec:
    """Reads a spec.

    Raises:
        InputError: the file cannot be read, or is no spec.
    """
    return parse(yaml_model.read_text(path), path)


def parse_plant(fields: dict[str, Any], where: str, at: str) -> Plant:
    """Checks one plant by the keys of its kind.

    Raises:
        InputError: the kind is unknown, or a key does not fit it.
    """
    kind = fields.get("kind")
    if not isinstance(kind, str) or kind not in REGISTRY:
        listed = ", ".join(REGISTRY)
        if "kind" not in fields:
            raise InputError(where, f"{at}.kind is required and missing; the kinds are {listed}")
        raise InputError(
            where,
            f"{at}.kind: {kind!r} is not a kind of drift; the kinds are {listed}",
            did_you_mean(kind, REGISTRY, "name one of them"),
        )
    return yaml_model.check(REGISTRY[kind], fields, where, at)


def expand(fields: dict[str, Any], where: str, at: str) -> list[Planned]:
    """Makes a plant of each size of an entry of the grid.

    Raises:
        InputError: `sizes` is no list of values for one key, or a plant is not as it must be.
    """
    sizes = fields.get("sizes")
    ok = isinstance(sizes, dict) and len(sizes) == 1
    key, sized = next(iter(sizes.items())) if isinstance(sizes, dict) and ok else ("", None)
    if not isinstance(sized, list) or not sized:
        raise InputError(
            where,
            f"{at}.sizes must give a list of values for one key, got {sizes!r}",
            "write such as sizes: {by: [0.1, 0.25, 0.5]}",
        )
    rest = {name: value for name, value in fields.items() if name != "sizes"}
    if key in rest:
        raise InputError(where, f"{at}.{key} is given twice, also in sizes", "remove one of them")
    return [Planned(at=at, plant=parse_plant({**rest, key: size}, where, at)) for size in sized]


def _check_names(plants: tuple[Planned, ...], where: str) -> None:
    seen: set[str] = set()
    for each in plants:
        if each.plant.label in seen:
            raise InputError(
                where,
                f"{each.at}: two plants are called {each.plant.label!r}, and random numbers and "
                "the truth go by the name",
                f"give {each.at} a name of its own, name: ...",
            )
        seen.add(each.plant.label)


def check_windows(spec: Spec, windows: int) -> None:
    """Makes sure that every plant begins before the windows end.

    Raises:
        InputError: one does not.
    """
    for each in spec.plants:
        if each.plant.onset.first > windows:
            raise InputError(
                spec.where,
                f"{each.at}.onset.first is {each.plant.onset.first}, but the data make "
                f"{windows} windows",
                "begin earlier, or make shorter windows",
            )


def default_rehearsal(rehearsal: Rehearsal, windows: int, where: str) -> tuple[int, int]:
    """Returns how many windows are the baseline, and the first window with drift.

    Raises:
        InputError: there are too few windows.
    """
    baseline = rehearsal.baseline or min(max(windows // 2, 1), (rehearsal.first or windows) - 1)
    first = rehearsal.first or baseline + 1 + math.ceil((windows - baseline) / 3)
    if baseline < 1 or windows - baseline < 2 or first > windows:
        raise InputError(
            where,
            f"a rehearsal needs a baseline and two more windows, and drift before they end; the "
            f"data make {windows} windows, of which {baseline} are the baseline, with drift from "
            f"window {first} on",
            "make shorter windows",
        )
    return baseline, first

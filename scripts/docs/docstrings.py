"""Says what the docstrings of public names leave out; the strict build fails on any of it."""

from __future__ import annotations

import ast
import textwrap
from collections.abc import Iterable, Iterator
from typing import TypeAlias

import griffe

from scripts.docs.markdown import ROOT

Thing: TypeAlias = "griffe.Object | griffe.Alias"
_NOTHING = (None, "None", "NoReturn")
_MADE_BY_US = ("skewgate.api.reports.Report", "skewgate.api.pytest_plugin.Comparisons")
"""Classes of which users get objects and make none."""
_TELLS = ("Return", "Yield", "Whether", "Say", "See ", "How many", "The ")
"""What begins a docstring that tells in its first sentence what is returned."""


def missing(places: Iterable[str]) -> list[str]:
    """Returns a sentence for each thing that is undocumented.

    Args:
        places: dotted names of functions and classes of skewgate.
    """
    loader = griffe.GriffeLoader(
        search_paths=[ROOT], docstring_parser="google", docstring_options={"warnings": False}
    )
    package = loader.load("skewgate")
    return [
        sentence for place in places for sentence in _of(package[place.removeprefix("skewgate.")])
    ]


def _of(thing: Thing) -> Iterator[str]:
    """Yields what is missing of a name, and of the public members of a class."""
    told = {} if thing.docstring is None else _told(thing.docstring)
    if thing.docstring is None:
        yield f"{thing.path} has no docstring"
    elif thing.is_function:
        yield from _of_function(thing, told)
    elif thing.is_class:
        yield from _of_class(thing, told)


def _told(docstring: griffe.Docstring) -> dict[str, set[str]]:
    """Returns the parts of a docstring, with the names that each tells of."""
    return {
        section.kind.value: {
            name.lstrip("*")
            for entry in (section.value if isinstance(section.value, list) else [])
            for name in getattr(entry, "name", "").split(", ")
        }
        for section in docstring.parsed
    }


def _of_function(thing: Thing, told: dict[str, set[str]]) -> Iterator[str]:
    yield from _arguments(thing, told.get("parameters", set()))
    text = str(thing.docstring.value)
    returns = str(thing.returns) if thing.returns is not None else None
    if returns not in _NOTHING and "returns" not in told and not text.startswith(_TELLS):
        yield f"{thing.path} does not say what it returns"
    if _raises(thing) and "raises" not in told and not text.startswith("Raises"):
        yield f"{thing.path} does not say what it raises"


def _of_class(thing: Thing, told: dict[str, set[str]]) -> Iterator[str]:
    """Yields what a class leaves out of its fields or arguments, and of its methods."""
    maker = thing.members.get("__init__")
    if "dataclass" in thing.labels:
        told = {"attributes": {*told.get("attributes", ()), *told.get("parameters", ())}}
    elif maker is not None and maker.is_function and thing.path not in _MADE_BY_US:
        there = (
            set() if maker.docstring is None else _told(maker.docstring).get("parameters", set())
        )
        yield from _arguments(maker, there | told.get("parameters", set()))
    for name, member in thing.members.items():
        hidden = name.startswith("_") or name.isupper() or member.is_alias
        if not hidden and name not in told.get("attributes", ()):
            yield from _of(member)


def _arguments(function: Thing, described: set[str]) -> Iterator[str]:
    for parameter in function.parameters:
        if parameter.name not in ("self", "cls", *described):
            yield f"{function.path} does not describe {parameter.name} under Args"


def _raises(thing: Thing) -> bool:
    """Says whether a function itself raises."""
    tree = ast.parse(textwrap.dedent(thing.source))
    return any(isinstance(node, ast.Raise) for node in ast.walk(tree))

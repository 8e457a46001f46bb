"""Reads pipeline.yaml as far as its keys allow, so that a wrong one hides no other fault."""

from __future__ import annotations

import copy
import dataclasses
import pathlib
from collections.abc import Sequence
from typing import Any

import pydantic

from skewgate.core import yaml_model, yaml_text
from skewgate.core.errors import InputError
from skewgate.core.yaml_model import FaultyKeyError
from skewgate.pipeline import settings as settings_lib
from skewgate.pipeline.settings import Monitoring, Settings, Training

SECTIONS: dict[str, type[Training] | type[Monitoring]] = {
    "training": Training,
    "monitoring": Monitoring,
}
_PLACEHOLDERS: dict[str, Any] = {"name": "unknown", "splits": {"by": "all"}}
"""What stands for a required key whose value is unknown; for the others "" does."""


@dataclasses.dataclass(frozen=True)
class Draft:
    """What a file says, as far as it can be read.

    Attributes:
        settings: with a stand-in for each key that is wrong or missing; None if that is no use.
        faults: what is wrong with the keys.
        unknown: the keys that have a stand-in, or have their default because they are wrong: their
            section ("" for none) and name.
    """

    settings: Settings | None
    faults: tuple[InputError, ...]
    unknown: frozenset[tuple[str, str]]

    def knows(self, section: str, key: str) -> bool:
        """Says whether the file itself says what a key is, or leaves it out where it may."""
        return (section, key) not in self.unknown


def read(path: str | pathlib.Path) -> Draft:
    """Reads settings.

    Raises:
        InputError: the file is missing, or is no YAML mapping.
    """
    where = str(path)
    content = yaml_text.load(yaml_model.read_text(path), where)
    if not isinstance(content, dict):
        found = "nothing" if content is None else type(content).__name__
        raise InputError(where, f"must be a mapping of keys to values, got {found}")
    faults = yaml_model.all_faults(Settings, content, where)
    mended, unknown = _mended(content, faults)
    # An unknown key hid that the one is missing that it was meant to be.
    mended, more = _mended(mended, yaml_model.all_faults(Settings, mended, where))
    unknown |= more
    try:
        settings = settings_lib.placed(Settings.model_validate(mended), path)
    except pydantic.ValidationError:  # which the faults have told
        return Draft(None, tuple(faults), frozenset(unknown))
    return Draft(settings, tuple(faults), frozenset(unknown))


def _mended(
    content: dict[str, Any], faults: Sequence[FaultyKeyError]
) -> tuple[dict[str, Any], set[tuple[str, str]]]:
    """Returns what a file holds without what is wrong, and the keys that this is about."""
    mended = copy.deepcopy(content)
    unknown: set[tuple[str, str]] = set()
    for fault in faults:
        if not fault.keys:
            continue
        top, *within = fault.keys
        if top not in SECTIONS:
            _mend(mended, Settings, top)
            unknown.add(("", top))
        elif within and isinstance(mended.get(top), dict):
            _mend(mended[top], SECTIONS[top], within[0])
            unknown.add((top, within[0]))
        else:
            mended.pop(top, None)
            unknown.add((top, ""))
    return mended, unknown


def _mend(holder: dict[Any, Any], model: type[pydantic.BaseModel], key: str) -> None:
    """Takes a key out, or puts a stand-in in its place where it is required."""
    for each in [each for each in holder if str(each) == key]:
        del holder[each]
    for name, field in model.model_fields.items():
        if (field.alias or name) == key and field.is_required():
            holder[key] = _PLACEHOLDERS.get(key, "")

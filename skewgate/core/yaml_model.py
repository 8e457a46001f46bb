"""Turns YAML or JSON text into a checked pydantic model, or into one clear sentence."""

from __future__ import annotations

import contextlib
import dataclasses
import pathlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar, get_args

import pydantic

from skewgate.core import regular_files, yaml_text
from skewgate.core.errors import InputError
from skewgate.core.suggestions import did_you_mean

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

Model = TypeVar("Model", bound=pydantic.BaseModel)
_FIX = "correct the value"


@dataclasses.dataclass(frozen=True)
class Renamed:
    """What became of a key of earlier versions.

    Attributes:
        key: its new name.
        fix: what to do, of the mapping in which the old key stands.
    """

    key: str
    fix: Callable[[Mapping[str, Any]], str]


class StrictModel(pydantic.BaseModel):
    """A frozen model that refuses keys it does not know.

    Attributes:
        renamed: old names of keys, which are refused with the new ones.
    """

    model_config = pydantic.ConfigDict(extra="forbid", frozen=True)
    renamed: ClassVar[Mapping[str, Renamed]] = {}


class RefusedError(ValueError):
    """What a validator raises where it knows what to write instead.

    Args:
        problem: what was found and what was expected.
        fix: what the user can do, without a full stop at the end.
    """

    def __init__(self, problem: str, fix: str) -> None:
        super().__init__(problem)
        self.fix = fix


@contextlib.contextmanager
def refusing() -> Iterator[None]:
    """Lets a validator refuse what a function refuses by an InputError, in the same words."""
    try:
        yield
    except InputError as error:
        raise RefusedError(error.problem, error.fix or _FIX) from error


def parse(model: type[Model], text: str, where: str) -> Model:
    """Parses YAML (or JSON, its subset) into a model.

    Args:
        model: the pydantic model to fill.
        text: the content of the file.
        where: the file's name, for messages.

    Raises:
        InputError: the text is not YAML, or does not fit the model.
    """
    content = yaml_text.load(text, where)
    if not isinstance(content, dict):
        found = "nothing" if content is None else type(content).__name__
        raise InputError(where, f"must be a mapping of keys to values, got {found}")
    return check(model, content, where)


def check(model: type[Model], content: Any, where: str, at: str = "") -> Model:
    """Fills a model with what a file holds in some place.

    Args:
        model: the pydantic model to fill.
        content: plain values, as YAML gives them.
        where: the file's name, for messages.
        at: the place in the file, such as "plants.0"; "" for the whole.

    Raises:
        InputError: the content does not fit the model.
    """
    try:
        return model.model_validate(content)
    except pydantic.ValidationError as error:
        raise _explained(error.errors(), where, model, content, at)[0] from error


def all_faults(model: type[pydantic.BaseModel], content: Any, where: str) -> list[FaultyKeyError]:
    """Says all that is wrong with what a file holds, where `check` says the first of it.

    Args:
        model: the pydantic model that it should fit.
        content: plain values, as YAML gives them.
        where: the file's name, for messages.

    Returns:
        A fault for each place of the file; none if it fits. `keys` of each is where.
    """
    try:
        model.model_validate(content)
    except pydantic.ValidationError as error:
        return _explained(error.errors(), where, model, content, "")
    return []


def load(model: type[Model], path: str | pathlib.Path) -> Model:
    """Reads a file and parses it.

    Raises:
        InputError: the file is missing, not UTF-8, or `parse` refuses it.
    """
    return parse(model, read_text(path), str(path))


def read_text(path: str | pathlib.Path) -> str:
    """Reads a UTF-8 text file.

    Raises:
        InputError: the file is missing, unreadable, no regular file, or not UTF-8.
    """
    try:
        regular_files.check(path)
        return pathlib.Path(path).read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise InputError(str(path), "no such file", "check the path") from error
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise InputError(
            f"{path}: line {line}",
            f"byte 0x{error.object[error.start]:02x} is not UTF-8",
            "save the file as UTF-8",
        ) from error
    except OSError as error:
        raise InputError(str(path), f"cannot be read: {error.strerror}") from error


class FaultyKeyError(InputError):
    """What is wrong at a place of a file.

    Args:
        keys: from the top of the file to the place.
        where, problem, fix: as in InputError.
    """

    def __init__(self, keys: Sequence[str], where: str, problem: str, fix: str = "") -> None:
        self.keys = tuple(keys)
        super().__init__(where, problem, fix)

    def __reduce__(self) -> tuple[type, tuple[Any, ...]]:
        """Lets Beam's worker processes hand the error over."""
        return type(self), (self.keys, self.where, self.problem, self.fix)


def _explained(
    errors: Sequence[ErrorDetails],
    where: str,
    model: type[pydantic.BaseModel],
    content: Any,
    at: str,
) -> list[FaultyKeyError]:
    """Returns a fault for each place, that first which explains most."""
    found: list[FaultyKeyError] = []
    left = list(errors)
    while left:
        # An unknown key explains the missing one that it was meant to be.
        first = min(left, key=lambda error: error["type"] != "extra_forbidden")
        # Of what a key may be, a mapping is meant to be that of which a key within it is wrong.
        within = [each for each in left if _keys(each)[: len(_keys(first))] == _keys(first)]
        first = max([first, *within], key=lambda error: len(_keys(error)))
        keys = _keys(first)
        found.append(_explain(first, where, model, content, at))
        left = [each for each in left if each is not first and not _same(_keys(each), keys)]
        if first["type"] == "extra_forbidden":
            left = [each for each in left if not _is_meant(each, keys, found[-1].fix)]
    return found


def _same(keys: list[str], others: list[str]) -> bool:
    """Says whether one place lies within the other."""
    length = min(len(keys), len(others))
    return keys[:length] == others[:length]


def _is_meant(error: ErrorDetails, unknown: list[str], fix: str) -> bool:
    """Says whether a key that is missing is the one that an unknown key was meant to be."""
    keys = _keys(error)
    return error["type"] == "missing" and keys[:-1] == unknown[:-1] and repr(keys[-1]) in fix


def _explain(
    first: ErrorDetails, where: str, model: type[pydantic.BaseModel], content: Any, at: str
) -> FaultyKeyError:
    keys = _keys(first)
    field = ".".join([at, *keys] if at else keys)
    found = first["input"]
    if first["type"] == "extra_forbidden":
        name = str(first["loc"][-1])
        holder = _model_at(model, first["loc"][:-1])
        if holder and (renamed := getattr(holder, "renamed", {}).get(name)):
            return _renamed(keys, renamed, where, field, first["loc"][:-1], content)
        fields = holder.model_fields if holder else {}
        known = sorted(field.alias or name for name, field in fields.items())
        hint = did_you_mean(name, known, "remove it")
        listed = f"; the keys known here are {', '.join(known)}" if known else ""
        return FaultyKeyError(keys, where, f"{field} is not a known key{listed}", hint)
    if first["type"] == "missing":
        return FaultyKeyError(
            keys, where, f"{field} is required and missing", f"add the key {field}"
        )
    if first["type"] == "value_error":  # our own sentence, which says what was found
        message = first["msg"].removeprefix("Value error, ")
        fix = getattr(first["ctx"]["error"], "fix", _FIX)
        return FaultyKeyError(keys, where, f"{field}: {message}" if field else message, fix)
    message = first["msg"]
    message = message[0].lower() + message[1:] if message.startswith("Input") else message
    return FaultyKeyError(keys, where, f"{field}: {message}, got {found!r}", _FIX)


def _keys(found: ErrorDetails) -> list[str]:
    return [str(part) for part in found["loc"] if _is_key(str(part))]


def _is_key(part: str) -> bool:
    """Tells keys of the file from what pydantic calls the members of a union."""
    return not part.startswith(("dict[", "function-", "literal[")) and part != "ShareRule"


def _renamed(
    keys: list[str], renamed: Renamed, where: str, field: str, path: tuple[Any, ...], content: Any
) -> FaultyKeyError:
    for part in path:
        content = content[part]
    parent = field.rpartition(".")[0]
    key = f"{parent}.{renamed.key}" if parent else renamed.key
    return FaultyKeyError(keys, where, f"{field} is now {key}", renamed.fix(content))


def _model_at(
    model: type[pydantic.BaseModel], path: tuple[Any, ...]
) -> type[pydantic.BaseModel] | None:
    for part in path:
        field = model.model_fields.get(str(part))
        found = _model_of(field.annotation) if field else None
        if found is None:
            return None
        model = found
    return model


def _model_of(annotation: Any) -> type[pydantic.BaseModel] | None:
    """Returns the model that an annotation is, or is a union with."""
    for member in (annotation, *get_args(annotation)):
        if isinstance(member, type) and issubclass(member, pydantic.BaseModel):
            return member
    return None

"""Turns YAML or JSON text into a checked pydantic model, or into one clear sentence."""

from __future__ import annotations

import contextlib
import dataclasses
import pathlib
from collections.abc import Callable, Iterator, Mapping
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
        raise _explain(error, where, model, content, at) from error


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


def _explain(
    error: pydantic.ValidationError, where: str, model: type[Model], content: Any, at: str
) -> InputError:
    # An unknown key explains the missing one that it was meant to be.
    first = min(error.errors(), key=lambda found: found["type"] != "extra_forbidden")
    # Of what a key may be, a mapping is meant to be that of which a key within it is wrong.
    within = [each for each in error.errors() if _keys(each)[: len(_keys(first))] == _keys(first)]
    first = max([first, *within], key=lambda found: len(_keys(found)))
    keys = _keys(first)
    field = ".".join([at, *keys] if at else keys)
    found = first["input"]
    if first["type"] == "extra_forbidden":
        name = str(first["loc"][-1])
        holder = _model_at(model, first["loc"][:-1])
        if holder and (renamed := getattr(holder, "renamed", {}).get(name)):
            return _renamed(renamed, where, field, first["loc"][:-1], content)
        known = sorted(holder.model_fields) if holder else []
        hint = did_you_mean(name, known, "remove it")
        listed = f"; the keys known here are {', '.join(known)}" if known else ""
        return InputError(where, f"{field} is not a known key{listed}", hint)
    if first["type"] == "missing":
        return InputError(where, f"{field} is required and missing", f"add the key {field}")
    if first["type"] == "value_error":  # our own sentence, which says what was found
        message = first["msg"].removeprefix("Value error, ")
        fix = getattr(first["ctx"]["error"], "fix", _FIX)
        return InputError(where, f"{field}: {message}" if field else message, fix)
    message = first["msg"]
    message = message[0].lower() + message[1:] if message.startswith("Input") else message
    return InputError(where, f"{field}: {message}, got {found!r}", _FIX)


def _keys(found: ErrorDetails) -> list[str]:
    return [str(part) for part in found["loc"] if _is_key(str(part))]


def _is_key(part: str) -> bool:
    """Tells keys of the file from what pydantic calls the members of a union."""
    return not part.startswith(("dict[", "function-", "literal[")) and part != "ShareRule"


def _renamed(
    renamed: Renamed, where: str, field: str, path: tuple[Any, ...], content: Any
) -> InputError:
    for part in path:
        content = content[part]
    parent = field.rpartition(".")[0]
    key = f"{parent}.{renamed.key}" if parent else renamed.key
    return InputError(where, f"{field} is now {key}", renamed.fix(content))


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

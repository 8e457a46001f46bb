"""Requirements of packages, as far as metadata of installed ones write them (PEP 440 and 508).

The library for it, `packaging`, is no part of a light install; a test holds this against it.
"""

from __future__ import annotations

import dataclasses
import math
import operator
import os
import platform
import re
import sys
from collections.abc import Callable, Mapping
from typing import Any

_REQUIREMENT = re.compile(
    r"\s*(?P<name>[A-Za-z0-9][A-Za-z0-9._-]*)\s*(?:\[(?P<extras>[^\]]*)\])?\s*"
    r"(?:@[^;]*|\(?(?P<bounds>[^;()@]*)\)?)\s*(?:;(?P<marker>.*))?"
)
_VERSION = re.compile(
    r"v?(?:(?P<epoch>\d+)!)?(?P<release>\d+(?:\.\d+)*)"
    r"(?:[-_.]?(?P<phase>alpha|a|beta|b|preview|pre|c|rc)[-_.]?(?P<pre>\d*))?"
    r"(?P<after>[-_.]?(?:post|rev|r)[-_.]?(?P<post>\d*)|-(?P<number>\d+))?"
    r"(?P<early>[-_.]?dev[-_.]?(?P<dev>\d*))?(?:\+(?P<local>.*))?",
    re.IGNORECASE,
)
_PHASES = {"a": 0, "alpha": 0, "b": 1, "beta": 1}
_TOKEN = re.compile(r"""\s*(\(|\)|'[^']*'|"[^"]*"|[<>=!~]+|not\s+in\b|[\w.]+)""")
_COMPARED: Mapping[str, Callable[[Any, Any], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}

Key = tuple[int, tuple[int, ...], tuple[int, float], float, float]
"""Orders versions: epoch, release, phase, post-release, development release."""


@dataclasses.dataclass(frozen=True)
class Requirement:
    """What a package needs of another.

    Attributes:
        name: as `normal` writes it.
        extras: of the other package.
        bounds: versions that it takes, such as ">=2,<3".
        marker: where it is needed; "" for everywhere.
    """

    name: str
    extras: tuple[str, ...]
    bounds: str
    marker: str


def normal(name: str) -> str:
    """Returns the name of a package as all ways to write it have it.

    >>> normal("Google_CRC32c"), normal("typing.extensions")
    ('google-crc32c', 'typing-extensions')
    """
    return re.sub(r"[-_.]+", "-", name).lower()


def parse(text: str) -> Requirement:
    """Reads a requirement.

    Raises:
        ValueError: it is none.

    >>> parse("tfx[kfp] (<1.22,>=1.16); python_version < '3.11'").bounds
    '<1.22,>=1.16'
    """
    found = _REQUIREMENT.fullmatch(text)
    if found is None:
        raise ValueError(f"{text!r} is not a requirement")
    extras = tuple(normal(each.strip()) for each in (found["extras"] or "").split(",") if each)
    return Requirement(
        normal(found["name"]), extras, (found["bounds"] or "").strip(), (found["marker"] or "")
    )


def key(version: str) -> Key:
    """Returns what orders a version among others.

    Raises:
        ValueError: it is none.

    >>> key("1.0rc1") < key("1.0") == key("1") < key("1.0.post1") < key("1.10")
    True
    """
    found = _VERSION.fullmatch(version.strip())
    if found is None:
        raise ValueError(f"{version!r} is not a version")
    release = tuple(int(part) for part in found["release"].split("."))
    while len(release) > 1 and release[-1] == 0:
        release = release[:-1]
    phase = (3, 0.0)
    if found["phase"]:
        phase = (_PHASES.get(found["phase"].lower(), 2), float(found["pre"] or 0))
    elif found["early"] and not found["after"]:
        phase = (-1, 0.0)
    post = float(found["post"] or found["number"] or 0) if found["after"] else -1.0
    return (
        int(found["epoch"] or 0),
        release,
        phase,
        post,
        float(found["dev"] or 0) if found["early"] else math.inf,
    )


def fits(version: str, bounds: str) -> bool:
    """Says whether a version is within bounds.

    Raises:
        ValueError: version or bounds cannot be read.

    >>> fits("10.0.1", ">=10.0.1,<19"), fits("19.0", "<19"), fits("1.17.2", "!=1.17.*")
    (True, False, False)
    """
    parts = [part.strip() for part in bounds.split(",") if part.strip()]
    return all(_fits(version, part) for part in parts)


def _fits(version: str, bound: str) -> bool:
    found = re.fullmatch(r"(===|~=|==|!=|<=|>=|<|>)\s*(\S+)", bound)
    if found is None:
        raise ValueError(f"{bound!r} is not a bound of a version")
    how, text = found.groups()
    if how == "===":
        return version == text
    if text.endswith(".*"):
        return _begins(version, text[:-2]) == (how == "==")
    ours, theirs = key(version), key(text)
    if how == "~=":
        return ours >= theirs and _begins(version, text.rpartition(".")[0])
    if "+" in text:
        return (version == text) == (how == "==")
    same = ours[:2] == theirs[:2]
    if how == "<" and same and ours[2] != (3, 0.0) and theirs[2] == (3, 0.0):
        return False  # a pre-release of the bound
    if how == ">" and same and ours[3] >= 0 > theirs[3]:
        return False  # a post-release of it
    return _COMPARED[how](ours, theirs)


def _begins(version: str, prefix: str) -> bool:
    """Says whether the release of a version begins with a prefix."""
    if key(version)[0] != key(prefix)[0]:
        return False
    ours, theirs = (_release(text) for text in (version, prefix))
    padded = ours + [0] * (len(theirs) - len(ours))
    return padded[: len(theirs)] == theirs


def _release(version: str) -> list[int]:
    found = _VERSION.fullmatch(version.strip())
    return [int(part) for part in found["release"].split(".")] if found is not None else []


def environment() -> dict[str, str]:
    """Returns what markers ask of this interpreter and machine."""
    return {
        "implementation_name": sys.implementation.name,
        "implementation_version": platform.python_version(),
        "os_name": os.name,
        "platform_machine": platform.machine(),
        "platform_python_implementation": platform.python_implementation(),
        "platform_release": platform.release(),
        "platform_system": platform.system(),
        "platform_version": platform.version(),
        "python_full_version": platform.python_version(),
        "python_version": ".".join(platform.python_version_tuple()[:2]),
        "sys_platform": sys.platform,
    }


def applies(
    marker: str, extras: tuple[str, ...] = (), here: Mapping[str, str] | None = None
) -> bool:
    """Says whether a requirement is needed here.

    Args:
        marker: of the requirement.
        extras: that were asked of the package which has it.
        here: see `environment`.

    Raises:
        ValueError: the marker cannot be read.

    >>> applies("extra == 'tfx'"), applies("extra == 'tfx' and os_name != ''", ("tfx",))
    (False, True)
    """
    if not marker.strip():
        return True
    known = dict(environment() if here is None else here)
    tokens = _tokens(marker)
    return any(_Marker(list(tokens), {**known, "extra": each}).value() for each in extras or ("",))


def _tokens(marker: str) -> list[str]:
    found, at = [], 0
    text = marker.rstrip()
    while at < len(text):
        token = _TOKEN.match(text, at)
        if token is None:
            raise ValueError(f"{marker!r} is not a marker")
        found.append(token[1])
        at = token.end()
    return found


class _Marker:
    """Reads a marker from left to right: `or` of `and` of comparisons and parentheses."""

    def __init__(self, tokens: list[str], known: Mapping[str, str]) -> None:
        self._tokens, self._known = tokens, known

    def value(self) -> bool:
        """Returns what the whole marker says.

        Raises:
            ValueError: it ends too early or too late.
        """
        found = self._either()
        if self._tokens:
            raise ValueError(f"a marker goes on with {self._tokens[0]!r}")
        return found

    def _either(self) -> bool:
        found = self._both()
        while self._tokens[:1] == ["or"]:
            self._tokens.pop(0)
            found = self._both() or found
        return found

    def _both(self) -> bool:
        found = self._one()
        while self._tokens[:1] == ["and"]:
            self._tokens.pop(0)
            found = self._one() and found
        return found

    def _one(self) -> bool:
        if self._tokens[:1] == ["("]:
            self._tokens.pop(0)
            found = self._either()
            if self._tokens[:1] != [")"]:
                raise ValueError("a marker has no closing parenthesis")
            self._tokens.pop(0)
            return found
        if len(self._tokens) < 3:
            raise ValueError("a marker ends too early")
        (left, how, right), self._tokens = self._tokens[:3], self._tokens[3:]
        is_version = any("version" in each and each in self._known for each in (left, right))
        ours, theirs = self._text(left), self._text(right)
        if how == "in":
            return ours in theirs
        if how.startswith("not"):
            return ours not in theirs
        if is_version and {left, right} & {"python_version", "python_full_version"}:
            return _fits(ours, f"{how}{theirs}")
        if how not in _COMPARED:
            raise ValueError(f"a marker compares by {how!r}")
        return _COMPARED[how](ours, theirs)

    def _text(self, token: str) -> str:
        if token[:1] in "'\"":
            return token[1:-1]
        if token not in self._known:
            raise ValueError(f"a marker names {token!r}")
        return self._known[token]

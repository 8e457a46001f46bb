"""Which packages are installed, and whether they fit what skewgate and they themselves ask for.

Everything is read from the metadata of packages; none is imported.
"""

from __future__ import annotations

import dataclasses
import functools
import importlib.util
from collections.abc import Iterable
from importlib import metadata

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion

from skewgate.cli.health.problems import Problem
from skewgate.core import installed
from skewgate.stacks import fitting

SKEWGATE = "skewgate"
HOLDERS = ("pandas", "polars", "duckdb")
"""What may hold rows in Python; none is needed."""
_EVERYWHERE = frozenset({"pip", "setuptools", "wheel"})
"""What environments begin with: no sign that an extra was installed."""
INSTALLED, IN_PART, ABSENT = "installed", "in part", "not installed"


@dataclasses.dataclass(frozen=True)
class Package:
    """A package that skewgate asks for.

    Attributes:
        name: of the package.
        version: that is installed; None if it is not.
        bounds: the versions that are asked for; "" for any.
    """

    name: str
    version: str | None
    bounds: str


@dataclasses.dataclass(frozen=True)
class Extra:
    """What brings further commands, such as `tfx`.

    Attributes:
        name: of the extra.
        packages: what it brings, without what skewgate needs anyway.
    """

    name: str
    packages: tuple[Package, ...]

    @property
    def missing(self) -> list[str]:
        """What of it is not installed."""
        return [each.name for each in self.packages if each.version is None]

    @property
    def state(self) -> str:
        """INSTALLED, IN_PART or ABSENT."""
        if not self.missing:
            return INSTALLED
        rest = {each.name for each in self.packages} - {*self.missing, *_EVERYWHERE}
        return IN_PART if rest else ABSENT


def install_line(extra: str = "") -> str:
    """Returns the line that installs skewgate, or an extra; "" if the extra has no wheels here.

    >>> install_line()
    "pip install 'skewgate'"
    """
    if extra and not fitting.selected():
        return ""
    return installed.install_line(f"{SKEWGATE}[{extra}]" if extra else SKEWGATE)


@functools.cache
def version(name: str) -> str | None:
    """Returns the version of a package; None if it is not installed."""
    try:
        found: str | None = metadata.version(name)
    except metadata.PackageNotFoundError:
        return None
    return found


def core() -> list[Package]:
    """Returns what skewgate needs; nothing if it is not installed but only on the path."""
    return [_package(each) for each in _needed(SKEWGATE, ())]


def extras() -> list[Extra]:
    """Returns the extras in order of their names."""
    try:
        names = metadata.metadata(SKEWGATE).get_all("Provides-Extra") or []
    except metadata.PackageNotFoundError:
        return []
    always = {each.name for each in _needed(SKEWGATE, ())}
    return [
        Extra(
            name,
            tuple(_package(each) for each in _needed(SKEWGATE, (name,)) if each.name not in always),
        )
        for name in sorted(names)
    ]


def broken(chosen: Iterable[str]) -> list[Problem]:
    """Returns what is missing or of a wrong version, of skewgate and of all that it brings.

    Args:
        chosen: the extras that are there.
    """
    found: dict[str, Problem] = {}
    seen: set[tuple[str, tuple[str, ...]]] = set()
    waiting = [(SKEWGATE, tuple(chosen))]
    while waiting:
        name, asked = waiting.pop()
        if (name, asked) in seen:
            continue
        seen.add((name, asked))
        try:
            all_needed = _needed(name, asked)
        except InvalidRequirement as error:
            why = str(error).splitlines()[0]
            found[name] = Problem(
                name,
                f"says what it needs in a way that cannot be read ({why})",
                f"pip install --force-reinstall {name}",
            )
            continue
        for needed in all_needed:
            problem = _problem(name, needed)
            if problem is not None:
                found.setdefault(f"{name} {needed.name}", problem)
            elif version(needed.name) is not None:
                waiting.append((needed.name, tuple(sorted(needed.extras))))
    return [found[place] for place in sorted(found)]


def traps() -> list[Problem]:
    """Returns what breaks TFX though every package is of a version that it takes."""
    if version("tfx") is None or importlib.util.find_spec("pkg_resources") is not None:
        return []
    return [
        Problem(
            "tensorflow-hub",
            "imports pkg_resources, which setuptools 81 removed",
            "pip install 'setuptools<81'",
        )
    ]


def _needed(name: str, extras_of: tuple[str, ...]) -> list[Requirement]:
    """Returns what an installed package needs here; nothing of one that is not installed.

    Raises:
        InvalidRequirement: its metadata cannot be read.
    """
    try:
        texts = metadata.requires(name) or []
    except metadata.PackageNotFoundError:
        return []
    parsed = [Requirement(text) for text in texts]
    for each in parsed:
        each.name = canonicalize_name(each.name)
    wanted = ("", *extras_of)
    return [
        each
        for each in parsed
        if each.marker is None or any(each.marker.evaluate({"extra": one}) for one in wanted)
    ]


def _package(needed: Requirement) -> Package:
    return Package(needed.name, version(needed.name), str(needed.specifier))


def _problem(name: str, needed: Requirement) -> Problem | None:
    """Says what is wrong with a package that another needs."""
    found = version(needed.name)
    asked = f"{needed.name}{needed.specifier}"
    if found is None:
        problem = f"is not installed, and {name} needs it"
        return Problem(needed.name, problem, f"pip install '{asked}'")
    if _fits(found, needed):
        return None
    problem = f"is {found}, and {name} needs {needed.specifier}"
    return Problem(needed.name, problem, f"pip install '{asked}'")


def _fits(found: str, needed: Requirement) -> bool:
    try:
        return needed.specifier.contains(found, prereleases=True)
    except InvalidVersion:
        return False

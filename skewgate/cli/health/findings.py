"""Looks at an installation: what is there, what works, what is broken."""

from __future__ import annotations

import dataclasses
import pathlib
import platform
import sys
from collections.abc import Iterator
from typing import Any

import skewgate
from skewgate.cli.health import commands, machine, packages
from skewgate.cli.health.commands import Command
from skewgate.cli.health.packages import Extra, Package
from skewgate.cli.health.problems import Problem
from skewgate.stacks import fitting


@dataclasses.dataclass(frozen=True)
class Findings:
    """What was found of an installation.

    Attributes:
        core: the packages that skewgate needs.
        extras: what brings further commands.
        holders: versions of what may hold rows in Python, None for what is not installed.
        missing: commands, and the modules that they lack.
        machine: see `machine.facts`.
        credentials: where those of object stores come from; "" for nowhere.
        problems: what is broken of what is installed.
        notes: what is good to know.
    """

    core: list[Package]
    extras: list[Extra]
    holders: dict[str, str | None]
    missing: list[tuple[Command, list[str]]]
    machine: dict[str, str | int | None]
    credentials: dict[str, str]
    problems: list[Problem]
    notes: list[str]

    def to_json(self) -> dict[str, Any]:
        """Returns plain values."""
        return {
            "works": not self.problems,
            "skewgate": skewgate.__version__,
            "folder": folder(),
            "python": platform.python_version(),
            "executable": sys.executable,
            "packages": [dataclasses.asdict(each) for each in self.core],
            "extras": [
                {
                    "name": each.name,
                    "state": each.state,
                    "packages": [dataclasses.asdict(package) for package in each.packages],
                    "install": packages.install_line(each.name),
                }
                for each in self.extras
            ],
            "holders": self.holders,
            "commands": [
                {
                    "command": name,
                    "works": not missing,
                    "missing": missing,
                    "install": packages.install_line(command.extra) if missing else "",
                }
                for command, missing in self.missing
                for name in command.names
            ],
            "machine": self.machine,
            "credentials": self.credentials,
            "problems": [each.to_json() for each in self.problems],
            "notes": self.notes,
        }


def examine(*, deep: bool = False) -> Findings:
    """Looks at the installation that runs this.

    Args:
        deep: whether to import what commands need, in processes of their own.
    """
    extras = packages.extras()
    there = [each.name for each in extras if each.state == packages.INSTALLED]
    missing = [(command, command.missing) for command in commands.COMMANDS]
    known = machine.facts()
    works = [commands.core_works()]
    if deep:
        works += [commands.imports(each) for each, lacks in missing if each.modules and not lacks]
    return Findings(
        core=packages.core(),
        extras=extras,
        holders={name: packages.version(name) for name in packages.HOLDERS},
        missing=missing,
        machine=known,
        credentials=machine.credentials(),
        problems=[
            *packages.broken(there),
            *packages.traps(),
            *(each for each in works if each is not None),
            *machine.problems(known),
        ],
        notes=list(_notes()),
    )


def _notes() -> Iterator[str]:
    if packages.version(packages.SKEWGATE) is None:
        yield "skewgate is on the path but not installed, so versions are not checked"
    tfx = packages.version("tfx")
    if tfx is not None and not machine.is_tested(tfx):
        yield (
            f"TFX {tfx} is allowed, but is not one of the two that are tested: {fitting.SUPPORTED}"
        )
    if tfx is None and not fitting.selected():
        yield (
            f"TFX has no wheels for {fitting.this_machine()}, so [tfx] cannot be installed "
            f"here; it needs {fitting.SUPPORTED}"
        )
    if tfx is not None and packages.version("pip") is None:
        yield (
            "pip is not installed, and stock components with a module_file build it with pip: "
            "python -m ensurepip"
        )


def folder() -> str:
    """Returns where skewgate lies."""
    return str(pathlib.Path(skewgate.__file__).parent)

"""What `skewgate doctor` prints."""

from __future__ import annotations

import platform
import sys
from collections.abc import Iterable, Iterator, Mapping

import skewgate
from skewgate.cli.health import packages
from skewgate.cli.health.findings import Findings, folder
from skewgate.cli.health.packages import Extra, Package
from skewgate.core.wording import listed, many


def lines(found: Findings) -> Iterator[str]:
    """Yields what is printed."""
    yield f"skewgate {skewgate.__version__} in {folder()}"
    yield f"Python {platform.python_version()}, {sys.executable}"
    yield from _machine(found.machine)
    yield ""
    yield f"{'needed':<12} {_versions(found.core) or 'not known'}"
    for extra in found.extras:
        name = f"[{extra.name}]"
        yield f"{name:<12} {_of_extra(extra)}"
    yield f"{'data frames':<12} {_holders(found.holders)}"
    yield f"{'credentials':<12} {_credentials(found.credentials)}"
    yield ""
    for command, missing in found.missing:
        names = ", ".join(command.names)
        if missing:
            lacks = listed(missing, 3)
            line = packages.install_line(command.extra) or "no wheels for this machine"
            yield f"no   {names}: {lacks} not installed; {line}"
        else:
            yield f"yes  {names}"
    if found.notes or found.problems:
        yield ""
    yield from (f"note: {each}" for each in found.notes)
    yield from (f"broken: {each}" for each in found.problems)
    yield ""
    count = len(found.problems)
    yield f"{many(count, 'problem')} to mend." if count else "All that is installed works."


def _versions(found: Iterable[Package]) -> str:
    return ", ".join(f"{each.name} {each.version}" for each in found if each.version is not None)


def _of_extra(extra: Extra) -> str:
    if extra.state == packages.ABSENT:
        return packages.ABSENT
    lacks = f"; lacks {listed(extra.missing)}" if extra.missing else ""
    return f"{_versions(extra.packages)}{lacks}"


def _holders(found: Mapping[str, str | None]) -> str:
    there = [f"{name} {version}" for name, version in found.items() if version is not None]
    return ", ".join(there) or f"none of {', '.join(found)} is installed, and none is needed"


def _credentials(found: Mapping[str, str]) -> str:
    there = [f"{store}:// {place}" for store, place in found.items() if place]
    return ", ".join(there) or f"none found for {' and '.join(f'{each}://' for each in found)}"


def _machine(found: Mapping[str, str | int | None]) -> Iterator[str]:
    memory, room = found["memory_bytes"], found["temporary_bytes"]
    files = found["open_files"]
    parts = [
        f"{found['system']} {found['machine']}",
        str(found["libc"]) or "C library not known",
        f"{found['cores']} cores",
        f"{memory / 1e9:,.0f} GB of memory" if isinstance(memory, int) else "",
        f"{files:,} open files" if isinstance(files, int) and files >= 0 else "",
        f"{room / 1e9:,.1f} GB for temporary files in {found['temporary_folder']}"
        if isinstance(room, int)
        else "",
    ]
    yield ", ".join(part for part in parts if part)

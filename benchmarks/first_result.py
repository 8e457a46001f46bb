"""Times the first five minutes beside Evidently's: `python -m benchmarks.first_result`.

Empty environments are made, the wheel of this checkout and Evidently are installed in them, both
are imported, and both compare the taxi files and write their page. The tools take turns, and each
takes the first turn as often. Caches of downloads are the machine's: run it twice, so that both are
warm.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import pathlib
import platform
import shutil
import statistics
import subprocess
import sys
from collections.abc import Mapping, Sequence

from benchmarks import markdown, measure, tools

WORKER = pathlib.Path(__file__).with_name("first_result_worker.py")
INSTALLERS = ("uv", "pip")
_MEMORY = 8 << 30
_MOST_SECONDS = 900.0
_QUIET = {"DO_NOT_TRACK": "1", "PYTHONWARNINGS": "ignore", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}


@dataclasses.dataclass(frozen=True)
class Tool:
    """A tool of the comparison.

    Attributes:
        name: of the tool, and of what the worker runs.
        requirements: what is installed.
        imports: what a user imports first, and what is imported to compare.
    """

    name: str
    requirements: tuple[str, ...]
    imports: tuple[str, str]


def candidates(wheel: pathlib.Path) -> tuple[Tool, Tool]:
    """Returns skewgate and Evidently.

    Args:
        wheel: of this checkout.
    """
    return (
        Tool("skewgate", (str(wheel),), ("import skewgate", "from skewgate import compare")),
        Tool(
            "evidently",
            ("evidently>=0.7,<0.8", "pandas<3"),  # which it needs and does not say
            (
                "import evidently",
                "from evidently import Report; from evidently.presets import DataDriftPreset",
            ),
        ),
    )


def build(folder: pathlib.Path) -> pathlib.Path:
    """Builds the wheel of this checkout.

    Raises:
        SystemExit: it cannot be built.
    """
    shutil.rmtree(folder, ignore_errors=True)
    _checked([_uv(), "build", "--quiet", "--wheel", "--out-dir", str(folder), str(tools.ROOT)])
    [wheel] = folder.glob("*.whl")
    return wheel


def install(tool: Tool, installer: str, environment: pathlib.Path) -> measure.Measured:
    """Makes an empty environment and installs a tool in it; measured is the installation.

    Args:
        tool: what to install.
        installer: "uv" or "pip".
        environment: a folder, which is made anew.
    """
    shutil.rmtree(environment, ignore_errors=True)
    base = getattr(sys, "_base_executable", sys.executable)
    without = ["--without-pip"] if installer == "uv" else []
    _checked([base, "-m", "venv", *without, str(environment)])
    python = str(environment / "bin" / "python")
    command = {
        "uv": [_uv(), "pip", "install", "--quiet", "--compile-bytecode", "--python", python],
        "pip": [python, "-m", "pip", "install", "--quiet"],
    }[installer]
    return _measured([*command, *tool.requirements], environment)


def size(environment: pathlib.Path) -> tuple[int, int]:
    """Returns how many packages are in an environment, pip left out, and their bytes."""
    [site] = environment.glob("lib/python3*/site-packages")
    packages = [path for path in site.glob("*.dist-info") if not path.name.startswith("pip-")]
    files = [path for path in site.rglob("*") if path.is_file() and not path.is_symlink()]
    pip = [path for path in files if path.relative_to(site).parts[0].startswith("pip")]
    return len(packages), sum(path.stat().st_size for path in set(files) - set(pip))


def start(tool: Tool, environment: pathlib.Path, data: pathlib.Path) -> dict[str, measure.Measured]:
    """Measures imports and first results, each in a process of its own.

    Args:
        tool: what is measured.
        environment: where it is installed.
        data: the folder of baseline.csv and current.csv.
    """
    python = str(environment / "bin" / "python")
    files = [str(data / "baseline.csv"), str(data / "current.csv")]
    return {
        "import": _measured([python, "-c", tool.imports[0]], environment),
        "import, all of it": _measured([python, "-c", tool.imports[1]], environment),
        "first result": _measured([python, str(WORKER), tool.name, *files], environment),
    }


def _measured(command: Sequence[str], folder: pathlib.Path) -> measure.Measured:
    found = measure.run(
        command,
        folder=folder,
        environment=_QUIET,
        good_codes=frozenset({0}),
        timeout=_MOST_SECONDS,
        memory_limit=_MEMORY,
    )
    if found.error:
        raise SystemExit(f"{' '.join(command)}: {found.error}")
    return found


def _checked(command: Sequence[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)}: {done.stderr.strip()}")


def _uv() -> str:
    own = tools.ROOT / ".uv" / "bin" / "uv"
    found = str(own) if own.exists() else shutil.which("uv")
    if found is None:
        raise SystemExit("there is no uv; run make setup")
    return found


def _lines(
    measured: Mapping[str, Mapping[str, list[float]]], ours: str, theirs: str
) -> list[list[str]]:
    """Returns the lines of the table: both tools, and how many times the first is ahead."""
    rows = []
    for what, found in measured.items():
        one, other = statistics.median(found[ours]), statistics.median(found[theirs])
        digits = 0 if one >= 100 or what.startswith("packages") else 2 if one < 10 else 1
        shown = [f"{each:,.{digits}f}" for each in (one, other)]
        rows.append([what, *shown, f"{other / one:.1f}", str(len(found[ours]))])
    return rows


def measure_all(options: argparse.Namespace) -> dict[str, dict[str, list[float]]]:
    """Returns by what was measured, and by tool, the figures of each run."""
    folder = options.data.resolve()
    _checked([sys.executable, "-m", "benchmarks.dataset", str(folder / "taxi")])
    tried = candidates(build(folder / "dist"))
    found: dict[str, dict[str, list[float]]] = {}

    def note(what: str, tool: Tool, value: float) -> None:
        found.setdefault(what, {}).setdefault(tool.name, []).append(value)

    for run in range(options.runs):
        for tool in tried if run % 2 == 0 else tried[::-1]:
            for installer in options.installers:
                if run >= (options.pip_runs if installer == "pip" else options.runs):
                    continue
                environment = folder / f"first-{tool.name}"
                done = install(tool, installer, environment)
                note(f"install by {installer}, s", tool, done.wall)
            if run == 0:
                packages, size_of = size(environment)
                note("packages", tool, packages)
                note("installed, MB", tool, size_of / 1e6)
                start(tool, environment, folder / "taxi")  # which fills the cache of files
            for what, each in start(tool, environment, folder / "taxi").items():
                note(f"{what}, s", tool, each.wall)
                if what == "first result":
                    note("memory of it, MB", tool, each.peak / 1e6)
    order = ["install", "packages", "installed", "import, s", "import, all", "first", "memory"]
    return dict(sorted(found.items(), key=lambda item: _place(item[0], order)))


def _place(what: str, order: Sequence[str]) -> int:
    return next(at for at, start in enumerate(order) if what.startswith(start))


def main() -> None:
    """Measures and prints the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=3, help="of each tool (default: 3)")
    parser.add_argument("--pip-runs", type=int, default=1, help="installations by pip (default: 1)")
    parser.add_argument("--installers", nargs="+", choices=INSTALLERS, default=list(INSTALLERS))
    parser.add_argument("--data", type=pathlib.Path, default=tools.ROOT / "benchmarks/.data")
    parser.add_argument("--json", type=pathlib.Path, help="file for the figures of each run")
    options = parser.parse_args()
    found = measure_all(options)
    head = ["", "skewgate", "Evidently", "times", "runs"]
    print(f"Python {platform.python_version()}, {platform.system()} {platform.machine()}\n")
    print(markdown.table(head, _lines(found, "skewgate", "evidently")))
    if options.json:
        options.json.write_text(json.dumps(found, indent=2) + "\n")


if __name__ == "__main__":
    main()

"""Two years of hourly runs in one root: `.venv/bin/python -m benchmarks.years`.

Trains the taxi model once and runs the monitoring pipeline a few times for real; the last of these
runs is then left again for every hour (see `run_copies`), one in twenty with a shut gate, and
`clean` is called once in so many of them. At the end of every quarter it is measured what lies
there and how long it takes to clean up, to look the state up, and to run for real. Prints
Markdown.
"""

from __future__ import annotations

import argparse
import contextlib
import datetime
import io
import json
import os
import pathlib
import sys
import tempfile
import time
from collections.abc import Callable
from typing import Any

import pandas as pd
import yaml

from benchmarks import markdown
from benchmarks.run_copies import Copies
from skewgate.cli import run as run_command
from skewgate.components.support import state_reading
from skewgate.components.support.data_times import DataTime
from skewgate.pipeline import settings as settings_lib
from skewgate.pipeline.retention import cleaning, folders, metadata, rows
from skewgate.pipeline.settings import Settings
from skewgate.pipeline.taxi import data

QUARTER = 2_190
"""Hours."""
_ONE_FAILS_IN = 20


def main() -> None:
    """Simulates, measures and prints a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hours", type=int, default=8 * QUARTER)
    parser.add_argument("--every", type=int, default=QUARTER, help="hours from line to line")
    parser.add_argument("--real-runs", type=int, default=2)
    parser.add_argument("--runs", type=int, default=200, help="`runs` of retention; 0 for none")
    parser.add_argument("--failed-runs", type=int, default=20, help="the same of `failed_runs`")
    parser.add_argument("--clean-every", type=int, default=24, help="hours from clean to clean")
    parser.add_argument("--out", metavar="FILE", help="writes the figures as JSON")
    options = parser.parse_args()
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    with tempfile.TemporaryDirectory(prefix="skewgate-years-") as folder:
        found = _simulate(pathlib.Path(folder), options)
    for name in ("real", "quarters"):
        head = list(found[name][0])
        print(markdown.table(head, [[_shown(line[key]) for key in head] for line in found[name]]))


def _simulate(folder: pathlib.Path, options: argparse.Namespace) -> dict[str, Any]:
    settings = _prepare(folder, options)
    real = []
    run_id = ""
    for number in range(options.real_runs):
        before = _measured(settings)
        rows_of_run = pd.read_csv(folder / "quiet.csv").iloc[number:]
        rows_of_run.to_csv(folder / "root" / "data" / "serving.csv", index=False)
        run_id, seconds = _run(folder)
        after = _measured(settings)
        difference = {key: after[key] - before[key] for key in after}
        real.append({"run": f"real {number + 1}"} | difference | {"run CPU s": seconds})
    copies = Copies(settings, run_id)
    end = datetime.datetime.now(datetime.timezone.utc).replace(minute=0, second=0, microsecond=0)
    start = end - datetime.timedelta(hours=options.hours + 1)
    before, took = _measured(settings), time.process_time()
    copies.leave(start, good=True)
    took = time.process_time() - took
    difference = {key: count - before[key] for key, count in _measured(settings).items()}
    real.append({"run": "a copy"} | difference | {"run CPU s": took})
    quarters: list[dict[str, Any]] = []
    found = {"options": vars(options), "real": real, "quarters": quarters}
    for number in range(1, options.hours + 1):
        hour = start + datetime.timedelta(hours=number)
        copies.leave(hour, good=number % _ONE_FAILS_IN != 0)
        now = hour.timestamp() + 60
        if options.runs and number % options.clean_every == 0:
            cleaning.clean(settings, "monitoring", now=now)
        if number % options.every == 0 or number == options.hours:
            line = _line(settings, folder, hour, now)
            quarters.append({"runs so far": number} | line)
            print(quarters[-1], file=sys.stderr, flush=True)
            if options.out:
                pathlib.Path(options.out).write_text(json.dumps(found, indent=2))
    copies.close()
    return found


def _line(
    settings: Settings, folder: pathlib.Path, hour: datetime.datetime, now: float
) -> dict[str, Any]:
    """Returns what lies there, and what one more run has to do."""
    again = 0.0
    if settings.retention is not None:
        cleaning.clean(settings, "monitoring", now=now)
        _, again = _timed(lambda: cleaning.clean(settings, "monitoring", now=now))
    state = state_reading.State(settings.state_root, settings.pipeline_name("monitoring"))
    window = DataTime(
        hour.replace(tzinfo=None), hour.replace(tzinfo=None) + datetime.timedelta(hours=1)
    )
    _, found = _timed(lambda: state.before(window))
    _, known = _timed(
        state_reading.State(settings.state_root, settings.pipeline_name("monitoring")).fingerprint
    )
    lies = _measured(settings)
    _, run = _run(folder)
    return lies | {"clean s": again, "lookup s": found, "fingerprint s": known, "run CPU s": run}


def _timed(call: Callable[[], Any]) -> tuple[Any, float]:
    started = time.process_time()
    result = call()
    return result, time.process_time() - started


def _measured(settings: Settings) -> dict[str, int]:
    """Returns what lies under the root."""
    files, size = folders.measured(settings.root)
    path = settings.metadata_path("monitoring")
    known = metadata.read(path)
    if known is None:
        return {"runs": 0, "files": files, "bytes": size, "rows": 0, "database bytes": 0}
    counted = rows.remove(path, [], [], dry_run=True)
    return {
        "runs": len(known.runs),
        "files": files,
        "bytes": size,
        "rows": counted.kept,
        "database bytes": counted.bytes,
    }


def _prepare(folder: pathlib.Path, options: argparse.Namespace) -> Settings:
    """Writes settings, makes data and trains."""
    contracts = settings_lib.TAXI.parent
    content = yaml.safe_load(settings_lib.TAXI.read_text())
    content.pop("prepare")
    content |= {"root": str(folder / "root"), "schema": str(contracts / "schema.pbtxt")}
    content["training"] |= {"train_steps": 300}
    for section in ("training", "monitoring"):
        for key in ("skew", "performance", "eval_config", "drift"):
            if key in content[section]:
                content[section][key] = str(contracts / content[section][key])
    limits = {"runs": options.runs, "failed_runs": options.failed_runs}
    if options.runs:
        content["retention"] = limits
    path = folder / "pipeline.yaml"
    path.write_text(yaml.safe_dump(content))
    data.prepare(str(folder / "root"))
    training = pd.read_csv(folder / "root" / "data" / "training.csv")
    quiet = training.query("trip_start_timestamp < 1420070400").sample(2500, random_state=11)
    types = [name for name in quiet if name.endswith(("_area", "_tract"))]
    for name in ("big_tipper", "trip_seconds", *types):
        quiet[name] = quiet[name].astype("Int64")
    quiet.to_csv(folder / "quiet.csv", index=False)
    settings = settings_lib.load(path)
    with contextlib.redirect_stdout(io.StringIO()):
        if run_command.run("training", str(path)):
            sys.exit("the training run did not go through")
    return settings


def _run(folder: pathlib.Path) -> tuple[str, float]:
    """Runs the monitoring pipeline for real; returns the run's id and its seconds of CPU."""
    started = time.process_time()
    with contextlib.redirect_stdout(io.StringIO()):
        outcome = run_command.execute("monitoring", str(folder / "pipeline.yaml"))
    if outcome.exit_code:
        sys.exit("a monitoring run did not go through")
    return outcome.run_id, time.process_time() - started


def _shown(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.3f}"
    return f"{value:,}" if isinstance(value, int) else str(value)


if __name__ == "__main__":
    main()

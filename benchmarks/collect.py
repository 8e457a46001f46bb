"""How many events `skewgate collect` stores a second: `.venv/bin/python -m benchmarks.collect`.

A collector on this machine's disk, and clients in one other process that send events as KServe's
logger does, each the next when the last is acknowledged. Prints Markdown: events a second, what the
collector computes for each, and its memory early and late, which must not grow. The last row has
bodies of 1 MB and more clients than the collector lets in.
"""

from __future__ import annotations

import argparse
import dataclasses
import importlib.util
import json
import os
import pathlib
import random
import tempfile
import threading

from benchmarks import markdown
from tests import collecting
from tests.event_load import Load


@dataclasses.dataclass(frozen=True)
class Setting:
    """What is sent, and by how many clients."""

    name: str
    body: bytes
    clients: int


def _row(rng: random.Random) -> dict[str, object]:
    return {
        "trip_miles": round(rng.uniform(0, 30), 2),
        "fare": round(rng.uniform(3, 90), 2),
        "trip_start_hour": rng.randrange(24),
        "payment_type": rng.choice(["Cash", "Credit Card"]),
        "company": rng.choice(["Taxi Affiliation Services", "Flash Cab"]),
    }


def _settings() -> list[Setting]:
    rng = random.Random(20)
    one, many = (
        json.dumps({"instances": [_row(rng) for _ in range(rows)]}).encode() for rows in (1, 100)
    )
    return [
        Setting("1 row, 16 clients", one, 16),
        Setting("1 row, 64 clients", one, 64),
        Setting("1 row, 256 clients", one, 256),
        Setting("100 rows, 64 clients", many, 64),
        Setting("1 MB, 256 clients", json.dumps(["x" * (1 << 20)]).encode(), 256),
    ]


def _resident(process: int) -> float:
    """Returns the megabytes that a process has in memory."""
    for line in pathlib.Path(f"/proc/{process}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise ValueError(f"process {process} has no memory")


def _computed(process: int) -> float:
    """Returns the seconds that a process has computed."""
    fields = pathlib.Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _measured(setting: Setting, seconds: float, folder: pathlib.Path) -> list[str]:
    """Returns a row of the table."""
    memory: list[float] = []
    load = Load(setting.body)
    with collecting.collector(folder) as running:

        def look() -> None:
            memory.append(_resident(running.process.pid))

        looks = [threading.Timer(seconds * share, look) for share in (0.2, 0.6, 0.95)]
        for each in looks:
            each.start()
        took = load.for_seconds(running.port, setting.clients, seconds)
        computed = _computed(running.process.pid)
        for each in looks:
            each.join()
        running.stop()
    found = {int(event["id"]) for event in collecting.published(folder)}
    lost = len(set(load.accepted) - found)
    return [
        setting.name,
        f"{len(load.accepted) / took:,.0f}",
        f"{1e6 * computed / len(load.accepted):,.0f}",
        f"{len(load.accepted) * len(setting.body) / took / 1e6:.1f}",
        f"{load.refused:,}",
        str(lost),
        *(f"{each:.0f}" for each in memory),
    ]


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=10.0, help="of each row (10)")
    parser.add_argument("--root", help="folder on the disk to write to (that of TMPDIR)")
    options = parser.parse_args()
    rows = []
    for setting in _settings():
        with tempfile.TemporaryDirectory(dir=options.root) as folder:
            rows.append(_measured(setting, options.seconds, pathlib.Path(folder)))
    installed = [name for name in ("httptools", "uvloop") if importlib.util.find_spec(name)]
    print(f"With {' and '.join(installed) or 'neither httptools nor uvloop'}:\n")
    head = ["event", "events/s", "us of CPU", "MB/s", "refused", "lost", "MB at 20%", "60%", "95%"]
    print(markdown.table(head, rows))


if __name__ == "__main__":
    main()

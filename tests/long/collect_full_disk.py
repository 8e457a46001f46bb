"""A collector on a disk of 2 MB, in a process whose mounts are its own."""

from __future__ import annotations

import collections
import itertools
import json
import pathlib
import sys
import time

from tests import collecting
from tests.event_load import Load
from tests.faults import disks

BODY = json.dumps(["x" * 4_000]).encode()
IMPOSSIBLE = 77


def main(folder: pathlib.Path) -> None:
    """Fills the disk, makes room, and looks for what was acknowledged."""
    if why := disks.alone():
        sys.stdout.write(f"{why}\n")
        sys.exit(IMPOSSIBLE)
    disks.mount(folder, 2 << 20)
    full, again = Load(BODY), Load(BODY)
    with collecting.collector(folder, "--max-bytes", "256K") as running:
        full.for_seconds(running.port, 8, 3.0)
        assert full.refused > 10, full.refused
        for number in itertools.count(500_000):  # what is too little for many may do for one
            refused = running.send(BODY, collecting.headers(number))
            if refused.status != 202:
                break
            full.accepted.append(number)
        assert (refused.status, refused.headers["retry-after"]) == (503, "5")
        assert running.get("/readyz").status == 503
        disks.mount(folder, 64 << 20)
        deadline = time.monotonic() + 20
        while running.get("/readyz").status != 200:  # without an event: nobody sends to a full one
            assert time.monotonic() < deadline
            time.sleep(0.1)
        again.for_seconds(running.port, 8, 1.0, first=1_000_000)
        assert again.refused == 0
        code, _, err = running.stop()
    assert code == 0
    assert err.splitlines() == [
        "skewgate: events are refused: not stored: the disk is full",
        "skewgate: events are stored again",
    ]
    found = collections.Counter(int(event["id"]) for event in collecting.published(folder))
    assert set(found) == {*full.accepted, *again.accepted}
    assert set(found.values()) == {1}
    assert len(full.accepted) > 100
    disks.unmount(folder)

"""The roots in which jobs run pipelines: trained once, with rows that pass and rows that fail."""

from __future__ import annotations

import csv
import json
import os
import pathlib
import random
import re
import shutil
import time

from tests.faults import specs

TRAINED = "trained"
OLD_RUNS = "old-runs"
"""A root in which `skewgate clean` has something to remove."""
TIMES = "seconds.json"
CODES = {"quiet": 0, "planted": 1}
"""The kinds of rows, and the exit code of a pipeline that reads them."""
BEFORE_2015 = 1_420_070_400
ROWS = 2_500
NEEDED_BY = {"inputs", "kills", "full-disk", "concurrency"}


def build(corpus: pathlib.Path, kinds: set[str]) -> None:
    """Trains, and monitors once to know how long that takes and what it writes.

    Args:
        corpus: folder for it.
        kinds: of the jobs that will come.
    """
    if not kinds & NEEDED_BY:
        return
    from skewgate.cli.main import main

    place = corpus / TRAINED
    place.mkdir()
    os.chdir(place)
    shutil.copytree(corpus / "taxi", place / "taxi")
    text = (place / "taxi" / "pipeline.yaml").read_text()
    (place / "first.yaml").write_text(_located(text))
    seconds, sizes = {}, {}
    for pipeline, config in (("training", "first"), ("monitoring", "quiet")):
        if pipeline == "monitoring":
            _write_rows(place, text)
            shutil.copytree(place / "root", place / "kept", symlinks=True)
        before, started = _size(place / "root"), time.monotonic()
        code = main(["run", pipeline, "--config", f"{config}.yaml"])
        seconds[pipeline] = time.monotonic() - started
        sizes[pipeline] = _size(place / "root") - before
        if code:
            raise AssertionError(f"{pipeline} of good rows ended with {code}")
    if "kills" in kinds:
        if main(["run", "monitoring", "--config", "quiet.yaml"]):  # so that one is too many
            raise AssertionError("monitoring of good rows failed")
        shutil.copytree(place / "root", corpus / OLD_RUNS, symlinks=True)
        specs.build(corpus, {kind: place / f"{kind}-training.csv" for kind in CODES})
    shutil.rmtree(place / "root")
    (place / "kept").rename(place / "root")
    (corpus / TIMES).write_text(json.dumps({"seconds": seconds, "sizes": sizes}))


def _located(text: str) -> str:
    """Returns settings that lie beside the folder of their contracts."""
    return re.sub(r"\b(\w+\.(?:yaml|pbtxt))$", r"taxi/\1", text, flags=re.MULTILINE)


def _write_rows(place: pathlib.Path, text: str) -> None:
    """Writes the rows of both pipelines, good ones and planted ones, and their settings."""
    with open(place / "root" / "data" / "training.csv", newline="", encoding="utf-8") as stream:
        names, *rows = csv.reader(stream)
    at, paid = names.index("trip_start_timestamp"), names.index("payment_type")
    old = [row for row in rows if int(row[at]) < BEFORE_2015]
    monitored = random.Random(11).sample(old, ROWS)
    for kind in CODES:
        for pipeline, found in (("serving", monitored), ("training", rows)):
            planted = [
                [*row[:paid], "Barter" if row[paid] == "Cash" else row[paid], *row[paid + 1 :]]
                if kind == "planted"
                else row
                for row in found
            ]
            with open(place / f"{kind}-{pipeline}.csv", "w", newline="", encoding="utf-8") as out:
                csv.writer(out).writerows([names, *planted])
        settings = _located(text)
        limits = "retention: {runs: 1, failed_runs: 0, models: 1}"
        for pipeline in ("training", "serving"):
            settings = settings.replace(f"{{root}}/data/{pipeline}.csv", f"{kind}-{pipeline}.csv")
        (place / f"{kind}.yaml").write_text(settings)
        (place / f"clean-{kind}.yaml").write_text(f"{settings}\n{limits}\n")


def _size(folder: pathlib.Path) -> int:
    files = [path for path in folder.rglob("*") if path.is_file()]
    return sum(-(-path.stat().st_size // 4096) * 4096 for path in files)

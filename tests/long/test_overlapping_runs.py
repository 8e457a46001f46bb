"""Runs that overlap in one root: each speaks of itself, and different names share nothing."""

from __future__ import annotations

import dataclasses
import pathlib
import re
import subprocess
import sys
import time

import pandas as pd
import pytest
import yaml

from skewgate.pipeline.taxi import data

REPETITIONS = 1
LIMIT = 600
"""Seconds: far more than a run takes."""
BEFORE_2015 = 1_420_070_400


@dataclasses.dataclass(frozen=True)
class Ended:
    """What a user sees of one run."""

    code: int
    out: str
    err: str

    @property
    def run_id(self) -> str:
        """The run that the user was told of."""
        return re.findall(r"taxi[\w-]*-(\d{8}T\d{6}Z-\w{8})\.log", self.out)[0]


def started(*arguments) -> subprocess.Popen:
    """Starts a run in a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "skewgate", "run", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def ended(process) -> Ended:
    """Waits for a run; it takes seconds where nothing is wrong."""
    out, err = process.communicate(timeout=LIMIT)
    return Ended(process.returncode, out, err)


def once_at_work(root, process):
    """Waits until this run has the turn of monitoring, so that the next comes after it."""
    lock = root / "locks" / "taxi-monitoring.lock"
    while process.poll() is None:
        if lock.exists() and f"(process {process.pid} on " in lock.read_text():
            return
        time.sleep(0.1)
    raise AssertionError(ended(process))


@pytest.fixture(scope="module")
def root(tmp_path_factory, taxi_settings) -> pathlib.Path:
    """A root in which settings of two names have trained at the same time."""
    root = tmp_path_factory.mktemp("root")
    data.prepare(str(root))
    rows = pd.read_csv(root / "data" / "training.csv", dtype=str)
    quiet = rows[rows["trip_start_timestamp"].astype(int) < BEFORE_2015].sample(
        2500, random_state=11
    )
    quiet.to_csv(root / "quiet.csv", index=False)
    content = taxi_settings(str(root))
    content["training"]["train_steps"] = 50
    (root / "drifted.yaml").write_text(yaml.safe_dump(content))
    (root / "other.yaml").write_text(yaml.safe_dump({**content, "name": "taxi-2"}))
    content["monitoring"]["data"] = str(root / "quiet.csv")
    (root / "quiet.yaml").write_text(yaml.safe_dump(content))
    runs = [
        started("training", "--config", str(root / name)) for name in ("drifted.yaml", "other.yaml")
    ]
    assert [(each.code, each.err) for each in map(ended, runs)] == [(0, ""), (0, "")]
    return root


def test_two_names_in_one_root_share_no_folder(root):
    for kind in ("artifacts", "state", "metadata"):
        names = sorted(path.stem for path in (root / kind).iterdir())
        assert names == ["taxi-2-training", "taxi-training"]
    for name in ("taxi", "taxi-2"):
        (version,) = (root / "serving" / name).iterdir()
        assert (version / "saved_model.pb").is_file()


def test_runs_that_wait_for_each_other_each_tell_of_themselves(root):
    for _ in range(REPETITIONS):
        first = started("monitoring", "--wait", "--config", str(root / "drifted.yaml"))
        once_at_work(root, first)
        second = started("monitoring", "--wait", "--config", str(root / "quiet.yaml"))
        drifted, quiet = ended(first), ended(second)
        assert drifted.code == 1
        assert "payment_type: linf" in drifted.err
        assert "passed" not in drifted.out
        assert (quiet.code, quiet.err) == (0, "")
        assert "monitoring: passed" in quiet.out
        assert drifted.run_id != quiet.run_id
        assert f"monitoring: waiting for run {drifted.run_id} (process " in quiet.out


def test_a_second_run_is_refused_and_the_first_is_not_disturbed(root):
    first = started("monitoring", "--config", str(root / "drifted.yaml"))
    once_at_work(root, first)
    refused = ended(started("monitoring", "--config", str(root / "quiet.yaml")))
    drifted = ended(first)
    assert drifted.code == 1
    assert "payment_type: linf" in drifted.err
    assert (refused.code, refused.out) == (2, "")
    assert re.fullmatch(
        rf"skewgate: taxi-monitoring: run {drifted.run_id} \(process \d+ on \S+, since \S+Z\) is "
        r"already working in the same root\. Fix: wait until it ends, or give --wait\.\n",
        refused.err,
    )


def test_training_and_monitoring_may_overlap(root):
    settings = ["--config", str(root / "drifted.yaml")]
    runs = [started("monitoring", *settings), started("training", *settings)]
    monitoring, training = map(ended, runs)
    assert (monitoring.code, training.code) == (1, 0)
    assert "payment_type: linf" in monitoring.err
    assert "training: passed" in training.out

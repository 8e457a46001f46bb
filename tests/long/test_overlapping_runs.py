"""Runs that overlap in one root: each speaks of itself, and different names share nothing."""

from __future__ import annotations

import dataclasses
import os
import pathlib
import re
import sys
import time

import pandas as pd
import pytest
import yaml
from tfx.orchestration.local import local_dag_runner

from skewgate.cli.main import main
from skewgate.pipeline import local_runner, monitoring, training
from skewgate.pipeline.taxi import data

LOADED = (local_dag_runner, local_runner, monitoring, training)
"""Imported here once, and not by each process."""
REPETITIONS = 1
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


@pytest.fixture(scope="module")
def side_by_side(forked, tmp_path_factory):
    """Starts commands in processes of their own, some seconds apart, and returns how they ended."""
    folder = tmp_path_factory.mktemp("output")

    def run(*commands, apart=0.0):
        def work(name, command):
            for number, stream in ((1, "out"), (2, "err")):
                target = os.open(folder / f"{name}.{stream}", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
                os.dup2(target, number)
            sys.stdout, sys.stderr = (os.fdopen(n, "w", buffering=1) for n in (1, 2))
            code = main(["run", *command])
            sys.stdout.flush()
            return code

        children = {}
        for name, command in enumerate(commands):
            children[forked(lambda n=name, c=command: work(n, c))] = name
            time.sleep(apart)
        ended = {}
        for child, name in children.items():
            code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
            texts = [(folder / f"{name}.{stream}").read_text() for stream in ("out", "err")]
            ended[name] = Ended(code, *texts)
        return [ended[name] for name in sorted(ended)]

    return run


@pytest.fixture(scope="module")
def root(tmp_path_factory, taxi_settings, side_by_side) -> pathlib.Path:
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
    settings = [str(root / name) for name in ("drifted.yaml", "other.yaml")]
    ended = side_by_side(*(["training", "--config", each] for each in settings))
    assert [(each.code, each.err) for each in ended] == [(0, ""), (0, "")]
    return root


def test_two_names_in_one_root_share_no_folder(root):
    for kind in ("artifacts", "state", "metadata"):
        names = sorted(path.stem for path in (root / kind).iterdir())
        assert names == ["taxi-2-training", "taxi-training"]
    for name in ("taxi", "taxi-2"):
        (version,) = (root / "serving" / name).iterdir()
        assert (version / "saved_model.pb").is_file()


def test_runs_that_wait_for_each_other_each_tell_of_themselves(root, side_by_side):
    commands = [
        ["monitoring", "--wait", "--config", str(root / f"{name}.yaml")]
        for name in ("drifted", "quiet")
    ]
    for _ in range(REPETITIONS):
        drifted, quiet = side_by_side(*commands, apart=0.3)
        assert drifted.code == 1
        assert "payment_type linf" in drifted.err
        assert "passed" not in drifted.out
        assert (quiet.code, quiet.err) == (0, "")
        assert "monitoring: passed" in quiet.out
        assert drifted.run_id != quiet.run_id
        assert f"monitoring: waiting for run {drifted.run_id} (process " in quiet.out


def test_a_second_run_is_refused_and_the_first_is_not_disturbed(root, side_by_side):
    first, second = side_by_side(
        *(["monitoring", "--config", str(root / f"{name}.yaml")] for name in ("drifted", "quiet")),
        apart=0.3,
    )
    assert first.code == 1
    assert "payment_type linf" in first.err
    assert (second.code, second.out) == (2, "")
    assert re.fullmatch(
        rf"skewgate: taxi-monitoring: run {first.run_id} \(process \d+ on \S+, since \S+Z\) is at "
        r"work in the same root\. Fix: wait until it has ended, or give --wait\.\n",
        second.err,
    )


def test_training_and_monitoring_may_overlap(root, side_by_side):
    settings = ["--config", str(root / "drifted.yaml")]
    monitoring, training = side_by_side(["monitoring", *settings], ["training", *settings])
    assert (monitoring.code, training.code) == (1, 0)
    assert "payment_type linf" in monitoring.err
    assert "training: passed" in training.out

"""Cleans in processes that are killed on the way."""

from __future__ import annotations

import os
import pathlib
import signal
import sys
import warnings

from tests.pipeline.retention.worlds import World

_CALLS = ("os.remove", "os.rmdir", "os.rename")
"""Calls of the system that remove something, by their audit events."""


def forked() -> int:
    """Forks; the child, which holds no lock of the threads that it has not, has a minute."""
    with warnings.catch_warnings():  # new Pythons warn of threads, which libraries keep idle
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if not child:
        signal.alarm(60)
    return child


def _cleans(world: World, step: int, *, inside: bool) -> bool:
    """Cleans in a forked process and kills it before its `step`-th removal; says if it came to it.

    Args:
        world: to clean.
        step: counted from 1.
        inside: counts each call of the system instead of each place that is removed.
    """
    child = forked()
    if not child:
        done = 0

        def count(event: str) -> None:
            nonlocal done
            if not inside or event in _CALLS:
                done += 1
                if done == step:
                    os.kill(os.getpid(), signal.SIGKILL)

        try:
            if inside:
                sys.addaudithook(lambda event, arguments: count(event))
            world.clean(**({} if inside else {"removing": count}))
        finally:
            os._exit(0)
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status) == -signal.SIGKILL


def check_nothing_misleads(world: World) -> None:
    """What ML Metadata or a record names is there whole, and each report that has its name."""
    for artifact in world.store().get_artifacts():
        folder = pathlib.Path(artifact.uri)
        assert folder.is_dir(), artifact.uri
        expected = {"drift_report": 2, "statistics": 2, "record": 0}.get(folder.parent.name, 1)
        assert len([path for path in folder.rglob("*") if path.is_file()]) == expected
    for record in (world.root / "state" / "taxi-monitoring").glob("*/record.json"):
        assert (record.parent / "statistics/Split-serving/FeatureStats.pb").is_file()
    reports = world.root / "artifacts/taxi-monitoring/DriftEvaluator/drift_report"
    for report in reports.iterdir():
        if not report.name.startswith("."):
            assert {path.name for path in report.iterdir()} == {"report.json", "report.html"}


def everywhere(world: World, *, inside: bool, stride: int) -> int:
    """Kills a clean before every `stride`-th removal and lets the next one complete it.

    Returns:
        The number of kills.
    """
    world.clean()
    expected = world.paths()
    kills = 0
    while True:
        world.restore()
        killed = _cleans(world, kills * stride + 1, inside=inside)
        check_nothing_misleads(world)
        world.clean()
        assert world.paths() == expected
        if not killed:
            return kills
        kills += 1

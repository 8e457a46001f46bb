"""Real monitoring runs under `retention`: what goes, and that verdicts stay right."""

from __future__ import annotations

import dataclasses
import json
import os
import shutil
import signal

import pytest

from skewgate.pipeline import settings as settings_lib
from skewgate.pipeline import turns
from skewgate.pipeline.retention import cleaning, metadata
from tests.pipeline.retention import kills as kills_lib

LIMITS = {"runs": 1, "failed_runs": 1}


@pytest.fixture
def monitor(trained, tmp_path, skewgate):
    """Runs in a root of its own, whose state names the model of the session."""
    own = dataclasses.replace(trained, root=tmp_path)
    (tmp_path / "data").mkdir()
    shutil.copytree(trained.root / "state/taxi-training", tmp_path / "state/taxi-training")

    def run(name, rows):
        data = own.write(f"{name}.csv", rows)
        path = own.settings("clean", monitoring={"data": data}, retention=LIMITS)
        return skewgate("run", "monitoring", "--config", path)

    run.config = str(tmp_path / "clean.yaml")
    run.root = tmp_path
    return run


def bitcoin(rows):
    changed = rows.copy()
    changed.loc[changed.index[:40], "payment_type"] = "Bitcoin"
    return changed


def reports(root):
    folder = root / "artifacts/taxi-monitoring/DriftEvaluator/drift_report"
    return len(list(folder.iterdir()))


def known(root):
    found = metadata.read(str(root / "metadata/taxi-monitoring.sqlite"))
    return sorted(run.good for run in found.runs)


def test_runs_beyond_the_limits_go_and_verdicts_stay_right(monitor, quiet_serving, skewgate):
    root = monitor.root
    assert monitor("first", quiet_serving).code == 0
    assert monitor("bad", bitcoin(quiet_serving)).code == 1
    assert (known(root), reports(root)) == ([False, True], 2)

    other = monitor("other", quiet_serving.iloc[1:])
    assert other.code == 0, other.err
    assert "monitoring: removed what 1 run left (" in other.out
    assert "cleaned" not in other.err
    assert (known(root), reports(root)) == ([False, True], 2)
    assert len(list((root / "logs").iterdir())) == 2
    records = [path for path in (root / "state/taxi-monitoring").iterdir() if path.is_dir()]
    assert len(records) == 2  # that of the newest, and the one that both have compared with
    scratch = [path for path in root.rglob(".system/*/*") if path.is_dir()]
    assert scratch == []

    again = monitor("other", quiet_serving.iloc[1:])
    assert again.code == 0, again.err
    assert "SkewStatisticsGen      cached" in again.out  # what stays is whole

    told = skewgate("clean", "--config", monitor.config, "--dry-run")
    assert told.code == 0, told.err
    assert "taxi-monitoring" in told.out
    assert "to remove" in told.out
    done = skewgate("clean", "--config", monitor.config, "--json")
    assert done.code == 0, done.err
    monitoring, training = json.loads(done.out)["pipelines"]
    assert training["pipeline"] == "taxi-training"
    runs = monitoring["lines"][0]
    assert (runs["what"], runs["removed"]) == ("runs", 0)
    assert runs["why"] == {"within the limits": 2, "wrote what later runs look up": 1}

    killed_cleans(monitor.config)
    first = monitor("first", quiet_serving)  # of which nothing is left, so it is computed again
    assert first.code == 0, first.err
    assert "TabularExampleGen      cached" not in first.out
    bad = monitor("bad", bitcoin(quiet_serving))
    assert bad.code == 1
    assert "Bitcoin" in bad.err
    assert known(root) == [False, True]


def killed_cleans(config):
    """Cleans with lower limits, and is killed before its first, third, fifth ... removal."""
    settings = settings_lib.load(config)
    retention = settings.retention.model_copy(update={"failed_runs": 0})
    settings = settings.model_copy(update={"retention": retention})
    kills = 0
    for step in range(1, 40, 2):
        child = kills_lib.forked()
        if not child:
            left = step

            def count(place):
                nonlocal left
                left -= 1
                if not left:
                    os.kill(os.getpid(), signal.SIGKILL)

            try:
                cleaning.clean(settings, "monitoring", removing=count)
            finally:
                os._exit(0)
        kills += os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL
    assert kills > 2


def test_a_failure_to_clean_is_told_and_changes_no_verdict(monitor, quiet_serving):
    (monitor.root / "metadata").mkdir()
    (monitor.root / "metadata" / "other.sqlite").write_text("no database")
    outcome = monitor("first", quiet_serving)
    assert outcome.code == 0
    assert "monitoring: passed" in outcome.out
    assert "skewgate: monitoring: nothing was cleaned up: " in outcome.err
    assert "other.sqlite: cannot be used as the ML Metadata of a pipeline" in outcome.err


def test_clean_is_refused_beside_a_run_and_without_limits(monitor, quiet_serving, skewgate):
    monitor.root.joinpath("clean.yaml").unlink(missing_ok=True)
    taxi = str(settings_lib.TAXI)
    assert skewgate("clean", "--config", taxi).err == (
        f"skewgate: {taxi}: has no `retention`, so nothing is ever removed. "
        "Fix: add one, such as `retention: {keep: 90d}`.\n"
    )
    assert skewgate("clean", "--config", taxi).code == 2
    text = settings_lib.TAXI.read_text().replace(
        "root: .skewgate/taxi", f"root: {monitor.root}\nretention: {LIMITS}"
    )
    path = monitor.root / "limits.yaml"
    path.write_text(text)
    with turns.turn(str(monitor.root), "taxi-monitoring", "first"):
        refused = skewgate("clean", "--config", str(path))
    assert refused.code == 2
    assert refused.err.startswith("skewgate: taxi-monitoring: run first (process ")

"""What .ci/image runs in the image: both taxi pipelines, by the command of the CronJob's pod.

/config, /state and /manifests are volumes. Training must pass, and monitoring must find what
drifted in 2016: these rows are moved to the window that the name of the Job stands for.
"""

from __future__ import annotations

import csv
import datetime
import pathlib
import subprocess
import sys
import tempfile

import yaml

from skewgate.pipeline import settings

CONFIG, STATE = pathlib.Path("/config"), pathlib.Path("/state")
JOB = "skewgate-monitoring-29926470"  # scheduled for 6:30 on 25 November 2026, in UTC
WINDOW = datetime.datetime(2026, 11, 24, 12, tzinfo=datetime.timezone.utc)
TIME = "trip_start_timestamp"


def prepare() -> str:
    """Puts the rows where the pod finds them, and returns the path of settings with windows."""
    content = yaml.safe_load(settings.TAXI.read_text())
    folder = settings.TAXI.parent
    content["schema"] = str(folder / content["schema"])
    for section in ("training", "monitoring"):
        for name in ("skew", "performance", "eval_config", "drift"):
            if name in content[section]:
                content[section][name] = str(folder / content[section][name])
    content["monitoring"]["splits"] = {
        "by": "window",
        "name": "serving",
        "column": TIME,
        "every": "1d",
    }
    here = pathlib.Path(tempfile.mkdtemp())
    content["root"] = str(here)
    (here / "pipeline.yaml").write_text(yaml.safe_dump(content))
    settings.load(here / "pipeline.yaml").prepare_data()
    rows = STATE / "objects" / "gs" / "rows"
    rows.mkdir(parents=True)
    (rows / "training.csv").write_text((here / "data" / "training.csv").read_text())
    with open(here / "data" / "serving.csv", newline="") as read:
        serving = list(csv.DictReader(read))
    with open(rows / "serving.csv", "w", newline="") as written:
        writer = csv.DictWriter(written, list(serving[0]))
        writer.writeheader()
        moved = str(int(WINDOW.timestamp()))
        writer.writerows(row | {TIME: moved} for row in serving)
    return str(here / "pipeline.yaml")


def compile_for(pipeline: str, config: str) -> None:
    """Compiles a pipeline into /config."""
    words = ["--target", "kubeflow", "--image", "skewgate:ci", "--pipeline-root", "gs://state/taxi"]
    words += ["--config", config, "--parameter", "data=gs://rows"]
    out = str(CONFIG / f"{pipeline}.yaml")
    command = [sys.executable, "-m", "skewgate", "compile", pipeline, *words, "--out", out]
    subprocess.run(command, check=True)


def run(pipeline: str) -> tuple[int, str]:
    """Runs a compiled pipeline as the pod does; returns its exit code and what it said."""
    manifest = yaml.safe_load(pathlib.Path("/manifests/cronjob/cronjob.yaml").read_text())
    (container,) = manifest["spec"]["jobTemplate"]["spec"]["template"]["spec"]["containers"]
    words = [word.replace("$(JOB_NAME)", JOB) for word in container["command"] + container["args"]]
    if pipeline == "training":  # by a Job of the same pod, whose rows have no windows
        words = [word.replace("monitoring.yaml", "training.yaml") for word in words]
        words = [word for word in words if not word.startswith("--parameter=scheduled-time=")]
    print("+", *words, flush=True)
    ended = subprocess.run(words, stderr=subprocess.PIPE, text=True)
    print(ended.stderr, flush=True)
    return ended.returncode, ended.stderr


def main() -> None:
    """Exits with a sentence if one of the pipelines did not end as it should."""
    entry = [sys.executable, "-m", "skewgate.kubeflow.image.entrypoint", "--help"]
    subprocess.run(entry, check=True, stdout=subprocess.DEVNULL)
    config = prepare()
    for pipeline in ("training", "monitoring"):
        compile_for(pipeline, config)
    code, _ = run("training")
    if code != 0:
        sys.exit(f"in_image: training ended with {code}, 0 was expected")
    code, said = run("monitoring")
    if code != 1 or "payment_type: linf" not in said or "trip_miles: ks" not in said:
        sys.exit(f"in_image: monitoring ended with {code}; 1 and what drifted were expected")


main()

"""`skewgate compile` and `skewgate run --from-spec`, as a user calls them."""

import json
import os
import pathlib
import shutil
import sys

import pytest
import yaml

from skewgate.cli.main import main
from skewgate.kubeflow.local import launcher, spec
from skewgate.pipeline import settings

SHUTS = "import sys; sys.stderr.write('skewgate: see minio://bucket/report\\n'); sys.exit({})"
REPORTS = """
import json, sys
given = json.loads(sys.argv[1])["outputs"]
said = {"blessed": %s, "status": "%s", "failed": 2.0, "inconclusive": 0.0}
found = {"report": {"artifacts": [{"metadata": said}]}}
open(given["outputFile"], "w").write(json.dumps({"artifacts": found}))
"""


@pytest.fixture
def config(tmp_path):
    """Settings of the taxi pipelines that write below `tmp_path`."""
    folder = tmp_path / "taxi"
    shutil.copytree(settings.TAXI.parent, folder)
    path = folder / "pipeline.yaml"
    content = yaml.safe_load(path.read_text()) | {"root": str(tmp_path / "root")}
    path.write_text(yaml.safe_dump(content))
    return str(path)


def compile_training(
    config, *more, out="a.json", target="vertex", image="a/b:1", root="gs://b/r", shared=None
):
    given = {"--target": target, "--image": image, "--pipeline-root": root, "--out": out}
    given["--shared-root"] = shared
    words = [word for name, value in given.items() if value for word in (name, value)]
    return main(["compile", "training", "--config", config, *words, *more])


def test_a_pipeline_is_written_as_the_options_say(config, tmp_path, capsys):
    options = tmp_path / "kubeflow.yaml"
    options.write_text("retries: {'*': {count: 2}}\nresources: {Trainer: {cpu: 2, memory: 8Gi}}")
    out = str(tmp_path / "training.json")
    more = ["--options", str(options), "--service-account", "robot@x", "--no-cache"]
    assert compile_training(config, *more, out=out) == 0
    assert capsys.readouterr().out == f"training: written to {out}\n"
    job = json.loads((tmp_path / "training.json").read_text())
    tasks = job["pipelineSpec"]["root"]["dag"]["tasks"]
    assert job["serviceAccount"] == "robot@x"
    assert tasks["Trainer"]["retryPolicy"]["maxRetryCount"] == 2
    assert "retryPolicy" not in tasks["DataGate"]
    trainer = job["pipelineSpec"]["deploymentSpec"]["executors"]["Trainer_executor"]["container"]
    assert trainer["resources"] == {"cpuLimit": 2.0, "memoryLimit": 8.589934592}
    assert {json.dumps(task.get("cachingOptions")) for task in tasks.values()} == {"{}"}


def test_whoever_names_an_image_by_a_tag_is_told_that_nothing_is_cached(config, tmp_path, capsys):
    out = str(tmp_path / "training.json")
    assert compile_training(config, out=out, image="registry/a:1") == 0
    assert "no task is cached: registry/a:1 may name another image" in capsys.readouterr().out


def test_who_has_a_trainer_of_their_own_is_told_that_the_image_must_hold_it(
    config, tmp_path, capsys
):
    path = pathlib.Path(config)
    assert compile_training(config, out=str(tmp_path / "a.json")) == 0
    assert "must hold" not in capsys.readouterr().out
    text = path.read_text().replace("skewgate.pipeline.taxi.trainer", "my_trainer")
    path.write_text(text)
    (path.parent / "my_trainer.py").write_text("def run_fn(fn_args): pass")
    assert compile_training(config, out=str(tmp_path / "a.json"), image="registry/a:1") == 0
    assert "registry/a:1 must hold the module my_trainer of run_fn" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"image": None}, "image is missing. Fix: give --image or the key image."),
        ({"root": "bucket/r"}, "must be a URI or an absolute path"),
        ({"root": "/proc/none/r"}, "cannot be written"),
        ({"out": "a.yaml"}, "a.yaml: vertex reads .json files"),
        ({"target": None}, "target is missing"),
        (
            {"target": "kubeflow", "out": "a.yaml", "root": "minio://b/r", "shared": "/mnt"},
            "shared_root '/mnt' is not on a volume that the tasks mount",
        ),
    ],
)
def test_options_that_do_not_fit_are_one_sentence_and_exit_code_2(
    config, capsys, monkeypatch, tmp_path, given, said
):
    monkeypatch.chdir(tmp_path)
    assert compile_training(config, **given) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert said in line


@pytest.mark.parametrize(("target", "out"), [("kubeflow", "a.yaml"), ("vertex", "a.json")])
def test_monitoring_compiles_without_a_model_on_this_machine(config, tmp_path, target, out):
    path = str(tmp_path / out)
    given = ["--image", "a/b:1", "--pipeline-root", "gs://b/r", "--target", target, "--out", path]
    schema = "--parameter", "schema=feature { name: 'fare' }"
    assert main(["compile", "monitoring", "--config", config, *given, *schema]) == 0
    found = spec.load(path)
    assert {each.name: each.default for each in found.parameters}["schema"] == (
        "feature { name: 'fare' }"
    )
    lookup = next(task for task in found.tasks if task.name == "StateLookup")
    values = lookup.content["inputs"]["parameters"]
    assert values["state_root"]["runtimeValue"]["constant"] == "gs://b/r/state"


def test_an_unknown_target_is_refused(config, capsys):
    with pytest.raises(SystemExit) as ended:
        compile_training(config, target="airflow")
    assert ended.value.code == 2
    assert "invalid choice: 'airflow'" in capsys.readouterr().err


@pytest.mark.parametrize("text", ["data", "none=1"])
def test_a_parameter_that_does_not_fit_is_refused(config, capsys, tmp_path, text):
    out = str(tmp_path / "a.json")
    assert compile_training(config, "--parameter", text, out=out) == 2
    assert "skewgate: " in capsys.readouterr().err
    assert not os.path.exists(out)


def run(path, root, *more):
    return main(["run", "--from-spec", path, "--root", str(root), *more])


def test_verdicts_of_a_run_are_printed(pipeline, tmp_path, capsys):
    pipeline.add("Check", code=REPORTS % ("1.0", "pass"), outputs={"report": "skewgate.SkewReport"})
    assert run(pipeline.write(tmp_path / "a.yaml"), tmp_path / "out") == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("made: running in ")
    assert lines[1].split()[:2] == ["[1/1]", "Check"]
    assert lines[2].split() == ["Check", "pass", "2", "failed", "0", "inconclusive"]
    assert lines[3].endswith("/Check/report/report.html")
    assert lines[3].strip().startswith(str(tmp_path / "out/objects/minio/bucket/taxi/made"))
    assert lines[4] == "made: passed"


def test_commands_may_run_behind_another(pipeline, tmp_path):
    pipeline.add("a", code="import os; assert os.environ['PLACE'] == 'the image'")
    folder = os.path.dirname(sys.executable)
    prefix = f"env PLACE='the image' PATH={folder}:{os.environ['PATH']}"
    path = pipeline.write(tmp_path / "a.yaml")
    assert run(path, tmp_path / "out", "--command-prefix", prefix) == 0
    assert run(path, tmp_path / "out", "--command-prefix", "false") == 2
    assert run(path, tmp_path / "out", "--command-prefix", "'open") == 2


@pytest.mark.parametrize(("code", "expected"), [(1, 1), (3, 3), (2, 2), (70, 2)])
def test_the_exit_code_tells_a_verdict_from_what_broke(pipeline, tmp_path, capsys, code, expected):
    pipeline.add("Gate", code=SHUTS.format(code))
    assert run(pipeline.write(tmp_path / "a.yaml"), tmp_path / "out") == expected
    said = capsys.readouterr().err
    assert said == f"skewgate: made: Gate: see {tmp_path}/out/objects/minio/bucket/report\n"


@pytest.mark.parametrize(("status", "expected"), [("fail", 1), ("inconclusive", 3)])
def test_a_report_that_is_not_blessed_decides_where_no_gate_did(
    pipeline, tmp_path, status, expected
):
    code = REPORTS % ("0.0", status)
    pipeline.add("Check", code=code, outputs={"report": "skewgate.SkewReport"})
    assert run(pipeline.write(tmp_path / "a.yaml"), tmp_path / "out") == expected


def test_what_broke_counts_more_than_a_shut_gate(pipeline, tmp_path):
    pipeline.add("Gate", code=SHUTS.format(1))
    pipeline.add("Other", code="raise SystemExit(70)")
    assert run(pipeline.write(tmp_path / "a.yaml"), tmp_path / "out") == 2


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["training", "--root", "x"], "--root: only works with --from-spec"),
        (["training", "--command-prefix", "x"], "--command-prefix: only works with --from-spec"),
        (["training", "--parameter", "a=1"], "--parameter: only works with --from-spec"),
        (["--from-spec", "a.yaml", "--config", "x"], "--config: does not apply to a compiled"),
        (["--from-spec", "none.yaml"], "none.yaml: no such file"),
    ],
)
def test_options_that_would_not_be_looked_at_are_refused(words, said, capsys):
    assert main(["run", *words]) == 2
    assert said in capsys.readouterr().err


def test_a_run_without_a_pipeline_is_refused(capsys):
    with pytest.raises(SystemExit) as ended:
        main(["run"])
    assert ended.value.code == 2


def test_two_runs_in_one_second_have_folders_of_their_own(pipeline, tmp_path, silent):
    pipeline.add("a", code="pass")
    loaded = spec.load(pipeline.write(tmp_path / "a.yaml"))
    made = {launcher.Launcher(loaded, tmp_path, {}, progress=silent).run_folder for _ in range(3)}
    assert len(made) == 3

from __future__ import annotations

import ast
import pathlib
import re
import shlex
import subprocess
import sys

import pytest
import yaml

from skewgate.cli.main import main
from skewgate.cli.parser import build_parser
from skewgate.data.ingest.splits import TimeWindow
from skewgate.kubeflow.compile import compiler
from skewgate.pipeline import deployments, factories
from skewgate.pipeline import settings as settings_lib
from tests import pages

ROOT = pathlib.Path(__file__).parents[2]
EXAMPLE = ROOT / "docs" / "examples" / "image"
BLOCKS = [block for page in pages.PAGES for block in pages.blocks(page)]
SENDING = ("kfp", "python")
"""Claims of blocks all of which need a cluster or a cloud."""


def claimed(claim):
    found = [block for block in BLOCKS if block.claim == claim]
    assert found
    return found


@pytest.mark.parametrize("block", BLOCKS, ids=str)
def test_each_block_is_one_that_tests_run(block):
    assert block.claim, f"{block}: nothing runs this block:\n{block.text}"


@pytest.mark.parametrize("block", BLOCKS, ids=str)
def test_what_sends_something_to_a_cluster_is_marked_and_nothing_else(block):
    sends = block.claim in SENDING or any(
        re.match(r"kubectl (?!kustomize )", line) for line in block.commands
    )
    assert block.marked == sends


def test_a_block_of_commands_of_two_kinds_is_claimed_by_no_test():
    assert pages.Block("p", 0, "s", "skewgate run\ndocker push i\n", "").claim == ""
    assert pages.Block("p", 0, "s", "skewgate run\nskewgate report\n", "").claim == "skewgate"


@pytest.mark.parametrize(
    "line",
    [
        pytest.param(line.removeprefix("$ "), id=f"{block}-{n}")
        for block in BLOCKS
        for n, line in enumerate(block.commands)
        if line.startswith(("skewgate ", "$ skewgate "))
    ],
)
def test_every_command_in_the_pages_is_one_that_exists(line):
    assert build_parser().parse_args(shlex.split(line)[1:]).command == line.split()[1]


def test_the_windows_in_the_page_are_what_the_command_prints(capsys):
    for block in claimed("window"):
        lines = block.commands
        for asked, answer in zip(lines[::2], lines[1::2], strict=True):
            assert main(shlex.split(asked.removeprefix("$ "))[1:]) == 0
            assert capsys.readouterr().out == f"{answer}\n"


def test_ci_builds_and_pushes_the_images_by_the_commands_of_the_page():
    recipe = re.search(r"^image:.*\n((?:\t.*\n)+)", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert recipe[1].strip() == "@scripts/build_image.sh"
    run = (ROOT / ".ci" / "image").read_text()
    for block in claimed("image"):
        for line in block.commands:
            wanted = line.replace(" make image", " scripts/build_image.sh")
            assert re.search(rf"^{re.escape(wanted)}( |$)", run, re.MULTILINE), line


def test_the_image_on_top_is_built_from_the_dockerfile_of_the_page():
    (block,) = claimed("dockerfile")
    assert (EXAMPLE / "Dockerfile").read_text() == block.text
    (package,) = re.findall(r"^COPY \S+ (\w+) ", block.text, re.MULTILINE)
    assert (EXAMPLE / package / "__init__.py").is_file()
    (run_fn,) = re.findall(r"`run_fn: ([\w.]+)`", (pages.DOCS / block.page).read_text())
    module, _, name = run_fn.rpartition(".")
    tree = ast.parse((EXAMPLE / f"{module.replace('.', '/')}.py").read_text())
    assert name in {each.name for each in tree.body if isinstance(each, ast.FunctionDef)}
    assert f'"{run_fn}"' in (ROOT / ".ci" / "in_own_image.sh").read_text()


def test_python_code_in_the_pages_is_python():
    for block in claimed("python"):
        ast.parse(block.text)


def test_kfp_submits_the_compiled_pipeline(server, tmp_path):
    kfp = pathlib.Path(sys.executable).with_name("kfp")
    run = {"run_id": "r-1", "state": "PENDING", "created_at": "2026-11-25T06:30:00Z"}
    api = "/apis/v2beta1"
    server.answers |= {
        ("GET", f"{api}/healthz"): (200, {"multi_user": False}),
        ("GET", f"{api}/experiments"): (200, {}),
        ("POST", f"{api}/experiments"): (200, {"experiment_id": "e-1", "display_name": "taxi"}),
        ("POST", f"{api}/runs"): (200, run),
        ("GET", f"{api}/runs/r-1"): (200, run),
    }
    arguments = [
        "--config",
        str(settings_lib.TAXI),
        "--target",
        "kubeflow",
        "--image",
        "skewgate:1",
    ]
    arguments += ["--pipeline-root", "gs://b/taxi"]
    out = tmp_path / "training.yaml"
    assert main(["compile", "training", *arguments, "--out", str(out)]) == 0
    for block in claimed("kfp"):
        (command,) = block.commands
        words = shlex.split(re.sub(r"(?<=--endpoint )\S+", server.url, command))
        assert words[0] == "kfp"
        subprocess.run([str(kfp), *words[1:]], cwd=tmp_path, check=True, timeout=120)
        (body,) = [
            b for method, path, b, _ in server.asked if (method, path) == ("POST", f"{api}/runs")
        ]
        assert body["experiment_id"] == "e-1"
        assert body["pipeline_spec"] == yaml.safe_load(out.read_text())


@pytest.mark.parametrize("page", pages.PAGES)
def test_what_the_pages_link_to_is_there(page):
    for target in re.findall(r"\]\(([^)#:]+)", (pages.DOCS / page).read_text()):
        assert (pages.DOCS / target).exists(), target


def full_settings(folder):
    """Returns settings of the taxi example whose labels come late and whose rows have windows."""
    taxi = settings_lib.load(settings_lib.TAXI).model_copy(update={"root": str(folder)})
    window = {"splits": TimeWindow(by="window", column="trip_start_timestamp")}
    (folder / "labels.yaml").write_text("")
    labels = settings_lib.Labels(data="gs://b/labels/*", config=str(folder / "labels.yaml"))
    monitoring = taxi.monitoring.model_copy(update=window | {"labels": labels})
    training = taxi.training.model_copy(update=window)
    return taxi.model_copy(update={"training": training, "monitoring": monitoring})


def test_the_page_has_every_parameter_of_the_compiled_pipelines(tmp_path):
    taxi = full_settings(tmp_path)
    found = {
        name: {each.name for each in compiler.runtime_parameters(pipeline)}
        for name in factories.NAMES
        for pipeline in [factories.create(name, taxi, deployments.cluster(taxi, name, "gs://b/r"))]
    }
    rows = re.findall(
        r"^\| `([a-z-]+)` \| ((?:both|monitoring).*?) \|",
        (pages.DOCS / "kubeflow.md").read_text(),
        re.MULTILINE,
    )
    assert {name for name, where in rows if where.startswith("both")} == found["training"]
    assert {name for name, _ in rows} == found["monitoring"]


def test_a_pipeline_of_this_machine_has_no_parameters(tmp_path):
    local = factories.create("training", full_settings(tmp_path))
    assert compiler.runtime_parameters(local) == []

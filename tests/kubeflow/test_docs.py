from __future__ import annotations

import pathlib
import re
import shlex

import pytest

from skewgate.cli.main import main
from skewgate.cli.parser import build_parser
from skewgate.kubeflow import compiler
from skewgate.pipeline import factories, places
from skewgate.pipeline import settings as settings_lib
from skewgate.splits import TimeWindow

DOCS = pathlib.Path(__file__).parents[2] / "docs"
PAGES = ("kubeflow.md", "vertex.md")
PAGE = DOCS / "kubeflow.md"


def blocks(page):
    return re.findall(r"^```\w*\n(.*?)^```$", (DOCS / page).read_text(), re.DOTALL | re.MULTILINE)


def commands(page):
    for block in blocks(page):
        for line in block.replace("\\\n", " ").splitlines():
            line = line.removeprefix("$ ")
            if line.startswith("skewgate "):
                yield line


@pytest.mark.parametrize(
    "line",
    [
        pytest.param(line, id=f"{page}-{n}")
        for page in PAGES
        for n, line in enumerate(commands(page))
    ],
)
def test_every_command_in_the_pages_is_one_that_exists(line):
    assert build_parser().parse_args(shlex.split(line)[1:]).command == line.split()[1]


def test_the_windows_in_the_page_are_what_the_command_prints(capsys):
    found = [block for block in blocks("kubeflow.md") if block.startswith("$ ")]
    assert found
    for block in found:
        lines = block.splitlines()
        for asked, answer in zip(lines[::2], lines[1::2], strict=True):
            assert main(shlex.split(asked.removeprefix("$ "))[1:]) == 0
            assert capsys.readouterr().out == f"{answer}\n"


@pytest.mark.parametrize("page", PAGES)
def test_what_the_pages_link_to_is_there(page):
    for target in re.findall(r"\]\(([^)#:]+)", (DOCS / page).read_text()):
        assert (DOCS / target).is_file(), target


def full_settings(folder):
    """Returns settings of the taxi example whose labels come late and whose rows have windows."""
    taxi = settings_lib.load().model_copy(update={"root": str(folder)})
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
        for pipeline in [factories.create(name, taxi, places.cluster(taxi, name, "gs://b/r"))]
    }
    rows = re.findall(
        r"^\| `([a-z-]+)` \| ((?:both|monitoring).*?) \|", PAGE.read_text(), re.MULTILINE
    )
    assert {name for name, where in rows if where.startswith("both")} == found["training"]
    assert {name for name, _ in rows} == found["monitoring"]


def test_a_pipeline_of_this_machine_has_no_parameters(tmp_path):
    local = factories.create("training", full_settings(tmp_path))
    assert compiler.runtime_parameters(local) == []

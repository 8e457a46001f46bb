from __future__ import annotations

import pathlib
import re
import shlex

import pytest

from skewgate.cli.main import main
from skewgate.cli.parser import build_parser

DOCS = pathlib.Path(__file__).parents[2] / "docs"
PAGES = ("kubeflow.md", "vertex.md")


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

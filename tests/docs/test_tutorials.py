"""The code of the tutorials that need no pipeline runs as it stands, and prints what they show."""

from __future__ import annotations

import doctest

import pytest

from tests import page_code

TUTORIALS = page_code.ROOT / "docs" / "tutorials"
LONG = ("production", "tfx-pipeline")
"""tests/long runs these."""


@pytest.mark.parametrize(
    "page", sorted(page.stem for page in TUTORIALS.glob("*.md") if page.stem not in LONG)
)
def test_the_code_of_a_tutorial_runs_as_it_stands(page, tmp_path):
    folder = tmp_path / "reader"
    folder.mkdir()
    page_code.Reader(TUTORIALS / f"{page}.md", folder).follow()


def test_what_changes_from_run_to_run_is_told_from_what_must_not():
    assert doctest.testmod(page_code).failed == 0
    assert page_code.matches("[1/2] A    0.1 s\n", "[1/2] A    12.5 s\n")
    assert page_code.matches(
        "log: taxi-20261125T152237Z-3f9a2c81.log\n", "log: taxi-20270101T000000Z-00000000.log\n"
    )
    assert not page_code.matches("ks is 0.102\n", "ks is 0.103\n")
    assert not page_code.matches("a\n", "a\nb\n")


@pytest.mark.parametrize("text", ["```\nskewgate drift a b\n```\n", "```yaml\na: 1\n```\n"])
def test_a_block_that_nobody_runs_is_refused(text, tmp_path):
    (tmp_path / "reader").mkdir()
    (tmp_path / "page.md").write_text(text)
    with pytest.raises(AssertionError, match="nobody runs"):
        page_code.Reader(tmp_path / "page.md", tmp_path / "reader").follow()


@pytest.mark.parametrize(
    "text",
    [
        "```sh\nfalse\ntrue\n```\n",
        "```console\n$ echo a\nb\n```\n",
        "```python\nraise ValueError\n```\n",
        "```python\n>>> 1 + 1\n3\n```\n",
        "```\nmake nothing-such\n```\n",
    ],
)
def test_code_that_fails_or_prints_something_else_is_found(text, tmp_path, monkeypatch):
    monkeypatch.delenv("SKEWGATE_RENEW_GOLDEN", raising=False)
    (tmp_path / "reader").mkdir()
    (tmp_path / "page.md").write_text(text)
    with pytest.raises(AssertionError):
        page_code.Reader(tmp_path / "page.md", tmp_path / "reader").follow()

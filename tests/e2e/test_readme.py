"""The code of the README runs as it stands, and prints what it shows."""

from __future__ import annotations

from tests import page_code

README = page_code.ROOT / "README.md"


def test_the_code_of_the_readme_runs_as_it_stands(tmp_path):
    folder = tmp_path / "reader"
    folder.mkdir()
    page_code.Reader(README, folder).follow()


def test_the_readme_is_read_in_minutes():
    assert len(README.read_text("utf-8").splitlines()) <= 120

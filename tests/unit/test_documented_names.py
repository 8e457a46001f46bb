"""Pages, docstrings and comments name only what exists in this repository."""

from __future__ import annotations

import pytest

from tests import checkouts, documented_names

PAGES = documented_names.pages()
MODULES = [path for path in checkouts.files() if path.endswith(".py")]


def test_the_pages_are_found():
    names = {str(page.relative_to(checkouts.ROOT)) for page in PAGES}
    assert {"README.md", "CONTRIBUTING.md", "CHANGELOG.md", "docs/concepts.md"} <= names
    assert any(name.startswith("docs/adr/") for name in names)
    assert any(name.startswith("components/") for name in names)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(checkouts.ROOT)))
def test_a_page_names_and_links_only_what_exists(page):
    assert documented_names.unknown(documented_names.told(page)) == set()
    assert list(documented_names.links(page)) == []


def test_docstrings_and_comments_name_only_what_exists():
    texts = {path: documented_names.comments(checkouts.ROOT / path) for path in MODULES}
    found = {path: documented_names.unknown(text) for path, text in texts.items()}
    assert {path: names for path, names in found.items() if names} == {}


@pytest.mark.parametrize(
    "text",
    [
        "see skewgate/accumulators/ and more",
        "`skewgate/decision.py` decides",
        "run tests/unit/test_layers.py.",
        "`components/<name>/modul.py`",
        "skewgate.transforms",
        "`skewgate.metrics.ks.NOTHING`",
        "skewgate.metrics.base.Metric.nothing",
        "`skewgate.Reports`",
        "`nothing.py`",
        "`rows/keys.py`",
        "`rereading.nothing`",
    ],
)
def test_what_does_not_exist_is_found(text):
    assert len(documented_names.unknown(text)) == 1


@pytest.mark.parametrize(
    "text",
    [
        "see skewgate/profiling/accumulators/ and skewgate/components/__init__.py.",
        "`components/<name>/component.py`, `schemas/NAME/drift.yaml`, `docs/*.md`",
        "skewgate.report, skewgate.checks.drift.config.Defaults.numeric and skewgate.Decision",
        "`skewgate.sketch_error` in statistics",
        "`executor.py`, `arrow/row_keys.py`, `settling.settle`, `policy.block_on`",
        "registry.example.org/skewgate/nothing, ../docs/nothing, other.skewgate.nothing",
        "`report.json`, `json.dumps`, `flip_metrics.py`, kubeflow/pipelines",
    ],
)
def test_what_exists_or_is_not_ours_is_not_found(text):
    assert documented_names.unknown(text) == set()


def test_a_link_to_a_missing_file_is_found(tmp_path):
    (tmp_path / "other.md").touch()
    page = tmp_path / "page.md"
    page.write_text("[a](other.md#part) [b](missing.md) [c](https://example.org/x) [d](#here)")
    assert list(documented_names.links(page)) == ["missing.md"]


def test_of_the_change_log_only_what_is_not_released_counts(tmp_path):
    page = tmp_path / "CHANGELOG.md"
    page.write_text("# Changelog\n\n## [Unreleased]\nnew\n\n## [0.1.0]\nold\n")
    assert documented_names.told(page) == "[Unreleased]\nnew\n\n"

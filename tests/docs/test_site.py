"""The site: built strictly, whole, and without a network."""

from __future__ import annotations

import json
import pathlib
import re

import pytest

from skewgate.cli.parser import build_parser
from tests import checkouts
from tests.docs import building

ROOT = checkouts.ROOT


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> pathlib.Path:
    return building.built(tmp_path_factory.mktemp("site"))


def pages(site: pathlib.Path) -> dict[str, str]:
    return {
        str(path.relative_to(site)): path.read_text("utf-8")
        for path in sorted(site.rglob("*.html"))
    }


def test_every_page_of_the_documentation_is_on_the_site(site):
    there = set(pages(site))
    sources = [path for path in checkouts.files() if re.fullmatch(r"docs/.*\.md", path)]
    assert {path[5:-3] + ".html" for path in sources} <= there
    assert {"index.html", "changelog.html", "contributing.html", "security.html"} <= there


def test_every_command_has_a_page_with_all_its_options(site):
    text = pages(site)
    (commands,) = (each for each in build_parser()._actions if each.dest == "command")
    for name, parser in commands.choices.items():
        page = text[f"reference/commands/{name}.html"]
        for action in parser._actions:
            options = [name for name in action.option_strings if name not in ("-h", "--help")]
            assert all(option in page for option in options)


@pytest.mark.parametrize(
    "name", ["drift", "skew", "performance", "pipeline", "simulation", "labels"]
)
def test_every_contract_has_a_page_with_all_its_keys(name, site):
    schema = json.loads((ROOT / "schemas" / "json" / f"{name}.schema.json").read_text("utf-8"))
    page = pages(site)[f"reference/contracts/{name}.yaml.html"]
    for each in (schema, *schema["$defs"].values()):
        assert all(f"<code>{key}</code>" in page for key in each.get("properties", {}))


def test_the_public_names_are_documented_with_what_they_take_return_and_raise(site):
    page = pages(site)["reference/python/index.html"]
    assert 'id="skewgate.api.comparing.compare"' in page
    assert 'id="skewgate.api.reports.Report.assert_pass"' in page
    for part in ("Parameters:", "Returns:", "Raises:"):
        assert part in page


def test_no_page_asks_the_network_for_anything(site):
    for name, text in pages(site).items():
        found = re.findall(r'<(?:script|img|iframe|source)[^>]* src(?:set)?="([^"]*)"', text)
        found += re.findall(r'<link[^>]* href="([^"]*)"', text)
        assert [each for each in found if "://" in each] == [], name


def test_links_out_of_the_folder_lead_to_pages_of_the_site(site):
    text = pages(site)
    assert 'href="reference/components/drift_evaluator.html"' in text["components.html"]
    assert 'href="files/schemas/taxi/pipeline.yaml.html"' in text["kubeflow.html"]
    assert 'href="../../gates.html"' in text["reference/components/quality_gate.html"]


FAULTS = [
    ("docs/gates.md", "# What shuts what", "# What shuts what\n\n[a](gone.md)", "gone.md"),
    ("docs/beam.md", "# ", "[b](concepts.md#gone)\n\n# ", "#gone"),
    (
        "skewgate/api/comparing.py",
        "        exact: whether",
        "        other: whether",
        "compare does not describe exact under Args",
    ),
    (
        "skewgate/api/reports.py",
        '        """Returns what report.json holds, as plain values."""\n',
        "",
        "Report.to_dict has no docstring",
    ),
    (
        "skewgate/decision/policy.py",
        "        share: above 0 and below 1.\n",
        "        other: above 0 and below 1.\n",
        "the key share of ShareRule has no description",
    ),
]


def test_what_is_broken_or_undocumented_fails_the_build(tmp_path):
    copy = checkouts.copy(tmp_path / "checkout")
    for path, before, after, _ in FAULTS:
        text = (copy / path).read_text("utf-8")
        assert before in text
        (copy / path).write_text(text.replace(before, after, 1), "utf-8")
    (copy / "docs" / "unlisted.md").write_text("# Not in nav\n")
    result = building.build(copy, tmp_path / "site")
    assert result.returncode == 1
    missing = [message for *_, message in FAULTS if message not in result.stderr]
    assert missing == []
    assert "unlisted.md" in result.stderr

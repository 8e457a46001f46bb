"""What a name hides is shown in all that commands print and write, for people and for machines."""

import json
import re
import shutil

import pyarrow as pa
import pyarrow.parquet
import pytest
import yaml

from skewgate.core.hidden import visible, visible_lines
from skewgate.report import report as report_lib
from tests.forked import Server

ACTIVE = (
    "\x1b[31m\x1b]0;owned\x07\x08\x7f\x9b2J\r"  # a terminal
    "\u202e\u202a\u2066\u2069\u200e\u200f\u061c"  # directions
    "\u200b\ufeff\u00ad\u2028\u2029\x85\U000e0041"  # no width, lines, tags
)
HIDDEN = {each for each in ACTIVE if visible(each) != each}


@pytest.fixture(scope="module")
def server():
    started = Server()
    yield started
    started.close()


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Rows whose names, categories and files hide something."""
    folder = tmp_path_factory.mktemp("hostile")
    for name, shift, value in (("old", 0.0, "Cash"), ("new", 9.0, "Card")):
        columns = {
            f"fare{ACTIVE}": [float(row % 17) + shift for row in range(160)],
            f"paid{ACTIVE}": [f"{value}{ACTIVE}", f"Gift{ACTIVE}"] * 80,
            f"same{ACTIVE}": [f"1{ACTIVE}"] * 160,
            f"id{ACTIVE}": [f"{shift}{ACTIVE}{row}" for row in range(160)],
        }
        pa.parquet.write_table(pa.table(columns), folder / f"{name}{ACTIVE}.parquet")
    for name, kind in (("a", "INT"), ("b", "FLOAT")):
        text = f'# {ACTIVE}\nfeature {{ name: "fare{ACTIVE}" type: {kind} }}\n'
        (folder / f"{name}{ACTIVE}.pbtxt").write_text(text, "utf-8")
    plants = [{"kind": "shift", "column": f"fare{ACTIVE}", "by": 3}]
    content = {"windows": {"number": 4}, "plants": plants}
    (folder / f"spec{ACTIVE}.yaml").write_text(yaml.safe_dump(content))
    config = {"features": {f"absent{ACTIVE}": {"ks": 0.1}}, "defaults": {"numeric": {"ks": 0.1}}}
    (folder / f"drift{ACTIVE}.yaml").write_text(yaml.safe_dump(config))
    return folder


def shows_all(text, where):
    assert visible_lines(text) == text, where
    assert "\t" not in text, where


def check(ended, code, folder, *made):
    """Makes sure of a code, and that nothing is active in what was said and written."""
    assert ended.code == code, ended
    for said in (ended.out, ended.err):
        shows_all(said.decode("utf-8"), "said")
    for path in made:
        for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
            if file.is_file() and file.suffix in (".json", ".prom", ".yaml", ".txt", ".pbtxt"):
                shows_all(file.read_text("utf-8"), file.name)
            if file.suffix == ".html":
                assert not HIDDEN & set(file.read_text("utf-8")), file.name


def both(folder):
    return [folder / f"{name}{ACTIVE}.parquet" for name in ("old", "new")]


def test_drift_and_report(server, folder, tmp_path):
    out = tmp_path / f"out{ACTIVE}"
    check(server.run("drift", *both(folder), "--out", out), 1, folder, out)
    found = report_lib.read(out)
    assert {f"fare{ACTIVE}", f"paid{ACTIVE}"} <= {each.feature for each in found.decision.results}
    printed = server.run("drift", *both(folder), "--json", "--quiet")
    check(printed, 1, folder)
    assert f"fare{ACTIVE}" in {each["feature"] for each in json.loads(printed.out)["results"]}
    check(server.run("report", out), 0, folder, out)
    shutil.copytree(out, tmp_path / "many" / f"second{ACTIVE}")
    shutil.copytree(out, tmp_path / "many" / "first")
    page = tmp_path / "page.html"
    check(server.run("report", tmp_path / "many", "--out", page), 0, folder, page)
    check(server.run("report", tmp_path / "many", "--json"), 0, folder)


def test_statistics(server, folder, tmp_path):
    paths = [tmp_path / f"{name}{ACTIVE}.pb" for name in ("old", "new", "both")]
    for source, path in zip(both(folder), paths[:2], strict=True):
        check(server.run("profile", source, "--out", path), 0, folder)
    check(server.run("merge", *paths[:2], "--out", paths[2]), 0, folder)
    check(server.run("drift", paths[0], paths[2], "--quiet", "--slices-are-none"), 2, folder)


def test_schemas(server, folder):
    schemas = [folder / f"{name}{ACTIVE}.pbtxt" for name in ("a", "b")]
    for form in ([], ["--json"], ["--unified"]):
        check(server.run("schema", "diff", *schemas, *form), 1, folder)


def test_simulate_and_rehearse(server, folder, tmp_path):
    out, spec = tmp_path / f"windows{ACTIVE}", folder / f"spec{ACTIVE}.yaml"
    simulate = ["simulate", both(folder)[0], "--spec", spec, "--out", out]
    check(server.run(*simulate), 0, folder, out)
    truth = json.loads((out / "truth.json").read_text("utf-8"))
    assert truth["plants"][0]["columns"] == [f"fare{ACTIVE}"]
    check(server.run(*simulate), 2, folder)
    out = tmp_path / f"rehearsed{ACTIVE}"
    rehearse = ["rehearse", both(folder)[0], "--spec", spec, "--out", out]
    check(server.run(*rehearse), 0, folder, out)
    suggested = yaml.safe_load((out / "suggested-drift.yaml").read_text("utf-8"))
    assert suggested["defaults"]


@pytest.mark.parametrize(
    "words",
    [
        ["drift", "{absent}.csv", "{absent}.csv"],
        ["drift", "{old}", "{new}", "--config", "{config}"],
        ["drift", "{old}", "{absent}.txt"],
        ["profile", "{old}", "--out", "{old}/below"],
        ["report", "{old}"],
        ["schema", "diff", "{a}", "{old}{absent}"],
        ["simulate", "{old}", "--spec", "{config}", "--out", "{absent}"],
        ["run", "{absent}"],
        ["run", "training", "--config", "{absent}"],
        ["run", "--from-spec", "{absent}"],
        ["{absent}", "--{absent}"],
    ],
    ids=lambda words: " ".join(words),
)
def test_refusals(server, folder, words):
    old, new = both(folder)
    known = {
        "old": old,
        "new": new,
        "absent": f"absent{ACTIVE}",
        "config": folder / f"drift{ACTIVE}.yaml",
        "a": folder / f"a{ACTIVE}.pbtxt",
    }
    ended = server.run(*[word.format(**known) for word in words], folder=folder)
    check(ended, 2, folder)
    assert not re.search(rb"did not expect|Traceback", ended.err)

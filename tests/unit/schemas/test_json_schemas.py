"""The JSON Schemas of the contracts are made of their models and judge as these do."""

from __future__ import annotations

import importlib.util
import json
import pathlib
import re
import shlex
import subprocess
import sys

import jsonschema
import pytest
import yaml

from skewgate import metrics
from skewgate.checks.skew.config import ANOMALY_TYPES
from skewgate.core import yaml_model
from skewgate.core.errors import InputError
from skewgate.simulation import spec as spec_lib
from skewgate.simulation.kinds import REGISTRY

ROOT = pathlib.Path(__file__).parents[3]
SCHEMAS = ROOT / "schemas"
_SPEC = importlib.util.spec_from_file_location("json_schemas", ROOT / "scripts" / "json_schemas.py")
json_schemas = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(json_schemas)

SHIPPED = sorted(SCHEMAS.glob("*/*.yaml"))
PAGES = [ROOT / "README.md", *ROOT.glob("docs/**/*.md"), *ROOT.glob("components/*/README.md")]
LABELS = "{key: [id], labels: [paid], prediction_time: asked, horizon: 2h}"


class _Loader(yaml.SafeLoader):
    """Reads YAML as an editor does: a date is a text."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if not tag.endswith(":timestamp")]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def schema(name):
    return json.loads((SCHEMAS / "json" / f"{name}.schema.json").read_text())


def by_schema(name, text):
    """Returns what the schema finds wrong with the text of a contract; "" if nothing."""
    validator = jsonschema.Draft202012Validator(schema(name))
    error = jsonschema.exceptions.best_match(validator.iter_errors(yaml.load(text, _Loader)))
    return "" if error is None else f"{error.json_path}: {error.message}"


def by_model(name, text):
    """Returns what the reader of the contract finds wrong."""
    try:
        if name == "simulation":
            spec_lib.parse(text, name)
        else:
            yaml_model.parse(json_schemas.CONTRACTS[name], text, name)
    except InputError as error:
        return str(error)
    return ""


def example(name):
    """Returns a contract that is whole, to complete what a page shows in part."""
    found = [path for path in SHIPPED if path.stem == name and path.parent.name == "taxi"]
    return yaml.load(found[0].read_text(), _Loader) if found else {}


OF_OTHERS = re.compile(r"^(egress|jobs):$", re.MULTILINE)
"""Kubernetes, which tests/kubeflow/test_manifests.py checks, and GitHub Actions."""


def blocks():
    """Returns page, line and content of every block of YAML in the documentation."""
    found = []
    for page in PAGES:
        text = page.read_text()
        for match in re.finditer(r"^```yaml\n(.*?)^```$", text, re.DOTALL | re.MULTILINE):
            if OF_OTHERS.search(match[1]):
                continue
            line = text[: match.start()].count("\n") + 1
            found.append(pytest.param(match[1], id=f"{page.relative_to(ROOT)}:{line}"))
    return found


def meant(text):
    """Returns the contract that a block shows: all its keys are keys of this one alone."""
    keys = yaml.load(text, _Loader).keys()
    (name,) = (n for n in json_schemas.CONTRACTS if keys <= schema(n)["properties"].keys())
    return name


@pytest.mark.parametrize("name", json_schemas.CONTRACTS)
def test_the_schema_in_the_tree_is_that_of_the_model(name):
    path = SCHEMAS / "json" / f"{name}.schema.json"
    assert path.read_text() == json_schemas.text(name), "run `make schemas`"
    jsonschema.Draft202012Validator.check_schema(schema(name))


def test_every_contract_that_ships_has_a_schema_and_every_schema_a_contract():
    written = {path.name.removesuffix(".schema.json") for path in SCHEMAS.glob("json/*")}
    assert {path.stem for path in SHIPPED} <= written == set(json_schemas.CONTRACTS)


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_the_first_line_of_a_contract_names_its_schema_and_the_contract_fits_it(path):
    first = path.read_text().splitlines()[0]
    named = re.fullmatch(r"# yaml-language-server: \$schema=(\S+)", first)
    assert (path.parent / named[1]).resolve() == SCHEMAS / "json" / f"{path.stem}.schema.json"
    assert by_schema(path.stem, path.read_text()) == by_model(path.stem, path.read_text()) == ""


@pytest.mark.parametrize("text", blocks())
def test_every_contract_in_the_documentation_fits_its_schema(text):
    name = meant(text)
    whole = example(name)
    for key, value in yaml.load(text, _Loader).items():
        section = whole.get(key, {}) if name == "pipeline" and isinstance(value, dict) else {}
        whole[key] = {**section, **value} if section else value
    content = yaml.safe_dump(whole)
    assert by_schema(name, content) == by_model(name, content) == ""


def test_the_command_in_the_documentation_prints_where_the_schemas_are():
    (command,) = re.findall(
        r"^python (-c .*)$", (ROOT / "docs/concepts.md").read_text(), re.MULTILINE
    )
    words = [sys.executable, *shlex.split(command)]
    printed = subprocess.run(words, capture_output=True, text=True, check=True).stdout.strip()
    assert {path.stem for path in SHIPPED} <= {
        path.name.removesuffix(".schema.json") for path in pathlib.Path(printed).iterdir()
    }


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("drift", "{}"),
        ("drift", "features: {fare: {ks: 0.1, psi: null, critical: true}, tip: {ignore: true}}"),
        ("drift", "defaults: {numeric: {wasserstein: 7}, categorical: {linf: 1}}"),
        ("drift", "policy: {block_on: {share: 0.2}}"),
        ("labels", LABELS),
        ("labels", f"{{as_of: 2016-03-04T00:00Z, {LABELS[1:]}"),
        ("labels", f"{{as_of: 1457049600, {LABELS[1:]}"),
        ("performance", "warn: [{slice: 'payment_type:*'}]"),
        ("skew", "anomalies: {features: {tip: ignore, fare: {FLOAT_TYPE_BIG_FLOAT: warn}}}"),
        ("simulation", "plants: [{kind: shift, column: fare, by: -1, where: {paid: [a, null]}}]"),
        ("simulation", "plants: [{kind: missing_rate, column: a, share: 1, where: {paid: cash}}]"),
        ("simulation", "rehearsal: {grid: [{kind: shift, sizes: {column: [a, b]}, by: 1}]}"),
    ],
)
def test_what_the_model_takes_fits_the_schema(name, text):
    assert by_model(name, text) == by_schema(name, text) == ""


@pytest.mark.parametrize(
    ("name", "text", "place"),
    [
        ("drift", "thresholds: {}", "$"),
        ("drift", "defaults: {numeric: {kss: 0.1}}", "$.defaults.numeric"),
        ("drift", "defaults: {numeric: {linf: 0.1}}", "$.defaults.numeric"),
        ("drift", "defaults: {numeric: {missing_rate: 0.1}}", "$.defaults.numeric"),
        ("drift", "defaults: {categorical: {psi: 0}}", "$.defaults.categorical.psi"),
        ("drift", "features: {fare: {ks: 1.5}}", "$.features.fare.ks"),
        ("drift", "features: {fare: {ks: true}}", "$.features.fare.ks"),
        ("drift", "features: {fare: {kss: 0.1}}", "$.features.fare"),
        ("drift", "features: {fare: {critical: 0.1}}", "$.features.fare.critical"),
        ("drift", "significance: {alpha: 1}", "$.significance.alpha"),
        ("drift", "version: 2", "$.version"),
        ("labels", "{key: [id], labels: [paid], prediction_time: asked}", "$"),
        ("labels", f"{{as_of: soon, {LABELS[1:]}", "$.as_of"),
        ("labels", f"{{min_coverage: 0, {LABELS[1:]}", "$.min_coverage"),
        ("performance", "segments: {features: [fare], depth: 3}", "$.segments.depth"),
        ("pipeline", "name: Taxi\nschema: s.pbtxt", "$.name"),
        (
            "pipeline",
            "{name: t, schema: s, monitoring: {data: d, drift: d, eval_config: e, splits: {}}}",
            "$.monitoring.splits",
        ),
        ("options", "retries: {Trainer: {count: 11}}", "$.retries.Trainer.count"),
        ("skew", "anomalies: {types: {SCHEMA_NEW_COLUMM: warn}}", "$.anomalies.types"),
        ("skew", "anomalies: {features: {tip: {NO_TYPE: warn}}}", "$.anomalies.features.tip"),
        ("skew", "rows: {keys: []}", "$.rows.keys"),
        ("simulation", "plants: [{kind: shfit, column: fare, by: 1}]", "$.plants[0]"),
        ("simulation", "plants: [{kind: shift, column: fare, factor: 1}]", "$.plants[0]"),
        ("simulation", "plants: [{kind: shift, column: a, by: 1, share: 2}]", "$.plants[0]"),
        ("simulation", "plants: [{kind: shift, column: a, by: 1, where: {b: []}}]", "$.plants[0]"),
        ("simulation", "rehearsal: {grid: [{kind: shift, column: fare, by: 1}]}", "$.rehearsal"),
        ("simulation", "rehearsal: {grid: [{kind: shift, sizes: {by: [1]}}]}", "$.rehearsal"),
        (
            "simulation",
            "rehearsal: {grid: [{kind: shift, column: a, sizes: {by: []}}]}",
            "$.rehearsal",
        ),
    ],
)
def test_what_the_model_refuses_does_not_fit_the_schema(name, text, place):
    assert by_model(name, text) != ""
    assert by_schema(name, text).startswith(place)


@pytest.mark.parametrize("kind", ["numeric", "categorical"])
def test_an_editor_completes_the_metrics_of_a_kind(kind):
    found = schema("drift")["$defs"]["Defaults"]["properties"][kind]["properties"]
    rest = schema("drift")["$defs"]["Defaults"]["properties"].keys()  # of features of every kind
    of_kind = {name for name, metric in metrics.REGISTRY.items() if kind in metric.kinds}
    assert set(found) == of_kind - rest
    for name, about in found.items():
        assert about["description"] == metrics.REGISTRY[name].summary
        assert about.get("maximum") == metrics.REGISTRY[name].maximum


def test_an_editor_completes_anomaly_types_and_kinds_of_drift():
    types = schema("skew")["$defs"]["AnomalyRules"]["properties"]["types"]["propertyNames"]
    assert set(types["enum"]) == ANOMALY_TYPES
    plants = schema("simulation")["properties"]["plants"]["items"]["oneOf"]
    assert [plant["properties"]["kind"]["const"] for plant in plants] == list(REGISTRY)


def test_a_key_says_what_the_docstring_of_its_model_says():
    split = schema("pipeline")["$defs"]["TimeWindow"]["properties"]["column"]
    assert split["description"] == "dates, time stamps, or seconds since 1970."
    policy = schema("labels")["$defs"]["LabelPolicy"]["properties"]["on_inconclusive"]
    assert policy["description"] == '"block" or "allow" what could not be decided.'

"""The check by report.schema.json says what the reference implementation says."""

from __future__ import annotations

import copy
import importlib.resources
import json
import math

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skewgate.report.report import check_schema

SCHEMA = json.loads(
    importlib.resources.files("skewgate.report").joinpath("report.schema.json").read_text("utf-8")
)
REFERENCE = jsonschema.Draft202012Validator(SCHEMA)
RESULT = {
    "feature": "fare",
    "slice": "",
    "metric": "ks",
    "status": "fail",
    "reason": "too far",
    **dict.fromkeys(["value", "lower", "upper", "null_value", "threshold"], 0.25),
    **dict.fromkeys(["p_value", "p_adjusted"], 1e-9),
    **dict.fromkeys(["n_baseline", "n_current"], 70),
    "severity": "warning",
}
COMMON = {"feature": "fare", "slice": "", "n": [70, 80], "missing": [0, 0.5]}
NUMERIC = {
    **COMMON,
    "kind": "numeric",
    "median": [1.5, 2],
    "bins": [0, 1, 2],
    "shares": [[0.25, 0.75], [0.5, 0.5]],
    "outside": [[0, 0], [0, 0.125]],
    "x": [1],
    "cdf": [[0.5], [0.75]],
    "gap": {"at": 1, "cdf": [0.5, 0.75]},
    "known_to": [0, 0],
}
CATEGORICAL = {
    **COMMON,
    "kind": "categorical",
    "names": ["a"],
    "shares": [[1], [0.5]],
    "others": 3,
    "other_shares": [0, 0.5],
}
REPORT = {
    "schema_version": 1,
    "kind": "drift",
    "status": "fail",
    "blessed": False,
    "policy": {"block_on": "any"},
    "baseline": {"uri": "a"},
    "current": {"uri": "b"},
    "sources": [{"kind": "skew", "status": "pass", "blessed": True, "uri": "c"}],
    "details": {
        "distributions": {"shown": [NUMERIC, CATEGORICAL], "left_out": 0},
        "notes": {"fare": "rounded"},
        "suggestions": [{"feature": "id", "kind": "index", "reason": "counts up"}],
    },
    "failures": [dict(RESULT)],
    "results": [RESULT],
}


def places(value, path=()):
    """Yields the path of each value in a tree."""
    yield path
    if isinstance(value, dict | list):
        for key, child in value.items() if isinstance(value, dict) else enumerate(value):
            yield from places(child, (*path, key))


PATHS = list(places(REPORT))
OTHERS = ["false", "", "pass", 0, 1, 1.5, -1, 1e300, True, False, None, [], {}, [0.5], {"at": 1}]


def agree(content):
    try:
        check_schema(content)
    except ValueError:
        return not REFERENCE.is_valid(content)
    return REFERENCE.is_valid(content)


def changed(path, change):
    content = copy.deepcopy(REPORT)
    holder = content
    for key in path[:-1]:
        holder = holder[key]
    change(holder, path[-1])
    return content


def test_a_report_is_one():
    assert REFERENCE.is_valid(REPORT)
    check_schema(REPORT)


@settings(max_examples=400)
@given(path=st.sampled_from(PATHS[1:]), value=st.sampled_from(OTHERS))
def test_a_value_in_the_place_of_another_is_judged_as_by_the_reference(path, value):
    assert agree(changed(path, lambda holder, key: holder.__setitem__(key, value)))


@pytest.mark.parametrize("path", PATHS[1:], ids=lambda path: ".".join(map(str, path)))
def test_a_value_that_is_left_out_or_new_is_judged_as_by_the_reference(path):
    assert agree(changed(path, lambda holder, key: holder.pop(key)))
    if isinstance(path[-1], str):
        assert agree(changed(path, lambda holder, key: holder.__setitem__(f"{key}s", 1)))


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (("blessed",), "false", "blessed must be boolean, got 'false'"),
        (("blessed",), 1, "blessed must be boolean, got 1"),
        (("schema_version",), True, "schema_version must be same as const definition: 1, got True"),
        (
            ("results", 0, "status"),
            "ok",
            r"results\[0\].status must be one of \['pass', .*\], got 'ok'",
        ),
        (
            ("results", 0, "n_current"),
            7.5,
            r"results\[0\].n_current must be integer or null",
        ),
        (("results",), [], "results must contain at least 1 items, got"),
        (("extra",), 1, "report must not contain {'extra'} properties"),
        (("baseline",), "x" * 99, "baseline must be object, got 'x{59}..."),
        (
            ("details", "distributions", "shown", 1, "others"),
            -1,
            "others must be bigger than or equal to 0, got -1",
        ),
        (("details", "distributions", "left_out"), math.inf, "left_out must be integer"),
    ],
)
def test_the_sentence_names_place_expected_and_found(path, value, message):
    with pytest.raises(ValueError, match=message):
        check_schema(changed(path, lambda holder, key: holder.__setitem__(key, value)))

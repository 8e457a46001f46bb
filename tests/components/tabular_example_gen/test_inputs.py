"""Patterns and spans that a run may choose, and those that are refused in one sentence."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tfx.orchestration import data_types

from skewgate.components.tabular_example_gen import inputs
from skewgate.components.tabular_example_gen.component import TabularExampleGen
from skewgate.core.errors import InputError


@pytest.mark.parametrize(
    "pattern",
    [
        "*",
        "rows.csv",
        "a/*/b..c.csv",
        "{SPAN}/*",
        "s-{SPAN:4}/v-{VERSION}/*",
        "{YYYY}-{MM}-{DD}.csv",
    ],
)
def test_a_pattern_below_the_folder_is_taken(pattern):
    inputs.check_pattern(pattern)


@pytest.mark.parametrize(
    ("pattern", "said"),
    [
        ("", "must name files, but is empty"),
        ("  ", "must name files, but is empty"),
        ("/etc/*", "must be relative to the data folder, got '/etc/\\*'"),
        ("gs://other/*", "must be relative to the data folder"),
        ("../*.csv", "must not leave the data folder"),
        ("{SPAN}/../../*.csv", "must not leave the data folder"),
        ("{SPAN}/{SPAN}.csv", "is not one that TFX reads: Only one {SPAN} is allowed"),
        ("{SPAN}/{YYYY}.csv", "is not one that TFX reads: Either span spec or date"),
        ("{YYYY}-{MM}.csv", "is not one that TFX reads: Exactly one of each date"),
        ("{VERSION}.csv", "is not one that TFX reads: Version spec provided"),
        ("{SPAN:x}.csv", "is not one that TFX reads: Width modifier"),
        ("{SPAN}/{VERSION:0}.csv", "is not one that TFX reads: Width modifier"),
    ],
)
def test_another_pattern_is_refused(pattern, said):
    with pytest.raises(InputError, match=f"^pattern: {said}"):
        inputs.check_pattern(pattern)


@pytest.mark.parametrize(
    ("text", "pattern", "span"),
    [
        ("", "*", None),
        (" ", "{SPAN}", None),
        ("12", "{SPAN}", 12),
        (" 012 ", "{SPAN:2}", 12),
        ("0", "{SPAN}", 0),
        ("20782", "{YYYY}{MM}{DD}", 20782),
    ],
)
def test_a_span_is_a_whole_number_or_the_newest(text, pattern, span):
    assert inputs.parse_span(text, pattern) == span


@pytest.mark.parametrize(
    ("text", "pattern", "said"),
    [
        ("-1", "{SPAN}", "must be a whole number such as 12, got '-1'"),
        ("1.5", "{SPAN}", "must be a whole number"),
        ("newest", "{SPAN}", "must be a whole number"),
        ("\u0661", "{SPAN}", "must be a whole number"),
        ("[[ScheduledTime]]", "{SPAN}", "must be a whole number"),
        ("9999999999", "{SPAN}", "must be a whole number"),
        ("12", "*.csv", r"is 12, but the pattern '\*.csv' has neither {SPAN} nor a date"),
        ("123", "{SPAN:2}", "123 does not fit into the pattern"),
        ("999999999", "{YYYY}{MM}{DD}", "999999999 does not fit into the pattern"),
    ],
)
def test_another_span_is_refused(text, pattern, said):
    with pytest.raises(InputError, match=f"^span: {said}"):
        inputs.parse_span(text, pattern)


@given(st.text(max_size=30), st.text(max_size=10))
def test_whatever_a_run_gives_is_taken_or_refused_in_words(pattern, span):
    try:
        inputs.check_pattern(pattern)
        inputs.parse_span(span, pattern)
    except InputError:
        pass


def properties(*arguments, **parameters):
    found = TabularExampleGen("data", *arguments, **parameters).exec_properties
    names = ("input_config", "range_config", "pattern", "wanted_span")
    return {name: found[name] for name in names if found.get(name) is not None}


def test_what_is_known_when_the_pipeline_is_built_is_told_to_the_driver():
    found = properties("{SPAN}/*", span=3)
    assert set(found) == {"input_config", "range_config"}
    assert json.loads(found["range_config"])["static_range"]["start_span_number"] == 3
    assert set(properties("*")) == {"input_config"}


def test_what_a_run_chooses_is_left_to_the_entry_point():
    pattern = data_types.RuntimeParameter("pattern", str, "*")
    span = data_types.RuntimeParameter("span", str, "")
    assert properties(pattern, span=span) == {"pattern": pattern, "wanted_span": span}
    assert properties(pattern, span=3) == {"pattern": pattern, "wanted_span": "3"}
    assert properties("{SPAN}", span=span) == {"pattern": "{SPAN}", "wanted_span": span}


@pytest.mark.parametrize(
    ("parameters", "said"),
    [
        ({"pattern": "*", "span": 3}, "has neither {SPAN} nor a date"),
        ({"pattern": "{SPAN}", "span": -3}, "must be a whole number"),
        ({"span": 3, "range_config": {"static_range": {}}}, "cannot be combined with range_config"),
    ],
)
def test_a_span_that_has_no_place_is_refused_when_the_component_is_built(parameters, said):
    with pytest.raises(InputError, match=f"^span: .*{said}"):
        TabularExampleGen("data", **parameters)

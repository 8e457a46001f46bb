"""A run chooses pattern and span; TFX's file driver is told by its own two configurations."""

import json
import re

import pytest

from skewgate.core.errors import InputError
from skewgate.kubeflow.image import file_inputs


def given(**values):
    return {"inputs": {"parameterValues": {"input_base": "/data", **values}, "artifacts": {}}}


def values_of(content):
    return content["inputs"]["parameterValues"]


def test_pattern_and_span_become_what_the_driver_reads():
    content = given(pattern="day-{SPAN}/*.csv", wanted_span="12")
    told = values_of(file_inputs.composed(content))
    assert json.loads(told["input_config"]) == {
        "splits": [{"name": "input", "pattern": "day-{SPAN}/*.csv"}]
    }
    assert json.loads(told["range_config"]) == {
        "static_range": {"start_span_number": 12, "end_span_number": 12}
    }
    assert "input_config" not in values_of(content)  # the executor gets what the driver found


@pytest.mark.parametrize("values", [{"wanted_span": ""}, {"wanted_span": " "}, {}])
def test_without_a_span_the_driver_takes_the_newest(values):
    told = values_of(file_inputs.composed(given(pattern="{SPAN}.csv", **values)))
    assert "range_config" not in told


def test_a_pattern_that_is_built_in_is_left_alone():
    content = given(input_config="{}", range_config="{}")
    assert file_inputs.composed(content) is content


def test_bad_input_is_refused_before_the_driver_looks_for_files():
    def driver(content):
        raise AssertionError("was called")

    with pytest.raises(InputError, match="span: must be a whole number such as 12, got 'x'"):
        file_inputs.drive(given(pattern="{SPAN}.csv", wanted_span="x"), driver)


@pytest.mark.parametrize(
    ("span", "problem", "said"),
    [
        ("7", ValueError("Cannot find matching for split"), r"/data/a-{SPAN}: no file of span 7\."),
        ("", ValueError("Cannot find matching for split"), "matches no files: Cannot find"),
        ("7", ValueError("Cannot find span number"), "matches no files: Cannot find span"),
        ("", re.error("bad range"), "matches no files: bad range"),
    ],
)
def test_what_the_driver_cannot_find_is_bad_input(span, problem, said):
    def driver(content):
        raise problem

    with pytest.raises(InputError, match=said):
        file_inputs.drive(given(pattern="a-{SPAN}", wanted_span=span), driver)


def test_a_defect_of_the_driver_stays_one():
    def driver(content):
        raise KeyError("input_config")

    with pytest.raises(KeyError):
        file_inputs.drive(given(pattern="*"), driver)


def test_files_are_known_by_what_they_hold(tmp_path):
    (tmp_path / "a.csv").write_text("fare\n1\n")
    config = json.dumps({"splits": [{"name": "input", "pattern": "*.csv"}]})

    def driver(content):
        metadata = {"input_fingerprint": "size and time", "span": 3}
        return {
            "parameterValues": {"input_fingerprint": "size and time", "input_config": config},
            "artifacts": {"examples": {"artifacts": [{"uri": "gs://b/e", "metadata": metadata}]}},
        }

    told = []
    for text in ("fare\n1\n", "fare\n2\n", "fare\n1\n"):
        (tmp_path / "a.csv").write_text(text)
        found = file_inputs.drive(given(input_base=str(tmp_path), input_config=config), driver)
        told.append(found["parameterValues"]["input_fingerprint"])
        (artifact,) = found["artifacts"]["examples"]["artifacts"]
        assert artifact["metadata"] == {"input_fingerprint": told[-1], "span": 3}
    assert told[0] == told[2] != told[1]
    assert told[0].startswith("split:input,num_files:1,content:")


def test_of_files_that_cannot_be_read_nothing_is_known(tmp_path):
    config = json.dumps({"splits": [{"name": "input", "pattern": "*.csv"}]})
    values = {"parameterValues": {"input_fingerprint": "", "input_config": config}}
    content = given(input_base=str(tmp_path), input_config=config)
    told = [
        file_inputs.drive(content, lambda _: values)["parameterValues"]["input_fingerprint"]
        for _ in range(2)
    ]
    assert told[0] != told[1]

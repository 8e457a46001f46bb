"""Conditions of tasks: the part of CEL that TFX writes."""

import pytest

from skewgate.core.errors import InputError
from skewgate.kubeflow import conditions

BLESSED = "inputs.artifacts['_Gate.decision'].artifacts[0].metadata['blessed']"
STATUS = "inputs.artifacts['_Gate.decision'].artifacts[0].metadata['status']"
URI = "inputs.artifacts['model'].artifacts[0].uri"
INPUTS = {
    "parameterValues": {"steps": 3},
    "artifacts": {
        "_Gate.decision": {"artifacts": [{"metadata": {"blessed": 1.0, "status": "pass"}}]},
        "model": {"artifacts": [{"uri": "gs://bucket/model", "metadata": {"rows": 7}}]},
    },
}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"({BLESSED} == 1.0)", True),
        (f"({BLESSED} == 0.0)", False),
        (f"({BLESSED} < 1.5) && ({BLESSED} > -2.0)", True),
        (f"!(({BLESSED} == 1.0))", False),
        (f"(({BLESSED} == 0.0) || ({STATUS} == 'pass'))", True),
        (f"({STATUS} == 'fail') && ({STATUS} == 'pass')", False),
        (f"({URI} == ('gs://' + 'bucket' + '/model'))", True),
        ("(inputs.artifacts['model'].artifacts[0].metadata['rows'] == 7.0)", True),
        ("inputs.parameter_values['steps'] > 2.0", True),
        # && binds closer than ||.
        (f"({BLESSED} == 1.0) || ({BLESSED} == 1.0) && ({BLESSED} == 0.0)", True),
    ],
)
def test_conditions_hold_as_in_cel(text, expected):
    assert conditions.parse(text, "task")(INPUTS) is expected


MISSING = "(inputs.artifacts['none'].artifacts[0].uri == 'x')"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"({BLESSED} == 1.0) || {MISSING}", True),
        (f"{MISSING} || ({BLESSED} == 1.0)", True),
        (f"({BLESSED} == 0.0) && {MISSING}", False),
        (f"{MISSING} && ({BLESSED} == 0.0)", False),
    ],
)
def test_a_side_that_cannot_be_decided_does_not_matter_if_the_other_decides(text, expected):
    assert conditions.parse(text, "task")(INPUTS) is expected


@pytest.mark.parametrize(
    "text",
    [
        f"{MISSING} || ({BLESSED} == 0.0)",
        f"({BLESSED} == 1.0) && {MISSING}",
        f"{MISSING} && ({BLESSED} == 1.0)",
        f"{MISSING} || {MISSING}",
    ],
)
def test_a_side_that_cannot_be_decided_matters_if_the_other_does_not_decide(text):
    with pytest.raises(InputError, match="which is missing"):
        conditions.parse(text, "task")(INPUTS)


def test_a_property_is_not_equal_to_a_value_of_another_kind():
    assert conditions.parse(f"({BLESSED} == 'pass')", "task")(INPUTS) is False
    assert conditions.parse(f"!({STATUS} == 1.0)", "task")(INPUTS) is True
    assert conditions.parse("inputs.parameter_values['steps'] == 'x'", "task")(INPUTS) is False


@pytest.mark.parametrize(
    "text",
    [
        "",
        "has(inputs.artifacts)",
        f"{BLESSED} != 1.0",
        f"{BLESSED} <= 1.0",
        f"({BLESSED} == 1.0",
        f"{BLESSED} == 1.0)",
        f"{BLESSED} == ",
        "inputs.artifacts['a'].artifacts[0].name == 'x'",
        "'a' 'b'",
        f"({STATUS} == 'it's')",
        f"({STATUS} == 'a\\d')",  # CEL would take the backslash for something else
        f"({STATUS} == 'a\nb')",
        f"({BLESSED} == nan)",
    ],
)
def test_what_tfx_does_not_write_is_refused_before_anything_runs(text):
    with pytest.raises(InputError, match="task: has a condition unlike those that TFX writes"):
        conditions.parse(text, "task")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (f"{BLESSED} < 'pass'", "compares 1.0 with 'pass'"),
        (f"{URI} == 1.0", "compares 'gs://bucket/model' with 1.0"),
        (f"{BLESSED}", "that is 1.0, not true or false"),
        (
            "inputs.artifacts['_Gate.decision'].artifacts[0].metadata['x'] == 1.0",
            "which is missing",
        ),
        ("inputs.artifacts['model'].artifacts[1].uri == 'x'", "which is missing"),
    ],
)
def test_what_cannot_be_decided_is_never_true(text, problem):
    condition = conditions.parse(text, "task")
    with pytest.raises(InputError, match=problem):
        condition(INPUTS)

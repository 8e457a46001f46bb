"""What is said of rows that were left out."""

from __future__ import annotations

import pytest

from skewgate.checks.performance.left_out import Fault, LeftOut
from skewgate.checks.performance.usable_rows import Part, Problem
from skewgate.core.errors import InputError
from skewgate.core.results import Status

NAN = Fault(
    Part.PREDICTION, Problem.NOT_FINITE, "prediction_key 'p'", "", ("auc", "binary_accuracy")
)
GONE = Fault(Part.PREDICTION, Problem.MISSING, "prediction_key 'p'", "", ("auc",))
TEXT = Fault(Part.LABEL, Problem.TEXT, "label_key 'tip'", "", ("auc",))
THEIRS = Fault(Part.PREDICTION, Problem.NOT_FINITE, "prediction_key 'q'", "old", ("auc",), True)
FAULTS = (NAN, GONE, TEXT, THEIRS)


def test_rows_without_a_number_of_the_model_fail_and_others_are_in_doubt():
    left_out = LeftOut(
        FAULTS,
        counts={"": {0: 3, 1: 2, 2: 1}, "payment:Cash": {1: 2}, "payment:Card": {3: 4}},
        rows={"": 1503, "payment:Cash": 40, "payment:Card": 9},
        examples={0: "nan", 2: "'Cash'"},
    )
    found = {(r.slice, r.metric): r for r in left_out.results()}
    assert {place: r.status for place, r in found.items()} == {
        ("", "prediction"): Status.FAIL,
        ("", "label"): Status.INCONCLUSIVE,
        ("payment:Cash", "prediction"): Status.INCONCLUSIVE,
        ("payment:Card", "prediction (old)"): Status.INCONCLUSIVE,
    }
    whole = found["", "prediction"]
    assert whole.reason == (
        "prediction_key 'p' is NaN or infinite in 3 of 1,503 rows (such as nan); prediction_key "
        "'p' is missing in 2 of 1,503 rows; these rows were left out of auc, binary_accuracy"
    )
    assert (whole.value, whole.n_current) == (pytest.approx(5 / 1503), 1503)
    assert left_out.why()["payment:Cash"] == ("without 2 of 40 rows: prediction_key 'p' is missing")


def test_a_contract_that_fits_no_row_is_one_sentence_with_metric_key_and_rows():
    with pytest.raises(InputError) as caught:
        LeftOut(FAULTS, total={2: 1503}, examples={2: "'Cash'"}).check_contract(1503)
    assert str(caught.value) == (
        "eval_config.pbtxt: asks for auc by label_key 'tip', which is text in all of 1,503 rows "
        "(such as 'Cash'). Fix: name a feature of numbers; binary metrics want labels of 0 and 1."
    )


def test_a_contract_that_fits_some_rows_and_a_broken_model_are_for_the_report():
    LeftOut(FAULTS, total={2: 1502}).check_contract(1503)
    LeftOut(FAULTS, total={0: 1503}).check_contract(1503)
    LeftOut(FAULTS).check_contract(0)


@pytest.mark.parametrize("problem", [each for each in Problem if each.of_contract])
def test_every_fault_of_a_contract_has_a_fix(problem):
    fault = Fault(Part.LABEL, problem, "label_key 'tip'", "", ("auc",))
    with pytest.raises(InputError, match=r"Fix: \w+"):
        LeftOut((fault,), total={0: 1}).check_contract(1)

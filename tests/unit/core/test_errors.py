import pickle

import pytest

from skewgate.core import errors


def test_input_error_is_one_sentence_and_a_fix():
    error = errors.InputError("drift.yaml", "is empty", "add a key")
    assert str(error) == "drift.yaml: is empty. Fix: add a key."
    assert str(errors.InputError("a.csv: line 3", "is short")) == "a.csv: line 3: is short."


def test_what_is_quoted_of_a_file_does_not_fill_the_screen():
    problem = f"{'9' * 1_000_000} is no number"
    error = errors.InputError("drift.yaml", problem, "give one")
    assert len(str(error)) < 5_000
    assert str(error).startswith("drift.yaml: 999")
    assert str(error).endswith("9 is no number. Fix: give one.")
    assert error.problem == problem


def test_input_error_exits_as_bad_usage():
    assert errors.InputError("a", "b").exit_code == errors.EXIT_USAGE == 2
    assert isinstance(errors.InputError("a", "b"), errors.SkewgateError)


@pytest.mark.parametrize("code", [errors.EXIT_FAIL, errors.EXIT_INCONCLUSIVE])
def test_shut_gate_carries_its_exit_code(code):
    error = errors.GateShutError("fare ks failed", code)
    assert (str(error), error.exit_code) == ("fare ks failed", code)


def test_exit_codes_are_distinct_and_documented():
    assert (errors.EXIT_PASS, errors.EXIT_FAIL, errors.EXIT_USAGE, errors.EXIT_INCONCLUSIVE) == (
        0,
        1,
        2,
        3,
    )


@pytest.mark.parametrize(
    "error",
    [
        errors.InputError("drift.yaml", "is empty", "add a key"),
        errors.GateShutError("fare ks failed", errors.EXIT_INCONCLUSIVE),
    ],
)
def test_errors_survive_the_way_between_processes(error):
    copy = pickle.loads(pickle.dumps(error))
    assert type(copy) is type(error)
    assert str(copy) == str(error)
    assert vars(copy) == vars(error)


def test_what_hides_makes_no_sentence_longer_than_any_other():
    told = str(errors.InputError("a.pbtxt", "\0" * 2_900, "\u202e" * 2_900))
    assert len(told) < 6_100
    assert "\0" not in told

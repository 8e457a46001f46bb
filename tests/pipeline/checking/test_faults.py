from __future__ import annotations

import pickle

import pytest

from skewgate.core.errors import FaultsError, InputError
from skewgate.pipeline.checking.faults import Faults


def test_a_fault_is_told_once_and_what_comes_behind_it_is_looked_at():
    faults = Faults("pipeline.yaml")
    faults.check()
    for name in ("a.csv", "b.csv", "a.csv"):
        with faults.collecting():
            raise InputError(name, "is not there", "check it")
    assert [fault.where for fault in faults.found] == ["a.csv", "b.csv"]


def test_one_fault_is_raised_as_it_is_and_several_together():
    faults = Faults("pipeline.yaml")
    first, second = InputError("a.csv", "is not there"), InputError("b.csv", "is empty", "fill it")
    faults.add(first)
    with pytest.raises(InputError) as alone:
        faults.check()
    assert alone.value is first
    faults.extend([second])
    with pytest.raises(FaultsError) as both:
        faults.check()
    assert str(both.value) == (
        "pipeline.yaml: 2 faults, and nothing was run:\n"
        "  a.csv: is not there.\n"
        "  b.csv: is empty. Fix: fill it."
    )
    assert str(pickle.loads(pickle.dumps(both.value))) == str(both.value)


def test_what_nobody_expected_is_not_taken_up():
    faults = Faults("pipeline.yaml")
    with pytest.raises(KeyError), faults.collecting():
        raise KeyError("defect")
    assert faults.found == []

from __future__ import annotations

import pytest

from skewgate.stacks import fitting


@pytest.mark.parametrize(
    ("python", "system", "machine", "glibc", "stack"),
    [
        ((3, 10), "Linux", "x86_64", (2, 36), "tfx116"),
        ((3, 10), "Linux", "x86_64", (2, 17), "tfx116"),
        ((3, 10), "Linux", "x86_64", (2, 39), "tfx121"),
        ((3, 13), "Linux", "x86_64", (2, 41), "tfx121"),
        ((3, 11), "Darwin", "arm64", None, "tfx121"),
        ((3, 11), "Linux", "x86_64", (2, 36), ""),
        ((3, 10), "Linux", "x86_64", (2, 16), ""),
        ((3, 14), "Linux", "x86_64", (2, 41), ""),
        ((3, 9), "Linux", "x86_64", (2, 41), ""),
        ((3, 12), "Linux", "aarch64", (2, 41), ""),
        ((3, 12), "Linux", "x86_64", None, ""),
        ((3, 12), "Darwin", "x86_64", None, ""),
        ((3, 12), "Windows", "AMD64", None, ""),
    ],
)
def test_each_machine_gets_the_stack_that_installs_there(python, system, machine, glibc, stack):
    assert fitting.select(python, system, machine, glibc) == stack


def test_a_stack_that_is_asked_for_must_still_fit():
    assert fitting.select((3, 10), "Linux", "x86_64", (2, 39), "tfx116") == "tfx116"
    assert fitting.select((3, 12), "Linux", "x86_64", (2, 39), "tfx116") == ""

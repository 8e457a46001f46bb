from __future__ import annotations

import importlib.util
import pathlib

import pytest

_PATH = pathlib.Path(__file__).parents[2] / "scripts" / "select_stack.py"
_SPEC = importlib.util.spec_from_file_location("select_stack", _PATH)
select_stack = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(select_stack)


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
    assert select_stack.select(python, system, machine, glibc) == stack


def test_a_forced_stack_must_still_fit():
    assert select_stack.select((3, 10), "Linux", "x86_64", (2, 39), "tfx116") == "tfx116"
    assert select_stack.select((3, 12), "Linux", "x86_64", (2, 39), "tfx116") == ""


def test_no_fit_is_one_sentence_with_what_was_found(monkeypatch):
    monkeypatch.setattr(select_stack, "glibc_version", lambda: (2, 5))
    monkeypatch.delenv("SKEWGATE_STACK", raising=False)
    with pytest.raises(SystemExit, match=r"^Python 3\.\d+ on .* with glibc 2.5 fits no supported"):
        select_stack.main()


def test_an_unknown_stack_lists_the_valid_ones(monkeypatch):
    monkeypatch.setenv("SKEWGATE_STACK", "tfx2")
    with pytest.raises(SystemExit, match="must be one of tfx121, tfx116, got 'tfx2'"):
        select_stack.main()


def test_every_stack_has_its_lock():
    for stack in select_stack.STACKS:
        assert (_PATH.parents[1] / "requirements" / f"{stack}.txt").is_file()

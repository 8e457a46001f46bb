from __future__ import annotations

import importlib.util
import pathlib

import pytest

_PATH = pathlib.Path(__file__).parents[2] / "scripts" / "select_stack.py"
_SPEC = importlib.util.spec_from_file_location("select_stack", _PATH)
select_stack = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(select_stack)


def test_no_fit_is_one_sentence_with_what_was_found(monkeypatch):
    monkeypatch.setattr(select_stack.fitting, "glibc_version", lambda: (2, 5))
    monkeypatch.delenv("SKEWGATE_STACK", raising=False)
    with pytest.raises(SystemExit, match=r"^Python 3\.\d+ on .* with glibc 2.5 fits no supported"):
        select_stack.main()


def test_an_unknown_stack_lists_the_valid_ones(monkeypatch):
    monkeypatch.setenv("SKEWGATE_STACK", "tfx2")
    with pytest.raises(SystemExit, match="must be one of tfx121, tfx116, got 'tfx2'"):
        select_stack.main()


def test_every_stack_has_its_lock():
    for stack in select_stack.fitting.STACKS:
        assert (_PATH.parents[1] / "requirements" / f"{stack}.txt").is_file()

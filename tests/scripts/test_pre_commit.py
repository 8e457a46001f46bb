"""The hooks before a commit run what the checkout has, and fetch nothing."""

from __future__ import annotations

import pathlib
import re

import yaml

ROOT = pathlib.Path(__file__).parents[2]


def hooks():
    content = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())
    assert [repository["repo"] for repository in content["repos"]] == ["local"]
    return content["repos"][0]["hooks"]


def test_every_hook_is_one_of_this_machine():
    assert {hook["language"] for hook in hooks()} == {"system"}


def test_style_types_import_rules_and_schemas_are_checked():
    entries = " ".join(hook["entry"] for hook in hooks())
    for words in (
        "ruff check",
        "ruff format",
        "make types",
        "make schemas",
        "test_architecture.py",
    ):
        assert words in entries


def test_hooks_name_targets_and_files_that_exist():
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    for hook in hooks():
        first, *rest = hook["entry"].split()
        assert first == "make" or first.startswith(".venv/bin/")
        if first == "make":
            assert set(rest) <= targets
        assert [word for word in rest if "/" in word and not (ROOT / word).exists()] == []

"""Imports point up the list of layers only (DESIGN, section 2)."""

import ast
import pathlib

import pytest

ROOT = pathlib.Path(__file__).parents[2]
LAYERS = ("core", "beam", "components", "pipeline", "kubeflow", "cli")  # imports go back


def layer_of(module: str) -> str:
    part = module.split(".")[1] if "." in module else ""
    return part if part in LAYERS else "core"


def modules():
    for folder in ("skewgate", "components", "pipeline", "kubeflow"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            parts = path.relative_to(ROOT).with_suffix("").parts
            yield ".".join(parts if folder == "skewgate" else ("skewgate", *parts)), path


def imports(path, *, everywhere):
    tree = ast.parse(path.read_text())
    nodes = ast.walk(tree) if everywhere else tree.body
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize(("name", "path"), modules(), ids=lambda value: str(value))
def test_no_module_imports_a_layer_after_its_own(name, path):
    # The root package offers the artifact types lazily, and __main__ is the command line.
    if name in ("skewgate.__init__", "skewgate.__main__"):
        return
    rank = LAYERS.index(layer_of(name))
    used = {m for m in imports(path, everywhere=True) if m.startswith("skewgate.")}
    assert {m for m in used if LAYERS.index(layer_of(m)) > rank} == set()


@pytest.mark.parametrize(("name", "path"), modules(), ids=lambda value: str(value))
def test_library_code_never_imports_tfx_v1(name, path):
    assert not [m for m in imports(path, everywhere=True) if m.startswith("tfx.v1")]

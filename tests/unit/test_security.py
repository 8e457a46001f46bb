"""What SECURITY.md promises of code that could come with a file."""

from __future__ import annotations

import ast
import pathlib

from tests import architecture

ROOT = pathlib.Path(__file__).parents[2]
TREE = architecture.Tree(ROOT)
PAGE = (ROOT / "SECURITY.md").read_text()

UNPICKLERS = ("pickle", "cloudpickle", "dill", "joblib", "marshal", "shelve", "jsonpickle")
READERS = ("load", "loads", "Unpickler", "open", "decode")


def calls():
    """Yields each call of the package, as text, with the module that it is in."""
    for name, path in TREE.modules.items():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                yield name, ast.unparse(node.func), node


def test_pickles_are_read_in_one_place_from_files():
    found = {
        (module, call)
        for module, call, _ in calls()
        if call.split(".")[0] in UNPICKLERS and call.split(".")[-1] in READERS
    }
    assert found == {
        ("skewgate.components.support.handover", "pickle.loads"),  # behind a seal
        ("skewgate.components.performance_gate.sampling", "pickle.loads"),  # its own dump
        ("skewgate.core.fresh_imports", "marshal.loads"),  # bytecode, as Python reads it
    }


def test_nothing_imports_another_reader_of_pickles():
    imported = {found.target.split(".")[0] for found in TREE.imports}
    assert imported & {*UNPICKLERS} == {"marshal", "pickle"}


def test_no_array_or_model_file_is_read_that_may_hold_a_pickle():
    names = ("numpy.load", "np.load", "load_model", "read_pickle", "torch.load", "from_pickle")
    found = [(module, call) for module, call, _ in calls() if call.endswith(names)]
    assert found == []
    allowed = [
        module
        for module, _, node in calls()
        if any(keyword.arg == "allow_pickle" for keyword in node.keywords)
    ]
    assert allowed == []


def test_yaml_is_read_by_the_safe_loader():
    loaders = {
        (module, call)
        for module, call, _ in calls()
        if call in ("yaml.load", "yaml.load_all", "yaml.full_load", "yaml.unsafe_load")
    }
    assert {module for module, _ in loaders} <= {"skewgate.core.yaml_text"}
    assert "class _Loader(yaml.SafeLoader)" in TREE.modules["skewgate.core.yaml_text"].read_text()


def test_the_readme_leads_to_the_page_and_the_page_to_the_places_that_it_names():
    assert "SECURITY.md" in (ROOT / "README.md").read_text()
    for place in ("docs/dependencies.md", "docs/kubeflow.md", "components/support/handover.py"):
        assert place in PAGE
        assert (ROOT / place).exists()

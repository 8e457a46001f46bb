"""Which tests need packages that are not installed: without TFX the core is tested alone.

What a test needs is read from its imports, and kept in no list. A file is left out if one of these
is missing: what it, its `conftest.py` files or what they import of `tests` load; what a module of
skewgate that they load imports itself, late imports included, or loads. A function is skipped if
it, or a function of its file that it uses, imports what is missing, or if it is marked
`@pytest.mark.needs("package")`, as are tests that need a package by way of the command line.
Whatever else reaches a missing package fails.
"""

from __future__ import annotations

import ast
import functools
import importlib.util
import pathlib
from collections.abc import Iterator

from tests import architecture

HEAVY = (*architecture.HEAVY, "tensorflow_transform", "tfx_bsl", "kfp", "kfp_server_api")


def missing() -> frozenset[str]:
    """Names the heavy packages that are not installed."""
    return frozenset(name for name in HEAVY if importlib.util.find_spec(name) is None)


class Needs:
    """What the files of tests need of the packages that are missing.

    Args:
        root: of the checkout.
        absent: the packages that are missing.
    """

    def __init__(self, root: pathlib.Path, absent: frozenset[str]) -> None:
        self._root, self._absent = root, absent
        own: dict[str, set[str]] = {}
        loads: dict[str, set[str]] = {}
        for found in architecture.Tree(root).imports:
            if found.target.split(".")[0] in absent:
                own.setdefault(found.module, set()).add(found.target.split(".")[0])
            elif found.at_load and found.target.startswith("skewgate"):
                loads.setdefault(found.module, set()).add(found.target)
        self._own, self._loads = own, loads
        self._of_modules: dict[str, frozenset[str]] = {}

    def of_module(self, name: str) -> frozenset[str]:
        """Returns what a module of skewgate needs, its packages and what it loads included."""
        if name not in self._of_modules:
            self._of_modules[name] = frozenset()  # where modules import each other
            found = set(self._own.get(name, ()))
            above = name.rpartition(".")[0]
            for other in (*self._loads.get(name, ()), *([above] if above else [])):
                found |= self.of_module(other)
            self._of_modules[name] = frozenset(found)
        return self._of_modules[name]

    @functools.cache  # noqa: B019 (there is one for each run)
    def of_file(self, path: pathlib.Path) -> frozenset[str]:
        """Returns what a file of tests needs when it is loaded."""
        found: set[str] = set()
        for name in _loaded(_parsed(path).body):
            found |= self._of_import(name)
        return frozenset(found)

    def of_test_file(self, path: pathlib.Path) -> frozenset[str]:
        """Returns what a file of tests needs, the `conftest.py` files of its folders included."""
        found = set(self.of_file(path))
        for folder in path.parents:
            if folder == self._root / "tests":
                break
            if (folder / "conftest.py").exists():
                found |= self.of_file(folder / "conftest.py")
        return frozenset(found)

    def of_function(self, path: pathlib.Path, name: str) -> frozenset[str]:
        """Returns what a function of a file needs, with those of the file that it uses."""
        functions = {
            node.name: node
            for node in _parsed(path).body
            if isinstance(node, ast.FunctionDef | ast.ClassDef)
        }
        found: set[str] = set()
        waiting, seen = [name], {name}
        while waiting:
            node = functions.get(waiting.pop())
            for part in ast.walk(node) if node else ():
                for target in _targets(part):
                    found |= self._of_import(target)
                used = getattr(part, "id", getattr(part, "arg", None))  # fixtures are arguments
                if used in functions and used not in seen:
                    seen.add(used)
                    waiting.append(used)
        return frozenset(found)

    def left_out(self, folder: pathlib.Path) -> dict[pathlib.Path, frozenset[str]]:
        """Returns the files of tests below a folder that are not loaded, and what they need."""
        needed = {path: self.of_test_file(path) for path in sorted(folder.rglob("test_*.py"))}
        return {path: names for path, names in needed.items() if names}

    def _of_import(self, name: str) -> frozenset[str]:
        top = name.split(".")[0]
        if top in self._absent:
            return frozenset([top])
        if top == "skewgate":
            return self.of_module(name)
        if top == "tests":
            path = self._root.joinpath(*name.split(".")).with_suffix(".py")
            return self.of_file(path) if path.exists() else frozenset()
        return frozenset()


@functools.cache
def _parsed(path: pathlib.Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def _loaded(body: list[ast.stmt]) -> Iterator[str]:
    """Yields what statements import when they run, those in functions left out."""
    for node in body:
        yield from _targets(node)
        if not isinstance(node, ast.FunctionDef) and "TYPE_CHECKING" not in _test_of(node):
            for part in ("body", "orelse", "finalbody", "handlers"):
                yield from _loaded(getattr(node, part, []))


def _test_of(node: ast.stmt) -> str:
    return ast.unparse(node.test) if isinstance(node, ast.If) else ""


def _targets(node: ast.AST) -> Iterator[str]:
    """Yields what one statement imports: `from a import b` is `a` and `a.b`."""
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom) and node.module:
        yield node.module
        yield from (f"{node.module}.{alias.name}" for alias in node.names)

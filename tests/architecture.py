"""Which package of skewgate may import which, and the search for what breaks it.

`ORDER` is the one place where the order is written.
"""

from __future__ import annotations

import ast
import dataclasses
import os
import pathlib
import re
from collections.abc import Iterator, Mapping

ORDER = """
stacks
< core
< storage
< {estimation, metrics, data}
< {statistics, decision}
< {schema, report}
< profiling
< checks
< {simulation, serving, history}
< {alerting, diagnosis, scaffold}
< {rollout, ui}
< api
< beam
< components
< pipeline
< kubeflow
< cli
"""
"""A package imports those before it; packages in one brace do not import each other."""
INSIDE = {
    "data": "{arrow, windows} < tf_example < sources < ingest",
    "checks": "{drift, skew, labels, performance}",
}
"""The same for the sub-packages of a package."""
DATA_ALONE = ("schemas",)
"""Packages without code: they import nothing of skewgate."""
FACES = ("skewgate", "skewgate.__main__")
"""The public face offers lazily what lies behind it, and __main__ is the command line."""

HEAVY = (
    "apache_beam",
    "ml_metadata",
    "tensorflow",
    "tensorflow_data_validation",
    "tensorflow_model_analysis",
    "tfx",
)
LIGHT_UP_TO = "beam"
"""No package before this one loads what is heavy."""
WEB_FRAMEWORKS = (
    "aiohttp",
    "bottle",
    "django",
    "fastapi",
    "flask",
    "starlette",
    "tornado",
    "uvicorn",
    "werkzeug",
)
SERVERS = (
    "skewgate.serving.server",
    "skewgate.serving.collector",
    "skewgate.rollout.listener",
    "skewgate.ui",
)
"""What may import a web framework, and what lies in it."""
MOST_LOOSE_MODULES = 3


@dataclasses.dataclass(frozen=True)
class Import:
    """An import.

    Attributes:
        module: who imports.
        target: what, as precisely as the tree tells: `from a import b` is `a.b` if that is a
            module.
        place: file and line.
        at_load: whether it happens when the module is loaded, and not in a function or for a type
            checker.
    """

    module: str
    target: str
    place: str
    at_load: bool

    def __str__(self) -> str:
        return f"{self.place} imports {self.target}"


class Tree:
    """The modules of a folder `skewgate` and what they import.

    Attributes:
        modules: name to file.
        packages: the names of the modules that are packages.
        imports: every import, those in functions and under TYPE_CHECKING included.
    """

    def __init__(self, root: pathlib.Path) -> None:
        self._root = root
        self.modules = dict(sorted(_modules(root)))
        self.packages = {n for n, p in self.modules.items() if p.name == "__init__.py"}
        self.imports = [
            found for name, path in self.modules.items() for found in self._imports(name, path)
        ]

    def package_of(self, module: str) -> str:
        """Returns the package that a module is, or lies in."""
        return module if module in self.packages else module.rpartition(".")[0]

    def _imports(self, name: str, path: pathlib.Path) -> Iterator[Import]:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        late = {
            id(node)
            for parent in ast.walk(tree)
            for node in _late(parent)
            for node in ast.walk(node)
        }
        for node in ast.walk(tree):
            for target in self._targets(node, self.package_of(name)):
                place = f"{path.relative_to(self._root)}:{node.lineno}"
                yield Import(name, target, place, id(node) not in late)

    def _targets(self, node: ast.AST, package: str) -> Iterator[str]:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package.split(".")[: len(package.split(".")) + 1 - node.level]
            module = ".".join([*(above if node.level else []), *filter(None, [node.module])])
            for alias in node.names:
                full = f"{module}.{alias.name}"
                yield full if full in self.modules or not _is_ours(module) else module
        elif isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
            called = node.func.attr if isinstance(node.func, ast.Attribute) else ""
            if called == "import_module" and isinstance(node.args[0].value, str):
                yield node.args[0].value


def _late(parent: ast.AST) -> list[ast.stmt]:
    """Returns the statements below a node that do not run when the module is loaded."""
    if isinstance(parent, ast.FunctionDef | ast.AsyncFunctionDef):
        return parent.body
    if isinstance(parent, ast.If) and "TYPE_CHECKING" in ast.unparse(parent.test):
        return parent.body
    return []


def _modules(root: pathlib.Path) -> Iterator[tuple[str, pathlib.Path]]:
    """Yields names and files; `skewgate/components` and others are links, which are followed."""
    for folder, folders, files in os.walk(root / "skewgate", followlinks=True):
        folders[:] = [name for name in folders if name != "__pycache__"]
        for file in files:
            path = pathlib.Path(folder, file)
            if path.suffix == ".py":
                parts = path.relative_to(root).with_suffix("").parts
                yield ".".join(parts).removesuffix(".__init__"), path


def _is_ours(module: str) -> bool:
    return module == "skewgate" or module.startswith("skewgate.")


def _is_in(module: str, packages: tuple[str, ...]) -> bool:
    return any(module == name or module.startswith(f"{name}.") for name in packages)


def ranks(order: str) -> dict[str, int]:
    """Returns the place of each package in an order, the same for those in one brace."""
    return {
        name: rank
        for rank, level in enumerate(order.split("<"))
        for name in re.findall(r"\w+", level)
    }


def below(package: str) -> list[str]:
    """Names the packages before one in the order."""
    order = ranks(ORDER)
    return [f"skewgate.{name}" for name, rank in order.items() if rank < order[package]]


def without_a_place(tree: Tree) -> list[str]:
    """Names the packages and loose modules that the order does not know."""
    known = {*ranks(ORDER), *DATA_ALONE}
    tops = {name.split(".")[1] for name in tree.modules if name not in FACES}
    return sorted(tops - known)


def against_the_order(tree: Tree) -> list[Import]:
    """Returns imports of a package that is not before the importer's."""
    order = ranks(ORDER)

    def broken(found: Import) -> bool:
        ours, theirs = found.module.split("."), found.target.split(".")
        if found.module in FACES or theirs[0] != "skewgate" or len(theirs) < 2:
            return False
        if ours[1] != theirs[1]:
            if ours[1] in DATA_ALONE:
                return True
            return order.get(theirs[1], -1) >= order.get(ours[1], len(order))
        inside = ranks(INSIDE.get(ours[1], ""))
        if len(ours) < 3 or len(theirs) < 3 or ours[2] == theirs[2]:
            return False
        return ours[2] in inside and inside.get(theirs[2], -1) >= inside[ours[2]]

    return [found for found in tree.imports if broken(found)]


def cycles(tree: Tree) -> list[list[str]]:
    """Returns each group of packages that import each other in a circle, with what does it.

    A package and its sub-packages count apart. The public face does not count: it is lazy.
    """
    arrows: dict[str, dict[str, Import]] = {}
    for found in tree.imports:
        ours, theirs = tree.package_of(found.module), tree.package_of(found.target)
        if _is_ours(theirs) and ours != theirs and not {ours, theirs} & set(FACES):
            arrows.setdefault(ours, {}).setdefault(theirs, found)
    reached = {package: _reachable(package, arrows) for package in arrows}
    groups = {
        frozenset(p for p in ahead if package in reached.get(p, ()))
        for package, ahead in reached.items()
    }
    return [
        [str(arrows[a][b]) for a in sorted(group) for b in sorted(arrows[a]) if b in group]
        for group in sorted(groups, key=sorted)
        if group
    ]


def _reachable(start: str, arrows: Mapping[str, Mapping[str, Import]]) -> set[str]:
    seen: set[str] = set()
    waiting = [start]
    while waiting:
        new = set(arrows.get(waiting.pop(), ())) - seen
        seen |= new
        waiting += new
    return seen


def of_tfx_v1(tree: Tree) -> list[Import]:
    """Returns imports of TFX's public surface, which loads everything."""
    return [found for found in tree.imports if _is_in(found.target, ("tfx.v1",))]


def heavy_too_low(tree: Tree) -> list[Import]:
    """Returns what a package before `beam` imports of the heavy stack when it is loaded."""
    light = tuple(below(LIGHT_UP_TO))
    return [
        found
        for found in tree.imports
        if found.at_load and _is_in(found.module, light) and _is_in(found.target, HEAVY)
    ]


def web_outside_servers(tree: Tree) -> list[Import]:
    """Returns imports of a web framework by what is no server."""
    return [
        found
        for found in tree.imports
        if _is_in(found.target, WEB_FRAMEWORKS) and not _is_in(found.module, SERVERS)
    ]


def loose_modules(tree: Tree) -> list[str]:
    """Names the modules that stand in `skewgate/` itself."""
    return [
        name
        for name in tree.modules
        if name == "skewgate" or (name.count(".") == 1 and name not in tree.packages)
    ]


def without_a_docstring(tree: Tree) -> list[str]:
    """Names the packages that do not say what they are for."""
    return [
        name
        for name in sorted(tree.packages)
        if not ast.get_docstring(ast.parse(tree.modules[name].read_text(encoding="utf-8")))
    ]

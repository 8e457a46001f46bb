"""Which code runs, told by its bytes: that of skewgate, and that of a user's function.

A result may be used again only if the code that made it is still the same. The code of a function
is that of its module and of all that this imports from the user's own project, at the top or
within functions, however deep. What is installed beside it (in `site-packages`) counts by its
version, and Python by its own.

Nothing is imported to find out: modules are looked up, and their sources read.
"""

from __future__ import annotations

import ast
import functools
import hashlib
import importlib.machinery
import importlib.metadata
import os
import pathlib
import re
import sys
import sysconfig
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import skewgate

_INSTALLED = ("site-packages", "dist-packages")
_OWN = "skewgate"
_PYTHON = ".".join(map(str, sys.version_info[:3]))
_IMPORTERS = ("import_module", "__import__")
_DEPENDENCIES = (
    *("apache-beam", "keras", "numpy", "pyarrow", "scipy", "tensorflow"),
    *("tensorflow-data-validation", "tensorflow-model-analysis", "tf-keras", "tfx", "tfx-bsl"),
)
"""What skewgate computes with."""
_LIBRARIES = ("keras", "tensorflow", "tensorflow_model_analysis", "tf_keras", "tfx")
"""Packages of these that parameters may name: they count by their versions."""
_FUNCTIONS = ("preprocessing_fn", "run_fn", "tuner_fn")
"""Parameters of stock components that hold the dotted path of a user's function."""
_MODULE = re.compile(r"""["']?\bmodule["']?\s*:\s*["']([\w.]+)["']""")
"""How tfma.EvalConfig names the module of a metric, in text format and in JSON."""
_SOURCE_ENDINGS = (".html", ".j2", ".js", ".css", ".json", ".pbtxt", ".py", ".yaml")


def own() -> str:
    """Returns what skewgate runs as: its version, and a digest of its sources and dependencies.

    The version alone would not do: it stays the same while a checkout is worked on.
    """
    return f"{skewgate.__version__} {_own_code()}"


@functools.cache
def _own_code() -> str:
    found = hashlib.sha256(_PYTHON.encode())
    for name in _DEPENDENCIES:
        _take(found, name, _version(name).encode())
    root = pathlib.Path(str(skewgate.__file__)).parent
    for folder, folders, names in os.walk(root, followlinks=True):
        folders[:] = sorted(name for name in folders if name != "__pycache__")
        for name in sorted(names):
            if name.endswith(_SOURCE_ENDINGS):
                path = pathlib.Path(folder, name)
                _take(found, str(path.relative_to(root)), path.read_bytes())
    return found.hexdigest()[:16]


def is_own(module: str) -> bool:
    """Says whether a module is one of skewgate, which `own` knows."""
    return module.partition(".")[0] == _OWN


def of(modules: Iterable[str], files: Iterable[str] = ()) -> str:
    """Returns the digest of modules, and of what they import from the user's project.

    A module that is not there counts as that: who imports it reports it.

    Args:
        modules: dotted names.
        files: paths of modules that are no part of a package.
    """
    search = Search(modules, files)
    found = hashlib.sha256(_PYTHON.encode())
    for name, content in sorted(search.found.items()):
        _take(found, name, content)
    for package in sorted(search.installed):
        for name in sorted({*_distributions().get(package, [])}):
            _take(found, name, _version(name).encode())
    return found.hexdigest()


def of_parameters(parameters: Mapping[str, Any], plugins: Iterable[str]) -> str:
    """Returns what is the same only if the code is that a component runs.

    Args:
        parameters: of the component; they may name functions and modules of the user.
        plugins: modules of other packages that skewgate calls.
    """
    file = parameters.get("module_file")
    files = [file] if file and isinstance(file, str) else []
    modules = sorted({*named(parameters), *plugins})
    return f"{own()} {of(modules, files)}" if modules or files else own()


def named(parameters: Mapping[str, Any]) -> list[str]:
    """Returns the modules of the user that parameters of a component name."""
    given = {name: value for name, value in parameters.items() if isinstance(value, str)}
    found = [given[name].rpartition(".")[0] for name in _FUNCTIONS if "." in given.get(name, "")]
    found += _MODULE.findall(given.get("eval_config", ""))
    return [name for name in found if name.partition(".")[0] not in _LIBRARIES]


class Search:
    """Walks from modules to what they import.

    Attributes:
        found: the bytes of each module, by its name.
        paths: where the modules are, by their names.
        installed: packages that are no part of the project.
    """

    def __init__(self, modules: Iterable[str], files: Iterable[str] = ()) -> None:
        """Takes up all that is imported.

        Args:
            modules: dotted names.
            files: paths of modules that are no part of a package.
        """
        self.found: dict[str, bytes] = {}
        self.paths: dict[str, pathlib.Path] = {}
        self.installed: set[str] = set()
        for name in modules:
            self.add(name, project=name.partition(".")[0])
        for path in files:
            self.read(f"file {path}", pathlib.Path(path), package="", project="")

    def add(self, name: str, project: str) -> None:
        """Takes up a module and the packages that it is in.

        Args:
            name: dotted.
            project: the package that is the user's even if it was installed.
        """
        places: Iterable[str] | None = None
        parts = name.split(".")
        for length in range(1, len(parts) + 1):
            whole = ".".join(parts[:length])
            spec = find_spec(whole, places)
            if spec is None:
                if length == 1:
                    self.found.setdefault(f"missing {whole}", b"")
                return
            places = spec.submodule_search_locations
            if spec.origin and spec.has_location and whole not in self.found:
                if parts[0] != project and _is_standard(spec.origin):
                    return
                if parts[0] != project and _is_installed(spec.origin):
                    self.installed.add(parts[0])
                    return
                package = whole if places is not None else whole.rpartition(".")[0]
                self.read(whole, pathlib.Path(spec.origin), package, project)
            if places is None:
                return

    def read(self, name: str, path: pathlib.Path, package: str, project: str) -> None:
        """Takes up a file, and what it imports.

        Args:
            name: of the module.
            path: of its source, or of a compiled module.
            package: what its relative imports start from.
            project: see `add`.
        """
        try:
            content = path.read_bytes()
        except OSError:  # in an archive, or gone
            content = b""
        self.found[name] = content
        self.paths[name] = path
        if path.suffix != ".py":
            return
        try:
            tree = ast.parse(content)
        except (SyntaxError, ValueError):  # which who imports it reports
            return
        for imported in _imports(tree, package):
            if imported is None:
                self._add_folder(name, path, package, project)
            elif all(imported.split(".")) and not is_own(imported):
                self.add(imported, project)

    def _add_folder(self, name: str, path: pathlib.Path, package: str, project: str) -> None:
        """Takes up all that a module may import by a name that it makes when it runs."""
        top = package.partition(".")[0]
        depth = len(package.split(".")) if package else 0
        root = path.parents[depth - 1] if depth else path.parent
        pattern = "**/*.py" if top else "*.py"
        for each in sorted(root.glob(pattern)):
            key = f"{name} beside {each.relative_to(root)}"
            if key not in self.found and not set(each.parts) & {*_INSTALLED}:
                self.found[key] = each.read_bytes()


@functools.cache
def _distributions() -> Mapping[str, list[str]]:
    """Returns the names of the distributions that hold a package."""
    return importlib.metadata.packages_distributions()


def _version(distribution: str) -> str:
    """Returns the version of what is installed; "" of what is not."""
    try:
        return importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError:
        return ""


def _take(found: hashlib._Hash, name: str, content: bytes) -> None:
    """Adds a name and a content so that no other two give the same."""
    found.update(f"{len(name)} {name} {len(content)} ".encode())
    found.update(content)


def is_built_in(module: str) -> bool:
    """Says whether a module is part of the interpreter itself, and has no source to read."""
    return module in sys.builtin_module_names


def find_spec(name: str, places: Iterable[str] | None) -> importlib.machinery.ModuleSpec | None:
    """Looks a module up as an import does, without importing the packages that it is in.

    Args:
        name: dotted.
        places: the folders of the package that it is in; None for one of no package.

    Returns:
        Where it is; None if it is nowhere, or part of the interpreter.
    """
    if is_built_in(name):
        return None
    for finder in sys.meta_path:
        look = getattr(finder, "find_spec", None)
        try:
            spec = look(name, places, None) if look else None
        except (ImportError, ValueError, AttributeError):
            continue
        if spec is not None:
            return spec  # type: ignore[no-any-return]
    return None


def _is_installed(origin: str) -> bool:
    return bool(set(pathlib.PurePath(origin).parts) & {*_INSTALLED})


def _is_standard(origin: str) -> bool:
    """Says whether a module comes with Python."""
    standard = {sysconfig.get_path(key) for key in ("stdlib", "platstdlib")}
    inside = any(pathlib.PurePath(origin).is_relative_to(each) for each in standard)
    return inside and not _is_installed(origin)


def _imports(tree: ast.AST, package: str) -> Iterator[str | None]:
    """Yields the names that a module may import; None for one that is known only when it runs."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (each.name for each in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = _absolute(node.module or "", node.level, package)
            yield base
            yield from (f"{base}.{each.name}" for each in node.names if each.name != "*")
        elif isinstance(node, ast.Call) and _called(node) in _IMPORTERS:
            name = node.args[0].value if node.args and isinstance(node.args[0], ast.Constant) else 0
            if not isinstance(name, str):
                yield None
            else:
                bare = name.lstrip(".")
                yield _absolute(bare, len(name) - len(bare), package)


def _called(node: ast.Call) -> str:
    """Returns the last name of what is called."""
    function = node.func
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""


def _absolute(name: str, level: int, package: str) -> str:
    """Returns what a relative import names."""
    if level == 0:
        return name
    parts = package.split(".")
    return ".".join([*parts[: len(parts) - level + 1], *([name] if name else [])])

"""Looks for a function of the user by its dotted path, without importing anything.

To import a trainer is to load TensorFlow, which takes seconds; its source says the same at once.
What a source does not say, such as what `from x import *` brings, is left to who imports it.
"""

from __future__ import annotations

import ast
import importlib.machinery
import pathlib
from collections.abc import Iterable, Iterator

from skewgate.core import ownership, source_code
from skewgate.core.errors import InputError
from skewgate.core.suggestions import did_you_mean

_NO_FUNCTIONS = (ast.Constant, ast.Dict, ast.DictComp, ast.JoinedStr, ast.List, ast.ListComp)
"""What, assigned to a name, cannot be called."""


class MissingModuleError(InputError):
    """There is no such module here."""


def check(path: str, where: str, field: str, takes: int = 1) -> None:
    """Checks that a dotted path names a function that can be called.

    Args:
        path: such as "trainer.run_fn".
        where: the file that names it.
        field: the key that holds it.
        takes: how many arguments it is called with.

    Raises:
        MissingModuleError: the module is not there.
        InputError: it has no such function, or cannot be read, or everybody may write it.
    """
    place = f"{where}: {field}"
    module, _, name = path.rpartition(".")
    if not all(part.isidentifier() for part in path.split(".")) or not module:
        raise InputError(
            place,
            f"must be the dotted path of a function, got {path!r}",
            "write such as trainer.run_fn, for run_fn in trainer.py beside the settings",
        )
    source = _source(module, path, place)
    if source is None:
        return
    ownership.check_code(str(source))
    try:
        tree = ast.parse(source.read_bytes())
    except (SyntaxError, ValueError) as error:
        line = f" line {error.lineno}:" if isinstance(error, SyntaxError) else ""
        problem = error.msg if isinstance(error, SyntaxError) else str(error)
        raise InputError(
            place, f"{path}: {source}:{line} {problem}", "correct the module"
        ) from error
    except OSError:  # it lies in an archive
        return
    _check_imports(tree, path, place)
    problem, fix = _problem(tree, name, takes)
    if problem:
        raise InputError(place, f"{path}: {source} {problem}", fix)


def _source(module: str, path: str, place: str) -> pathlib.Path | None:
    """Returns where a module is written; None if it is no source that can be read.

    Raises:
        MissingModuleError: it is not there.
    """
    places: Iterable[str] | None = None
    spec: importlib.machinery.ModuleSpec | None = None
    parts = module.split(".")
    for length in range(1, len(parts) + 1):
        whole = ".".join(parts[:length])
        if source_code.is_built_in(whole):
            return None
        spec = source_code.find_spec(whole, places)
        if spec is None or (length < len(parts) and spec.submodule_search_locations is None):
            beside = (
                f"{parts[0]}.py, or the folder {parts[0]}," if len(parts) > 1 else f"{whole}.py"
            )
            raise MissingModuleError(
                place,
                f"{path}: there is no module {whole if spec is None else module}",
                f"put {beside} beside the settings, install it, or correct the path",
            )
        places = spec.submodule_search_locations
    origin = spec.origin if spec else None
    return pathlib.Path(origin) if origin and origin.endswith(".py") else None


def _check_imports(tree: ast.Module, path: str, place: str) -> None:
    """Raises InputError if the module imports in any case what is not installed."""
    for node in tree.body:
        names = [each.name for each in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom) and not node.level and node.module:
            names = [node.module]
        for name in names:
            top = name.partition(".")[0]
            if not source_code.is_built_in(top) and source_code.find_spec(top, None) is None:
                raise InputError(
                    place,
                    f"{path}: its module imports {top} in line {node.lineno}, which does not exist",
                    f"install {top}, or put {top}.py beside the settings",
                )


def _problem(tree: ast.Module, name: str, takes: int) -> tuple[str, str]:
    """Returns what keeps a name from being called, and what to do; ("", "") if nothing is seen."""
    known = list(_defined(tree.body))
    found = [node for each, node in known if each == name]
    if not found:
        names = [each for each, node in known if isinstance(node, ast.FunctionDef)]
        if any(each in ("*", "__getattr__") for each, _ in known):
            return "", ""
        listed = f"; its functions are {', '.join(sorted(set(names)))}" if names else ""
        return f"has no function {name}{listed}", did_you_mean(name, names, f"write def {name}")
    problems = [_not_callable(node, name, takes) for node in found]
    return ("", "") if ("", "") in problems else problems[-1]  # which counts, only a run knows


def _not_callable(node: ast.stmt, name: str, takes: int) -> tuple[str, str]:
    """Returns what keeps a statement from giving a name a function; ("", "") if nothing is seen."""
    value = node.value if isinstance(node, ast.Assign | ast.AnnAssign) else None
    if isinstance(value, _NO_FUNCTIONS):
        return f"has no function in {name}, line {node.lineno}", f"write def {name}"
    if isinstance(node, ast.AsyncFunctionDef):
        return f"has an async function {name}, which would not run", "leave async out"
    if isinstance(node, ast.FunctionDef) and not node.decorator_list and not _fits(node, takes):
        expected = "one argument" if takes == 1 else f"{takes} arguments"
        return (
            f"has a function {name}({ast.unparse(node.args)}) that cannot be called with "
            f"{expected}",
            f"let it take {expected}",
        )
    return "", ""


def _defined(body: Iterable[ast.stmt]) -> Iterator[tuple[str, ast.stmt]]:
    """Yields the names that statements give something to, whatever branch is taken."""
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name, node
        elif isinstance(node, ast.Import | ast.ImportFrom):
            for each in node.names:
                yield each.asname or each.name.partition(".")[0], node
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            for target in targets:
                names = (each for each in ast.walk(target) if isinstance(each, ast.Name))
                yield from ((each.id, node) for each in names)
        else:
            for inner in ("body", "orelse", "finalbody"):
                yield from _defined(getattr(node, inner, []))
            for handler in getattr(node, "handlers", []):
                yield from _defined(handler.body)


def _fits(function: ast.FunctionDef, count: int) -> bool:
    """Says whether a function can be called with so many arguments and no more."""
    arguments = function.args
    most = len(arguments.posonlyargs) + len(arguments.args)
    least = most - len(arguments.defaults)
    needed = [default for default in arguments.kw_defaults if default is None]
    return least <= count and (count <= most or arguments.vararg is not None) and not needed

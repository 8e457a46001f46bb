"""Finds what documentation and comments name of this repository, and whether it exists.

What counts as a name of ours: a path that begins with one of our folders, a dotted name that begins
with `skewgate.`, and in code marks also the name of a file (`ks.py`) and of what a module of ours
defines (`settling.settle`).
"""

from __future__ import annotations

import ast
import functools
import io
import pathlib
import re
import tokenize
from collections.abc import Iterator

import skewgate
from tests import architecture, checkouts

ROOT = checkouts.ROOT
FORMATS = ("csv", "gz", "html", "json", "md", "pbtxt", "prom", "txt", "yaml", "zip")
"""Endings of files that runs read and write: `report.json` is no attribute of a module."""
OTHERS_FILES = (
    "cross_entropy_metrics.py",
    "flip_metrics.py",
    "metrics/mean_regression_error.py",
    "model_cosine_similarity.py",
    "prediction_difference_metrics.py",
)
"""Files of TFMA that pages name."""
OTHERS_PATHS = ("kubeflow/pipelines", "kubeflow/manifests/cronjob/monitoring.yaml")
"""A repository of GitHub, and a file that the reader of a page writes."""
OTHERS_NAMES = ("arrow.py_extension_type", "coverage.min_avg_token_length")
"""A type of Arrow, and a field of the schema of TFDV, which begin as modules of ours do."""


@functools.cache
def _paths() -> frozenset[str]:
    """Returns every tracked file and each folder above it, also as `skewgate/` has the links."""
    files = checkouts.files()
    links = {path.removeprefix("skewgate/") for path in files if (ROOT / path).is_symlink()}
    files += [f"skewgate/{path}" for path in files if path.split("/")[0] in links]
    folders = {str(folder) for path in files for folder in pathlib.PurePosixPath(path).parents}
    return frozenset(files) | folders


@functools.cache
def _tops() -> str:
    folders = {path.split("/")[0] for path in checkouts.files() if "/" in path}
    return "|".join(sorted(map(re.escape, folders)))


@functools.cache
def _tree() -> architecture.Tree:
    return architecture.Tree(ROOT)


@functools.cache
def _defined(module: str) -> dict[str, ast.stmt]:
    """Returns the names that a module has, with what defines them."""
    tree = ast.parse(_tree().modules[module].read_text(encoding="utf-8"))
    return _names(tree.body)


def _names(body: list[ast.stmt]) -> dict[str, ast.stmt]:
    found: dict[str, ast.stmt] = {}
    for node in body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef):
            found[node.name] = node
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            names = [n.id for each in targets for n in ast.walk(each) if isinstance(n, ast.Name)]
            found |= dict.fromkeys(names, node)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            found |= {alias.asname or alias.name.split(".")[0]: node for alias in node.names}
    return found


@functools.cache
def _constants() -> frozenset[str]:
    """Returns the texts in the code that look like a dotted name, such as those in statistics."""
    return frozenset(
        node.value
        for path in _tree().modules.values()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and node.value.startswith("skewgate.")
    )


@functools.cache
def _keys() -> frozenset[str]:
    """Returns the keys of all contracts."""
    texts = [path.read_text(encoding="utf-8") for path in (ROOT / "schemas/json").iterdir()]
    return frozenset(re.findall(r'^ *"(\w+)": \{', "\n".join(texts), re.MULTILINE))


def _is_defined(module: str, names: list[str]) -> bool:
    """Says whether a module has a name, and that one the next; of methods and fields one deep."""
    if not names:
        return True
    found = _defined(module).get(names[0])
    if found is None:
        return False
    if len(names) == 1 or not isinstance(found, ast.ClassDef):
        return True
    return names[1] in _names(found.body) or bool(found.bases)


def has_path(path: str) -> bool:
    """Says whether a path of the repository exists; `<name>`, NAME and `*` stand for any."""
    path = path.rstrip("/")
    if path in _paths() or path in OTHERS_PATHS or "/." in path:  # made by runs, and ignored by git
        return True
    pattern = re.sub(r"<\w+>|\{\w+\}|\b[A-Z]+\b|\*", "*", path)
    regex = re.compile("[^/]*".join(map(re.escape, pattern.split("*"))))
    return any(regex.fullmatch(each) for each in _paths())


def has_name(name: str) -> bool:
    """Says whether a dotted name that begins with `skewgate.` exists."""
    parts = name.split(".")
    if parts[1] in skewgate.__all__ or name in _constants():
        return True
    modules = _tree().modules
    length = max(n for n in range(1, len(parts) + 1) if ".".join(parts[:n]) in modules)
    return length > 1 and _is_defined(".".join(parts[:length]), parts[length:])


def has_file(end: str) -> bool:
    """Says whether a file's name, or the end of its path, exists."""
    return end in OTHERS_FILES or any(f"/{each}".endswith(f"/{end}") for each in _paths())


def _of_a_module(word: str) -> bool | None:
    """Says whether what a module defines exists; None if no module of ours is meant.

    The key of a contract (`policy.block_on`) or a file (`report.json`) is none.
    """
    first, *rest = word.split(".")
    meant = [name for name in _tree().modules if name.endswith(f".{first}")]
    if not meant or rest[-1] in FORMATS or rest[-1] in _keys():
        return None
    return any(
        _is_defined(module, rest) or f"{module}.{rest[0]}" in _tree().modules for module in meant
    )


def unknown(text: str) -> set[str]:
    """Returns what a text names of this repository and is not there."""
    paths = re.findall(rf"(?<![\w./~:{{}}@-])((?:{_tops()})/[\w./<>{{}}*-]*)", text)
    names = re.findall(r"(?<![\w./@-])skewgate(?:\.[A-Za-z_]\w*)+(?![\w/:-])", text)
    marked = set(re.findall(r"(?<!`)`([\w./]+)`(?!`)", text)).difference(OTHERS_NAMES)
    files = {word for word in marked if re.fullmatch(r"[\w/]+\.(py|sh|in)", word)}
    parts = {word for word in marked - files if re.fullmatch(r"[a-z_]\w*(\.\w+)+", word)}
    return {
        *(path for path in paths if not has_path(path.rstrip("."))),
        *(name for name in names if not has_name(name)),
        *(word for word in files if not has_file(word)),
        *(word for word in parts if _of_a_module(word) is False),
    }


def links(page: pathlib.Path) -> Iterator[str]:
    """Yields the files that a page links to and that are not there."""
    for target in re.findall(r"\]\(([^)#\s]+)", page.read_text(encoding="utf-8")):
        if "://" not in target and not (page.parent / target).exists():
            yield target


def pages() -> list[pathlib.Path]:
    """Returns the pages of the documentation."""
    return [ROOT / path for path in checkouts.files() if path.endswith(".md")]


def told(page: pathlib.Path) -> str:
    """Returns the text of a page; of the change log what is not released yet."""
    text = page.read_text(encoding="utf-8")
    if page.name != "CHANGELOG.md":
        return text
    return re.split(r"^## ", text, flags=re.MULTILINE)[1]


def comments(path: pathlib.Path) -> str:
    """Returns the docstrings and comments of a module."""
    source = path.read_text(encoding="utf-8")
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    found = [token.string for token in tokens if token.type == tokenize.COMMENT]
    for node in ast.walk(ast.parse(source)):
        value = getattr(node, "value", None)
        if isinstance(node, ast.Expr) and isinstance(value, ast.Constant):
            found.append(str(value.value))
    return "\n".join(found)

"""Reads YAML that somebody wrote, with bounds on what a small text may unfold to."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import yaml

from skewgate.core.errors import InputError

DEEPEST = 64
"""Mappings and lists within each other."""
_MOST_REPEATED = 100_000
"""Values that aliases may add to those that stand in the text."""


class _Loader(yaml.SafeLoader):
    """Refuses what YAML allows and no contract needs.

    That is a key that stands twice in a mapping, of which YAML would let the last one win, a key
    that is a mapping or a list, depth beyond `DEEPEST`, and aliases that stand for themselves or
    for much more than the text.
    """

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self._depth = 0
        self._sizes: dict[int, int] = {}  # of nodes by id, aliases counted as what they stand for
        self._nodes = 0

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        mark = self.peek_event().start_mark  # type: ignore[no-untyped-call]
        is_alias = self.check_event(yaml.AliasEvent)
        self._depth += 1
        if self._depth > DEEPEST:
            problem = f"more than {DEEPEST} nested mappings and lists"
            raise yaml.composer.ComposerError(None, None, problem, mark)
        node = super().compose_node(parent, index)
        self._depth -= 1
        if node is None:
            return None
        if is_alias and id(node) not in self._sizes:
            problem = "an alias contains itself"
            raise yaml.composer.ComposerError(None, None, problem, mark)
        if not is_alias:
            self._nodes += 1
            self._sizes[id(node)] = 1 + sum(self._sizes[id(each)] for each in _children(node))
            if self._sizes[id(node)] - self._nodes > _MOST_REPEATED:
                problem = f"the aliases here expand to more than {_MOST_REPEATED:,} values"
                raise yaml.composer.ComposerError(None, None, problem, mark)
        return node

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen = set()
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode):
                problem = "a key must be a text or a number, and not a mapping or a list"
                raise yaml.constructor.ConstructorError(None, None, problem, key.start_mark)
            if key.value in seen:
                problem = f"the key {key.value!r} appears twice"
                raise yaml.constructor.ConstructorError(None, None, problem, key.start_mark)
            seen.add(key.value)
        return super().construct_mapping(node, deep)


def _children(node: yaml.Node) -> list[yaml.Node]:
    if isinstance(node, yaml.MappingNode):
        return [part for pair in node.value for part in pair]
    return list(node.value) if isinstance(node, yaml.SequenceNode) else []


def load(text: str, where: str) -> Any:
    """Reads YAML, or JSON, its subset, as plain values.

    Args:
        text: the content of the file.
        where: the file's name, for messages.

    Raises:
        InputError: the text is not YAML, or unfolds to more than it should.
    """
    with _explaining(where):
        return yaml.load(text, Loader=_Loader)


def load_first(text: str, where: str, fix: str) -> Any:
    """Reads the first of the documents that a text of YAML holds; None if there is none.

    Args:
        text: the content of the file.
        where: the file's name, for messages.
        fix: what to do if it is not YAML.

    Raises:
        InputError: it is not, or unfolds to more than it should.
    """
    with _explaining(where, fix):
        return _Loader(text).get_data()


@contextlib.contextmanager
def _explaining(where: str, fix: str = "") -> Iterator[None]:
    try:
        yield
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f"{where}: line {mark.line + 1}, column {mark.column + 1}" if mark else where
        problem = getattr(error, "problem", None) or str(error).splitlines()[0]
        fix = fix or "correct this line"
        raise InputError(place, f"is not valid YAML: {problem}", fix) from error
    except ValueError as error:  # a scalar that looks like a date and is none
        fix = fix or "quote the value"
        raise InputError(where, f"is not valid YAML: {error}", fix) from error

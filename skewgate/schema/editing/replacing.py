"""Replaces the fields of a schema's text that differ from those of another schema."""

from __future__ import annotations

import dataclasses
import difflib
import re
from collections.abc import Callable, Sequence, Set
from typing import Any

from skewgate.schema.editing.render import is_repeated, render_field, render_value
from skewgate.schema.editing.tokens import Entry, TextError

_REST_OF_LINE = re.compile(r"[ \t]*(?:#[^\r\n]*)?(?=\r?\n|$)")


@dataclasses.dataclass(frozen=True)
class Scope:
    """The fields of one message, and where its opening brace stands; None for the whole text."""

    entries: Sequence[Entry]
    opening: int | None


class Editor:
    """Collects replacements of parts of a text."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._newline = "\r\n" if "\r\n" in text else "\n"
        self._parts: list[tuple[int, int, str]] = []

    def result(self) -> str:
        """Returns the text with all replacements made.

        Raises:
            TextError: two of them overlap.
        """
        done, pieces = 0, []
        for start, end, new in sorted(self._parts, key=lambda part: part[:2]):
            if start < done:
                raise TextError("changes overlap")
            pieces += [self._text[done:start], new.replace("\n", self._newline)]
            done = end
        return "".join(pieces) + self._text[done:]

    def message(self, scope: Scope, old: Any, new: Any, depth: int) -> None:
        """Changes the fields of a message.

        Args:
            scope: where they stand.
            old, new: what they say and shall say.
            depth: so many levels of messages are edited; below, whole fields are replaced.

        Raises:
            TextError: they cannot be changed one by one.
        """
        removed: list[Entry] = []
        added: list[tuple[Any, Any]] = []
        for field in old.DESCRIPTOR.fields:
            entries = [entry for entry in scope.entries if entry.name == field.name]
            if is_repeated(field):
                values = list(getattr(old, field.name)), list(getattr(new, field.name))
                if values[0] and values[1]:
                    self._repeated(scope, field, entries, *values, depth)
                else:
                    removed += entries
                    added += [(field, value) for value in values[1]]
                continue
            had, has = old.HasField(field.name), new.HasField(field.name)
            if had and len(entries) != 1:
                raise TextError(f"{field.name} does not stand once")
            if had and has:
                values_of = getattr(old, field.name), getattr(new, field.name)
                self._value(field, entries[0], *values_of, depth)
            elif had:
                removed += entries
            elif has:
                added.append((field, getattr(new, field.name)))
        self._swap_alternatives(removed, added, old.DESCRIPTOR)
        for entry in removed:
            self._remove(entry)
        gone = set(map(id, removed))
        kept = [entry for entry in scope.entries if id(entry) not in gone]
        for field, value in added:
            self._add(scope, kept[-1] if kept else None, field, value)

    def _swap_alternatives(
        self, removed: list[Entry], added: list[tuple[Any, Any]], descriptor: Any
    ) -> None:
        """Puts a field in the place of the one that it excludes."""
        for entry in removed[:]:
            choice = descriptor.fields_by_name[entry.name].containing_oneof
            for item in added:
                if choice is not None and item[0].containing_oneof is choice:
                    indent = self._indent(entry)
                    new = render_field(*item, indent or "", inline=indent is None)
                    self._parts.append((entry.start, entry.end, new))
                    removed.remove(entry)
                    added.remove(item)
                    break

    def _value(self, field: Any, entry: Entry, old: Any, new: Any, depth: int) -> None:
        """Changes the value of a field."""
        if old == new:
            return
        if entry.children is not None and depth > 0:
            made = len(self._parts)
            try:
                self.message(Scope(entry.children, entry.value), old, new, depth - 1)
            except TextError:
                del self._parts[made:]
            else:
                return
        indent = self._indent(entry)
        value = render_value(field, new, indent or "", inline=indent is None)
        self._parts.append((entry.value, entry.end, value))

    def _repeated(
        self,
        scope: Scope,
        field: Any,
        old_entries: list[Entry],
        old: list[Any],
        new: list[Any],
        depth: int,
    ) -> None:
        """Changes, adds and removes values of a repeated field."""
        if old == new:
            return
        if len(old_entries) == 1 and old_entries[0].listed and field.message_type is None:
            values = ", ".join(render_value(field, value) for value in new)
            self._parts.append((old_entries[0].value, old_entries[0].end, f"[{values}]"))
            return
        if len(old_entries) != len(old) or any(entry.listed for entry in old_entries):
            raise TextError(f"{field.name} stands in lists")
        keys = _keys(field, old, new)
        matcher = difflib.SequenceMatcher(None, *keys, autojunk=False)
        gone: set[int] = set()
        for kind, i1, i2, j1, j2 in matcher.get_opcodes():
            paired = 0
            if kind == "equal" or (kind == "replace" and not keys.named):
                paired = min(i2 - i1, j2 - j1)
                for i, j in zip(range(i1, i2), range(j1, j2), strict=False):
                    self._value(field, old_entries[i], old[i], new[j], depth)
            for entry in old_entries[i1 + paired : i2]:
                self._remove(entry)
                gone.add(id(entry))
            place = i1 + paired - 1
            while place >= 0 and id(old_entries[place]) in gone:
                place -= 1
            before = old_entries[place] if place >= 0 else None
            after = old_entries[i2] if i2 < len(old_entries) else None
            for value in new[j1 + paired : j2]:
                if before is None and after is not None:
                    self._add_before(after, field, value, top=scope.opening is None)
                else:
                    self._add(scope, before or _last(scope.entries, gone), field, value)

    def _remove(self, entry: Entry) -> None:
        """Takes a field out; with its line and the comment behind it, if it stands alone there."""
        start, end = entry.start, entry.stop
        line = self._text.rfind("\n", 0, start) + 1
        rest = _REST_OF_LINE.match(self._text, end)
        if self._text[line:start].strip(" \t"):
            while self._text[start - 1] in " \t":
                start -= 1
        elif rest is not None:
            start, end = line, rest.end()
            end += len(re.compile(r"\r?\n?").match(self._text, end).group())  # type: ignore[union-attr]
        self._parts.append((start, end, ""))

    def _add(self, scope: Scope, anchor: Entry | None, field: Any, value: Any) -> None:
        """Puts a field behind another, or behind the opening brace."""
        if anchor is None and scope.opening is None:
            raise TextError("there is nothing in the text to put a field after")
        place = anchor.stop if anchor is not None else (scope.opening or 0) + 1
        rest = _REST_OF_LINE.match(self._text, place)
        indent = self._inner_indent(scope, anchor)
        if rest is None or indent is None:
            self._parts.append((place, place, " " + render_field(field, value, inline=True)))
            if anchor is None and rest is None and self._text[place] not in " \t":
                self._parts.append((place, place, " "))
            return
        apart = "\n" * (1 + (scope.opening is None and field.message_type is not None))
        new = apart + indent + render_field(field, value, indent)
        self._parts.append((rest.end(), rest.end(), new))

    def _add_before(self, entry: Entry, field: Any, value: Any, *, top: bool) -> None:
        """Puts a field before another one of its kind."""
        indent = self._indent(entry)
        if indent is None:
            self._parts.append(
                (entry.start, entry.start, render_field(field, value, inline=True) + " ")
            )
            return
        line = entry.start - len(indent)
        apart = "\n" * (1 + (top and field.message_type is not None))
        self._parts.append((line, line, indent + render_field(field, value, indent) + apart))

    def _indent(self, entry: Entry) -> str | None:
        """Returns what stands before a field on its line; None if that is not only space."""
        before = self._text[self._text.rfind("\n", 0, entry.start) + 1 : entry.start]
        return None if before.strip(" \t") else before

    def _inner_indent(self, scope: Scope, anchor: Entry | None) -> str | None:
        """Returns the space before a new field on a line of its own; None if it has to share."""
        if scope.opening is None:
            return ""
        for entry in [anchor] if anchor is not None else scope.entries:
            return self._indent(entry)
        line = self._text[self._text.rfind("\n", 0, scope.opening) + 1 : scope.opening]
        return line[: len(line) - len(line.lstrip(" \t"))] + "  "


class _Keys(tuple[list[Any], list[Any]]):
    """What the old and the new values of a repeated field are aligned by."""

    named: bool


def _keys(field: Any, old: list[Any], new: list[Any]) -> _Keys:
    """Returns names, where values have different ones, else the values themselves."""
    sides = (old, new)
    if field.message_type is not None and "name" in field.message_type.fields_by_name:
        names = tuple([value.name for value in side] for side in sides)
        if all(len(set(side)) == len(side) for side in names):
            keys = _Keys(names)
            keys.named = True
            return keys
    same: Callable[[Any], Any] = (
        (lambda value: value)
        if field.message_type is None
        else (lambda value: value.SerializeToString(deterministic=True))
    )
    keys = _Keys([same(value) for value in side] for side in sides)
    keys.named = False
    return keys


def _last(entries: Sequence[Entry], gone: Set[int]) -> Entry | None:
    return next((entry for entry in reversed(entries) if id(entry) not in gone), None)

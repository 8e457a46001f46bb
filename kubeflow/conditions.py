"""The conditions of tasks: the part of CEL that TFX writes for `Cond`, and no more.

TFX writes comparisons (`==`, `<`, `>`) of an input's uri or metadata with numbers and texts, joined
by `&&`, `||`, `!` and `+`. What cannot be decided is an error; as in CEL one side of `&&` or `||`
may be that if the other one decides, and a property is not equal to a value of another kind.

Source: `placeholder_to_cel` in TFX's Kubeflow compiler; the language itself:
https://github.com/google/cel-spec; and cel-go, which Kubeflow evaluates it with.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from skewgate.core.errors import InputError

Inputs = Mapping[str, Any]
"""The `inputs` of an executor input."""
Condition = Callable[[Inputs], Any]

_TOKEN = re.compile(
    r"\s*(?:(?P<number>-?\d+(?:\.\d+)?(?:e[+-]?\d+)?)|(?P<text>'[^'\\\n\r]*')"
    r"|(?P<input>inputs\.artifacts\['(?P<key>[^']+)'\]\.artifacts\[(?P<index>\d+)\]"
    r"\.(?:uri|metadata\['(?P<field>[^']+)'\]))"
    r"|(?P<parameter>inputs\.parameter_values\['(?P<name>[^']+)'\])"
    r"|(?P<sign>==|&&|\|\||[<>!()+]))"
)
_OF_ANY_KIND = (".metadata[", ".parameter_values[")
"""What holds values whose kind is known at run time alone."""
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "==": lambda left, right: bool(left == right),
    "<": lambda left, right: bool(left < right),
    ">": lambda left, right: bool(left > right),
}


class _Parser:
    """A recursive descent over the tokens of one condition."""

    def __init__(self, text: str, where: str) -> None:
        self._text, self._where, self._place = text, where, 0

    def whole(self) -> Condition:
        found = self._either()
        if self._place < len(self._text.rstrip()):
            raise self._refuse()
        return found

    def _refuse(self) -> InputError:
        rest = self._text[self._place :].strip() or "its end"
        return InputError(
            self._where,
            f"has a condition unlike those that TFX writes, at {rest!r}",
            "compare properties and uris of inputs with numbers and texts",
        )

    def _next(self) -> re.Match[str]:
        found = _TOKEN.match(self._text, self._place)
        if found is None:
            raise self._refuse()
        return found

    def _takes(self, *signs: str) -> str | None:
        found = _TOKEN.match(self._text, self._place)
        if found is None or found["sign"] not in signs:
            return None
        self._place = found.end()
        return found["sign"]

    def _either(self) -> Condition:
        left = self._both()
        while self._takes("||"):
            left = self._logical(left, self._both(), until=True)
        return left

    def _both(self) -> Condition:
        left = self._comparison()
        while self._takes("&&"):
            left = self._logical(left, self._comparison(), until=False)
        return left

    def _logical(self, left: Condition, right: Condition, *, until: bool) -> Condition:
        def value(inputs: Inputs) -> bool:
            undecided: InputError | None = None
            for side in (left, right):
                try:
                    found = self._truth(side(inputs))
                except InputError as error:
                    undecided = undecided or error
                else:
                    if found is until:
                        return found
            if undecided is not None:
                raise undecided
            return not until

        return value

    def _comparison(self) -> Condition:
        start, left = self._place, self._sum()
        sign = self._takes("==", "<", ">")
        if sign is None:
            return left
        right, compare = self._sum(), _COMPARE[sign]
        found = self._text[start : self._place]
        unequal = sign == "==" and any(each in found for each in _OF_ANY_KIND)

        def value(inputs: Inputs) -> bool:
            pair = left(inputs), right(inputs)
            if unequal and type(pair[0]) is not type(pair[1]):
                return False
            self._alike(*pair)
            return compare(*pair)

        return value

    def _sum(self) -> Condition:
        left = self._unary()
        while self._takes("+"):
            left = self._added(left, self._unary())
        return left

    def _added(self, left: Condition, right: Condition) -> Condition:
        def value(inputs: Inputs) -> Any:
            pair = left(inputs), right(inputs)
            self._alike(*pair)
            return pair[0] + pair[1]

        return value

    def _unary(self) -> Condition:
        if self._takes("!"):
            inner = self._unary()
            return lambda inputs: not self._truth(inner(inputs))
        if self._takes("("):
            inner = self._either()
            if not self._takes(")"):
                raise self._refuse()
            return inner
        return self._operand()

    def _operand(self) -> Condition:
        match = self._next()
        if match["sign"]:
            raise self._refuse()
        self._place = match.end()
        if match["number"]:
            number = float(match["number"])
            return lambda _: number
        if match["text"]:
            text = match["text"][1:-1]
            return lambda _: text
        return lambda inputs: self._look_up(inputs, match)

    def _look_up(self, inputs: Inputs, match: re.Match[str]) -> Any:
        try:
            if match["parameter"]:
                value = inputs["parameterValues"][match["name"]]
            else:
                artifact = inputs["artifacts"][match["key"]]["artifacts"][int(match["index"])]
                value = artifact["metadata"][match["field"]] if match["field"] else artifact["uri"]
        except (KeyError, IndexError) as error:
            raise InputError(
                self._where, f"has a condition on {match[0].strip()}, which is missing"
            ) from error
        return float(value) if isinstance(value, int) and not isinstance(value, bool) else value

    def _alike(self, left: Any, right: Any) -> None:
        if type(left) is not type(right):
            raise InputError(self._where, f"has a condition that compares {left!r} with {right!r}")

    def _truth(self, value: Any) -> bool:
        if not isinstance(value, bool):
            raise InputError(self._where, f"has a condition that is {value!r}, not true or false")
        return value


def parse(text: str, where: str) -> Callable[[Inputs], bool]:
    """Parses a condition.

    Args:
        text: the condition.
        where: the task, for messages.

    Returns:
        A function of the inputs of the task. It raises InputError if the condition asks for what
        is not there, compares a number with a text, or is neither true nor false.

    Raises:
        InputError: the condition holds what TFX does not write.
    """
    parser = _Parser(text, where)
    value = parser.whole()
    return lambda inputs: parser._truth(value(inputs))

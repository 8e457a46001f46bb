import json

import pytest

from skewgate.core import nesting


def nested(depth):
    value = 1
    for at in range(depth):
        value = [value] if at % 2 else {"a": value}
    return value


def test_as_many_levels_as_the_bound_are_no_depth():
    assert not nesting.is_deep(nested(nesting.DEEPEST))
    assert nesting.is_deep(nested(nesting.DEEPEST + 1))


@pytest.mark.parametrize("value", [1, "[" * 100, None, [], {}, [[]] * 1_000])
def test_what_stands_side_by_side_is_no_depth(value):
    assert not nesting.is_deep(value)
    assert not nesting.is_deep(json.loads(json.dumps(value)))


@pytest.mark.parametrize("opening", ["{", "<", "[", "a <", "a: {"])
def test_messages_are_counted_by_what_opens_them(opening):
    assert not nesting.is_deep_message(opening * nesting.DEEPEST)
    assert nesting.is_deep_message(opening * (nesting.DEEPEST + 1))


@pytest.mark.parametrize(
    "text", ['"{{"', "'{{'", '"a\\"{{"', "'\\'{{'", "# {{\n", "a {}", 'b: "it\'s {"', "}"]
)
def test_text_comments_and_closed_messages_are_no_depth(text):
    assert not nesting.is_deep_message(text * 1_000)


def test_a_comment_ends_with_its_line():
    assert nesting.is_deep_message("# it's {\na {" * 100)

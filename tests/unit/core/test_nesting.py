import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skewgate.core import nesting


def nested(depth):
    value = 1
    for at in range(depth):
        value = [value] if at % 2 else {"a": value}
    return json.dumps(value)


def depth_of(value):
    inner = value.values() if isinstance(value, dict) else value
    is_leaf = not isinstance(value, dict | list)
    return 0 if is_leaf else 1 + max(map(depth_of, inner), default=0)


@pytest.mark.parametrize("of", [str, str.encode])
def test_as_many_levels_as_the_bound_are_no_depth(of):
    assert not nesting.is_deep(of(nested(nesting.DEEPEST)))
    assert nesting.is_deep(of(nested(nesting.DEEPEST + 1)))
    assert nesting.is_deep(of(nested(3)), 2)


@pytest.mark.parametrize("value", [1, "[" * 100, "\ud800[" * 100, None, [], {}, [[]] * 1_000])
def test_what_stands_side_by_side_is_no_depth(value):
    assert not nesting.is_deep(json.dumps(value))
    assert not nesting.is_deep(json.dumps(value, ensure_ascii=False))


@given(
    st.recursive(
        st.text('[]{}"\\\\a') | st.integers(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text('[{"\\\\'), inner),
    ),
    st.integers(0, 70),
    st.booleans(),
)
def test_depth_is_that_of_the_values(value, levels, objects):
    for _ in range(levels):
        value = {'"[': value} if objects else [value, "]"]
    assert nesting.is_deep(json.dumps(value)) == (depth_of(value) > nesting.DEEPEST)


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

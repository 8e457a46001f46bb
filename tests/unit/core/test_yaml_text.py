import pytest

from skewgate.core import yaml_text
from skewgate.core.errors import InputError


def refused(text):
    with pytest.raises(InputError) as caught:
        yaml_text.load(text, "drift.yaml")
    return str(caught.value)


def test_yaml_and_json_are_read_with_aliases_and_merges():
    text = "base: &base {ks: 0.1, psi: 0.2}\nfare: {<<: *base, ks: 0.3}\nmiles: *base"
    assert yaml_text.load(text, "x") == {
        "base": {"ks": 0.1, "psi": 0.2},
        "fare": {"ks": 0.3, "psi": 0.2},
        "miles": {"ks": 0.1, "psi": 0.2},
    }
    assert yaml_text.load('{"a": [1, {"b": null}]}', "x") == {"a": [1, {"b": None}]}


def test_a_key_that_stands_twice_is_refused():
    assert refused("a: 1\nb: {c: 1, c: 2}") == (
        "drift.yaml: line 2, column 11: is not valid YAML: the key 'c' appears twice. "
        "Fix: correct this line."
    )


@pytest.mark.parametrize("text", ["? {a: 1}\n: 2", "? [1, 2]\n: 3", "a: {? [b] : 1}"])
def test_a_key_that_is_no_plain_value_is_refused(text):
    assert "a key must be a text or a number, and not a mapping or a list" in refused(text)


@pytest.mark.parametrize(
    "text",
    ["[" * 3_000, "a: " + "[" * 100_000, "{a: " * 3_000, "- " * 3_000 + "1"],
    ids=["lists", "a list", "mappings", "block"],
)
def test_depth_that_would_end_the_process_is_refused(text):
    assert "more than 64 nested mappings and lists" in refused(text)


def test_any_depth_up_to_the_limit_is_read():
    found = yaml_text.load("[" * 63 + "7" + "]" * 63, "x")
    for _ in range(63):
        (found,) = found
    assert found == 7


def test_aliases_that_unfold_to_much_more_than_the_text_are_refused():
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{k}: &a{k} [{', '.join([f'*a{k - 1}'] * 9)}]" for k in range(1, 9)]
    assert "the aliases here expand to more than 100,000 values" in refused("\n".join(lines))


@pytest.mark.parametrize("text", ["&a [*a]", "a: &a {b: *a}"])
def test_an_alias_within_what_it_stands_for_is_refused(text):
    assert "an alias contains itself" in refused(text)


def test_a_scalar_that_looks_like_a_date_and_is_none_is_refused():
    assert refused("day: 2016-02-30").endswith("Fix: quote the value.")


def test_many_values_without_aliases_are_read():
    text = "\n".join(f"feature_{k}: {{threshold: 0.1}}" for k in range(3_000))
    assert len(yaml_text.load(text, "x")) == 3_000

import pytest

from skewgate.core.errors import InputError
from skewgate.data.sources.reading_options import RECOGNISED, ReadingOptions, parse_options


def test_nothing_is_given_unless_it_is_said():
    assert parse_options("{}", "reading") == RECOGNISED
    assert RECOGNISED.given() == {}


def test_what_is_given_comes_back_as_plain_values():
    text = '{"delimiter": ";", "decimal": ",", "header": ["a", "b"], "null_values": []}'
    options = parse_options(text, "reading")
    assert options.given() == {
        "delimiter": ";",
        "decimal": ",",
        "header": ["a", "b"],
        "null_values": [],
    }
    assert ReadingOptions(**options.given()) == options


@pytest.mark.parametrize("written", ["tab", "\\t", "\t"])
def test_tabs_have_names(written):
    assert ReadingOptions(delimiter=written).delimiter == "\t"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            '{"delimiter": ";;"}',
            "reading: delimiter: must be one ASCII character that is not a letter, digit, quote or "
            "line end, got ';;'. Fix: give one such as \";\" or tab.",
        ),
        (
            '{"decimal": "x"}',
            "reading: decimal: input should be '.' or ',', got 'x'. Fix: correct the value.",
        ),
        (
            '{"encoding": "klingon"}',
            "reading: encoding: is not an encoding that Python knows: 'klingon'. Fix: give one "
            "such as utf-8, cp1252, latin-1 or utf-16.",
        ),
        (
            '{"encoding": "hex"}',
            "reading: encoding: is not an encoding that Python knows: 'hex'. Fix: give one such as "
            "utf-8, cp1252, latin-1 or utf-16.",
        ),
        (
            '{"header": ["a", "b", "a"]}',
            "reading: header: has the name a twice. Fix: name every column once.",
        ),
        (
            '{"null_values": "NA"}',
            "reading: null_values: must be a list, got 'NA'. Fix: write [\"NA\"].",
        ),
        (
            '{"null_values": ["NA", null]}',
            "reading: null_values: must be a list of texts, and YAML reads one of them as None. "
            'Fix: quote it, as in ["NA", "null", "-999"].',
        ),
    ],
)
def test_a_wrong_value_is_one_sentence(text, message):
    with pytest.raises(InputError) as caught:
        parse_options(text, "reading")
    assert str(caught.value) == message


@pytest.mark.parametrize(("value", "shown"), [('"yes"', "'yes'"), ("[]", "[]"), ("[1]", "[1]")])
def test_a_header_is_names_or_true_or_false(value, shown):
    with pytest.raises(InputError) as caught:
        parse_options(f'{{"header": {value}}}', "reading")
    assert str(caught.value) == (
        f"reading: header: must be names of columns, or true or false, got {shown}. "
        'Fix: write names as ["a", "b"].'
    )


def test_an_unknown_option_lists_those_that_are_known():
    with pytest.raises(
        InputError, match="delimeter is not a known key; the keys known here are decimal, delimiter"
    ):
        parse_options('{"delimeter": ";"}', "reading")

"""What nobody sees is written as its number, and machines read what they read before."""

import json
import unicodedata

import pytest
import yaml
from google.protobuf import text_format
from hypothesis import given
from hypothesis import strategies as st
from tensorflow_metadata.proto.v0 import schema_pb2

from skewgate.core.hidden import visible, visible_json, visible_lines, visible_textproto
from skewgate.core.yaml_writing import visible_yaml

ACTIVE = [
    *map(chr, [*range(0x20), 0x7F, *range(0x80, 0xA0)]),
    *"\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069",
    *"\u200b\u200c\u200d\u2060\ufeff\u00ad\u180e\u3164\u2028\u2029\ufff9\ufffe\uffff",
    *"\ud800\udfff\U000e0001\U000e0041\U000e0100",
]
TEXT = st.text(st.one_of(st.sampled_from(ACTIVE), st.characters()))


@pytest.mark.parametrize("character", ACTIVE, ids=lambda each: f"{ord(each):04x}")
def test_each_is_its_number_wherever_it_is_written(character):
    number = f"{ord(character):x}"
    assert visible(f"a{character}b").lower() in (f"a\\u{number:0>4}b", f"a\\u{number:0>8}b")
    if character not in "\n\t":
        assert character not in visible_lines(f"a{character}b")
    text = json.dumps({"a": character}, ensure_ascii=False)
    assert character not in visible_json(text)
    assert json.loads(visible_json(text)) == {"a": character}


def test_letters_of_all_languages_stay():
    text = "größe 東京 नमस्ते عمر \N{GRINNING FACE} \N{HEAVY BLACK HEART}\ufe0f"
    assert visible(text) == text
    assert visible_json(json.dumps(text, ensure_ascii=False)) == json.dumps(
        text, ensure_ascii=False
    )


@given(TEXT)
def test_nothing_is_left_but_lines(text):
    left = {each for each in visible_lines(text) if unicodedata.category(each) in ("Cc", "Cs")}
    assert left <= {"\n", "\t", "\r"}
    assert "\r" not in visible_lines(text).replace("\r\n", "")
    assert visible(visible(text)) == visible(text)


@given(st.dictionaries(TEXT, TEXT))
def test_json_means_the_same(content):
    text = visible_json(json.dumps(content, ensure_ascii=False))
    assert json.loads(text) == content
    assert visible(text) == text
    assert visible_json(text, ascii_only=True).isascii()


@given(st.dictionaries(st.text(st.one_of(st.sampled_from(ACTIVE[:-5]), st.characters())), TEXT))
def test_yaml_means_the_same(content):
    content = {
        each.encode("utf-8", "replace").decode(): "".join(
            c for c in value if not "\ud800" <= c <= "\udfff"
        )
        for each, value in content.items()
    }
    text = visible_yaml(content)
    assert yaml.safe_load(text) == content
    assert visible_lines(text) == text


@given(
    st.text(
        st.one_of(st.sampled_from(ACTIVE), st.characters()).filter(
            lambda c: not "\ud800" <= c <= "\udfff"
        )
    )
)
def test_text_format_means_the_same(name):
    schema = schema_pb2.Schema(feature=[schema_pb2.Feature(name=name)])
    text = visible_textproto(text_format.MessageToString(schema, as_utf8=True))
    assert text_format.Parse(text, schema_pb2.Schema()) == schema
    assert visible_lines(text) == text

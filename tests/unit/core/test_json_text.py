import pytest

from skewgate.core import json_text
from skewgate.core.errors import InputError


def test_text_and_bytes_are_read_with_the_options_of_json():
    assert json_text.load('{"a": [1, null]}') == {"a": [1, None]}
    assert json_text.load('["é"]'.encode("utf-16")) == ["é"]
    assert json_text.load("[1.5]", parse_float=str) == ["1.5"]


@pytest.mark.parametrize("levels", [65, 500, 5_000, 100_000])
@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ('{"a":', "}")])
def test_depth_is_a_value_error_as_all_that_is_not_json(levels, opening, closing):
    with pytest.raises(ValueError, match="more than 64 nested lists and objects"):
        json_text.load(opening * levels + "1" + closing * levels)


def test_depth_without_an_end_is_a_value_error():
    with pytest.raises(ValueError, match="nested lists and objects"):
        json_text.load("[" * 100_000)


@pytest.mark.parametrize("text", ["9" * 5_000, "{", b"\xff", ""])
def test_what_is_not_read_is_an_error_in_one_sentence(text):
    with pytest.raises(InputError, match=r"^kept\.json: is not JSON \(.*\)\. Fix: delete it\.$"):
        json_text.parse(text, "kept.json", "delete it")

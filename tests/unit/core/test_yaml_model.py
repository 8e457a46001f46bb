import pydantic
import pytest

from skewgate.checks.drift import config as drift_config
from skewgate.core import yaml_model
from skewgate.core.errors import InputError


class Inner(yaml_model.StrictModel):
    renamed = {"tint": yaml_model.Renamed("colour", lambda keys: f"write `colour: {keys['tint']}`")}
    colour: str = "red"
    count: int = 0


class Outer(yaml_model.StrictModel):
    name: str
    inner: Inner = Inner()
    share: float = pydantic.Field(default=0.5, gt=0, le=1)

    @pydantic.field_validator("name")
    @classmethod
    def _check(cls, value):
        if value == "forbidden":
            raise ValueError("name must not be 'forbidden'")
        if value == "old":
            raise yaml_model.RefusedError("must be young, got 'old'", "be young")
        with yaml_model.refusing():
            if value == "taken":
                raise InputError("somewhere", "is taken by another", "take another")
            if value == "wrong":
                raise InputError("somewhere", "is wrong")
        return value


def message(text):
    with pytest.raises(InputError) as caught:
        yaml_model.parse(Outer, text, "thing.yaml")
    return str(caught.value)


@pytest.mark.parametrize(
    "text", ["name: a\ninner: {count: 3}", '{"name": "a", "inner": {"count": 3}}']
)
def test_yaml_and_json_are_read(text):
    assert yaml_model.parse(Outer, text, "thing") == Outer(name="a", inner=Inner(count=3))


def test_parsed_model_is_frozen():
    with pytest.raises(pydantic.ValidationError, match="frozen"):
        yaml_model.parse(Outer, "name: a", "thing").name = "b"


def test_malformed_yaml_names_the_line_and_column():
    text = message("name: a\ninner: [1\nshare: 2")
    assert text.startswith("thing.yaml: line 3, column 6: is not valid YAML: ")
    assert text.endswith("Fix: correct this line.")


@pytest.mark.parametrize(
    ("text", "found"),
    [("", "nothing"), ("# only a comment", "nothing"), ("[1]", "list"), ("7", "int")],
)
def test_what_is_no_mapping_is_refused(text, found):
    assert message(text) == f"thing.yaml: must be a mapping of keys to values, got {found}."


def test_a_scalar_that_looks_like_a_date_and_is_none_is_refused():
    assert message("name: 2015-13-45").startswith("thing.yaml: is not valid YAML: month must be in")


def test_control_characters_are_refused():
    assert "is not valid YAML" in message("name: a\x00b")


def test_unknown_key_lists_the_known_and_suggests_the_nearest():
    assert message("name: a\nshar: 0.2") == (
        "thing.yaml: shar is not a known key; the keys known here are inner, name, share. "
        "Fix: did you mean 'share'."
    )


def test_unknown_nested_key_suggests_among_its_neighbours():
    assert message("name: a\ninner: {color: blue}") == (
        "thing.yaml: inner.color is not a known key; the keys known here are colour, count. "
        "Fix: did you mean 'colour'."
    )


def test_unknown_key_like_no_other_is_to_be_removed():
    assert message("name: a\nzzz: 1").endswith("Fix: remove it.")


def test_missing_key_is_named():
    assert message("share: 0.2") == (
        "thing.yaml: name is required and missing. Fix: add the key name."
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("name: a\nshare: 1.5", "share: input should be less than or equal to 1, got 1.5"),
        ("name: a\nshare: 0", "share: input should be greater than 0, got 0"),
        ("name: a\ninner: {count: many}", "inner.count: input should be a valid integer"),
        ("name: a\ninner: 3", "inner: input should be a valid dictionary"),
    ],
)
def test_wrong_value_says_where_what_and_what_was_expected(text, expected):
    assert message(text).startswith(f"thing.yaml: {expected}")


def test_own_sentence_is_kept_as_it_is():
    assert message("name: forbidden") == (
        "thing.yaml: name: name must not be 'forbidden'. Fix: correct the value."
    )


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("old", "must be young, got 'old'. Fix: be young."),
        ("taken", "is taken by another. Fix: take another."),
        ("wrong", "is wrong. Fix: correct the value."),
    ],
)
def test_a_validator_that_knows_the_fix_says_it(name, sentence):
    assert message(f"name: {name}") == f"thing.yaml: name: {sentence}"


def test_a_renamed_key_is_refused_with_its_new_name_and_value():
    assert message("name: a\ninner: {count: 3, tint: blue}") == (
        "thing.yaml: inner.tint is now inner.colour. Fix: write `colour: blue`."
    )


def test_file_is_loaded(tmp_path):
    path = tmp_path / "thing.yaml"
    path.write_text("name: größer", encoding="utf-8")
    assert yaml_model.load(Outer, path).name == "größer"


def test_missing_file_is_named(tmp_path):
    with pytest.raises(InputError, match=r"absent.yaml: no such file\. Fix: check the path\."):
        yaml_model.load(Outer, tmp_path / "absent.yaml")


def test_folder_in_place_of_a_file_is_named(tmp_path):
    with pytest.raises(InputError, match="cannot be read: Is a directory"):
        yaml_model.read_text(tmp_path)


def test_file_that_is_not_utf8_is_named_with_line_and_byte(tmp_path):
    path = tmp_path / "thing.yaml"
    path.write_bytes(b"name: a\nshare: 0.2\n# caf\xe9\n")
    with pytest.raises(InputError) as caught:
        yaml_model.load(Outer, str(path))
    assert str(caught.value) == (
        f"{path}: line 3: byte 0xe9 is not UTF-8. Fix: save the file as UTF-8."
    )


def test_a_key_that_stands_twice_is_refused():
    text = "version: 1\nfeatures:\n  fare: {ks: 0.1}\n  fare: {ks: 0.9}\n"
    with pytest.raises(InputError, match=r"drift.yaml: line 4, .* the key 'fare' appears twice"):
        yaml_model.parse(drift_config.DriftConfig, text, "drift.yaml")


def test_all_faults_of_a_file_are_said_and_what_explains_another_stands_for_it():
    content = {"nam": "a", "share": 7, "inner": {"tint": "blue", "count": "many"}, "more": 1}
    found = yaml_model.all_faults(Outer, content, "thing.yaml")
    assert {fault.keys for fault in found} == {
        ("nam",),
        ("share",),
        ("inner", "tint"),
        ("inner", "count"),
        ("more",),
    }
    assert all(fault.where == "thing.yaml" for fault in found)
    assert yaml_model.all_faults(Outer, {"name": "a"}, "thing.yaml") == []


def test_a_key_is_known_by_the_name_that_stands_in_the_file():
    class Aliased(yaml_model.StrictModel):
        schema_path: str = pydantic.Field(alias="schema")

    (fault,) = yaml_model.all_faults(Aliased, {"shema": "a"}, "thing.yaml")
    assert str(fault) == (
        "thing.yaml: shema is not a known key; the keys known here are schema. "
        "Fix: did you mean 'schema'."
    )

import pytest

from skewgate.core.errors import InputError
from skewgate.schema import reading

TEXT = """
feature { name: "area" type: INT int_domain { is_categorical: true } }
feature { name: "hour" type: INT int_domain { min: 0 max: 23 } }
feature { name: "company" type: BYTES }
"""


def test_a_schema_is_read(tmp_path):
    path = tmp_path / "schema.pbtxt"
    path.write_text(TEXT)
    assert [feature.name for feature in reading.load_schema(path).feature] == [
        "area",
        "hour",
        "company",
    ]


def test_integers_that_are_categories():
    assert reading.categorical_features(reading.parse_schema(TEXT, "s")) == {"area"}


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "schema.pbtxt: declares no feature. Fix: add the features of your data."),
        ("# nothing", "schema.pbtxt: declares no feature. Fix: add the features of your data."),
        ('feature { name: "a" }\nfeture { }', "schema.pbtxt: line 2: is not a TFMD Schema"),
        ("feature { struct_domain { " * 2_000, "schema.pbtxt: is not a TFMD Schema in text"),
        ("feature { type: REAL }", "schema.pbtxt: line 1: is not a TFMD Schema"),
        ("feature {", "schema.pbtxt: line 1: is not a TFMD Schema in text format"),
        ("feature { type: INT }", "schema.pbtxt: has a feature without a name. Fix: give it"),
        (2 * 'feature { name: "a" }', "schema.pbtxt: declares the feature a twice. Fix: remove"),
        (
            'feature { name: "a" }' + 2 * ' sparse_feature { name: "b" }',
            "schema.pbtxt: declares the sparse_feature b twice",
        ),
        (
            'feature { name: "a" }' + 2 * ' string_domain { name: "b" }',
            "schema.pbtxt: declares the string_domain b twice",
        ),
    ],
)
def test_what_is_no_schema_is_refused_with_its_line(text, problem):
    with pytest.raises(InputError) as caught:
        reading.parse_schema(text, "schema.pbtxt")
    assert str(caught.value).startswith(problem)
    assert "\n" not in str(caught.value)


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"gone\.pbtxt"):
        reading.load_schema(tmp_path / "gone.pbtxt")

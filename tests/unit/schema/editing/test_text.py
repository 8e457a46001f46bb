import re

import hypothesis
import pytest
from google.protobuf import text_format
from hypothesis import strategies as st
from tensorflow_metadata.proto.v0 import schema_pb2

from skewgate.core.errors import InputError
from skewgate.schema.editing import text as schema_text
from skewgate.schema.editing import tokens as schema_tokens
from skewgate.schema.editing.render import render_schema
from skewgate.schema.reading import parse_schema

TEXT = """\
# What a trip must be.
default_environment: "TRAINING"
default_environment: 'SERVING'   # logged by the service

# In dollars # not cents.
feature {
  name: "fare"
  type: FLOAT  # as the meter prints it
  presence { min_fraction: 1.0 min_count: 1 }
  float_domain { min: 0 }
}
feature: <
  name: 'pay' "ment"; type: BYTES
  domain: "payment",
  # Quarterly, see the report.
  skew_comparator { infinity_norm { threshold: 0.25 } }  # { not a brace
>
feature {
  name: "label" type: INT
  not_in_environment: "SERVING"  # not known then
}

string_domain {
  name: "payment"
  value: "Cash"  # "quoted"
  value: "Card"
  value: "it's #1 {}"
}
"""


def change(text, edit_wanted):
    """Edits a text and checks that the result says what is wanted; returns it."""
    wanted = parse_schema(text, "schema.pbtxt")
    edit_wanted(wanted)
    edited = schema_text.edit(text, wanted)
    assert text_format.Parse(edited.text, schema_pb2.Schema()) == wanted
    return edited


def feature(schema, name):
    return next(feature for feature in schema.feature if feature.name == name)


def replaced(text, *pairs):
    for before, after in pairs:
        assert text.count(before) == 1
        text = text.replace(before, after)
    return text


def test_nothing_wanted_changes_nothing():
    edited = change(TEXT, lambda schema: None)
    assert edited == schema_text.Edited(TEXT, False, ())


def test_a_number_is_replaced_where_it_stands():
    def wanted(schema):
        feature(schema, "fare").float_domain.min = -3.5
        feature(schema, "payment").skew_comparator.infinity_norm.threshold = 0.5

    assert change(TEXT, wanted).text == replaced(
        TEXT, ("min: 0 }", "min: -3.5 }"), ("threshold: 0.25", "threshold: 0.5")
    )


def test_a_new_value_of_a_domain_stands_behind_the_others():
    def wanted(schema):
        schema.string_domain[0].value.append("Bitcoin")

    last = '  value: "it\'s #1 {}"\n'
    assert change(TEXT, wanted).text == replaced(TEXT, (last, f'{last}  value: "Bitcoin"\n'))


def test_a_value_leaves_with_its_line_and_its_comment_is_told():
    def wanted(schema):
        schema.string_domain[0].value.remove("Cash")

    edited = change(TEXT, wanted)
    assert edited.text == replaced(TEXT, ('  value: "Cash"  # "quoted"\n', ""))
    assert edited.lost == ('# "quoted"',)


def test_a_new_field_joins_the_line_of_a_short_message():
    def wanted(schema):
        feature(schema, "fare").float_domain.max = 900

    assert change(TEXT, wanted).text == replaced(TEXT, ("min: 0 }", "min: 0 max: 900.0 }"))


def test_a_new_field_stands_on_a_line_of_its_own_in_a_long_message():
    def wanted(schema):
        feature(schema, "fare").drift_comparator.jensen_shannon_divergence.threshold = 0.1

    domain = "  float_domain { min: 0 }\n"
    line = "  drift_comparator { jensen_shannon_divergence { threshold: 0.1 } }\n"
    assert change(TEXT, wanted).text == replaced(TEXT, (domain, domain + line))


def test_a_domain_of_another_kind_takes_the_place_of_the_old_one():
    def wanted(schema):
        feature(schema, "fare").int_domain.min = 3

    assert change(TEXT, wanted).text == replaced(
        TEXT, ("float_domain { min: 0 }", "int_domain { min: 3 }")
    )


def test_a_feature_leaves_and_another_comes():
    def wanted(schema):
        del schema.feature[2]
        tip = schema.feature.add(name="tip", type=schema_pb2.FLOAT)
        tip.presence.min_fraction = 1

    edited = change(TEXT, wanted)
    old = TEXT[TEXT.index('feature {\n  name: "label"') : TEXT.index("string_domain")]
    new = 'feature {\n  name: "tip"\n  type: FLOAT\n  presence { min_fraction: 1.0 }\n}\n\n'
    assert edited.text == replaced(TEXT, (old, "\n" + new))


def test_line_ends_of_windows_stay():
    def wanted(schema):
        schema.string_domain[0].value.append("Bitcoin")
        feature(schema, "label").ClearField("not_in_environment")

    edited = change(TEXT.replace("\n", "\r\n"), wanted)
    assert edited.text.count("\n") == edited.text.count("\r\n")
    assert edited.text.replace("\r\n", "\n") == change(TEXT, wanted).text


def test_a_list_in_brackets_is_written_anew_and_its_feature_stays():
    text = 'feature { name: "a" type: INT in_environment: ["A", "B"] }  # kept\n'

    def wanted(schema):
        schema.feature[0].in_environment.append("C")

    assert change(text, wanted).text == replaced(text, ('["A", "B"]', '["A", "B", "C"]'))


def test_a_field_that_cannot_be_edited_is_replaced_whole_and_its_comment_is_told():
    text = """\
feature { name: "kept" type: INT }  # stays
feature {  # of a shop
  name: "a"
  type: INT
  shape { dim: [{ size: 1 }, { size: 2 }] }  # two by
}
"""

    def wanted(schema):
        schema.feature[1].shape.dim.add(size=3)

    edited = change(text, wanted)
    assert not edited.rewritten
    assert edited.text.startswith('feature { name: "kept" type: INT }  # stays\nfeature {  # of')
    assert edited.text.count("# two by") == 1


def test_a_text_of_one_list_of_features_is_written_anew():
    text = '# Mine.\nfeature: [{ name: "a" type: INT }, { name: "b" type: INT }]\n'

    def wanted(schema):
        schema.feature.add(name="c", type=schema_pb2.INT)

    edited = change(text, wanted)
    assert edited.rewritten
    assert edited.lost == ("# Mine.",)


def test_a_text_that_is_no_schema_is_refused():
    with pytest.raises(InputError, match=r"mine: line 1: is not a TFMD Schema"):
        schema_text.edit("feature { nam: 1 }", schema_pb2.Schema(), "mine")


@pytest.mark.parametrize("text", ["a {", "a: ", "} a: 1", 'a: "b', "a ? 1", "a: ,", "[b.c"])
def test_broken_text_has_no_fields(text):
    with pytest.raises(schema_tokens.TextError):
        schema_tokens.fields(text)


def test_every_form_of_a_field_is_found():
    text = "a: 1 b { c: - 2; } [x.y.z] { d: inf } e: <f: 'g' \"h\",> i: [1, {j: 2}] k: 1.5e-3"
    assert [entry.name for entry in schema_tokens.fields(text)] == [
        *("a", "b", "[x.y.z]", "e", "i", "k")
    ]
    assert [text[entry.value : entry.end] for entry in schema_tokens.fields(text)] == [
        "1",
        "{ c: - 2; }",
        "{ d: inf }",
        "<f: 'g' \"h\",>",
        "[1, {j: 2}]",
        "1.5e-3",
    ]


def test_a_rendered_schema_reads_well():
    schema = parse_schema(TEXT, "")
    text = render_schema(schema, "Two\nlines.")
    assert text.startswith('# Two\n# lines.\ndefault_environment: "TRAINING"\n')
    assert '\n\nfeature {\n  name: "fare"\n  type: FLOAT\n  presence { min' in text
    assert text_format.Parse(text, schema_pb2.Schema()) == schema


# Any schema in any format, any change of it.

NAMES = st.sampled_from(["fare", "payment type", 'a"b', "it's", "#", "{", "été", "x\\y", "z\n"])
NUMBERS = st.sampled_from([0, 1, -3.5, 0.25, 1e-9, 3e30, float("inf")])
COUNTS = st.integers(-3, 10**12)
THRESHOLDS = st.builds(schema_pb2.InfinityNorm, threshold=NUMBERS)
COMPARATORS = st.builds(
    schema_pb2.FeatureComparator,
    infinity_norm=st.none() | THRESHOLDS,
    jensen_shannon_divergence=st.none()
    | st.builds(schema_pb2.JensenShannonDivergence, threshold=NUMBERS),
)
DOMAINS = st.one_of(
    st.just({}),
    st.fixed_dictionaries({"domain": NAMES}),
    st.builds(
        lambda low, high: {"float_domain": schema_pb2.FloatDomain(min=low, max=high)},
        st.none() | NUMBERS,
        st.none() | NUMBERS,
    ),
    st.builds(
        lambda low, kind: {"int_domain": schema_pb2.IntDomain(min=low, is_categorical=kind)},
        st.none() | COUNTS,
        st.none() | st.booleans(),
    ),
    st.builds(
        lambda values: {"string_domain": schema_pb2.StringDomain(value=values)},
        st.lists(NAMES, max_size=3),
    ),
)
SHAPES = st.one_of(
    st.just({}),
    st.builds(lambda low: {"value_count": schema_pb2.ValueCount(min=low, max=7)}, COUNTS),
    st.builds(
        lambda sizes: {
            "shape": schema_pb2.FixedShape(dim=[schema_pb2.FixedShape.Dim(size=n) for n in sizes])
        },
        st.lists(COUNTS, max_size=3),
    ),
)


@st.composite
def features(draw):
    made = schema_pb2.Feature(
        name=draw(NAMES),
        type=draw(st.none() | st.sampled_from([1, 2, 3])),
        presence=draw(
            st.none() | st.builds(schema_pb2.FeaturePresence, min_fraction=st.none() | NUMBERS)
        ),
        skew_comparator=draw(st.none() | COMPARATORS),
        in_environment=draw(st.lists(NAMES, max_size=2)),
        not_in_environment=draw(st.lists(NAMES, max_size=2)),
        lifecycle_stage=draw(st.none() | st.sampled_from([0, 3, 4])),
        **draw(DOMAINS),
        **draw(SHAPES),
    )
    for inner in draw(st.lists(NAMES, max_size=2)) if draw(st.booleans()) else ():
        made.struct_domain.feature.add(name=inner, type=schema_pb2.INT)
    return made


def _name(item):
    return item.name


SCHEMAS = st.builds(
    schema_pb2.Schema,
    feature=st.lists(features(), min_size=1, max_size=4, unique_by=_name),
    string_domain=st.lists(
        st.builds(schema_pb2.StringDomain, name=NAMES, value=st.lists(NAMES, max_size=4)),
        max_size=3,
        unique_by=_name,
    ),
    default_environment=st.lists(NAMES, max_size=2),
    dataset_constraints=st.none()
    | st.builds(schema_pb2.DatasetConstraints, min_examples_count=COUNTS),
)


@st.composite
def texts(draw, schema):
    """Writes a schema in some format, with comments wherever they may stand."""
    style = draw(st.sampled_from(["lines", "pointy", "one line", "ours"]))
    if style == "ours":
        text = render_schema(schema)
    else:
        text = text_format.MessageToString(
            schema,
            as_utf8=draw(st.booleans()),
            as_one_line=style == "one line",
            pointy_brackets=style == "pointy",
        )
    if style == "one line":
        return text + draw(st.sampled_from(["", "\n", "  # end"]))
    lines = []
    for line in text.splitlines():
        if draw(st.integers(0, 5)) == 0:
            lines.append("  # above { \" '")
        ends = ["", "", "", "  # beside }", " "]
        if re.match(r" *\w+: ", line):
            ends += [";", ","]
        lines.append(line + draw(st.sampled_from(ends)))
    end = draw(st.sampled_from(["\n", "\r\n"]))
    return end.join(lines) + draw(st.sampled_from(["", end]))


@st.composite
def changes(draw):
    """Returns a text, and a schema that shares some features and fields with what it says."""
    old = draw(SCHEMAS)
    new = schema_pb2.Schema()
    if draw(st.booleans()):
        new.CopyFrom(draw(SCHEMAS))
    else:
        new.CopyFrom(old)
        for item in new.feature:
            if draw(st.booleans()):
                name = item.name
                item.CopyFrom(draw(features()))
                item.name = name
        for domain in new.string_domain:
            domain.value.extend(draw(st.lists(NAMES, max_size=2)))
        known = {item.name for item in new.feature}
        added = draw(st.lists(features(), max_size=2, unique_by=_name))
        new.feature.extend(item for item in added if item.name not in known)
    return draw(texts(old)), new


def same(text, schema):
    parsed = text_format.Parse(text, schema_pb2.Schema())
    return parsed.SerializeToString(deterministic=True) == schema.SerializeToString(
        deterministic=True
    )


@hypothesis.given(changes())
@hypothesis.settings(max_examples=200)
def test_an_edited_text_says_what_is_wanted_whatever_its_format(case):
    text, wanted = case
    assert same(schema_text.edit(text, wanted).text, wanted)


@hypothesis.given(SCHEMAS.flatmap(texts))
def test_a_text_that_says_what_is_wanted_stays(text):
    edited = schema_text.edit(text, text_format.Parse(text, schema_pb2.Schema()))
    assert edited == schema_text.Edited(text, False, ())


@hypothesis.given(st.data(), SCHEMAS)
@hypothesis.settings(max_examples=60)
def test_lines_of_other_features_stay(data, schema):
    hypothesis.assume(len({item.name for item in schema.feature}) == len(schema.feature))
    text = data.draw(texts(schema))
    wanted = schema_pb2.Schema()
    wanted.CopyFrom(schema)
    place = data.draw(st.integers(0, len(schema.feature) - 1))
    wanted.feature[place].type = 1 + wanted.feature[place].type % 3
    edited = schema_text.edit(text, wanted)
    assert same(edited.text, wanted)
    assert not edited.rewritten
    assert edited.lost == ()
    block = [entry for entry in schema_tokens.fields(text) if entry.name == "feature"][place]
    assert edited.text.startswith(text[: block.start])
    assert edited.text.endswith(text[block.stop :])

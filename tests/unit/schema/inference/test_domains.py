import pytest
from google.protobuf import text_format
from tensorflow_metadata.proto.v0 import schema_pb2, statistics_pb2

from skewgate.schema.inference.domains import MOST_VALUES, add_domain
from skewgate.schema.inference.views import FeatureView

KINDS = statistics_pb2.FeatureNameStatistics


def domain_of(statistics, schema=None, steps=("a",)):
    """Returns a feature that has nothing but the domain of its statistics."""
    feature = schema_pb2.Feature()
    schema = schema_pb2.Schema() if schema is None else schema
    add_domain(FeatureView(statistics, steps, False), feature, schema)
    return feature


def feature(text):
    return text_format.Parse(text, schema_pb2.Feature())


def texts(*labels, kind=KINDS.STRING):
    statistics = KINDS(type=kind)
    for label in labels:
        statistics.string_stats.rank_histogram.buckets.add(label=label, sample_count=1)
    return statistics


def numbers(least, most, kind=KINDS.INT):
    statistics = KINDS(type=kind)
    statistics.num_stats.min, statistics.num_stats.max = least, most
    return statistics


# Few values.


def test_few_texts_are_a_domain_of_sorted_values_named_as_the_feature():
    schema = schema_pb2.Schema()
    found = domain_of(texts("b", "a"), schema, ("trip", "paid.by"))
    [domain] = schema.string_domain
    assert found.domain == domain.name == "trip.'paid.by'"
    assert list(domain.value) == ["a", "b"]


@pytest.mark.parametrize(("count", "has_domain"), [(0, False), (100, True), (101, False)])
def test_up_to_a_hundred_values_are_listed(count, has_domain):
    assert MOST_VALUES == 100
    assert domain_of(texts(*(f"v{n}" for n in range(count)))).HasField("domain") == has_domain


def test_a_taken_name_of_a_domain_is_counted_up():
    schema = schema_pb2.Schema()
    for name in ("a", "a2"):
        schema.string_domain.add(name=name)
    assert domain_of(texts("x", "y"), schema).domain == "a3"
    assert schema.string_domain[-1].name == "a3"


def test_numbers_that_are_categories_are_a_domain_too():
    assert domain_of(texts("1", "2", kind=KINDS.INT)).domain == "a"


def test_bytes_and_text_with_bytes_among_it_have_none():
    assert domain_of(texts("x", "y", kind=KINDS.BYTES)) == feature("")
    broken = texts("x", "y")
    broken.string_stats.invalid_utf8_count = 1
    assert domain_of(broken) == feature("")


# Truth values.


@pytest.mark.parametrize(
    ("statistics", "expected"),
    [
        (numbers(0, 1), "bool_domain { }"),
        (numbers(1, 1), "bool_domain { }"),
        (numbers(0, 0), ""),
        (numbers(-1, 1), ""),
        (numbers(0, 2), ""),
        (numbers(0, 1, KINDS.FLOAT), ""),
        (texts("true", "false"), 'bool_domain { true_value: "true" false_value: "false" }'),
        (texts("0", "1"), 'bool_domain { true_value: "1" false_value: "0" }'),
        (texts("set"), 'bool_domain { true_value: "set" }'),
        (texts("FALSE"), 'bool_domain { false_value: "FALSE" }'),
        (texts("", "clear"), 'bool_domain { true_value: "" false_value: "clear" }'),
        (texts("TRUE", "true"), 'domain: "a"'),
        (texts("0", "false"), 'domain: "a"'),
        (texts("True", "False"), 'domain: "a"'),
        (texts("true", "false", "maybe"), 'domain: "a"'),
    ],
)
def test_truth_values_are_known_by_their_names(statistics, expected):
    assert domain_of(statistics) == feature(expected)


# Text that is numbers.


@pytest.mark.parametrize(
    ("text", "is_whole"),
    [
        ("60601", True),
        (" +7\n", True),
        ("-0", True),
        ("9223372036854775807", True),
        ("9223372036854775808", False),
        ("-9223372036854775808", True),
        ("-9223372036854775809", False),
        ("0" * 5000 + "7", True),
        ("9" * 5000, False),
        ("+", False),
        (" ", False),
        ("- 7", False),
        ("1_000", False),
        ("1.0", False),
        ("٣", False),
        ("\u00a07", False),
    ],
)
def test_whole_numbers_of_64_bits_are_read_from_text(text, is_whole):
    found = domain_of(texts(text, "7")).WhichOneof("domain_info")
    assert found == ("int_domain" if is_whole else "domain")


def test_one_text_that_is_no_number_makes_all_text():
    assert domain_of(texts("60601", "60602", "n/a")).domain == "a"


# Domains that the statistics declare.


def declaring(*found):
    statistics = texts("true", "false")
    for text in found:
        statistics.custom_stats.add(name="domain_info", str=text)
    return statistics


@pytest.mark.parametrize(
    "found", [["image_domain {}"], ["", "image_domain {}"], ["  image_domain { }  # pictures"]]
)
def test_a_declared_domain_comes_first(found):
    assert domain_of(declaring(*found)) == feature("image_domain {}")


@pytest.mark.parametrize(
    "found",
    [
        [""],
        ["image_domain"],
        ["no_domain {}"],
        ["name: 'b'"],
        ["presence { min_count: 1 }"],
        ["image_domain {} type: INT"],
        ["image_domain {} lifecycle_stage: BETA"],
        ["image_domain {} url_domain {}"],
        ["image_domain {}", "image_domain {}"],
        ["image_domain {}", ""],
    ],
)
def test_what_is_not_one_domain_declares_none(found):
    assert domain_of(declaring(*found)).HasField("bool_domain")

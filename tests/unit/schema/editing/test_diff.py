import json

import pytest
from google.protobuf import text_format
from tensorflow_metadata.proto.v0 import schema_pb2

from skewgate.schema.editing.diff import aligned, diff

OLD = """
default_environment: "TRAINING"
default_environment: "SERVING"
feature {
  name: "fare" type: FLOAT presence { min_fraction: 1 min_count: 1 } float_domain { min: 0 }
}
feature {
  name: "payment" type: BYTES value_count { min: 1 max: 1 } domain: "payment"
  skew_comparator { infinity_norm { threshold: 0.25 } }
}
feature { name: "hour" type: INT int_domain { min: 0 max: 23 } }
feature { name: "label" type: INT not_in_environment: "SERVING" }
feature { name: "trip" type: STRUCT struct_domain { feature { name: "miles" type: FLOAT } } }
sparse_feature { name: "words" is_sorted: true }
string_domain { name: "payment" value: "Cash" value: "Card" }
dataset_constraints { min_examples_count: 100 }
"""


def schema(text=OLD):
    return text_format.Parse(text, schema_pb2.Schema())


def said(*pairs):
    """Says in what a schema differs whose text differs so."""
    text = OLD
    for before, after in pairs:
        assert text.count(before) == 1
        text = text.replace(before, after)
    return [str(difference) for difference in diff(schema(), schema(text))]


def test_equal_schemas_do_not_differ():
    assert said() == []


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        (
            'float_domain { min: 0 }',
            'float_domain { min: -3.5 max: 1e3 }',
            ["fare: float_domain min 0 -> -3.5", "fare: float_domain max none -> 1000"],
        ),
        ("float_domain { min: 0 }", "", ["fare: float_domain {min: 0.0} -> none"]),
        ("min_fraction: 1 ", "min_fraction: 0.98 ", ["fare: presence min_fraction 1 -> 0.98"]),
        ('value_count { min: 1 max: 1 }', 'value_count { min: 1 max: 3 }',
         ["payment: value_count max 1 -> 3"]),
        ('"fare" type: FLOAT', '"fare" type: INT', ["fare: type FLOAT -> INT"]),
        ('value: "Cash"', 'value: "Cash" value: "Bitcoin"', ["payment: domain gains 'Bitcoin'"]),
        ('value: "Cash"', 'value: "Bit" value: "Coin"',
         ["payment: domain gains 'Bit', 'Coin'", "payment: domain loses 'Cash'"]),
        ("threshold: 0.25", "threshold: 0.3",
         ["payment: skew_comparator infinity_norm threshold 0.25 -> 0.3"]),
        ('not_in_environment: "SERVING"', "", ["label: not_in_environment loses 'SERVING'"]),
        ("min: 0 max: 23", "min: 0 max: 23 is_categorical: true",
         ["hour: int_domain is_categorical none -> true"]),
        ("max: 23 } }", "max: 23 } lifecycle_stage: DEPRECATED }",
         ["hour: lifecycle_stage none -> DEPRECATED"]),
        ('"miles" type: FLOAT', '"miles" type: INT', ["trip.miles: type FLOAT -> INT"]),
        ("is_sorted: true", "is_sorted: false", ["words: is_sorted true -> false"]),
        ("min_examples_count: 100", "min_examples_count: 90",
         ["data set: dataset_constraints min_examples_count 100 -> 90"]),
        ('default_environment: "SERVING"', 'default_environment: "PROD"',
         ["data set: default_environment gains 'PROD'",
          "data set: default_environment loses 'SERVING'"]),
    ],
)  # fmt: skip
def test_each_field_is_named_with_both_values(before, after, words):
    assert said((before, after)) == words


def test_a_new_feature_says_what_it_is_and_a_removed_one_what_it_was():
    new = schema()
    del new.feature[2]
    new.feature.add(name="tip", type=schema_pb2.FLOAT).presence.min_fraction = 1
    kind = new.feature.add(name="kind", type=schema_pb2.BYTES, domain="kind")
    kind.presence.min_fraction = 0.5
    kind.not_in_environment.append("SERVING")
    new.string_domain.add(name="kind", value=[f"k{i}" for i in range(9)])
    new.feature.add(name="bare")
    assert [str(difference) for difference in diff(schema(), new)] == [
        "hour: removed feature (INT)",
        "tip: new feature (FLOAT, present in every row)",
        "kind: new feature (BYTES, present in 0.5 of the rows, one of 'k0', 'k1', 'k2', 'k3', "
        "'k4' and 4 more, not in SERVING)",
        "bare: new feature",
    ]


def test_a_domain_of_several_features_is_named():
    both = OLD.replace('name: "hour" type: INT', 'name: "tip_by" type: BYTES domain: "payment"')
    both = both.replace("int_domain { min: 0 max: 23 }", "")
    more = both.replace('value: "Cash"', 'value: "Cash" value: "Bitcoin"')
    (difference,) = diff(schema(both), schema(more))
    assert str(difference) == "payment, tip_by: domain 'payment' gains 'Bitcoin'"


def test_a_domain_that_comes_or_goes_is_told():
    new = schema(OLD.replace('string_domain { name: "payment"', 'string_domain { name: "paid"'))
    new.feature[1].domain = "paid"
    assert [str(difference) for difference in diff(schema(), new)] == [
        'payment: domain "payment" -> "paid"',
        "data set: domain 'payment' removed",
        "payment: new domain 'paid' of 'Cash', 'Card'",
    ]


def test_order_does_not_count():
    shuffled = schema()
    copies = [schema_pb2.Feature.FromString(f.SerializeToString()) for f in shuffled.feature]
    del shuffled.feature[:]
    shuffled.feature.extend(reversed(copies))
    shuffled.string_domain[0].value[:] = ["Card", "Cash"]
    assert diff(schema(), shuffled) == []
    assert aligned(shuffled, schema()) == schema()


def test_what_is_new_stays_behind_what_it_stood_behind():
    new = schema('feature { name: "new" } feature { name: "hour" } feature { name: "newer" }')
    new.feature.add(name="fare")
    names = [feature.name for feature in aligned(new, schema()).feature]
    assert names == ["new", "fare", "hour", "newer"]


def test_no_difference_is_overlooked():
    twice = OLD + 'feature { name: "label" type: INT not_in_environment: "SERVING" }'
    (difference,) = diff(schema(), schema(twice))
    assert "not compared by feature" in str(difference)


def test_what_json_gets_has_no_noise_and_no_infinity():
    low = schema()
    low.feature[0].float_domain.min, low.feature[0].float_domain.max = -0.1, float("inf")
    found = [(d.field, d.change, d.before, d.after) for d in diff(schema(), low)]
    assert ("float_domain.min", "changed", 0.0, -0.1) in found
    assert ("float_domain.max", "added", None, "inf") in found
    json.dumps(found, allow_nan=False)

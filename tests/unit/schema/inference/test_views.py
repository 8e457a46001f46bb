import pytest
from google.protobuf import text_format
from tensorflow_metadata.proto.v0 import schema_pb2, statistics_pb2

from skewgate.core.errors import InputError
from skewgate.schema.inference.views import roots


def tree(text):
    """Returns the paths of features, each with those within it."""

    def shown(view):
        return view.steps, [shown(child) for child in view.children]

    return [shown(view) for view in views(text)]


def views(text):
    dataset = text_format.Parse(text, statistics_pb2.DatasetFeatureStatistics())
    return roots(dataset, "stats.pb")


def refusal(text):
    with pytest.raises(InputError) as caught:
        views(text)
    return str(caught.value)


def test_features_stand_in_their_order_and_those_in_a_struct_in_that_of_their_names():
    assert tree(
        """
        features { path { step: "z" } num_stats {} }
        features { path { step: "trip" step: "miles" } num_stats {} }
        features { path { step: "trip" } struct_stats {} }
        features { path { step: "trip" step: "fare" } num_stats {} }
        features { path { step: "a" } num_stats {} }
        """
    ) == [
        (("z",), []),
        (("trip",), [(("trip", "fare"), []), (("trip", "miles"), [])]),
        (("a",), []),
    ]


def test_features_with_custom_statistics_only_are_left_out():
    assert tree(
        """
        features { path { step: "weighed" } custom_stats { name: "missing_value" } }
        features { path { step: "fare" } num_stats {} }
        """
    ) == [(("fare",), [])]


def test_old_statistics_have_names_that_begin_with_those_of_their_structs():
    assert tree(
        """
        features { name: "trip.end/at" type: INT num_stats {} }
        features { name: "trip.end" type: STRUCT struct_stats {} }
        features { name: "trip" type: STRUCT struct_stats {} }
        features { name: "trip.fare" type: FLOAT num_stats {} }
        features { name: "fare.usd" type: FLOAT num_stats {} }
        features { num_stats {} }
        """
    ) == [
        (("trip",), [(("trip", "end"), [(("trip", "end", "at"), [])]), (("trip", "fare"), [])]),
        (("fare.usd",), []),
        (("",), []),
    ]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            """features { path { step: "a" } num_stats {} }
               features { path { step: "a" } num_stats {} }""",
            "stats.pb: have two features 'a'. Fix: generate them again.",
        ),
        ("""features { name: "a" num_stats {} } features { name: "a" num_stats {} }""",
         "have two features 'a'"),
        (
            """features { name: "a" type: STRUCT struct_stats {} }
               features { name: "a.b" num_stats {} } features { name: "a/b" num_stats {} }""",
            "have two features 'a.b'",
        ),
        ("""features { path { step: "trip" step: "fare" } num_stats {} }""",
         "have 'trip.fare', but not the struct that it lies in"),
        ("features { path {} num_stats {} }", "have a feature without a path"),
        ("""features { name: "a" num_stats {} } features { path { step: "b" } num_stats {} }""",
         "name some features by path and others by name"),
    ],
)  # fmt: skip
def test_features_that_cannot_be_told_apart_are_refused(text, words):
    assert words in refusal(text)


WEIGHTED = """
    weighted_num_examples: {examples}
    features {{
      path {{ step: "paid" }}
      type: STRING
      string_stats {{
        common_stats {{
          num_non_missing: 7
          num_missing: 2
          {common}
        }}
        rank_histogram {{ buckets {{ label: "a" }} }}
        weighted_string_stats {{ rank_histogram {{ buckets {{ label: "b" }} }} }}
      }}
    }}
"""
SUMS = "weighted_common_stats { num_non_missing: 0.5 num_missing: 1.5 }"


def test_rows_and_values_are_counted_by_weight_where_all_of_it_is_known():
    [view] = views(WEIGHTED.format(examples=2.0, common=SUMS))
    assert (view.present, view.missing, view.strings) == (0.5, 1.5, ["b"])


@pytest.mark.parametrize(
    ("examples", "common"),
    [
        (0.0, SUMS),
        (2.0, ""),
        (2.0, f"{SUMS} presence_and_valency_stats {{}}"),
    ],
)
def test_rows_are_counted_as_such_where_a_weight_is_not_known(examples, common):
    [view] = views(WEIGHTED.format(examples=examples, common=common))
    assert (view.present, view.missing, view.strings) == (7.0, 2.0, ["a"])


def test_values_are_sorted_and_each_stands_once():
    [view] = views(
        """
        features {
          path { step: "paid" }
          string_stats {
            invalid_utf8_count: 3
            rank_histogram {
              buckets { label: "é" } buckets { label: "b" } buckets { label: "B" }
              buckets { label: "b" }
            }
          }
        }
        """
    )
    assert view.strings == ["B", "b", "é"]
    assert view.has_invalid_utf8


@pytest.mark.parametrize(
    ("common", "ranges", "nested"),
    [
        ("min_num_values: 1 max_num_values: 4", [(1, 4)], False),
        ("presence_and_valency_stats { min_num_values: 2 max_num_values: 3 }", [(2, 3)], False),
        (
            "presence_and_valency_stats { min_num_values: 2 max_num_values: 3 }"
            "presence_and_valency_stats { max_num_values: 1 }",
            [(2, 3), (0, 1)],
            True,
        ),
        ("min_num_values: 18446744073709551615 max_num_values: 1", [(0, 1)], False),  # is -1
    ],
)
def test_numbers_of_values_are_known_by_level_of_nesting(common, ranges, nested):
    [view] = views(
        f'features {{ path {{ step: "a" }} bytes_stats {{ common_stats {{ {common} }} }} }}'
    )
    assert view.value_ranges == ranges
    assert view.is_nested == nested


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (0, schema_pb2.INT),
        (1, schema_pb2.FLOAT),
        (2, schema_pb2.BYTES),
        (3, schema_pb2.BYTES),
        (4, schema_pb2.STRUCT),
        (9, schema_pb2.TYPE_UNKNOWN),
    ],
)
def test_text_and_other_bytes_have_one_type(kind, expected):
    dataset = statistics_pb2.DatasetFeatureStatistics()
    feature = dataset.features.add(type=kind)
    feature.path.step.append("a")
    feature.num_stats.SetInParent()
    [view] = roots(dataset, "stats.pb")
    assert view.feature_type == expected

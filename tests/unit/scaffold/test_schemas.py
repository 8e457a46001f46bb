"""A schema with environments, the label, and values that were not seen yet."""

import pyarrow as pa
import pytest

from skewgate.scaffold import schemas
from skewgate.schema.reading import parse_schema
from tests.unit.scaffold.conftest import trips


@pytest.fixture
def feature_of(planned):
    def find(name, table, label="tip", serving=None):
        plan = planned(table, label, serving)
        return next(each for each in plan.schema.feature if each.name == name), plan.notes

    return find


def test_serving_rows_need_no_label(feature_of):
    feature, notes = feature_of("tip", trips())
    assert list(feature.not_in_environment) == ["SERVING"]
    assert notes["tip"].startswith("The label: ")


def test_a_label_of_text_has_its_classes_as_domain(feature_of):
    feature, _ = feature_of("paid", trips(), "paid")
    assert list(feature.string_domain.value) == ["Card", "Cash"]


def test_what_serving_lacks_is_said(feature_of):
    feature, notes = feature_of("shared", trips(), serving=trips().drop(["tip", "shared"]))
    assert list(feature.not_in_environment) == ["SERVING"]
    assert "does not learn from it" in notes["shared"]


def test_values_that_occur_once_leave_room_for_others(feature_of):
    table = trips()
    words = [f"w{number // 40}" if number < 390 else f"rare{number}" for number in range(400)]
    feature, notes = feature_of("word", table.append_column("word", pa.array(words)))
    assert feature.distribution_constraints.min_domain_mass == pytest.approx(0.92)
    assert "10 values occur in only one row" in notes["word"]
    feature, notes = feature_of("paid", table)
    assert not feature.HasField("distribution_constraints")


def test_notes_stand_above_their_features_and_the_text_is_a_schema(planned):
    plan = planned(trips(), "tip")
    text = schemas.render(plan.schema, plan.notes, "What a row is.")
    assert text.startswith("# What a row is.\n")
    before = text.partition('feature {\n  name: "tip"')[0].splitlines()[-1]
    assert before.startswith("# ")
    assert parse_schema(text, "schema.pbtxt") == plan.schema

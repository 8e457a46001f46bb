"""What a model must be better than."""

import dataclasses

import pyarrow as pa
import pytest

from skewgate.scaffold import evaluating
from tests.unit.scaffold.conftest import trips


@pytest.fixture
def plan(planned):
    return planned(trips(), "tip")


def relabelled(plan, counts, rows=5_000):
    label = dataclasses.replace(plan.label, classes=tuple(counts), counts=tuple(counts.values()))
    label = dataclasses.replace(label, rows=sum(counts.values()))
    kind = evaluating.Kind.BINARY if len(counts) == 2 else evaluating.Kind.CLASSES
    training = dataclasses.replace(plan.training, rows=rows)
    return dataclasses.replace(plan, label=dataclasses.replace(label, kind=kind), training=training)


def first(plan):
    return evaluating.for_training(plan)["metrics"][0]


def test_two_classes_are_to_be_ranked_better_than_by_guessing(plan):
    metric = first(relabelled(plan, {"0": 4_900, "1": 100}))
    assert (metric.name, metric.side, metric.bound) == ("AUC", "lower", 0.5)


def test_several_classes_beat_always_answering_the_largest(plan):
    metric = first(relabelled(plan, {"a": 441, "b": 359, "c": 200}))
    assert (metric.name, metric.bound) == ("SparseCategoricalAccuracy", 0.441)
    assert "Always predicting 'a' is right for 44.1% of the rows" in metric.why


def test_where_one_class_is_nearly_all_rows_probabilities_count(plan):
    metric = first(relabelled(plan, {"a": 900, "b": 60, "c": 40}))
    assert (metric.name, metric.side) == ("SparseCategoricalCrossentropy", "upper")
    assert metric.bound == pytest.approx(0.392, abs=1e-3)


def test_numbers_beat_their_mean(planned):
    metric = first(planned(trips().drop(["tip"]), "fare"))
    assert (metric.name, metric.bound) == ("R2Score", 0.0)


def test_changes_are_asked_for_where_rows_can_tell_them(plan):
    assert first(plan).change is None
    assert "About 80 rows cannot tell a change" in first(plan).why
    assert first(relabelled(plan, {"0": 9, "1": 9}, rows=100_000)).change == -0.02


def test_few_rows_are_allowed_to_say_nothing(plan):
    few = relabelled(plan, {"0": 40, "1": 40}, rows=80)
    found = evaluating.policy_of_training(few)
    assert "About 16 rows may be too few" in found["undecided"]
    assert found["min_slice_rows"] == 8
    assert evaluating.policy_of_training(plan)["undecided"] == ""


def test_a_rare_class_is_allowed_to_say_nothing(plan):
    found = evaluating.policy_of_training(relabelled(plan, {"0": 990, "1": 10}, rows=1_000))
    assert "About 2 rows of class '1' may be too few" in found["undecided"]


def test_serving_rows_without_labels_say_nothing_of_performance(planned):
    table = trips()
    plan = planned(table, "tip", table.drop(["tip"]))
    assert "have no tip" in evaluating.policy_of_monitoring(plan)["undecided"]
    assert evaluating.policy_of_training(plan)["undecided"] == ""


def test_rows_that_lack_a_label_warn(planned):
    table = trips()
    tips = [None if number < 20 else tip for number, tip in enumerate(table["tip"].to_pylist())]
    plan = planned(table.set_column(5, "tip", pa.array(tips)), "tip")
    assert "20 of 400 rows have no label" in evaluating.policy_of_training(plan)["warn_labels"]

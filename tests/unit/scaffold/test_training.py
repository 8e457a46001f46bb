"""What the trainer is told."""

from skewgate.scaffold import training
from tests.unit.scaffold.conftest import trips, with_times


def test_features_are_told_by_kind_and_useless_ones_left_out(planned):
    found = training.values(planned(with_times(trips()), "tip"))
    assert (found["numbers"], found["whole"]) == (["fare"], ["shared"])
    assert (found["categories"], found["times"]) == (["paid"], ["started"])


def test_the_last_layer_fits_the_label(planned):
    table = trips()
    binary, number = (training.values(planned(table, name)) for name in ("tip", "fare"))
    assert (binary["outputs"], binary["activation"], binary["label_type"]) == (
        1,
        "sigmoid",
        "int64",
    )
    assert (number["outputs"], number["activation"], number["loss"]) == (1, None, "mse")


def test_the_model_learns_from_nothing_that_serving_lacks(planned):
    table = trips()
    found = training.values(planned(table, "tip", table.drop(["tip", "shared"])))
    assert found["whole"] == []

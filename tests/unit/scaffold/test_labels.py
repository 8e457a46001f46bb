"""What is predicted, and of which kind it is."""

import pytest

from skewgate.core.errors import InputError
from skewgate.scaffold import labels
from skewgate.scaffold.columns import Column, Role
from skewgate.scaffold.labels import Kind
from tests.unit.scaffold.conftest import trips

FEW = {
    name: Column(name, role)
    for name, role in (
        ("fare", Role.NUMBER),
        ("paid", Role.CATEGORY),
        ("started", Role.TIME),
        ("id", Role.NOTHING),
    )
}


def test_the_user_names_the_label():
    assert labels.choose("paid", FEW) == "paid"


def test_a_name_that_is_not_there_gets_the_nearest():
    with pytest.raises(InputError, match=r"no column 'pad'.*did you mean 'paid'"):
        labels.choose("pad", FEW)


def test_the_one_column_that_serving_lacks_is_the_label():
    assert labels.choose(None, FEW, ["fare", "started", "id"]) == "paid"


def test_a_column_that_is_called_so_is_the_label():
    assert labels.choose(None, {**FEW, "Target": Column("Target", Role.NUMBER)}) == "Target"


def test_who_cannot_tell_lists_the_candidates():
    with pytest.raises(InputError, match=r"it may be fare, paid\. Fix: add --label NAME"):
        labels.choose(None, FEW)
    with pytest.raises(InputError, match="it may be fare, paid, which the serving data lack"):
        labels.choose(None, FEW, ["started", "id"])


def label_of(counts, role=Role.NUMBER, *, whole=True):
    class Side:
        n, n_nan, n_missing, n_present = sum((counts or {"": 900}).values()), 0, 3, None

    return labels.of_values(Column("y", role, whole), Side(), counts)


@pytest.mark.parametrize(
    ("counts", "role", "whole", "kind", "feature_type", "classes"),
    [
        ({0: 5, 1: 9}, Role.NUMBER, True, Kind.BINARY, "INT", ("0", "1")),
        ({0.0: 5, 1.0: 9}, Role.NUMBER, False, Kind.BINARY, "FLOAT", ("0", "1")),
        ({1: 5, 2: 9}, Role.NUMBER, True, Kind.BINARY, "BYTES", ("1", "2")),
        ({"no": 5, "yes": 9}, Role.CATEGORY, False, Kind.BINARY, "BYTES", ("no", "yes")),
        ({0: 9, 1: 9, 2: 9}, Role.NUMBER, True, Kind.CLASSES, "INT", ("0", "1", "2")),
        ({3: 9, 4: 9, 8: 9}, Role.NUMBER, True, Kind.CLASSES, "BYTES", ("3", "4", "8")),
        ({"a": 1, "c": 9, "b": 9}, Role.CATEGORY, False, Kind.CLASSES, "BYTES", ("a", "b", "c")),
        ({3: 1, 4: 9, 8: 1}, Role.NUMBER, True, Kind.NUMBER, "INT", ()),
        ({1.5: 90, 2.5: 90}, Role.NUMBER, False, Kind.NUMBER, "FLOAT", ()),
        (None, Role.NUMBER, False, Kind.NUMBER, "FLOAT", ()),
    ],
)
def test_the_kind_follows_from_the_values(counts, role, whole, kind, feature_type, classes):
    found = label_of(counts, role, whole=whole)
    assert (found.kind, found.feature_type, found.classes) == (kind, feature_type, classes)
    assert found.missing == 3


@pytest.mark.parametrize(
    ("counts", "role", "why"),
    [
        ({"a": 9}, Role.CATEGORY, "holds only one value"),
        (None, Role.CATEGORY, "more than 200 different texts"),
        ({}, Role.TIME, "holds times"),
        ({}, Role.NOTHING, "cannot be predicted"),
    ],
)
def test_what_cannot_be_predicted_is_refused(counts, role, why):
    with pytest.raises(InputError, match=why):
        label_of(counts, role)


def test_shares_and_entropy_are_those_of_the_rows_with_a_label():
    found = label_of({"a": 75, "b": 25}, Role.CATEGORY)
    assert found.largest == ("a", 0.75)
    assert found.smallest == ("b", 25)
    assert found.entropy == pytest.approx(0.5623351)


def test_numbers_that_name_classes_are_read_as_they_stand(planned):
    table = trips()
    code = ["10" if tip else "2" for tip in table["tip"].to_pylist()]
    label = planned(table.append_column("code", [code]).drop(["tip"]), "code").label
    assert (label.classes, label.feature_type) == (("2", "10"), "BYTES")


def test_a_class_that_is_written_in_several_ways_is_refused():
    found = label_of({1: 5, 2: 9})
    with pytest.raises(InputError, match=r"writes a class in several ways: 1, 1\.0, 2"):
        labels.in_words(found, {"1": 3, "1.0": 2, "2": 9})

from __future__ import annotations

import pyarrow as pa
import pytest

from skewgate.components.performance_gate.rows import labelled_rows, rows_of_complete_windows

LABELS = pa.array([[1], None, [], [0], [1]], pa.list_(pa.int64()))
NAMES = pa.array([[b"a"], [b"b"], [b"c"], [b"d"], [b"e"]], pa.large_list(pa.large_binary()))


def batch(**columns):
    return pa.RecordBatch.from_arrays(list(columns.values()), list(columns))


def names(found):
    return [
        name.decode() for (name,) in found.column(found.schema.get_field_index("name")).to_pylist()
    ]


def test_only_rows_whose_label_has_come_are_kept():
    assert names(labelled_rows(batch(label=LABELS, name=NAMES), ["label"])) == ["a", "d", "e"]


def test_every_label_must_have_come():
    second = pa.array([[0.5], [0.5], [0.5], None, [0.5]], pa.large_list(pa.float32()))
    found = labelled_rows(batch(label=LABELS, second=second, name=NAMES), ["label", "second"])
    assert names(found) == ["a", "e"]


def test_a_batch_without_any_label_has_no_row_to_evaluate():
    rows = batch(label=LABELS, name=NAMES)
    assert labelled_rows(rows.slice(1, 2), ["label"]).num_rows == 0
    assert labelled_rows(rows, ["other"]).num_rows == 0
    assert labelled_rows(rows, ["label", "other"]).num_rows == 0
    nothing = batch(label=pa.nulls(5), name=NAMES)
    assert labelled_rows(nothing, ["label"]).num_rows == 0
    assert labelled_rows(nothing, ["label"]).schema == nothing.schema


def test_a_batch_with_all_labels_is_handed_on_as_it_is():
    rows = batch(name=NAMES, label=NAMES)
    assert labelled_rows(rows, ["label"]) is rows


@pytest.fixture(
    params=[(pa.list_, pa.binary), (pa.large_list, pa.large_binary)], ids=["list", "large"]
)
def rolling(request):
    """Rows that lie in several windows, in one, in none."""
    make_list, make_value = request.param
    found = [[b"01", b"02"], [b"02", b"03"], [b"03"], None, [], [b"03", b"04"]]
    return pa.array(found, make_list(make_value())), pa.array(
        [[b"a"], [b"b"], [b"c"], [b"d"], [b"e"], [b"f"]], make_list(make_value())
    )


def complete(windows, rows, *incomplete):
    found = rows_of_complete_windows(
        batch(window=windows, name=rows), "window", frozenset(incomplete)
    )
    assert found.schema.field("window").type == windows.type
    return dict(zip(names(found), found.column(0).to_pylist(), strict=True))


def test_a_row_stays_if_one_of_its_windows_is_complete_and_only_in_that(rolling):
    assert complete(*rolling, "01", "03") == {
        "a": [b"02"],
        "b": [b"02"],
        "d": [],
        "e": [],
        "f": [b"04"],
    }


def test_a_row_in_incomplete_windows_alone_is_left_out(rolling):
    assert sorted(complete(*rolling, "03", "04")) == ["a", "b", "d", "e"]
    assert sorted(complete(*rolling, "01", "02", "03", "04")) == ["d", "e"]


def test_windows_of_other_names_take_nothing_away(rolling):
    windows, rows = rolling
    found = complete(windows, rows, "0", "011")
    assert {name: value or [] for name, value in found.items()} == {
        name.decode(): value or []
        for (name,), value in zip(rows.to_pylist(), windows.to_pylist(), strict=True)
    }


def test_a_slice_of_a_batch_is_taken_for_what_it_is(rolling):
    windows, rows = rolling
    found = rows_of_complete_windows(
        batch(window=windows, name=rows).slice(1, 4), "window", frozenset({"03"})
    )
    assert dict(zip(names(found), found.column(0).to_pylist(), strict=True)) == {
        "b": [b"02"],
        "d": [],
        "e": [],
    }


def test_rows_without_windows_are_kept():
    rows = batch(name=NAMES)
    assert rows_of_complete_windows(rows, "window", frozenset({"01"})) is rows
    nothing = batch(window=pa.nulls(5), name=NAMES)
    assert rows_of_complete_windows(nothing, "window", frozenset({"01"})).num_rows == 5
    assert rows_of_complete_windows(nothing.slice(0, 0), "window", frozenset({"01"})).num_rows == 0

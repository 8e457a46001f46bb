import pickle
import threading

import pytest

from skewgate.core.errors import InputError
from skewgate.data.sources.rejected import Rejected, Rejections, reject, shortened


def row(line, path="a.csv", column="fare"):
    return Rejected(path, line, column, f"'{line}'", "INT")


def message(call, *arguments):
    with pytest.raises(InputError) as caught:
        call(*arguments)
    return str(caught.value)


def test_no_row_may_be_rejected_unless_it_is_allowed():
    assert message(Rejections().add, row(3)) == (
        "a.csv: line 3, column fare: expected INT, found '3'. "
        "Fix: correct the row, or let max_rejected allow it."
    )


def test_over_the_limit_the_first_row_is_named():
    rejections = Rejections(2)
    rejections.add(row(3))
    rejections.add(row(9))
    assert message(rejections.add, row(11)) == (
        "a.csv: line 3, column fare: expected INT, found '3', the first of 3 rows so far that "
        "cannot be read, but max_rejected allows 2. Fix: correct the rows, or raise max_rejected."
    )


def test_parquet_counts_rows_and_a_row_as_a_whole_has_no_column():
    assert row(3, "a.parquet").place == "a.parquet: row 3, column fare"
    assert row(3, "a.PARQUET", "").place == "a.PARQUET: row 3"


def test_the_first_rows_are_samples_and_files_are_counted():
    rejections = Rejections(None, keep=3)
    for line in (4, 2, 7, 1):
        rejections.add(row(line))
    rejections.add(row(5, "b.csv"))
    assert [each.line for each in rejections.samples] == [4, 2, 7]
    assert rejections.count == 5
    assert rejections.by_file == {"a.csv": 4, "b.csv": 1}


def test_merging_is_as_adding_one_after_the_other():
    parts = [Rejections(None, 3) for _ in range(3)]
    whole = Rejections(None, 3)
    for at, line in enumerate((4, 2, 7, 1, 8)):
        parts[at // 2].add(row(line, f"{at % 2}.csv"))
        whole.add(row(line, f"{at % 2}.csv"))
    merged = Rejections(None, 3)
    for part in parts:
        merged.merge(part)
    assert (merged.samples, merged.count) == (whole.samples, whole.count)
    assert merged.by_file == whole.by_file


def test_merging_keeps_the_limit():
    one, other = Rejections(2), Rejections(2)
    one.add(row(3))
    other.add(row(8))
    other.add(row(9))
    assert "line 3, column fare: expected INT, found '3', the first of 3" in message(
        one.merge, other
    )
    one = Rejections(0)
    one.merge(Rejections(0))
    assert one.count == 0


def test_threads_may_add_at_the_same_time():
    rejections = Rejections(None)
    threads = [
        threading.Thread(target=lambda: [rejections.add(row(1)) for _ in range(500)])
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert rejections.count == rejections.by_file["a.csv"] == 2_000


def test_a_worker_process_can_hand_it_over():
    rejections = Rejections(5)
    rejections.add(row(3))
    copy = pickle.loads(pickle.dumps(rejections))
    copy.add(row(4))
    assert (copy.count, copy.samples, rejections.count) == (2, [row(3), row(4)], 1)


def test_a_limit_below_0_is_refused():
    assert message(Rejections, -1) == (
        "max_rejected: must be 0 or more, found -1. Fix: give 0 or more."
    )


def test_without_a_counter_the_first_row_is_an_error():
    assert message(reject, None, row(3)) == (
        "a.csv: line 3, column fare: expected INT, found '3'. "
        "Fix: correct the value, or the type in the schema."
    )


def test_long_values_are_cut():
    assert shortened("a" * 60) == repr("a" * 60)
    assert shortened("a" * 61) == repr("a" * 60 + "...")

from __future__ import annotations

import threading
import time

import pytest

from skewgate.data.ingest import threads


def left_over():
    return [thread for thread in threading.enumerate() if thread.name.startswith("ingest")]


@pytest.mark.parametrize("workers", [1, 2, 5])
def test_results_come_in_the_order_of_the_items_whatever_takes_longest(workers):
    def slow_first(item):
        time.sleep(0.02 if item % 3 == 0 else 0)
        return item * 10

    found = threads.in_order(slow_first, range(12), workers, ahead=4)
    assert list(found) == [item * 10 for item in range(12)]
    assert not left_over()


def test_nothing_is_nothing():
    assert list(threads.in_order(str, [], 2, ahead=1)) == []


@pytest.mark.parametrize("workers", [1, 3])
def test_no_more_items_are_taken_than_allowed_before_a_result_is_asked_for(workers):
    taken, most = 0, 0

    def items():
        nonlocal taken
        for item in range(40):
            taken += 1
            yield item

    for place, _ in enumerate(threads.in_order(str, items(), workers, ahead=6)):
        most = max(most, taken - place)
    assert taken == 40
    assert most == 6


@pytest.mark.parametrize("workers", [1, 4])
def test_the_error_of_the_first_bad_item_is_raised_after_the_results_before_it(workers):
    def bad_from_five(item):
        time.sleep(0.02 if item == 5 else 0)
        if item >= 5:
            raise ValueError(f"item {item}")
        return item

    found = []
    with pytest.raises(ValueError, match="item 5"):
        found.extend(threads.in_order(bad_from_five, range(20), workers, ahead=8))
    results = threads.in_order(bad_from_five, range(20), workers, ahead=8)
    assert [next(results) for _ in range(5)] == [0, 1, 2, 3, 4]
    results.close()
    assert not left_over()


def test_an_error_of_the_items_comes_after_the_results_before_it():
    def items():
        yield 1
        yield 2
        raise OSError("the file ends")

    results = threads.in_order(str, items(), 2, ahead=8)
    assert [next(results), next(results)] == ["1", "2"]
    with pytest.raises(OSError, match="the file ends"):
        next(results)
    assert not left_over()


def test_an_error_of_an_item_hides_one_of_the_items_after_it():
    def items():
        yield 0
        raise OSError("the file ends")

    with pytest.raises(ZeroDivisionError):
        list(threads.in_order(lambda item: 1 // item, items(), 2, ahead=8))


def test_whoever_stops_early_leaves_no_thread():
    results = threads.in_order(str, range(1000), 3, ahead=10)
    assert next(results) == "0"
    results.close()
    assert not left_over()


def test_there_is_at_least_one_core():
    assert threads.cores() >= 1

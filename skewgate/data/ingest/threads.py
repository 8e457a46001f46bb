"""Runs a function over items in threads, and gives the results in the order of the items."""

from __future__ import annotations

import collections
import os
from collections.abc import Callable, Generator, Iterable
from concurrent import futures
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


def cores() -> int:
    """Returns how many cores this process may use, at least 1."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def in_order(
    function: Callable[[Item], Result], items: Iterable[Item], workers: int, ahead: int
) -> Generator[Result, None, None]:
    """Yields `function(item)` for each item, as `map` does, and computes it in other threads.

    Items are taken in the thread that asks for results. What is yielded or raised does not depend
    on the number of threads or on their pace: an error comes after the results of all items before
    it. No thread is left when the iterator ends, is closed or raises.

    Args:
        function: safe to be called in several threads at once.
        items: taken one after the other.
        workers: number of threads.
        ahead: how many items may be taken whose result was not yet asked for, at least 1.

    Raises:
        Exception: the first that `function` or `items` raised.
    """
    waiting: collections.deque[futures.Future[Result]] = collections.deque()
    with futures.ThreadPoolExecutor(workers, thread_name_prefix="ingest") as pool:
        try:
            error: Exception | None = None
            iterator = iter(items)
            while True:
                try:
                    item = next(iterator)
                except StopIteration:
                    break
                except Exception as raised:  # noqa: BLE001  raised below, after those before it
                    error = raised
                    break
                waiting.append(pool.submit(function, item))
                if len(waiting) >= ahead:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
            if error is not None:
                raise error
        finally:
            for future in waiting:
                future.cancel()

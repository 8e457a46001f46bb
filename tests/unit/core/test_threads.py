"""Threads that cannot be started are an error before Arrow needs them."""

import errno
import threading

import pytest

from skewgate.core import threads


def test_threads_that_can_be_started_end_again():
    before = threading.active_count()
    threads.check()
    assert threading.active_count() == before


def test_threads_that_cannot_be_started_are_an_error_of_the_system(monkeypatch):
    before = threading.active_count()
    start, left = threading.Thread.start, iter(range(5))

    def limited(thread):
        if next(left, None) is None:
            raise RuntimeError("can't start new thread")
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", limited)
    with pytest.raises(OSError, match="temporarily unavailable") as caught:
        threads.check()
    assert caught.value.errno == errno.EAGAIN
    assert threading.active_count() == before

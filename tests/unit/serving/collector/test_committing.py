"""Events of many requests are stored together, and each request hears of its own."""

import asyncio
import errno
import os
import threading

import pytest

from skewgate.serving.collector import committing
from skewgate.serving.collector.committing import Committer
from skewgate.serving.collector.refusals import RefusedError


class Slow:
    """A store that waits for a sign before each group, and may be full."""

    def __init__(self):
        self.groups, self.calls = [], []
        self.go = threading.Semaphore(0)
        self.error = None

    def commit(self, events):
        self.go.acquire()
        self.fail()
        self.groups.append([event.line for event in events])

    def fail(self):
        if self.error:
            raise self.error

    def rotate(self):
        self.calls.append("rotate")
        self.fail()

    def probe(self):
        self.calls.append("probe")
        self.fail()

    def close(self):
        self.calls.append("close")
        self.fail()


@pytest.fixture
def store():
    return Slow()


def run(store, work, **options):
    """Runs work with a committer, and stops it."""

    async def main():
        committer = Committer(store, **options)
        committer.start()
        try:
            await work(committer)
        finally:
            store.error = None
            store.go.release(1_000)
            await committer.stop()

    asyncio.run(main())


async def started(store, committer, *groups):
    """Returns tasks that wait for events; the first is alone in its group."""
    tasks = []
    for group in groups:
        tasks.append(asyncio.create_task(committer.stored(group)))
        await asyncio.sleep(0.02)
    return tasks


def test_what_comes_while_the_disk_works_is_stored_together(store, build):
    some = [build.event(number) for number in range(5)]
    told = []

    async def work(committer):
        tasks = await started(store, committer, some[:1], some[1:3], some[3:])
        assert not any(task.done() for task in tasks)
        store.go.release()
        await tasks[0]
        assert not tasks[1].done()
        store.go.release()
        await asyncio.gather(*tasks)

    run(store, work, on_commit=lambda events, seconds: told.append(len(events)))
    lines = [event.line for event in some]
    assert store.groups == [lines[:1], lines[1:]]
    assert told == [1, 4]


def test_a_group_is_bounded(store, build, monkeypatch):
    monkeypatch.setattr(committing, "MOST_OF_A_GROUP", 1)

    async def work(committer):
        tasks = await started(store, committer, *([build.event(n)] for n in range(3)))
        store.go.release(3)
        await asyncio.gather(*tasks)

    run(store, work)
    assert [len(group) for group in store.groups] == [1, 1, 1]


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)), "not stored: the disk is full"),
        (OSError(errno.EIO, "x", "file"), "not stored: the disk, or the network to it, failed"),
        (RuntimeError("odd"), "not stored: RuntimeError: odd"),
    ],
)
def test_who_waits_hears_why_nothing_was_stored(store, build, monkeypatch, error, said):
    monkeypatch.setattr(committing, "TICK", 0.01)
    told = []

    async def work(committer):
        store.error = error
        store.go.release()
        with pytest.raises(RefusedError) as caught:
            await committer.stored([build.event()])
        assert (caught.value.status, caught.value.sentence) == (503, said)
        assert caught.value.retry_after == committing.RETRY_AFTER_ERROR
        assert committer.error == said
        store.error = None
        store.go.release()
        await committer.stored([build.event()])
        while committer.error:
            await asyncio.sleep(0.01)

    run(store, work, on_error=told.append)
    assert (told[0], told[-1]) == (said, None)


def test_the_disk_is_probed_after_an_error_and_files_are_looked_at(store, build, monkeypatch):
    monkeypatch.setattr(committing, "TICK", 0.01)

    async def work(committer):
        await asyncio.sleep(0.1)
        assert set(store.calls) == {"rotate"}
        store.error = OSError(errno.ENOSPC, "full")
        await asyncio.sleep(0.1)
        assert committer.error
        assert store.calls[-1] == "probe"
        store.error = None
        await asyncio.sleep(0.1)
        assert committer.error is None
        assert store.calls[-1] == "rotate"

    run(store, work)


def test_what_was_sent_is_stored_before_the_end(store, build):
    tasks = []

    async def work(committer):
        tasks.extend(await started(store, committer, [build.event(1)], [build.event(2)]))

    run(store, work)
    assert [len(group) for group in store.groups] == [1, 1]
    assert store.calls[-1] == "close"
    assert all(task.exception() is None for task in tasks)


def test_nothing_is_taken_after_the_end(store, build):
    async def main():
        committer = Committer(store)
        with pytest.raises(RefusedError):
            await committer.stored([build.event()])
        committer.start()
        assert committer.is_alive
        await committer.stop()
        assert not committer.is_alive
        with pytest.raises(RefusedError, match="stopping"):
            await committer.stored([build.event()])

    asyncio.run(main())


def test_a_request_that_was_ended_does_not_stop_the_others(store, build):
    async def work(committer):
        tasks = await started(
            store, committer, [build.event(1)], [build.event(2)], [build.event(3)]
        )
        tasks[1].cancel()
        store.go.release(2)
        await tasks[2]

    run(store, work)

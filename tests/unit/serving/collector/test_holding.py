"""Requests that wait hold a bounded number of bytes, for a bounded time."""

import asyncio

import pytest

from skewgate.serving.collector.holding import OVERHEAD, Hold, Room
from skewgate.serving.collector.refusals import RefusedError


def test_bytes_are_taken_and_given_back():
    async def main():
        room = Room(2 * OVERHEAD)
        one = Hold(room, 10)
        one.take(100)
        with pytest.raises(RefusedError) as caught:
            Hold(room, 10)
        assert (caught.value.status, caught.value.retry_after) == (503, 1)
        with pytest.raises(RefusedError):
            one.take(OVERHEAD)
        one.release()
        one.release()
        assert room.held == 0
        Hold(room, 10).release()

    asyncio.run(main())


@pytest.mark.parametrize("arrives", [True, False])
def test_a_body_that_does_not_come_ends_its_request(arrives):
    async def main():
        hold = Hold(Room(OVERHEAD), 0.01)
        if arrives:
            hold.arrived()
            await asyncio.sleep(0.05)
        else:
            with pytest.raises(asyncio.CancelledError):
                await asyncio.sleep(5)
        assert hold.is_late is not arrives
        hold.release()

    asyncio.run(main())

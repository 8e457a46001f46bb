"""What comes beside bodies is bounded, whichever of uvicorn's readers of HTTP is installed."""

import asyncio
import contextlib
import resource
import socket
import time

import pytest

from skewgate.serving.collector import listening, web
from skewgate.serving.collector.app import App
from skewgate.serving.collector.committing import Committer
from skewgate.serving.collector.metrics import Metrics
from skewgate.serving.collector.store import Store
from tests import collecting


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    with collecting.collector(tmp_path_factory.mktemp("collected")) as found:
        yield found


def flood(running, start, part):
    """Sends without end; returns the bytes that were taken and what was answered."""
    taken = 0
    with socket.create_connection(("127.0.0.1", running.port), timeout=20) as connection:
        answer = b""
        try:
            connection.sendall(start)
            while taken < 100 << 20:
                connection.sendall(part)
                taken += len(part)
        except OSError:  # the collector has ended the connection
            pass
        with contextlib.suppress(OSError):  # its answer is lost if more was on the way
            answer = connection.recv(1 << 16)
    return taken, answer


@pytest.mark.parametrize(
    ("start", "part"),
    [
        (b"POST / HTTP/1.1\r\n", b"a: b\r\n" * 1_000),
        (b"POST / HTTP/1.1\r\na: ", b"x" * 6_000),
        (b"POST /", b"x" * 6_000),
        (b"POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n1;", b"x" * 6_000),
        (
            b"POST / HTTP/1.1\r\nhost: a\r\nce-id: 1\r\ntransfer-encoding: chunked\r\n\r\n"
            b"1\r\na\r\n0\r\na: ",
            b"x" * 6_000,
        ),
    ],
    ids=["headers", "a header", "a path", "an extension", "a trailer"],
)
def test_headers_without_end_are_refused(running, start, part):
    taken, answer = flood(running, start, part)
    assert taken < 20 << 20
    assert answer[9:12] in (b"", b"400", b"404")
    assert running.send().status == 202


def connect(running, stack, count):
    return [
        stack.enter_context(socket.create_connection(("127.0.0.1", running.port), timeout=20))
        for _ in range(count)
    ]


def accepted(running):
    """Sends an event; says whether it was taken. Who waited to be accepted may be turned away."""
    try:
        return running.send().status == 202
    except OSError:
        return False


def test_connections_are_bounded(tmp_path):
    with collecting.collector(tmp_path, files=400) as running:
        with contextlib.ExitStack() as stack:
            *_, last = connect(running, stack, 101)
            answer = last.recv(1 << 16)
            assert answer.startswith(b"HTTP/1.1 503 ")
            assert b"\r\nretry-after: 1\r\n" in answer
            assert answer.endswith(b'{"error": "too many connections"}\n')
        assert running.send().status == 202
        assert running.stop()[::2] == (0, "")


def test_a_process_without_files_left_goes_on_when_it_has_some(tmp_path):
    with collecting.collector(tmp_path) as running:
        resource.prlimit(running.process.pid, resource.RLIMIT_NOFILE, (32, 32))
        with contextlib.ExitStack() as stack:
            connect(running, stack, 60)
        deadline = time.monotonic() + 20
        while not accepted(running):
            assert time.monotonic() < deadline
        code, _, err = running.stop()
    assert code == 0
    said = (
        "skewgate: socket.accept() out of system resource: OSError: [Errno 24] Too many open files"
    )
    assert err in ("", f"{said}\n")  # never more than one line a minute


@pytest.mark.parametrize("sent", [b"", b"POST / HTTP/1.1\r\nhost", b"GET /healthz HTTP/1.1\r\n"])
def test_connections_on_which_no_whole_request_comes_are_ended(tmp_path, sent):
    async def read_to_the_end():
        listener = listening.bound("127.0.0.1", 0)
        committer = Committer(Store(str(tmp_path)))
        app = App(committer, Metrics(), lambda held: pytest.fail("nobody asks"))
        server = web.make(
            app,
            committer,
            tls=None,
            grace=1,
            backlog=9,
            most_connections=9,
            warn=pytest.fail,
            idle=1,
        )
        running = asyncio.create_task(server.serve(sockets=[listener]))
        while not server.started:
            await asyncio.sleep(0.01)
        reader, writer = await asyncio.open_connection(*listener.getsockname())
        writer.write(sent)
        found = await asyncio.wait_for(reader.read(), 20)
        writer.close()
        server.should_exit = True
        await running
        return found

    assert asyncio.run(read_to_the_end()) == b""

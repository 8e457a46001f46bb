"""What comes beside bodies is bounded, whichever of uvicorn's readers of HTTP is installed."""

import contextlib
import socket

import pytest

from skewgate.serving.collector import web
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
    assert web.LONGEST_HEADERS < 1 << 20

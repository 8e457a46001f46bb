"""What the collector answers, over real connections to the real server."""

import base64
import gzip
import json
import socket
import time

import pytest

from skewgate.serving.collector import events
from tests import collecting

LARGEST = 64 << 10


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    folder = tmp_path_factory.mktemp("collected")
    with collecting.collector(folder, "--max-event", "64K", "--max-held", "512K") as found:
        yield found
        code, _, err = found.stop()
        assert (code, err) == (0, "")


@pytest.fixture
def stored(running):
    """Returns the event of an id, as it stands in the open file."""

    def find(number):
        found = [
            event
            for path in (running.folder / ".open").glob("*.jsonl")
            for event in map(json.loads, path.read_bytes().splitlines())
            if event["id"] == number
        ]
        assert len(found) == 1
        return found[0]

    return find


def error(response):
    assert response.headers["content-type"] == "application/json"
    return response.status, json.loads(response.text)["error"]


def speak(running, *parts, wait=0.0):
    """Sends bytes as they are, and returns all that comes back until the connection ends."""
    with socket.create_connection(("127.0.0.1", running.port), timeout=60) as connection:
        for part in parts:
            try:
                connection.sendall(part)
            except OSError:  # the collector has ended the connection
                break
            time.sleep(wait)
        found = b""
        try:
            while part := connection.recv(1 << 16):
                found += part
        except ConnectionResetError:
            pass
        return found


def test_an_event_is_on_the_disk_when_it_is_answered(running, stored):
    response = running.send(sent=collecting.headers("one"))
    assert (response.status, response.text) == (202, "")
    assert stored("one")["data"] == json.loads(collecting.BODY)


def test_structured_events_and_batches_are_taken(running, stored):
    event = {"specversion": "1.0", "id": "two", "source": "s", "type": "t", "data": {"a": 1}}
    sent = {"content-type": events.STRUCTURED}
    assert running.send(json.dumps(event).encode(), sent).status == 202
    batch = json.dumps([{**event, "id": "three"}, {**event, "id": "four"}]).encode()
    assert running.send(batch, {"content-type": events.BATCHED}).status == 202
    assert [stored(name)["data"] for name in ("two", "three", "four")] == [{"a": 1}] * 3


def test_chunked_and_compressed_bodies_are_taken(running, stored):
    chunks = iter([collecting.BODY[:9], collecting.BODY[9:]])
    sent = collecting.headers("chunked", transfer_encoding="chunked")
    assert running.send(chunks, sent, chunked=True).status == 202
    sent = collecting.headers("gzip", content_encoding="gzip")
    assert running.send(gzip.compress(collecting.BODY), sent).status == 202
    for name in ("chunked", "gzip"):
        assert stored(name)["data"] == json.loads(collecting.BODY)


def test_bytes_are_kept_as_base64(running, stored):
    body = bytes(range(256))
    sent = collecting.headers("bytes", content_type="application/octet-stream")
    assert running.send(body, sent).status == 202
    assert base64.b64decode(stored("bytes")["data_base64"]) == body


def test_a_large_body_is_refused_before_it_is_read(running):
    head = f"POST / HTTP/1.1\r\nhost: a\r\ncontent-length: {100 << 20}\r\n\r\n"
    assert speak(running, head.encode()).startswith(b"HTTP/1.1 413 ")


def test_a_large_body_without_a_length_is_refused_while_it_is_read(running):
    chunks = iter([bytes(32 << 10)] * 1_000)
    sent = collecting.headers(transfer_encoding="chunked")
    head = "POST / HTTP/1.1\r\nhost: a\r\n" + "".join(f"{n}: {v}\r\n" for n, v in sent.items())
    parts = [b"8000\r\n" + chunk + b"\r\n" for chunk in chunks]
    answer = speak(running, f"{head}\r\n".encode(), *parts)
    assert answer == b"" or answer.startswith(b"HTTP/1.1 413 ")


def test_a_bomb_is_refused(running):
    sent = collecting.headers(content_encoding="gzip")
    found = running.send(gzip.compress(bytes(32 << 20)), sent)
    assert error(found) == (413, f"the body may have at most {LARGEST} bytes (--max-event)")


@pytest.mark.parametrize(
    ("sent", "status", "said"),
    [
        ({"content-type": "application/json"}, 415, "this takes CloudEvents: send headers ce-id"),
        ({"ce-id": "7"}, 400, "header ce-specversion is missing"),
        ({"content-type": events.STRUCTURED}, 400, "specversion is missing"),
        ({"content-type": events.BATCHED}, 400, "a batch must be a JSON list of events"),
        ({**collecting.headers(), "content-encoding": "br"}, 415, "content encoding 'br'"),
    ],
)
def test_what_is_no_event_is_refused_in_one_sentence(running, sent, status, said):
    found = error(running.send(sent=sent))
    assert found[0] == status
    assert found[1].startswith(said)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/", 405),
        ("PUT", "/", 405),
        ("POST", "/metrics", 405),
        ("DELETE", "/healthz", 405),
        ("GET", "/../etc/passwd", 404),
        ("POST", "/elsewhere", 404),
        ("GET", "/%ff%00", 404),
        ("OPTIONS", "*", 404),
    ],
)
def test_there_are_no_other_routes(running, method, path, status):
    found = running.send(None, {}, method=method, path=path)
    assert error(found)[0] == status


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_it_says_that_it_is_well(running, path):
    assert running.get(path).status == 200
    assert running.send(None, {}, method="HEAD", path=path).status == 200


def test_it_counts(running):
    before = running.get("/metrics").text
    running.send(sent=collecting.headers("counted"))
    after = running.get("/metrics").text
    name = f'skewgate_collect_events_total{{type="{collecting.REQUEST}"}} '

    def value(text):
        return int(text.partition(name)[2].split()[0])

    assert value(after) == value(before) + 1
    assert "skewgate_collect_held_bytes 0\n" in after


def test_many_requests_on_one_connection_are_answered_in_order(running, stored):
    names = [f"pipelined-{number}" for number in range(5)]
    sent = b""
    for name in names:
        head = "".join(f"{n}: {v}\r\n" for n, v in collecting.headers(name).items())
        last = "connection: close\r\n" if name == names[-1] else ""
        length = f"content-length: {len(collecting.BODY)}\r\n"
        sent += f"POST / HTTP/1.1\r\nhost: a\r\n{head}{length}{last}\r\n".encode()
        sent += collecting.BODY
    assert speak(running, sent).count(b"HTTP/1.1 202 ") == len(names)
    for name in names:
        stored(name)


def test_requests_that_wait_are_bounded(running):
    """Bodies that do not end hold memory, until no more are taken; then it goes on."""
    head = "".join(f"{n}: {v}\r\n" for n, v in collecting.headers("held").items())
    head = f"POST / HTTP/1.1\r\nhost: a\r\n{head}content-length: 2\r\n\r\n"
    connections = []
    deadline = time.monotonic() + 20
    try:
        for _ in range(40):  # of which 31 are taken
            connection = socket.create_connection(("127.0.0.1", running.port), timeout=60)
            connection.sendall(head.encode() + b"[")
            connections.append(connection)
        while (found := running.send(sent=collecting.headers("refused"))).status == 202:
            assert time.monotonic() < deadline
        assert error(found) == (503, "too many requests are waiting for the disk")
        assert found.headers["retry-after"] == "1"
        assert running.get("/healthz").status == 200
        connections[0].sendall(b"]")
        assert connections[0].recv(12) == b"HTTP/1.1 202"
    finally:
        for connection in connections:
            connection.close()
    while "held_bytes 0\n" not in running.get("/metrics").text:
        assert time.monotonic() < deadline
    assert running.send().status == 202


@pytest.mark.parametrize(
    "sent",
    [
        b"\x16\x03\x01\x02\x00\x01\x00",
        b"POST / HTTP/1.1\r\nhost: a\r\ncontent-length: -1\r\n\r\n",
        b"GET\r\n\r\n",
        b"GET /healthz HTTP/1.1\r\nbad header\r\n\r\n",
    ],
)
def test_what_is_no_http_is_refused(running, sent):
    assert speak(running, sent).startswith(b"HTTP/1.1 400 ")


def test_an_upgrade_is_not_made(running):
    asked = (
        b"GET /healthz HTTP/1.1\r\nhost: a\r\nconnection: upgrade, close\r\nupgrade: websocket\r\n"
    )
    asked += b"sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\nsec-websocket-version: 13\r\n\r\n"
    assert b" 101 " not in speak(running, asked, b"")


def test_nothing_but_whole_events_is_left(running):
    running.stop()
    found = collecting.published(running.folder)
    assert {"one", "two", "three", "four"} <= {event["id"] for event in found}
    assert [event["id"] for event in found].count("held") == 1
    assert collecting.still_open(running.folder) == []

"""The collector from its first file to its last, in a process of its own."""

import contextlib
import json
import os
import resource
import signal
import socket
import subprocess
import sys
import threading
import time

import pytest

from tests import collecting

TOKEN = "a-token-of-some-length"


def ids(folder):
    return sorted(event["id"] for event in collecting.published(folder))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_publishes_and_ends_with_0_when_it_is_told_to(tmp_path, number):
    with collecting.collector(tmp_path / "new" / "out") as running:
        for name in ("a", "b"):
            assert running.send(sent=collecting.headers(name)).status == 202
        code, out, err = running.stop(number)
    assert (code, err) == (0, "")
    assert out == f"stopped; published 1 files in {tmp_path / 'new' / 'out'}\n"
    assert ids(tmp_path / "new" / "out") == ["a", "b"]


def test_it_ends_without_events(tmp_path):
    with collecting.collector(tmp_path) as running:
        assert running.stop()[0] == 0
    assert sorted(os.listdir(tmp_path)) == [".open"]


def test_a_request_on_its_way_is_finished_before_the_end(tmp_path):
    head = "".join(f"{n}: {v}\r\n" for n, v in collecting.headers("late").items())
    head = f"POST / HTTP/1.1\r\nhost: a\r\n{head}content-length: 3\r\n\r\n["
    with contextlib.ExitStack() as stack:
        running = stack.enter_context(collecting.collector(tmp_path))
        address = ("127.0.0.1", running.port)
        connection = stack.enter_context(socket.create_connection(address, timeout=30))
        connection.sendall(head.encode())
        while "held_bytes 0\n" in running.get("/metrics").text:
            time.sleep(0.01)
        threading.Timer(0.3, connection.sendall, [b"1]"]).start()
        code, _, _ = running.stop()
        assert connection.recv(12) == b"HTTP/1.1 202"
    assert code == 0
    assert ids(tmp_path) == ["late"]


def test_a_kill_loses_nothing_that_was_acknowledged(tmp_path):
    with collecting.collector(tmp_path) as running:
        assert running.send(sent=collecting.headers("a")).status == 202
        running.kill()
    assert ids(tmp_path) == []
    with collecting.collector(tmp_path) as running:
        (said, _) = running.said
        assert said.startswith(f"published {tmp_path}/window=")
        assert said.endswith("left open by a collector that ended early")
        assert ids(tmp_path) == ["a"]
        assert "skewgate_collect_recovered_files 1\n" in running.get("/metrics").text


def test_two_collectors_share_a_folder(tmp_path):
    with collecting.collector(tmp_path) as one, collecting.collector(tmp_path) as other:
        assert len(other.said) == 1
        for running, name in ((one, "a"), (other, "b")):
            assert running.send(sent=collecting.headers(name)).status == 202
        assert (one.stop()[0], other.stop()[0]) == (0, 0)
    assert ids(tmp_path) == ["a", "b"]


def test_files_are_published_by_size(tmp_path):
    with collecting.collector(tmp_path, "--max-bytes", "1K") as running:
        for number in range(20):
            assert running.send(sent=collecting.headers(number)).status == 202
        assert len(list(tmp_path.glob("window=*/*.jsonl"))) > 2
        running.stop()
    assert len(ids(tmp_path)) == 20


@pytest.mark.parametrize("by", ["file", "environment"])
def test_only_who_knows_the_token_sends_and_sees_counts(tmp_path, by):
    file = tmp_path / "token"
    file.write_text(TOKEN)
    words = ["--token-file", str(file)] if by == "file" else []
    environment = {"SKEWGATE_COLLECT_TOKEN": TOKEN} if by == "environment" else {}
    known = {"authorization": f"Bearer {TOKEN}"}
    with collecting.collector(tmp_path / "out", *words, environment=environment) as running:
        refused = running.send()
        assert (refused.status, refused.headers["www-authenticate"]) == (401, "Bearer")
        assert running.send(sent=collecting.headers(authorization="Bearer x")).status == 401
        assert running.send(sent={**collecting.headers("a"), **known}).status == 202
        assert running.get("/metrics").status == 401
        assert running.get("/metrics", **known).status == 200
        assert running.get("/readyz").status == 200
        running.stop()
    assert ids(tmp_path / "out") == ["a"]


def limit(running, most):
    """Lets no file of a collector be longer than some bytes."""
    limits = (most, resource.RLIM_INFINITY)
    resource.prlimit(running.process.pid, resource.RLIMIT_FSIZE, limits)


def test_a_file_that_may_not_grow_is_answered_503_and_the_next_is_taken(tmp_path):
    body = json.dumps(["x" * 3_000]).encode()
    with collecting.collector(tmp_path) as running:
        limit(running, 4_096)
        assert running.send(body, collecting.headers("a")).status == 202
        refused = running.send(body, collecting.headers("b"))
        assert (refused.status, refused.headers["retry-after"]) == (503, "5")
        assert "the file would be larger than the limit" in json.loads(refused.text)["error"]
        ready = running.get("/readyz")
        assert (ready.status, json.loads(ready.text)) == (503, json.loads(refused.text))
        assert running.get("/healthz").status == 200
        limit(running, 1 << 30)
        assert running.send(body, collecting.headers("c")).status == 202
        while running.get("/readyz").status != 200:
            time.sleep(0.05)
        code, _, err = running.stop()
    assert code == 0
    assert err.splitlines() == [
        "skewgate: events are refused: not stored: the file would be larger than the limit",
        "skewgate: events are stored again",
    ]
    assert ids(tmp_path) == ["a", "c"]


def test_an_end_that_cannot_publish_says_so_and_the_next_start_does(tmp_path):
    with collecting.collector(tmp_path) as running:
        assert running.send(sent=collecting.headers("a")).status == 202
        # Not even root may make a folder of this name: a file has it.
        (path,) = (tmp_path / ".open").iterdir()
        window = tmp_path / f"window={path.name.partition('_')[0]}"
        window.touch()
        code, _, err = running.stop()
        assert code == 2
        assert "all that was acknowledged is stored, but the last file could not" in err
        assert err.count("\n") == 1
    window.unlink()
    with collecting.collector(tmp_path):
        assert ids(tmp_path) == ["a"]


def test_without_the_extra_one_sentence_says_what_to_install(tmp_path):
    code = (
        "import sys\n"
        "sys.modules['uvicorn'] = None\n"
        "from skewgate.cli.main import main\n"
        f"sys.exit(main(['collect', '--out', {str(tmp_path)!r}, '--port', '0']))"
    )
    found = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=60
    )
    assert (found.returncode, found.stdout) == (2, "")
    assert found.stderr == (
        "skewgate: uvicorn: is not installed, and this command needs it. Fix: pip install "
        "'skewgate[serve]', in the environment of this command.\n"
    )

"""A collector in a process of its own, and clients that speak to it over real connections."""

from __future__ import annotations

import contextlib
import hashlib
import http.client
import json
import os
import pathlib
import signal
import subprocess
import sys
import urllib.parse
from collections.abc import Iterator, Mapping
from typing import Any

from skewgate.serving.collector.segment import FORMAT

REQUEST = "org.kubeflow.serving.inference.request"
BODY = b'{"instances":[{"fare":1.50,"company":"a"}]}'


def headers(number: object = 1, **more: str) -> dict[str, str]:
    """Returns those of an event in binary mode."""
    return {
        "ce-specversion": "1.0",
        "ce-id": str(number),
        "ce-source": "http://localhost:9081/",
        "ce-type": REQUEST,
        "content-type": "application/json",
        **{name.replace("_", "-"): value for name, value in more.items()},
    }


class Collector:
    """A running `skewgate collect`."""

    def __init__(
        self,
        folder: pathlib.Path,
        *words: str,
        environment: Mapping[str, str] | None = None,
        files: int | None = None,
    ) -> None:
        """Starts it, with a limit of open files, and waits until it listens."""
        self.folder = folder
        limit = [] if files is None else ["prlimit", f"--nofile={files}:{files}"]
        self.process = subprocess.Popen(
            [
                *limit,
                sys.executable,
                "-m",
                "skewgate",
                "collect",
                "--out",
                str(folder),
                "--port",
                "0",
                *words,
            ],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, **(environment or {})},
        )
        self.said: list[str] = []
        self.address = ""
        assert self.process.stdout
        for line in self.process.stdout:
            self.said.append(line.strip())
            if line.startswith("collecting into"):
                self.address = line.split()[-1]
                break
        assert self.address, self.process.communicate()[1]
        self.port = urllib.parse.urlsplit(self.address).port or 0

    def send(
        self, body: bytes | None = BODY, sent: Mapping[str, str] | None = None, **how: Any
    ) -> http.client.HTTPResponse:
        """Sends one request on a connection of its own; the body of the response is in `.text`."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(
                how.get("method", "POST"),
                how.get("path", "/"),
                body=body,
                headers=dict(headers() if sent is None else sent),
                encode_chunked=how.get("chunked", False),
            )
            response = connection.getresponse()
            response.text = response.read().decode()  # type: ignore[attr-defined]
            return response
        finally:
            connection.close()

    def get(self, path: str, **sent: str) -> http.client.HTTPResponse:
        """Gets what stands at a path."""
        return self.send(None, sent, method="GET", path=path)

    def kill(self) -> None:
        """Ends it at once."""
        self.process.kill()
        self.process.communicate()

    def stop(self, number: int = signal.SIGTERM) -> tuple[int, str, str]:
        """Asks it to end; returns its exit code and what it said then."""
        self.process.send_signal(number)
        out, err = self.process.communicate(timeout=60)
        return self.process.returncode, out, err


@contextlib.contextmanager
def collector(folder: pathlib.Path, *words: str, **how: Any) -> Iterator[Collector]:
    """Yields a running collector, and ends it."""
    running = Collector(folder, *words, **how)
    try:
        yield running
    finally:
        running.process.kill()
        for stream in (running.process.stdout, running.process.stderr):
            if stream is not None:
                stream.close()
        running.process.wait()


def published(folder: pathlib.Path) -> list[dict[str, Any]]:
    """Returns the published events, and checks their files against the counts beside them."""
    events = []
    for path in sorted(folder.glob("window=*/*.jsonl")):
        content = path.read_bytes()
        lines = [json.loads(line) for line in content.split(b"\n")[:-1]]
        counts = json.loads((path.parent / f"_{path.stem}.manifest.json").read_text())
        assert counts["format"] == FORMAT
        assert counts["file"] == path.name
        assert f"window={counts['window']}" == path.parent.name
        assert (counts["events"], counts["bytes"]) == (len(lines), len(content))
        assert counts["sha256"] == hashlib.sha256(content).hexdigest()
        assert sum(counts["types"].values()) == len(lines)
        events += lines
    return events


def still_open(folder: pathlib.Path) -> list[str]:
    """Returns the names of files that are not published."""
    return sorted(os.listdir(folder / ".open"))

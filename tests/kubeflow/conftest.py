"""Small compiled pipelines made by hand, whose containers run a few lines of Python."""

from __future__ import annotations

import dataclasses
import http.server
import json
import pathlib
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import yaml

WRITES = """
import json, os, sys
given = json.loads(sys.argv[1])
outputs = {}
for key, found in given["outputs"]["artifacts"].items():
    outputs[key] = {"artifacts": [{"metadata": {"made_by": sys.argv[2], "blessed": 1.0}}]}
with open(given["outputs"]["outputFile"], "w") as stream:
    json.dump({"artifacts": outputs, "parameterValues": {"rows": 7.0}}, stream)
"""
"""A container that publishes all its outputs."""


def type_of(title: str) -> dict[str, str]:
    """Returns the type of an artifact as TFX writes it."""
    return {"instanceSchema": f"title: {title}\ntype: object\n"}


@dataclasses.dataclass
class Pipeline:
    """A pipeline spec to which tasks are added.

    Attributes:
        content: the spec.
    """

    content: dict[str, Any]

    def add(
        self,
        name: str,
        *,
        code: str = WRITES,
        after: tuple[str, ...] = (),
        inputs: dict[str, tuple[str, str]] | None = None,
        outputs: dict[str, str] | None = None,
        parameters: dict[str, Any] | None = None,
        **task: Any,
    ) -> dict[str, Any]:
        """Adds a task that runs Python code and returns its container.

        Args:
            name: of the task.
            code: gets the executor input and the name of the task as arguments.
            after: tasks that it depends on.
            inputs: by key, the task and the key of the output that is read.
            outputs: by key, the title of the type.
            parameters: by name, where the value comes from.
            task: more fields of the task.
        """
        wanted = inputs or {}
        container = {
            "image": "registry/image:1",
            "command": ["python", "-c", code],
            "args": ["{{$}}", name],
        }
        self._put(name, {"container": container}, outputs or {}, task)
        self.content["root"]["dag"]["tasks"][name] |= {
            "dependentTasks": sorted({*after, *(producer for producer, _ in wanted.values())}),
            "inputs": {
                "parameters": parameters or {},
                "artifacts": {
                    key: {
                        "taskOutputArtifact": {
                            "producerTask": producer,
                            "outputArtifactKey": output,
                        }
                    }
                    for key, (producer, output) in wanted.items()
                },
            },
        }
        return container

    def add_importer(self, name: str, uri: str, title: str, **importer: Any) -> None:
        """Adds an importer whose output is "result"."""
        content = {"artifactUri": {"constant": uri}, "typeSchema": type_of(title), **importer}
        self._put(name, {"importer": content}, {"result": title}, {})

    def _put(
        self, name: str, executor: dict[str, Any], outputs: dict[str, str], task: dict[str, Any]
    ) -> None:
        self.content["root"]["dag"]["tasks"][name] = {
            "taskInfo": {"name": name},
            "componentRef": {"name": name},
            **task,
        }
        self.content["components"][name] = {
            "executorLabel": name,
            "outputDefinitions": {
                "artifacts": {key: {"artifactType": type_of(t)} for key, t in outputs.items()}
            },
        }
        self.content["deploymentSpec"]["executors"][name] = executor

    def write(self, path: pathlib.Path) -> str:
        """Writes the file and returns its path."""
        path.write_text(yaml.safe_dump(self.content))
        return str(path)


@pytest.fixture
def pipeline() -> Pipeline:
    """A pipeline without a task."""
    return Pipeline(
        {
            "pipelineInfo": {"name": "made"},
            "schemaVersion": "2.1.0",
            "defaultPipelineRoot": "minio://bucket/taxi",
            "components": {},
            "deploymentSpec": {"executors": {}},
            "root": {"dag": {"tasks": {}}},
        }
    )


@pytest.fixture
def silent() -> Callable[[str, str, float], None]:
    """Progress that tells nobody."""
    return lambda name, event, seconds: None


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path) -> Iterator[Any]:
    """A server that answers what it is told to and keeps what it was asked."""
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("http_proxy", "HTTP_PROXY"):
        monkeypatch.delenv(name, raising=False)
    asked, answers = [], {}

    class Handler(http.server.BaseHTTPRequestHandler):
        def answer(self):
            size = int(self.headers.get("Content-Length") or 0)
            path = self.path.partition("?")[0]
            body = self.rfile.read(size) if size else None
            if body and self.headers.get("Content-Type", "").startswith("application/json"):
                body = json.loads(body)
            asked.append((self.command, path, body, dict(self.headers)))
            status, content = answers.get((self.command, path), (404, {"error": "not here"}))
            if isinstance(content, list):
                content = content.pop(0)
            if callable(content):
                content = content(body)
            text = json.dumps(content).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        do_GET = do_POST = answer  # noqa: N815

        def log_message(self, *arguments):
            pass

    listening = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=listening.serve_forever, args=(0.02,), daemon=True).start()
    listening.asked, listening.answers = asked, answers
    listening.url = f"http://127.0.0.1:{listening.server_address[1]}"
    yield listening
    listening.shutdown()
    listening.server_close()

"""Runs the commands of containers without the seconds that each takes to load TensorFlow and TFX.

`preloaded.py serve SOCKET` loads the libraries once. `preloaded.py run SOCKET env NAME=VALUE...
python -m MODULE ARGUMENT...`, the command prefix that tests give to a launcher, has a process
forked from there run the module. It has loaded libraries and nothing of skewgate; folder,
variables, output, exit code and end by a signal are those of the command. A test of specs, those of
the cache, and the image in CI run the commands literally.
"""

from __future__ import annotations

import importlib
import json
import os
import runpy
import select
import signal
import socket
import sys
from typing import Any

LIBRARIES = (
    "apache_beam",
    "tensorflow_data_validation",
    "tensorflow_model_analysis",
    "tfx.orchestration.kubeflow.v2.container.kubeflow_v2_run_executor",
)


def serve(path: str) -> None:
    """Loads the libraries, then runs commands until its standard input is closed."""
    for name in LIBRARIES:
        importlib.import_module(name)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(f"{path}.new")
        listener.listen()
        os.rename(f"{path}.new", path)
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # who runs a command waits for it
        while sys.stdin not in select.select([listener, sys.stdin], [], [])[0]:
            connection, _ = listener.accept()
            if not os.fork():
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                _attend(connection)
            connection.close()


def _attend(connection: socket.socket) -> None:
    """Runs one command, kills it if its client goes, and answers with its exit code."""
    _, streams, _, _ = socket.recv_fds(connection, 1, 3)
    command = json.loads(connection.makefile().readline())
    child = os.fork()
    if not child:
        connection.close()
        _become(command, streams)
    ready, _, _ = select.select([os.pidfd_open(child), connection], [], [])
    if connection in ready:
        os.kill(child, signal.SIGKILL)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if connection not in ready:
        connection.sendall(str(code).encode())
    os._exit(0)


def _become(command: dict[str, Any], streams: list[int]) -> None:
    """Runs `python -m MODULE` in this process as if it had been started so."""
    os.setsid()
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
    os.chdir(command["folder"])
    os.environ.clear()
    os.environ.update(command["variables"])
    _, _, module, *arguments = command["words"]
    sys.argv = [module, *arguments]
    runpy.run_module(module, run_name="__main__", alter_sys=True)
    os._exit(0)


def run(path: str, words: list[str]) -> int:
    """Has a command run by the server, and returns its exit code."""
    variables = dict(os.environ)
    if words[0] == "env":
        words = words[1:]
    while "=" in words[0]:
        name, _, value = words.pop(0).partition("=")
        variables[name] = value
    if words[:2] != ["python", "-m"]:
        raise ValueError(f"runs python -m MODULE and nothing else, not {words[:3]}")
    content = {"folder": os.getcwd(), "variables": variables, "words": words}
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(path)
        socket.send_fds(connection, [b"."], [0, 1, 2])
        connection.sendall(json.dumps(content).encode() + b"\n")
        answer = connection.recv(100)
    if not answer:
        raise ConnectionError("the server of commands is gone")
    return int(answer)


if __name__ == "__main__":
    mode, place, *command_line = sys.argv[1:]
    if mode == "serve":
        serve(place)
    else:
        sys.exit(run(place, command_line))

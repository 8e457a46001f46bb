"""The address is free, or one sentence says what it is."""

import contextlib
import resource
import socket
import subprocess
import sys

import pytest

from skewgate.core.errors import InputError
from skewgate.serving.collector import listening


def test_any_free_port_is_taken_and_told():
    with contextlib.closing(listening.bound("127.0.0.1", 0)) as found:
        port = found.getsockname()[1]
        assert listening.shown(found, encrypted=False) == f"http://127.0.0.1:{port}/"
        assert listening.shown(found, encrypted=True) == f"https://127.0.0.1:{port}/"


def test_a_port_in_use_is_named():
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(InputError, match=f"--port: {port} is in use on 127.0.0.1"):
            listening.bound("127.0.0.1", port)


@pytest.mark.parametrize("host", ["192.0.2.1", "no such host", "a" * 300, ""])
def test_an_address_of_another_machine_is_refused(host):
    with pytest.raises(InputError, match="--host"):
        listening.bound(host, 0)


@pytest.mark.parametrize(
    ("limits", "allowed", "soft"),
    [((1_024, 8_192), 4_096, 4_416), ((1_024, 1_024), 704, 1_024), ((300, 300), 75, 300)],
)
def test_connections_leave_files_for_events(limits, allowed, soft):
    code = (
        "import resource\n"
        "from skewgate.serving.collector import listening\n"
        f"resource.setrlimit(resource.RLIMIT_NOFILE, {limits})\n"
        "print(listening.connections_allowed(), resource.getrlimit(resource.RLIMIT_NOFILE)[0])"
    )
    if resource.getrlimit(resource.RLIMIT_NOFILE)[1] < limits[1]:
        pytest.skip("this machine allows fewer files")
    found = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert found.stdout == f"{allowed} {soft}\n"

"""The address is free, or one sentence says what it is."""

import contextlib
import socket

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

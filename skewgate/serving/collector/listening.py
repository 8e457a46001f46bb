"""The socket that the collector listens at."""

from __future__ import annotations

import errno
import socket

from skewgate.core.errors import InputError


def bound(host: str, port: int) -> socket.socket:
    """Returns a socket that has an address.

    Args:
        host: name or address of this machine.
        port: 0 for any that is free.

    Raises:
        InputError: it cannot have that address.
    """
    try:
        found = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE | socket.AI_NUMERICSERV
        )
    except (OSError, UnicodeError):
        raise InputError("--host", f"{host!r} is no name or address of this machine") from None
    family, kind, protocol, _, address = found[0]
    listener = socket.socket(family, kind, protocol)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
    except OSError as error:
        listener.close()
        raise _refused(host, port, error) from None
    return listener


def shown(listener: socket.socket, *, encrypted: bool) -> str:
    """Returns the address of a socket as clients write it."""
    host, port = listener.getsockname()[:2]
    return f"http{'s' if encrypted else ''}://{f'[{host}]' if ':' in host else host}:{port}/"


def _refused(host: str, port: int, error: OSError) -> InputError:
    if error.errno == errno.EADDRINUSE:
        return InputError(
            "--port", f"{port} is in use on {host}", "name another, or end what listens there"
        )
    if error.errno == errno.EADDRNOTAVAIL:
        return InputError("--host", f"{host} is no address of this machine")
    if error.errno in (errno.EACCES, errno.EPERM):
        return InputError("--port", f"{port} is not for this user", "name one above 1023")
    return InputError("--host", f"cannot listen on {host}, port {port}: {error.strerror}")

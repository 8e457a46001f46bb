"""The socket that the collector listens at."""

from __future__ import annotations

import contextlib
import errno
import resource
import socket

from skewgate.core.errors import InputError

BACKLOG = 256
"""Connections that wait until they are accepted, which is done for that many at once."""
_MOST_CONNECTIONS = 4_096
"""At a time; each takes some kilobytes even if it is idle."""
_OWN_FILES = 64


def connections_allowed() -> int:
    """Returns how many connections this process can have and still open its own files.

    The limit of open files is raised as far as that takes, where it may be.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    reserve = BACKLOG + _OWN_FILES
    wanted = _MOST_CONNECTIONS + reserve
    if soft != resource.RLIM_INFINITY and soft < wanted:
        more = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        with contextlib.suppress(ValueError, OSError):  # then the old one is what there is
            resource.setrlimit(resource.RLIMIT_NOFILE, (more, hard))
            soft = more
    if soft == resource.RLIM_INFINITY:
        return _MOST_CONNECTIONS
    return max(min(_MOST_CONNECTIONS, soft - reserve), soft // 4)


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
        raise InputError("--host", f"{host!r} is not a name or address of this machine") from None
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
            "--port", f"{port} is in use on {host}", "name another, or stop what is listening there"
        )
    if error.errno == errno.EADDRNOTAVAIL:
        return InputError("--host", f"{host} is not an address of this machine")
    if error.errno in (errno.EACCES, errno.EPERM):
        return InputError("--port", f"{port} is not allowed for this user", "name one above 1023")
    return InputError("--host", f"cannot listen on {host}, port {port}: {error.strerror}")

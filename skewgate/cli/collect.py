"""`skewgate collect`: an HTTP sink for the events that model servers log."""

from __future__ import annotations

import argparse
import re
from typing import Any

from skewgate.core.errors import InputError

_UNITS = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30}
_SIZE = re.compile(r"([1-9][0-9]{0,11})([KMG]?)")
_SMALLEST, _LARGEST = 1 << 10, 1 << 40


def add_parser(commands: Any) -> None:
    """Adds the command to those of the command line."""
    collect = commands.add_parser(
        "collect",
        allow_abbrev=False,  # `--token SECRET` would be that file
        help="receive the events that model servers log, and store them",
        description="Takes CloudEvents over HTTP, as KServe's and Seldon's request loggers send "
        "them, and stores them as JSON Lines by windows. Answers 202 once an event would survive "
        "a kill or a power cut. Runs until SIGTERM or SIGINT.",
        epilog="exit codes: 0 stopped, everything published; 2 usage or bad input. The environment "
        "variable SKEWGATE_COLLECT_TOKEN does what --token-file does.",
    )
    collect.add_argument("--out", metavar="DIR", required=True, help="folder for the events")
    collect.add_argument("--host", default="127.0.0.1", help="address to listen at (127.0.0.1)")
    collect.add_argument(
        "--port", type=_port, default=8080, metavar="N", help="0 for any free port (8080)"
    )
    collect.add_argument(
        "--window", metavar="LENGTH", default="1h", help="length of windows: 15m, 1h, 1d (1h)"
    )
    for name, default, meaning in (
        ("--max-bytes", "256M", "size at which a file is published early"),
        ("--max-event", "10M", "largest request"),
        ("--max-held", "128M", "of requests that wait for the disk; beyond it answers 503"),
    ):
        collect.add_argument(
            name, metavar="SIZE", type=_size, default=_size(default), help=f"{meaning} ({default})"
        )
    collect.add_argument(
        "--token-file",
        metavar="FILE",
        help="file of tokens, one per line; senders must send one of them",
    )
    collect.add_argument("--tls-cert", metavar="FILE", help="certificate of this server (PEM)")
    collect.add_argument("--tls-key", metavar="FILE", help="its private key (PEM)")
    collect.add_argument(
        "--tls-client-ca",
        metavar="FILE",
        help="senders need a certificate signed by one of these (PEM)",
    )


def run(options: argparse.Namespace) -> int:
    """Collects until it is told to stop.

    Raises:
        InputError: an option cannot be used, or the extra `serve` is missing.
    """
    from skewgate.data.windows import durations
    from skewgate.serving.collector import access, service

    every = durations.parse(options.window, "--window")
    if every.count < 1:
        raise InputError("--window", f"must be more than 0, got {options.window}", "give 1h")
    return service.run(
        service.Settings(
            out=options.out,
            host=options.host,
            port=options.port,
            every=every,
            most_bytes=options.max_bytes,
            largest=options.max_event,
            most_held=options.max_held,
            tokens=access.tokens(options.token_file),
            certificate=options.tls_cert,
            key=options.tls_key,
            client_ca=options.tls_client_ca,
        ),
        lambda line: print(line, flush=True),
    )


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > 65_535:
        raise argparse.ArgumentTypeError(f"must be a number from 0 to 65535, got {text!r}")
    return int(text)


def _size(text: str) -> int:
    found = _SIZE.fullmatch(text)
    size = int(found[1]) * _UNITS[found[2]] if found else 0
    if not _SMALLEST <= size <= _LARGEST:
        raise argparse.ArgumentTypeError(
            f"must be a number of bytes from 1K to 1024G, such as 64M, got {text!r}"
        )
    return size

"""An S3 server for tests: moto's, in a thread of this process."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator

from pyarrow import fs

KEYS = {"AWS_ACCESS_KEY_ID": "someone", "AWS_SECRET_ACCESS_KEY": "hush"}


@contextlib.contextmanager
def serving(*buckets: str) -> Iterator[str]:
    """Yields the URL of a server that has these buckets and nothing in them."""
    from moto.server import ThreadedMotoServer

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    try:
        store = fs.S3FileSystem(
            access_key=KEYS["AWS_ACCESS_KEY_ID"],
            secret_key=KEYS["AWS_SECRET_ACCESS_KEY"],
            region="us-east-1",
            scheme="http",
            endpoint_override=f"{host}:{port}",
            allow_bucket_creation=True,
        )
        for bucket in buckets:
            store.create_dir(bucket)
        yield f"http://{host}:{port}"
    finally:
        server.stop()

"""Events to store."""

import types

import pytest

from skewgate.serving.collector import events

NOW = "2026-11-30T19:00:00.000000Z"


def event(number=1, kind="t", body=b"[1]"):
    headers = {"specversion": "1.0", "id": str(number), "source": "s", "type": kind}
    pairs = [(f"ce-{name}".encode(), value.encode()) for name, value in headers.items()]
    (found,) = events.parse(pairs, body, NOW)
    return found


@pytest.fixture(scope="session")
def build():
    return types.SimpleNamespace(event=event, now=NOW)

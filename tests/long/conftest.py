"""What the long tests share."""

from __future__ import annotations

import pathlib
import shlex
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import yaml

from skewgate.pipeline import settings as settings_lib
from tests.long import preloaded

CONTRACTS = ("skew", "performance", "eval_config", "drift")


def _taxi_settings(root: str) -> dict[str, Any]:
    """Returns settings that read the contracts of the taxi example from any folder."""
    content: dict[str, Any] = yaml.safe_load(settings_lib.TAXI.read_text())
    folder = settings_lib.TAXI.parent
    content["root"] = root
    content["schema"] = str(folder / content["schema"])
    content["training"]["train_steps"] = 300
    for section in ("training", "monitoring"):
        for contract in CONTRACTS:
            if contract in content[section]:
                content[section][contract] = str(folder / content[section][contract])
    return content


@pytest.fixture(scope="session")
def taxi_settings() -> Callable[[str], dict[str, Any]]:
    """What makes settings of the taxi example with a root of their own, and little training."""
    return _taxi_settings


@pytest.fixture(scope="session")
def preloaded_prefix(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The command prefix that spares the commands of containers the loading of libraries."""
    path = tmp_path_factory.mktemp("preloaded") / "socket"
    words = [sys.executable, str(pathlib.Path(preloaded.__file__))]
    # It ends when its standard input does, which is also when this process is killed.
    with subprocess.Popen([*words, "serve", str(path)], stdin=subprocess.PIPE) as server:
        while not path.exists():
            assert server.poll() is None, "the server of commands has ended"
            time.sleep(0.1)
        yield shlex.join([*words, "run", str(path)])

"""Imports skewgate from this checkout, shares the tests between processes, starts an S3 server."""

from __future__ import annotations

import contextlib
import gc
import importlib.machinery
import importlib.util
import logging
import os
import pathlib
import shutil
import sys
import tempfile
import urllib.request
from collections.abc import Callable, Iterator
from typing import Any

import pytest

ROOT = pathlib.Path(__file__).parents[1]
TESTS = pathlib.Path(__file__).parent
PIPELINES, BROWSER = TESTS / "e2e", TESTS / "browser"


def _import_this_checkout() -> str:
    """Makes `skewgate` the package beside these tests, whatever the environment has installed.

    The root of the checkout itself gets on no path: its `kubeflow` and `components` would stand for
    real packages of these names. Processes that tests start find a folder on their path that holds
    a link to the package and nothing else.

    Returns:
        That folder.
    """
    spec = importlib.machinery.PathFinder.find_spec("skewgate", [str(ROOT)])
    assert spec is not None
    assert spec.loader is not None
    package = importlib.util.module_from_spec(spec)
    sys.modules["skewgate"] = package
    spec.loader.exec_module(package)
    folder = tempfile.mkdtemp(prefix="skewgate-tests-")
    pathlib.Path(folder, "skewgate").symlink_to(ROOT / "skewgate")
    sys.path.insert(0, folder)
    known = os.environ.get("PYTHONPATH")
    os.environ["PYTHONPATH"] = os.pathsep.join([folder, known] if known else [folder])
    return folder


_ON_THE_PATH = _import_this_checkout()
os.environ["XDG_STATE_HOME"] = os.path.join(_ON_THE_PATH, "state")  # tracebacks of tests go there
os.environ.setdefault("AWS_MAX_ATTEMPTS", "2")  # of servers that tests shut down nobody waits for


from tests import light  # noqa: E402 (skewgate is this checkout's from here on)

_NEEDS: light.Needs | None = None
"""Set where packages are missing, of TFX most of all: see `tests/light.py`."""


def pytest_configure(config: pytest.Config) -> None:
    """Looks what is installed."""
    global _NEEDS
    config.addinivalue_line("markers", "needs(package): skipped where it is not installed")
    absent = light.missing()
    _NEEDS = light.Needs(ROOT, absent) if absent else None


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Says which files were left out, and why."""
    if _NEEDS is None:
        return
    folders = [path.resolve() for path in map(pathlib.Path, config.args) if path.is_dir()]
    left_out = [item for folder in folders for item in _NEEDS.left_out(folder).items()]
    terminalreporter.write_line(
        f"{len(left_out)} files of tests were left out, which need what is not installed:"
    )
    for path, names in left_out:
        terminalreporter.write_line(f"  {path.relative_to(ROOT)}: {', '.join(sorted(names))}")


def pytest_ignore_collect(collection_path: pathlib.Path) -> bool | None:
    """Leaves out the files that need what is missing."""
    if _NEEDS is None or not collection_path.name.startswith("test_"):
        return None
    is_file = collection_path.suffix == ".py"
    return True if is_file and _NEEDS.of_test_file(collection_path) else None


def pytest_itemcollected(item: pytest.Item) -> None:
    """Skips the functions that need what is missing."""
    if _NEEDS is None or not isinstance(item, pytest.Function):
        return
    needed = set(_NEEDS.of_function(item.path, item.originalname))
    needed.update(*(mark.args for mark in item.iter_markers("needs")))
    gone = sorted(needed & light.missing())
    if gone:
        item.add_marker(pytest.mark.skip(reason=f"{', '.join(gone)}: not installed"))


def pytest_unconfigure() -> None:
    """Removes what was made for other processes."""
    shutil.rmtree(_ON_THE_PATH)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Puts whole pipelines, which take longest, first."""
    items.sort(key=lambda item: PIPELINES not in item.path.parents)


def pytest_collection_finish() -> None:
    """Spares the garbage collector the millions of objects of the libraries that are loaded now."""
    import hypothesis  # noqa: F401 (which asks it who refers to the objects of some libraries)

    gc.collect()
    gc.freeze()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Keeps the tests of a file in one process, and so all pipelines and all pages.

    They share what is expensive: a trained model, an evaluation on Beam, a browser. (The marks of
    xdist that are meant for this have no effect with pytest 9.2.)
    """
    from xdist.scheduler import LoadScopeScheduling

    class Together(LoadScopeScheduling):
        """Takes a file, or a folder whose files share something, for one piece of work."""

        def _split_scope(self, nodeid: str) -> str:
            file = nodeid.partition("::")[0]
            folders = (f"{TESTS.name}/{folder.name}/" for folder in (PIPELINES, BROWSER))
            return next((folder for folder in folders if file.startswith(folder)), file)

    return Together(config, log)


@contextlib.contextmanager
def _serving(*buckets: str) -> Iterator[dict[str, str]]:
    """Yields the variables by which clients find a server that has these empty buckets."""
    from moto.server import ThreadedMotoServer
    from pyarrow import fs

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    # What earlier servers of this process held is still there.
    reset = urllib.request.Request(f"http://{host}:{port}/moto-api/reset", method="POST")
    try:
        urllib.request.urlopen(reset).close()
        store = fs.S3FileSystem(
            access_key="someone",
            secret_key="hush",
            region="us-east-1",
            scheme="http",
            endpoint_override=f"{host}:{port}",
            allow_bucket_creation=True,
        )
        for bucket in buckets:
            store.create_dir(bucket)
        yield {
            "AWS_ACCESS_KEY_ID": "someone",
            "AWS_SECRET_ACCESS_KEY": "hush",
            "AWS_ENDPOINT_URL_S3": f"http://{host}:{port}",
        }
    finally:
        server.stop()


@pytest.fixture(scope="session")
def s3_serving() -> Callable[..., contextlib.AbstractContextManager[dict[str, str]]]:
    """What starts moto's S3 server in a thread of this process."""
    return _serving


@pytest.fixture(scope="module")
def s3_variables(s3_serving: Callable[..., Any]) -> Iterator[dict[str, str]]:
    """The variables of a server that has the bucket "bucket"."""
    with s3_serving("bucket") as variables:
        yield variables


@pytest.fixture(params=["minio", "s3"])
def s3_base(
    request: pytest.FixtureRequest, s3_variables: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> str:
    """A folder of that bucket that no other test uses."""
    for name, value in s3_variables.items():
        monkeypatch.setenv(name, value)
    return f"{request.param}://bucket/{request.param}-{request.function.__name__}"

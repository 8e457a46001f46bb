"""The wheel is the package and nothing else, the sdist the checkout.

Both are built without a network, in a folder whose name is a pattern.
"""

from __future__ import annotations

import configparser
import os
import pathlib
import subprocess
import sys
import tarfile
import zipfile

import pytest

import skewgate
from tests import checkouts

NAME = f"skewgate-{skewgate.__version__}"
LINKED = ("components", "kubeflow", "pipeline", "schemas")
NOT_INSTALLED = ("kubeflow/Dockerfile", "kubeflow/manifests/")
"""Files of the linked folders that only a checkout needs."""
LEFT = (
    *("components/__pycache__/x.pyc", "benchmarks/.venv/bin/python", "benchmarks/.data/x.csv"),
    *(".venv/bin/python", ".skewgate/taxi/metadata.sqlite"),
)
"""Files that tools leave in a checkout."""
BUILD = """
import socket, sys

def refuse(*_):
    raise OSError("a build needs no network")

socket.getaddrinfo = socket.socket.connect = refuse
from setuptools import build_meta
getattr(build_meta, sys.argv[1])(sys.argv[2])
"""


def build(what, source, destination):
    """Calls a hook of PEP 517, as `pip --no-build-isolation` does, and returns the file."""
    destination.mkdir()
    subprocess.run(
        [sys.executable, "-c", BUILD, f"build_{what}", str(destination)],
        cwd=source,
        env=checkouts.environment(),
        capture_output=True,
        check=True,
        timeout=300,
    )
    (made,) = destination.iterdir()
    return made


def members(wheel):
    with zipfile.ZipFile(wheel) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("distributions")


@pytest.fixture(scope="module")
def checkout(folder):
    root = checkouts.copy(folder / "check [o] ut")
    for path in LEFT:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text("left")
    return root


@pytest.fixture(scope="module")
def wheel(folder, checkout):
    return build("wheel", checkout, folder / "wheel")


@pytest.fixture(scope="module")
def unpacked_sdist(folder, checkout):
    with tarfile.open(build("sdist", checkout, folder / "sdist")) as archive:
        archive.extractall(folder / "unpacked", filter="data")
    (root,) = (folder / "unpacked").iterdir()
    return root


@pytest.fixture(scope="module")
def package():
    """The files of the package as the tree has them: path to content."""
    found = {}
    for path in checkouts.files():
        inside = path.startswith("skewgate/") or path.split("/")[0] in LINKED
        if (
            inside
            and not path.startswith(NOT_INSTALLED)
            and not (checkouts.ROOT / path).is_symlink()
        ):
            name = path if path.startswith("skewgate/") else f"skewgate/{path}"
            found[name] = (checkouts.ROOT / path).read_bytes()
    return found


def test_the_tree_has_modules_contracts_templates_schemas_and_pages(package):
    assert {pathlib.PurePath(name).suffix for name in package} >= {
        *(".py", ".yaml", ".pbtxt", ".j2", ".css", ".js", ".json", ".md", ".typed")
    }


def test_the_wheel_is_the_package_of_the_tree(wheel, package):
    found = members(wheel)
    installed = {name for name in found if not name.startswith(f"{NAME}.dist-info/")}
    assert installed == set(package)
    assert [name for name in installed if found[name] != package[name]] == []


def test_the_wheel_installs_one_package_and_one_command(wheel):
    found = members(wheel)
    assert {name.split("/")[0] for name in found} == {"skewgate", f"{NAME}.dist-info"}
    assert found[f"{NAME}.dist-info/top_level.txt"].decode().split() == ["skewgate"]
    entries = configparser.ConfigParser()
    entries.read_string(found[f"{NAME}.dist-info/entry_points.txt"].decode())
    assert dict(entries["console_scripts"]) == {"skewgate": "skewgate.cli.main:entry"}


def test_what_the_wheel_installs_runs_without_the_checkout(wheel, tmp_path):
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path / "site")
    code = (
        "import skewgate, skewgate.components, skewgate.pipeline.settings as settings\n"
        "from skewgate.cli.main import main\n"
        "print(skewgate.__file__, skewgate.components.__file__, settings.TAXI)\n"
        "settings.load(settings.TAXI)\n"
        "main(['--version'])"
    )
    result = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path / "site")},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert result.returncode == 0, result.stderr
    places, version = result.stdout.splitlines()
    assert all(place.startswith(f"{tmp_path}/site/skewgate/") for place in places.split())
    assert version == f"skewgate {skewgate.__version__}"


def test_the_sdist_is_the_checkout(unpacked_sdist):
    made = {"PKG-INFO", "setup.cfg"}  # and skewgate.egg-info, which .gitignore names
    assert set(checkouts.files(unpacked_sdist)) - made == set(checkouts.files()) - made
    for path in checkouts.files():
        packed, ours = unpacked_sdist / path, checkouts.ROOT / path
        if ours.is_symlink():
            assert packed.readlink() == ours.readlink()
        elif path not in made:
            assert packed.read_bytes() == ours.read_bytes()
            assert os.access(packed, os.X_OK) == os.access(ours, os.X_OK)


def test_the_sdist_holds_nothing_that_tools_left(checkout, unpacked_sdist):
    assert [path for path in LEFT if not (checkout / path).exists()] == []
    assert [path for path in LEFT if (unpacked_sdist / path).exists()] == []


def test_the_sdist_builds_the_same_wheel(unpacked_sdist, wheel, tmp_path):
    again = build("wheel", unpacked_sdist, tmp_path / "wheel")
    assert again.name == wheel.name
    assert members(again) == members(wheel)

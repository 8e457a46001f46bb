"""Temporary files of runs are gone when the runs are."""

from __future__ import annotations

import os
import pathlib
import signal
import subprocess
import sys
import tempfile

import pytest

from skewgate.pipeline import scratch

KILLED = """
import os, signal, sys, tempfile
from skewgate.pipeline import scratch
with scratch.folder(sys.argv[1], "taxi-training"):
    tempfile.mkdtemp()
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture(autouse=True)
def system(tmp_path, monkeypatch):
    """Another folder in the place of the system's."""
    folder = tmp_path / "tmp"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    monkeypatch.setattr(tempfile, "tempdir", None)
    return folder


def test_what_libraries_leave_goes_with_the_run(system):
    with scratch.folder("/root", "taxi-training"):
        left = pathlib.Path(tempfile.mkdtemp())
        (left / "below").write_text("x")
        assert left.parent == pathlib.Path(os.environ["TMPDIR"]) == system / left.parent.name
        assert left.parent.stat().st_mode & 0o777 == 0o700
    assert list(system.iterdir()) == []
    assert tempfile.gettempdir() == os.environ["TMPDIR"] == str(system)


def test_a_run_that_raises_leaves_nothing_either(system):
    def run():
        with scratch.folder("/root", "taxi-training"):
            tempfile.mkdtemp()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        run()
    assert list(system.iterdir()) == []


def test_what_a_killed_run_left_goes_with_the_next_one_of_its_pipeline(system):
    ended = subprocess.run([sys.executable, "-c", KILLED, "/root"], check=False)
    assert ended.returncode == -signal.SIGKILL
    (left,) = system.iterdir()
    assert len(list(left.iterdir())) == 1
    for other in (("/root", "taxi-monitoring"), ("/other", "taxi-training")):
        with scratch.folder(*other):
            assert left.is_dir()
    with scratch.folder("/root", "taxi-training"):
        assert list(left.iterdir()) == []
    assert list(system.iterdir()) == []


def test_a_link_in_its_place_is_not_followed(system, tmp_path):
    precious = tmp_path / "precious"
    precious.mkdir()
    (precious / "file").write_text("x")
    scratch.path("/root", "taxi-training").symlink_to(precious)
    with scratch.folder("/root", "taxi-training"):
        left = pathlib.Path(tempfile.mkdtemp())
        assert precious not in left.parents
    assert not left.exists()
    assert (precious / "file").exists()

"""TFX on an object store: what its own code asks of a file system."""

from __future__ import annotations

import subprocess
import sys

import pytest
from tfx.dsl.io import fileio
from tfx.utils import io_utils

import skewgate.components  # noqa: F401 (registers the file system)
from skewgate.components.support import artifact_io


@pytest.fixture
def base(s3_base):
    return s3_base


def test_a_folder_is_copied_there_as_pusher_copies_a_model(base, tmp_path):
    (tmp_path / "model" / "variables").mkdir(parents=True)
    (tmp_path / "model" / "saved_model.pb").write_bytes(b"graph")
    (tmp_path / "model" / "variables" / "index").write_bytes(b"weights")
    io_utils.copy_dir(str(tmp_path / "model"), f"{base}/serving/1")
    assert {place: (set(folders), set(files)) for place, folders, files in fileio.walk(base)} == {
        base: ({"serving"}, set()),
        f"{base}/serving": ({"1"}, set()),
        f"{base}/serving/1": ({"variables"}, {"saved_model.pb"}),
        f"{base}/serving/1/variables": (set(), {"index"}),
    }
    io_utils.copy_dir(f"{base}/serving/1", str(tmp_path / "back"))
    assert (tmp_path / "back" / "variables" / "index").read_bytes() == b"weights"
    assert fileio.isdir(f"{base}/serving/1/variables")
    fileio.rmtree(f"{base}/serving")
    assert not fileio.exists(f"{base}/serving")


def test_a_driver_sees_that_a_file_changed(base):
    artifact_io.write_bytes(f"{base}/rows-1.csv", b"a\n1\n")
    before = io_utils.generate_fingerprint("rows", f"{base}/rows-*.csv")
    assert "num_files:1,total_bytes:4" in before
    artifact_io.write_bytes(f"{base}/rows-2.csv", b"a\n22\n")
    assert "num_files:2,total_bytes:9" in io_utils.generate_fingerprint("rows", f"{base}/rows-*")


def test_a_file_is_written_over_only_if_that_is_said(base):
    artifact_io.write_bytes(f"{base}/a", b"one")
    artifact_io.write_bytes(f"{base}/b", b"two")
    for act in (fileio.copy, fileio.rename):
        with pytest.raises(OSError, match="already exists"):
            act(f"{base}/a", f"{base}/b")
        assert artifact_io.read_bytes(f"{base}/b") == b"two"
    fileio.rename(f"{base}/a", f"{base}/b", overwrite=True)
    assert artifact_io.read_bytes(f"{base}/b") == b"one"
    assert fileio.listdir(base) == ["b"]


def test_what_is_missing_is_not_found(base):
    for act in (fileio.open, fileio.listdir, fileio.remove, fileio.stat, fileio.rmtree):
        with pytest.raises(fileio.NotFoundError):
            act(f"{base}/none")
    with pytest.raises(fileio.NotFoundError):
        list(fileio.walk(f"{base}/none"))


def test_any_component_brings_the_file_system_with_it():
    code = (
        "import skewgate.components.quality_gate.executor\n"
        "from tfx.dsl.io import filesystem_registry as registry\n"
        "for scheme in ('minio://', 's3://'):\n"
        "    print(registry.DEFAULT_FILESYSTEM_REGISTRY.get_filesystem_for_scheme(scheme).__name__)"
    )
    words = [sys.executable, "-c", code]
    out = subprocess.run(words, capture_output=True, text=True, check=True, timeout=300).stdout
    assert out.split() == ["ObjectStoreFilesystem"] * 2

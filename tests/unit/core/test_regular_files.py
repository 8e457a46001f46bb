import os
import pathlib

import pytest

from skewgate.core import regular_files, yaml_model
from skewgate.core.errors import InputError
from skewgate.data import sources


def test_files_folders_and_what_is_not_there_are_left_to_who_opens_them(tmp_path):
    (tmp_path / "rows.csv").write_text("a\n1\n")
    for path in (tmp_path / "rows.csv", tmp_path, tmp_path / "missing.csv", "with\0zero"):
        regular_files.check(path)


def test_a_pipe_is_refused_before_anybody_waits_for_it(tmp_path):
    path = tmp_path / "rows.csv"
    os.mkfifo(path)
    message = f"{path}: is a pipe, not a file. Fix: save it as a file first."
    for read in (sources.open_file, yaml_model.read_text):
        with pytest.raises(InputError) as caught:
            read(str(path))
        assert str(caught.value) == message


def test_a_device_is_refused_by_a_link_too(tmp_path):
    link = tmp_path / "rows.csv"
    link.symlink_to("/dev/zero")
    for path in (pathlib.Path("/dev/zero"), link):
        with pytest.raises(InputError, match="is a device, not a file"):
            regular_files.check(path)

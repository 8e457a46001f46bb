"""Files of secrets are small, and are files."""

import os

import pytest

from skewgate.core.errors import InputError
from skewgate.serving.collector import credentials


def test_a_file_is_read(tmp_path):
    (tmp_path / "token").write_bytes(b"abc")
    assert credentials.content(str(tmp_path / "token")) == b"abc"


def test_what_never_ends_is_not_read(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "large").write_bytes(bytes(credentials.LARGEST + 1))
    for name in ("pipe", "large"):
        with pytest.raises(InputError, match=name):
            credentials.content(str(tmp_path / name))

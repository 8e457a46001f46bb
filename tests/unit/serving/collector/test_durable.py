"""Files and folders are forced to the disk."""

import os

import pytest

from skewgate.serving.collector import durable


def test_folders_are_made_with_those_above(tmp_path):
    durable.make_folder(str(tmp_path / "a" / "b"))
    durable.make_folder(str(tmp_path / "a" / "b"))
    assert (tmp_path / "a" / "b").is_dir()


def test_a_file_in_the_place_of_a_folder_is_an_error(tmp_path):
    (tmp_path / "a").touch()
    with pytest.raises(OSError, match=r"exists|directory"):
        durable.make_folder(str(tmp_path / "a" / "b"))


def test_a_file_is_replaced_as_a_whole(tmp_path):
    path = tmp_path / "a.json"
    for content in (b"1", b"2"):
        durable.write_file(str(path), content)
        assert path.read_bytes() == content
    assert os.listdir(tmp_path) == ["a.json"]

from __future__ import annotations

import importlib.util
import pathlib

import pytest

_PATH = pathlib.Path(__file__).parents[2] / "scripts" / "check_pins.py"
_SPEC = importlib.util.spec_from_file_location("check_pins", _PATH)
check_pins = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(check_pins)

LOCK = """\
# This file was made by a tool.
apache-beam==2.75.0 ; python_full_version < '3.11'
    # via tfx
apache-beam==2.77.0 ; python_full_version >= '3.11'
    # via tfx
typing_extensions==4.15.0
"""


def test_versions_of_the_lock_are_locked():
    assert check_pins.unlocked(LOCK, "apache-beam==2.77.0\nTyping-Extensions==4.15.0\n") == []


@pytest.mark.parametrize(
    "line", ["apache-beam==2.76.0", "numpy==2.4.0", "apache-beam", "apache-beam>=2.77.0"]
)
def test_what_the_lock_does_not_hold_is_named(line):
    assert check_pins.unlocked(LOCK, f"typing-extensions==4.15.0\n{line}\n") == [line]


def test_comments_ask_for_nothing():
    assert check_pins.unlocked(LOCK, "# numpy==1\n\napache-beam==2.75.0  # via tfx\n") == []


def write(tmp_path, wanted):
    (tmp_path / "lock.txt").write_text(LOCK)
    (tmp_path / "image.txt").write_text(wanted)
    return [str(tmp_path / "lock.txt"), str(tmp_path / "image.txt")]


def test_a_file_that_the_lock_does_not_hold_is_named_by_its_package():
    known, other = "sha256:aa", "sha256:bb"
    lock = f"numpy==2.4.0 \\\n    --hash={known} \\\n    --hash=sha256:cc\n    # via tfx\n"
    assert check_pins.unlocked(lock, f"numpy==2.4.0 --hash={known}\n") == []
    assert check_pins.unlocked(lock, f"numpy==2.4.0 \\\n    --hash={other}\n") == ["numpy==2.4.0"]


def test_a_package_without_a_hash_fails_with_a_sentence(tmp_path, capsys):
    assert check_pins.main(write(tmp_path, "apache-beam==2.75.0\n")) == 1
    assert "has no hash of apache-beam==2.75.0. Fix: make locks" in capsys.readouterr().out


def test_a_version_outside_the_lock_fails_with_a_sentence(tmp_path, capsys):
    assert check_pins.main(write(tmp_path, "numpy==2.4.0\n")) == 1
    assert "does not hold numpy==2.4.0. Fix: make locks" in capsys.readouterr().out


def test_an_empty_list_is_not_taken_for_a_locked_one(tmp_path, capsys):
    assert check_pins.main(write(tmp_path, "# nothing\n")) == 1
    assert "asks for nothing" in capsys.readouterr().out


def test_a_locked_list_passes(tmp_path):
    paths = write(tmp_path, "apache-beam==2.75.0 --hash=sha256:aa\n")
    locked = LOCK.replace("2.75.0 ;", "2.75.0 --hash=sha256:aa ;")
    (tmp_path / "lock.txt").write_text(locked)
    assert check_pins.main(paths) == 0

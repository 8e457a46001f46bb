"""An error that nobody expected is one sentence, and a file that this user alone can read."""

import io
import os
import pathlib
import re
import stat
import sys
import tempfile

import pytest

from skewgate.core import unexpected
from skewgate.core.errors import InputError


@pytest.fixture(autouse=True)
def state(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return tmp_path / "state" / "skewgate" / "errors"


def raised(error):
    try:
        raise error
    except type(error) as found:
        return found


def path_in(told):
    return pathlib.Path(re.search(r"The traceback is in (\S+\.log)\. ", told)[1])


def test_the_sentence_says_what_happened_and_where_the_rest_is(state, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["skewgate", "run", "--parameter", "key=hush", "training"])
    told = str(unexpected.deliberate(raised(ValueError("one\x1b[31m\ntwo"))))
    assert told.startswith(
        "stopped by an unexpected error, ValueError: one\\u001b[31m. The traceback is"
    )
    path = path_in(told)
    assert path.parent == state
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(state.stat().st_mode) == 0o700
    content = path.read_text()
    assert "Traceback (most recent call last)" in content
    assert "test_unexpected.py" in content
    assert "\x1b" not in content
    assert "run --parameter ... training" in content
    assert "hush" not in content


def test_what_was_meant_stays_as_it_is(state):
    error = InputError("rows.csv", "is empty")
    assert unexpected.deliberate(error) is error
    assert "the disk is full" in str(unexpected.deliberate(OSError(28, "no space", "rows.csv")))
    assert not state.exists()


def test_the_newest_are_kept(state):
    state.mkdir(parents=True)
    own = [state / f"skewgate-error-20200101T0000{n:02d}Z-00000000.log" for n in range(30)]
    for path in [*own, state / "mine.log"]:
        path.write_text("")
    new = path_in(str(unexpected.deliberate(raised(ValueError("x")))))
    assert sorted(state.iterdir()) == sorted([*own[11:], new, state / "mine.log"])


@pytest.mark.parametrize("home", ["", "/", "a file"])
def test_without_a_folder_of_this_user_it_is_a_temporary_file(tmp_path, monkeypatch, home):
    (tmp_path / "file").write_text("")
    if home == "a file":
        monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "file"))
    else:
        monkeypatch.delenv("XDG_STATE_HOME")
        monkeypatch.setenv("HOME", home)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    path = path_in(str(unexpected.deliberate(raised(ValueError("x")))))
    assert path.parent == tmp_path
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_where_nothing_can_be_written_the_sentence_says_so_and_where_it_happened(
    tmp_path, monkeypatch
):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "file"))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "file"))
    told = str(unexpected.deliberate(raised(ValueError("x"))))
    assert "No folder takes its traceback (Not a directory); it happened at " in told
    assert f"{os.path.basename(__file__)}, line " in told
    assert "in raised. " in told


def test_an_error_that_cannot_say_itself_is_told_all_the_same():
    class MuteError(Exception):
        def __str__(self):
            raise RuntimeError("mute")

    told = str(unexpected.deliberate(raised(MuteError())))
    assert "MuteError: (its message cannot be read: RuntimeError)" in told
    assert path_in(told).exists()


def test_a_message_of_any_length_is_one_short_sentence():
    told = str(unexpected.deliberate(raised(ValueError("x" * 10_000_000))))
    assert len(told) < 1_000
    assert path_in(told).stat().st_size <= 1 << 20


def test_where_a_log_is_kept_the_traceback_goes_there(state):
    log = io.StringIO()
    told = str(unexpected.in_log(raised(KeyError("x")), log))
    assert told == (
        "stopped by an unexpected error, KeyError: 'x'. Its traceback is in the log. "
        "Fix: please report it."
    )
    assert "Traceback" in log.getvalue()
    assert not state.exists()

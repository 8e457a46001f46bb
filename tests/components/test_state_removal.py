"""Records that `retention` removed: a lookup never takes them for never written."""

from __future__ import annotations

import datetime
import os

import pytest

from skewgate.components.support import artifact_io, state_folder, state_removal
from skewgate.components.support.state_removal import Removed
from skewgate.core.errors import InputError
from skewgate.data.windows import durations
from skewgate.pipeline import settings as settings_lib
from skewgate.pipeline.limits import Retention
from skewgate.pipeline.retention import cleaning
from tests.components.states import MONITORING, TRAINING, Runs, window


@pytest.fixture
def runs(tmp_path):
    return Runs(tmp_path)


@pytest.fixture
def made(runs):
    return runs.trained()


def clean(base, pipeline="monitoring", **limits):
    """Cleans the state of a compiled pipeline under a root."""
    settings = settings_lib.load(settings_lib.TAXI).model_copy(
        update={"retention": Retention(**limits)}
    )
    return cleaning.clean_root(settings, pipeline, str(base))


def days(runs):
    return {day: runs.monitored(f"day {day} ", window=window(day)) for day in (3, 5, 4)}


def removed(runs, **when):
    """Says whether what was found before some rows was removed."""
    return runs.find(**when)["previous_statistics"].has_custom_property("removed")


def check(runs, made, base):
    runs.record(made, TRAINING)
    days(runs)
    cleaned = clean(base, runs=1)
    (line,) = [line for line in cleaned.lines if line.what == "records of the state"]
    assert (line.removed, line.kept) == (1, 2)  # the newest, and that of the last rows
    assert [runs.previous(window=window(day)) for day in (5, 6)] == ["day 4 ", "day 5 "]
    assert [removed(runs, window=window(day)) for day in (3, 4, 5, 6)] == [
        False,  # there never was anything before
        True,
        False,
        False,
    ]
    assert runs.previous(window=window(4)) is None
    with pytest.raises(InputError, match="did record earlier rows, but retention has remov"):
        runs.find(window=window(4), required=("previous_statistics",))
    with pytest.raises(InputError, match="taxi-monitoring has not recorded any earlier rows"):
        runs.find(window=window(3), required=("previous_statistics",))
    again = clean(base, runs=1)
    assert again.removed == 0


def test_rows_before_which_all_is_removed_are_told_from_the_first(runs, made, tmp_path):
    check(runs, made, tmp_path)


def test_the_same_on_an_object_store(runs, made, s3_base):
    runs.root = f"{s3_base}/state"
    check(runs, made, s3_base)


def test_what_the_newest_training_run_recorded_stays(runs, made, tmp_path):
    runs.record(runs.trained("older"), TRAINING)
    runs.record(made, TRAINING)
    clean(tmp_path, "training", keep="1m")
    assert len(runs.recorded(TRAINING)) == 2  # both of this minute
    clean(tmp_path, "training", runs=1)
    assert runs.find()["model"].uri == made["model"].uri
    assert len(runs.recorded(TRAINING)) == 1


def test_an_older_record_that_is_left_does_not_stand_for_a_nearer_one_that_is_gone(
    runs, made, tmp_path
):
    runs.record(made, TRAINING)
    for day in (3, 5, 7, 8):
        runs.monitored(f"day {day} ", window=window(day))
    runs.monitored("day 2 ", window=window(2))
    clean(tmp_path, runs=2)  # leaves 8 and 2, which came last
    assert runs.previous(window=window(9)) == "day 8 "
    assert runs.previous(window=window(6)) is None
    assert removed(runs, window=window(6))
    assert runs.previous(window=window(3)) == "day 2 "  # nothing that is gone was before


def test_spans_count_in_the_same_way(runs, made, tmp_path):
    runs.record(made, TRAINING)
    for span in (1, 2, 3):
        runs.monitored(f"span {span} ", span=span)
    clean(tmp_path, runs=1)
    assert runs.previous(span=4) == "span 3 "
    assert runs.previous(span=3) is None
    assert [removed(runs, span=span) for span in (1, 2, 3, 4)] == [False, True, True, False]


def test_a_repeated_run_is_found_where_its_older_record_is_gone(runs, made, tmp_path):
    runs.record(made, TRAINING)
    for text, day in (("old ", 3), ("day 4 ", 4), ("new ", 3)):
        runs.monitored(text, window=window(day))
    clean(tmp_path, runs=1)
    assert runs.previous(window=window(4)) == "new "
    assert not removed(runs, window=window(4))


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b'{"version": 1, "first_end": null}', "has lost its checksum"),
        (b'{"version": 1, "checksum": "sha256:00"}', "its checksum does not match"),
        (b"[]", "has lost its checksum"),
        (b"", "is not JSON"),
    ],
)
def test_a_damaged_note_is_an_error_and_no_first_run(runs, made, content, problem):
    runs.record(made, TRAINING)
    days(runs)
    path = os.path.join(runs.root, MONITORING, state_removal.NAME)
    artifact_io.write_bytes(path, content)
    with pytest.raises(InputError, match=rf"removed\.json: {problem}.* Fix: restore it, or delete"):
        runs.find(window=window(4))


def test_notes_add_up(tmp_path):
    folder = str(tmp_path)
    early, late = (datetime.datetime(2026, 11, day) for day in (2, 9))
    state_removal.note(folder, Removed(first_end=late, last_end=late, first_span=0, last_span=0))
    state_removal.note(folder, Removed(first_end=early, last_end=early))
    assert state_removal.read(folder) == Removed(
        first_end=early, last_end=late, first_span=0, last_span=0
    )


def test_half_a_record_of_a_cluster_is_given_a_day(runs, tmp_path):
    kept = days(runs)[4]
    now = datetime.datetime.now(datetime.timezone.utc)
    for hours in (25, 23):
        name = (now - datetime.timedelta(hours=hours)).strftime(state_folder.NAME_FORM)
        os.makedirs(os.path.join(runs.root, MONITORING, name, "statistics"))
    cleaned = clean(tmp_path, keep=durations.parse("1h"))
    assert os.path.exists(kept)
    (told,) = cleaned.unknown
    assert told == (
        os.path.join(runs.root, MONITORING, name),
        "is a record that may still be being written",
    )


def test_ages_are_those_of_the_records(runs, tmp_path):
    days(runs)
    assert clean(tmp_path, keep=durations.parse("1h")).removed == 0

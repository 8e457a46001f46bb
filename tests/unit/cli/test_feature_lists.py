"""TFRecords of tf.SequenceExample, and of what is neither that nor tf.Example."""

import json

import numpy as np
import pyarrow as pa
import pytest

from skewgate.data.tf_example.tfrecord import frame
from tests.encoding import encode, encode_sequence


def write(path, rows, seed, *, moved=0, lists=True):
    """Writes rows with a fare and, as a feature list, the amounts of 0 to 4 events."""
    rng = np.random.default_rng(seed)
    contexts = encode(pa.table({"fare": rng.normal(20, 3, rows).tolist()}), "trips")
    records = []
    for context in contexts:
        steps = [[float(value + moved)] for value in rng.normal(50, 9, rng.integers(0, 5))]
        records.append(encode_sequence(context, {"events": steps}) if lists else context)
    path.write_bytes(frame(records))
    return path


@pytest.fixture
def place(tmp_path):
    def place(name, *arguments, **options):
        return write(tmp_path / f"{name}.tfrecord", *arguments, **options)

    return place


def test_feature_lists_that_moved_fail(run, place):
    result = run("drift", place("a", 900, 1), place("b", 700, 2, moved=1_000), "--quiet")
    assert result.code == 1
    assert "##SEQUENCE##.events: ks is 1" in result.out


def test_feature_lists_that_did_not_move_pass(run, place):
    content = json.loads(
        run("drift", place("a", 900, 1), place("b", 700, 2), "--json", "--quiet").out
    )
    assert content["status"] == "pass"
    assert {result["feature"] for result in content["results"]} == {
        "fare",
        "##SEQUENCE##.events",
        "num_values(##SEQUENCE##.events)",
    }


def test_feature_lists_that_vanished_fail(run, place):
    result = run("drift", place("a", 900, 1), place("b", 700, 2, lists=False), "--quiet")
    assert result.code == 1
    assert (
        "##SEQUENCE##.events, num_values(##SEQUENCE##.events): each is missing from" in result.out
    )


def test_a_statistics_file_keeps_feature_lists(run, place, tmp_path):
    rows = place("a", 900, 1)
    assert run("profile", rows, "--out", tmp_path / "a.pb", "--quiet").code == 0
    assert run("drift", tmp_path / "a.pb", rows, "--quiet").code == 0
    moved = place("b", 700, 2, moved=1_000)
    assert run("drift", tmp_path / "a.pb", moved, "--quiet").code == 1


def test_a_file_may_mix_both_kinds_of_records(run, place, tmp_path):
    both = tmp_path / "c.tfrecord"
    parts = [place("a", 900, 1), place("b", 900, 2, lists=False)]
    both.write_bytes(b"".join(part.read_bytes() for part in parts))
    result = run("drift", both, parts[0], "--quiet")
    assert result.code == 1  # half of the rows have no list
    assert "##SEQUENCE##.events: missing_rate is" in result.out
    assert run("drift", both, both, "--quiet").code == 0


def test_records_of_another_kind_are_refused(refused, place, tmp_path):
    path = place("a", 5, 1)
    other = tmp_path / "other.tfrecord"
    other.write_bytes(path.read_bytes() + frame([b"\x22\x03abc"]))
    assert refused("drift", path, other) == (
        f"{other}: records 1 to 6: are neither tf.Example nor tf.SequenceExample (the 6. of them "
        "has a field 4, which tf.Example has not, or not of that type). Fix: write it again as "
        "TFRecord of one of these."
    )


def test_a_feature_without_a_name_is_refused(refused, tmp_path):
    path = tmp_path / "a.tfrecord"
    path.write_bytes(frame([b"\x0a\x0d\x0a\x0b\x0a\x00\x12\x07\x1a\x05\x0a\x03\x01\x02\x03"]))
    assert refused("drift", path, path) == (
        f"{path}: records 1 to 1: have a feature without a name. Fix: give it a name."
    )

from __future__ import annotations

import io
import json
import os
import pathlib
import time

import pytest

from skewgate.core.errors import InputError
from skewgate.storage import content, s3

LONG = (1 << 24) + 70_001
"""Bytes of a file of two blocks."""


@pytest.fixture
def old(monkeypatch):
    """Lets every file be one that was written long ago."""
    now = time.time_ns()
    monkeypatch.setattr(content.time, "time_ns", lambda: now + 3_600_000_000_000)


@pytest.fixture
def reads(monkeypatch):
    """The paths that were read, in order."""
    found = []
    digest = content.digest

    def telling(path):
        found.append(pathlib.Path(path).name)
        return digest(path)

    monkeypatch.setattr(content, "digest", telling)
    return found


def put_back(path, text):
    """Writes a file so that its size and time of modification stay as they are."""
    before = os.stat(path)
    path.write_text(text)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


@pytest.mark.parametrize("place", [0, 1_234_567, (1 << 24) - 1, 1 << 24, LONG - 1])
def test_every_byte_counts(tmp_path, place):
    before = bytearray(os.urandom(4096) * (LONG // 4096 + 1))[:LONG]
    path = tmp_path / "a"
    path.write_bytes(before)
    first = content.digest(str(path))
    assert content.digest(str(path)) == first
    before[place] ^= 1
    path.write_bytes(before)
    assert content.digest(str(path)) != first


def test_length_counts_too(tmp_path):
    told = set()
    for length in (0, 1, 2, 1 << 20, 1 << 24, (1 << 24) + 1):
        (tmp_path / "a").write_bytes(b"\0" * length)
        told.add(content.digest(str(tmp_path / "a")))
    assert len(told) == 6


def test_an_unchanged_file_is_read_once_and_what_is_known_is_kept_in_json(tmp_path, reads, old):
    paths = [str(tmp_path / name) for name in ("a", "b")]
    for path in paths:
        pathlib.Path(path).write_text("fare\n1\n")
    digests = content.Digests()
    first = content.fingerprint(paths, digests)
    for _ in range(2):
        digests = content.Digests.from_json(digests.to_json())
        assert content.fingerprint(paths, digests) == first
    assert reads == ["a", "b"]
    put_back(tmp_path / "b", "fare\n2\n")
    assert content.fingerprint(paths, digests) != first
    assert reads == ["a", "b", "b"]


def test_a_file_in_place_of_another_of_equal_size_and_time_is_another(tmp_path, old):
    path = tmp_path / "a"
    path.write_text("one")
    digests = content.Digests()
    first = digests.of(str(path))
    digests = content.Digests.from_json(digests.to_json())
    other = tmp_path / "b"
    other.write_text("two")
    os.utime(other, ns=(path.stat().st_atime_ns, path.stat().st_mtime_ns))
    other.replace(path)
    assert digests.of(str(path)) != first


def test_a_file_that_was_just_written_is_read_again(tmp_path, reads):
    """A second write in the same tick of the clock would have the same times."""
    (tmp_path / "a").write_text("one")
    digests = content.Digests()
    digests.of(str(tmp_path / "a"))
    again = content.Digests.from_json(digests.to_json())
    again.of(str(tmp_path / "a"))
    assert reads == ["a", "a"]


def test_names_and_order_count(tmp_path):
    for name in ("a", "b"):
        (tmp_path / name).write_text("same")
    a, b = str(tmp_path / "a"), str(tmp_path / "b")
    told = {content.fingerprint(each, content.Digests()) for each in ([a], [b], [a, b], [b, a])}
    assert len(told) == 4


def test_a_file_that_changes_while_it_is_read_is_named(tmp_path, monkeypatch):
    path = tmp_path / "a"
    path.write_text("one")
    digest = content.digest

    def slow(name):
        found = digest(name)
        path.write_text("three")
        return found

    monkeypatch.setattr(content, "digest", slow)
    with pytest.raises(InputError, match=r"a: changed while it was read\. Fix: wait until"):
        content.Digests().of(str(path))


def test_a_pipe_is_refused_rather_than_waited_for(tmp_path):
    os.mkfifo(tmp_path / "a")
    with pytest.raises(InputError, match="is a pipe"):
        content.Digests().of(str(tmp_path / "a"))


NO_MEMORY = [b"", b"[]", b"{", b'{"/a": 1}', b'{"/a": [1, 2, 3]}', b'{"/a": [null, "x"]}', b"\xff"]


@pytest.mark.parametrize("text", NO_MEMORY, ids=ascii)
def test_what_is_no_memory_is_none(tmp_path, text):
    path = tmp_path / "a"
    path.write_text("one")
    text = text.replace(b"/a", json.dumps(str(path))[1:-1].encode())
    assert content.Digests.from_json(text).of(str(path)) == content.digest(str(path))


def test_an_object_is_known_by_what_its_store_says_of_it(s3_base):
    told = []
    for text in (b"one", b"two", b"one"):
        with s3.open_object(f"{s3_base}/rows.csv", "wb") as stream:
            stream.write(text)
        told.append(content.Digests().of(f"{s3_base}/rows.csv"))
    assert told[0].startswith("ETag:")
    assert told[0] == told[2] != told[1]
    with pytest.raises(FileNotFoundError):
        content.Digests().of(f"{s3_base}/nothing.csv")


def test_the_bytes_are_read_of_an_object_whose_store_says_nothing(s3_base, monkeypatch):
    with s3.open_object(f"{s3_base}/rows.csv", "wb") as stream:
        stream.write(b"one")
    monkeypatch.setattr(s3, "version", lambda uri: "")
    read = content.Digests().of(f"{s3_base}/rows.csv")
    assert content.Digests().of("hdfs://cluster/rows.csv", lambda uri: io.BytesIO(b"one")) == read
    assert content.Digests().of("hdfs://cluster/rows.csv", lambda uri: io.BytesIO(b"two")) != read


def test_what_tfx_alone_may_read_is_read_by_it(monkeypatch):
    def refused(uri):
        raise InputError(uri, "cannot be read from Google Cloud Storage")

    monkeypatch.setattr(s3, "version", refused)
    opened = content.Digests().of("gs://bucket/rows.csv", lambda uri: io.BytesIO(b"one"))
    assert opened == content.Digests().of("hdfs://a/b", lambda uri: io.BytesIO(b"one"))
    with pytest.raises(InputError, match="cannot be read"):
        content.Digests().of("gs://bucket/rows.csv")
    with pytest.raises(InputError, match="cannot be read"):
        content.Digests().of("s3://bucket/rows.csv", lambda uri: io.BytesIO(b"one"))

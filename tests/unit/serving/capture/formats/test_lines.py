"""Files of lines in blocks, with the numbers of their lines."""

from __future__ import annotations

import gzip

import pytest

from skewgate.core.errors import InputError
from skewgate.data.sources.base import LONGEST_ROW
from skewgate.serving.capture.formats import lines


@pytest.fixture(autouse=True)
def small(monkeypatch):
    monkeypatch.setattr(lines, "_BLOCK_BYTES", 64)


def numbered(path):
    return [each for block in lines.blocks(str(path), None) for each in lines.records(block)]


@pytest.mark.parametrize("end", ["", "\n", "\n\n"])
@pytest.mark.parametrize("name", ["log.jsonl", "log.jsonl.gz"])
def test_each_line_is_whole_and_has_its_number(name, end, tmp_path):
    texts = ["x" * (n % 90) for n in range(200)]
    data = ("\n".join(texts) + end).encode()
    path = tmp_path / name
    path.write_bytes(gzip.compress(data) if name.endswith("gz") else data)
    assert numbered(path) == [(n, text.encode()) for n, text in enumerate(texts, 1) if text]


def test_a_line_without_an_end_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr(lines, "LONGEST_ROW", 1_000)
    path = tmp_path / "log.jsonl"
    path.write_bytes(b"short\n" + b"x" * 5_000)
    with pytest.raises(InputError, match="line 2: is longer than"):
        numbered(path)
    assert LONGEST_ROW > 1_000


def test_what_stands_at_a_place_of_objects():
    assert lines.at({"a": {"b.c": 1}}, "a.b.c") is None
    assert lines.at({"a": [1]}, "a.b") is None

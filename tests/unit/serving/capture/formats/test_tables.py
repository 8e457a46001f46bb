"""Files of tables as records, and what is said of those that cannot be read."""

from __future__ import annotations

import sys

import pytest

from skewgate.core.errors import InputError
from skewgate.serving.capture.formats import tables
from tests import capture_logs


def test_records_are_counted_from_one_over_blocks():
    blocks = list(tables.numbered(range(10_000)))
    assert [len(block.records) for block in blocks] == [8_192, 1_808]
    assert blocks[1].records[0] == (8_193, 8_192)


def test_avro_without_fastavro_is_a_sentence(tmp_path, monkeypatch):
    path, _ = capture_logs.vertex_avro(tmp_path)
    monkeypatch.setitem(sys.modules, "fastavro", None)
    with pytest.raises(InputError, match="pip install 'fastavro'"):
        list(tables.avro(str(path), None))


def test_avro_that_is_cut_off_is_a_sentence(tmp_path):
    path, _ = capture_logs.vertex_avro(tmp_path)
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(InputError, match="is not a complete Avro file"):
        list(tables.avro(str(path), None))


@pytest.mark.parametrize(("name", "ending"), [("a.JSON.gz", ".json"), ("b.c.parquet", ".parquet")])
def test_an_ending_is_that_of_the_content(name, ending):
    assert tables.ending(f"folder/{name}") == ending

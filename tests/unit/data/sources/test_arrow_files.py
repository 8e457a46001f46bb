from __future__ import annotations

import datetime
import struct

import pyarrow as pa
import pyarrow.feather
import pytest

from skewgate.core.errors import InputError
from skewgate.data import sources
from skewgate.data.sources.arrow_files import ArrowSource
from skewgate.data.sources.rejected import Rejections

TABLE = pa.table({"x": [1, 2, None], "s": ["a", "b", "a"], "t": [datetime.date(2016, 1, 1)] * 3})


def write_file(path, table):
    with pa.ipc.new_file(path, table.schema) as writer:
        writer.write_table(table, max_chunksize=2)


def write_stream(path, table):
    with pa.ipc.new_stream(path, table.schema) as writer:
        writer.write_table(table, max_chunksize=2)


def write_feather(path, table):
    pa.feather.write_feather(table, path, compression="zstd")


def read(path, types=None, columns=None, rejections=None):
    source = sources.open_file(path, types)
    assert isinstance(source, ArrowSource)
    return pa.Table.from_batches(source.batches(columns, rejections))


@pytest.mark.parametrize("ending", [".arrow", ".feather", ".ipc"])
@pytest.mark.parametrize("write", [write_file, write_stream, write_feather])
def test_files_and_streams_are_read_whatever_the_ending(tmp_path, ending, write):
    path = str(tmp_path / f"a{ending}")
    write(path, TABLE)
    assert read(path).to_pydict() == TABLE.to_pydict()
    assert read(path, columns={"s"}).to_pydict() == {"s": ["a", "b", "a"]}
    assert sources.infer([path]) == {"x": pa.int64(), "s": pa.string(), "t": pa.date32()}


def test_given_types_cast_and_reject(tmp_path):
    path = str(tmp_path / "a.arrow")
    write_file(path, pa.table({"x": ["1", "far", "3"]}))
    with pytest.raises(InputError, match=r"a\.arrow: row 2, column x: expected INT, found 'far'"):
        read(path, {"x": pa.int64()})
    rejections = Rejections(1)
    assert read(path, {"x": pa.int64()}, rejections=rejections).to_pydict() == {"x": [1, 3]}
    assert rejections.samples[0].line == 2


def test_feather_of_version_1_is_refused(tmp_path):
    path = tmp_path / "a.feather"
    path.write_bytes(b"FEA1" + bytes(64) + b"FEA1")  # Arrow 25 warns that it will not write it
    with pytest.raises(InputError, match="is Feather of version 1"):
        sources.open_file(str(path))


@pytest.mark.parametrize("kept", [0, 3, 100])
def test_what_is_no_whole_file_is_refused(tmp_path, kept):
    path = tmp_path / "a.arrow"
    write_file(str(path), TABLE)
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(InputError, match="is not a whole Arrow file"):
        sources.open_file(str(path))


@pytest.mark.parametrize("write", [write_file, write_stream])
@pytest.mark.parametrize("lie", [1 << 30, -5])
def test_offsets_that_lead_out_of_the_file_are_refused_and_end_no_process(tmp_path, write, lie):
    path = tmp_path / "a.arrow"
    write(str(path), pa.table({"s": ["abc", "de"]}))
    told, untold = struct.pack("<3i", 0, 3, 5), struct.pack("<3i", 0, lie, 5)
    content = path.read_bytes()
    assert content.count(told) == 1
    path.write_bytes(content.replace(told, untold))
    with pytest.raises(InputError, match=r"a\.arrow: is not a whole Arrow file .* Fix: write it"):
        read(str(path))


def test_a_dictionary_that_lacks_what_rows_name_is_refused(tmp_path):
    path = str(tmp_path / "a.arrow")
    indices = pa.array([0, 7], pa.int32())
    words = pa.DictionaryArray.from_arrays(indices, pa.array(["a", "b"]), safe=False)
    with pa.ipc.new_stream(path, pa.schema([("s", words.type)])) as writer:
        writer.write_batch(pa.RecordBatch.from_arrays([words], ["s"]))
    with pytest.raises(InputError, match="is not a whole Arrow file"):
        read(path)

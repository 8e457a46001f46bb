"""Record batches of tf.Example, however they are written and in any thread."""

from __future__ import annotations

from concurrent import futures

import pyarrow as pa
import pytest

from skewgate.data.tf_example import coder
from tests.encoding import encode_example as example


def test_a_record_is_a_row_of_lists():
    batch = coder.decode_batch([example(n=[1, 2], s=[b"a"]), b"", example(n=[3], x=[0.5])])
    assert batch.num_rows == 3
    found = dict(zip(batch.schema.names, batch.columns, strict=True))
    expected = {
        "n": pa.array([[1, 2], None, [3]], pa.large_list(pa.int64())),
        "s": pa.array([[b"a"], None, None], pa.large_list(pa.large_binary())),
        "x": pa.array([None, None, [0.5]], pa.large_list(pa.float32())),
    }
    assert {name: (array.type, array.to_pylist()) for name, array in found.items()} == {
        name: (array.type, array.to_pylist()) for name, array in expected.items()
    }


@pytest.mark.parametrize(
    "records", [[example(n=[1]), b"\xff\xff"], [example(n=[1]), example(n=[0.5])]]
)
def test_what_cannot_be_decoded_is_one_error_of_one_line(records):
    with pytest.raises(coder.UndecodableError, match=r"\A.+\Z"):
        coder.decode_batch(records)
    assert coder.decode_batch(records[:1]).num_rows == 1  # the decoder is none the worse


def test_many_threads_decode_at_once():
    def rows(number):
        records = [example(n=[number * 1_000 + row]) for row in range(200)]
        return coder.decode_batch(records).column(0).flatten().to_pylist()

    with futures.ThreadPoolExecutor(8) as workers:
        found = list(workers.map(rows, range(40)))
    assert found == [list(range(n * 1_000, n * 1_000 + 200)) for n in range(40)]


def test_records_that_are_written_in_another_way_are_a_batch_of_the_same_types():
    usual = [example(n=[1, 2], s=[b"a"], x=[0.5]), example(n=[3])]
    twice = [usual[0] + b"", example(n=[7]) + usual[1]]  # a feature that occurs twice: the last
    assert coder.decode_batch(twice).equals(coder.decode_batch(usual))


def test_names_are_in_order_and_empty_records_are_rows():
    batch = coder.decode_batch([example(b=[1], a=[], c=[b"x"]), b""])
    assert batch.schema.names == ["a", "b", "c"]
    assert batch.schema.types[0] == pa.null()
    assert coder.decode_batch([b"", b""]).num_rows == 2

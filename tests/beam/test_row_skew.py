from __future__ import annotations

import itertools
import os
import subprocess
import sys

import apache_beam as beam
import numpy as np
import pyarrow as pa
import pytest
from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.testing import test_pipeline, util

from skewgate.beam import chunks, row_skew
from skewgate.beam.row_skew import CompareRows
from skewgate.checks.skew.config import RowRules
from skewgate.checks.skew.rows.judging import details
from tests.row_comparison import compare_batches

RULES = RowRules(keys=["id"], slices=[["town"]], samples=4)


def table(first, count, seed, **changes):
    """Makes rows whose values depend on the key alone, but for `changes`."""
    ids = np.random.default_rng(seed).permutation(np.arange(first, first + count))
    columns = {
        "id": ids,
        "town": np.array(["a", "b", "c"])[ids % 3],
        "fare": (ids % 7).astype(np.float32),
        "company": np.array([f"company {n % 11}" for n in ids]),
        **{name: change(ids) for name, change in changes.items()},
    }
    return pa.RecordBatch.from_arrays(
        [pa.array(values.tolist()) for values in columns.values()], list(columns)
    )


def batches(whole, size):
    return [whole.slice(start, size) for start in range(0, whole.num_rows, size)]


TRAINING = table(0, 1_000, 1)
SERVING = table(
    100,
    1_300,
    2,
    fare=lambda ids: np.where(ids % 3 == 1, 2.0 * (ids % 7), ids % 7),
    company=lambda ids: np.where(ids % 10 == 0, "other", "company 1"),
)


def run(training, serving, rules, folder, check, **options):
    with test_pipeline.TestPipeline(options=PipelineOptions(["--runner=DirectRunner"])) as pipeline:
        sides = (
            pipeline | "training" >> beam.Create(training),
            pipeline | "serving" >> beam.Create(serving),
        )
        util.assert_that(sides | CompareRows(rules, str(folder), **options), check)


def same_as(expected, rules=RULES):
    def check(found):
        (counted,) = found
        assert counted.error is None
        assert details(counted, rules) == details(expected, rules)
        assert counted.training == expected.training
        assert counted.serving == expected.serving
        assert {n: s.matched for n, s in counted.slices.items()} == {
            n: s.matched for n, s in expected.slices.items()
        }
        for name, found_here in counted.slices.items():
            wanted = {f: k.tolist() for f, k in expected.slices[name].features.items()}
            assert {f: k.tolist() for f, k in found_here.features.items()} == wanted

    return check


@pytest.mark.parametrize(
    ("size", "buffered", "options"),
    [
        (2_000, 100_000, {"expected_rows": 1_300}),
        (90, 400, {}),
        (250, 250, {"expected_rows": 600_000, "partition_bytes": 4_096}),
    ],
)
def test_any_batches_buffers_partitions_and_passes_give_the_same(
    tmp_path, monkeypatch, size, buffered, options
):
    monkeypatch.setattr(row_skew, "BUFFERED_ROWS", buffered)
    expected = compare_batches([TRAINING], [SERVING], RULES)
    assert expected.matched == 900
    sides = batches(TRAINING, size), batches(SERVING, size)
    run(*sides, RULES, tmp_path, same_as(expected), **options)


def test_one_key_that_fills_a_partition_is_counted_and_kept_once_a_buffer(tmp_path, monkeypatch):
    monkeypatch.setattr(row_skew, "BUFFERED_ROWS", 5_000)
    heavy = pa.RecordBatch.from_arrays(
        [pa.array([7] * 1_000), pa.array([1.0] * 1_000)], ["id", "fare"]
    )
    training = [*[heavy] * 40, *batches(TRAINING, 500)]
    sizes = []
    serialize = chunks.serialize
    monkeypatch.setattr(
        chunks, "serialize", lambda part: sizes.append(len(part.keys)) or serialize(part)
    )

    def check(found):
        (counted,) = found
        assert counted.training.rows == 41_000
        assert counted.training.duplicated == 40_001
        assert counted.matched == 900

    run(training, [SERVING], RULES, tmp_path, check)
    assert sum(sizes) == 8 + 1_000 + 1_300


def test_a_column_that_some_batches_lack_is_missing_there(tmp_path):
    training = [table(0, 50, 1), table(50, 50, 1).slice(0, 0), TRAINING.slice(0, 0)]
    bare = pa.RecordBatch.from_arrays([pa.array(range(50, 80)), pa.nulls(30)], ["id", "fare"])
    training.append(bare)
    serving = [table(0, 100, 3)]
    rules = RowRules(keys=["id"])
    expected = compare_batches(training, serving, rules)
    assert expected.slices[""].features["town"].tolist() == [30, 0, 0]
    run(training, serving, rules, tmp_path, same_as(expected, rules), expected_rows=500_000)


def test_feature_lists_are_compared(tmp_path):
    def side(moved):
        steps = [[[n, n + 1], [moved]] for n in range(40)]
        lists = pa.array(steps, pa.large_list(pa.large_list(pa.int64())))
        struct = pa.StructArray.from_arrays([lists], ["events"])
        return pa.RecordBatch.from_arrays([pa.array(range(40)), struct], ["id", "##SEQUENCE##"])

    def check(found):
        (counted,) = found
        assert counted.error is None
        [(name, kinds)] = counted.slices[""].features.items()
        assert (name, kinds.sum()) == ("##SEQUENCE##.events", 40)

    run([side(7)], [side(1_007)], RowRules(keys=["id"]), tmp_path, check)


def test_no_rows_give_one_result_without_rows(tmp_path):
    def check(found):
        (counted,) = found
        assert (counted.training.rows, counted.serving.rows, counted.matched) == (0, 0, 0)

    run([], [], RULES, tmp_path, check)


def test_what_cannot_be_compared_is_said_by_the_result(tmp_path):
    bad = pa.RecordBatch.from_arrays([pa.array([1]), pa.array([[[1]]])], ["id", "deep"])
    texts = pa.RecordBatch.from_arrays([pa.array([1]), pa.array([1.5])], ["id", "town"])

    def names(text):
        def check(found):
            (counted,) = found
            assert text in str(counted.error)

        return check

    run([bad], [SERVING], RULES, tmp_path, names("column deep"))
    run([texts], [texts], RULES, tmp_path, names("slices: town"))


def test_a_bundle_that_fails_after_writing_is_run_again_without_doubling_rows(tmp_path):
    """Runs the writing step by hand, as a runner does that tries a bundle twice."""
    spill = row_skew._Spill("training", RULES, str(tmp_path), 3, None)

    def bundle():
        spill.start_bundle()
        found = list(itertools.chain.from_iterable(map(spill.process, batches(TRAINING, 300))))
        return [*found, *(value.value for value in map(untagged, spill.finish_bundle()))]

    def untagged(output):
        return output.value if isinstance(output, beam.pvalue.TaggedOutput) else output

    lost, kept = bundle(), bundle()
    assert len(os.listdir(tmp_path)) == 2
    chunks = [each for each in kept if isinstance(each, tuple)]
    assert {chunk.path for _, chunk in chunks}.isdisjoint(
        chunk.path for _, chunk in (each for each in lost if isinstance(each, tuple))
    )
    join = row_skew._Join(RULES, 3, row_skew.PARTITION_BYTES)
    unmatched = 0
    for number in range(3):
        here = [chunk for place, chunk in chunks if place == number]
        (counted,) = join.process((number, here))
        unmatched += counted.training.unmatched
    assert unmatched == 1_000


def test_a_file_that_was_cut_is_an_error_and_no_smaller_result(tmp_path):
    path = tmp_path / "part"
    path.write_bytes(b"1234")
    with pytest.raises(OSError, match="ends after 2 of 6 bytes"):
        chunks.load(chunks.Chunk("training", str(path), 2, 6))


def test_the_transform_loads_no_tfx():
    code = (
        "import sys, skewgate.beam.row_skew\n"
        "heavy = {'tensorflow', 'tfx', 'tensorflow_data_validation'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert result.stdout.strip() == "[]"

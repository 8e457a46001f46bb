"""What a cell or a value becomes depends on nothing but itself: one conversion on every path."""

import gzip
import json
import pathlib
import tempfile
from unittest import mock

import pyarrow as pa
import pyarrow.parquet
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skewgate.core.errors import InputError
from skewgate.data import sources
from skewgate.data.ingest import splits, writing
from skewgate.data.ingest.plan import Plan
from skewgate.data.sources import base, json_types
from skewgate.data.sources.rejected import Rejections

WHOLE = 1 << 23


def outcome(path, types, block=WHOLE):
    """Returns values, types and rejected rows; a file is read again only for wider types."""
    with mock.patch.object(base, "BLOCK_BYTES", block):
        source = sources.open_file(str(path), types)
        for _ in range(12):
            rejections = Rejections(None, keep=100_000)
            try:
                batches = list(source.batches(rejections=rejections))
            except base.WiderTypes:
                continue
            break
        else:
            raise AssertionError("is read again for ever")
    assert all(batch.schema == batches[0].schema for batch in batches)
    rows = [
        [(name, repr(value)) for name, value in row.items()]
        for batch in batches
        for row in pa.Table.from_batches([batch]).to_pylist()
    ]
    lines = [line for batch in batches for line in base.lines_of(batch, range(batch.num_rows))]
    rejected = {row.line: (row.column, row.found, row.expected) for row in rejections.samples}
    kinds = {field.name: str(field.type) for field in batches[0].schema} if batches else {}
    return dict(zip(lines, rows, strict=True)), rejected, kinds


def write(folder, suffix, values, bad=()):
    """Writes values as column `a`, with bad rows behind some of them."""
    path = pathlib.Path(folder) / f"rows.{suffix}"
    if suffix == "csv":
        rows = [f'"{value}",x' for value in values]
        rows = ["a,b", *rows]
        broken = "1,2,3"
    else:
        rows = [f'{{"a": {value}, "b": "x"}}' for value in values]
        broken = "{]"
    for at in sorted(bad, reverse=True):
        rows.insert(min(at, len(rows) - 1) + 1, broken)
    path.write_bytes(("\n".join(rows) + "\n").encode("utf-8", "surrogatepass"))
    return path


# The examples that were found, and their relatives.


@pytest.mark.parametrize(
    "form", ["2016-03-01T00:00:00Z", "2016-03-01 07:00:00.25", "true", "07:00"]
)
@pytest.mark.parametrize("suffix", ["csv", "jsonl"])
def test_good_rows_beside_a_bad_one_are_what_they_are_alone(tmp_path, suffix, form):
    values = [form if suffix == "csv" else json.dumps(form)] * 1_000
    alone, none, _ = outcome(write(tmp_path, suffix, values), {"a": pa.int64()})
    beside, rejected, _ = outcome(write(tmp_path, suffix, values, bad=[500]), {"a": pa.int64()})
    assert (len(alone), len(beside), len(none), len(rejected)) == (1_000, 1_000, 0, 1)
    assert list(beside.values()) == list(alone.values())


@pytest.mark.parametrize("suffix", ["csv", "jsonl", "parquet"])
@pytest.mark.parametrize("text", ["0x10", "0XfF", "1_000", "١٢", "7\u00a0"])
@pytest.mark.parametrize("bad", [(), (0, 2)])
def test_what_is_no_integer_is_none_in_any_format_on_any_path(tmp_path, suffix, text, bad):
    values = ["7", text, "8"]
    if suffix == "parquet":
        path = tmp_path / "rows.parquet"
        pa.parquet.write_table(pa.table({"a": values}), path)
    else:
        path = write(tmp_path, suffix, values if suffix == "csv" else map(json.dumps, values), bad)
    rows, rejected, _ = outcome(path, {"a": pa.int64()})
    assert [row[0] for row in rows.values()] == [("a", "7"), ("a", "8")]
    assert [each for each in rejected.values() if each[0]] == [("a", repr(text), "INT")]


def test_numbers_to_the_base_of_16_are_text(tmp_path):
    for cells, kind in ((["0x10", "0x1F"], "string"), (["7", "0x10"], "string"), (["7"], "int64")):
        for block in (3, WHOLE):
            path = write(tmp_path, "csv", cells * 9)
            rows, rejected, kinds = outcome(path, {}, block)
            assert (kinds["a"], rejected) == (kind, {})
            assert [row[0][1].strip("'") for row in rows.values()] == cells * 9


@pytest.mark.parametrize("suffix", ["csv", "jsonl", "parquet"])
@pytest.mark.parametrize(
    ("kind", "value"), [(pa.int64(), 7), (pa.int64(), 1_451_606_400), (pa.float64(), 2.5)]
)
def test_text_is_the_same_number_in_every_format(tmp_path, suffix, kind, value):
    texts = {7: ["007", "7.0", " 7", "70e-1"], 2.5: ["2.50", "25e-1", " 2.5"]}.get(
        value, ["2016-01-01", "2016-01-01T00:00:00Z", "2016-01-01 01:00+01:00"]
    )
    if suffix == "parquet":
        path = tmp_path / "rows.parquet"
        pa.parquet.write_table(pa.table({"a": texts, "b": ["x"] * len(texts)}), path)
    else:
        path = write(tmp_path, suffix, texts if suffix == "csv" else map(json.dumps, texts))
    rows, rejected, kinds = outcome(path, {"a": kind})
    assert [dict(row)["a"] for row in rows.values()] == [repr(value)] * len(texts)
    assert (rejected, kinds["a"]) == ({}, str(kind))


@pytest.mark.parametrize("block", [1, 40, WHOLE])
@pytest.mark.parametrize("kind", [None, pa.int64(), pa.float64(), pa.string()])
@pytest.mark.parametrize("values", [["[7, 8]", "9", "null", "[]"], ["9", "[7, 8]", "null", "[]"]])
def test_a_single_value_beside_lists_is_a_list_of_one(tmp_path, block, kind, values):
    path = write(tmp_path, "jsonl", values * 20)
    rows, rejected, kinds = outcome(path, {} if kind is None else {"a": kind}, block)
    item = {pa.float64(): float, pa.string(): str}.get(kind, int)
    lists = {"[7, 8]": [item(7), item(8)], "9": [item(9)], "null": None, "[]": []}
    assert [dict(row)["a"] for row in rows.values()] == [repr(lists[each]) for each in values] * 20
    assert rejected == {}
    assert kinds["a"] == f"list<item: {kind or pa.int64()}>"


@pytest.mark.parametrize("block", [1, 40, WHOLE])
def test_objects_have_the_keys_that_any_of_them_has(tmp_path, block):
    values = ["{}"] * 9 + [
        '{"x": 1}',
        '{"y": ["2016-01-01"]}',
        '{"x": 2.5}',
        '{"y": ["far"]}',
        "null",
    ]
    rows, rejected, _ = outcome(write(tmp_path, "jsonl", values), {}, block)
    assert rejected == {}
    found = [dict(row)["a"] for row in rows.values()]
    assert found[0] == repr({"x": None, "y": None})
    assert found[9:] == [
        repr(each)
        for each in (
            {"x": 1.0, "y": None},
            {"x": None, "y": ["2016-01-01"]},
            {"x": 2.5, "y": None},
            {"x": None, "y": ["far"]},
            None,
        )
    ]


@pytest.mark.parametrize("block", [1, 40, WHOLE])
def test_what_is_within_objects_is_of_one_kind_too(tmp_path, block):
    values = ['{"x": 1}', '{"x": "far"}', '{"x": [1]}', '{"x": 2}']
    rows, rejected, _ = outcome(write(tmp_path, "jsonl", values), {}, block)
    assert list(rows) == [1, 4]
    assert {line: each[0] for line, each in rejected.items()} == {2: "a", 3: "a"}


@pytest.mark.parametrize("block", [1, 40, WHOLE])
@pytest.mark.parametrize(
    "line",
    [
        '{"a": Inf}',
        '{"a": -NaN}',
        '{"a": 1}\0',
        '{"a": "\\ud800"}',
        '{"a": "\ud800"}',
        '{"a":',
        '{"a": 1} {"a": 2}',
        '{"a": {"x": 1, "x": 2}}',
        '{"a": 1, "a": 1}',
        '{"a": 1E400}',
        '{"a": 10e308}',
        f'{{"a": {"1" * 400}}}',
        '{"b": {"x": [1e309]}}',
        '{"a": +1}',
        '{"a": 01}',
        '{"a": .5}',
        '{"a": "\t"}',
        '{"b": ' + "[" * 65 + "]" * 65 + "}",
        '{"b": ' + "[" * 100_000 + "]" * 100_000 + "}",
        '{"b": ' + '{"x":' * 2_000 + "1" + "}" * 2_001,
    ],
    ids=lambda line: line[:20],
)
def test_what_is_no_json_is_none_wherever_it_stands(tmp_path, block, line):
    good = '{"a": 1, "b": 2}\n'
    data = (good * 3 + line + "\n" + '{"a": 3}\n' * 3).encode("utf-8", "surrogatepass")
    path = tmp_path / "rows.jsonl"
    path.write_bytes(data)
    rows, rejected, _ = outcome(path, {}, block)
    assert (list(rows), list(rejected)) == ([1, 2, 3, 5, 6, 7], [4])


@pytest.mark.parametrize("block", [1, WHOLE])
@pytest.mark.parametrize("first", ["1", '{"x": 2}'])
def test_an_object_over_two_lines_is_none_though_another_line_has_two(tmp_path, block, first):
    path = tmp_path / "rows.jsonl"
    path.write_text(f'{{"a": {first}}}\n{{"b":\n{{"x": 1}}}}\n{{"b": 1}} {{"b": 2}}\n{{"c": 1}}\n')
    rows, rejected, _ = outcome(path, {}, block)
    assert (list(rows), list(rejected)) == ([1, 5], [2, 3, 4])


@pytest.mark.parametrize("block", [1, WHOLE])
def test_numbers_that_json_may_hold_and_others_do_not(tmp_path, block):
    path = write(tmp_path, "jsonl", ["NaN", "Infinity", "-Infinity", "1", "1e308", "0.1e309"])
    rows, rejected, _ = outcome(path, {}, block)
    values = [dict(row)["a"] for row in rows.values()]
    assert values == ["nan", "inf", "-inf", "1.0", "1e+308", "1e+308"]
    assert rejected == {}


@pytest.mark.parametrize("bad", [(), (1,)])
def test_an_integer_is_exact_beside_fractions(tmp_path, bad):
    path = write(tmp_path, "jsonl", ["9007199254740993", "2.0", "9007199254740993.0"], bad)
    rows, _, _ = outcome(path, {"a": pa.int64()})
    assert [dict(row)["a"] for row in rows.values()] == [
        "9007199254740993",
        "2",
        "9007199254740993",
    ]


@pytest.mark.parametrize("block", [1, 40, WHOLE])
@pytest.mark.parametrize("kind", [None, pa.float64()])
def test_minus_zero_is_the_same_number_whatever_stands_beside_it(tmp_path, block, kind):
    path = write(tmp_path, "jsonl", ["-0"] * 5 + ["1"] * 5 + ["-0", "2.5"])
    rows, _, _ = outcome(path, {} if kind is None else {"a": kind}, block)
    assert [dict(row)["a"] for row in rows.values()][:1] == ["-0.0"]
    assert [dict(row)["a"] for row in rows.values()][10:] == ["-0.0", "2.5"]


@pytest.mark.parametrize("bad", [(), (1,)])
def test_a_number_is_text_as_it_is_spelled(tmp_path, bad):
    path = write(tmp_path, "jsonl", ["7", "1.50", "1e3", "true", '"x"', "-0"], bad)
    rows, _, _ = outcome(path, {"a": pa.string()})
    found = [dict(row)["a"] for row in rows.values()]
    assert found == [repr(text) for text in ("7", "1.50", "1e3", "true", "x", "-0")]


def test_a_row_has_one_fate_whether_its_file_is_read_again_or_not(tmp_path):
    # An integer before fractions makes the file be read again, with types that are known.
    for values in (["1", "2.5", '"7"'], ["2.5", "1", '"7"']):
        path = write(tmp_path, "jsonl", values)
        with mock.patch.object(base, "BLOCK_BYTES", 20):
            plan = Plan(splits.AllRows(), max_rejected=1)
            counts = writing.write([str(path)], plan, f"{tmp_path}/out-")
        assert [(row.line, row.expected) for row in counts.rejections.samples] == [
            (3, "a number as before")
        ]


@pytest.mark.parametrize("files", [[["1", "2"], ['"x"', "3"]], [["1", "2", '"x"', "3"]]])
def test_the_first_value_of_all_files_says_what_a_column_holds(tmp_path, files):
    paths = []
    for at, values in enumerate(files):
        folder = tmp_path / str(at)
        folder.mkdir()
        paths.append(str(write(folder, "jsonl", values)))
    plan = Plan(splits.AllRows(), max_rejected=1)
    counts = writing.write(paths, plan, f"{tmp_path}/out-")
    assert (counts.rows_read, counts.rejections.count) == (4, 1)
    assert counts.rejections.samples[0].found == "'x'"


@pytest.mark.parametrize("kind", [{}, {"a": pa.int64()}])
def test_lists_in_a_later_file_are_lists_in_all(tmp_path, kind):
    paths = []
    for at, values in enumerate((["1", "2"], ["[3, 4]", "5"], ["6"])):
        folder = tmp_path / str(at)
        folder.mkdir()
        paths.append(str(write(folder, "jsonl", values)))
    counts = writing.write(paths, Plan(splits.AllRows(), types=kind), f"{tmp_path}/out-")
    assert (counts.rows_read, counts.types["a"]) == (5, "list<item: int64>")


# Any table.

CELLS = ["7", " 7", "007", "-0", "+7", "0x10", "1_000", "7.0", "2.5", "1e3", "1e999", "nan", "inf"]
CELLS += ["true", "FALSE", "", " ", "far", "١٢", "99999999999999999999", "9007199254740993", "7\0"]
CELLS += ["2016-01-01", " 2016-01-01", "2016-01-01 10:00:00", "2016-01-01T00:00:00Z", "10:00"]
CELLS += ["2016-01-01 10:00:00.25", "2016-02-30", "9223372036854775808", "two\nlines", "Inf"]
TYPES = st.sampled_from([None, pa.int64(), pa.float64(), pa.string()])
BLOCKS = st.sampled_from([1, 20, 60, 200])
few = settings(max_examples=150, deadline=None)


def compare(suffix, values, kind, block, bad):
    """Compares a reading in small blocks, or beside bad rows, with that at once."""
    types = {} if kind is None else {"a": kind}
    with tempfile.TemporaryDirectory() as folder:
        path = write(folder, suffix, values)
        whole = outcome(path, types)
        assert outcome(path, types, block) == whole
        path = write(folder, suffix, values, bad)
        beside = outcome(path, types)
        assert outcome(path, types, block) == beside
    assert list(beside[0].values()) == list(whole[0].values())
    of_columns = [each for each in beside[1].values() if each[0]]
    assert of_columns == [each for each in whole[1].values() if each[0]]
    assert beside[2] == whole[2]


@few
@given(
    cells=st.lists(st.sampled_from(CELLS), min_size=1, max_size=12),
    kind=TYPES,
    block=BLOCKS,
    bad=st.lists(st.integers(0, 12), max_size=2),
)
def test_no_cell_of_csv_depends_on_what_stands_beside_it(cells, kind, block, bad):
    compare("csv", cells, kind, block, bad)


VALUES = [
    "1",
    "-0",
    "2.5",
    "1.0",
    "1e3",
    "NaN",
    "null",
    "true",
    "false",
    "{}",
    "[]",
    "[1]",
    "[2.5]",
]
VALUES += [
    '{"x": 1}',
    '{"x": 2.5}',
    '{"x": "far"}',
    '{"y": {}}',
    "[null]",
    '["x"]',
    "[1, [2]]",
    "[true]",
]
VALUES += [
    "9007199254740993",
    "9007199254740993.0",
    "99999999999999999999",
    "1E400",
    "[true]",
    "0e400",
]
VALUES += [json.dumps(cell) for cell in CELLS] + ['"\\ud800"', '{"y": {"z": [1]}}', "[{}]"]


@few
@given(
    values=st.lists(st.sampled_from(VALUES), min_size=1, max_size=12),
    kind=TYPES,
    block=BLOCKS,
    bad=st.lists(st.integers(-1, 12), max_size=2),
)
def test_no_value_of_json_depends_on_what_stands_beside_it(values, kind, block, bad):
    compare("jsonl", values, kind, block, bad)


@few
@given(
    values=st.lists(
        st.sampled_from([each for each in VALUES if each not in ("1E400",)]), min_size=1
    ),
    kind=TYPES,
)
def test_a_declared_value_is_what_it_is_alone(values, kind):
    if kind is None:
        return
    with tempfile.TemporaryDirectory() as folder:
        rows, rejected, _ = outcome(write(folder, "jsonl", values), {"a": kind})
        for line, value in enumerate(values, 1):
            alone = pathlib.Path(folder, "alone")
            alone.mkdir(exist_ok=True)
            one, none, _ = outcome(write(alone, "jsonl", [value]), {"a": kind})
            assert (line in rows) == (1 in one)
            if line in rows:
                found, expected = dict(rows[line])["a"], dict(one[1])["a"]
                assert found in (expected, f"[{expected}]")
            else:
                assert rejected[line] == none[1]


@settings(max_examples=25, deadline=None)
@given(
    cells=st.lists(st.sampled_from(CELLS[:20]), min_size=1, max_size=20),
    block=BLOCKS,
    workers=st.sampled_from([1, 3]),
)
def test_the_shards_do_not_depend_on_blocks_and_threads(cells, block, workers):
    def shards(block, workers):
        with tempfile.TemporaryDirectory() as folder, mock.patch.object(base, "BLOCK_BYTES", block):
            path = write(folder, "csv", cells, bad=[len(cells) // 2])
            by_hash = splits.HashBuckets(by="hash", buckets={"train": 2, "eval": 1})
            plan = Plan(by_hash, max_rejected=1)
            counts = writing.write([str(path)], plan, f"{folder}/out-", workers)
            found = [pathlib.Path(shard.path).read_bytes() for shard in counts.shards]
            return list(map(gzip.decompress, found))

    assert shards(block, workers) == shards(WHOLE, 1)


def test_a_reading_that_gets_no_further_ends_in_words(tmp_path, monkeypatch):
    path = write(tmp_path, "jsonl", ["1"] * 20 + ["2.5"] * 20)
    monkeypatch.setattr(json_types, "joined", lambda one, other, top=True: other)
    monkeypatch.setattr(json_types, "conformed", lambda array, kind: array)
    monkeypatch.setattr(json_types, "explicit", lambda kind: None)
    monkeypatch.setattr(base, "BLOCK_BYTES", 40)
    with pytest.raises(InputError, match=r"column a: is .*, and no type holds for both"):
        outcome(path, {}, 40)

import gzip
import io
import json

import pyarrow as pa
import pyarrow.parquet
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from skewgate.core.errors import InputError
from skewgate.data import sources
from skewgate.data.sources import base
from skewgate.data.sources.rejected import Rejections

pytestmark = pytest.mark.usefixtures("small_blocks")


@pytest.fixture
def write(tmp_path):
    def write(name, content):
        path = tmp_path / name
        if isinstance(content, pa.Table):
            pa.parquet.write_table(content, path)
        else:
            path.write_text(content)
        return str(path)

    return write


def infer(paths, **types):
    """Returns the types; with these, reading must not be wider."""
    found = sources.infer(paths, types)
    for path in paths:
        source = sources.open_file(path, found, complete=True)
        for batch in source.batches(rejections=Rejections(None)):
            assert set(batch.schema.names) == set(found)
    return {name: str(kind) for name, kind in found.items()}


def message(call, *arguments):
    with pytest.raises(InputError) as caught:
        call(*arguments)
    return str(caught.value)


@pytest.mark.parametrize(
    ("cells", "kind"),
    [
        (["1", "", "2.5"], "double"),
        (["2.5", "1"], "double"),
        (["1", "far"], "string"),
        (["2016-01-01", "2016-01-01 10:00:00"], "timestamp[s]"),
        (["2016-01-01 10:00:00.5", "2016-01-01"], "timestamp[us]"),
        (["2016-01-01 10:00:00.5", "9999-12-31"], "timestamp[us]"),
        (["2016-01-01 10:00:00.123456789", "2016-01-01"], "timestamp[us]"),
        (["2016-01-01 10:00:00.123456789", "9999-12-31"], "timestamp[us]"),
        (["0x10", "1.5"], "string"),
        (["true", "1"], "string"),
        (["", "7"], "int64"),
        (["", ""], "null"),
    ],
)
@pytest.mark.parametrize("files", [1, 2])
def test_a_type_holds_for_all_cells_of_all_files(write, cells, kind, files):
    parts = ["".join(f"{cell},x\n" for _ in range(30)) for cell in cells]
    split = ["".join(parts)] if files == 1 else parts
    paths = [write(f"{at}.csv", f"a,b\n{part}") for at, part in enumerate(split)]
    assert infer(paths) == {"a": kind, "b": "string"}


def test_given_types_stay_and_columns_that_no_file_has_are_left_out(write):
    path = write("a.csv", "zip,n\n007,1\n")
    assert infer([path], zip=pa.string(), gone=pa.int64()) == {"zip": "string", "n": "int64"}


def test_rejected_rows_say_nothing_of_types(write):
    path = write("a.csv", "a,n\n" + "1,7\nfar,x\n" * 30 + "1,7,9.5\n")
    assert infer([path], a=pa.int64()) == {"a": "int64", "n": "int64"}


def test_a_file_without_rows_has_columns(write):
    paths = [write("0.csv", "a,b\n"), write("1.csv", "b,a\n1,x\n")]
    assert infer(paths) == {"a": "string", "b": "int64"}


def test_files_with_other_columns_are_refused(write):
    paths = [write("0.csv", "a,b\n1,2\n"), write("1.csv", "a,c\n1,2\n")]
    assert message(sources.infer, paths) == (
        f"{paths[1]}: has the columns a, c, but {paths[0]} has a, b. "
        "Fix: give all files the same columns."
    )


def test_json_files_may_have_other_columns(write):
    paths = [write("0.jsonl", '{"a": 1}\n'), write("1.jsonl", '{"b": "x"}\n{"a": 1.5}\n')]
    assert infer(paths) == {"a": "double", "b": "string"}
    found = sources.infer(paths)
    for path in paths:
        [*batches] = sources.open_file(path, found, complete=True).batches()
        assert all(set(batch.schema.names) == {"a", "b"} for batch in batches)


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ([1, 2.5], "double"),
        (["2016-01-01", "never"], "string"),
        ([None, True], "bool"),
        ([[], [1], [2.5]], "list<item: double>"),
        ([7, "far"], "int64"),  # another kind of value is no wider type, but a mistake
    ],
)
def test_a_type_holds_for_all_json_lines(write, values, kind):
    lines = [json.dumps({"a": value}) + "\n" for value in values for _ in range(30)]
    assert infer([write("a.jsonl", "".join(lines))]) == {"a": kind}


@pytest.mark.parametrize(
    ("one", "other", "kind"),
    [
        (pa.int8(), pa.int64(), "int64"),
        (pa.int32(), pa.float32(), "double"),
        (pa.bool_(), pa.int64(), "int64"),
        (pa.null(), pa.date32(), "date32[day]"),
        (pa.string(), pa.dictionary(pa.int32(), pa.string()), "string"),
        (pa.list_(pa.int8()), pa.list_(pa.float32()), "list<item: double>"),
        (pa.timestamp("s"), pa.timestamp("us"), "timestamp[us]"),
    ],
    ids=str,
)
def test_a_type_holds_for_all_parquet_files(write, one, other, kind):
    paths = [
        write(f"{at}.parquet", pa.table({"a": pa.array([None, None], each)}))
        for at, each in enumerate((one, other))
    ]
    assert infer(paths) == {"a": kind}
    assert infer(paths[::-1]) == {"a": kind}


def test_types_that_nothing_holds_for_are_refused(write):
    paths = [
        write("0.parquet", pa.table({"a": [[1]]})),
        write("1.parquet", pa.table({"a": [1]})),
    ]
    found = message(sources.infer, paths)
    # Versions of Arrow name the items of lists differently.
    assert found.replace("element", "item") == (
        f"{paths[1]}: column a: has the type int64, and list<item: int64> before. "
        "Fix: give the column one type in all files."
    )


def test_other_formats_are_refused(write):
    path = write("a.tfrecord", "")
    assert message(sources.infer, [path]) == (
        f"{path}: is not one of the formats .csv, .tsv, .parquet, .pq, .parq, .jsonl, .ndjson, "
        f".json, "
        ".arrow, .feather, .ipc. Fix: rename or convert the file."
    )


CELLS = ["1", "-0", "2.5", "far", "", "true", "0x1F", "1e3", "nan", "2016-01-01", "9999-12-31"]
CELLS += ["2016-01-01 10:00:00", "2016-01-01T10:00:00.25", "10:00:00", "2016-01-01T00:00:00Z"]
CELLS += ["99999999999999999999", "007", "1970-01-01 00:00", "TRUE", "inf", "+5"]


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    files=st.lists(
        st.lists(st.tuples(st.sampled_from(CELLS), st.sampled_from(CELLS)), max_size=12),
        min_size=1,
        max_size=3,
    )
)
def test_with_inferred_types_no_row_is_rejected_and_no_type_is_wider(tmp_path, files):
    paths = []
    for at, rows in enumerate(files):
        path = tmp_path / f"{at}.csv"
        path.write_text("a,b,c\n" + "".join(f"{a},{b},x\n" for a, b in rows))
        paths.append(str(path))
    found = sources.infer(paths)
    rejections = Rejections()
    for path, rows in zip(paths, files, strict=True):
        batches = list(sources.open_file(path, found).batches(rejections=rejections))
        assert sum(batch.num_rows for batch in batches) == len(rows)
        for batch in batches:
            assert {field.name: field.type for field in batch.schema} == found


class Remote(io.BytesIO):
    """Knows no more than other file systems' files do, and counts those that are open."""

    open = 0

    def __init__(self, data):
        super().__init__(data)
        type(self).open += 1

    def close(self):
        type(self).open -= not self.closed
        super().close()


@pytest.mark.parametrize("name", ["a.csv", "a.csv.gz", "a.jsonl", "a.jsonl.gz", "a.parquet"])
def test_other_file_systems_are_read_by_an_opener(tmp_path, reader, name):
    rows = [{"a": at, "b": "é" * (at % 7)} for at in range(1, 200)]
    if name.endswith(".parquet"):
        sink = io.BytesIO()
        pa.parquet.write_table(pa.Table.from_pylist(rows), sink)
        data = sink.getvalue()
    elif "csv" in name:
        data = ("a,b\n" + "".join(f"{row['a']},{row['b'] or ''}\n" for row in rows)).encode()
        rows = [{**row, "b": row["b"] or None} for row in rows]
    else:
        data = "".join(json.dumps(row) + "\n" for row in rows).encode()
    stored = {f"far://{name}": gzip.compress(data) if name.endswith(".gz") else data}
    opener = lambda path: Remote(stored[path])  # noqa: E731
    assert reader.read(f"far://{name}", opener=opener).rows == rows
    assert sources.infer([f"far://{name}"], {}, opener) == {"a": pa.int64(), "b": pa.string()}
    assert Remote.open == 0
    assert base.BLOCK_BYTES == 64


def test_what_an_opener_cannot_open_is_one_sentence():
    def opener(path):
        raise FileNotFoundError("no bucket")

    for name in ("far://a.csv", "far://a.jsonl", "far://a.parquet"):
        assert message(sources.open_file, name, None, opener) == (
            f"{name}: cannot be read: no bucket. Fix: check the file."
        )

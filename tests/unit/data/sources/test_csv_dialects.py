"""A table of numbers is the same table however a CSV file is written."""

import bz2
import gzip
import pathlib
import tempfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skewgate.data import sources
from skewgate.data.sources import base
from skewgate.data.sources.reading_options import ReadingOptions

WHOLE = st.none() | st.integers(-(10**6), 10**6)
FRACTIONS = st.none() | st.integers(-(10**8), 10**8).map(lambda cents: cents / 100)
MARKS = ["", "NA", "n/a", "NULL", "None", "#N/A", "-", "?", "\\N"]
ENCODINGS = ["utf-8", "utf-8-sig", "utf-16", "cp1252", "latin-1", "utf-16-be"]
PACKS = {"": bytes, ".gz": gzip.compress, ".bz2": bz2.compress}


def written(rows, delimiter, decimal, mark, quoted, end, header):
    def cell(value):
        text = mark if value is None else str(value) if isinstance(value, int) else f"{value:.2f}"
        text = text.replace(".", decimal) if isinstance(value, float) else text
        return f'"{text}"' if quoted or delimiter in text else text

    lines = [delimiter.join(map(cell, row)) for row in rows]
    return end.join([delimiter.join(header), *lines, ""])


def batches_of(source):
    for _ in range(8):
        try:
            return list(source.batches())
        except base.WiderTypes:
            continue
    raise AssertionError("asks to be read again for ever")


def read(path, options):
    source = sources.open_file(path, options=options)
    batches = batches_of(source)
    return source.columns, [tuple(row.values()) for each in batches for row in each.to_pylist()]


def read_column(path):
    source = sources.open_file(path)
    batches = batches_of(source)
    return source, batches, [value for each in batches for value in each.column(0).to_pylist()]


@settings(max_examples=40, deadline=None)
@given(
    rows=st.lists(st.tuples(WHOLE, FRACTIONS, WHOLE), min_size=1, max_size=12),
    delimiter=st.sampled_from([",", ";", "\t", "|"]),
    decimal=st.sampled_from([".", ","]),
    mark=st.sampled_from(MARKS),
    quoted=st.booleans(),
    encoding=st.sampled_from(ENCODINGS),
    pack=st.sampled_from(sorted(PACKS)),
    end=st.sampled_from(["\n", "\r\n", "\r"]),
    block=st.sampled_from([16, 200, 1 << 23]),
    said=st.booleans(),
    sep=st.booleans(),
)
def test_numbers_are_the_same_however_they_are_written(
    rows, delimiter, decimal, mark, quoted, encoding, pack, end, block, said, sep
):
    header = ["a", "b é", "c"]
    text = written(rows, delimiter, decimal, mark, quoted, end, header)
    text = f"sep={delimiter}{end}{text}" if sep else text
    options = {"delimiter": delimiter, "decimal": decimal} if said else {}
    if encoding not in ("utf-8", "utf-8-sig", "utf-16") or said:
        options["encoding"] = encoding
    if decimal == delimiter:  # which no file says
        options["decimal"] = decimal
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(base, "BLOCK_BYTES", block)
        path = pathlib.Path(folder) / f"rows.csv{pack}"
        path.write_bytes(PACKS[pack](text.encode(encoding)))
        names, found = read(str(path), ReadingOptions(**options))
    assert names == header
    assert found == rows


POOL = ["7", "-2", "2.5", "3,14", "1,459", "0x10", "NaN", "NA", "?", "", "far", "true", "+3"]
POOL += ["2016-01-31", "2016-01-31 10:00:00", "99999999999999999999", "1e5", "inf", "1.234.5"]


@settings(max_examples=40, deadline=None)
@given(
    runs=st.lists(
        st.tuples(st.sampled_from(POOL), st.sampled_from([1, 1, 3, 201])), min_size=1, max_size=5
    ),
    delimiter=st.sampled_from([",", ";", "\t"]),
    block=st.sampled_from([60, 700]),
    turned=st.booleans(),
)
def test_no_column_depends_on_its_blocks_or_the_order_of_its_rows(runs, delimiter, block, turned):
    cells = [cell for cell, count in runs for _ in range(count)]
    outcomes = []
    for size, rows in ((1 << 23, cells), (block, cells[::-1] if turned else cells)):
        text = "".join(f'"{cell}"{delimiter}x\n' for cell in rows)
        with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
            patch.setattr(base, "BLOCK_BYTES", size)
            path = pathlib.Path(folder) / "rows.csv"
            path.write_text(f"a{delimiter}b\n{text}")
            source, [first, *_], values = read_column(str(path))
        notes = sorted(note.split(", such as")[0] for note in source.notes())
        values = values[::-1] if rows is not cells else values
        outcomes.append((str(first.schema.field("a").type), list(map(repr, values)), notes))
    assert outcomes[0] == outcomes[1]


@settings(max_examples=30, deadline=None)
@given(
    texts=st.lists(
        st.sampled_from(["DE", "NA", "None", "null", "-", "7", "2,5", "x;y"]), min_size=1
    ),
    delimiter=st.sampled_from([";", "\t", "|"]),
    block=st.sampled_from([16, 1 << 23]),
)
def test_text_is_the_same_with_all_its_words(texts, delimiter, block):
    rows = "".join(f'"{text}"{delimiter}1\n' for text in ["far", *texts])
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(base, "BLOCK_BYTES", block)
        path = pathlib.Path(folder) / "rows.csv"
        path.write_text(f"a{delimiter}b\n{rows}")
        assert read(str(path), ReadingOptions())[1] == [(text, 1) for text in ["far", *texts]]

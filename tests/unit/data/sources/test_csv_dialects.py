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


def read(path, options):
    source = sources.open_file(path, options=options)
    for _ in range(6):
        try:
            batches = list(source.batches())
        except base.WiderTypes:
            continue
        names = source.columns
        return names, [tuple(row.values()) for each in batches for row in each.to_pylist()]
    raise AssertionError("asks to be read again for ever")


@settings(max_examples=120, deadline=None)
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


@settings(max_examples=60, deadline=None)
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

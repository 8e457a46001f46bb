"""Files that pyarrow 10 cannot write, and partly cannot read: see `_FILES`."""

from __future__ import annotations

import base64

import pyarrow as pa
import pyarrow.parquet
import pytest

from skewgate.core.errors import InputError
from skewgate.data import sources

_VERSION = int(pa.__version__.partition(".")[0])
_FILES = {
    "DELTA_BYTE_ARRAY": (
        "UEFSMRUAFWQVZCwVBhUOFQYVBhwAAAACAAAABgGAAQQDAAACAAAAAgAAAAAAAACAAQQDCAMCAAAACAAAAAAA"
        "AABDYXNocmRzaBUEGSw1ABgGc2NoZW1hFQIAFQwlAhgEcGFpZCUATBwAAAAWBhkcGRwmABwVDBklBg4ZGARw"
        "YWlkFQAWBhaKARaKASYISRwVABUOFQIAPBYYGQYZJgAGAAAAFooBFgYmCBaKAQAoIHBhcnF1ZXQtY3BwLWFy"
        "cm93IHZlcnNpb24gMjEuMC4wGRwcAAAAjAAAAFBBUjE="
    ),
    "DELTA_LENGTH_BYTE_ARRAY": (
        "UEFSMRUAFTgVOCwVBhUMFQYVBhwAAAACAAAABgGAAQQDCAAAAAAAQ2FzaENhcmRDYXNoFQQZLDUAGAZzY2hl"
        "bWEVAgAVDCUCGARwYWlkJQBMHAAAABYGGRwZHCYAHBUMGSUGDBkYBHBhaWQVABYGFl4WXiYISRwVABUMFQIA"
        "PBYYGQYZJgAGAAAAFl4WBiYIFl4AKCBwYXJxdWV0LWNwcC1hcnJvdyB2ZXJzaW9uIDIxLjAuMBkcHAAAAIgA"
        "AABQQVIx"
    ),
    "BYTE_STREAM_SPLIT of integers": (
        "UEFSMRUAFSwVLCwVBBUAFQYVBhwAAAACAAAABAEAAAAAAAD4PwAAAAAAAARAFQAVLBUsLBUEFRIVBhUGHAAA"
        "AAIAAAAEAQECAAAAAAAAAAAAAAAAAAAVBBk8NQAYBnNjaGVtYRUEABUKJQIYAXgAFQQlAhgBbgAWBBkcGSwm"
        "ABwVChklBgAZGAF4FQAWBBZSFlImCEkcFQAVABUCADwpBhkmAAQAAAAmABwVBBklBhIZGAFuFQAWBBZSFlIm"
        "WkkcFQAVEhUCADwpBhkmAAQAAAAWpAEWBCYIFqQBACggcGFycXVldC1jcHAtYXJyb3cgdmVyc2lvbiAyMS4w"
        "LjAZLBwAABwAAACxAAAAUEFSMQ=="
    ),
    "DELTA_BYTE_ARRAY of decimals": (
        "UEFSMRUAFUYVRiwVBBUOFQYVBhwAAAACAAAABAGAAQQCABIAAAAAgAEEAhIRAAAAAAAAAAAAAAAAlhUEGSw1"
        "ABgGc2NoZW1hFQIAFQ4VEhUCGAFkJQoVBBUoLFwVBBUoAAAAFgQZHBkcJgAcFQ4ZJQYOGRgBZBUAFgQWbBZs"
        "JghJHBUAFQ4VAgA8KQYZJgAEAAAAFmwWBCYIFmwAKCBwYXJxdWV0LWNwcC1hcnJvdyB2ZXJzaW9uIDIxLjAu"
        "MBkcHAAAAIoAAABQQVIx"
    ),
    "FLOAT16": (
        "UEFSMRUAFRAVECwVAhUAFQYVBhwAAAACAAAAAgEAPhUEGSw1ABgGc2NoZW1hFQIAFQ4VBBUCGAFobPwAAAAW"
        "AhkcGRwmABwVDhklBgAZGAFoFQAWAhY2FjYmCEkcFQAVABUCADwpBhkmAAIAAAAWNhYCJggWNgAoIHBhcnF1"
        "ZXQtY3BwLWFycm93IHZlcnNpb24gMjEuMC4wGRwcAAAAgAAAAFBBUjE="
    ),
    "text views": (
        "UEFSMRUAFRYVFiwVAhUAFQYVBhwAAAACAAAAAgEBAAAAYRUEGSw1ABgGc2NoZW1hFQIAFQwlAhgBdiUATBwA"
        "AAAWAhkcGRwmABwVDBklBgAZGAF2FQAWAhY8FjwmCEkcFQAVABUCADwWAhkGGSYAAgAAABY8FgImCBY8ABkc"
        "GAxBUlJPVzpzY2hlbWEYoAEvLy8vLzNBQUFBQVFBQUFBQUFBS0FBd0FCZ0FGQUFnQUNnQUFBQUFCQkFBTUFB"
        "QUFDQUFJQUFBQUJBQUlBQUFBQkFBQUFBRUFBQUFVQUFBQUVBQVVBQWdBQmdBSEFBd0FBQUFRQUJBQUFBQUFB"
        "QUVZRUFBQUFCZ0FBQUFFQUFBQUFBQUFBQUVBQUFCMkFBQUFCQUFFQUFRQUFBQUFBQUFBABggcGFycXVldC1j"
        "cHAtYXJyb3cgdmVyc2lvbiAyMS4wLjAZHBwAAAA2AQAAUEFSMQ=="
    ),
    "GZIP": (
        "UEFSMRUAFTwVTCwVBhUAFQYVBhwAAAAfiwgAAAAAAAADY2JgYGBjZAGSzonFGRC6KAXGBwBU85LpHgAAABUE"
        "GSw1ABgGc2NoZW1hFQIAFQwlAhgEcGFpZCUATBwAAAAWBhkcGRwmABwVDBklBgAZGARwYWlkFQQWBhZiFnIm"
        "CEkcFQAVABUCADwWGBkGGSYABgAAABZiFgYmCBZyACggcGFycXVldC1jcHAtYXJyb3cgdmVyc2lvbiAyMS4w"
        "LjAZHBwAAACIAAAAUEFSMQ=="
    ),
}
"""Written by pyarrow 21: `write_table(..., use_dictionary=False, column_encoding=...)`."""


@pytest.fixture
def place(tmp_path):
    """Writes one of the files, perhaps with bytes replaced, and returns its path."""

    def write(name, old=b"", new=b""):
        content = base64.b64decode(_FILES[name])
        assert content.count(old) == 1 or not old
        path = tmp_path / "trips.parquet"
        path.write_bytes(content.replace(old, new) if old else content)
        return str(path)

    return write


def read(path, columns=None):
    return pa.Table.from_batches(sources.open_file(path).batches(columns))


def message(path):
    with pytest.raises(InputError) as caught:
        read(path)
    return str(caught.value)


def test_text_that_cannot_be_read_as_a_dictionary_is_read_plain(place):
    found = read(place("DELTA_BYTE_ARRAY"))
    assert found.to_pydict() == {"paid": ["Cash", "Card", "Cash"]}
    assert found.schema.field("paid").type == pa.string()


def test_text_is_a_dictionary_where_it_can_be(tmp_path):
    path = str(tmp_path / "a.parquet")
    pa.parquet.write_table(pa.table({"paid": ["Cash", "Card"], "s": [{"paid": 1}] * 2}), path)
    assert pa.types.is_dictionary(read(path).schema.field("paid").type)


@pytest.mark.parametrize(
    ("name", "column", "encoding", "since", "values"),
    [
        (
            "DELTA_LENGTH_BYTE_ARRAY",
            "paid",
            "DELTA_LENGTH_BYTE_ARRAY",
            12,
            ["Cash", "Card", "Cash"],
        ),
        ("BYTE_STREAM_SPLIT of integers", "n", "BYTE_STREAM_SPLIT", 16, [1, 2]),
        ("DELTA_BYTE_ARRAY of decimals", "d", "DELTA_BYTE_ARRAY", 14, ["1.50", "1.50"]),
    ],
)
def test_an_encoding_is_read_or_named_with_the_version_that_reads_it(
    place, name, column, encoding, since, values
):
    path = place(name)
    if since <= _VERSION:
        assert [type(values[0])(each) for each in read(path)[column].to_pylist()] == values
        return
    found = message(path)
    assert found.startswith(
        f"{path}: column {column}: has the encoding {encoding}, which pyarrow {pa.__version__} "
        "does not read ("
    )
    assert found.endswith(
        f"). Fix: read it with pyarrow {since} or newer, or write the column with another "
        "encoding, such as PLAIN."
    )


def test_other_columns_of_such_a_file_are_read(place):
    assert read(place("BYTE_STREAM_SPLIT of integers"), {"x"}).to_pydict() == {"x": [1.5, 2.5]}


def test_a_codec_that_nobody_reads_is_named(place):
    gzip, lzo = b"\x15\x04\x16", b"\x15\x06\x16"  # the codec, and the type of what follows
    path = place("GZIP", gzip, lzo)
    found = message(path)
    assert found.startswith(f"{path}: column paid: has the codec LZO, which pyarrow ")
    assert found.endswith("Fix: write it with another codec, such as ZSTD.")


@pytest.mark.parametrize(("name", "since"), [("FLOAT16", 15), ("text views", 16)])
def test_a_type_that_is_not_known_is_no_broken_file(place, name, since):
    path = place(name)
    if since <= _VERSION:
        assert read(path).num_rows == 1
        return
    found = message(path)
    assert f"{path}: has a type or a feature that pyarrow {pa.__version__} does not read (" in found
    assert found.endswith("Fix: read it with a newer pyarrow, or write it without that.")


def test_a_broken_page_is_still_a_broken_file(place):
    path = place("GZIP", b"\x1f\x8b\x08", b"\x1f\x00\x08")
    assert message(path).startswith(f"{path}: is not a whole Parquet file (")

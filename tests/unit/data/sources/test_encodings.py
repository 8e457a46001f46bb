import pytest

from skewgate.core.errors import InputError
from skewgate.data.sources.encodings import to_utf8

TEXT = "name;n\nZoë ☃ 𝄞;1\n"


def utf8(data, given=None, size=4):
    blocks = (data[at : at + size] for at in range(0, len(data), size))
    return b"".join(to_utf8(blocks, given, "trips.csv"))


@pytest.mark.parametrize("size", [4, 5, 7, 1_000])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_a_byte_order_mark_says_the_encoding(encoding, size):
    assert utf8(TEXT.encode(encoding), size=size).decode() == TEXT


@pytest.mark.parametrize("size", [4, 5, 7, 1_000])
@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32-be", "gb18030"]
)
def test_any_encoding_may_be_given(encoding, size):
    assert utf8(TEXT.encode(encoding), encoding, size).decode() == TEXT


@pytest.mark.parametrize("mark", [b"\xff\xfe", b"\xfe\xff"])
def test_either_order_of_bytes(mark):
    name = "utf-16-le" if mark == b"\xff\xfe" else "utf-16-be"
    assert utf8(mark + TEXT.encode(name), name).decode() == TEXT


def test_letters_of_western_europe():
    assert utf8("caf\xe9 \x80".encode("latin-1"), "cp1252").decode() == "café €"


@pytest.mark.parametrize("size", [4, 5, 1_000])
def test_a_byte_that_is_not_in_the_encoding_is_named_with_its_line(size):
    with pytest.raises(InputError) as caught:
        utf8(b"a\nb\nc\x81d\n", "cp1252", size)
    assert str(caught.value) == (
        "trips.csv: line 3: byte 0x81 is not cp1252. Fix: give the option encoding that the "
        "file has."
    )


def test_a_cut_off_letter_is_refused():
    with pytest.raises(InputError, match="is not utf-16"):
        utf8(TEXT.encode("utf-16")[:-1])


@pytest.mark.parametrize("name", ["utf-16-le", "utf-16-be"])
def test_utf16_without_a_mark_is_refused_by_name(name):
    with pytest.raises(InputError, match=f"looks like UTF-16 .*give the option encoding.*{name}"):
        utf8(TEXT.encode(name), size=100)


def test_what_is_not_utf8_is_left_to_the_reader():
    assert utf8(b"caf\xe9") == b"caf\xe9"


def test_nothing_is_nothing():
    assert utf8(b"") == b""

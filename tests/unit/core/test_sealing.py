import json
import pickle

import pytest

from skewgate.core import sealing
from skewgate.core.errors import EXIT_USAGE, InputError

CONTENT = {"kind": "drift", "n": 3, "share": 0.1, "parts": [1, None, {"a": "größe \ud83d"}]}


def unsealed(content):
    return sealing.unseal_json(content, "x.json", "make it again")


# JSON.


def test_a_sealed_object_is_read_without_its_seal():
    sealed = sealing.seal_json(CONTENT)
    assert list(sealed) == [*CONTENT, "checksum"]
    assert unsealed(json.loads(json.dumps(sealed))) == CONTENT


def test_an_object_without_a_seal_is_read_as_it_is():
    assert unsealed(CONTENT) == CONTENT
    assert unsealed({}) == {}


@pytest.mark.parametrize(
    "change",
    [
        {"n": 4},
        {"n": "3"},
        {"n": 3.0},
        {"n": True},
        {"share": 0.10000000000000002},
        {"parts": [None, 1, {"a": "größe \ud83d"}]},
        {"more": 1},
        {"checksum": ""},
        {"checksum": None},
        {"checksum": "sha256:" + 64 * "0"},
    ],
)
def test_an_object_that_was_changed_is_one_sentence(change):
    with pytest.raises(InputError) as caught:
        unsealed({**sealing.seal_json(CONTENT), **change})
    assert str(caught.value) == (
        "x.json: its checksum does not match: it was changed or damaged after it was written. "
        "Fix: make it again."
    )
    assert caught.value.exit_code == EXIT_USAGE


def test_an_object_that_lost_a_key_is_told():
    sealed = sealing.seal_json(CONTENT)
    del sealed["n"]
    with pytest.raises(sealing.DamagedError):
        unsealed(sealed)


def test_order_and_layout_of_an_object_do_not_count():
    sealed = sealing.seal_json(CONTENT)
    text = json.dumps(dict(reversed(sealed.items())), indent=3, ensure_ascii=False)
    assert unsealed(json.loads(text)) == CONTENT


def test_the_same_content_has_the_same_seal():
    assert sealing.seal_json(CONTENT) == sealing.seal_json(dict(CONTENT))


# Messages of protobuf; what reads them is tested with the statistics.


def test_a_seal_stands_before_a_message():
    sealed = sealing.seal(b"\x0a\x00")
    assert sealed[: sealing.SIZE] == sealing.HEAD + sealing.digest([b"\x0a\x00"])
    assert sealed[sealing.SIZE :] == b"\x0a\x00"
    assert sealing.is_sealed(sealed)
    assert not sealing.is_sealed(b"\x0a\x00")


def test_the_digest_of_parts_is_that_of_the_whole():
    assert sealing.digest([b"a", memoryview(b"bc")]) == sealing.digest([b"abc"])


def test_no_change_of_one_bit_makes_field_1_of_the_first_byte():
    """A message of TFDV begins with it: a seal must not turn into the beginning of one."""
    assert all(sealing.HEAD[0] ^ (1 << bit) != 0x0A for bit in range(8))


def test_the_error_goes_through_worker_processes():
    error = sealing.DamagedError("x.pb", "copy it again", "is cut off")
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is sealing.DamagedError
    assert str(again) == str(error) == "x.pb: is cut off. Fix: copy it again."

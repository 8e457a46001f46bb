"""Who knows a token may send."""

import pytest

from skewgate.core.errors import InputError
from skewgate.serving.collector import access
from skewgate.serving.collector.refusals import RefusedError

ONE, OTHER = "a" * 16, "b" * 32


def test_tokens_come_from_a_file_or_the_environment(tmp_path):
    file = tmp_path / "tokens"
    file.write_text(f"{ONE}\n{OTHER}\n\n")
    assert access.tokens(str(file), {}) == [ONE.encode(), OTHER.encode()]
    assert access.tokens(None, {access.VARIABLE: f"{ONE}\n"}) == [ONE.encode()]
    assert access.tokens(None, {}) == []


@pytest.mark.parametrize("content", [b"", b"\n", b"short", b"\xff" * 20])
def test_a_file_without_a_token_lets_nobody_in(tmp_path, content):
    file = tmp_path / "tokens"
    file.write_bytes(content)
    with pytest.raises(InputError, match="tokens"):
        access.tokens(str(file), {})
    with pytest.raises(InputError, match=access.VARIABLE):
        access.tokens(None, {access.VARIABLE: content.decode("latin-1")})


@pytest.mark.parametrize("given", [f"Bearer {ONE}", f"bearer  {OTHER}"])
def test_a_known_token_opens(given):
    access.check([(b"authorization", given.encode())], [ONE.encode(), OTHER.encode()])


@pytest.mark.parametrize(
    "headers", [[], [(b"authorization", b"Bearer x")], [(b"authorization", b"Basic " + b"a" * 16)]]
)
def test_another_does_not(headers):
    with pytest.raises(RefusedError) as caught:
        access.check(headers, [ONE.encode()])
    assert caught.value.status == 401
    access.check(headers, [])

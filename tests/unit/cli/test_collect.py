"""What `skewgate collect` says of its options and its surroundings."""

import socket

import pytest

from skewgate.cli.main import main
from tests import collecting


def refused(capsys, *words):
    assert main(["collect", *words]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    return err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--window", "soon"], "--window: must be a whole number with m, h, d, w or mo"),
        (["--window", "0h"], "--window: must be more than 0, got 0h"),
        (["--window=-1h"], "--window: must be more than 0, got -1h"),
        (["--token-file", "no/such"], "no/such: no such file or folder"),
        (["--token-file", "/dev/zero"], "/dev/zero: is a device, not a file"),
        (["--token-file", ""], "token-file: is empty"),
        (["--tls-cert", "a.pem"], "--tls-cert: only works with --tls-key"),
        (["--tls-cert", "no/such", "--tls-key", "b"], "no/such: no such file or folder"),
        (["--max-held", "20M"], "--max-held: must be at least 20987904 bytes"),
        (["--host", "192.0.2.1"], "--host: 192.0.2.1 is not an address of this machine"),
    ],
)
def test_an_option_that_cannot_be_used_is_named(tmp_path, capsys, words, said):
    assert said in refused(capsys, "--out", str(tmp_path / "out"), *words)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    "words",
    [
        ["--port", "65536"],
        ["--port", "http"],
        ["--max-bytes", "0"],
        ["--max-event", "1.5M"],
        ["--max-held", "-1"],
        ["--max-held", "9999999999999"],
        ["--token", "a" * 32],
    ],
)
def test_a_size_is_a_number_with_a_unit_and_no_token_is_an_argument(tmp_path, capsys, words):
    with pytest.raises(SystemExit) as ended:
        main(["collect", "--out", str(tmp_path), *words])
    assert ended.value.code == 2
    assert "usage: skewgate" in capsys.readouterr().err


def test_a_port_in_use_is_one_sentence(tmp_path, capsys):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        err = refused(capsys, "--out", str(tmp_path), "--port", str(port))
    assert err == (
        f"skewgate: --port: {port} is in use on 127.0.0.1. Fix: name another, or stop what is "
        "listening there.\n"
    )


def test_a_file_is_no_folder(tmp_path, capsys):
    (tmp_path / "out").touch()
    err = refused(capsys, "--out", str(tmp_path / "out"), "--port", "0")
    assert "is a file, but must be a folder" in err


def test_it_warns_where_everybody_may_send(tmp_path):
    with collecting.collector(tmp_path, "--host", "0.0.0.0") as running:
        assert running.send().status == 202
        code, _, err = running.stop()
    assert code == 0
    assert err.startswith("skewgate: anyone who can reach this address can send events")

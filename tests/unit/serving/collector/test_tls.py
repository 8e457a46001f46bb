"""Connections are encrypted, and clients show who they are."""

import http.client
import ssl
import types

import pytest

from skewgate.core.errors import InputError
from skewgate.serving.collector import tls
from tests import certificates, collecting


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("certificates")
    authority = certificates.issue("authority")
    found = {}
    for name, (key, certificate) in {
        "server": certificates.issue("server", authority),
        "client": certificates.issue("client", authority),
        "stranger": certificates.issue("stranger"),
    }.items():
        found[name], found[f"{name}_key"] = folder / f"{name}.pem", folder / f"{name}.key"
        found[name].write_bytes(certificates.pem(certificate))
        found[f"{name}_key"].write_bytes(certificates.key_pem(key))
    found["locked_key"] = folder / "locked.key"
    found["locked_key"].write_bytes(
        certificates.key_pem(certificates.issue("server", authority)[0], b"secret")
    )
    found["ca"] = folder / "ca.pem"
    found["ca"].write_bytes(certificates.pem(authority[1]))
    found["empty"] = folder / "empty.pem"
    found["empty"].write_text("nothing\n")
    return types.SimpleNamespace(**{name: str(path) for name, path in found.items()})


def status(running, files, name=None):
    """Sends an event with a client's certificate."""
    context = ssl.create_default_context(cafile=files.ca)
    if name:
        context.load_cert_chain(getattr(files, name), getattr(files, f"{name}_key"))
    connection = http.client.HTTPSConnection("127.0.0.1", running.port, timeout=30, context=context)
    try:
        connection.request("POST", "/", collecting.BODY, collecting.headers())
        return connection.getresponse().status
    finally:
        connection.close()


def test_connections_are_encrypted(tmp_path, files):
    words = ["--tls-cert", files.server, "--tls-key", files.server_key]
    with collecting.collector(tmp_path, *words) as running:
        assert running.address.startswith("https://")
        assert status(running, files) == 202
        with pytest.raises((OSError, http.client.HTTPException)):
            running.send()
        assert running.stop()[0] == 0


def test_clients_show_a_certificate(tmp_path, files):
    words = ["--tls-cert", files.server, "--tls-key", files.server_key, "--tls-client-ca", files.ca]
    with collecting.collector(tmp_path, *words) as running:
        assert status(running, files, "client") == 202
        for name in (None, "stranger"):
            with pytest.raises((OSError, http.client.HTTPException)):
                status(running, files, name)
        assert running.stop()[0] == 0
    assert len(collecting.published(tmp_path)) == 1


def test_without_files_nothing_is_encrypted():
    assert tls.context(None, None, None) is None


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (("server", None, None), "--tls-cert: only works with --tls-key"),
        ((None, "server_key", None), "--tls-key: only works with --tls-cert"),
        ((None, None, "ca"), "--tls-client-ca: only works with --tls-cert and --tls-key"),
        (("server", "client_key", None), "is not a PEM certificate that matches"),
        (("empty", "server_key", None), "is not a PEM certificate that matches"),
        (("server", "locked_key", None), "is encrypted"),
        (("server", "server_key", "empty"), "holds no PEM certificates"),
    ],
)
def test_files_that_cannot_be_used_are_named(files, names, said):
    with pytest.raises(InputError, match=said):
        tls.context(*(getattr(files, name) if name else None for name in names))


def test_a_file_that_is_missing_is_an_error_of_the_system(files):
    with pytest.raises(FileNotFoundError):
        tls.context(files.server, f"{files.server_key}.old", None)

"""TLS of the collector, and certificates that clients must show."""

from __future__ import annotations

import ssl

from skewgate.core.errors import InputError
from skewgate.serving.collector import credentials


def context(
    certificate: str | None, key: str | None, client_ca: str | None
) -> ssl.SSLContext | None:
    """Returns how connections are encrypted; None if they are not.

    Args:
        certificate: file of this server's certificate and those above it, in PEM.
        key: file of its private key.
        client_ca: file of the certificates that those of clients must come from.

    Raises:
        InputError: one is given without the other, or a file cannot be used.
        OSError: a file cannot be read.
    """
    if certificate is None or key is None:
        for name, value, other in (
            ("--tls-cert", certificate, "--tls-key"),
            ("--tls-key", key, "--tls-cert"),
            ("--tls-client-ca", client_ca, "--tls-cert and --tls-key"),
        ):
            if value is not None:
                raise InputError(name, f"only works with {other}", f"give {other} too")
        return None
    for path in (certificate, key, client_ca):
        if path is not None:
            credentials.content(path)  # ssl names no file that it cannot read, and waits for pipes
    found = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    found.minimum_version = ssl.TLSVersion.TLSv1_2

    def refuse() -> str:
        raise InputError(key, "is encrypted", "give a key without a passphrase")

    try:
        found.load_cert_chain(certificate, key, refuse)
    except ssl.SSLError:
        raise InputError(
            certificate, f"is not a PEM certificate that matches {key}", "give a pair"
        ) from None
    if client_ca is not None:
        try:
            found.load_verify_locations(client_ca)
        except ssl.SSLError:
            raise InputError(client_ca, "holds no PEM certificates") from None
        found.verify_mode = ssl.CERT_REQUIRED
    return found

"""What a Beam pipeline hands to the executor that runs it, as a pickle that nobody can exchange."""

from __future__ import annotations

import dataclasses
import hashlib
import hmac
import pickle
import secrets
from typing import Any

from skewgate.components.support import artifact_io
from skewgate.core import ownership
from skewgate.core.errors import InputError

_KEY_BYTES = 32
_SEAL_BYTES = hashlib.sha256().digest_size


@dataclasses.dataclass(frozen=True)
class Handover:
    """A file that a step of a pipeline writes, and that this execution alone reads.

    A pickle runs what stands in it. The file begins with a seal (HMAC-SHA-256) by a key that
    travels to the workers with the pipeline and is kept nowhere: without that seal nothing is
    unpickled, in whatever folder or object store the file lies.

    Attributes:
        path: of the file.
        key: of this execution.
    """

    path: str
    key: bytes = dataclasses.field(
        default_factory=lambda: secrets.token_bytes(_KEY_BYTES), repr=False
    )

    def write(self, value: Any) -> None:
        """Writes the value; a worker calls this."""
        content = pickle.dumps(value)
        artifact_io.write_bytes(self.path, self._seal(content) + content)
        if self._is_local():
            ownership.keep_private(self.path)  # whatever the umask is

    def read(self) -> Any:
        """Reads what `write` wrote within the same execution.

        Raises:
            InputError: there is no such file, others could have written it, or another execution
                did.
        """
        if self._is_local() and artifact_io.exists(self.path):
            ownership.check_private(self.path)
        found = artifact_io.read_bytes(self.path)
        seal, content = found[:_SEAL_BYTES], found[_SEAL_BYTES:]
        if not hmac.compare_digest(seal, self._seal(content)):
            raise InputError(
                self.path,
                "was not written by this execution, and would run as code",
                "find out who else writes there, and run the pipeline again",
            )
        return pickle.loads(content)

    def _is_local(self) -> bool:
        return "://" not in self.path

    def _seal(self, content: bytes) -> bytes:
        return hmac.digest(self.key, content, "sha256")

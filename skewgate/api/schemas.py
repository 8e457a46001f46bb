"""A schema as Python has it: looked at, reviewed, saved, given to comparisons."""

from __future__ import annotations

import dataclasses
import os

from tensorflow_metadata.proto.v0 import schema_pb2

from skewgate.checks.drift import suggesting
from skewgate.core.errors import InputError
from skewgate.core.hidden import visible
from skewgate.schema.editing.render import render_schema
from skewgate.storage import atomic


@dataclasses.dataclass(frozen=True, repr=False)
class Schema:
    """What data look like: types, presence, numbers of values, domains. Printed, it is its file.

    Attributes:
        proto: the Schema of tensorflow_metadata, to be reviewed and changed in place.
        rows: how many it was inferred from.
        place: what these rows are, such as a path.
        suggestions: columns that comparisons might rather ignore, and why.
    """

    proto: schema_pb2.Schema
    rows: int
    place: str
    suggestions: tuple[suggesting.Suggestion, ...] = ()

    @property
    def features(self) -> list[str]:
        """The names of the features, in the order of the data."""
        return [feature.name for feature in self.proto.feature]

    @property
    def text(self) -> str:
        """What a schema.pbtxt holds: the schema, below a comment that says where it is from."""
        header = f"Inferred from {self.rows:,} rows of {self.place}; not reviewed yet."
        if self.suggestions:
            snippet = visible(suggesting.snippet(self.suggestions))
            header += f"\nYou may want to ignore, in drift.yaml: {snippet}"
        return render_schema(self.proto, header)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Writes schema.pbtxt, in the text format that TFX and TFDV read.

        Args:
            path: of the file, whose name ends in .pbtxt; what is there is replaced.

        Raises:
            InputError: it cannot be written.
        """
        write(self, os.fspath(path), "give another path")

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return (
            f"<skewgate.Schema: {len(self.proto.feature):,} features, "
            f"{len(self.proto.string_domain):,} domains, from {self.rows:,} rows>"
        )


def write(schema: Schema, path: str, fix: str) -> None:
    """Writes a schema.

    Args:
        schema: what to write.
        path: of the file.
        fix: what to do if it cannot be written.

    Raises:
        InputError: it cannot be written.
    """
    try:
        atomic.write_atomically(path, schema.text)
    except OSError as error:
        raise InputError(path, f"cannot be written: {error.strerror}", fix) from error

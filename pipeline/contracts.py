"""Puts contract files where a pipeline can import them: one folder per content.

TFX's cache looks at the path of an imported file, not at its content. A folder named after the
content makes a changed file a changed input, and an unchanged one a cached one.
"""

from __future__ import annotations

import hashlib
import pathlib

from tfx.dsl.components.common import importer
from tfx.types import standard_artifacts

from skewgate import validation
from skewgate.files import write_atomically
from skewgate.schema import parse_schema


def import_schema(path: str, root: str) -> importer.Importer:
    """Checks a schema file, copies it under `root` and returns the node that imports it.

    Raises:
        InputError: the file is missing or is not a schema.
    """
    text = validation.read_text(path)
    parse_schema(text, path)
    digest = hashlib.sha256(text.encode("utf-8")).hexdigest()[:16]
    folder = pathlib.Path(root) / "contracts" / digest
    write_atomically(folder / "schema.pbtxt", text)
    node = importer.Importer(source_uri=str(folder), artifact_type=standard_artifacts.Schema)
    return node.with_id("schema")

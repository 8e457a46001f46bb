"""How `skewgate schema` prints what it found."""

from __future__ import annotations

import argparse
import difflib
import json
import sys
from collections.abc import Sequence

from tensorflow_metadata.proto.v0 import schema_pb2

from skewgate.cli import console
from skewgate.core.hidden import visible, visible_lines
from skewgate.schema.editing import text as editor
from skewgate.schema.editing.accept import Anomaly
from skewgate.schema.editing.diff import Difference


def print_json(
    options: argparse.Namespace,
    differences: Sequence[Difference],
    left: Sequence[Anomaly],
    unchecked: Sequence[str],
) -> None:
    """Prints differences, and what no schema accepts or nobody checked, as one JSON object."""
    content = {
        "schema": options.schema,
        "other": options.other,
        "differences": [
            {
                "feature": difference.feature,
                "field": difference.field,
                "change": difference.change,
                "before": difference.before,
                "after": difference.after,
                "text": difference.text,
            }
            for difference in differences
        ],
        "unresolved": [{"anomaly": anomaly.key, "text": anomaly.text} for anomaly in left],
        "unchecked": list(unchecked),
    }
    console.print_json(json.dumps(content, indent=2, allow_nan=False, ensure_ascii=False))


def print_unified(options: argparse.Namespace, text: str, changed: schema_pb2.Schema) -> None:
    """Prints what another schema changes as a patch of the text."""
    edited = editor.edit(text, changed, options.schema)
    lines = difflib.unified_diff(
        text.splitlines(keepends=True),
        edited.text.splitlines(keepends=True),
        options.schema,
        options.schema,
    )
    for line in lines:
        line = visible_lines(line)
        sys.stdout.write(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n")


def print_unresolved(left: Sequence[Anomaly]) -> None:
    """Prints the anomalies that no known change of the schema accepts."""
    for anomaly in left:
        console.say(f"no known change of the schema accepts {anomaly.key}: {anomaly.text}")


def print_unchecked(reasons: Sequence[str]) -> None:
    """Prints what was not checked, and why."""
    if reasons:
        print(f"{len(reasons)} not checked:")
    for reason in reasons:
        print(f"     {visible(reason)}")

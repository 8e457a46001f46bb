"""Writes the JSON Schema of every YAML contract: `make schemas`.

The schemas are those of the pydantic models that read the contracts, so nothing in them is written
by hand. What a key means comes from the part `Attributes:` of a model's docstring.
"""

from __future__ import annotations

import argparse
import inspect
import json
import pathlib
import re
import sys
from collections.abc import Sequence
from typing import Any

import pydantic
from pydantic.json_schema import GenerateJsonSchema

from skewgate.checks.drift.config import DriftConfig
from skewgate.checks.labels.config import LabelConfig
from skewgate.checks.performance.config import PerformanceConfig
from skewgate.checks.skew.config import SkewConfig
from skewgate.data.windows.durations import Duration
from skewgate.kubeflow.compile.options import FileOptions
from skewgate.pipeline.settings import Settings
from skewgate.serving.capture.log.config import CaptureConfig, Limit
from skewgate.simulation.spec import Content

FOLDER = pathlib.Path(__file__).resolve().parents[1] / "schemas" / "json"
CONTRACTS: dict[str, type[pydantic.BaseModel]] = {
    "capture": CaptureConfig,
    "drift": DriftConfig,
    "labels": LabelConfig,
    "options": FileOptions,
    "performance": PerformanceConfig,
    "pipeline": Settings,
    "simulation": Content,
    "skew": SkewConfig,
}
"""The name of each contract, without `.yaml`, and its model."""
_OF_ALL = {
    "version": "format of the file; 1 is the only one so far.",
    "by": "names this way of splitting rows.",
}
"""What is told of a key whose model does not tell it."""
_WIDTH = 100


class _WithDescriptions(GenerateJsonSchema):
    """Says of every key what its model's docstring says."""

    def model_schema(self, schema: Any) -> dict[str, Any]:
        made = super().model_schema(schema)
        made["description"] = inspect.getdoc(schema["cls"]).partition("\n\n")[0].replace("\n", " ")
        told = _OF_ALL | _attributes(schema["cls"])
        for name, field in schema["cls"].model_fields.items():
            key = field.alias or name
            if key in made["properties"] and name in told:
                made["properties"][key] |= {"description": told[name]}
        return made

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False  # it is the key again

    def encode_default(self, dft: Any) -> Any:
        if isinstance(dft, Limit):
            return dft.count
        return str(dft) if isinstance(dft, Duration) else super().encode_default(dft)

    def tagged_union_schema(self, schema: Any) -> dict[str, Any]:
        return super().tagged_union_schema(schema) | {"required": [schema["discriminator"]]}


def _attributes(model: type[pydantic.BaseModel]) -> dict[str, str]:
    """Returns what the docstrings of a model and of those that it extends say of its attributes."""
    told: dict[str, str] = {}
    for cls in reversed(model.__mro__):
        _, found, part = (inspect.cleandoc(cls.__dict__.get("__doc__") or "")).partition(
            "\nAttributes:\n"
        )
        entries = re.split(r"^ {4}(?=\w)", part, flags=re.MULTILINE)[1:] if found else []
        for entry in entries:
            names, _, meaning = entry.partition(":")
            told |= dict.fromkeys(names.split(", "), " ".join(meaning.split()))
    return told


def text(name: str) -> str:
    """Returns the JSON Schema of a contract as it stands in its file."""
    made = CONTRACTS[name].model_json_schema(schema_generator=_WithDescriptions)
    made.pop("title", None)
    head = {
        "$schema": GenerateJsonSchema.schema_dialect,
        "$comment": "Written by `make schemas`; do not edit.",
    }
    return _written(head | {"title": f"{name}.yaml"} | made, 0) + "\n"


def _written(value: Any, indent: int) -> str:
    """Returns JSON text in which whatever fits into a line stands in one."""
    line = json.dumps(value)
    if len(line) + indent <= _WIDTH or not isinstance(value, dict | list):
        return line
    inner = " " * (indent + 2)
    if isinstance(value, dict):
        parts = [f"{json.dumps(key)}: {_written(each, indent + 2)}" for key, each in value.items()]
    else:
        parts = [_written(each, indent + 2) for each in value]
    start, end = "{}" if isinstance(value, dict) else "[]"
    return f"{start}\n{inner}" + f",\n{inner}".join(parts) + f"\n{' ' * indent}{end}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Writes every schema, or with `--check` says which are not as their models have them."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing")
    check = parser.parse_args(arguments).check
    wanted = {FOLDER / f"{name}.schema.json": text(name) for name in CONTRACTS}
    files = {path: path.read_text(encoding="utf-8") for path in FOLDER.glob("*.json")}
    stale = sorted(path for path in {*wanted, *files} if wanted.get(path) != files.get(path))
    if check:
        for path in stale:
            print(f"{path.relative_to(FOLDER.parents[1])} is not as its model has it: make schemas")
        return int(bool(stale))
    for path in stale:
        if path in wanted:
            path.parent.mkdir(exist_ok=True)
            path.write_text(wanted[path], encoding="utf-8")
        else:
            path.unlink()
    return 0


if __name__ == "__main__":
    sys.exit(main())

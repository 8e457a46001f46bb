"""The reference of every contract, made of its JSON Schema, which is made of its model."""

from __future__ import annotations

import inspect
import json
import re
import sys
from collections.abc import Iterator
from typing import Any

from scripts import json_schemas
from scripts.docs.markdown import ROOT, table

_FOLDER = "reference/contracts"
_REPORT = "skewgate/report/report.schema.json"
_BOUNDS = {
    "minimum": "at least {}",
    "exclusiveMinimum": "above {}",
    "maximum": "at most {}",
    "exclusiveMaximum": "below {}",
    "minItems": "at least {} of them",
    "minLength": "at least {} letters",
    "pattern": "as `{}`",
}


def pages() -> dict[str, str]:
    """Returns a page for each contract, one for report.json, and one that lists them."""
    schemas = {f"{name}.yaml": _schema(name) for name in _names()}
    schemas["report.json"] = json.loads((ROOT / _REPORT).read_text("utf-8"))
    found = {f"{_FOLDER}/{name}.md": _page(name, schema) for name, schema in schemas.items()}
    rows = [
        [f"[{name}]({name}.md)", schema.get("description", "What an evaluation writes.")]
        for name, schema in schemas.items()
    ]
    text = (
        "Every key of every file that skewgate reads, and of the report that it writes. Unknown "
        "keys are refused. The JSON Schemas in `schemas/json/` let an editor complete and check "
        "these files: name one in the first line, as the templates do."
    )
    head = f"# Contracts\n\n{text}\n\n"
    found[f"{_FOLDER}/index.md"] = head + table(["file", "what it says"], rows) + "\n"
    return found


def missing() -> list[str]:
    """Returns a sentence for each key of a contract that is undocumented."""
    return [
        f"{name}.yaml: the key {key} of {title} has no description in its model"
        for name in _names()
        for title, schema in _objects(name, json.loads(json_schemas.text(name)))
        for key, field in schema.get("properties", {}).items()
        if "description" not in field
    ]


def _objects(title: str, schema: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yields every object that a schema describes, each with its title."""
    yield title, schema
    for name, inner in {**schema.get("properties", {}), **schema.get("$defs", {})}.items():
        yield from _objects(name, inner)


def _schema(name: str) -> dict[str, Any]:
    """Returns the JSON Schema of a contract, with what its module says of it."""
    module = sys.modules[json_schemas.CONTRACTS[name].__module__]
    about = (inspect.getdoc(module) or "").partition("\n\n")[0].replace("\n", " ")
    about = re.sub(r"^The contract `[^`]*`: ", "", about)
    return json.loads(json_schemas.text(name)) | {"description": about[:1].upper() + about[1:]}


def _names() -> list[str]:
    return sorted(json_schemas.CONTRACTS)


def _page(name: str, schema: dict[str, Any]) -> str:
    parts = [f"# {name}", schema.get("description", ""), *_keys(schema)]
    for title, inner in schema.get("$defs", {}).items():
        parts += [f"## {title}", inner.get("description", ""), *_keys(inner)]
        if "properties" not in inner:
            parts.append(f"{_type(inner)}{_limits(inner)}")
    return "\n\n".join(filter(None, parts)) + "\n"


def _keys(schema: dict[str, Any]) -> Iterator[str]:
    """Yields the table of an object's keys, and one for each object that a key holds itself."""
    rows, nested = [], []
    required = schema.get("required", [])
    for key, field in schema.get("properties", {}).items():
        default = f"`{json.dumps(field['default'])}`" if "default" in field else ""
        meaning = field.get("description", "")
        rows.append(
            [
                f"`{key}`",
                _type(field) + _limits(field),
                "required" if key in required else default,
                meaning[:1].upper() + meaning[1:],
            ]
        )
        if "properties" in field:
            nested += [f"**`{key}`**", *_keys(field)]
    if rows:
        yield table(["key", "type", "default", "meaning"], rows)
    yield from nested


def _type(field: Any) -> str:
    """Returns what a key may hold, with links to what is told further down."""
    if not isinstance(field, dict) or not field:
        return "anything"
    if "$ref" in field:
        title = field["$ref"].rpartition("/")[2]
        return f"[{title}](#{title.lower()})"
    for several in ("anyOf", "oneOf"):
        if several in field:
            return " or ".join(dict.fromkeys(_type(each) for each in field[several]))
    if "const" in field:
        return f"`{json.dumps(field['const'])}`"
    if "enum" in field:
        return " or ".join(f"`{json.dumps(value)}`" for value in field["enum"])
    kind = field.get("type", "object" if "properties" in field else "anything")
    if isinstance(kind, list):
        return " or ".join(kind)
    if kind == "array":
        return f"list of {_type(field.get('items', {}))}"
    if kind == "object" and isinstance(field.get("additionalProperties"), dict):
        return f"mapping of names to {_type(field['additionalProperties'])}"
    return str(kind)


def _limits(field: dict[str, Any]) -> str:
    told = [words.format(field[name]) for name, words in _BOUNDS.items() if name in field]
    return f", {', '.join(told)}" if told else ""

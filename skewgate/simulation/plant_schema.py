"""What the JSON Schema of a spec says of plants, whose models are found by their kind."""

from __future__ import annotations

from typing import Any

import pydantic

from skewgate.simulation.kinds import REGISTRY
from skewgate.simulation.kinds.base import Plant

Schema = dict[str, Any]
_NEVER_SIZES = ("kind", "name", "where", "onset")


class PlantSchema:
    """Describes a mapping as a plant: one of the kinds of the registry."""

    def __get_pydantic_json_schema__(
        self, core_schema: Any, handler: pydantic.GetJsonSchemaHandler
    ) -> Schema:
        """Returns a choice between the models of all kinds."""
        return {"oneOf": [handler(_core(kind)) for kind in REGISTRY.values()]}


class GridSchema:
    """Describes a mapping as an entry of a grid: a plant, one key of which is a list in `sizes`."""

    def __get_pydantic_json_schema__(
        self, core_schema: Any, handler: pydantic.GetJsonSchemaHandler
    ) -> Schema:
        """Returns a choice between the kinds, whose keys stand in `sizes` too."""
        plants = (handler.resolve_ref_schema(handler(_core(kind))) for kind in REGISTRY.values())
        return {"oneOf": [_sized(plant) for plant in plants]}


def _core(kind: type[Plant]) -> Any:
    return kind.__pydantic_core_schema__


def _bare(schema: Schema) -> Schema:
    """Returns a key's schema without what the plant's own says of it."""
    return {word: value for word, value in schema.items() if word not in ("default", "description")}


def _sized(plant: Schema) -> Schema:
    keys = {key: _bare(value) for key, value in plant["properties"].items()}
    lists = {
        key: {"type": "array", "items": value, "minItems": 1}
        for key, value in keys.items()
        if key not in _NEVER_SIZES
    }
    sizes = {
        "description": "A list of values for one key of the plant.",
        "type": "object",
        "properties": lists,
        "additionalProperties": False,
        "minProperties": 1,
        "maxProperties": 1,
    }
    # A key that the plant must have stands in sizes or beside it.
    either = [
        {"anyOf": [{"required": [key]}, {"properties": {"sizes": {"required": [key]}}}]}
        for key in plant["required"]
        if key != "kind"
    ]
    entry = plant | {"properties": keys | {"sizes": sizes}, "required": ["kind", "sizes"]}
    return entry | ({"allOf": either} if either else {})

"""The topology format as JSON Schema (draft 2020-12), for editors.

`schema.json` beside this file is `schema_text()` written out; a test compares the two. What JSON Schema cannot say
(sites that exist, fibres that reach, names that differ) only `read_plant` checks.
"""

from __future__ import annotations

import json
from typing import Any

from apnemu.topology.format import TOPOLOGY
from apnemu.topology.shapes import Choice, ListOf, MapOf, Number, Record, Shape, Text


def schema_of(shape: Shape) -> dict[str, Any]:
    """One shape as JSON Schema."""
    match shape:
        case Number():
            low = "exclusiveMinimum" if shape.above else "minimum"
            kind = "integer" if shape.decimals == 0 else "number"
            return {"type": kind, low: shape.low, "maximum": shape.high, "description": f"{shape.limit}; {shape.hint}"}
        case Text():
            pattern = "\\S" if shape.pattern.startswith("(?s)") else f"^{shape.pattern}$"
            return {"type": "string", "pattern": pattern, "description": f"{shape.limit}; {shape.hint}"}
        case Choice():
            return {"enum": list(shape.words), "description": shape.hint}
        case ListOf():
            items = {"type": "array", "items": schema_of(shape.item), "minItems": shape.least, "maxItems": shape.most}
            alone = [schema_of(shape.item)] if shape.alone else []
            if shape.or_word:
                return {"anyOf": [{"const": shape.or_word}, *alone, items], "description": shape.hint}
            return {**items, "description": shape.hint}
        case MapOf():
            return {
                "type": "object",
                "propertyNames": {"pattern": f"^{shape.key.pattern}$"},
                "additionalProperties": schema_of(shape.item),
                "minProperties": shape.least,
                "maxProperties": shape.most,
                "description": shape.hint,
            }
        case Record():
            return _record(shape)


def _record(shape: Record) -> dict[str, Any]:
    schema: dict[str, Any] = {
        "type": "object",
        "properties": {key: schema_of(value) for key, value in shape.keys.items()},
        "required": list(shape.required),
        "additionalProperties": False,
        "description": shape.hint,
    }
    if shape.either:
        schema["oneOf"] = [
            {
                "required": list(group),
                "properties": {key: False for other in shape.either for key in other if key not in group},
            }
            for group in shape.either
        ]
    return schema


def schema_text() -> str:
    """The bytes of `schema.json`."""
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "apnemu topology"}
    return json.dumps({**schema, **schema_of(TOPOLOGY)}, indent=1, ensure_ascii=True) + "\n"

# SPDX-License-Identifier: BSD-3-Clause
"""A declared format as JSON Schema (draft 2020-12), for editors.

`schema.json`, `equipment-schema.json` and `power-schema.json` beside this file are `schema_text` written out; a test
compares them. What
JSON Schema cannot say (sites that exist, fibres that reach, names that differ) only `read_plant` checks.
"""

from __future__ import annotations

import json
from typing import Any

from apnemu.topology.format import TOPOLOGY
from apnemu.topology.shapes import ByWay, Choice, Columns, Either, Flag, ListOf, MapOf, Number, Record, Shape, Text


def schema_text(record: Record = TOPOLOGY, title: str = "apnemu topology") -> str:
    """The text of a schema file: the format of a whole file."""
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": title}
    return _folded({**schema, **schema_of(record)}, 0) + "\n"


def _folded(value: Any, indent: int) -> str:
    """JSON with a line for each key of the format, unless its values are many."""
    line = json.dumps(value)
    if not isinstance(value, dict) or len(line) <= 300:
        return line
    inner = (f'{" " * (indent + 1)}"{key}": {_folded(below, indent + 1)}' for key, below in value.items())
    return "{\n" + ",\n".join(inner) + f"\n{' ' * indent}}}"


def schema_of(shape: Shape, meaning: str = "") -> dict[str, Any]:
    """A shape as JSON Schema, described by its meaning, limit and hint."""
    told = (
        shape.meaning
        if isinstance(shape, Record)
        else shape.limit
        if isinstance(shape, Number | ByWay | Text | Columns | Either)
        else ""
    )
    return {**_values(shape), "description": "; ".join(filter(None, (meaning, told, shape.hint)))}


def _values(shape: Shape) -> dict[str, Any]:
    match shape:
        case Number():
            low = "exclusiveMinimum" if shape.above else "minimum"
            return {"type": "integer" if shape.decimals == 0 else "number", low: shape.low, "maximum": shape.high}
        case ByWay():
            return {"anyOf": [_values(shape.each), _record(shape.record)]}
        case Text():
            return {"type": "string", "pattern": "\\S" if shape.pattern.startswith("(?s)") else f"^{shape.pattern}$"}
        case Choice():
            return {"enum": list(shape.words)}
        case Flag():
            return {"enum": ["yes", "no"]}
        case Columns():
            numbers = [_values(number) for number in shape.numbers.values()]
            return {"type": "array", "prefixItems": numbers, "minItems": len(numbers), "maxItems": len(numbers)}
        case Either():
            return {"anyOf": [_values(each) for each in shape.shapes]}
        case ListOf():
            item = schema_of(shape.item)
            items = {"type": "array", "items": item, "minItems": shape.least, "maxItems": shape.most}
            word = [{"const": shape.or_word}] if shape.or_word else []
            others = [*word, *([item] if shape.alone else [])]
            return {"anyOf": [*others, items]} if others else items
        case MapOf():
            return {
                "type": "object",
                "propertyNames": {"pattern": f"^{shape.key.pattern}$"},
                "additionalProperties": schema_of(shape.item),
                "minProperties": shape.least,
                "maxProperties": shape.most,
            }
        case Record():
            return _record(shape)


def _record(shape: Record) -> dict[str, Any]:
    schema: dict[str, Any] = {
        "type": "object",
        "properties": {name: schema_of(key.shape, key.meaning) for name, key in shape.keys.items()},
        "required": list(shape.required),
        "additionalProperties": False,
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

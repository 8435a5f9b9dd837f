# SPDX-License-Identifier: BSD-3-Clause
"""[guest] Messages between the parties: their form, their seal, and what is refused.

A frame is four bytes of length and canonical JSON (sorted keys, no blanks, UTF-8). Numbers are integers, so that what
two parties compute from them is the same. `messages.schema.json` says what each kind holds; `check` reads that file,
and a test holds it beside a validator of somebody else. A message is sealed with the key that its sender and its
receiver share (HMAC-SHA256): a third party can neither forge it nor change it, and since numbers strictly rise, not
repeat it.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import struct
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

VERSION = 1
LENGTH = struct.Struct("!I")
MOST_BYTES = 1 << 22
"""Longest message that is read: 48 slots of every site of a country are a tenth of it."""
SCHEMA = Path(__file__).with_name("messages.schema.json")
KEY_BYTES = 32
Message = dict[str, Any]


class RefusedError(ValueError):
    """A message that is not taken, and why: for the audit log."""


def pair_key(secret: bytes, one: str, other: str) -> bytes:
    """Key that two parties share, drawn from a run's secret; the same for both orders of the names."""
    return hmac.digest(secret, "\n".join(sorted((one, other))).encode(), "sha256")


def canonical(message: Mapping[str, Any]) -> bytes:
    """Bytes of a message that are the same whoever writes them."""
    return json.dumps(message, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()


def seal(message: Mapping[str, Any], key: bytes) -> bytes:
    """Frame of a message, with its seal.

    Raises:
        RefusedError: it is not of the form that its kind has.
    """
    bare = {name: value for name, value in message.items() if name != "mac"}
    sealed = {**bare, "mac": hmac.new(key, canonical(bare), hashlib.sha256).hexdigest()}
    check(sealed)
    body = canonical(sealed)
    if len(body) > MOST_BYTES:
        raise RefusedError(f"message of {len(body)} bytes; at most {MOST_BYTES}")
    return LENGTH.pack(len(body)) + body


def opened(body: bytes) -> Message:
    """Message of a frame's body, checked for its form; its seal is still to be looked at.

    Raises:
        RefusedError: it is no canonical JSON object, has numbers that are not integers, or is not of its kind's form.
    """
    try:
        message = json.loads(body, parse_float=_no_float, parse_constant=_no_float, object_pairs_hook=_once)
    except RefusedError:
        raise
    except (ValueError, RecursionError) as error:
        raise RefusedError(f"not JSON: {error}") from error
    check(message)
    try:
        same = canonical(message) == body
    except UnicodeEncodeError as error:
        raise RefusedError("a text has half a character") from error
    if not same:
        raise RefusedError("its JSON is not canonical: sorted keys, no blanks, UTF-8")
    return message  # type: ignore[no-any-return]


def is_sealed(message: Message, key: bytes) -> bool:
    """Whether the message was sealed with this key."""
    bare = {name: value for name, value in message.items() if name != "mac"}
    return hmac.compare_digest(hmac.new(key, canonical(bare), hashlib.sha256).hexdigest(), message["mac"])


def check(message: object) -> None:
    """Hold a message against the schema.

    Raises:
        RefusedError: what is wrong, and where in the message.
    """
    schema = _schema()
    _hold(message, {"type": "object", "required": ["kind"]}, "")
    kind = message["kind"]  # type: ignore[index]  # it has just been looked at
    _hold(kind, schema["properties"]["kind"], "kind")
    body = schema["$defs"][f"body_{kind}"]
    whole = {
        "type": "object",
        "required": [*schema["required"], *body["required"]],
        "properties": {**schema["properties"], **body["properties"]},
        "additionalProperties": False,
    }
    _hold(message, whole, "")


@cache
def _schema() -> dict[str, Any]:
    schema: dict[str, Any] = json.loads(SCHEMA.read_text())
    return schema


def _hold(value: Any, rule: Mapping[str, Any], place: str) -> None:
    """Hold a value against a rule of the schema: the words of JSON Schema that the file uses, and no others."""
    if "$ref" in rule:
        rule = _schema()["$defs"][rule["$ref"].rpartition("/")[2]]
    if "const" in rule and (value != rule["const"] or type(value) is not type(rule["const"])):
        raise RefusedError(f"{place or 'message'}: {_short(value)}; it is {rule['const']}")
    if "enum" in rule and value not in rule["enum"]:
        raise RefusedError(f"{place or 'message'}: {_short(value)} is none of {', '.join(rule['enum'])}")
    if "type" in rule and not _is(value, rule["type"]):
        raise RefusedError(f"{place or 'message'}: {_short(value)} is no {rule['type']}")
    if isinstance(value, bool):
        return
    if isinstance(value, int):
        if not rule.get("minimum", value) <= value <= rule.get("maximum", value):
            raise RefusedError(f"{place}: {value}; it is from {rule['minimum']} to {rule['maximum']}")
    elif isinstance(value, str):
        if len(value) > rule.get("maxLength", len(value)):
            raise RefusedError(f"{place}: {len(value)} characters; at most {rule['maxLength']}")
        if "pattern" in rule and not re.search(rule["pattern"].replace("$", r"\Z"), value):
            raise RefusedError(f"{place}: {_short(value)} does not fit {rule['pattern']}")
    elif isinstance(value, list):
        if len(value) > rule.get("maxItems", len(value)):
            raise RefusedError(f"{place}: {len(value)} items; at most {rule['maxItems']}")
        for number, item in enumerate(value):
            _hold(item, rule.get("items", {}), f"{place}[{number}]")
    elif isinstance(value, dict):
        _hold_object(value, rule, place)


def _hold_object(value: dict[str, Any], rule: Mapping[str, Any], place: str) -> None:
    if len(value) > rule.get("maxProperties", len(value)):
        raise RefusedError(f"{place}: {len(value)} entries; at most {rule['maxProperties']}")
    for name in rule.get("required", ()):
        if name not in value:
            raise RefusedError(f"{place or 'message'}: {name} is missing")
    known, others = rule.get("properties", {}), rule.get("additionalProperties", {})
    for name, item in value.items():
        where = f"{place}.{name}" if place else name
        if "propertyNames" in rule:
            _hold(name, rule["propertyNames"], f"a name in {place}")
        if name in known:
            _hold(item, known[name], where)
        elif others is False:
            raise RefusedError(f"{_short(where)} is not known")
        else:
            _hold(item, others, where)


def _is(value: object, kind: str) -> bool:
    if kind == "integer":
        return isinstance(value, int) and not isinstance(value, bool)
    return isinstance(value, {"object": dict, "array": list, "string": str, "boolean": bool}[kind])


def _no_float(text: str) -> int:
    raise RefusedError(f"{text[:40]} is no integer")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise RefusedError("a key stands twice in one object")
    return found


def _short(value: object) -> str:
    text = ascii(value)
    return text if len(text) <= 60 else f"{text[:57]}..."

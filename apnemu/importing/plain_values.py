# SPDX-License-Identifier: BSD-3-Clause
"""What words, numbers, lists and mappings of a file that is read, not executed, may do: little, and nothing large.

What comes from elsewhere is `UNKNOWN`, and whatever is done with it gives UNKNOWN again.
"""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Callable
from typing import Any

MOST_ITEMS = 100_000
MOST_LETTERS = 10_000
LARGEST = 10**15


class Unknown:
    """What is known only when a file runs."""

    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN = Unknown()


class Unreadable(Exception):  # noqa: N818  # a refusal follows
    """Why values cannot be worked out by reading."""


BINARY: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: operator.pow,
    ast.LShift: operator.lshift,
    ast.RShift: operator.rshift,
    ast.BitAnd: operator.and_,
    ast.BitOr: operator.or_,
    ast.BitXor: operator.xor,
}
COMPARED: dict[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Is: operator.is_,
    ast.IsNot: operator.is_not,
    ast.In: lambda a, b: a in b,
    ast.NotIn: lambda a, b: a not in b,
}
UNARY: dict[type[ast.unaryop], Callable[[Any], Any]] = {
    ast.USub: operator.neg,
    ast.UAdd: operator.pos,
    ast.Not: operator.not_,
    ast.Invert: operator.invert,
}
WORDS = ("format", "join", "lower", "upper", "split", "strip", "replace", "startswith", "endswith", "rstrip", "lstrip")
METHODS: dict[type, tuple[str, ...]] = {
    str: WORDS,
    list: ("append", "extend", "insert", "index", "count", "pop", "reverse", "sort", "copy", "remove"),
    dict: ("items", "keys", "values", "get", "setdefault", "update", "pop", "copy"),
    tuple: ("index", "count"),
}


def has_unknown(*values: Any) -> bool:
    return any(value is UNKNOWN for value in values)


def small(value: Any) -> Any:
    """A value, unless it is too large to go on with."""
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) > LARGEST:
        raise Unreadable(f"a number is larger than {LARGEST:g}")
    if isinstance(value, str) and len(value) > MOST_LETTERS:
        raise Unreadable(f"a text is longer than {MOST_LETTERS} characters")
    if isinstance(value, list | tuple | dict) and len(value) > MOST_ITEMS:
        raise Unreadable(f"a list is longer than {MOST_ITEMS}")
    return value


def binary(op: ast.operator, a: Any, b: Any) -> Any:
    """What an operator makes of two values."""
    kind = type(op)
    if has_unknown(a, b) or kind not in BINARY:
        return UNKNOWN
    if kind is ast.Mod and isinstance(a, str):
        _narrow(a, r"%(\([^)]*\))?[^a-zA-Z%]*(\d{3}|\*)")
        if isinstance(b, tuple | list) and has_unknown(*b):
            return UNKNOWN
    if kind is ast.Mult and not (isinstance(a, int | float) and isinstance(b, int | float)):
        held, times = (a, b) if isinstance(b, int) else (b, a)
        if isinstance(held, str | list | tuple) and isinstance(times, int) and len(held) * times > MOST_LETTERS:
            raise Unreadable(f"a list or text is repeated to more than {MOST_LETTERS}")
    if kind in (ast.Pow, ast.LShift, ast.RShift) and not (isinstance(b, int) and abs(b) <= 50):
        raise Unreadable("a power or shift is larger than 50")
    return small(BINARY[kind](a, b))


def unary(op: ast.unaryop, value: Any) -> Any:
    return UNKNOWN if value is UNKNOWN else UNARY[type(op)](value)


def compared(ops: list[ast.cmpop], held: list[Any]) -> Any:
    if any(value is UNKNOWN for value in held):
        return UNKNOWN
    return all(COMPARED[type(op)](a, b) for op, a, b in zip(ops, held, held[1:], strict=False))


def listed(value: Any) -> list[Any]:
    """The items of what can be gone through."""
    if isinstance(value, list | tuple | dict | str):
        return list(small(value))
    raise Unreadable(f"{type(value).__name__} is no list")


def keys(values: list[Any]) -> list[Any]:
    """Values that a mapping may have as keys."""
    for value in values:
        hash(value)
    return values


def mapping(pairs: list[tuple[Any, Any]]) -> dict[Any, Any]:
    return {key: value for key, value in pairs if key is not UNKNOWN}


def got(owner: Any, at: Any) -> Any:
    if isinstance(owner, dict):
        return owner.get(at, UNKNOWN)
    known = isinstance(owner, list | tuple | str) and at is not UNKNOWN
    if isinstance(at, slice) and has_unknown(at.start, at.stop, at.step):
        return UNKNOWN
    return owner[at] if known else UNKNOWN


def put(owner: Any, at: Any, value: Any) -> None:
    if isinstance(owner, dict | list) and at is not UNKNOWN:
        owner[at] = value
        small(owner)


def joined(parts: list[Any]) -> Any:
    return UNKNOWN if has_unknown(*parts) else small("".join(parts))


def formatted(value: Any, conversion: int, form: Any) -> Any:
    if has_unknown(value, form):
        return UNKNOWN
    _narrow(str(form), r"\d{3}")
    ways: dict[int, Callable[[Any], str]] = {114: repr, 115: str, 97: ascii}
    shown = ways[conversion](value) if conversion in ways else value
    return small(format(shown, form))


def call(function: Any, values: list[Any], words: dict[str, Any]) -> Any:
    """A call of one of `NAMES`; anything else gives UNKNOWN."""
    if function not in NAMES.values() or has_unknown(*values, *words.values()):
        return UNKNOWN
    if function in (range, irange) and (
        not all(isinstance(value, int) for value in values) or len(range(*values)) > MOST_ITEMS
    ):
        raise Unreadable(f"a range is longer than {MOST_ITEMS}, or of what is no whole number")
    made: Any = function(*values, **words)
    return small(list(made) if isinstance(made, range | zip | enumerate | reversed | map | set) else made)


def method(owner: Any, name: str, values: list[Any], words: dict[str, Any]) -> Any:
    """A call of a method of a word, a list or a mapping."""
    known = next((names for kind, names in METHODS.items() if isinstance(owner, kind)), ())
    if name not in known:
        return UNKNOWN
    if isinstance(owner, str):
        if has_unknown(*values, *words.values()) or any(
            has_unknown(*each) for each in values if isinstance(each, list)
        ):
            return UNKNOWN
        if name == "format":
            _narrow(owner, r"\{[^}]*:[^}]*(\d{3}|\{)")
        if name == "replace" and len(owner) * max(1, len(str(values[-1]))) > MOST_LETTERS * 10:
            raise Unreadable("a text would become too long")
    made = getattr(owner, name)(*values, **words)
    small(owner)
    return small(list(made) if isinstance(made, type({}.items()) | type({}.keys()) | type({}.values())) else made)


def _narrow(text: str, wide: str) -> None:
    """Refuse a form that could make a text of any length."""
    if re.search(wide, text):
        raise Unreadable(f"the form {text[:40]!r} has a width that is not read")


def irange(begin: int, end: int) -> range:
    """Mininet's own range, which has its end.

    >>> list(irange(1, 3))
    [1, 2, 3]
    """
    return range(begin, end + 1)


NAMES: dict[str, Callable[..., Any]] = {
    "range": range,
    "irange": irange,
    "len": len,
    "int": int,
    "float": float,
    "str": str,
    "list": list,
    "tuple": tuple,
    "dict": dict,
    "set": set,
    "min": min,
    "max": max,
    "sum": sum,
    "abs": abs,
    "round": round,
    "sorted": sorted,
    "zip": zip,
    "enumerate": enumerate,
    "reversed": reversed,
    "chr": chr,
    "ord": ord,
    "bool": bool,
    "divmod": divmod,
}

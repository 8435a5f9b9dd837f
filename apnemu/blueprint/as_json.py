# SPDX-License-Identifier: BSD-3-Clause
"""Values as JSON and back: dataclasses by their declared fields, activities with their kind beside them."""

from __future__ import annotations

import dataclasses
import types
from functools import cache
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from apnemu.model.activities import Activity, UnknownActivity

ACTIVITY = "activity"
"""The key that says which kind of activity a value is."""


def plain(value: Any) -> Any:
    """The value as JSON has it: dataclasses as objects, activities with their kind beside their fields."""
    if dataclasses.is_dataclass(value):
        tag: dict[str, Any] = {ACTIVITY: type(value).__name__} if isinstance(value, Activity) else {}
        return tag | {each.name: plain(getattr(value, each.name)) for each in dataclasses.fields(value)}
    if isinstance(value, (tuple, list)):
        return [plain(inner) for inner in value]
    if isinstance(value, dict):
        return {key: plain(inner) for key, inner in value.items()}
    return value


@cache
def _hints(kind: type) -> dict[str, Any]:
    return get_type_hints(kind)


def built_from(kind: Any, value: Any) -> Any:
    """The declared type of what JSON gave back: dataclasses, tuples of anything, a declared type or None, or a word.

    An activity whose kind this program has not imported is an `UnknownActivity`. Raises TypeError for a declared union
    of anything else, KeyError for a field that is not declared.
    """
    if isinstance(kind, type) and issubclass(kind, Activity):
        name = value[ACTIVITY]
        if name not in Activity.kinds:
            return UnknownActivity(kind=name)
        kind, value = Activity.kinds[name], {field: inner for field, inner in value.items() if field != ACTIVITY}
    if dataclasses.is_dataclass(kind) and isinstance(kind, type):
        return kind(**{name: built_from(_hints(kind)[name], inner) for name, inner in value.items()})
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is tuple:
        if len(arguments) == 2 and arguments[1] is Ellipsis:
            return tuple(built_from(arguments[0], inner) for inner in value)
        return tuple(built_from(inner_kind, inner) for inner_kind, inner in zip(arguments, value, strict=True))
    if origin in (Union, types.UnionType):
        words = [word for each in arguments if get_origin(each) is Literal for word in get_args(each)]
        if words:
            rest = next(each for each in arguments if get_origin(each) is not Literal)
            return value if isinstance(value, str) else built_from(rest, value)
        if len(arguments) != 2 or arguments[1] is not type(None):
            raise TypeError(f"{kind} is declared in a blueprint; a union there is a type or None: X | None")
        return None if value is None else built_from(arguments[0], value)
    return value

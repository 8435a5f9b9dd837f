# SPDX-License-Identifier: BSD-3-Clause
"""Names of result columns that are apnemu's own: refused before the run, so that no measurement is lost to a name.

`time` tells a run's kinds of clock apart; `point`, `seed` and `set_...` identify the points of a sweep.
"""

from __future__ import annotations

import ast
import functools
import inspect
import textwrap
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from apnemu.errors import InputError
from apnemu.report.shown import Shown

RESERVED = ("time", "point", "seed")
PREFIX = "set_"


def is_reserved(name: str) -> bool:
    """Whether a column of that name cannot be an experiment's own.

    >>> is_reserved("time"), is_reserved("set_load"), is_reserved("time_ns")
    (True, True, False)
    """
    return name in RESERVED or name.startswith(PREFIX)


def refuse_reserved(experiment: str, key: Iterable[str], shown: Shown, makes_rows: Callable[..., Any]) -> None:
    """Refuse an experiment that declares, or whose function writes, a column of a reserved name. Raises InputError.

    The function's own source is read for it: keys of dictionaries in it, and in functions of its file that it calls.
    What a source does not show is refused when the rows are there (`refuse_rows`).
    """
    for name in dict.fromkeys((*key, *shown.names(), *_written(makes_rows))):
        if is_reserved(name):
            raise InputError(_refusal(experiment, name), file="EXPERIMENT")


def refuse_rows(experiment: str, rows: Sequence[Mapping[str, Any]]) -> None:
    """Refuse results that have a column of a reserved name. Raises InputError."""
    for name in dict.fromkeys(name for row in rows for name in row):
        if is_reserved(name):
            raise InputError(_refusal(experiment, name), file="EXPERIMENT")


def _refusal(experiment: str, name: str) -> str:
    return (
        f"{experiment} has a column '{name}'; {', '.join(RESERVED)} and names with {PREFIX} are apnemu's own; call it"
        f" something else, for example {name}_measured"
    )


def _written(function: Callable[..., Any]) -> Iterator[str]:
    """Keys of dictionaries in a function and in the functions of its module that it names."""
    while isinstance(function, functools.partial):
        function = function.func
    module = inspect.getmodule(function)
    if module is None:
        return
    left, seen = [function], {function}
    while left:
        tree = _source(left.pop())
        for node in ast.walk(tree) if tree else ():
            yield from _keys(node)
            if isinstance(node, ast.Name):
                called = getattr(module, node.id, None)
                if inspect.isfunction(called) and called.__module__ == module.__name__ and called not in seen:
                    seen.add(called)
                    left.append(called)


def _source(function: Callable[..., Any]) -> ast.AST | None:
    try:
        return ast.parse(textwrap.dedent(inspect.getsource(function)))
    except (OSError, TypeError, SyntaxError):  # made at run time, or a part of a line: its rows are looked at later
        return None


def _keys(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Dict):
        yield from (key.value for key in node.keys if isinstance(key, ast.Constant) and isinstance(key.value, str))
    called = node.func if isinstance(node, ast.Call) else None
    makes = isinstance(called, ast.Name) and called.id == "dict"
    if isinstance(node, ast.Call) and (makes or (isinstance(called, ast.Attribute) and called.attr == "update")):
        yield from (keyword.arg for keyword in node.keywords if keyword.arg)
    if isinstance(node, ast.Assign):
        for target in node.targets:
            if isinstance(target, ast.Subscript) and isinstance(target.slice, ast.Constant):
                yield str(target.slice.value)

# SPDX-License-Identifier: BSD-3-Clause
"""Expressions of a file that is read, not executed: names, operators, calls of the file's own functions and classes."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from typing import Any, NoReturn

from apnemu.importing import plain_values
from apnemu.importing.file_things import Class, Function, Instance, Names, Stop
from apnemu.importing.opened import Opened
from apnemu.importing.plain_values import UNKNOWN, Unreadable

MOST_STEPS = 300_000
MOST_MADE = 2_000_000
"""Most items of all lists and texts that come of reading a file, together."""
MOST_CALLS = 40
"""Deepest call of the file's own functions."""
Called = Callable[["Expressions", ast.Call, Any, str, list[Any], Names], Any]
"""What a call of a method of another library means: reading, call, receiver, name, values, keywords."""


class Expressions:
    """Values of expressions, within bounds; `foreign` says what a method of a thing from elsewhere does."""

    def __init__(self, opened: Opened, foreign: Called) -> None:
        self.opened, self.foreign = opened, foreign
        self.steps = self.calls = self.made = 0
        self.here: Any = None

    def body(self, statements: list[ast.stmt], scope: tuple[Names, ...]) -> None:
        """Walk statements; the reading that has these expressions does."""
        raise NotImplementedError

    def refuse(self, why: str, node: Any = None) -> NoReturn:
        """Refuse the file at the place that is read."""
        line = getattr(node or self.here, "lineno", None)
        self.opened.fail(f"{why}; the file is read, not executed; write its links out as addLink calls", line)

    def step(self, node: Any) -> None:
        self.steps += 1
        self.here = node
        if self.steps > MOST_STEPS:
            self.refuse(f"reading it takes more than {MOST_STEPS} steps")

    def assign(self, target: ast.expr, value: Any, scope: tuple[Names, ...]) -> None:
        match target:
            case ast.Name(id=name):
                scope[0][name] = value
            case ast.Attribute(value=owner, attr=name):
                held = self.value(owner, scope)
                if isinstance(held, Instance):
                    held.held[name] = value
            case ast.Subscript(value=owner, slice=at):
                self.plain(plain_values.put, self.value(owner, scope), self.value(at, scope), value)
            case ast.Tuple(elts=targets) | ast.List(elts=targets):
                values = [UNKNOWN] * len(targets) if value is UNKNOWN else self.plain(plain_values.listed, value)
                if len(values) != len(targets):
                    self.refuse(f"{len(values)} values are given to {len(targets)} names")
                for each, one in zip(targets, values, strict=True):
                    self.assign(each, one, scope)
            case _:
                self.refuse("such an assignment is not read")

    def value(self, node: ast.expr, scope: tuple[Names, ...]) -> Any:
        self.step(node)
        match node:
            case ast.Constant(value=value):
                return value
            case ast.Name(id=name):
                return next((names[name] for names in scope if name in names), plain_values.NAMES.get(name, UNKNOWN))
            case ast.BinOp(left=left, op=op, right=right):
                return self.plain(plain_values.binary, op, self.value(left, scope), self.value(right, scope))
            case ast.UnaryOp(op=op, operand=operand):
                return self.plain(plain_values.unary, op, self.value(operand, scope))
            case ast.BoolOp(op=op, values=values):
                return self._either(isinstance(op, ast.And), values, scope)
            case ast.Compare(left=left, ops=ops, comparators=others):
                held = [self.value(each, scope) for each in (left, *others)]
                return self.plain(plain_values.compared, ops, held)
            case ast.IfExp(test=test, body=body, orelse=orelse):
                return self.value(body if self.truth(test, scope) else orelse, scope)
            case ast.List(elts=parts):
                return [each for part in parts for each in self._parts(part, scope)]
            case ast.Tuple(elts=parts):
                return tuple(each for part in parts for each in self._parts(part, scope))
            case ast.Set(elts=parts):
                return list(dict.fromkeys(self.plain(plain_values.keys, [self.value(part, scope) for part in parts])))
            case ast.Dict(keys=keys, values=values):
                pairs = [
                    (self.value(key, scope), self.value(value, scope))
                    for key, value in zip(keys, values, strict=True)
                    if key
                ]
                return self.plain(plain_values.mapping, pairs)
            case ast.JoinedStr(values=values):
                return self.plain(plain_values.joined, [self._formatted(each, scope) for each in values])
            case ast.Subscript(value=owner, slice=at):
                return self.plain(plain_values.got, self.value(owner, scope), self.value(at, scope))
            case ast.Slice(lower=lower, upper=upper, step=step):
                return slice(*(None if each is None else self.value(each, scope) for each in (lower, upper, step)))
            case ast.ListComp(elt=element, generators=loops) | ast.GeneratorExp(elt=element, generators=loops):
                return [self.value(element, inside) for inside in self._loops(loops, scope)]
            case ast.SetComp(elt=element, generators=loops):
                return list(
                    dict.fromkeys(
                        self.plain(
                            plain_values.keys, [self.value(element, inside) for inside in self._loops(loops, scope)]
                        )
                    )
                )
            case ast.DictComp(key=key, value=value, generators=loops):
                return self.plain(
                    plain_values.mapping,
                    [(self.value(key, inside), self.value(value, inside)) for inside in self._loops(loops, scope)],
                )
            case ast.Attribute(value=owner, attr=name):
                return self.attribute(self.value(owner, scope), name)
            case ast.Lambda():
                return Function(node, scope)
            case ast.Call():
                return self._call(node, scope)
        self.refuse(f"{type(node).__name__} is not read")

    def attribute(self, owner: Any, name: str) -> Any:
        """The attribute of a thing; UNKNOWN where it is nothing of the file's."""
        if isinstance(owner, Instance):
            if name in owner.held:
                return owner.held[name]
            return self.method(owner.of.line_up(), owner, name)
        if isinstance(owner, Class):
            return next((each.held[name] for each in owner.line_up() if name in each.held), UNKNOWN)
        return UNKNOWN

    def method(self, classes: tuple[Class, ...], bound: Instance, name: str) -> Any:
        """The first of some classes' methods, or values, of a name."""
        for each in classes:
            if name in each.held:
                held = each.held[name]
                return Function(held.node, held.around, bound, each) if isinstance(held, Function) else held
        return UNKNOWN

    def called(self, function: Function, values: list[Any], words: Names) -> Any:
        """The value of a call of one of the file's functions."""
        given = function.node.args
        names: Names = {"__owner__": function.owner, "__self__": function.bound}
        values = [function.bound, *values] if function.bound is not None else list(values)
        places = [each.arg for each in (*given.posonlyargs, *given.args)]
        usual = dict(zip(places[len(places) - len(given.defaults) :], given.defaults, strict=True))
        usual |= {each.arg: value for each, value in zip(given.kwonlyargs, given.kw_defaults, strict=True) if value}
        names |= dict(zip(places, values, strict=False))
        if given.vararg:
            names[given.vararg.arg] = tuple(values[len(places) :])
        known = {*places, *(each.arg for each in given.kwonlyargs)}
        names |= {word: value for word, value in words.items() if word in known}
        if given.kwarg:
            names[given.kwarg.arg] = {word: value for word, value in words.items() if word not in known}
        for name in known - names.keys():
            names[name] = self.value(usual[name], function.around) if name in usual else UNKNOWN
        self.calls += 1
        if self.calls > MOST_CALLS:
            self.refuse(f"functions call one another more than {MOST_CALLS} deep", function.node)
        try:
            if isinstance(function.node, ast.Lambda):
                return self.value(function.node.body, (names, *function.around))
            self.body(function.node.body, (names, *function.around))
        except Stop as stop:
            return stop.value
        finally:
            self.calls -= 1
        return None

    def truth(self, test: ast.expr, scope: tuple[Names, ...]) -> bool:
        value = self.value(test, scope)
        if value is UNKNOWN:
            self.refuse("a condition hangs on what is known only when the file runs", test)
        return bool(value)

    def items(self, over: ast.expr, scope: tuple[Names, ...]) -> list[Any]:
        value = self.value(over, scope)
        if value is UNKNOWN:
            self.refuse("a loop goes over what is known only when the file runs", over)
        return self.plain(plain_values.listed, value)  # type: ignore[no-any-return]

    def plain(self, function: Callable[..., Any], *values: Any) -> Any:
        """What plain values come to. What Python itself would refuse, or what is too large, is refused."""
        try:
            made = function(*values)
        except Unreadable as error:
            self.refuse(str(error))
        except (TypeError, ValueError, KeyError, IndexError, ArithmeticError, AttributeError, RecursionError) as error:
            self.refuse(f"{type(error).__name__}: {str(error)[:100]}")
        self.made += len(made) if isinstance(made, str | list | tuple | dict) else 0
        if self.made > MOST_MADE:
            self.refuse(f"its lists and texts come to more than {MOST_MADE} items")
        return made

    def _loops(self, loops: list[ast.comprehension], scope: tuple[Names, ...]) -> Iterator[tuple[Names, ...]]:
        """The scopes in which a comprehension's element is looked at."""
        if not loops:
            yield scope
            return
        first, *rest = loops
        for item in self.items(first.iter, scope):
            inside = ({}, *scope)
            self.assign(first.target, item, inside)
            if all(self.truth(test, inside) for test in first.ifs):
                yield from self._loops(rest, inside)

    def _either(self, is_and: bool, values: list[ast.expr], scope: tuple[Names, ...]) -> Any:
        held: Any = None
        for each in values:
            held = self.value(each, scope)
            if held is UNKNOWN or bool(held) != is_and:
                return held
        return held

    def _parts(self, part: ast.expr, scope: tuple[Names, ...]) -> list[Any]:
        return self.items(part.value, scope) if isinstance(part, ast.Starred) else [self.value(part, scope)]

    def _formatted(self, part: ast.expr, scope: tuple[Names, ...]) -> Any:
        if not isinstance(part, ast.FormattedValue):
            return self.value(part, scope)
        form = self.value(part.format_spec, scope) if part.format_spec else ""
        return self.plain(plain_values.formatted, self.value(part.value, scope), part.conversion, form)

    def _call(self, node: ast.Call, scope: tuple[Names, ...]) -> Any:
        values = [each for part in node.args for each in self._parts(part, scope)]
        words: Names = {}
        for word in node.keywords:
            held = self.value(word.value, scope)
            if word.arg:
                words[word.arg] = held
            elif isinstance(held, dict):
                words |= {key: value for key, value in held.items() if isinstance(key, str)}
        if isinstance(node.func, ast.Attribute):
            owner = self.value(node.func.value, scope) if not _is_super(node.func.value) else "super"
            return self._method_call(node, owner, node.func.attr, values, words, scope)
        function = self.value(node.func, scope)
        if isinstance(function, Class):
            return self.thing(node, function, values, words)
        if isinstance(function, Function):
            return self.called(function, values, words)
        self.here = node
        return self.plain(plain_values.call, function, values, words)

    def thing(self, node: ast.Call, of: Class, values: list[Any], words: Names) -> Any:
        """A new thing of a class of the file."""
        made = Instance(of)
        begin = self.method(of.line_up(), made, "__init__")
        if isinstance(begin, Function):
            self.called(begin, values, words)
        else:
            self.foreign(self, node, made, "__init__", values, words)
        return made

    def _method_call(
        self, node: ast.Call, owner: Any, name: str, values: list[Any], words: Names, scope: tuple[Names, ...]
    ) -> Any:
        if owner == "super" and _is_super(node.func.value):  # type: ignore[attr-defined]
            at, bound = (
                next((names[key] for names in scope if key in names), None) for key in ("__owner__", "__self__")
            )
            if not isinstance(bound, Instance) or at is None:
                return UNKNOWN
            above = bound.of.line_up()
            held = self.method(above[above.index(at) + 1 :], bound, name)
            return (
                self.called(held, values, words)
                if isinstance(held, Function)
                else self.foreign(self, node, bound, name, values, words)
            )
        held = self.attribute(owner, name)
        if isinstance(held, Function):
            return self.called(held, values, words)
        if isinstance(owner, Instance):
            return self.foreign(self, node, owner, name, values, words)
        if owner is UNKNOWN or isinstance(owner, Class):
            bound = values[0] if name == "__init__" and values and isinstance(values[0], Instance) else owner
            return self.foreign(self, node, bound, name, values[1:] if bound is not owner else values, words)
        self.here = node
        return self.plain(plain_values.method, owner, name, values, words)


def _is_super(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "super"

# SPDX-License-Identifier: BSD-3-Clause
"""What a Python file declares, found out by reading it: nothing of it is executed.

The file's syntax tree (`ast`) is walked with plain values: words, numbers, lists, loops, conditions, its own functions
and classes. Whatever comes from elsewhere (an import, a call of another library) is `UNKNOWN`, and stays so; a loop or
a condition over it cannot be read, and is refused with its line. Steps, depths and sizes are bounded. `expressions` has
what an expression comes to, `plain_values` what plain values can do.
"""

from __future__ import annotations

import ast
import warnings
from typing import Any

from apnemu.importing import plain_values
from apnemu.importing.expressions import Called, Expressions
from apnemu.importing.file_things import Class, Function, Names, Stop
from apnemu.importing.opened import Opened
from apnemu.importing.plain_values import UNKNOWN


class Reading(Expressions):
    """The walk through one file."""

    def __init__(self, opened: Opened, foreign: Called) -> None:
        super().__init__(opened, foreign)
        self.names: Names = {"__name__": "read by apnemu"}
        self.module = self._parsed()

    def run(self) -> None:
        """Walk the module's own statements."""
        self.body(self.module.body, (self.names,))

    def body(self, statements: list[ast.stmt], scope: tuple[Names, ...]) -> None:
        for statement in statements:
            self.step(statement)
            self.statement(statement, scope)

    def statement(self, node: ast.stmt, scope: tuple[Names, ...]) -> None:
        match node:
            case ast.Expr(value=value):
                self.value(value, scope)
            case ast.Assign(targets=targets, value=value):
                held = self.value(value, scope)
                for target in targets:
                    self.assign(target, held, scope)
            case ast.AnnAssign(target=target, value=value) if value is not None:
                self.assign(target, self.value(value, scope), scope)
            case ast.AugAssign(target=target, op=op, value=value):
                before = self.value(target, scope)
                self.assign(target, self.plain(plain_values.binary, op, before, self.value(value, scope)), scope)
            case ast.FunctionDef():
                scope[0][node.name] = Function(node, scope)
            case ast.ClassDef():
                self._class(node, scope)
            case ast.Import(names=names) | ast.ImportFrom(names=names):
                for name in names:
                    known = (name.asname or name.name).partition(".")[0]
                    scope[0][known] = plain_values.NAMES.get(name.name, UNKNOWN)
            case ast.If(test=test, body=body, orelse=orelse):
                self.body(body if self.truth(test, scope) else orelse, scope)
            case ast.For(target=target, iter=over, body=body, orelse=orelse):
                self._loop(self.items(over, scope), target, body, orelse, scope)
            case ast.While(test=test, body=body):
                self._while(test, body, scope)
            case ast.With(items=_, body=body) | ast.Try(body=body):
                self.body(body, scope)
            case ast.Return(value=value):
                raise Stop("return", None if value is None else self.value(value, scope))
            case ast.Break():
                raise Stop("break")
            case ast.Continue():
                raise Stop("continue")
            case ast.Raise():
                self.refuse("the file raises an exception here")
            case ast.Pass() | ast.Assert() | ast.Global() | ast.Nonlocal() | ast.Delete() | ast.AnnAssign():
                return
            case _:
                self.refuse(f"{type(node).__name__.lower()} is not read")

    def _parsed(self) -> ast.Module:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                return ast.parse(self.opened.text)
        except SyntaxError as error:
            self.opened.fail(f"not Python: {error.msg}; mend the syntax", error.lineno or 1)
        except (ValueError, RecursionError, MemoryError) as error:
            self.opened.fail(f"not Python: {str(error)[:100] or 'nested too deep'}; mend the syntax", 1)

    def _class(self, node: ast.ClassDef, scope: tuple[Names, ...]) -> None:
        bases = [self.value(base, scope) for base in node.bases]
        foreign = [ast.unparse(base) for base, value in zip(node.bases, bases, strict=True) if value is UNKNOWN]
        held: Names = {}
        own = tuple(base for base in bases if isinstance(base, Class))
        scope[0][node.name] = Class(node.name, node.lineno, own, tuple(foreign), held)
        self.body(node.body, (held, *scope))

    def _loop(
        self, items: list[Any], target: ast.expr, body: list[ast.stmt], orelse: list[ast.stmt], scope: tuple[Names, ...]
    ) -> None:
        for item in items:
            self.assign(target, item, scope)
            if not self._goes_on(body, scope):
                return
        self.body(orelse, scope)

    def _goes_on(self, body: list[ast.stmt], scope: tuple[Names, ...]) -> bool:
        """Do the statements of a loop once; False where they break out of it."""
        try:
            self.body(body, scope)
        except Stop as stop:
            if stop.kind == "return":
                raise
            return stop.kind != "break"
        return True

    def _while(self, test: ast.expr, body: list[ast.stmt], scope: tuple[Names, ...]) -> None:
        while self.truth(test, scope):
            if not self._goes_on(body, scope):
                return

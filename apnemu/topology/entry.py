# SPDX-License-Identifier: BSD-3-Clause
"""A mapping of a file as it was read, and the model's value that its keys fill."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NoReturn, TypeVar

from apnemu.errors import InputError
from apnemu.topology.shapes import ByWay, ListOf, MapOf, Number, Record, Shape, Text

Made = TypeVar("Made")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """Values by key, the line on which each key stands, and the declaration that they were read by.

    `what` names the thing for people ("fibre 3"), `line` is where it begins.
    """

    what: str
    file: str
    line: int
    record: Record
    values: Mapping[str, Any]
    lines: Mapping[str, int]

    def __contains__(self, key: str) -> bool:
        return key in self.values

    def fail(self, key: str | None, message: str) -> NoReturn:
        """Refuses the file at the line of a key, or of the whole thing where the key is None or not given."""
        raise InputError(message, file=self.file, line=self.lines.get(key or "", self.line))

    def text(self, key: str) -> str:
        """The word under a key, or its default."""
        value = self.values.get(key, self.record.keys[key].default)
        assert isinstance(value, str), key
        return value

    def number(self, key: str) -> float:
        value = self.values[key]
        assert isinstance(value, int | float), key
        return value

    def entry(self, key: str) -> Entry:
        """The mapping under a key, or an empty one."""
        value = self.values.get(key)
        if value is None:
            shape = self.record.keys[key].shape
            assert isinstance(shape, Record), key
            return Entry(what=key, file=self.file, line=self.line, record=shape, values={}, lines={})
        assert isinstance(value, Entry), key
        return value

    def entries(self, key: str) -> tuple[Entry, ...]:
        """The mappings in the list under a key, or none."""
        value = self.values.get(key, ())
        assert isinstance(value, tuple), key
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        """The words in the list under a key, or none."""
        value = self.values.get(key, ())
        assert isinstance(value, tuple), key
        return value

    def made(self, kind: type[Made], /, **given: object) -> Made:
        """The model's value that the keys fill; `given` are attributes that are known already.

        Raises:
            InputError: the value refuses what it is given.
        """
        try:
            return kind(**self.filled(**given))
        except ValueError as error:
            self.fail(None, f"{self.values.get('name', self.what)}: {error}; mend the values")

    def filled(self, **given: object) -> dict[str, Any]:
        """The model's attributes that the keys fill, and those that are `given`, which go before a key."""
        filled: dict[str, Any] = {}
        for name, key in self.record.keys.items():
            attributes = key.attributes(name)
            value = self.values.get(name, key.default)
            if not attributes or given.keys() >= set(attributes):
                continue
            if isinstance(key.shape, Record) and key.shape.makes is None:
                filled |= self.entry(name).filled()
            elif len(attributes) > 1 and value is not None:
                filled |= zip(attributes, (self._as_held(name, key.shape, part) for part in value), strict=True)
            elif value is not None:
                filled[attributes[0]] = self._as_held(name, key.shape, value)
        return filled | given

    def _as_held(self, key: str, shape: Shape, value: Any) -> object:
        """The value under a key as the model holds it."""
        match shape:
            case Number(in_ns=in_ns) | ByWay(each=Number(in_ns=in_ns)) if in_ns is not None and value is not None:
                return in_ns(value)
            case Text(held=held) if held is not None:
                return held(value)
            case Record(makes=kind) if kind is not None:
                return value.made(kind)
            case ListOf(item=Record(makes=kind)) if kind is not None:
                return self.several(key, kind)
            case MapOf(item=Record(makes=kind)) if kind is not None:
                return tuple(item.made(kind, name=name) for name, item in value.values.items())
        return value

    def several(self, key: str, kind: type[Made]) -> tuple[Made, ...]:
        """The model's values that the mappings in the list under a key fill."""
        shape = self.record.keys[key].shape
        assert isinstance(shape, ListOf), key
        made: dict[str, Made] = {}
        for index, item in enumerate(self.entries(key)):
            name = item.text("name") if shape.twice else str(index)
            if name in made:
                item.fail("name", f"{shape.twice.format(name)}; names must differ; rename one")
            made[name] = item.made(kind)
        return tuple(made.values())

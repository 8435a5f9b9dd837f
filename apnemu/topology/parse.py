"""Nodes of a file + a format -> typed entries, or one message about the first thing that does not fit."""

from __future__ import annotations

import difflib
import math
import re
from typing import NoReturn

from apnemu.errors import InputError
from apnemu.topology.document import Mapping, Node, Scalar, Sequence
from apnemu.topology.shapes import Choice, Entry, ListOf, MapOf, Number, Record, Shape, Text


class Parser:
    """Reads nodes by shapes; `file` names the file in messages."""

    def __init__(self, file: str) -> None:
        self.file = file

    def fail(self, line: int, message: str) -> NoReturn:
        raise InputError(message, file=self.file, line=line)

    def document(self, node: Node, shape: Record, version_key: str) -> Entry:
        """A whole file. Its version is looked at first: a later version's keys would only mislead."""
        if not isinstance(node, Mapping):
            self.fail(node.line, f"the file is {_kind(node)}; it must be a mapping; {shape.hint}")
        for key, value in node.pairs:
            if key.text == version_key:
                self.value(value, shape.keys[version_key], version_key)
        return self.record(node, shape, "the file", 1)

    def value(self, node: Node, shape: Shape, what: str) -> object:
        """What stands at one place; `what` names the place in a message, as in "lat of site tokyo"."""
        if isinstance(node, Scalar) and node.kind == "empty":
            self.fail(node.line, f"{what} is empty; {shape.limit}; {shape.hint}")
        match shape:
            case Number():
                return self.number(node, shape, what)
            case Text():
                return self.text(node, shape, what)
            case Choice():
                return self.choice(node, shape, what)
            case ListOf():
                return self.items(node, shape, what)
            case MapOf():
                return self.mapping(node, shape, what)
            case Record():
                return self.record(node, shape, what, node.line)

    def number(self, node: Node, shape: Number, what: str) -> float:
        problem = f"{what} is {_shown(node)}; {shape.limit}; {shape.hint}"
        if not isinstance(node, Scalar) or node.kind not in ("int", "float"):
            self.fail(node.line, problem)
        value = _number(node)
        in_range = shape.low < value <= shape.high if shape.above else shape.low <= value <= shape.high
        if not in_range:
            self.fail(node.line, problem)
        if shape.decimals is not None and value != round(value, shape.decimals):
            self.fail(node.line, problem)
        return int(value) if shape.decimals == 0 else float(value)

    def text(self, node: Node, shape: Text, what: str) -> str:
        if not isinstance(node, Scalar) or node.kind != "text" or re.fullmatch(shape.pattern, node.text) is None:
            self.fail(node.line, f"{what} is {_shown(node)}; {shape.limit}; {shape.hint}")
        return node.text

    def choice(self, node: Node, shape: Choice, what: str) -> str:
        if not isinstance(node, Scalar) or node.text not in shape.words:
            near = _nearest(node.text, shape.words) if isinstance(node, Scalar) else ""
            self.fail(node.line, f"{what} is {_shown(node)}; {shape.limit}; {near}{shape.hint}")
        return node.text

    def items(self, node: Node, shape: ListOf, what: str) -> object:
        if isinstance(node, Scalar) and node.text == shape.or_word:
            return node.text
        if shape.alone and isinstance(node, Scalar):
            return (self.value(node, shape.item, what),)
        if not isinstance(node, Sequence):
            self.fail(node.line, f"{what} is {_shown(node)}; {shape.limit}; {shape.hint}")
        if not shape.least <= len(node.items) <= shape.most:
            self.fail(node.line, f"{what} has {_count(len(node.items), shape.noun)}; {shape.limit}; {shape.hint}")
        top = isinstance(shape.item, Record)
        return tuple(
            self.value(item, shape.item, f"{shape.noun} {index}" if top else f"{shape.noun} {index} of {what}")
            for index, item in enumerate(node.items, 1)
        )

    def mapping(self, node: Node, shape: MapOf, what: str) -> Entry:
        if not isinstance(node, Mapping):
            self.fail(node.line, f"{what} is {_shown(node)}; {shape.limit}; {shape.hint}")
        if not shape.least <= len(node.pairs) <= shape.most:
            self.fail(node.line, f"{what} has {_count(len(node.pairs), shape.noun)}; {shape.limit}; {shape.hint}")
        values: dict[str, object] = {}
        for key, value in node.pairs:
            if re.fullmatch(shape.key.pattern, key.text) is None:
                self.fail(key.line, f"the name of a {shape.noun} is {_shown(key)}; {shape.key.limit}; {shape.key.hint}")
            if isinstance(shape.item, Record) and isinstance(value, Mapping):
                values[key.text] = self.record(value, shape.item, f"{shape.noun} {key.text}", key.line)
            else:
                values[key.text] = self.value(value, shape.item, f"{shape.noun} {key.text}")
        return Entry(what=what, line=node.line, values=values, lines={key.text: key.line for key, _ in node.pairs})

    def record(self, node: Node, shape: Record, what: str, line: int) -> Entry:
        """A mapping with known keys; `line` is where people would say that it begins."""
        if not isinstance(node, Mapping):
            self.fail(node.line, f"{what} is {_shown(node)}; {shape.limit}; {shape.hint}")
        values: dict[str, object] = {}
        for key, value in node.pairs:
            if key.text in shape.later:
                self.fail(key.line, f"{key.text} is reserved; {shape.later[key.text]}")
            if key.text not in shape.keys:
                known = ", ".join(shape.keys)
                near = _nearest(key.text, tuple(shape.keys)) or "take it out; "
                self.fail(key.line, f"unknown key {_shown(key)} in {what}; {near}known here: {known}")
            of = "" if what == "the file" else f" of {what}"
            values[key.text] = self.value(value, shape.keys[key.text], f"{key.text}{of}")
        entry = Entry(what=what, line=line, values=values, lines={key.text: key.line for key, _ in node.pairs})
        self.complete(entry, shape)
        return entry

    def complete(self, entry: Entry, shape: Record) -> None:
        """Refuses an entry that lacks a required key or mixes two ways to say a thing."""
        for key in shape.required:
            if key not in entry:
                self.fail(
                    entry.line, f"{entry.what} has no {key}; it must have {', '.join(shape.required)}; {shape.hint}"
                )
        if not shape.either:
            return
        ways = " or ".join(" with ".join(group) for group in shape.either)
        keys = dict.fromkeys(key for group in shape.either for key in group)
        found = [key for key in keys if key in entry]
        if not any(set(found) == set(group) for group in shape.either):
            given = ", ".join(found) or "neither"
            self.fail(entry.line, f"{entry.what} has {given}; it must have either {ways}; {shape.hint}")


def _number(node: Scalar) -> float:
    """The value of a plain number; what is none (hexadecimal, a wrong tag, 4_0) is NaN, which lies within no limits."""
    if "_" in node.text:  # Python's and YAML 1.1's, not YAML 1.2's
        return math.nan
    for kind in (int, float):
        try:
            return kind(node.text)
        except ValueError:  # int: also for more digits than Python converts
            continue
    return math.nan


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _nearest(word: str, known: tuple[str, ...]) -> str:
    near = difflib.get_close_matches(word, known, n=1)
    return f"did you mean {near[0]}? " if near else ""


def _kind(node: Node) -> str:
    match node:
        case Sequence():
            return "a list"
        case Mapping():
            return "a mapping"
        case Scalar():
            return _shown(node)


def _shown(node: Node) -> str:
    """A value as a message shows it: as written, text in quotes, no longer than fits a line."""
    if not isinstance(node, Scalar):
        return _kind(node)
    if node.kind == "empty":
        return "empty"
    if node.kind == "text":
        return repr(node.text if len(node.text) <= 60 else node.text[:57] + "...")
    return node.text if len(node.text) <= 40 else node.text[:37] + "..."

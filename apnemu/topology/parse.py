# SPDX-License-Identifier: BSD-3-Clause
"""A file and its declared format -> checked entries, or one message about the first thing that does not fit."""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Iterable
from pathlib import Path
from typing import NoReturn

from apnemu.errors import InputError
from apnemu.model import naming
from apnemu.topology.document import Mapping, Node, Scalar, Sequence, load_document
from apnemu.topology.entry import Entry
from apnemu.topology.shapes import ByWay, Choice, Columns, Either, Flag, ListOf, MapOf, Number, Record, Shape, Text


def read_file(path: str | Path, record: Record) -> Entry:
    """A whole file by its format.

    Raises:
        InputError: one line, `FILE:LINE: what, the value, the limit, the way out`, FILE as given.
    """
    return Parser(str(path)).document(load_document(Path(path), str(path)), record)


def nearest(word: str, known: Iterable[str], otherwise: str = "") -> str:
    """The known word that was probably meant, as a question; without one, what else to do.

    >>> nearest("osakka", ["tokyo", "osaka"]), nearest("x", ["tokyo"], "take it out")
    ('did you mean osaka?', 'take it out')
    """
    near = difflib.get_close_matches(word, list(known), n=1)
    return f"did you mean {near[0]}?" if near else otherwise


class Parser:
    """Reads nodes by shapes; `file` names the file in messages."""

    def __init__(self, file: str) -> None:
        self.file = file

    def fail(self, line: int, message: str) -> NoReturn:
        raise InputError(message, file=self.file, line=line)

    def refuse(self, node: Node, shape: Shape, what: str, fact: str = "", way_out: str = "") -> NoReturn:
        self.fail(node.line, f"{what} {fact or f'is {_shown(node)}'}; {shape.limit}; {way_out}{shape.hint}")

    def document(self, node: Node, shape: Record) -> Entry:
        """A whole file. Its version is looked at first: a later version's keys would only mislead."""
        if not isinstance(node, Mapping):
            self.fail(node.line, f"the file is {_kind(node)}; it must be a mapping; {shape.hint}")
        version = next(iter(shape.keys))
        for key, value in node.pairs:
            if key.text == version:
                self.value(value, shape.keys[version].shape, version)
        return self.record(node, shape, "the file", 1)

    def value(self, node: Node, shape: Shape, what: str) -> object:
        """The value at one place; `what` names the place in a message, as in "lat of site tokyo"."""
        if isinstance(node, Scalar) and node.kind == "empty":
            self.refuse(node, shape, what)
        match shape:
            case Number():
                return self.number(node, shape, what)
            case ByWay():
                return self.by_way(node, shape, what)
            case Text():
                return self.text(node, shape, what)
            case Choice():
                return self.choice(node, shape, what)
            case Flag():
                return self.flag(node, shape, what)
            case Columns():
                return self.columns(node, shape, what)
            case Either():
                return self.either(node, shape, what)
            case ListOf():
                return self.items(node, shape, what)
            case MapOf():
                return self.mapping(node, shape, what)
            case Record():
                return self.record(node, shape, what, node.line)

    def number(self, node: Node, shape: Number, what: str) -> float:
        value = _number(node) if isinstance(node, Scalar) and node.kind in ("int", "float") else math.nan
        in_range = shape.low < value <= shape.high if shape.above else shape.low <= value <= shape.high
        if not in_range or (shape.decimals is not None and value != round(value, shape.decimals)):
            self.refuse(node, shape, what)
        return int(value) if shape.decimals == 0 else float(value)

    def by_way(self, node: Node, shape: ByWay, what: str) -> tuple[float, float | None]:
        if not isinstance(node, Mapping):
            return self.number(node, shape.each, what), None
        both = self.record(node, shape.record, what, node.line)
        out, back = both.number("out"), both.number("back")
        return out, None if back == out else back

    def text(self, node: Node, shape: Text, what: str) -> str:
        if not isinstance(node, Scalar) or node.kind != "text" or re.fullmatch(shape.pattern, node.text) is None:
            self.refuse(node, shape, what)
        return node.text

    def choice(self, node: Node, shape: Choice, what: str) -> str:
        if not isinstance(node, Scalar) or node.text not in shape.words:
            near = nearest(node.text, shape.words) if isinstance(node, Scalar) else ""
            self.refuse(node, shape, what, way_out=near and f"{near} ")
        return node.text

    def flag(self, node: Node, shape: Flag, what: str) -> bool:
        if not isinstance(node, Scalar) or node.kind != "text" or node.text not in ("yes", "no"):
            self.refuse(node, shape, what)
        return node.text == "yes"

    def columns(self, node: Node, shape: Columns, what: str) -> tuple[float, ...]:
        if not isinstance(node, Sequence):
            self.refuse(node, shape, what)
        if len(node.items) != len(shape.numbers):
            self.refuse(node, shape, what, f"has {_count(len(node.items), 'number')}")
        numbers = zip(node.items, shape.numbers.items(), strict=True)
        return tuple(self.number(item, number, f"{name} of {what}") for item, (name, number) in numbers)

    def either(self, node: Node, shape: Either, what: str) -> object:
        """A value of the shape that has its form; a scalar that is no number is the word of a choice or a text."""
        fits = next((each for each in shape.shapes if _has_form(node, each)), None)
        if fits is None:
            self.refuse(node, shape, what)
        return self.value(node, fits, what)

    def items(self, node: Node, shape: ListOf, what: str) -> object:
        if isinstance(node, Scalar) and node.text == shape.or_word:
            return node.text
        if shape.alone and isinstance(node, Scalar):
            return (self.value(node, shape.item, what),)
        if not isinstance(node, Sequence):
            self.refuse(node, shape, what)
        if not shape.least <= len(node.items) <= shape.most:
            self.refuse(node, shape, what, f"has {_count(len(node.items), shape.noun)}")
        of = "" if isinstance(shape.item, Record) else f" of {what}"
        return tuple(
            self.value(item, shape.item, f"{shape.noun} {index}{of}") for index, item in enumerate(node.items, 1)
        )

    def mapping(self, node: Node, shape: MapOf, what: str) -> Entry:
        if not isinstance(node, Mapping):
            self.refuse(node, shape, what)
        if not shape.least <= len(node.pairs) <= shape.most:
            self.refuse(node, shape, what, f"has {_count(len(node.pairs), shape.noun)}")
        values: dict[str, object] = {}
        for key, value in node.pairs:
            if re.fullmatch(shape.key.pattern, key.text) is None:
                self.refuse(key, shape.key, f"the name of a {shape.noun}", way_out=_as_label(key.text, shape.item))
            if isinstance(shape.item, Record) and isinstance(value, Mapping):
                named = naming.told(key.text, _label(value, shape.item))
                values[key.text] = self.record(value, shape.item, f"{shape.noun} {named}", key.line)
            else:
                values[key.text] = self.value(value, shape.item, f"{shape.noun} {key.text}")
        return self.entry(node, Record(keys={}), what, node.line, values)

    def record(self, node: Node, shape: Record, what: str, line: int) -> Entry:
        """A mapping with known keys; `line` is where people would say that it begins."""
        if not isinstance(node, Mapping):
            self.refuse(node, shape, what)
        values: dict[str, object] = {}
        of = "" if what == "the file" else f" of {what}"
        for key, value in node.pairs:
            if key.text not in shape.keys:
                near, known = nearest(key.text, shape.keys, "take it out;"), ", ".join(shape.keys)
                self.fail(key.line, f"unknown key {_shown(key)} in {what}; {near} known here: {known}")
            values[key.text] = self.value(value, shape.keys[key.text].shape, f"{key.text}{of}")
        entry = self.entry(node, shape, what, line, values)
        _complete(entry, shape)
        return entry

    def entry(self, node: Mapping, shape: Record, what: str, line: int, values: dict[str, object]) -> Entry:
        lines = {key.text: key.line for key, _ in node.pairs}
        return Entry(what=what, file=self.file, line=line, record=shape, values=values, lines=lines)


def _label(node: Mapping, shape: Record) -> str:
    """The label that a mapping gives its thing; "" where it gives none that can be one."""
    given = next((value for key, value in node.pairs if key.text == "label" and "label" in shape.keys), None)
    text = given.text if isinstance(given, Scalar) and given.kind == "text" else ""
    return text if re.fullmatch(naming.LABEL, text) else ""


def _as_label(name: str, shape: Shape) -> str:
    """What to write where a name that is no id stands for one; "" where nothing takes a label."""
    if name.isascii() or not (isinstance(shape, Record) and "label" in shape.keys):
        return ""
    example = f"{naming.identifier(name)}: {{label: {naming.label_of(name)!r}, ...}}"
    return f"a name in any script is a label: write {example}, or "


def _complete(entry: Entry, shape: Record) -> None:
    """Refuses an entry that lacks a required key or mixes two ways to say a thing."""
    for key in shape.required:
        if key not in entry:
            known = ", ".join(shape.required)
            entry.fail(None, f"{entry.what} has no {key}; it must have {known}; {shape.hint}")
    ways = " or ".join(" with ".join(group) for group in shape.either)
    given = [key for key in dict.fromkeys(key for group in shape.either for key in group) if key in entry]
    if shape.either and not any(set(given) == set(group) for group in shape.either):
        named = ", ".join(given) or "neither"
        entry.fail(None, f"{entry.what} has {named}; it must have either {ways}; {shape.hint}")


def _number(node: Scalar) -> float:
    """The value of a plain number; NaN, which is within no limits, of anything else (hexadecimal, a wrong tag, 4_0)."""
    if "_" in node.text:  # Python's and YAML 1.1's, not YAML 1.2's
        return math.nan
    for kind in (int, float):
        try:
            return kind(node.text)
        except ValueError:  # int: also for more digits than Python converts
            continue
    return math.nan


def _has_form(node: Node, shape: Shape) -> bool:
    """Whether a node is a number, a word, a list or a mapping, as the shape is."""
    match shape:
        case Number():
            return isinstance(node, Scalar) and node.kind in ("int", "float")
        case Text() | Choice() | Flag():
            return isinstance(node, Scalar) and node.kind == "text"
        case ListOf() | Columns():
            return isinstance(node, Sequence)
    return isinstance(node, Mapping)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


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

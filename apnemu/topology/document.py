# SPDX-License-Identifier: BSD-3-Clause
"""A YAML file as a tree of nodes that know their line; anything but one plain document is refused here.

YAML 1.2 by ruamel.yaml, composed but not constructed: nothing in a file can make an object, and anchors and aliases
(with which a few lines can stand for billions of values) are refused where they stand.
"""

from __future__ import annotations

import re
import traceback
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Literal, NoReturn

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, ScalarNode, SequenceNode
from ruamel.yaml.reader import ReaderError

from apnemu.errors import InputError

MOST_BYTES = 16_000_000
"""Largest file that is read. A mesh of 1,000 sites written out has about 40 MB; `among: all` says the same."""

NO_TEXT = re.compile("[\\x00-\\x08\\x0b\\x0c\\x0e-\\x1f\\x7f\\ud800-\\udfff\\ufffe\\uffff]")
"""Characters that YAML's escapes can write, and neither XML nor UTF-8 can hold: controls, and halves of characters."""

_SCALARS: dict[str, Literal["text", "int", "float", "bool", "empty"]] = {
    "int": "int",
    "float": "float",
    "bool": "bool",
    "null": "empty",
    "str": "text",
    "timestamp": "text",
    "merge": "text",
    "value": "text",
}


@dataclass(frozen=True, slots=True)
class Scalar:
    """A word or number as written; `kind` is what YAML 1.2 takes it for."""

    line: int
    text: str
    kind: Literal["text", "int", "float", "bool", "empty"]


@dataclass(frozen=True, slots=True)
class Sequence:
    line: int
    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Mapping:
    """Key, value pairs in the file's order; no key comes twice."""

    line: int
    pairs: tuple[tuple[Scalar, Node], ...]


Node = Scalar | Sequence | Mapping


def load_document(path: Path, file: str) -> Node:
    """The one document in a file.

    Raises:
        InputError: the file cannot be read, is no YAML, or is more than plain YAML; `file` names it in the message.
    """
    return _composed(_read(path, file), file)


@lru_cache(maxsize=8)
def _composed(text: str, file: str) -> Node:
    """The one document in a text. The last few are kept: a command asks for its topology three times, and for optics
    five times."""
    try:
        root = YAML(typ="safe", pure=True).compose(text)
        if root is None:
            raise InputError("the file is empty; begin it with apnemu: 1", file=file, line=1)
        return _Reader(file).node(root)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = None if mark is None else mark.line + 1
        raise InputError(
            f"not YAML: {error.problem or error.context}; mend the syntax", file=file, line=line
        ) from error
    except ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise InputError(
            f"character U+{error.character:04X} is not allowed in YAML; take it out", file=file, line=line
        ) from error
    except YAMLError as error:
        raise InputError(f"not YAML: {str(error)[:200]}; mend the syntax", file=file, line=1) from error
    except RecursionError:
        raise InputError("nested too deep; a file needs at most 6 levels; flatten it", file=file, line=1) from None
    except InputError:
        raise
    except Exception as error:  # ruamel lets some of Python's own pass: a ValueError for "\U00110000", for example
        said = " ".join(f"{type(error).__name__}: {error}".split())[:200]
        raise InputError(f"not YAML: {said}; mend the syntax", file=file, line=_begun_at(error)) from error


def _begun_at(error: Exception) -> int:
    """The line on which the token begins that ruamel was reading when it raised something of Python's."""
    marks = [frame.f_locals.get("start_mark") for frame, _ in traceback.walk_tb(error.__traceback__)]
    return next((mark.line + 1 for mark in reversed(marks) if mark is not None), 1)


def _read(path: Path, file: str) -> str:
    try:
        with path.open("rb") as stream:
            data = stream.read(MOST_BYTES + 1)
    except FileNotFoundError:
        raise InputError("no such file; give the path of a topology file", file=file) from None
    except IsADirectoryError:
        raise InputError("this is a directory; give the path of one YAML file in it", file=file) from None
    except (OSError, ValueError) as error:
        raise InputError(f"cannot be read: {error}; give the path of a readable file", file=file) from error
    if len(data) > MOST_BYTES:
        raise InputError(
            f"the file is longer than the limit of {MOST_BYTES} bytes; write meshes as among: all", file=file, line=1
        )
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise InputError(
            f"byte 0x{data[error.start]:02x} is not UTF-8; save the file as UTF-8", file=file, line=line
        ) from None


class _Reader:
    """Turns ruamel's nodes into ours and refuses what plain data does not need."""

    def __init__(self, file: str) -> None:
        self.file = file

    def node(self, raw: ScalarNode | SequenceNode | MappingNode) -> Node:
        line = raw.start_mark.line + 1
        if raw.anchor:
            self.fail(f"&{raw.anchor} is an anchor; anchors and aliases are not read; write the value out", line)
        if isinstance(raw, MappingNode):
            return self.mapping(raw, line)
        self.plain_tag(raw, line)
        if isinstance(raw, SequenceNode):
            return Sequence(line, tuple(self.node(item) for item in raw.value))
        return self.scalar(raw, line)

    def mapping(self, raw: MappingNode, line: int) -> Mapping:
        self.plain_tag(raw, line)
        pairs: list[tuple[Scalar, Node]] = []
        seen: dict[str, int] = {}
        for raw_key, raw_value in raw.value:
            key = self.node(raw_key)
            if not isinstance(key, Scalar):
                self.fail(
                    "a list or mapping stands where a key is wanted; write a plain word before the colon", key.line
                )
            if key.text in seen:
                self.fail(
                    f"key {key.text[:60]!r} comes twice; it stands on line {seen[key.text]} already; keep one of them",
                    key.line,
                )
            seen[key.text] = key.line
            value = self.node(raw_value)
            if isinstance(value, Scalar) and value.kind == "empty":
                value = Scalar(key.line, value.text, value.kind)  # the mark of an empty value is behind the line's end
            pairs.append((key, value))
        return Mapping(line, tuple(pairs))

    def scalar(self, raw: ScalarNode, line: int) -> Scalar:
        if found := NO_TEXT.search(raw.value):
            self.fail(
                f"the text has the character U+{ord(found[0]):04X}, which no file or page can hold; take it out", line
            )
        return Scalar(line, raw.value, _SCALARS[_tag(raw)])

    def plain_tag(self, raw: ScalarNode | SequenceNode | MappingNode, line: int) -> None:
        if _tag(raw) not in (*_SCALARS, "seq", "map"):
            self.fail(f"{str(raw.tag)[:60]!r} is a tag; only plain YAML is read; take the tag out", line)

    def fail(self, message: str, line: int) -> NoReturn:
        raise InputError(message, file=self.file, line=line)


def _tag(raw: ScalarNode | SequenceNode | MappingNode) -> str:
    return str(raw.tag).removeprefix("tag:yaml.org,2002:")

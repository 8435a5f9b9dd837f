# SPDX-License-Identifier: BSD-3-Clause
"""Mutated YAML files: of their tree, of their limits, of what YAML can say beside plain values, of text and bytes."""

from __future__ import annotations

import copy
import json
import math
import random
import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from apnemu.topology.shapes import ByWay, Choice, ListOf, MapOf, Number, Record, Shape
from tests.fuzz.mutations import mutated, mutated_text, places

STAND_IN = "STANDSHERE"
RAW = (
    "!!python/object/apply:os.system [id]", "!!binary aGk=", "!!set {a, b}", "!!omap [a: 1]", "!mine x",
    "!!float 1", "!!int 1.5", "!!str 5", "!!null x", "!!timestamp 2001-01-01", "&a [1, 2]", "&a [*a]",
    "*undefined", "&a x", "2001-01-01", "2001-12-14t21:59:43.10-05:00", "0x1F", "0o17", "017", "1_000",
    "+5", "-0", "-0.0", ".5", "5.", "1e3", "1e400", "-1e400", "1e-400", ".inf", "-.Inf", ".NaN", "nan",
    "inf", "0b101", "1:30:00", "9" * 5000, "0." + "3" * 5000, "~", "null", "", "yes", "No", "true", "<<",
    "{<<: {a: 1}}", "=", "? [a, b] : c", "{a: 1, a: 2}", "{? [x] : y}", "{[a]: b}", "[,]", "{", "[", "]",
    "'", '"', "|\n  text\n", ">-\n  text\n", "- x", "a: b: c", "@x", "`x`", "%x", "# x", '"\\0"',
    '"\\ud800"', '"\\udcff"', '"\\x1b[2J"', '"\\u202e"', '"a\\nb"', '"\\uffff"', '"\\U0010ffff"',
    '"\\U00110000"', '"\\q"', '"' + "x" * 5000 + '"', "東京", "é" * 300, "😀", "[" * 40 + "]" * 40,
    "[" * 3000 + "]" * 3000, "{a: " * 2000, "- " * 2000, "{}", "[]", "[[]]", "[null]", "{'': ''}", "{1: 2}",
    "{null: 1}", "{true: 1}", "../../etc/passwd", "/dev/zero", "a" * 300, "x/" * 3000, ".", "..", "",
)  # fmt: skip
"""What stands in a file as it is: tags, anchors, dates, numbers of other forms, text that is none, broken syntax."""
PLAIN = re.compile(r"[A-Za-z][A-Za-z_-]*(-[0-9]+)?")
"""Words that need no quotes."""
PLACES = ("lat", "lon", "apnemu")
"""Numbers of which nearly any other is refused, and nothing else is then looked at."""
LAUGHS = "a: &a [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{one}: &{one} [{', '.join([f'*{before}'] * 10)}]\n" for before, one in zip("abcdefghi", "bcdefghij", strict=True)
)
"""A billion laughs: aliases of aliases that stand for ten billion values."""


@cache
def tree_of(file: Path) -> Any:
    """The tree of a sound file."""
    return YAML(typ="safe", pure=True).load(file.read_text("utf-8"))


def limits_of(record: Record) -> dict[str, Number]:
    """Numbers of a format by their key."""
    found: dict[str, Number] = {}

    def look(name: str, shape: Shape) -> None:
        match shape:
            case Number():
                found.setdefault(name, shape)
            case ByWay(each=each):
                found.setdefault(name, each)
            case ListOf(item=item) | MapOf(item=item):
                look(name, item)
            case Record(keys=keys):
                for key, each in keys.items():
                    look(key, each.shape)

    look("", record)
    return found


def words_of(record: Record) -> tuple[str, ...]:
    """Keys and words of choices that a format knows."""
    found: dict[str, None] = {}

    def look(shape: Shape) -> None:
        match shape:
            case Choice(words=words):
                found.update(dict.fromkeys(words))
            case ListOf(item=item) | MapOf(item=item):
                look(item)
            case Record(keys=keys):
                found.update(dict.fromkeys(keys))
                for each in keys.values():
                    look(each.shape)

    look(record)
    return tuple(found)


def document(tree: Any, record: Record, draw: random.Random) -> tuple[str, bytes]:
    """Mutated content of a sound file of a format, and how it was mutated."""
    match draw.randrange(10):
        case 0 | 1 | 2 | 3:
            return "limits", text_of(_at_limits(tree, limits_of(record), draw)).encode()
        case 4 | 5:
            return "tree", text_of(mutated(tree, draw)).encode("utf-8", "surrogatepass")
        case 6:
            return "words", text_of(_reworded(tree, words_of(record), draw)).encode()
        case 7:
            return "yaml", _with_raw(tree, draw).encode()
        case 8:
            return "text", mutated_text(text_of(tree), draw).encode("utf-8", "surrogatepass")
        case _:
            return "bytes", _bytes(text_of(tree).encode(), draw)


def text_of(tree: Any) -> str:
    """The tree as YAML in block style, each text in quotes."""
    return "\n".join(_lines(tree)) + "\n"


def _lines(tree: Any) -> Iterator[str]:
    if not isinstance(tree, dict | list) or not tree:
        yield _scalar(tree)
        return
    marked = tree.items() if isinstance(tree, dict) else ((None, value) for value in tree)
    for key, value in marked:
        first, *rest = _lines(value)
        nested = isinstance(value, dict | list) and value
        if isinstance(tree, dict):
            yield f"{_scalar(key)}:" if nested else f"{_scalar(key)}: {first}"
            yield from (f"  {line}" for line in ([first, *rest] if nested else rest))
        else:
            yield f"- {first}"
            yield from (f"  {line}" for line in rest)


def _scalar(value: Any) -> str:
    if isinstance(value, str):
        return value if PLAIN.fullmatch(value) and value not in ("true", "false", "null") else json.dumps(value)
    if isinstance(value, float) and not math.isfinite(value):
        return str(value).replace("inf", ".inf").replace("nan", ".nan")
    return json.dumps(value)


def _at_limits(tree: Any, limits: Mapping[str, Number], draw: random.Random) -> Any:
    """A copy with one to four numbers at, just within, just beyond or anywhere between their limits."""
    tree = copy.deepcopy(tree)
    spots = [(inside, key) for inside, key in places(tree) if isinstance(inside, dict) and key in limits]
    spots = [spot for spot in spots if spot[1] not in PLACES or draw.random() < 0.1] or spots
    for inside, key in draw.choices(spots, k=draw.choice((1, 1, 2, 3, 4))) if spots else ():
        number = limits[key]
        value = _number(number, draw)
        both = isinstance(inside[key], dict) or (key in ("length_km", "span_km") and draw.random() < 0.2)
        inside[key] = {"out": value, "back": _number(number, draw)} if both else value
    return tree


def _number(limits: Number, draw: random.Random) -> float:
    low, high = limits.low, limits.high
    within = draw.choice(
        (low, high, low + (high - low) * draw.random(), low + (high - low) * 10 ** -draw.uniform(1, 9))
    )
    value = draw.choice(
        (within, within, within, within, math.nextafter(low, -math.inf), math.nextafter(high, math.inf))
    )
    return round(value, limits.decimals) if limits.decimals is not None and draw.random() < 0.95 else value


def _reworded(tree: Any, words: tuple[str, ...], draw: random.Random) -> Any:
    """A copy with one to three keys or texts that are other ones of the format or of the file."""
    tree = copy.deepcopy(tree)
    own = [value for inside, key in places(tree) for value in (inside[key], key) if isinstance(value, str)]
    for _ in range(draw.choice((1, 1, 2, 3))):
        inside, key = draw.choice(list(places(tree)))
        word = draw.choice((draw.choice(words), draw.choice(own)))
        if isinstance(inside, dict) and draw.random() < 0.4:
            inside[word] = inside.pop(key) if draw.random() < 0.5 else copy.deepcopy(inside[key])
        elif isinstance(inside[key], str) or draw.random() < 0.3:
            inside[key] = word
    return tree


def _with_raw(tree: Any, draw: random.Random) -> str:
    """The text of a tree, one value of which is something that only YAML can say."""
    if draw.random() < 0.05:
        return LAUGHS + text_of(tree)
    tree = copy.deepcopy(tree)
    inside, key = draw.choice(list(places(tree)))
    if isinstance(inside, dict) and draw.random() < 0.2:
        inside[STAND_IN] = inside.pop(key)
    else:
        inside[key] = STAND_IN
    return text_of(tree).replace(STAND_IN, draw.choice(RAW))


def _bytes(data: bytes, draw: random.Random) -> bytes:
    """Bytes of a file: another encoding, bytes of chance, lines in another order, cut off, none."""
    lines = data.splitlines(keepends=True)
    at = draw.randrange(len(data))
    match draw.randrange(8):
        case 0:
            return data.decode().encode(draw.choice(("utf-16", "utf-32", "cp500", "utf-8-sig")))
        case 1:
            return data[:at] + draw.randbytes(draw.choice((1, 2, 100))) + data[at + 1 :]
        case 2:
            draw.shuffle(lines)
            return b"".join(lines)
        case 3:
            return data[:at]
        case 4:
            line = draw.randrange(len(lines))
            return b"".join([*lines[:line], draw.choice((b"---\n", b"...\n", b"%YAML 1.1\n", b"\t")), *lines[line:]])
        case 5:
            line = draw.randrange(len(lines))
            return b"".join([*lines[:line], draw.choice((b" ", b"  ")) + lines[line], *lines[line + 1 :]])
        case 6:
            return data.replace(b"\n", draw.choice((b"\r\n", b"\r", "\u2028".encode(), b"\x0b")))
        case _:
            return draw.choice((b"", b"\x00" * 100, b"\xff\xfe", b"\n" * 1000, b"- " * 20_000, b"{" * 20_000, data * 2))

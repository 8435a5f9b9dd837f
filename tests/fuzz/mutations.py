# SPDX-License-Identifier: BSD-3-Clause
"""Seeded mutations: of a JSON-like tree, and of text."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Iterator
from typing import Any

ODD: tuple[Any, ...] = (
    None, True, False, 0, -1, 1, 7, 0.5, -273.15, 1e-12, 1e9, 1e18, 1e300, 10**30, "",
    " ", "x", "0", "-1", "1e999", "nan",
    "東京", "a\nb", "\x00", "x" * 5000, [], {}, [[]], [None], {"": None}, float("inf"), float("nan"),
)  # fmt: skip
"""Values that stand where another was."""


def places(tree: Any) -> Iterator[tuple[Any, Any]]:
    """Every place in a tree: the mapping or list that it is in, and its key or index."""
    if isinstance(tree, dict | list):
        for key in list(tree) if isinstance(tree, dict) else range(len(tree)):
            yield tree, key
            yield from places(tree[key])


def mutated(tree: Any, draw: random.Random) -> Any:
    """A copy of a tree with one to three places changed: another value, gone, doubled, swapped, renamed, scaled."""
    tree = copy.deepcopy(tree)
    for _ in range(draw.choice((1, 1, 1, 2, 3))):
        known = list(places(tree))
        if not known:
            return draw.choice(ODD)
        inside, key = draw.choice(known)
        value = inside[key]
        match draw.randrange(7):
            case 0:
                inside[key] = copy.deepcopy(draw.choice(ODD))
            case 1:
                del inside[key]
            case 2 if isinstance(inside, list):
                inside.insert(key, copy.deepcopy(value))
            case 3:
                other, there = draw.choice(known)
                if _stands(other, there):
                    inside[key] = copy.deepcopy(other[there])
            case 4 if isinstance(inside, dict):
                inside[f"{key}{draw.choice(('_', 's', ' '))}"] = inside.pop(key)
            case 5 if isinstance(value, int | float) and not isinstance(value, bool):
                inside[key] = value * draw.choice((-1, 0, 1e-3, 10, 1e3, 1e6, 1e12))
            case _:
                inside[key] = copy.deepcopy(draw.choice(ODD))
    return tree


def _stands(inside: Any, key: Any) -> bool:
    return key in inside if isinstance(inside, dict) else key < len(inside)


def mutated_text(text: str, draw: random.Random) -> str:
    """A text of which a piece is gone, doubled, moved, or replaced by noise."""
    begin = draw.randrange(len(text) + 1)
    end = min(len(text), begin + draw.choice((1, 2, 10, 100, 1000)))
    piece = text[begin:end]
    noise = "".join(chr(draw.choice((0, 9, 10, 34, 44, 58, 91, 93, 123, 125, 8232, 65535))) for _ in range(3))
    new = draw.choice(("", piece * 2, piece[::-1], noise, piece * 50))
    return text[:begin] + new + text[end:]


def documents(tree: Any, seed: int, count: int) -> Iterator[str]:
    """A number of mutated documents as text, the same for the same seed: mostly of the tree, a fifth of its text."""
    for number in range(count):
        draw = random.Random(f"{seed} {number}")
        if number % 5 == 4:
            yield mutated_text(json.dumps(tree), draw)
        else:
            yield json.dumps(mutated(tree, draw))

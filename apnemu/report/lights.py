# SPDX-License-Identifier: BSD-3-Clause
"""Light of a plan in the form that figures take: lightpaths, light trees, and leaves' answers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

Kind = Literal["lightpath", "tree", "back", "subcarriers"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Light:
    """Slot (n, m) that is lit on some fibres, once on each.

    A tree's wavelength runs away from its hub, a leaf's answer (`back`) towards the hub; lightpaths and subcarriers
    run both ways.
    """

    kind: Kind
    name: str
    mode: str
    n: int
    m: int
    fibres: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """Route of light whose quality is known: a lightpath, or the branch of a tree from its hub to one `leaf`."""

    name: str
    leaf: str
    mode: str
    gsnr_db: float
    margin_db: float
    fibres: tuple[str, ...]


Item = TypeVar("Item", Light, Judged)


def lights(picture: Mapping[str, Any]) -> list[Light]:
    """Lightpaths, then each tree with its answers, in the plan's order; the picture of an older run may lack some.

    Shared subcarriers are one light: the hub's slot carries the leaves' answers as well.
    """
    found = [
        _light("lightpath", path, path["name"], path["slot"], path["fibres"])
        for path in picture["lightpaths"]
        if path.get("fibres")
    ]
    for tree in _trees(picture):
        shared = tree["kind"] == "subcarriers"
        found.append(_light("subcarriers" if shared else "tree", tree, tree["name"], tree["slot"], tree["fibres"]))
        for branch in () if shared else tree["branches"]:
            name = f"{tree['name']}, {branch['to']}'s answer"
            found.append(_light("back", tree, name, branch["return_slot"], branch["fibres"]))
    return found


def judged(picture: Mapping[str, Any]) -> list[Judged]:
    """Lightpaths that GNPy judged, then the branches of trees, of which it judged the route; in the plan's order."""
    found = [
        _judged(path, path["name"], path["mode"], "")
        for path in picture["lightpaths"]
        if path.get("fibres") and path["margin_db"] is not None
    ]
    return found + [
        _judged(branch, f"{tree['name']} to {branch['to']}", tree["mode"], branch["to"])
        for tree in _trees(picture)
        for branch in tree["branches"]
    ]


def over(items: Iterable[Item]) -> dict[str, list[Item]]:
    """Fibre -> the items that pass it, in the given order."""
    found: dict[str, list[Item]] = {}
    for item in items:
        for fibre in item.fibres:
            found.setdefault(fibre, []).append(item)
    return found


def _trees(picture: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    return [tree for tree in picture.get("trees", ()) if all(branch.get("fibres") for branch in tree["branches"])]


def _light(kind: Kind, lit: Mapping[str, Any], name: str, slot: Mapping[str, int], fibres: Sequence[str]) -> Light:
    return Light(kind=kind, name=name, mode=lit["mode"], n=slot["n"], m=slot["m"], fibres=tuple(fibres))


def _judged(way: Mapping[str, Any], name: str, mode: str, leaf: str) -> Judged:
    return Judged(
        name=name,
        leaf=leaf,
        mode=mode,
        gsnr_db=way["gsnr_db"],
        margin_db=way["margin_db"],
        fibres=tuple(way["fibres"]),
    )

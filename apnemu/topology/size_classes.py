# SPDX-License-Identifier: BSD-3-Clause
"""Size classes of data centres, from a table that anybody may edit (`topologies/classes/sizes.yaml`)."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from pathlib import Path

from apnemu.topology.equipment import SHIPPED
from apnemu.topology.origins import ABOUT, NAME, VERSION
from apnemu.topology.parse import read_file
from apnemu.topology.shapes import ListOf, Number, Record, may, must

TABLE = SHIPPED.parent / "classes" / "sizes.yaml"

CLASS = Record(
    keys={
        "name": must(NAME, "no two classes have one name"),
        "from_mw": must(Number(high=1_000_000, hint="give MW of IT power"), "where the class begins"),
    },
    hint="write for example {name: small, from_mw: 10}",
)
CLASSES = ListOf(item=CLASS, noun="size", most=100, hint="list the classes, the smallest first")
SIZE_CLASSES = Record(
    keys={"apnemu-size-classes": VERSION, "about": may(ABOUT, "where the classes come from"), "classes": must(CLASSES)},
    hint="a table of size classes begins with apnemu-size-classes: 1",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SizeClasses:
    """Classes in ascending order, each from its `from_mw` (included) to the next one's (not included)."""

    names: tuple[str, ...]
    from_mw: tuple[float, ...]

    def of(self, power_mw: float) -> str:
        """
        >>> classes = SizeClasses(names=("micro", "small"), from_mw=(0, 10))
        >>> classes.of(9.99), classes.of(10), classes.of(1e6)
        ('micro', 'small', 'small')

        Raises:
            ValueError: a power below 0.
        """
        if power_mw < 0:
            raise ValueError(f"power_mw is {power_mw}; it must be 0 or more")
        return self.names[bisect_right(self.from_mw, power_mw) - 1]


def read_size_classes(path: Path = TABLE) -> SizeClasses:
    """The checked table. Raises InputError: file and line; the first must be from 0, each above the one before."""
    names: list[str] = []
    edges: list[float] = []
    for item in read_file(path, SIZE_CLASSES).entries("classes"):
        name, edge = item.text("name"), item.number("from_mw")
        if not edges and edge != 0:
            item.fail("from_mw", f"from_mw of the first class is {edge:g}; it must be 0; write 0")
        if edges and edge <= edges[-1]:
            limit = f"it must be above the {edges[-1]:g} of {names[-1]}"
            item.fail("from_mw", f"from_mw of {name} is {edge:g}; {limit}; put them in order")
        if name in names:
            item.fail("name", f"class {name} comes twice; names must differ; rename one")
        names.append(name)
        edges.append(edge)
    return SizeClasses(names=tuple(names), from_mw=tuple(edges))

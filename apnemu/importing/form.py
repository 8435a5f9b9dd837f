# SPDX-License-Identifier: BSD-3-Clause
"""What a foreign form is, what a person may wish of an import, and what comes of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations
from pathlib import Path
from typing import Any

from apnemu.importing.opened import Opened
from apnemu.model.demand import Demand
from apnemu.model.plant import Plant

FEW_ENDS = 12
"""Most ends of which every pair becomes a demand; of more, the pairs of the first end with each other one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What a person may give beside the file: GNPy's further files, the links of a table of nodes, and what stands in
    for figures that the file has not.

    `rate_gbps` is that of demands without one, `length_km` that of links whose length nothing says, `unit_gbps` what a
    unit of capacity or demand is where a form has none.
    """

    equipment: Path | None = None
    sim_params: Path | None = None
    spectrum: Path | None = None
    services: Path | None = None
    links: Path | None = None
    rate_gbps: float = 100.0
    length_km: float | None = None
    unit_gbps: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """A foreign network as a plant, and `others` for its parts that no fibre joins to the first.

    `notes` is what its reader said; `facts` what a script and a person get to know. `inferred` and `dropped` say what
    of the plants is not in the file, and what of the file is not in the plants.
    """

    plant: Plant
    others: tuple[Plant, ...] = ()
    notes: tuple[str, ...] = ()
    inferred: tuple[str, ...] = ()
    dropped: tuple[str, ...] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)
    summary: str = ""
    """The facts as a line for a person; empty where there are none."""
    requests: Mapping[str, str] = field(default_factory=dict)
    """Demand -> what the file calls it, where that is another name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """A foreign form: its word on the command line, its name in a sentence, whether a file is one, how it is read."""

    word: str
    name: str
    takes: Callable[[Opened], bool]
    read: Callable[[Opened, Wishes], Imported]


def parts_of(plant: Plant) -> tuple[tuple[Plant, ...], tuple[str, ...]]:
    """Parts of a plant that fibres join, each a plant with the demands within it, and the sites that no fibre reaches.

    The parts are in the order of their first sites; from the second on they have a number in their name.
    """
    part = {site.name: {site.name} for site in plant.sites}
    for fibre in plant.fibres:
        if part[fibre.a] is not part[fibre.b]:
            small, large = sorted((part[fibre.a], part[fibre.b]), key=len)
            large |= small
            part |= dict.fromkeys(small, large)
    whole = list({id(sites): sites for sites in part.values() if len(sites) > 1}.values())
    plants = tuple(
        replace(
            plant,
            name=plant.name if number == 1 else f"{plant.name}-{number}",
            sites=tuple(site for site in plant.sites if site.name in sites),
            fibres=tuple(fibre for fibre in plant.fibres if fibre.a in sites),
            demands=tuple(demand for demand in plant.demands if demand.source in sites and demand.target in sites),
        )
        for number, sites in enumerate(whole, 1)
    )
    return plants, tuple(name for name, sites in part.items() if len(sites) == 1)


def demands_of(ends: Sequence[str], rate_gbps: float) -> tuple[Demand, ...]:
    """Demands between the ends of a network whose form has none.

    >>> [demand.name for demand in demands_of(["a", "b", "c"], 100)]
    ['a_b', 'a_c', 'b_c']
    """
    pairs = list(combinations(ends, 2)) if len(ends) <= FEW_ENDS else [(ends[0], end) for end in ends[1:]]
    return tuple(Demand(name=f"{a}_{b}", source=a, target=b, rate_gbps=rate_gbps) for a, b in pairs)

# SPDX-License-Identifier: BSD-3-Clause
"""Poles: the data centres that share a service in equal parts, and the one that keeps copies of their data.

The first pole stands where the hazard strikes: the question is what is left then, not how likely that is. It is the
data centre with the most IT power of those that are hit, or of all where none is. Each further pole is the data centre
that lies the farthest from all poles so far, outside the hazard (`apart`), or the one that lies the nearest to the
first, wherever that is (`near`). So N poles apart lose one at most, and (N - 1) / N is left: `left_at_once`.

Equal choices fall to the first in the file's order, so that fewer poles are always among more of them.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Literal

from apnemu.model.plant import Plant, Site
from apnemu.topology.geography import great_circle_km

Placing = Literal["apart", "near"]


def poles_of(plant: Plant, hit: Collection[str], count: int, placing: Placing) -> tuple[str, ...]:
    """Names of the poles, the first one first; fewer than `count` where there are no more data centres to choose from.

    `hit` are the sites that the hazard takes.
    """
    sites = plant.data_centres
    if not sites:
        return ()
    first = max([site for site in sites if site.name in hit] or sites, key=lambda site: site.power_mw or 0.0)
    poles = [first]
    while len(poles) < count:
        others = [site for site in sites if site not in poles and (placing == "near" or site.name not in hit)]
        if not others:
            break
        if placing == "near":
            poles.append(min(others, key=lambda site: great_circle_km(site, first)))
        else:
            poles.append(max(others, key=lambda site: _least_km(site, poles)))
    return tuple(pole.name for pole in poles)


def keeper_of(plant: Plant, hit: Collection[str], poles: Collection[str]) -> str:
    """The data centre that keeps copies of all poles' data: of those that stand and are no pole, the one from which the
    farthest pole is the nearest; "" where there is none."""
    chosen = [site for site in plant.data_centres if site.name in poles]
    free = [site for site in plant.data_centres if site.name not in poles and site.name not in hit]
    if not free:
        return ""
    return min(free, key=lambda site: max(great_circle_km(site, pole) for pole in chosen)).name


def left_at_once(poles: int, lost: int) -> float:
    """Share of a service in equal parts that is left when some of its poles are lost.

    >>> [left_at_once(poles, 1) for poles in (1, 2, 4)]
    [0.0, 0.5, 0.75]
    """
    return (poles - lost) / poles


def left_afterwards(poles: int, reached: int, spare: float) -> float:
    """Share of the service once the poles that are reached have taken over what they have room for.

    `spare` is the room that each pole keeps free, as a share of its own part.

    >>> left_afterwards(4, 3, 0.0), left_afterwards(4, 3, 0.5), left_afterwards(1, 0, 0.5)
    (0.75, 1.0, 0.0)
    """
    return min(1.0, reached / poles * (1.0 + spare))


def _least_km(site: Site, poles: Collection[Site]) -> float:
    return min(great_circle_km(site, pole) for pole in poles)

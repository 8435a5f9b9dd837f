# SPDX-License-Identifier: BSD-3-Clause
"""What a hazard takes at one instant: sites, fibres, landings of submarine cables; and what is left of all that.

A place is hit if it lies in one of the hazard's circles, a fibre if its way passes one or if it ends at a site that is
hit. A submarine cable is lost where all of its landings here are; one that comes ashore elsewhere too goes on.

*Not modelled:* degrees of damage, anything that happens later, and how cables reach the sites from their landings.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from itertools import combinations

from apnemu.model.plant import Plant
from apnemu.model.power import SitePower
from apnemu.model.siting import Cable, Hazard
from apnemu.planning.graph import Graph
from apnemu.planning.online import dark_fibres
from apnemu.topology.scenario import hit
from apnemu.topology.siting import hits
from apnemu.units import S_PER_H

Pair = tuple[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Struck:
    """Names of what a hazard takes, each kind in the file's order.

    `cut` are the fibres whose way passes a circle, `fibres` all that are dark: those, and those that end at `sites`.
    """

    hazard: str
    sites: tuple[str, ...]
    cut: tuple[str, ...]
    fibres: tuple[str, ...]
    landings: tuple[str, ...]
    exchanges: tuple[str, ...]


def struck_by(plant: Plant, hazard: Hazard) -> Struck:
    """What a hazard takes of a plant and its power file. O(circles x (sites + fibres + landings))."""
    taken = [hit(plant.sites, plant.fibres, *circle) for circle in hazard.circles]
    fibres, sites = ({name for of in kind for name in of} for kind in zip(*taken, strict=True))
    places = plant.power.landings if plant.power else ()
    meet = plant.power.exchanges if plant.power else ()
    return Struck(
        hazard=hazard.name,
        sites=tuple(site.name for site in plant.sites if site.name in sites),
        cut=tuple(fibre.name for fibre in plant.fibres if fibre.name in fibres),
        fibres=dark_fibres(plant, frozenset(fibres), frozenset(sites)),
        landings=tuple(
            place.name for place in places if any(hits(circle, place.lat, place.lon) for circle in hazard.circles)
        ),
        exchanges=tuple(one.name for one in meet if one.site in sites),
    )


def lost_cables(cables: Iterable[Cable], landings: Collection[str]) -> tuple[Cable, ...]:
    """The cables all of whose landings are among those that are lost.

    >>> both = Cable(name="c-1", to="us", landings=("boso", "shima"), gbps=1)
    >>> lost_cables([both], ["boso"]), len(lost_cables([both], ["shima", "boso"]))
    ((), 1)
    """
    return tuple(cable for cable in cables if set(cable.landings) <= set(landings))


def pairs_left(plant: Plant, struck: Struck) -> tuple[Pair, ...]:
    """The pairs of data centres that stand and that fibres still join, in the plant's order."""
    left = Graph(plant).without(struck.fibres, struck.sites)
    standing = [site.name for site in plant.data_centres if site.name not in struck.sites]
    joined = {name: left.costs_to(left.number[name]) for name in standing}
    return tuple((a, b) for a, b in combinations(standing, 2) if joined[b][left.number[a]] is not None)


def ride_through_s(site: SitePower) -> float | None:
    """Time for which a site's battery and own plant carry its whole facility at full load, once the grid is gone.

    0 where they cannot, None where its own plant alone does for ever. The battery is full at that instant.

    >>> from apnemu.model.power import Battery, OwnPlant
    >>> told = {"name": "a", "area": "x", "owner": "o", "room_mw": 10.0, "pue": ((1.0, 1.4),)}
    >>> ride_through_s(SitePower(**told, battery=Battery(mwh=7, mw=14))), ride_through_s(SitePower(**told))
    (1800.0, 0.0)
    >>> ride_through_s(SitePower(**told, battery=Battery(mwh=7, mw=13)))
    0.0
    >>> own = OwnPlant(mw=7, yen_per_mwh=0)
    >>> ride_through_s(SitePower(**told, battery=Battery(mwh=7, mw=7), plant=own))
    3600.0
    >>> print(ride_through_s(SitePower(**told, plant=OwnPlant(mw=14, yen_per_mwh=0))))
    None
    """
    needed_mw = site.facility_mw(site.room_mw) - (site.plant.mw if site.plant else 0.0)
    if needed_mw <= 0:
        return None
    if site.battery is None or site.battery.mw < needed_mw:
        return 0.0
    return site.battery.mwh / needed_mw * S_PER_H

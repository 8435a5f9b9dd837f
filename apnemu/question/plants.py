# SPDX-License-Identifier: BSD-3-Clause
"""Plants that experiments lay in place of the topology's: stars of given distances, rings of data centres."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from math import cos, radians

from apnemu.model.demand import Demand
from apnemu.model.plant import Fibre, Plant, Site, amplifier_count

NEAR = "near"
DEGREE_KM = 111.19
"""Length of a degree of latitude at the Earth's mean radius."""


def star(plant: Plant, distances_km: Sequence[float], *, rate_gbps: float, copies: int = 1) -> Plant:
    """A star of sites at given distances: `near`, and for the i-th distance `far-i`, with a fibre of that length and a
    demand. With several `copies` they are called `far-i-1`, `far-i-2`, ...

    Equipment, spectrum and the packet network are the given plant's; amplifiers stand where its spans end. Distance 0
    is allowed. Coordinates are for the map alone: due east of the plant's first data centre.
    """
    home = plant.data_centres[0]
    lat, lon = home.place if home.is_placed else (0.0, 0.0)
    sites, fibres, demands = [Site(name=NEAR, kind="cluster", lat=lat, lon=lon)], [], []
    amplifier_delay_ns = max((fibre.amplifier_delay_ns for fibre in plant.fibres), default=0)
    group_index = plant.fibres[0].group_index
    for number, distance_km in enumerate(distances_km):
        for name in far_names(number, copies):
            east = distance_km / (DEGREE_KM * max(0.2, cos(radians(lat))))
            sites.append(Site(name=name, kind="cluster", lat=lat, lon=(lon + east + 180) % 360 - 180))
            fibres.append(
                Fibre(
                    name=f"{NEAR}-{name}",
                    a=NEAR,
                    b=name,
                    length_km=distance_km,
                    group_index=group_index,
                    amplifiers=amplifier_count(distance_km, plant.span_km),
                    amplifier_delay_ns=amplifier_delay_ns,
                )
            )
            demands.append(Demand(name=name, source=NEAR, target=name, rate_gbps=rate_gbps))
    return dataclasses.replace(
        plant,
        name=f"{plant.name}-star",
        inferred=("all sites and fibres: laid by the experiment",),
        gnpy=None,
        sites=tuple(sites),
        fibres=tuple(fibres),
        demands=tuple(demands),
    )


def far_names(number: int, copies: int = 1) -> tuple[str, ...]:
    """The sites of a star at its `number`-th distance.

    >>> far_names(2), far_names(0, 2)
    (('far-2',), ('far-0-1', 'far-0-2'))
    """
    if copies == 1:
        return (f"far-{number}",)
    return tuple(f"far-{number}-{copy}" for copy in range(1, copies + 1))


def ring_names(number: int, count: int) -> list[str]:
    """The data centres of the `number`-th of several rings.

    >>> ring_names(0, 2)
    ['dc-0-1', 'dc-0-2']
    """
    return [f"dc-{number}-{place}" for place in range(1, count + 1)]


def ring_demands(sites: Sequence[str], rate_gbps: float) -> tuple[Demand, ...]:
    """Demands from each site to the next, and from the last to the first; two sites have one, for both ways."""
    pairs = list(zip(sites, [*sites[1:], *sites[:1]], strict=True))
    pairs = pairs[:1] if len(sites) == 2 else pairs
    return tuple(Demand(name=f"{a}-{b}", source=a, target=b, rate_gbps=rate_gbps) for a, b in pairs)


def rings(plant: Plant, count: int, lengths_km: Sequence[float | None], *, rate_gbps: float, rtt_ns: int) -> Plant:
    """A ring of `count` data centres for every length, which is that of the fibre between neighbours.

    For a length of None the fibre is 0 km long, with a device in it that delays light by half of `rtt_ns`.
    """
    known = plant.fibres[0]
    sites: list[Site] = []
    fibres: list[Fibre] = []
    demands: list[Demand] = []
    for number, length_km in enumerate(lengths_km):
        names = ring_names(number, count)
        sites += [Site(name=name, kind="cluster", lat=35 + number, lon=139 + place) for place, name in enumerate(names)]
        joined = ring_demands(names, rate_gbps)
        demands += joined
        fibres += [
            Fibre(
                name=demand.name,
                a=demand.source,
                b=demand.target,
                length_km=length_km or 0.0,
                group_index=known.group_index,
                amplifiers=1 if length_km is None else amplifier_count(length_km, plant.span_km),
                amplifier_delay_ns=rtt_ns // 2 if length_km is None else known.amplifier_delay_ns,
            )
            for demand in joined
        ]
    return dataclasses.replace(
        plant,
        name=f"{plant.name}-ring",
        inferred=("all sites and fibres: laid by the experiment",),
        gnpy=None,
        sites=tuple(sites),
        fibres=tuple(fibres),
        demands=tuple(demands),
    )

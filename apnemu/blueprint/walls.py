# SPDX-License-Identifier: BSD-3-Clause
"""Walls around hosts whose data are bound by a zone: which hosts each may send to, and by which ports it is held.

Over the packet network those are the hosts to which a way leads within the zone.
"""

from __future__ import annotations

from collections.abc import Mapping

from apnemu.blueprint.document import Blueprint
from apnemu.blueprint.wall import Wall
from apnemu.model.plant import Plant
from apnemu.planning import NextHops
from apnemu.planning.zones import Zones


def walls_of(plant: Plant, blueprint: Blueprint, places: Mapping[str, str], hops: NextHops) -> tuple[Wall, ...]:
    """A wall for each host of a site that a zone binds, in the hosts' order. `places`: a tenant's place -> its site.

    Two hosts may speak where neither's zone shuts the other out.
    """
    zones = Zones(plant)

    def may_speak(source: str, target: str) -> bool:
        led = blueprint.network == "apn" or source == target or (source, target) in hops
        return led and zones.why_not((source, target)) is None

    site = {host.name: places.get(host.site, host.site) for host in blueprint.hosts}
    walls = []
    for number, host in enumerate(blueprint.hosts, 1):
        if site[host.name] not in zones.bound:
            continue
        others = [other for other in blueprint.hosts if other.name != host.name]
        within = [other for other in others if may_speak(site[host.name], site[other.name])]
        ends = [
            (own, far)
            for wire in blueprint.wires
            for own, far in ((wire.a, wire.b), (wire.b, wire.a))
            if own.node == host.name
        ]
        walls.append(
            Wall(
                host=host.name,
                site=site[host.name],
                address=host.address,
                interface=ends[0][0].interface if ends else "",
                allowed=tuple(other.address for other in within),
                outside=tuple(other.address for other in others if other not in within),
                ports=tuple((far.node, far.interface) for _, far in ends),
                gate=f"gate{number}" if blueprint.dcn else "",
                onward=f"onward{number}" if blueprint.dcn else "",
            )
        )
    return tuple(walls)

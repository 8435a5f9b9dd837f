# SPDX-License-Identifier: BSD-3-Clause
"""Round trips in closed form of a network in a shell's hands."""

from __future__ import annotations

from collections.abc import Sequence

from apnemu.blueprint.prediction import lightpath_rtt_ns, packet_rtt_ns
from apnemu.errors import InputError
from apnemu.model.assignment import LightId
from apnemu.model.naming import ids_of
from apnemu.model.plant import Plant
from apnemu.planning import next_hops
from apnemu.planning.graph import Route
from apnemu.planning.reach import Reach
from apnemu.shell.answers import Light


def round_trip_ns(plant: Plant, network: str, pair: tuple[str, str], light: Sequence[Light], frame_bytes: int) -> int:
    """Round trip of a lone packet between two sites (or their hosts), in ns.

    Raises InputError for what is no site, and where no light joins them.
    """
    source, target = (_site(plant, word) for word in pair)
    if network == "packet":
        hops = next_hops(plant)
        if (source, target) not in hops:
            raise InputError(f"no route leads from {source} to {target}; name two sites that fibres join")
        return packet_rtt_ns(plant, hops, (source, target), frame_bytes)
    carrying = [one for one in light if one.route and {source, target} == {one.source, one.target}]
    if not carrying:
        raise InputError(f"no light joins {source} and {target} now; request({source!r}, {target!r}) asks for some")
    return _light_ns(plant, carrying[0], frame_bytes)


def _light_ns(plant: Plant, light: Light, frame_bytes: int) -> int:
    modes = {mode.name: mode for mode in plant.modes}
    fibres = []
    for near, far in zip(light.route, light.route[1:], strict=False):
        between = [fibre for fibre in plant.fibres if {fibre.a, fibre.b} == {near, far}]
        if len(between) != 1:
            raise InputError(f"{len(between)} fibres join {near} and {far}; give about_ms")
        fibres.append(between[0])
    mode = modes.get(light.mode)
    if mode is None:
        raise InputError(f"{light.name} has mode '{light.mode}', which the topology has not; give about_ms")
    route = Route(
        sites=light.route,
        fibres=tuple(fibre.name for fibre in fibres),
        length_km=sum(fibre.length_km for fibre in fibres),
    )
    slot = next(iter(plant.band.slots(m=mode.slot_m)))
    path = Reach(plant, None).lightpath(LightId(service=light.name), light.rate_gbps, route, mode, slot)
    return lightpath_rtt_ns(path, frame_bytes)


def _site(plant: Plant, word: str) -> str:
    names = {site.name: plant.labels.get(site.name, "") for site in plant.sites}
    found = ids_of(word, names) or ids_of(word.rpartition("-h")[0], names)
    if len(found) != 1:
        raise InputError(f"'{word}' is no site; there are {', '.join(names)}; name one of them")
    return found[0]

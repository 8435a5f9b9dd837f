"""What experiments have in common when they say what is played: settling times and files of arrivals."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from math import cos, radians

from apnemu.blueprint.packet import ports_of
from apnemu.errors import InputError
from apnemu.model.activities import Arrivals, Pair
from apnemu.model.demand import Demand
from apnemu.model.plant import Fibre, Plant, Site, amplifier_count
from apnemu.question.experiment import Context, Setting
from apnemu.question.traffic import background_frames, write_frames
from apnemu.seeds import generator
from apnemu.units import VirtualNs, gbps_to_bytes_per_s, ns_to_s

SETTLED_NS = 2_000_000
MOST_FRAMES = 15_000_000
"""Of others in one stage: the lab holds them all in memory, 160 bytes for each (`emulation.loads`)."""
PROBE_BYTES = 98
PAIR_SETTINGS = (
    Setting(name="from", default="", meaning="data centre that sends; the first demand's by default"),
    Setting(name="to", default="", meaning="data centre that receives; the first demand's by default"),
)
"""Of experiments on one pair of data centres: see `chosen_pair`."""


def settled_ns(context: Context) -> VirtualNs:
    """How long it takes until what was sent first has reached the furthest host, and a little more."""
    rtts = context.predicted_rtts(PROBE_BYTES).values()
    return VirtualNs(max(rtts, default=0) // 2 + SETTLED_NS)


def declared_load(context: Context) -> float:
    """Of other people's traffic on every line of the packet network, as the topology says it; 0 on the APN."""
    background = context.plant.packet.background
    return 0.0 if context.network == "apn" or background.kind == "none" else background.load


def arrivals(
    context: Context,
    phase: str,
    entered: Sequence[tuple[str, Fibre]],
    load: float,
    duration_ns: int,
    after_ns: int = 0,
) -> tuple[Arrivals, ...]:
    """Background load on fibre directions, given as (the site that a fibre is entered at, fibre).

    The frames are drawn now, each direction from a stream of its own, and written where the guest finds them; the first
    may come `after_ns` into the stage. Raises InputError for more of them than the lab can hold.
    """
    plant = context.plant
    background = dataclasses.replace(plant.packet.background, load=load)
    if background.kind == "none" or not load:
        return ()
    rate = load * gbps_to_bytes_per_s(plant.packet.line_rate_gbps) / background.frame_bytes
    if (frames := rate * ns_to_s(duration_ns) * len(entered)) > MOST_FRAMES:
        raise InputError(
            f"load is {load:g} for {ns_to_s(duration_ns):.3g} virtual s: {frames / 1e6:.0f} million frames of others,"
            f" and the lab holds {MOST_FRAMES // 10**6} million; ask for a shorter time, a smaller load, or a lower"
            " line_rate_gbps",
            file="--set",
        )
    port = ports_of(plant)
    found = []
    for site in dict.fromkeys(site for site, _ in entered):
        parts = [
            background_frames(
                plant.packet,
                background,
                port[site, fibre.name],
                duration_ns,
                generator(context.seed, f"background {phase} {site} {fibre.name}"),
            )
            for entry, fibre in entered
            if entry == site
        ]
        for part in parts:
            part["at_ns"] += after_ns
        file = f"arrivals-{phase}-{site}.npy"
        frames = write_frames(context.folder / file, parts)
        if frames:
            found.append(Arrivals(site=site, file=file, frames=frames))
    return tuple(found)


def route(context: Context, pair: Pair) -> list[tuple[str, Fibre]]:
    """The fibres of the packet network's route, each with the site that it is entered at."""
    site, found = pair[0], []
    while site != pair[1]:
        hop = context.hops[site, pair[1]]
        found.append((site, context.plant.fibre[hop.fibre]))
        site = hop.site
    return found


def fibres_both_ways(context: Context, pair: Pair) -> list[tuple[str, Fibre]]:
    """Every fibre direction that the packet network uses between two sites, there and back."""
    return route(context, pair) + route(context, (pair[1], pair[0]))


def joined_pairs(context: Context) -> tuple[Pair, ...]:
    """`Context.reachable`, of which there is one at least: raises InputError where the network joins nobody."""
    pairs = context.reachable()
    if not pairs:
        refusals = context.assignment.refusals if context.network == "apn" else ()
        why = f" ({refusals[0].demand}: {refusals[0].reason})" if refusals else ""
        raise InputError(
            f"the {context.network} network of {context.plant.name} joins no two data centres{why}; ask for a demand "
            "that can be served: see apnemu plan"
        )
    return pairs


def chosen_pair(context: Context) -> Pair:
    """The pair that `from` and `to` name, or the first that was asked for.

    Raises InputError for a site that is none, and for a pair that the network does not join.
    """
    pairs = joined_pairs(context)
    wanted = (context.settings["from"] or pairs[0][0], context.settings["to"] or pairs[0][1])
    if not context.settings["from"] and context.settings["to"]:
        wanted = (next((a for a, b in pairs if b == wanted[1]), pairs[0][0]), wanted[1])
    if context.settings["from"] and not context.settings["to"]:
        wanted = (wanted[0], next((b for a, b in pairs if a == wanted[0]), pairs[0][1]))
    if wanted not in pairs:
        joined = ", ".join(f"{a}-{b}" for a, b in pairs[:6])
        raise InputError(
            f"no demand joins {wanted[0]} and {wanted[1]} on the {context.network} network of {context.plant.name}; "
            f"joined are {joined}{' and others' if len(pairs) > 6 else ''}",
            file="--set",
        )
    return wanted


NEAR = "near"
DEGREE_KM = 111.19
"""Of latitude, on the Earth's mean radius."""


def star(plant: Plant, distances_km: Sequence[float], *, rate_gbps: float, copies: int = 1) -> Plant:
    """Places at given distances: a site `near`, and for the i-th distance `far-i`, with a fibre of that length and a
    demand. With several `copies` they are called `far-i-1`, `far-i-2`, ...

    Equipment, spectrum and the packet network are the given plant's; amplifiers stand where its spans end. Distance 0
    is allowed. Coordinates are for the map alone: due east of the plant's first data centre.
    """
    home = plant.data_centres[0]
    sites, fibres, demands = [Site(name=NEAR, kind="cluster", lat=home.lat, lon=home.lon)], [], []
    amplifier_delay_ns = max((fibre.amplifier_delay_ns for fibre in plant.fibres), default=0)
    group_index = plant.fibres[0].group_index
    for number, distance_km in enumerate(distances_km):
        for name in far_names(number, copies):
            east = distance_km / (DEGREE_KM * max(0.2, cos(radians(home.lat))))
            sites.append(Site(name=name, kind="cluster", lat=home.lat, lon=(home.lon + east + 180) % 360 - 180))
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


def need_joined(context: Context) -> None:
    """Raises InputError, with planning's reason, for a demand of a star that this network does not serve."""
    missing = [demand for demand in context.plant.demands if (demand.source, demand.target) not in context.reachable()]
    if not missing:
        return
    asked = missing[0]
    reasons = {refusal.demand: refusal.reason for refusal in context.assignment.refusals}
    length_km = {fibre.b: fibre.length_km for fibre in context.plant.fibres}[asked.target]
    raise InputError(
        f"no light of rate_gbps={asked.rate_gbps:g} joins two places {length_km:g} km apart"
        f" ({reasons.get(asked.name, 'no reason given')}); give a lower rate_gbps, or less distance_km",
        file="--set",
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
    """Each site to the next, the last to the first; between two sites there is one, for both ways."""
    pairs = list(zip(sites, [*sites[1:], *sites[:1]], strict=True))
    pairs = pairs[:1] if len(sites) == 2 else pairs
    return tuple(Demand(name=f"{a}-{b}", source=a, target=b, rate_gbps=rate_gbps) for a, b in pairs)


def rings(plant: Plant, count: int, lengths_km: Sequence[float | None], *, rate_gbps: float, rtt_ns: int) -> Plant:
    """For every length a ring of `count` data centres with so much fibre between neighbours.

    Where a length is None the fibre has none, and one device in it that delays light by half of `rtt_ns`.
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
        sites=tuple(sites),
        fibres=tuple(fibres),
        demands=tuple(demands),
    )

"""What experiments have in common when they say what is played: settling times and files of arrivals."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from apnemu.blueprint.packet import ports_of
from apnemu.errors import InputError
from apnemu.experiment import Context, Setting
from apnemu.model.plant import Fibre
from apnemu.model.scenario import Arrivals, Pair
from apnemu.units import VirtualNs
from apnemu.workload import background_frames, generator, write_frames

SETTLED_NS = 2_000_000
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
    context: Context, phase: str, entered: Sequence[tuple[str, Fibre]], load: float, duration_ns: int
) -> tuple[Arrivals, ...]:
    """Background load on fibre directions, given as (the site that a fibre is entered at, fibre).

    The frames are drawn now, each direction from a stream of its own, and written where the guest finds them.
    """
    plant = context.plant
    background = dataclasses.replace(plant.packet.background, load=load)
    if background.kind == "none" or not load:
        return ()
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


def chosen_pair(context: Context) -> Pair:
    """The pair that `from` and `to` name, or the first that was asked for.

    Raises InputError for a site that is none, and for a pair that the network does not join.
    """
    pairs = context.reachable()
    if not pairs:
        raise InputError(
            f"the {context.network} network of {context.plant.name} joins no two data centres; ask for a demand that "
            "can be served: see apnemu plan"
        )
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

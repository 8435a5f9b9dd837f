# SPDX-License-Identifier: BSD-3-Clause
"""Traffic made from the seed: pairs to probe, tenants that fill their wavelengths, other people's packets, flows.

Every random draw comes from `seeds.generator(seed, purpose)`.
"""

from __future__ import annotations

import dataclasses
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from apnemu import shared_folder
from apnemu.blueprint.background import FRAME, background_frames, poisson_ns
from apnemu.blueprint.packet import ports_of
from apnemu.blueprint.shared_wavelengths import UPLINK_PORT, place
from apnemu.errors import InputError
from apnemu.model.activities import SATURATING_BYTES, Arrivals, Flow, Pair, Saturation
from apnemu.model.assignment import Assignment, Lightpath
from apnemu.model.plant import Fibre, PacketNetwork
from apnemu.question.context import Context
from apnemu.seeds import generator
from apnemu.units import NS_PER_S, VirtualNs, gbps_to_bytes_per_s, ns_to_s

SETTLED_NS = 2_000_000
MOST_FRAMES = 15_000_000
"""Most background frames in one stage; the lab holds them all in memory, 160 bytes each (`emulation.play.arrivals`)."""
PROBE_BYTES = 98
NS_PER_DATAGRAM = 600
"""Virtual time for each datagram: a system call, and some for waiting."""
WAITING_BYTES = 1 << 20
"""Bytes that wait for the line of a saturated lightpath, so that it never runs dry."""
IMIX = ((60, 7.0), (590, 4.0), (1514, 1.0))
"""Lengths of frames and how often each comes: datagrams of 40, 576 and 1,500 bytes at 7 : 4 : 1 (IMIX of RFC 6985,
appendix A), each with Ethernet's header, none below Ethernet's least."""


def ordered_pairs(pairs: Sequence[Pair]) -> tuple[Pair, ...]:
    """Pairs in both directions, each once, in the order given.

    >>> ordered_pairs([("a", "b"), ("b", "a")])
    (('a', 'b'), ('b', 'a'))
    """
    return tuple(dict.fromkeys(pair for source, target in pairs for pair in ((source, target), (target, source))))


def halves(assignment: Assignment) -> list[tuple[tuple[Pair, ...], tuple[Saturation, ...]]]:
    """Two parts of (pairs to probe, saturations), so that every lightpath is probed while its neighbours run full.

    Each part probes both directions of every other lightpath, and fills those between them.
    """
    paths = list({(path.source, path.target): path for path in reversed(assignment.lightpaths)}.values())[::-1]
    parts = []
    for first in (0, 1):
        probed = ordered_pairs([(path.source, path.target) for path in paths[first::2]])
        if probed:
            parts.append((probed, tuple(saturation(path) for path in paths[1 - first :: 2])))
    return parts


def saturation(path: Lightpath) -> Saturation:
    """Saturation of a lightpath both ways: what its line carries in a round trip, a tenth more, and a few segments."""
    round_trip = gbps_to_bytes_per_s(path.rate_gbps) * path.round_trip_ns // NS_PER_S
    return Saturation(
        source=path.source, target=path.target, circulating_bytes=round_trip + round_trip // 10 + WAITING_BYTES
    )


def filling_ns(saturations: Sequence[Saturation]) -> int:
    """Time until all that is to go round has been let in: the player takes time for each datagram."""
    return sum(plan.circulating_bytes for plan in saturations) // SATURATING_BYTES * NS_PER_DATAGRAM


def write_frames(path: Path, parts: Sequence[npt.NDArray[np.void]]) -> int:
    """Merge the frames of a router's ports by time, then by port; returns their number."""
    frames = np.concatenate(parts) if parts else np.zeros(0, FRAME)
    frames = frames[np.lexsort((frames["port"], frames["at_ns"]))]
    document = io.BytesIO()  # numpy's own writing does not say that a disk is full
    np.save(document, frames)
    shared_folder.write_bytes(path.parent, path.name, document.getbuffer())
    return len(frames)


def tenant_flows(
    pair: Pair, rate_gbps: float, share: float, size_bytes: int, duration_ns: int, draws: np.random.Generator
) -> tuple[Flow, ...]:
    """Flows of one size that begin at exponential gaps and together offer `share` of the line rate."""
    per_s = share * gbps_to_bytes_per_s(rate_gbps) / size_bytes
    starts = poisson_ns(per_s, duration_ns, draws)
    return tuple(
        Flow(
            name=f"tenant-{number}",
            source=pair[0],
            target=pair[1],
            start_ns=VirtualNs(int(start)),
            size_bytes=size_bytes,
        )
        for number, start in enumerate(starts)
    )


def settled_ns(context: Context[Any]) -> VirtualNs:
    """Time until the first packet has reached the farthest host, the longer way of every fibre, and a little more."""
    rtts = context.predicted_rtts(PROBE_BYTES).values()
    fibres = [fibre.routed if context.network == "packet" else fibre for fibre in context.plant.fibres]
    apart_ns = sum(
        abs(out.delay_ns - back.delay_ns) + out.farthest_ns + back.farthest_ns
        for out, back in (fibre.ways for fibre in fibres)
    )
    return VirtualNs((max(rtts, default=0) + apart_ns) // 2 + SETTLED_NS)


def over_routers(context: Context[Any]) -> Context[Any]:
    """The same question of the packet network, by whose longer round trips both networks are probed alike."""
    return dataclasses.replace(context, network="packet")


def declared_load(context: Context[Any]) -> float:
    """The load of other people's traffic on every line of the packet network as the topology says it; 0 on the APN."""
    background = context.plant.packet.background
    return 0.0 if context.network == "apn" or background.kind == "none" else background.load


def at_both_ends(assignment: Assignment, pair: Pair, tenant: str) -> Pair:
    """The places of a tenant at the two sites that its wavelength joins. Raises InputError where it has none."""
    joined = {path.name for path in assignment.lightpaths if {path.source, path.target} == {*pair}}
    for share in assignment.shares:
        if share.tenant == tenant and share.lightpath in joined:
            return place(share, pair[0]), place(share, pair[1])
    raise InputError(f"there is no light between {pair[0]} and {pair[1]} for {tenant}; see apnemu plan")


def arrivals_on_light(
    context: Context[Any], phase: str, pair: Pair, tenant: str, load: float, duration_ns: int
) -> tuple[Arrivals, ...]:
    """Frames as `arrivals` has them, a tenant's on its share of the pair's wavelength, both ways."""
    packet = dataclasses.replace(context.plant.packet, line_rate_gbps=context.line_rate_gbps(pair))
    background = dataclasses.replace(packet.background, load=load)
    if background.kind == "none" or not load:
        return ()
    _afford(packet, load, duration_ns, 2)
    found = []
    for site in at_both_ends(context.assignment, pair, tenant):
        draws = generator(context.seed, f"background {phase} {site}")
        frames = background_frames(packet, background, UPLINK_PORT, duration_ns, draws)
        file = f"arrivals-{phase}-{site}.npy"
        if many := write_frames(context.folder / file, [frames]):
            found.append(Arrivals(site=site, file=file, frames=many))
    return tuple(found)


def _afford(packet: PacketNetwork, load: float, duration_ns: int, directions: int) -> None:
    """Raises InputError for more frames than the lab can hold."""
    rate = load * gbps_to_bytes_per_s(packet.line_rate_gbps) / packet.background.mean_bytes
    if (frames := rate * ns_to_s(duration_ns) * directions) > MOST_FRAMES:
        raise InputError(
            f"load is {load:g} for {ns_to_s(duration_ns):.3g} virtual s: {frames / 1e6:.0f} million frames of others,"
            f" and the lab holds {MOST_FRAMES // 10**6} million; ask for a shorter time, a smaller load, or slower"
            " lines (rate_gbps, line_rate_gbps)",
            file="--set",
        )


def arrivals(
    context: Context[Any],
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
    if plant.packet.background.kind == "none" or not load:
        return ()
    _afford(plant.packet, load, duration_ns, len(entered))
    found = []
    for site in dict.fromkeys(site for site, _ in entered):
        parts = [drawn_on(context, phase, site, fibre, load, duration_ns) for entry, fibre in entered if entry == site]
        for part in parts:
            part["at_ns"] += after_ns
        file = f"arrivals-{phase}-{site}.npy"
        frames = write_frames(context.folder / file, parts)
        if frames:
            found.append(Arrivals(site=site, file=file, frames=frames))
    return tuple(found)


def drawn_on(
    context: Context[Any], phase: str, site: str, fibre: Fibre, load: float, duration_ns: int
) -> npt.NDArray[np.void]:
    """Draw the frames of others that enter a fibre at a site: the same for the same run, phase, site and fibre."""
    packet = context.plant.packet
    return background_frames(
        packet,
        dataclasses.replace(packet.background, load=load),
        ports_of(context.plant)[site, fibre.name],
        duration_ns,
        generator(context.seed, f"background {phase} {site} {fibre.name}"),
    )

# SPDX-License-Identifier: BSD-3-Clause
"""Moves of state in a day: the network that they ask light of, by what they are divided, what agents are told of them.

Where work has state that a plan may move, light is on demand: a first stage asks for that between all data centres, by
which parties speak, and agents ask for that of moves themselves. The packet network's lines are then divided by the
moves' scale, as what they carry is.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from itertools import combinations
from typing import Any

from apnemu.blueprint.requests import point_uuid
from apnemu.blueprint.tcp import payload_share
from apnemu.experiments.watt_day.changed import changed
from apnemu.experiments.watt_day.settings import Day, Settings, days, dead_ns
from apnemu.model.activities import Event
from apnemu.model.plant import Plant
from apnemu.model.power import Power
from apnemu.model.scenario import Stage
from apnemu.planning.online import Service
from apnemu.power.schedule import Move
from apnemu.power.shift import plan
from apnemu.question.context import Context, Network
from apnemu.question.light import request
from apnemu.units import NS_PER_S, VirtualNs, ns_to_s

MOST_BYTES = {"apn": 100e9, "packet": 10e9}
"""Bytes of all moves of a run that its scale stays below; on the packet network each frame goes by itself."""
ROUNDS = 1.1
"""Bytes that go over the network for each of the state: what is written meanwhile goes again."""
FULL_BYTES = (10e9, 100e9)
"""Sizes of a move that is made at full size too."""
ALLOWED_S = 10.0
"""Time that light is given beyond what its devices take: for answers, and for others who ask before."""
LIGHT_NS = 120 * NS_PER_S
"""Time within which light that parties speak by is there."""
WAVES = "light to speak by"
"""The stage in which it is asked for."""


def moves_state(power: Power, settings: Settings) -> bool:
    """Whether a plan of these days may move work that has state."""
    elsewhere = {"space", "both"} & set(settings.shift) and "aggregator" in settings.control
    return bool(elsewhere) and any(
        work.state_bytes and work.kind == "flexible" and power.site[work.home].pooled for work in power.work
    )


def planned_moves(power: Power, settings: Settings) -> list[tuple[Day, Move]]:
    """Moves of the plans that are computed at once, day by day."""
    found: list[tuple[Day, Move]] = []
    for day in days(settings):
        asked = day.asked(settings)
        if day.control == "aggregator" and day.shift in ("space", "both"):
            own = changed(power, day, settings)
            base = plan(own, dataclasses.replace(asked, shift="none"))
            found += [(day, move) for move in plan(own, asked, base).moves]
    return found


def scale_of(power: Power, settings: Settings, network: Network) -> int:
    """What moves are divided by: as asked, or the least power of ten that keeps the run small."""
    if settings.scale:
        return settings.scale
    total, scale = ROUNDS * sum(move.bytes for _, move in planned_moves(power, settings)), 1
    while total / scale >= MOST_BYTES[network]:
        scale *= 10
    return scale


def with_light(plant: Plant, settings: Settings, power: Power) -> Plant:
    """The plant with nothing lit, transceivers to speak by and to move by, and a packet network at the moves' scale."""
    count = len(plant.data_centres) - 1 + settings.transceivers
    sites = tuple(dataclasses.replace(site, hosts=1) if site.kind != "exchange" else site for site in plant.sites)
    packet = plant.equal_lines().packet
    scale = scale_of(power, settings, "packet")
    return dataclasses.replace(
        plant,
        sites=sites,
        demands=(),
        trees=(),
        transceivers=count,
        packet=dataclasses.replace(packet.at(packet.line_rate_gbps / scale), as_light=False),
    )


def waves(context: Context[Settings], gbps: float) -> tuple[Stage, ...]:
    """The stage that asks for light between all data centres; none where light was planned, or there is none."""
    if context.network != "apn" or not context.plant.transceivers:
        return ()
    sites = [site.name for site in context.plant.data_centres]
    asked = tuple(
        request(Service(name=f"speak {a} {b}", source=a, target=b, rate_gbps=gbps, protection="none"), LIGHT_NS)
        for a, b in combinations(sites, 2)
    )
    return (Stage(phase=WAVES, duration_ns=VirtualNs(1_000_000), activities=asked),) if asked else ()


def controller_events(settings: Settings, begin_ns: int) -> tuple[Event, ...]:
    """Losses of the controller in a stage whose first slot begins at `begin_ns`."""
    found = []
    for since, until in dead_ns(settings, "controller"):
        for at_ns, kind in ((since, "lose"), (until, "repair")):
            found.append(
                Event(at_ns=VirtualNs(begin_ns + at_ns), kind=kind, what="controller", controller=True)  # type: ignore[arg-type]
            )
    return tuple(found)


def moving_papers(context: Context[Settings], power: Power, day: Day) -> Callable[[str], dict[str, Any]] | None:
    """What the agent of a site is told of moves; None where nothing moves."""
    settings, plant = context.settings, context.plant
    if not moves_state(power, settings):
        return None
    scale, full = scale_of(power, settings, context.network), _full(power, settings)
    devices = plant.devices
    acted_ns = devices.wss_switching_ns + devices.laser_tuning_ns + devices.amplifier_settling_ns
    light_s = ns_to_s(acted_ns + devices.fec_lock_ns + devices.controller_computing_ns) + ALLOWED_S
    names = [site.name for site in power.sites]
    fastest = plant.packet.line_rate_gbps if context.network == "packet" else max(m.rate_gbps for m in plant.modes)
    lines = fastest * (scale if context.network == "packet" else 1)

    def papers(site: str) -> dict[str, Any]:
        others = [name for name in names if name != site]
        ways = {
            "day": day.phase,
            "number": names.index(site),
            "site": site,
            "gbps": {each.name: min(each.lit_gbps or lines, lines) for each in power.sites},
            "share": payload_share(plant.packet.mtu_bytes),
            "rtt_s": {to: _rtt_s(context, site, to) for to in others},
            "light_s": light_s if context.network == "apn" else 0.0,
            "points": {name: point_uuid(plant.name, name) for name in names},
            "addresses": {to: f"{{address:{to}}}" for to in others},
            "dirty_bytes_per_s": settings.dirty_bytes_per_s,
        }
        own = full is not None and full[0] == day and power.site[site].name == full[1]
        return {"ways": ways, "scale": scale, "full": full[2] if full and own else ""}

    return papers


def _full(power: Power, settings: Settings) -> tuple[Day, str, str] | None:
    """The day, site and job of the smallest move that is planned and of a size to be made at full size.

    None where there is none, or where somebody has said by what all moves are divided.
    """
    if settings.scale:
        return None
    homes = {work.name: work.home for work in power.work}
    fit = [(day, move) for day, move in planned_moves(power, settings) if FULL_BYTES[0] <= move.bytes <= FULL_BYTES[1]]
    if not fit:
        return None
    day, move = min(fit, key=lambda each: each[1].bytes)
    return day, homes[move.work], move.work


def _rtt_s(context: Context[Settings], site: str, target: str) -> float:
    """Round trip over the fibres of the shortest way."""
    hops = context.hops.way(site, target)
    return ns_to_s(sum(way.delay_ns for hop in hops for way in context.plant.fibre[hop.fibre].ways))


def approximated(plant: Plant, settings: Settings) -> tuple[str, ...]:
    """Line of the manifest on moves; none where nothing moves."""
    power = plant.power
    if power is None or not moves_state(power, settings):
        return ()
    scales = {network: scale_of(power, settings, network) for network in ("apn", "packet")}
    full = _full(power, settings)
    one = f"one move of {full[2]} goes at full size" if full else "none goes at full size"
    return (
        f"Moves: bytes, the rate that they are sent at and the rate at which work writes to its state are divided by "
        f"{scales['apn']} (on the packet network, its lines too, by {scales['packet']}); {one}. Pages do not scale: "
        "a move's downtime counts at full size alone. Messages of parties are not divided: on the packet network they "
        "meet queues of slower lines.",
    )

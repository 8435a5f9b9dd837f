# SPDX-License-Identifier: BSD-3-Clause
"""Moves of state in a day: the network that they ask light of, by what they are divided, what agents are told of them.

Where work has state that a plan may move, light is on demand: a first stage asks for that between all data centres, by
which parties speak, and agents ask for that of moves themselves. The packet network's lines are then divided by the
moves' scale, as what they carry is.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
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
"""Sizes of the one move of a run that is made at full size: it takes a minute of wall time at most. Where all are
smaller, it is the largest."""
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


class _Same:
    """A power system as the key of what was planned on it: the very same, and none that is alike."""

    def __init__(self, power: Power) -> None:
        self.power = power

    def __hash__(self) -> int:
        return id(self.power)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and other.power is self.power


def planned_moves(power: Power, settings: Settings) -> tuple[tuple[Day, Move], ...]:
    """Moves of the plans that are computed at once, day by day."""
    return _planned(_Same(power), settings)


@lru_cache(4)
def _planned(same: _Same, settings: Settings) -> tuple[tuple[Day, Move], ...]:
    power, found = same.power, list[tuple[Day, Move]]()
    for day in days(settings):
        asked = day.asked(settings)
        if day.control == "aggregator" and day.shift in ("space", "both"):
            own = changed(power, day, settings)
            base = plan(own, dataclasses.replace(asked, shift="none"))
            found += [(day, move) for move in plan(own, asked, base).moves]
    return tuple(found)


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
    scale, full = scale_of(power, settings, context.network), full_size(power, settings)
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
        own = full is not None and full.day == day and full.home == site
        told = {"full": full.job, "full_bytes": list(full.between)} if full and own else {"full": ""}
        return {"ways": ways, "scale": scale, **told}

    return papers


@dataclass(frozen=True, slots=True, kw_only=True)
class Full:
    """The move of a run that is made at full size: the day, the job and its home, what it carries by the plan, and
    between which sizes it counts as that."""

    day: Day
    home: str
    job: str
    bytes: float

    @property
    def between(self) -> tuple[int, int]:
        """Least and most bytes; those of the day itself may differ from the plan's."""
        return round(min(FULL_BYTES[0], self.bytes / 2)), round(FULL_BYTES[1])


def full_size(power: Power, settings: Settings) -> Full | None:
    """The smallest planned move of a size to be made at full size; where all are smaller, the largest.

    None where there is none, or where somebody has said by what all moves are divided.
    """
    planned = () if settings.scale else planned_moves(power, settings)
    fit = [(day, move) for day, move in planned if 0 < move.bytes <= FULL_BYTES[1]]
    if not fit:
        return None
    day, move = min(fit, key=lambda each: (each[1].bytes < FULL_BYTES[0], abs(each[1].bytes - FULL_BYTES[0])))
    homes = {work.name: work.home for work in power.work}
    return Full(day=day, home=homes[move.work], job=move.work, bytes=move.bytes)


def why_none(power: Power, settings: Settings, day: Day | None = None) -> str:
    """Why no move of a day, or of the whole run, is made at full size."""
    if settings.scale:
        return f"scale is given: all are divided by {settings.scale}"
    full = full_size(power, settings)
    if full is None:
        least = min((move.bytes for _, move in planned_moves(power, settings)), default=0.0)
        return f"the smallest that is planned has {least / 1e9:,.1f} GB, and one may have {FULL_BYTES[1] / 1e9:g} GB"
    if day is not None and full.day != day:
        return f"that of the run is made on another day: {full.day.phase}"
    return f"the planned one of {full.job} was not made"


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
    full = full_size(power, settings)
    why = why_none(power, settings)
    one = f"one move of {full.job} goes at full size" if full else f"none goes at full size ({why})"
    return (
        f"Moves: bytes, the rate that they are sent at and the rate at which work writes to its state are divided by "
        f"{scales['apn']} (on the packet network, its lines too, by {scales['packet']}); {one}. Pages do not scale: "
        "a move's downtime counts at full size alone. Messages of parties are not divided: on the packet network they "
        "meet queues of slower lines.",
    )

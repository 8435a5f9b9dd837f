# SPDX-License-Identifier: BSD-3-Clause
"""Light over which the parties of a call speak, and light for a move, with what each takes in closed form."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from apnemu.blueprint.prediction import lightpath_way_ns
from apnemu.blueprint.requests import point_uuid
from apnemu.blueprint.tcp import payload_share
from apnemu.emulation.apps.watt.mover import Ways as Movers
from apnemu.emulation.apps.watt.moving import Moving as State
from apnemu.errors import InputError
from apnemu.experiments.demand_response.scene import Scene
from apnemu.experiments.demand_response.settings import Settings
from apnemu.model.assignment import Lightpath
from apnemu.model.plant import Plant
from apnemu.placement.transfers import slow_start_s
from apnemu.planning.dcn import dcn
from apnemu.planning.online import Light, Service, acted_ns, carries_ns
from apnemu.units import ns_to_s, s_to_ns

CONTROL_GBPS = 10.0
MESSAGE_BYTES = 500
"""Frame of a call with its seal, nearly; a hundred bytes are 80 ns."""
ACK_BYTES, HEADERS_BYTES = 66, 52
FIRST_SEGMENTS = 10
"""Segments that a new connection sends at once (RFC 6928)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Light that is asked for before the call: the service, its lightpath, and when its first frame comes in."""

    service: Service
    path: Lightpath
    lit_ns: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Moving:
    """Light of a move between two sites: time from asking until it is known to carry, its lightpath; why there is
    none."""

    lit_ns: int
    path: Lightpath | None
    refused: str


def pairs(scene: Scene) -> list[tuple[str, str]]:
    """Pairs of sites whose parties speak with each other: operator and aggregator, aggregator and agents, agents."""
    found = [(scene.operator_at, scene.hub)]
    found += [(scene.hub, site) for site in scene.agents]
    found += [(site, scene.to) for site in scene.called if scene.to]
    apart = {frozenset(pair): pair for pair in found if pair[0] != pair[1]}
    return list(apart.values())


def transceivers(scene: Scene) -> int:
    """Transceivers of a data centre: those of the busiest for control, and one for each site that may move work."""
    ends = [site for pair in pairs(scene) for site in pair]
    most = max((ends.count(site) for site in ends), default=0)
    return most + len(scene.called)


@dataclass(frozen=True, kw_only=True)
class Ways:
    """Light of a run: what is asked for before the calls, and what is left for moves."""

    plant: Plant
    light: Light
    asked: Mapping[frozenset[str], Asked]

    def way_ns(self, source: str, target: str) -> int:
        """Way of a message from site to site; none within a site."""
        if source == target:
            return 0
        return lightpath_way_ns(self.asked[frozenset((source, target))].path, source, MESSAGE_BYTES)

    def for_move(self, source: str, target: str, settings: Settings) -> Moving:
        """Light for a move: three ways until the request is there, computing, devices step by step with their answers
        until the last is told, and the way of the answer that has waited for that."""
        way, service = dcn(self.plant), _service("move", source, target, settings.rate_gbps)
        decision = self.light.request(service)
        if not decision.accepted:
            return Moving(lit_ns=0, path=None, refused=decision.reason)
        acted = acted_ns(self.plant, decision.changes)
        told_ns = max(at_ns - way.delay_ns[change.site] for change, at_ns in acted.items())
        self.light.release(service.name)
        lit_ns = 2 * way.round_trip_ns(source) + self.plant.devices.controller_computing_ns + told_ns
        return Moving(lit_ns=lit_ns, path=decision.working, refused="")

    def rtt_ns(self, source: str, target: str, settings: Settings) -> int:
        """Round trip of a full frame over a move's light and of its acknowledgement; 0 where there is none."""
        path = self.for_move(source, target, settings).path
        if path is None:
            return 0
        there_ns = lightpath_way_ns(path, source, self.plant.packet.mtu_bytes)
        return there_ns + lightpath_way_ns(path, target, ACK_BYTES)

    def movers(self, site: str, number: int, phase: str, scene: Scene, settings: Settings) -> Movers:
        """How the agent of a site moves state, as its mover has it."""
        others = [to for to in scene.agents if to != site and scene.to in (site, to)]
        return Movers(
            day=phase,
            number=number,
            site=site,
            gbps=dict.fromkeys((site, *others), settings.rate_gbps),
            share=payload_share(self.plant.packet.mtu_bytes),
            rtt_s={to: ns_to_s(self.rtt_ns(site, to, settings)) for to in others},
            light_s=1.0,
            points={name: point_uuid(self.plant.name, name) for name in (site, *others)},
            addresses={to: f"{{address:{to}}}" for to in others},
            dirty_bytes_per_s=settings.dirty_bytes_per_s,
            most_asks=1,
        )

    def sending_ns(self, source: str, target: str, moving: State, movers: Movers) -> int:
        """Time from the light on until the other agent has all of it: it is told where to fetch it, connects, the
        connection is warmed, and the state copied."""
        told_ns, rtt_s = self.way_ns(source, target), movers.rtt_s[target]
        pace = movers.plan(moving).bytes_per_s / moving.scale
        first = FIRST_SEGMENTS * (self.plant.packet.mtu_bytes - HEADERS_BYTES)
        warm_s = movers.told(moving)["warm_bytes"] / pace + slow_start_s(pace, rtt_s, first) + rtt_s
        return told_ns + s_to_ns(1.5 * rtt_s + warm_s + movers.takes_s(moving))


def ways_of(plant: Plant, scene: Scene) -> Ways:
    """The light of a run. Raises InputError where parties get none to speak over."""
    light = Light(plant, transceivers={site.name: plant.transceivers for site in plant.data_centres})
    asked: dict[frozenset[str], Asked] = {}
    way, free_ns = dcn(plant), 0
    for number, (source, target) in enumerate(pairs(scene)):
        service = _service(f"control-{source}-{target}", source, target, CONTROL_GBPS)
        decision = light.request(service)
        if not decision.accepted or decision.working is None:
            raise InputError(
                f"no light between {source} and {target}, whose parties speak: {decision.reason}; take another topology"
            )
        free_ns = max(free_ns, way.delay_ns[source]) + plant.devices.controller_computing_ns
        lit_ns = free_ns + carries_ns(plant, decision.changes, decision.working) + number
        asked[frozenset((source, target))] = Asked(service=service, path=decision.working, lit_ns=lit_ns)
    return Ways(plant=plant, light=light, asked=asked)


def _service(name: str, source: str, target: str, rate_gbps: float) -> Service:
    return Service(name=name, source=source, target=target, rate_gbps=rate_gbps)

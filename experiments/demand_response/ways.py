# SPDX-License-Identifier: BSD-3-Clause
"""Light over which the parties of a call speak, and light for a move, with what each takes in closed form."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from apnemu.blueprint.prediction import lightpath_way_ns
from apnemu.blueprint.tcp import payload_share
from apnemu.errors import InputError
from apnemu.experiments.demand_response.scene import Scene
from apnemu.experiments.demand_response.settings import Settings
from apnemu.model.assignment import Lightpath
from apnemu.model.plant import Plant
from apnemu.planning.dcn import dcn
from apnemu.planning.online import Light, Service, acted_ns, carries_ns
from apnemu.units import gbps_to_bytes_per_s, s_to_ns

CONTROL_GBPS = 10.0
MESSAGE_BYTES = 500
"""Frame of a call with its seal, nearly; a hundred bytes are 80 ns."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Light that is asked for before the call: the service, its lightpath, and when its first frame comes in."""

    service: Service
    path: Lightpath
    lit_ns: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Moving:
    """Light of a move between two sites: time from asking until it is known to carry; why there is none."""

    lit_ns: int
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
        """Light for a move: the request's way, computing, devices step by step with their answers, the way back."""
        way, service = dcn(self.plant), _service("move", source, target, settings.rate_gbps)
        decision = self.light.request(service)
        if not decision.accepted:
            return Moving(lit_ns=0, refused=decision.reason)
        acted = acted_ns(self.plant, decision.changes)
        answered_ns = max(at_ns + way.delay_ns[change.site] for change, at_ns in acted.items())
        self.light.release(service.name)
        lit_ns = way.round_trip_ns(source) + self.plant.devices.controller_computing_ns + answered_ns
        return Moving(lit_ns=lit_ns, refused="")

    def sending_ns(self, source: str, target: str, meant_bytes: int, settings: Settings) -> int:
        """Time from the light on until the last byte is there: a handshake, the bytes at the line's rate, one way."""
        there_ns, back_ns = self.way_ns(source, target), self.way_ns(target, source)
        return there_ns + back_ns + s_to_ns(meant_bytes / payload_bytes_per_s(self.plant, settings)) + there_ns


def payload_bytes_per_s(plant: Plant, settings: Settings) -> float:
    """Payload that TCP has of a move's light."""
    return gbps_to_bytes_per_s(settings.rate_gbps) * payload_share(plant.packet.mtu_bytes)


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

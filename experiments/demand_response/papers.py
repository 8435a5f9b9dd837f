# SPDX-License-Identifier: BSD-3-Clause
"""What each party of a call is told, and no other: who it is, whom it speaks with, and what is its own."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from apnemu.emulation.apps.watt.messages import pair_key
from apnemu.emulation.apps.watt.response.load import MILLION
from apnemu.experiments.demand_response.plans import Plan
from apnemu.experiments.demand_response.scene import AGGREGATOR
from apnemu.experiments.demand_response.settings import Settings
from apnemu.experiments.demand_response.told import site_told
from apnemu.experiments.demand_response.ways import Ways
from apnemu.units import NS_PER_S, s_to_ns

PORTS = {AGGREGATOR: 7300, "agent": 7303}
STATES_NS, CALL_NS = 30 * NS_PER_S, 40 * NS_PER_S
"""Instants in a stage at which agents say what they have, and at which the operator calls: by then all have found each
other."""
BEFORE_NS = NS_PER_S
"""Time before the end of a stage at which a move is given up."""
Papers = dict[str, Any]


def papers_of(ways: Ways, plan: Plan, settings: Settings, scale: int, seed: int) -> list[tuple[str, Papers]]:
    """The site and the papers of every party, in the order in which they are started."""
    return _Desk(ways, plan, settings, scale, seed).all()


class _Desk:
    """Writer of a call's papers."""

    def __init__(self, ways: Ways, plan: Plan, settings: Settings, scale: int, seed: int) -> None:
        self._ways = ways
        self._plan = plan
        self._scene = plan.scene
        self._settings = settings
        self._scale = scale
        self._secret = hashlib.sha256(f"{seed} {plan.phase} keys of a call".encode()).digest()
        self._agents = {site: f"agent-{site}" for site in plan.scene.agents}

    def all(self) -> list[tuple[str, Papers]]:
        scene = self._scene
        found = [(scene.hub, self._aggregator()), *((site, self._agent(site)) for site in self._agents)]
        return [*found, (scene.operator_at, self._operator())]

    def _papers(self, name: str, role: str, peers: Mapping[str, str | None], own: Mapping[str, Any]) -> Papers:
        """Papers of a party; `peers` has the site of those whom it calls, None of those who call it."""
        return {
            "name": name,
            "role": role,
            "states_ns": STATES_NS,
            "call_ns": CALL_NS,
            "over_ns": CALL_NS + self._plan.over_ns,
            "port": PORTS.get(role, 0),
            "peers": {peer: self._peer(name, peer, site) for peer, site in peers.items()},
            "own": dict(own),
        }

    def _peer(self, name: str, peer: str, site: str | None) -> dict[str, Any]:
        key = pair_key(self._secret, name, peer).hex()
        if site is None:
            return {"key": key}
        return {"key": key, "address": _address(site), "port": PORTS["agent" if peer != AGGREGATOR else AGGREGATOR]}

    def _aggregator(self) -> Papers:
        operator, power = self._scene.operator, self._scene.power
        own = {
            "operator": operator,
            "agents": {name: site for site, name in self._agents.items()},
            "areas": {site: power.site[site].area for site in self._agents},
        }
        return self._papers(AGGREGATOR, AGGREGATOR, dict.fromkeys([operator, *self._agents.values()]), own)

    def _operator(self) -> Papers:
        plan, scene = self._plan, self._scene
        order = {
            "area": scene.area,
            "kw": plan.kw,
            "within_ns": s_to_ns(plan.limit_s),
            "for_s": self._settings.hold_s,
            "fault": scene.line.name if scene.line else "",
            "lines_kw": dict(plan.lines_kw),
        }
        own = {"aggregator": AGGREGATOR, "order": order}
        return self._papers(scene.operator, "tso", {AGGREGATOR: scene.hub}, own)

    def _agent(self, site: str) -> Papers:
        scene, settings, by = self._scene, self._settings, self._plan.case.by
        home = site in scene.called
        others = [to for to in self._agents if to != site and (to == scene.to) == home]
        peers: dict[str, str | None] = {AGGREGATOR: scene.hub}
        peers |= {self._agents[to]: to if home else None for to in others}
        acts_ns = s_to_ns(settings.acts_s(by))
        own = {
            "aggregator": AGGREGATOR,
            "site": site_told(scene, settings, site, self._plan.factor if home else 1.0),
            "lever": {"kind": by, "acts_ns": acts_ns, "rebound_ppm": round(settings.rebound * MILLION)},
            "moves": {
                "site": site,
                "agents": {to: self._agents[to] for to in others},
                "scale": self._scale,
                "until_ns": self._plan.over_ns - BEFORE_NS,
                "stop_ns": s_to_ns(scene.power.moves.stop_s),
            },
            "ways": asdict(self._ways.movers(site, list(self._agents).index(site), self._plan.phase, scene, settings)),
        }
        return self._papers(self._agents[site], "agent", peers, own)


def _address(site: str) -> str:
    return f"{{address:{site}}}"

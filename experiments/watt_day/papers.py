# SPDX-License-Identifier: BSD-3-Clause
"""What each party of a day is told, and no other: who it is, whom it speaks with, and what is its own."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Mapping
from dataclasses import asdict
from typing import Any

import numpy as np

from apnemu.emulation.apps.watt.bids import sold_work
from apnemu.emulation.apps.watt.cover import site_work
from apnemu.emulation.apps.watt.messages import pair_key
from apnemu.emulation.apps.watt.planner import QUANTITIES
from apnemu.emulation.apps.watt.told import told
from apnemu.emulation.apps.watt.tso import feed_name
from apnemu.experiments.watt_day.changed import changed
from apnemu.experiments.watt_day.hiding import INPUTS, hidden_by, unknown
from apnemu.experiments.watt_day.operators import lines_of, operators_of
from apnemu.experiments.watt_day.settings import Day, Settings, dead_ns
from apnemu.experiments.watt_day.supplied import begins_mwh, supply_told
from apnemu.model.power import Power, SitePower, Work
from apnemu.power.forecast import forecast
from apnemu.power.horizon import Horizon, horizon
from apnemu.power.shift import plan
from apnemu.units import NS_PER_S, s_to_ns

AGGREGATOR, CENTRE, FORECASTER = "aggregator", "centre", "forecaster"
PORTS = {AGGREGATOR: 7300, CENTRE: 7301, "agent": 7303}
Papers = dict[str, Any]


def agent_name(site: str) -> str:
    """Name of a site's agent."""
    return f"agent-{site}"


def hub(power: Power) -> str:
    """The site at which aggregator, centre and forecaster stand: the aggregator's, or the first."""
    return next((party.at for party in power.parties if party.role == AGGREGATOR), power.sites[0].name)


def papers_of(
    power: Power, day: Day, settings: Settings, seed: int, moving: Callable[[str], Papers] | None = None
) -> list[tuple[str, Papers]]:
    """The site and the papers of every party, in the order in which they are started.

    `moving` has what a site's agent is told of moves of state; None where no state moves.
    """
    power = changed(power, day, settings)
    over = horizon(power, settings.days)
    return _Desk(power, over, day, settings, seed, moving).all()


class _Desk:
    """Writer of a day's papers."""

    def __init__(
        self,
        power: Power,
        over: Horizon,
        day: Day,
        settings: Settings,
        seed: int,
        moving: Callable[[str], Papers] | None,
    ) -> None:
        self._moving = moving
        self._power = power
        self._over = over
        self._day = day
        self._settings = settings
        self._secret = hashlib.sha256(f"{seed} {day.phase} keys of a watt-bit day".encode()).digest()
        self._seed = seed
        self._hub = hub(power)
        self._agents = {site.name: agent_name(site.name) for site in power.sites}
        self._operators = operators_of(power)
        self._holds_mwh = np.zeros(len(power.sites))
        if any(site.battery for site in power.sites):
            self._holds_mwh = begins_mwh(plan(power, day.asked(settings)))

    def all(self) -> list[tuple[str, Papers]]:
        """Papers of all who take part; alone, nobody but agents does."""
        if self._day.control != AGGREGATOR:
            return [(site, self._agent(site)) for site in self._agents]
        at = {party.name: party.at for party in self._power.parties}
        found = [(self._hub, self._aggregator()), (self._hub, self._centre())]
        found += [(at.get(name, self._hub), self._tso(name)) for name in self._operators]
        found += [(site, self._agent(site)) for site in self._agents]
        found.append((self._hub, self._forecaster()))
        return found

    def _papers(self, name: str, role: str, peers: Mapping[str, str | None], own: Mapping[str, Any]) -> Papers:
        """Papers of a party; `peers` has the site of those whom it calls, None of those who call it."""
        return {
            "name": name,
            "role": role,
            "slots": self._over.slots,
            "slot_ns": self._power.profile.slot_s * NS_PER_S,
            "horizon": self._settings.horizon,
            "lease": self._settings.lease,
            "decision_ns": s_to_ns(self._settings.decision_s),
            "port": PORTS.get(role, 0),
            "dead": dead_ns(self._settings, role),
            "peers": {peer: self._peer(name, peer, site) for peer, site in peers.items()},
            "own": dict(own),
        }

    def _peer(self, name: str, peer: str, site: str | None) -> dict[str, Any]:
        key = pair_key(self._secret, name, peer).hex()
        if site is None:
            return {"key": key}
        port = PORTS["agent"] if peer in self._agents.values() else PORTS[peer]
        return {"key": key, "address": f"{{address:{site}}}", "port": port}

    def _aggregator(self) -> Papers:
        callers = [CENTRE, FORECASTER, *self._operators, *self._agents.values()]
        asked = asdict(self._day.asked(self._settings))
        data = told(self._power, self._settings.days, self._private(), self._silent())
        own = {
            "told": data,
            "asked": asked,
            "centre": CENTRE,
            "operators": list(self._operators),
            "agents": {agent: site for site, agent in self._agents.items()},
            "sells": self._day.jobs == "whole" or any("cost" in self._hidden(one.owner) for one in self._power.sites),
            "feeds": {
                name: [feed_name(site.name) for site in self._power.sites if site.area in areas]
                for name, areas in self._operators.items()
            },
        }
        return self._papers(AGGREGATOR, AGGREGATOR, dict.fromkeys(callers), own)

    def _centre(self) -> Papers:
        private = self._private()
        homes = {work.name: work.home for work in self._power.work if work.owner not in private}
        for name in (site_work, sold_work):
            homes |= {name(site.name): site.name for site in self._power.sites if site.owner in private}
        own = {"aggregator": AGGREGATOR, "agents": self._agents, "homes": homes}
        return self._papers(CENTRE, CENTRE, {AGGREGATOR: self._hub, **dict.fromkeys(self._agents.values())}, own)

    def _hidden(self, party: str) -> frozenset[str]:
        return hidden_by(self._power, party, self._day.hides)

    def _private(self) -> list[str]:
        """Owners whose jobs have no names outside."""
        owners = dict.fromkeys([site.owner for site in self._power.sites] + [work.owner for work in self._power.work])
        return [owner for owner in owners if {"jobs", "ranges"} & self._hidden(owner)]

    def _silent(self) -> list[str]:
        """Operators that say of feeders and base flows only what they grant."""
        return [name for name in self._operators if "feeders" in self._hidden(name)]

    def _forecaster(self) -> Papers:
        guess = self._guess()
        over = horizon(guess, self._settings.days)
        figures = _figures(guess, over)
        hidden = {area.name: unknown(self._power, area.name, self._day.hides, self._day.drops) for area in guess.areas}
        if any(names & {"weather", "demand"} for names in hidden.values()):
            yesterday = _figures(forecast(self._power, "naive").power, over)
            for area, names in hidden.items():
                gone = {quantity for name in names for quantity in INPUTS[name]}
                figures[area] |= {
                    quantity: yesterday[area][quantity] for quantity in figures[area] if QUANTITIES[quantity][0] in gone
                }
        own = {"aggregator": AGGREGATOR, "believed": figures}
        return self._papers(FORECASTER, FORECASTER, {AGGREGATOR: self._hub}, own)

    def _tso(self, name: str) -> Papers:
        own = {"lines": lines_of(self._power, self._over, name)}
        return self._papers(name, "tso", {AGGREGATOR: self._hub}, own)

    def _agent(self, site: str) -> Papers:
        name = self._agents[site]
        others = {to: agent for to, agent in self._agents.items() if to != site}
        calls = {AGGREGATOR: self._hub, CENTRE: self._hub}
        alone = self._day.control != AGGREGATOR
        peers: dict[str, str | None] = {} if alone else dict(calls)
        peers |= {agent: to if name < agent else None for to, agent in others.items()}
        of_site = next(each for each in self._power.sites if each.name == site)
        hides = self._hidden(of_site.owner) | ({"compute"} & set(self._day.drops))
        own = {
            "site": site,
            "room_kw": round(of_site.room_mw * 1e3),
            "jobs": [self._job(work, hides) for work in self._power.work if work.home == site],
            "peers": {"aggregator": AGGREGATOR, "centre": CENTRE, "agents": others},
            "hides": sorted(hides),
            "prices": self._own_prices(of_site.area),
            "costs": {
                "nj_per_bit": self._power.moves.nj_per_bit,
                "stop_s": self._power.moves.stop_s,
                "gpu_yen_per_it_mwh": self._day.asked(self._settings).gpu(self._power),
            },
            "may_wait": self._day.shift in ("time", "both"),
            "supply": supply_told(self._power, site, float(self._holds_mwh[list(self._agents).index(site)])),
        }
        if self._moving is not None:
            own["moving"] = self._moving(site)
        return self._papers(name, "agent", peers, own)

    def _own_prices(self, area: str) -> list[int]:
        """An agent's own forecast of what power costs at its site: where it decides alone, and work may wait for it."""
        day = self._day
        if day.control == AGGREGATOR or day.shift not in ("time", "both") or day.idle != "free":
            return []
        return _figures(self._guess(), self._over)[area].get("price_milliyen_per_kwh", [])

    def _guess(self) -> Power:
        believed = self._day.believed(self._settings, self._seed)
        kind, sigma, error = believed.kind, believed.sigma, believed.error
        return forecast(self._power, kind, sigma=sigma, error=error, seed=believed.seed).power

    def _job(self, work: Work, hides: Collection[str]) -> dict[str, Any]:
        """A site's work as its agent has it, in whole kW and slots; hidden, it moves where all of the site's may."""
        slot_s = self._power.profile.slot_s
        ends = -(-self._over.ends_s(work) // slot_s)
        moves = work.kind == "flexible" and self._day.shift != "none"
        if "jobs" in hides and work.zone not in ("", self._power.site[work.home].zone):
            moves = False
        room_mw = max(site.room_mw for site in self._power.sites)
        most_mw = work.mw if work.endless or work.kind == "fixed" or work.whole else (work.most_mw or room_mw)
        sale = self._sale(work, moves=moves, hides=hides)
        has_state = self._moving is not None and moves
        return {
            "name": work.name,
            "kw": round(work.mw * 1e3),
            "most_kw": round(most_mw * 1e3),
            "from_slot": work.from_s // slot_s,
            "by_slot": ends,
            "left_wh": None if work.endless else round(work.mwh * 1e6),
            "state_bytes": round(work.state_bytes) if has_state else 0,
            "pausable": work.pausable,
            "moves": moves,
            **sale,
        }

    def _sale(self, work: Work, *, moves: bool, hides: Collection[str]) -> dict[str, Any]:
        """Whether work is sold on the market, whole or not, and the sites where it may then run."""
        if work.kind == "fixed":
            return {}
        whole = work.whole and self._day.jobs == "whole" and not work.endless
        sold = moves and self._day.control == AGGREGATOR and (whole or "cost" in hides)
        sites: list[str] = []
        if sold and self._day.shift in ("space", "both") and self._power.site[work.home].pooled:
            sites = [each.name for each in self._power.sites if self._may_host(work, each)]
        return {"whole": whole, "sold": sold, "sites": sites}

    def _may_host(self, work: Work, site: SitePower) -> bool:
        return site.pooled and site.room_mw > 0 and site.name != work.home and self._power.allowed(work, site.name)


def _figures(power: Power, over: Horizon) -> dict[str, dict[str, list[int]]]:
    """What is believed of each area, in the whole numbers of messages, from the first slot to the profile's end."""
    return {
        area.name: {
            quantity: [round(value * each) for value in power.profile.of(area.name, name)[over.begin :].tolist()]
            for quantity, (name, each) in QUANTITIES.items()
            if power.profile.has(area.name, name)
        }
        for area in power.areas
    }

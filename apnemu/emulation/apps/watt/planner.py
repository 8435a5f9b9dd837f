# SPDX-License-Identifier: BSD-3-Clause
"""[guest] How the aggregator decides: forecasts and states become a power system, its cheapest plan a proposal.

This is the one file of the parties that imports numpy. What everybody may know of the power system (areas, ties, whose
sites stand where) is told at the start; all else is what messages say, and nothing of it is made up: without a forecast
that is good, nothing is shifted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Literal

import numpy as np

from apnemu.emulation.apps.watt.aggregator import Known
from apnemu.emulation.apps.watt.cover import site_work
from apnemu.emulation.apps.watt.messages import Message
from apnemu.emulation.apps.watt.powered import supply_told
from apnemu.emulation.apps.watt.proposed import Proposal
from apnemu.emulation.apps.watt.proposing import proposal
from apnemu.model.power import Area, Feeder, Gpu, Moves, Power, SitePower, Step, Tie, Work, Zone
from apnemu.model.profile import Profile, Series, series
from apnemu.power.horizon import Asked
from apnemu.power.schedule import Move, Schedule
from apnemu.power.shift import plan
from apnemu.power.writing import Underway
from apnemu.units import S_PER_H

STALE_S = 6 * S_PER_H
"""Age from which a forecast is no longer good."""
QUANTITIES = {
    "demand_kw": ("demand_mw", 1e3),
    "solar_kw": ("solar_mw", 1e3),
    "wind_kw": ("wind_mw", 1e3),
    "curtailed_kw": ("curtailed_mw", 1e3),
    "price_milliyen_per_kwh": ("price_yen_per_mwh", 1.0),
    "gco2_per_kwh": ("kgco2_per_mwh", 1.0),
}
"""Quantity of a message -> that of a profile, and how many of the one are one of the other."""


@dataclass(frozen=True, slots=True)
class Planner:
    """Proposals for a power system of which it was `told`, under what is `asked`."""

    told: Mapping[str, Any]
    asked: Asked

    def __call__(self, slot: int, count: int, known: Known) -> Proposal:
        """Make the cheapest plan of what is known; nothing shifts where a site's area has no good forecast."""
        states = {site: message for site, message in sorted(known.states.items()) if message["slot"] == slot}
        if not states:
            return Proposal(jobs={}, stays_kw={}, change_kw={})
        power = self.believed(slot, count, known)
        asked = self.asked if power is not None else replace(self.asked, shift="none")
        power = power or self._system(slot, count, states, {})
        none = self.none(power)
        if asked is not self.asked and any(work.at for work in power.work):
            return proposal(power, none, brought_home(power, none), count)
        best = none if asked.shift == "none" else plan(power, asked, none, self.underway(slot, count, states))
        return proposal(power, none, best, count)

    def none(self, power: Power, more: Sequence[Work] = ()) -> Schedule:
        """The schedule in which nothing shifts, with further work in it."""
        return plan(replace(power, work=(*power.work, *more)), replace(self.asked, shift="none"))

    def underway(self, slot: int, count: int, states: Mapping[str, Message]) -> Underway:
        """What was shifted before, as agents tell of it: GPUs do no less than they would where nothing ever was."""
        owners = {site["name"]: site["owner"] for site in self.told["sites"]}
        busy: dict[str, Any] = {}
        beyond: dict[str, float] = {}
        for site, state in states.items():
            figures = np.array([*state.get("arrives_kw", ()), *([0] * count)][:count], dtype=np.float64) / 1e3
            busy[owners[site]] = busy.get(owners[site], 0.0) + figures
            for job in state.get("jobs", ()):
                after = max(0, job["by_slot"] - slot - count)
                most_mw = job.get("most_kw", job["kw"]) / 1e3
                beyond[job["job"]] = after * most_mw * self.told["slot_s"] / S_PER_H
        return Underway(busy_mw=busy, beyond_mwh=beyond)

    def believed(self, slot: int, count: int, known: Known) -> Power | None:
        """The power system as forecasts have it; None where one is missing, stale, or all zero for its price."""
        states = {site: message for site, message in sorted(known.states.items()) if message["slot"] == slot}
        told_sites = {site["name"]: site["area"] for site in self.told["sites"]}
        needed = {told_sites[site] for site in states}
        values: dict[str, dict[str, Series]] = {}
        for (area, quantity), message in known.forecasts.items():
            late = slot - message["slot"]
            figures = message["value"][late : late + count] if 0 <= late * self.told["slot_s"] <= STALE_S else []
            if len(figures) == count:
                name, each = QUANTITIES[quantity]
                values.setdefault(area, {})[name] = series(np.array(figures, dtype=np.float64) / each)
        if self.told["clearing"] == "price":
            prices = {area: of.get("price_yen_per_mwh") for area, of in values.items()}
            if any(prices.get(area) is None or not np.any(prices[area]) for area in needed):
                return None
        elif any("demand_mw" not in values.get(area["name"], {}) for area in self.told["areas"]):
            return None
        return self._system(slot, count, states, values)

    def _system(
        self, slot: int, count: int, states: Mapping[str, Message], values: Mapping[str, Mapping[str, Series]]
    ) -> Power:
        """The power system with the sites that have said what they have, and the work of which they told."""
        data = self.told
        empty = {area["name"]: {"price_yen_per_mwh": series(np.zeros(count))} for area in data["areas"]}
        carried = {
            f"{kind} {one['name']}": {quantity: series(_ahead(one["base_mw"], slot, count))}
            for kind, quantity in (("tie", "flow_mw"), ("feeder", "load_mw"))
            for one in data[f"{kind}s"]
            if "base_mw" in one
        }
        profile = Profile(
            begin=datetime(2000, 1, 1, tzinfo=UTC), slot_s=data["slot_s"], values={**empty, **values, **carried}
        )
        sites = tuple(
            SitePower(
                room_mw=min(states[site["name"]]["room_kw"], default=0) / 1e3,
                **supply_told(states[site["name"]]),
                **{**site, "pue": tuple(tuple(point) for point in site["pue"])},
            )
            for site in data["sites"]
            if site["name"] in states
        )
        return Power(
            name=data["name"],
            source="",
            licence="",
            inferred=(),
            currency=data["currency"],
            clearing=data["clearing"],
            profile=profile,
            areas=tuple(
                Area(
                    name=area["name"],
                    tso=area["tso"],
                    hz=area["hz"],
                    supply=tuple(Step(mw=mw, yen_per_mwh=yen, kgco2_per_mwh=kg) for mw, yen, kg in area["supply"]),
                )
                for area in data["areas"]
            ),
            ties=tuple(
                Tie(**_without_base(tie), base=tie["name"] if "base_mw" in tie else 0.0) for tie in data["ties"]
            ),
            feeders=tuple(
                Feeder(**{**_without_base(one), "sites": tuple(one["sites"])}, base=one["name"])
                for one in data["feeders"]
            ),
            zones=tuple(
                Zone(name=zone["name"], sites=zone["sites"] if zone["sites"] == "all" else tuple(zone["sites"]))
                for zone in data["zones"]
            ),
            work=tuple(self._work(slot, count, states, {site.name: site.owner for site in sites})),
            gpu=Gpu(yen_per_it_mwh=data["gpu_yen_per_it_mwh"]),
            moves=Moves(**data["moves"]),
            sites=sites,
        )

    def _work(self, slot: int, count: int, states: Mapping[str, Message], owners: Mapping[str, str]) -> list[Work]:
        """Jobs that may move, and what stays at each site as fixed work for as long as it is the same."""
        slot_s, works = self.told["slot_s"], []
        for site, state in states.items():
            for job in state.get("jobs", ()):
                begins = max(0, job.get("from_slot", 0) - slot)
                ends = min(job["by_slot"] - slot, count)
                if begins < ends and job["kw"] and job["wh_left"]:
                    works.append(
                        Work(
                            name=job["job"],
                            owner=owners[site],
                            home=site,
                            mw=job["kw"] / 1e3,
                            hours="all" if job.get("endless") else job["wh_left"] / (1e3 * job["kw"]),
                            from_s=begins * slot_s,
                            by_s=ends * slot_s,
                            zone=self.told["work_zones"].get(job["job"], ""),
                            most_mw=job.get("most_kw", job["kw"]) / 1e3,
                            state_bytes=float(job["state_bytes"]),
                            at=_shares(job, owners),
                        )
                    )
            works += self.stretches(f"{site} stays", site, owners[site], state["kw_min"][:count], "fixed")
            if "jobs" not in state:  # the ranges alone are known: what lies between may run elsewhere
                between = [most - least for least, most in zip(state["kw_min"], state["kw_max"], strict=True)]
                works += self.stretches(site_work(site), site, owners[site], between[:count], "flexible")
        return works

    def stretches(
        self, name: str, site: str, owner: str, kw: Sequence[int], kind: Literal["fixed", "flexible"]
    ) -> list[Work]:
        """Work of a site in each slot as it arrives, for as long as it is the same."""
        slot_s = self.told["slot_s"]
        return [
            Work(
                name=f"{name} {number}",
                owner=owner,
                home=site,
                mw=power / 1e3,
                from_s=begins * slot_s,
                by_s=ends * slot_s,
                kind=kind,
            )
            for number, (begins, ends, power) in enumerate(_runs(kw))
        ]


def _without_base(line: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in line.items() if name != "base_mw"}


def _ahead(figures: Sequence[float], slot: int, count: int) -> list[float]:
    """Figures of some slots from one on; beyond their end the last.

    >>> _ahead([1.0, 2.0, 3.0], 1, 4)
    [2.0, 3.0, 3.0, 3.0]
    """
    found = list(figures[slot : slot + count])
    return found + [figures[-1]] * (count - len(found))


def _shares(job: Mapping[str, Any], present: Mapping[str, str]) -> tuple[tuple[str, float], ...]:
    """Share of a job's state at each site that has spoken; of a job without state, and at home, nothing is said.

    >>> _shares({"state_bytes": 4, "at": {"a": 1, "b": 3, "c": 0}}, {"a": "x", "b": "x"})
    (('a', 0.25), ('b', 0.75))
    """
    whole, at = job["state_bytes"], job.get("at", {})
    return tuple((site, size / whole) for site, size in at.items() if site in present and size) if whole else ()


def _runs(kw: Sequence[int]) -> list[tuple[int, int, int]]:
    """Stretches of slots with one power above 0: (from, until before, kW).

    >>> _runs([0, 5, 5, 7])
    [(1, 3, 5), (3, 4, 7)]
    """
    found: list[tuple[int, int, int]] = []
    for slot, power in enumerate(kw):
        if found and found[-1][1:] == (slot, power):
            found[-1] = (found[-1][0], slot + 1, power)
        elif power:
            found.append((slot, slot + 1, power))
    return found


def brought_home(power: Power, none: Schedule) -> Schedule:
    """Return the schedule in which nothing shifts, but for the first slot: work runs where its state is, and comes home
    for the second."""
    run, moves = none.run_mw.copy(), []
    names = [site.name for site in power.sites]
    for index, work in enumerate(power.work):
        for site, share in work.at:
            if site != work.home:
                run[index, names.index(site), 0] = share * none.run_mw[index, :, 0].sum()
                run[index, names.index(work.home), 0] -= run[index, names.index(site), 0]
                size = share * work.state_bytes
                moves.append(Move(work=work.name, origin=site, target=work.home, slot=1, share=share, bytes=size))
    load = run.sum(axis=0)[:, 0]
    grid = none.grid_mw.copy()
    grid[:, 0] = [site.facility_mw(float(mw)) for site, mw in zip(power.sites, load, strict=True)]
    return replace(none, run_mw=run, grid_mw=grid, moves=tuple(moves))

# SPDX-License-Identifier: BSD-3-Clause
"""[guest] Proposals of an aggregator: its planner's schedules in the whole numbers of messages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from apnemu.emulation.apps.watt.powered import supplied
from apnemu.emulation.apps.watt.proposed import Proposal, Share, Transfer
from apnemu.emulation.apps.watt.tso import feed_name
from apnemu.model.power import Power
from apnemu.power.schedule import Schedule


def whole_kw(mw: Any) -> list[int]:
    """Whole kW of MW.

    >>> whole_kw([0.0004, 1.9996])
    [0, 2000]
    """
    return [int(value) for value in np.rint(np.asarray(mw, dtype=np.float64) * 1e3)]


def _joined(one: Share, other: Share) -> Share:
    """Two pieces of work of one home as one.

    >>> a = Share(home="a", base_kw=[1, 0], total_kw=[1, 0], away_kw={"b": [1, 0]})
    >>> _joined(a, Share(home="a", base_kw=[0, 2], total_kw=[0, 2], away_kw={"b": [0, 2]})).away_kw
    {'b': [1, 2]}
    """

    def both(first: Sequence[int], second: Sequence[int]) -> list[int]:
        return [a + b for a, b in zip(first, second, strict=True)]

    none = [0] * len(one.base_kw)
    return Share(
        home=one.home,
        base_kw=both(one.base_kw, other.base_kw),
        total_kw=both(one.total_kw, other.total_kw),
        away_kw={
            to: both(one.away_kw.get(to, none), other.away_kw.get(to, none))
            for to in [*one.away_kw, *(to for to in other.away_kw if to not in one.away_kw)]
        },
    )


def proposal(power: Power, none: Schedule, best: Schedule, count: int) -> Proposal:
    """A plan in whole kW beside the plan in which nothing shifts, with the change that each area and feed sees."""
    names = [site.name for site in power.sites]
    jobs: dict[str, Share] = {}
    stays = {name: [0] * count for name in names}
    for index, work in enumerate(power.work):
        home = names.index(work.home)
        run = best.run_mw[index][:, :count]
        if work.kind == "fixed":
            stays[work.home] = [had + kw for had, kw in zip(stays[work.home], whole_kw(run[home]), strict=True)]
            continue
        away = {name: whole_kw(run[at]) for at, name in enumerate(names) if at != home and run[at].any()}
        share = Share(
            home=work.home,
            base_kw=whole_kw(none.run_mw[index][:, :count].sum(axis=0)),
            total_kw=[kw + sum(of[slot] for of in away.values()) for slot, kw in enumerate(whole_kw(run[home]))],
            away_kw=away,
        )
        name = work.name.partition(" ")[0]  # stretches of one site's work go by its name
        jobs[name] = _joined(jobs[name], share) if name in jobs else share
    change: dict[str, list[int]] = {}
    for area in power.areas:
        here = [index for index, site in enumerate(power.sites) if site.area == area.name]
        change[area.name] = whole_kw((best.grid_mw[here] - none.grid_mw[here]).sum(axis=0)[:count])
    transfers = [
        Transfer(job=move.work, origin=move.origin, target=move.target, at=move.slot, bytes=round(move.bytes))
        for move in best.moves
        if move.slot < count
    ]
    for at, site in enumerate(power.sites):
        change[feed_name(site.name)] = whole_kw((best.grid_mw[at] - none.grid_mw[at])[:count])
    more = supplied(power, none, best, count)
    draws = {site.name: (site.area, [(at_none * 1e3, slope) for at_none, slope in site.lines]) for site in power.sites}
    return Proposal(jobs=jobs, stays_kw=stays, change_kw=change, transfers=transfers, draws=draws, **more)

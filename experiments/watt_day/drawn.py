# SPDX-License-Identifier: BSD-3-Clause
"""Figures of a day that its pictures are drawn from: flows over ties, power thrown away, moves of work, money."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from apnemu.model.power import Power
from apnemu.power.grid import by_area
from apnemu.power.money import settle
from apnemu.power.outcome import Outcome
from apnemu.power.program import Floats
from apnemu.power.schedule import Schedule

LEAST_MW = 1e-3
"""Least power whose change is a move: a whole kW, which is what messages have."""


def drawn(power: Power, seen: Schedule, real: Outcome, none: Outcome) -> dict[str, Any]:
    """Columns of a row: what ties carry (tie, slot), what is thrown away without a plan and what of it is used
    (area, slot), work that goes from site to site, and what each party has more than where nothing shifts."""
    surplus, used = _surplus(power, real, none)
    areas = [area.name for area in power.areas]
    return {
        "currency": power.currency,
        "flow_mw": _by_name([tie.name for tie in power.ties], real.flow_mw),
        "surplus_mw": _by_name(areas, surplus),
        "used_mw": _by_name(areas, used),
        "shifts": shifts(power, seen),
        "balance_yen": _balance(real, none),
    }


def shifts(power: Power, seen: Schedule) -> list[dict[str, Any]]:
    """Work that goes from site to site, slot by slot: what a site has less of is at those that have more of it.

    Before the first slot all work is at home. Work that pauses goes nowhere, and comes from where it ran last.
    """
    found: list[dict[str, Any]] = []
    for row, work in enumerate(power.work):
        last = np.zeros(len(power.sites))
        last[[site.name for site in power.sites].index(work.home)] = 1.0
        for slot in range(seen.run_mw.shape[2]):
            now = seen.run_mw[row, :, slot]
            total = float(now.sum())
            if total < LEAST_MW:
                continue
            change = now - last * total
            found += [
                {"slot": slot, "work": work.name, "from": power.sites[a].name, "to": power.sites[b].name, "mw": mw}
                for a, b, mw in _between(change)
            ]
            last = now / total
    return found


def _between(change: Floats) -> list[tuple[int, int, float]]:
    """Pairs of sites, the first with less and the second with more, each taking up all that it can."""
    pairs: list[tuple[int, int, float]] = []
    left = change.copy()
    for a in range(len(left)):
        for b in range(len(left)):
            mw = min(-left[a], left[b])
            if mw >= LEAST_MW:
                pairs.append((a, b, round(float(mw), 6)))
                left[a] += mw
                left[b] -= mw
    return pairs


def _surplus(power: Power, real: Outcome, none: Outcome) -> tuple[Floats, Floats]:
    """What is thrown away where nothing shifts, and what of it is used, both (area, slot)."""
    over = real.schedule.over
    if real.dispatch is not None and none.dispatch is not None:
        before = none.dispatch.curtailed_mw
        return before, np.maximum(before - real.dispatch.curtailed_mw, 0.0)
    surplus = over.of_areas("curtailed_mw")
    more = np.maximum(by_area(over, real.grid_mw) - by_area(over, none.grid_mw), 0.0)
    return surplus, np.minimum(surplus, more)


def _balance(real: Outcome, none: Outcome) -> dict[str, float]:
    """What each party has more than where nothing shifts; all together 0."""
    after, before = settle(real, none).balance(), settle(none, none).balance()
    names = dict.fromkeys([*before, *after])
    return {name: round(after.get(name, 0.0) - before.get(name, 0.0), 3) + 0.0 for name in names}


def _by_name(names: list[str], values: Floats) -> Mapping[str, list[float]]:
    return {name: [round(float(each), 3) for each in values[index]] for index, name in enumerate(names)}

# SPDX-License-Identifier: BSD-3-Clause
"""Grid operators of a day, and what each is told of its own lines, in the whole numbers of messages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from apnemu.emulation.apps.watt.tso import PARTS, feed_name
from apnemu.model.power import Power
from apnemu.power.flow import ptdf
from apnemu.power.grid import balancing, feeder_base_mw, tie_base_mw
from apnemu.power.horizon import Horizon
from apnemu.power.program import Floats


def operators_of(power: Power) -> dict[str, list[str]]:
    """Grid operators, each with its areas, in the file's order."""
    found: dict[str, list[str]] = {}
    for area in power.areas:
        found.setdefault(area.tso or f"tso-{area.name}", []).append(area.name)
    return found


def lines_of(power: Power, over: Horizon, operator: str) -> list[dict[str, Any]]:
    """The lines that an operator looks after: ties that end in its areas, and the feeders of these."""
    own = operators_of(power)[operator]
    names = [area.name for area in power.areas]
    lines: list[dict[str, Any]] = []
    if power.clearing == "price" and power.ties:
        carried = tie_base_mw(over)
        shares = _tie_shares(power, over)
        for index, tie in enumerate(power.ties):
            if {tie.a, tie.b} & set(own) and tie.kind == "ac":
                by_area = dict(zip(names, shares[index], strict=True))
                lines.append(_line(tie.name, carried[index], -tie.back_mw, tie.mw, by_area))
    for feeder in power.feeders:
        if feeder.area in own:
            base = feeder_base_mw(over, feeder.name, feeder.base)
            fed = {feed_name(site): np.ones(over.slots) for site in feeder.sites}
            lines.append(_line(feeder.name, base, -1e9, feeder.mw, fed))
    return lines


def _tie_shares(power: Power, over: Horizon) -> Floats:
    """What a tie carries more for each MW that an area draws more (tie, area, slot)."""
    part, group = balancing(over)
    count = len(power.areas)
    factors = ptdf(power)
    shares = np.zeros((len(power.ties), count, over.slots))
    for area in range(count):
        draws = np.zeros(count)
        draws[area] = 1.0
        shares[:, area, :] = factors @ (part * (group @ draws)[:, np.newaxis] - draws[:, np.newaxis])
    return shares


def _line(name: str, base_mw: Floats, least_mw: float, most_mw: float, shares: Mapping[str, Floats]) -> dict[str, Any]:
    return {
        "name": name,
        "base_kw": _kw(base_mw),
        "least_kw": round(least_mw * 1e3),
        "most_kw": round(most_mw * 1e3),
        "share": {area: short([round(value * PARTS) for value in series]) for area, series in shares.items()},
    }


def _kw(mw: Floats) -> list[int]:
    return [round(float(value) * 1e3) for value in mw]


def short(series: Sequence[int]) -> list[int]:
    """Figures without those at the end that repeat the one before.

    >>> short([3, 3, 4, 4, 4]), short([7, 7])
    ([3, 3, 4], [7])
    """
    kept = list(series)
    while len(kept) > 1 and kept[-1] == kept[-2]:
        kept.pop()
    return kept

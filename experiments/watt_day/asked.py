# SPDX-License-Identifier: BSD-3-Clause
"""What the aggregator asked of grid operators, judged by the true power flow as if all of it had been granted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from apnemu.model.power import Power
from apnemu.power.flow import over_mw, true_flows
from apnemu.power.grid import balancing, tie_base_mw
from apnemu.power.horizon import Horizon
from apnemu.power.program import Floats


def asked_figures(power: Power, over: Horizon, moved_mw: Floats, notes: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Most that was asked to shift between areas in a slot, what AC ties would then be over, and what did shift, in MW.

    `moved_mw` (area, slot) is the change of what areas draw as it came. None where nobody asked.
    """
    names = {area.name: index for index, area in enumerate(power.areas)}
    change = np.zeros((len(names), over.slots))
    asked = False
    for note in notes:
        for area, kw in note.get("asked_kw", {}).items():
            if area in names and note["slot"] < over.slots:
                change[names[area], note["slot"]] = kw / 1e3
                asked = True
    return {
        "asked_mw": _shifted_mw(change) if asked else None,
        "asked_over_mw": _over_mw(power, over, change) if asked and power.clearing == "price" else None,
        "granted_mw": _shifted_mw(moved_mw) if asked else None,
    }


def _shifted_mw(change: Floats) -> float:
    """Most by which areas draw more in a slot, all of them together."""
    return round(float(np.maximum(0.0, change).sum(axis=0).max(initial=0.0)), 6)


def _over_mw(power: Power, over: Horizon, change: Floats) -> float:
    """Most by which one slot's changes take ties over their limits, all ties together."""
    if not power.ties:
        return 0.0
    carried = tie_base_mw(over)
    part, group = balancing(over)
    flows = carried + true_flows(power, part * (group @ change) - change, np.zeros(carried.shape))
    return round(float(over_mw(power, flows, carried).sum(axis=0).max(initial=0.0)), 6)

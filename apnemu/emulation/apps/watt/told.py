# SPDX-License-Identifier: BSD-3-Clause
"""What an aggregator is told of a power system before the day: what everybody may know, and what nobody hides."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from apnemu.model.power import Power
from apnemu.power.grid import feeder_base_mw, tie_base_mw
from apnemu.power.horizon import horizon


def told(power: Power, days: int = 1, private: Collection[str] = (), operators: Collection[str] = ()) -> dict[str, Any]:
    """What an aggregator may know of a power system, as JSON: no work, no profile.

    `private` are owners whose jobs have no names outside, `operators` those who keep feeders and base flows to
    themselves: their feeders are then not told of, and of their ties no base flow.
    """
    over = horizon(power, days)
    own = {area.name for area in power.areas if (area.tso or f"tso-{area.name}") in operators}
    return {
        "name": power.name,
        "currency": power.currency,
        "clearing": power.clearing,
        "slot_s": power.profile.slot_s,
        "areas": [
            {"name": area.name, "tso": area.tso, "hz": area.hz}
            | {"supply": [[step.mw, step.yen_per_mwh, step.kgco2_per_mwh] for step in area.supply]}
            for area in power.areas
        ],
        "ties": [
            {"name": tie.name, "a": tie.a, "b": tie.b, "mw": tie.mw, "back_mw": tie.back_mw, "kind": tie.kind}
            | {"reactance": tie.reactance}
            | ({} if {tie.a, tie.b} & own else {"base_mw": base.tolist()})
            for tie, base in zip(power.ties, tie_base_mw(over), strict=True)
        ],
        "feeders": [
            {"name": feeder.name, "area": feeder.area, "sites": list(feeder.sites), "mw": feeder.mw}
            | {"base_mw": feeder_base_mw(over, feeder.name, feeder.base).tolist()}
            for feeder in power.feeders
            if feeder.area not in own
        ],
        "sites": [
            {"name": site.name, "area": site.area, "owner": site.owner, "zone": site.zone, "pooled": site.pooled}
            | {"feed_mw": site.feed_mw, "pue": [list(point) for point in site.pue], "lit_gbps": site.lit_gbps}
            for site in power.sites
        ],
        "zones": [
            {"name": zone.name, "sites": zone.sites if isinstance(zone.sites, str) else list(zone.sites)}
            for zone in power.zones
        ],
        "work_zones": {work.name: work.zone for work in power.work if work.zone and work.owner not in private},
        "gpu_yen_per_it_mwh": power.gpu.yen_per_it_mwh,
        "moves": {"nj_per_bit": power.moves.nj_per_bit, "stop_s": power.moves.stop_s},
    }

# SPDX-License-Identifier: BSD-3-Clause
"""What an agent is told of its own site: room, feed, facility, jobs, battery and plant, in whole W and W x ns."""

from __future__ import annotations

from typing import Any

from apnemu.emulation.apps.watt.response.load import BILLION, MILLION, NEVER
from apnemu.experiments.demand_response.scene import Running, Scene
from apnemu.experiments.demand_response.settings import Settings, clock_s
from apnemu.model.power import SitePower
from apnemu.power.horizon import horizon
from apnemu.power.sites import feed_mw
from apnemu.units import NS_PER_H, NS_PER_S

W_PER_MW = 1_000_000


def site_told(scene: Scene, settings: Settings, name: str, factor: float) -> dict[str, Any]:
    """A site as its agent has it; state grows by the factor by which its work was made larger."""
    site = scene.power.site[name]
    feed_w = _feed_w(scene, name, clock_s(settings.clock))
    battery = None
    if site.battery:
        full = round(site.battery.mwh * W_PER_MW) * NS_PER_H
        keeps_ppm = round(site.battery.efficiency * MILLION)
        battery = {"full": full, "most_w": round(site.battery.mw * W_PER_MW), "keeps_ppm": keeps_ppm}
    return {
        "room_w": round(site.room_mw * W_PER_MW),
        "lines": [[round(at_none * W_PER_MW * BILLION), round(slope * BILLION)] for at_none, slope in site.lines],
        "feed_w": feed_w,
        "jobs": [_job(scene, settings, site, one, factor) for one in scene.running[name]],
        "battery": battery,
        "plant_w": round(site.plant.mw * W_PER_MW) if site.plant else 0,
    }


def may_move(scene: Scene, site: SitePower, one: Running) -> bool:
    """Whether work may move to the scene's target."""
    if one.work.kind == "fixed" or not scene.to or not site.pooled:
        return False
    return scene.power.site[scene.to].pooled and scene.power.allowed(one.work, scene.to)


def _feed_w(scene: Scene, name: str, at_s: int) -> int | None:
    """Most that a site draws at the call; None without a limit."""
    over = horizon(scene.power)
    slot = min(at_s // scene.power.profile.slot_s, over.slots - 1)
    most = float(feed_mw(over)[[site.name for site in scene.power.sites].index(name), slot])
    return None if most == float("inf") else round(most * W_PER_MW)


def _job(scene: Scene, settings: Settings, site: SitePower, one: Running, factor: float) -> dict[str, Any]:
    work, w = one.work, round(one.mw * W_PER_MW)
    flexible = work.kind == "flexible"
    most_mw = one.mw if work.whole or work.endless else (work.most_mw or site.room_mw)
    return {
        "name": work.name,
        "w": w,
        "most_w": max(w, round(most_mw * W_PER_MW)),
        "cap_w": round(settings.cap_share * w) if flexible else 0,
        "left": None if one.done_s is None else w * round(one.done_s * NS_PER_S),
        "by_ns": NEVER if one.by_s is None else round(one.by_s * NS_PER_S),
        "whole": work.whole,
        "pausable": work.pausable and flexible,
        "state_bytes": round(work.state_bytes * factor),
        "sites": [scene.to] if may_move(scene, site, one) else [],
    }

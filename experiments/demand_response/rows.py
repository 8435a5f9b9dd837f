# SPDX-License-Identifier: BSD-3-Clause
"""What the parties noted, as a row for each call."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa  # type: ignore[import-untyped]  # it ships no types

from apnemu.experiments.demand_response.plans import Plan, plans_of, scale_of
from apnemu.experiments.demand_response.scene import Scene
from apnemu.experiments.demand_response.settings import Settings
from apnemu.experiments.demand_response.timeline import SLACK_MW, Response, Steps, energy, response, together
from apnemu.model.power import SitePower
from apnemu.question.context import Context, Row
from apnemu.records.query import groups
from apnemu.units import NS_PER_H, NS_PER_S

Notes = Sequence[Mapping[str, Any]]
W_PER_MW = 1e6
FAST_S, SLOW_S = 10.0, 300.0
"""Times in which field trials delivered: 10 s by batteries and caps, 5 minutes by moving work."""
NO_LINE = "none"
"""Connection in rows of calls for which no line fails."""
MOST_STEPS = 200
"""Most steps of a timeline that a row holds."""


def rows(table: pa.Table, contexts: Sequence[Context[Settings]]) -> list[Row]:
    """A row for each call."""
    noted = {
        key: [json.loads(record["detail"]) for record in records]
        for key, records in groups(table, "application", "network", "phase")
    }
    results: list[Row] = []
    for context in contexts:
        _, plans = plans_of(context.plant, context.settings)
        scale = scale_of(plans, context.settings)
        for plan in plans:
            notes = noted.get((context.network, plan.phase), [])
            results.append(_row(context, plan, scale, notes))
    return results


def without_call(
    scene: Scene, name: str, of: Callable[[SitePower, float], float] = SitePower.facility_mw
) -> list[tuple[float, float]]:
    """MW that a site's facility draws while nobody calls: each job runs at its power until it is done.

    `of` makes MW of the site and its load of IT.
    """
    site, running = scene.power.site[name], scene.running[name]
    ends = sorted({0.0, *(one.done_s for one in running if one.done_s is not None)})
    return [(end, of(site, sum(one.mw for one in running if one.done_s is None or one.done_s > end))) for end in ends]


def drawn(notes: Notes, site: str, key: str, otherwise: float) -> list[tuple[float, float]]:
    """MW of a site over time, as its agent noted them; of several notes of one instant the last holds."""
    steps: dict[float, float] = {0.0: otherwise}
    for note in notes:
        if note.get("site") == site and key in note:
            steps[max(0, note["at_ns"]) / NS_PER_S] = note[key] / W_PER_MW
    return sorted(steps.items())


def _row(context: Context[Settings], plan: Plan, scale: int, notes: Notes) -> Row:
    scene, settings = plan.scene, context.settings
    until = plan.over_ns / NS_PER_S
    usual = {name: without_call(scene, name) for name in scene.called}
    grid = {name: drawn(notes, name, "grid_w", usual[name][0][1]) for name in scene.called}
    less = _less([*usual.values()], [*grid.values()])
    called = next((note["called_kw"] / 1e3 for note in notes if "fault" in note), None)
    said = response(less, called or 0.0, settings.hold_s, until)
    told = next((note for note in notes if "answered_kw" in note), None)
    last = {note["site"]: note for note in notes if "grid_w" in note}
    lost_mwh = sum(sum(note["lost"].values()) for note in last.values()) / W_PER_MW / NS_PER_H
    made = _made_up(plan, settings, notes, said, lost_mwh)
    moves = [note for note in notes if "moved" in note]
    return {
        "network": context.network,
        "by": plan.case.by,
        "mw": None if plan.case.connection else plan.case.mw,
        "connection": plan.case.connection or NO_LINE,
        "fault": settings.fault,
        "area": scene.area,
        "admitted_mw": plan.admitted,
        "called_mw": called,
        "delivered_mw": None if called is None else said.delivered_mw,
        "predicted_mw": plan.predicted_mw,
        "whole_jobs": plan.at_least,
        "delivered_s": said.delivered_s,
        "predicted_s": None if plan.predicted_ns is None else plan.predicted_ns / NS_PER_S,
        "answered_s": told["told_ns"] / NS_PER_S if told else None,
        "predicted_answered_s": None if plan.answered_ns is None else plan.answered_ns / NS_PER_S,
        "held_s": said.held_s,
        "predicted_held_s": plan.held_s,
        "held_mwh": said.held_mwh,
        "rebound_mwh": made.rebound_mwh,
        "predicted_rebound_mwh": made.predicted_mwh,
        "drawn_later_mwh": said.more_mwh,
        "undone_it_mwh": lost_mwh,
        "jobs_lost": sum(note["late"] for note in last.values()),
        "within_10_s": within(said.delivered_s, FAST_S),
        "within_300_s": within(said.delivered_s, SLOW_S),
        "limit_s": plan.limit_s,
        "within_limit": _in_time(said, plan.limit_s, called) if called else None,
        "moves": len(moves),
        "moved_bytes": sum(note.get("moved_bytes", 0) for note in notes),
        "meant_bytes": scale * sum(note.get("moved_bytes", 0) for note in notes),
        "scale": scale,
        "elsewhere_mwh": made.elsewhere_mwh,
        "message_bytes": sum(note.get("sent_bytes", 0) for note in notes),
        "reason": next((note["why"] for note in notes if note.get("why")), ""),
        "load_mw": _timeline(together([*grid.values()], sum)),
        "usual_mw": _timeline(together([*usual.values()], sum)),
        "played_s": until,
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeUp:
    """What is drawn because of a call after it, or elsewhere: MWh at the grid, as it was and as it must be; and what
    other sites draw more while it holds."""

    rebound_mwh: float
    predicted_mwh: float
    elsewhere_mwh: float


def _made_up(plan: Plan, settings: Settings, notes: Notes, said: Response, lost_mwh: float) -> MadeUp:
    """Work that is done after all counts as what its home drew for it, also where it is done elsewhere, or later at a
    load at which the facility draws more for each MW.

    What was held back is made up or undone, of moved work by what is done elsewhere beyond what its home would have
    done after the hold; what a battery gave it takes back with its losses, as far as it is charged again; an own plant
    leaves nothing to be made up.
    """
    scene, by = plan.scene, plan.case.by
    ends_s = (said.delivered_s or 0.0) + settings.hold_s
    elsewhere_mwh = came_mwh = without_mwh = 0.0
    less_it, over_s = _less_it(scene, notes), plan.over_ns / NS_PER_S
    if scene.to:
        came = drawn(notes, scene.to, "guest_w", 0.0)
        own = scene.power.site[scene.to]
        load = scene.load_mw(scene.to)
        came_mwh = energy(came, 0, over_s)
        without_mwh = energy(less_it, ends_s, over_s, lambda mw: max(0.0, mw)) if by == "move" else 0.0
        elsewhere_mwh = energy(came, 0, ends_s, lambda mw: own.facility_mw(load + mw) - own.facility_mw(load))
    held_it_mwh = energy(less_it, 0, ends_s, lambda mw: max(0.0, mw))
    later_it_mwh = energy(less_it, 0, over_s, lambda mw: max(0.0, -mw))
    slope = said.held_mwh / held_it_mwh if held_it_mwh > 0 else 0.0
    predicted = max(0.0, said.held_mwh - lost_mwh * slope)
    if by == "plant":
        predicted = 0.0
    elif by == "battery":
        keeps = [site.battery.efficiency for name in plan.parts_kw if (site := scene.power.site[name]).battery]
        predicted = said.held_mwh / keeps[0] if keeps and settings.rebound else 0.0
    rebound = said.more_mwh if by == "battery" else (later_it_mwh + came_mwh - without_mwh) * slope
    return MadeUp(rebound_mwh=rebound, predicted_mwh=predicted, elsewhere_mwh=elsewhere_mwh)


def _less_it(scene: Scene, notes: Notes) -> list[tuple[float, float]]:
    """Work of IT, MW, that called sites do less of than without the call."""
    usual, now = [], []
    for name in scene.called:
        usual.append(without_call(scene, name, of=lambda site, mw: mw))
        now.append(drawn(notes, name, "it_w", usual[-1][0][1]))
    return _less(usual, now)


def _less(usual: Sequence[Steps], now: Sequence[Steps]) -> list[tuple[float, float]]:
    count = len(usual)
    return together([*usual, *now], lambda values: sum(values[:count]) - sum(values[count:]))


def _in_time(said: Response, limit_s: float, called_mw: float) -> bool:
    """Whether all that was called for was off within the operator's limit."""
    return within(said.delivered_s, limit_s) and said.delivered_mw > called_mw - SLACK_MW


def within(second: float | None, limit_s: float) -> bool:
    """Whether something came to pass, and no later than a limit."""
    return second is not None and second <= limit_s


def _timeline(steps: Steps) -> list[list[float]]:
    """Steps of a figure: seconds after the call and MW, of which each differs from the one before."""
    kept: list[list[float]] = []
    for since, value in steps:
        if not kept or round(value, 6) != kept[-1][1]:
            kept.append([round(since, 9), round(value, 6)])
    return kept[:MOST_STEPS]

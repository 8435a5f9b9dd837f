# SPDX-License-Identifier: BSD-3-Clause
"""What the parties noted, as a schedule that the truth judges: a row for each day."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa  # type: ignore[import-untyped]  # it ships no types

from apnemu.emulation.apps.watt.cover import HIDDEN
from apnemu.experiments.watt_day.asked import asked_figures
from apnemu.experiments.watt_day.changed import changed
from apnemu.experiments.watt_day.drawn import drawn
from apnemu.experiments.watt_day.hiding import NOTHING
from apnemu.experiments.watt_day.light import why_none
from apnemu.experiments.watt_day.moved import move_columns, moves_made
from apnemu.experiments.watt_day.papers import agent_name
from apnemu.experiments.watt_day.settings import Day, Settings, days
from apnemu.experiments.watt_day.supplied import with_supply
from apnemu.model.power import Power
from apnemu.power.forecast import forecast
from apnemu.power.grid import by_area
from apnemu.power.money import settle
from apnemu.power.outcome import Outcome, outcome
from apnemu.power.program import Floats
from apnemu.power.schedule import Schedule
from apnemu.power.shift import plan
from apnemu.power.veto import granted
from apnemu.question.context import Context, Row
from apnemu.records.query import groups

TWICE_MWH = 1e-3
"""Energy below which work has not run twice: what whole kW of messages leave."""


def rows(table: pa.Table, contexts: Sequence[Context[Settings]]) -> list[Row]:
    """A row for each network and day."""
    noted = {
        of_stage: [json.loads(record["detail"]) for record in records]
        for of_stage, records in groups(table, "application", "network", "phase")
    }
    results: list[Row] = []
    for context in contexts:
        given = context.plant.power
        assert given is not None
        for day in days(context.settings):
            power = changed(given, day, context.settings)
            base = plan(power, replace(day.asked(context.settings), shift="none"))
            notes = noted.get((context.network, day.phase), [])
            results.append(_row(context, power, day, base, notes))
    none = {_but_shift(row): row["cost_yen"] for row in results if row["shift"] == "none"}
    known = {_but_hidden(row): row["cost_yen"] for row in results if row["hide"] == row["drop"] == NOTHING}
    return [
        {
            **row,
            "none_yen": none.get(_but_shift(row)),
            "lost_gain_yen": _beside(row["cost_yen"], known.get(_but_hidden(row))),
        }
        for row in results
    ]


def _lacks_full_size(notes: Sequence[Mapping[str, Any]]) -> bool:
    """Whether state went over the network, and nothing of it at full size."""
    scales = [note["scale"] for note in notes if "carries" in note]
    return bool(scales) and 1 not in scales


def _beside(cost: float | None, other: float | None) -> float | None:
    return None if cost is None or other is None else cost - other


def _but_shift(row: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(row[name] for name in ("network", "flow", "control", "idle"))


def _but_hidden(row: Mapping[str, Any]) -> tuple[Any, ...]:
    same = ("network", "shift", "idle", "forecast", "flow", "control", "jobs", "pooled_share")
    return tuple(row[name] for name in same)


def _row(context: Context[Settings], power: Power, day: Day, base: Schedule, notes: Sequence[Mapping[str, Any]]) -> Row:
    settings = context.settings
    notes = [_by_own_name(power, note) for note in notes]
    asked = day.asked(settings)
    believed = day.believed(settings, context.seed)
    guess = forecast(power, believed.kind, sigma=believed.sigma, error=believed.error, seed=believed.seed).power
    none = outcome(power, base, base)
    seen = schedule_of(power, replace(base, asked=asked), notes)
    real = outcome(power, seen, base)
    planned = _planned(power, guess, day, settings, base)
    best = planned if guess is power else _planned(power, power, day, settings, base)
    money = settle(real, none)
    balance = money.balance()
    roles = {party.name: party.role for party in power.parties}
    slots = [note for note in notes if "home_kw" in note]
    return {
        "network": context.network,
        "shift": day.shift,
        "idle": day.idle,
        "forecast": day.forecast,
        "flow": day.flow,
        "control": day.control,
        "jobs": day.jobs,
        "hide": day.hide,
        "drop": day.drop,
        "pooled_share": day.pooled_share,
        "cost_yen": real.cost,
        "bound_yen": planned.bound,
        "planned_yen": planned.cost,
        "energy_mwh": real.energy_mwh,
        "tco2": real.tco2,
        "surplus_used_mwh": real.surplus_used_mwh,
        "curtailed_mwh": real.curtailed_mwh,
        "overload_mwh": real.overload_mwh,
        "vetoes": sum(bool(note.get("vetoes")) for note in notes),
        "idle_gpu_mwh": real.idle_gpu_mwh,
        "undone_mwh": real.undone_mwh,
        "twice_mwh": _twice_mwh(power, seen),
        "deadline_misses": real.deadline_misses,
        **move_columns(power, real, money.gains, notes),
        "full_size_why": why_none(power, settings, day) if _lacks_full_size(notes) else "",
        "moved_mwh": _elsewhere_mwh(power, seen),
        "large_to_small_mwh": _between(power, seen, up=False),
        "small_to_large_mwh": _between(power, seen, up=True),
        "alone_slots": sum(note["order_slot"] is None for note in slots),
        "unknown_mwh": sum(kw for note in slots for kw in note["unknown_kw"].values()) * power.profile.slot_h / 1e3,
        "refused_messages": sum("audit" in note for note in notes),
        "message_bytes": sum(note.get("sent_bytes", 0) for note in notes),
        "peak_mw": real.peak_mw,
        "regret_yen": real.cost - best.cost,
        **asked_figures(power, base.over, by_area(base.over, real.grid_mw - none.grid_mw), notes),
        "dc_yen": sum(gain for party, gain in money.gains.items() if roles.get(party, "dc") == "dc"),
        "aggregator_yen": sum(gain for party, gain in money.gains.items() if roles.get(party) == "aggregator"),
        "tso_yen": round(sum(of for party, of in balance.items() if roles.get(party) == "power"), 3) + 0.0,
        "unbalanced_yen": round(sum(balance.values()), 3) + 0.0,
        "battery_mwh": float(seen.discharge_mw.sum()) * power.profile.slot_h,
        "own_mwh": float(seen.own_mw.sum()) * power.profile.slot_h,
        "load_mw": _by_site(power, seen.load_mw),
        "price_yen_per_mwh": _by_area(power, real.price_per_mwh),
        "slot_s": power.profile.slot_s,
        **drawn(power, seen, real, none),
    }


def _planned(power: Power, guess: Power, day: Day, settings: Settings, base: Schedule) -> Outcome:
    """What the plan comes to that is computed at once, with what operators grant of it."""
    asked = day.asked(settings)
    if day.control == "alone":
        waits = asked.shift in ("time", "both") and asked.idle == "free"
        asked = replace(asked, shift="time" if waits else "none")
    if asked.shift == "none":
        return outcome(power, replace(base, asked=asked), base)
    believed_base = base if guess is power else plan(guess, replace(asked, shift="none"))
    schedule = plan(guess, asked, believed_base)
    if power.clearing == "price" and (power.ties or power.feeders):
        schedule = granted(replace(schedule, over=replace(schedule.over, power=power)), base)
    return outcome(power, schedule, base)


def schedule_of(power: Power, base: Schedule, notes: Sequence[Mapping[str, Any]]) -> Schedule:
    """What ran where, as agents noted it; sites draw from the grid what their facilities need."""
    works = {work.name: index for index, work in enumerate(power.work)}
    sites = {site.name: index for index, site in enumerate(power.sites)}
    run = np.zeros_like(base.run_mw)
    notes = list(notes)
    for note in notes:
        if "home_kw" in note and note["slot"] < run.shape[2]:
            for job, kw in note["home_kw"].items():
                run[works[job], sites[note["site"]], note["slot"]] += kw / 1e3
            for guest, kw in note["guest_kw"].items():
                run[works[_work_of(power, guest)], sites[note["site"]], note["slot"]] += kw / 1e3
    facility = np.array(
        [[site.facility_mw(float(load)) for load in run[:, index].sum(axis=0)] for site, index in _indexed(power)]
    ).reshape(base.grid_mw.shape)
    over = base.over
    asked_mwh = base.run_mw.sum(axis=(1, 2)) * over.hours + base.undone_mwh
    undone = np.maximum(0.0, asked_mwh - run.sum(axis=(1, 2)) * over.hours)
    seen = replace(
        base,
        run_mw=run,
        facility_mw=facility,
        dark_mw=np.zeros_like(facility),
        undone_mwh=np.where(undone > TWICE_MWH, undone, 0.0),
        moves=moves_made(notes),
        flow_change_mw=None,
    )
    return with_supply(seen, notes)


def _work_of(power: Power, guest: str) -> str:
    """Name of a guest's work: its own, or where it is hidden that of its number at home."""
    name, _, agent = guest.partition(" of ")
    if name in {work.name for work in power.work}:
        return name
    at_home = [work.name for work in power.work if agent_name(work.home) == agent]
    return at_home[int(name.removeprefix(HIDDEN).partition("-")[0])]


def _by_own_name(power: Power, note: Mapping[str, Any]) -> Mapping[str, Any]:
    """What a carrier noted of state on its way, by the work's own name: hidden, it goes by its number at home."""
    return {**note, "job": _work_of(power, f"{note['job']} of {note['owner']}")} if "carries" in note else note


def _indexed(power: Power) -> list[tuple[Any, int]]:
    return [(site, index) for index, site in enumerate(power.sites)]


def _twice_mwh(power: Power, schedule: Schedule) -> float:
    """Energy of work beyond what was asked for, and beyond its own power in a slot."""
    hours, total = schedule.over.hours, 0.0
    for index in range(len(power.work)):
        ran = float(schedule.run_mw[index].sum()) * hours
        asked = float(schedule.over.arrival_mw[index].sum()) * hours
        slack = TWICE_MWH * schedule.over.slots
        total += max(0.0, ran - asked - slack)
    return total


def _elsewhere_mwh(power: Power, schedule: Schedule) -> float:
    """Energy of work that ran away from home."""
    away = sum(
        float(schedule.run_mw[row, index].sum())
        for row, work in enumerate(power.work)
        for site, index in _indexed(power)
        if site.name != work.home
    )
    return away * schedule.over.hours


def _between(power: Power, schedule: Schedule, *, up: bool) -> float:
    """Energy of work that ran away from home at a larger site, or at a smaller one."""
    total = 0.0
    for row, work in enumerate(power.work):
        home = power.site[work.home].room_mw
        for site, index in _indexed(power):
            if (site.room_mw > home) if up else (site.room_mw < home):
                total += float(schedule.run_mw[row, index].sum())
    return total * schedule.over.hours


def _by_site(power: Power, values: Floats) -> dict[str, list[float]]:
    return {site.name: [round(float(mw), 6) for mw in values[index]] for site, index in _indexed(power)}


def _by_area(power: Power, values: Floats) -> dict[str, list[float]]:
    return {area.name: [round(float(each), 6) for each in values[i]] for i, area in enumerate(power.areas)}

# SPDX-License-Identifier: BSD-3-Clause
"""Pages to be looked at: recorded runs, and a day over a whole country as its plans have it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from apnemu.experiments.watt_day.drawn import drawn
from apnemu.model.power import SHIFTS
from apnemu.power.horizon import Asked as Plan
from apnemu.power.outcome import outcome
from apnemu.power.shift import plan
from apnemu.question.discovery import load_experiment, shipped_topology
from apnemu.report.language import spoken
from apnemu.report.page import render
from apnemu.running.asked import Asked, answer, resolve
from apnemu.running.finished import Finished
from apnemu.running.request import Request
from tests.recorded.case import case_of, finished

COUNTRY = "a day over a country"
PAGES = (COUNTRY, "watt_day", "siting", "dispersal", "demand_response", "disaster", "sovereignty")
DEMO = ("latency", "control_loop", "throughput")


@cache
def run_of(name: str) -> Finished:
    """A recorded run, or the day over a country."""
    if name == COUNTRY:
        experiment = load_experiment("watt_day")
        asked = resolve(Request(experiment=experiment, topology=shipped_topology("phase-late-2030s")))
        rows: Sequence[Mapping[str, Any]] = _days(asked)
    else:
        case = case_of(name)
        asked = resolve(case.request)
        rows = case.rows(asked)
    return finished(asked, [dict(row) for row in rows], answer(asked, rows))


def page_of(*names: str, language: str = "en") -> str:
    """The page of these runs in a language."""
    runs = [run_of(name) for name in names]
    with spoken(language):
        return render([part for run in runs for part in run.parts()], runs[0].picture)


def written(folder: Path, *names: str, language: str = "en") -> Path:
    """A file with that page."""
    file = folder / "page.html"
    file.write_text(page_of(*names, language=language), encoding="utf-8")
    return file


def _days(asked: Asked) -> list[dict[str, Any]]:
    """Rows of a watt-bit day with each shift: those of a recorded one, with the figures that its plans come to."""
    power = asked.plant.power
    assert power is not None
    like = case_of("watt_day")
    row = like.rows(resolve(like.request))[0]
    base = plan(power, Plan(shift="none"))
    none = outcome(power, base, base)
    rows = []
    for shift in SHIFTS:
        schedule = plan(power, Plan(shift=shift), base)
        real = outcome(power, replace(schedule, moves=()), base)
        load = {site.name: [float(mw) for mw in schedule.load_mw[index]] for index, site in enumerate(power.sites)}
        figures = {"cost_yen": real.cost, "planned_yen": real.cost, "none_yen": none.cost, "load_mw": load}
        same = ("energy_mwh", "tco2", "surplus_used_mwh", "curtailed_mwh", "overload_mwh", "peak_mw")
        figures |= {name: getattr(real, name) for name in same}
        rows.append({**row, "shift": shift, **figures, **drawn(power, schedule, real, none)})
    return rows

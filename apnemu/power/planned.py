# SPDX-License-Identifier: BSD-3-Clause
"""What `apnemu power` asks: the four shifts of a topology's day with what each costs, or a power file's dispatch.

Both are documents of plain values, units in their names; money is named after the file's currency.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np

from apnemu.model.power import SHIFTS, Power, Shift
from apnemu.power.flow import Dispatch, dispatch, over_mw
from apnemu.power.forecast import Forecast, Kind, forecast
from apnemu.power.horizon import Asked, Horizon, horizon
from apnemu.power.money import settle
from apnemu.power.outcome import Outcome, outcome
from apnemu.power.shift import plan


@dataclass(frozen=True, slots=True, kw_only=True)
class Believed:
    """How a planner comes to believe what it believes (see `forecast`)."""

    kind: Kind = "perfect"
    sigma: float = 0.1
    error: Literal["normal", "uniform"] = "normal"
    seed: int = 1


PERFECT = Believed()


@dataclass(frozen=True, kw_only=True)
class Compared:
    """Outcomes by shift, and the forecast that the plans were made on."""

    outcomes: dict[Shift, Outcome] = field(default_factory=dict)
    none: Outcome
    believed: Forecast


def compared(power: Power, asked: Asked, believed: Believed = PERFECT, shifts: Iterable[Shift] = SHIFTS) -> Compared:
    """A plan for each shift, each made on the forecast and counted by the truth, beside *none* by the truth.

    Raises:
        InputError: the profile is too short for the days or the forecast.
    """
    guess = forecast(power, believed.kind, sigma=believed.sigma, error=believed.error, seed=believed.seed)
    none = replace(asked, shift="none")
    base = plan(power, none)
    believed_base = base if believed.kind == "perfect" else plan(guess.power, none)
    outcomes: dict[Shift, Outcome] = {}
    for shift in shifts:
        own = replace(asked, shift=shift)
        schedule = base if shift == "none" else plan(guess.power, own, believed_base)
        outcomes[shift] = outcome(power, schedule, base)
    none_outcome = outcomes["none"] if "none" in outcomes else outcome(power, base, base)
    return Compared(outcomes=outcomes, none=none_outcome, believed=guess)


def shifts_document(
    power: Power, asked: Asked, believed: Believed = PERFECT, shifts: Iterable[Shift] = SHIFTS
) -> dict[str, Any]:
    """The document of a topology with power: a row for each shift, with its sites, parties and moves."""
    compare = compared(power, asked, believed, shifts)
    over = horizon(power, asked.days)
    none = compare.none
    return {
        **_head(power, over),
        "idle": asked.idle,
        "flow": asked.flow,
        "jobs": asked.jobs,
        "forecast": believed.kind,
        "largest_error": {_named(power, name): error for name, error in compare.believed.largest_error.items()},
        "shifts": [_row(power, shift, each, none) for shift, each in compare.outcomes.items()],
    }


def _head(power: Power, over: Horizon) -> dict[str, Any]:
    return {
        "name": power.name,
        "currency": power.currency,
        "clearing": power.clearing,
        "begins": power.profile.at(over.begin).isoformat(),
        "slots": over.slots,
        "slot_s": power.profile.slot_s,
        "areas_count": len(power.areas),
        "ties_count": len(power.ties),
    }


def _named(power: Power, quantity: str) -> str:
    return quantity.replace("yen", power.money)


def _row(power: Power, shift: Shift, each: Outcome, none: Outcome) -> dict[str, Any]:
    money, schedule = power.money, each.schedule
    settled = settle(each, none)
    hours = schedule.over.hours
    load = schedule.load_mw
    return {
        "shift": shift,
        f"cost_{money}": each.cost,
        f"bound_{money}": each.bound,
        **{f"{name}_{money}": amount for name, amount in each.parts.items()},
        "energy_mwh": each.energy_mwh,
        "tco2": each.tco2,
        "surplus_used_mwh": each.surplus_used_mwh,
        "curtailed_mwh": each.curtailed_mwh,
        "overload_mwh": each.overload_mwh,
        "idle_gpu_mwh": each.idle_gpu_mwh,
        "undone_mwh": each.undone_mwh,
        "deadline_misses": each.deadline_misses,
        "moves": each.moves,
        "moved_bytes": each.moved_bytes,
        "move_wh": each.move_wh,
        "peak_mw": each.peak_mw,
        "sites": [
            {
                "site": site.name,
                "area": site.area,
                "it_mwh": float(load[index].sum()) * hours,
                "grid_mwh": float(each.grid_mw[index].sum()) * hours,
                "peak_mw": float(each.grid_mw[index].max()),
                "load_mw": _rounded(load[index]),
            }
            for index, site in enumerate(power.sites)
        ],
        "parties": [
            {"party": party, f"balance_{money}": balance, f"gain_{money}": settled.gains.get(party)}
            for party, balance in sorted(settled.balance().items())
        ],
        "moved": [
            {"work": move.work, "from": move.origin, "to": move.target, "slot": move.slot, "bytes": move.bytes}
            for move in schedule.moves
        ],
    }


def _rounded(values: Iterable[float]) -> list[float]:
    """Figures without the optimiser's last digits."""
    return [round(float(value), 6) + 0.0 for value in values]


def dispatch_document(power: Power, days: int = 1) -> dict[str, Any]:
    """The document of a power file alone: prices of its areas and, where its supply makes them, dispatch and flows."""
    over = horizon(power, days)
    head = _head(power, over)
    if power.clearing == "price":
        price = over.of_areas("price_yen_per_mwh")
        return {**head, "areas": [_area(power, index, price) for index in range(len(power.areas))], "ties": []}
    found = dispatch(power, np.zeros((len(power.areas), over.slots)), over.begin)
    hours = over.slots * over.hours
    return {
        **head,
        f"cost_{power.money}": found.cost,
        f"cost_{power.money}_per_h": found.cost / hours,
        "tco2": found.kgco2 / 1e3,
        "unserved_mwh": float(found.unserved_mw.sum()) * over.hours,
        "curtailed_mwh": float(found.curtailed_mw.sum()) * over.hours,
        "areas": [_dispatched_area(power, over, index, found) for index in range(len(power.areas))],
        "ties": [_tie(power, over, index, found) for index in range(len(power.ties))],
    }


def _area(power: Power, index: int, price: np.ndarray[tuple[int, int], np.dtype[np.float64]]) -> dict[str, Any]:
    own = price[index]
    name = f"{power.money}_per_mwh"
    return {
        "area": power.areas[index].name,
        f"price_{name}": float(own.mean()),
        f"lowest_{name}": float(own.min()),
        f"highest_{name}": float(own.max()),
        f"prices_{name}": _rounded(own),
    }


def _dispatched_area(power: Power, over: Horizon, index: int, found: Dispatch) -> dict[str, Any]:
    name, hours = power.areas[index].name, over.hours
    made = [mw for (area, _), mw in zip(found.steps, found.generation_mw, strict=True) if area == name]
    return {
        **_area(power, index, found.price_per_mwh),
        "demand_mwh": float(over.of_areas("demand_mw")[index].sum()) * hours,
        "generation_mwh": float(np.sum(made)) * hours,
        "sun_and_wind_mwh": float(found.used_mw[index].sum()) * hours,
        "curtailed_mwh": float(found.curtailed_mw[index].sum()) * hours,
        "unserved_mwh": float(found.unserved_mw[index].sum()) * hours,
        "generation_mw": [_rounded(step) for step in made],
    }


def _tie(power: Power, over: Horizon, index: int, found: Dispatch) -> dict[str, Any]:
    tie, flow = power.ties[index], found.flow_mw[index]
    full = np.isclose(flow, tie.mw) | np.isclose(flow, -tie.back_mw)
    over_mwh = over_mw(power, found.flow_mw, np.zeros_like(found.flow_mw))[index].sum() * over.hours
    return {
        "tie": tie.name,
        "from": tie.a,
        "to": tie.b,
        "kind": tie.kind,
        "mw": tie.mw,
        "back_mw": tie.back_mw,
        "mean_mw": float(flow.mean()),
        "most_mw": float(flow.max()),
        "least_mw": float(flow.min()),
        "full_h": float(full.sum()) * over.hours,
        "overload_mwh": float(over_mwh),
        "flow_mw": _rounded(flow),
    }

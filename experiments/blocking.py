"""How often does an on-demand network of wavelengths refuse a request, at a given load?

The answers expected are an independent simulation's of the same rules, which agrees with XLRON's tables to "Hype or
Hope? Deep reinforcement learning for optical networks" (JOCN 17(9), 2025, doi 10.1364/JOCN.559990): 0.02 +- 0.03,
0.20 +- 0.12, 0.80 +- 0.32 % by hops at 200, 220, 240 E, 2.47 +- 0.43 % by km at 220 E, 3.07 +- 0.20 % on the flexible
grid at 250 E nominal.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from time import perf_counter_ns
from typing import Any

from apnemu.errors import InputError
from apnemu.model.plant import Plant
from apnemu.planning.blocking import Rules, simulate
from apnemu.planning.blocking.erlang import is_exact, least_blocking
from apnemu.question.experiment import Experiment, Row, Setting

TOLERANCE = 0.10
REFERENCE = {
    (Rules(order="hops"), 200.0): 0.00019,
    (Rules(order="hops"), 220.0): 0.00157,
    (Rules(order="hops"), 240.0): 0.00756,
    (Rules(order="km"), 220.0): 0.02417,
    (Rules(grid="flex", slots=100, order="hops", separate=True, redrawn=True), 250.0): 0.03077,
}
"""On NSFNET with 22 fibres."""


def rules(settings: Mapping[str, Any]) -> Rules:
    """Raises InputError for rates upside down."""
    flex = settings["grid"] == "flex"
    low, high = settings["rate_low_gbps"], settings["rate_high_gbps"]
    if low > high:
        raise InputError(
            f"rate_low_gbps is {low}; it must not be above rate_high_gbps, {high}; swap them", file="--set"
        )
    return Rules(
        grid=settings["grid"],
        slots=settings["slots" if flex else "wavelengths"],
        k=settings["k"],
        order=settings["order"],
        fit=settings["fit"],
        separate=settings["spectrum"] == "separate" or (settings["spectrum"] == "auto" and flex),
        redrawn=settings["holding"] == "redrawn" or (settings["holding"] == "auto" and flex),
        **({"guard_slots": settings["guard_slots"], "rates_gbps": (low, high)} if flex else {}),
    )


def computed(plant: Plant, settings: Mapping[str, Any], seed: int) -> list[Row]:
    played = rules(settings)
    rows = []
    for load in settings["load"]:
        found = simulate(
            plant, played, load_erlang=load, requests=settings["requests"], seed=seed, clock=perf_counter_ns
        )
        floor = least_blocking(plant, played, load)
        known = REFERENCE.get((played, load)) if (plant.name, len(plant.fibres)) == ("nsfnet", 22) else None
        rows.append(
            {
                "load_erlang": load,
                "blocking": found.blocking,
                "ci95": found.ci95,
                "requests": found.requests,
                "requests_per_s": round(found.pace),
                "warm_up_requests": found.warm_up,
                "least_blocking": floor,
                "erlang_b": floor if is_exact(plant, played) else None,
                "reference_blocking": known,
            }
        )
    return rows


def expected(settings: Mapping[str, Any]) -> str:
    played = rules(settings)
    grid = f"{played.slots} slots of 12.5 GHz" if played.grid == "flex" else f"{played.slots} wavelengths"
    return (
        f"with {grid}, {'each direction its own' if played.separate else 'both directions sharing them'}, and "
        f"{'holding times redrawn at twice their mean' if played.redrawn else 'exponential holding times'}: "
        "nowhere below the Erlang bound of a site's own fibres; between two sites Erlang B within 1.5 times the 95 % "
        f"interval; where a reference is known (NSFNET) within {TOLERANCE:.0%} of it and the 95 % interval"
    )


def met(results: Sequence[Row], settings: Mapping[str, Any]) -> bool:
    return all(_met(row) for row in results)


def _met(row: Row) -> bool:
    blocking, wide = row["blocking"], 1.5 * row["ci95"]
    if row["erlang_b"] is not None and abs(blocking - row["erlang_b"]) > wide:
        return False
    known = row["reference_blocking"]
    if known is not None and abs(blocking - known) > TOLERANCE * known + row["ci95"]:
        return False
    return bool(blocking >= row["least_blocking"] - wide)


EXPERIMENT = Experiment(
    name="blocking",
    question="How often does an on-demand network of wavelengths refuse a request?",
    topology="nsfnet",
    networks=("apn",),
    settings=(
        Setting(name="grid", default="fixed", choices=("fixed", "flex"), meaning="wavelengths, or slots of 12.5 GHz"),
        Setting(name="wavelengths", default=40, low=1, high=1023, whole=True, meaning="on the fixed grid, per fibre"),
        Setting(name="slots", default=100, low=1, high=1023, whole=True, meaning="on the flexible grid, per fibre"),
        Setting(name="guard_slots", default=1, low=0, high=100, whole=True, meaning="above every flexible channel"),
        Setting(name="rate_low_gbps", default=25, low=1, high=10_000, whole=True, meaning="least rate, flexible grid"),
        Setting(name="rate_high_gbps", default=100, low=1, high=10_000, whole=True, meaning="highest rate, the same"),
        Setting(name="k", default=5, low=1, high=1000, whole=True, meaning="routes tried for a request"),
        Setting(
            name="order",
            default="hops",
            choices=("km", "hops", "km-hops", "hops-km"),
            meaning="of the routes: as published by km or hops, or this project's own km-hops or hops-km",
        ),
        Setting(
            name="fit",
            default="first",
            choices=("first", "best", "fragments"),
            meaning="the lowest free slots, the tightest, or those that leave the fewest fragments",
        ),
        Setting(
            name="load", default=(200, 220, 240), low=0.001, high=1e6, many=True, meaning="nominal load in erlangs"
        ),
        Setting(name="requests", default=10_000_000, low=1000, high=1e9, whole=True, meaning="counted, for each load"),
        Setting(
            name="spectrum",
            default="auto",
            choices=("auto", "shared", "separate"),
            meaning="of a fibre's two directions: auto is shared on the fixed and separate on the flexible grid",
        ),
        Setting(
            name="holding",
            default="auto",
            choices=("auto", "exponential", "redrawn"),
            meaning="auto is redrawn above twice the mean on the flexible grid (0.687 x nominal load), as published",
        ),
    ),
    expected=expected,
    met=met,
    computed=computed,
)

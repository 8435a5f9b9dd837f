# SPDX-License-Identifier: BSD-3-Clause
"""How often does an on-demand network of wavelengths refuse a request, at a given load?

The answers expected are an independent simulation's of the same rules, which agrees with XLRON's tables to "Hype or
Hope? Deep reinforcement learning for optical networks" (JOCN 17(9), 2025, doi 10.1364/JOCN.559990): 0.02 +- 0.03,
0.20 +- 0.12, 0.80 +- 0.32 % by hops at 200, 220, 240 E, 2.47 +- 0.43 % by km at 220 E, 3.07 +- 0.20 % on the flexible
grid at 250 E nominal. By hops over bit/symbol they are those of XLRON's pull request 46 for `ksp_ff` (50 runs of 40,000
requests for each load; a simulation here comes within 4 % of them).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from time import perf_counter_ns
from typing import Annotated, Any, Literal

from apnemu.errors import InputError
from apnemu.model.plant import Plant
from apnemu.planning.blocking import Rules, simulate
from apnemu.planning.blocking.candidates import Order
from apnemu.planning.blocking.erlang import is_exact, least_blocking
from apnemu.planning.blocking.rules import Fit, Grid
from apnemu.question.context import Row
from apnemu.question.experiment import Experiment
from apnemu.question.settings import Setting
from apnemu.question.verdict import Claim, Verdict, at_least, judge_rows, near
from apnemu.report import columns
from apnemu.report.curves import Curve
from apnemu.report.shown import Shown

TOLERANCE = 0.10
REFERENCE = {
    (Rules(order="hops"), 200.0): 0.00019,
    (Rules(order="hops"), 220.0): 0.00157,
    (Rules(order="hops"), 240.0): 0.00756,
    (Rules(order="km"), 220.0): 0.02417,
    (Rules(grid="flex", slots=100, order="hops", separate=True, redrawn=True), 250.0): 0.03077,
    **{
        (Rules(grid="flex", slots=100, order="spectral", separate=True, redrawn=True), load): blocking
        for load, blocking in ((190.0, 0.00212), (210.0, 0.00624), (230.0, 0.0140), (250.0, 0.0252), (270.0, 0.0393))
    },
}
"""Blocking on NSFNET with 22 fibres: (rules, load in erlangs) -> share of requests refused."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What `--set` may change."""

    grid: Annotated[Grid, Setting("Grid: fixed for wavelengths, flex for slots of 12.5 GHz")] = "fixed"
    wavelengths: Annotated[int, Setting("Wavelengths in a fibre on the fixed grid", low=1, high=1023)] = 40
    slots: Annotated[int, Setting("Slots of 12.5 GHz in a fibre on the flexible grid", low=1, high=1023)] = 100
    guard_slots: Annotated[int, Setting("Slots left free above every flexible channel", low=0, high=100)] = 1
    rate_low_gbps: Annotated[
        int, Setting("Least rate that is asked for on the flexible grid", "Gbit/s", low=1, high=10_000)
    ] = 25
    rate_high_gbps: Annotated[
        int, Setting("Highest rate that is asked for on the flexible grid", "Gbit/s", low=1, high=10_000)
    ] = 100
    rates_gbps: Annotated[
        tuple[int, ...],
        Setting(
            "Rates that are asked for on the flexible grid; none: every whole number from rate_low_gbps to"
            " rate_high_gbps",
            "Gbit/s",
            low=1,
            high=10_000,
        ),
    ] = ()
    rate_weights: Annotated[
        tuple[float, ...], Setting("How often each of rates_gbps is asked for; none: equally often", low=1e-9, high=1e9)
    ] = ()
    site_weights: Annotated[
        tuple[float, ...],
        Setting(
            "How much each data centre asks for, in the file's order: pairs come as the product; none: equally often",
            low=1e-9,
            high=1e9,
        ),
    ] = ()
    k: Annotated[int, Setting("Routes tried for a request", low=1, high=1000)] = 5
    order: Annotated[
        Order,
        Setting(
            "Order of the routes: as published by km, hops or spectral (hops over bit/symbol, XLRON's default), or this"
            " project's own km-hops or hops-km"
        ),
    ] = "hops"
    fit: Annotated[
        Fit, Setting("Slots that are taken: the lowest free, the tightest, or those that leave the fewest fragments")
    ] = "first"
    load: Annotated[tuple[float, ...], Setting("Nominal loads, one after another", "E", low=0.001, high=1e6)] = (
        200,
        220,
        240,
    )
    requests: Annotated[int, Setting("Requests counted for each load", low=1000, high=1e9)] = 10_000_000
    spectrum: Annotated[
        Literal["auto", "shared", "separate"],
        Setting("Spectrum of a fibre's two directions; auto: shared on the fixed grid, separate on the flexible one"),
    ] = "auto"
    holding: Annotated[
        Literal["auto", "exponential", "redrawn"],
        Setting(
            "Distribution of holding times: exponential; or redrawn where above twice the mean, as published, which"
            " carries 0.687 of the nominal load; auto: redrawn on the flexible grid, exponential on the fixed one"
        ),
    ] = "auto"


def rules(settings: Settings) -> Rules:
    """The rules that the settings describe. Raises InputError for rates or weights that do not fit together."""
    flex = settings.grid == "flex"
    played = Rules(
        grid=settings.grid,
        slots=settings.slots if flex else settings.wavelengths,
        k=settings.k,
        order=settings.order,
        fit=settings.fit,
        separate=settings.spectrum == "separate" or (settings.spectrum == "auto" and flex),
        redrawn=settings.holding == "redrawn" or (settings.holding == "auto" and flex),
        site_weights=settings.site_weights or None,
    )
    rates, weights = _rates(settings)
    if not flex:
        return played
    return dataclasses.replace(played, guard_slots=settings.guard_slots, rates_gbps=rates, rate_weights=weights)


def _rates(settings: Settings) -> tuple[tuple[int, ...], tuple[float, ...] | None]:
    """Rates that may be asked for, and their weights; None if all are equally likely."""
    low, high = settings.rate_low_gbps, settings.rate_high_gbps
    if low > high:
        raise InputError(
            f"rate_low_gbps is {low}; it must not be above rate_high_gbps, {high}; swap them", file="--set"
        )
    rates, weights = settings.rates_gbps, settings.rate_weights
    if len(set(rates)) < len(rates):
        raise InputError(f"rates_gbps has {', '.join(map(str, rates))}; give each rate once", file="--set")
    if weights and len(weights) != len(rates):
        raise InputError(
            f"rate_weights has {len(weights)} numbers, rates_gbps {len(rates)}; give a weight for each rate, or none",
            file="--set",
        )
    return rates or tuple(range(low, high + 1)), weights or None


def computed(plant: Plant, settings: Settings, seed: int) -> list[Row]:
    """A row for each load: what a simulation gives, beside closed forms and a reference where one is known."""
    played = rules(settings)
    rows = []
    for load in settings.load:
        simulated = simulate(
            plant, played, load_erlang=load, requests=settings.requests, seed=seed, clock=perf_counter_ns
        )
        floor = least_blocking(plant, played, load)
        known = REFERENCE.get((played, load)) if (plant.name, len(plant.fibres)) == ("nsfnet", 22) else None
        rows.append(
            {
                "load_erlang": load,
                "blocking": simulated.blocking,
                "ci95": simulated.ci95,
                "requests": simulated.requests,
                "requests_per_s": round(simulated.pace),
                "warm_up_requests": simulated.warm_up,
                "least_blocking": floor,
                "erlang_b": floor if is_exact(plant, played) else None,
                "reference_blocking": known,
            }
        )
    return rows


def expected(settings: Settings) -> str:
    """The answer, before the run."""
    played = rules(settings)
    grid = f"{played.slots} slots of 12.5 GHz" if played.grid == "flex" else f"{played.slots} wavelengths"
    return (
        f"with {grid}, {'each direction its own' if played.separate else 'both directions sharing them'}, and "
        f"{'holding times redrawn at twice their mean' if played.redrawn else 'exponential holding times'}: "
        "nowhere below the Erlang bound of a site's own fibres; between two sites Erlang B within 1.5 times the 95 % "
        f"interval; where a reference is known (NSFNET) within {TOLERANCE:.0%} of it and the 95 % interval"
    )


def judge(results: Sequence[Row], settings: Settings) -> Verdict:
    """Every load: against the bound, and against Erlang B and a reference where they are known."""
    return judge_rows(results, _claims, KEY)


def _claims(row: Mapping[str, Any]) -> Iterator[Claim]:
    blocking, wide = row["blocking"], 1.5 * row["ci95"]
    yield at_least("blocking", blocking, max(0.0, row["least_blocking"] - wide))
    if row["erlang_b"] is not None:
        yield near("blocking", blocking, row["erlang_b"], wide)
    known = row["reference_blocking"]
    if known is not None:
        yield near("blocking", blocking, known, TOLERANCE * known + row["ci95"])


def sentence(rows: Sequence[Mapping[str, Any]], picture: Mapping[str, Any]) -> str:
    """The share of requests that was refused at each load.

    >>> sentence([{"load_erlang": 220.0, "blocking": 0.00153, "ci95": 0.00003}], {})
    'Refused: 0.153 % (± 0.003 %) at 220 E.'
    """
    parts = [f"{row['blocking']:.3%} (± {row['ci95']:.3%}) at {row['load_erlang']:g} E" for row in rows]
    return f"Refused: {', '.join(parts)}.".replace("%", " %")


KEY = ("load_erlang",)
BRIEF = (
    columns.plain("load_erlang", "load, E"),
    columns.number("blocking", "refused, %", 3, 100),
    columns.number("ci95", "± 95 %", 3, 100),
    columns.number("reference_blocking", "reference, %", 3, 100),
    columns.number("erlang_b", "Erlang B, %", 3, 100),
    columns.plain("requests"),
)
EXPERIMENT = Experiment(
    name="blocking",
    question="How often does an on-demand network of wavelengths refuse a request?",
    topology="nsfnet",
    networks=("apn",),
    settings=Settings,
    key=KEY,
    expected=expected,
    judge=judge,
    computed=computed,
    shown=Shown(
        sentence=sentence,
        brief=BRIEF,
        figures=(
            Curve(
                title="Requests that are refused",
                caption="Of all requests, over the load offered.",
                x="load_erlang",
                y="blocking",
                axes=("load, E", "share refused"),
                unit="share",
            ),
        ),
    ),
)

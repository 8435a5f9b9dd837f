# SPDX-License-Identifier: BSD-3-Clause
"""Power flow between areas as direct current: what each tie carries, which plants run, and what power costs where.

Angles and reactances alone decide: P = (angle a - angle b) / x on an AC tie; a DC tie carries what is set. Prices are
the areas' marginal prices (LMP): what one more MWh there costs the whole system. Blind to power flow (`known` False),
each tie is a pipe of its own, and what AC ties would really carry is found afterwards.

*Not modelled:* losses, voltage, reactive power, ramps, unit commitment.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from apnemu.model.power import Power, Tie, islands
from apnemu.power.program import Columns, Floats, Program, Solution
from apnemu.units import kg_to_t

UNSERVED_PER_MWH = 1e6
"""Price of a MWh that is asked for and not there, in the file's currency; declared, far above any plant."""

OVER_MW = 1e-6
"""Power below which a tie is not over its limit; the optimiser's tolerance."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispatch:
    """What plants, ties and areas do in each slot; the first axis is in the file's order, the last is slots.

    `generation_mw` by step (`steps` says of which area), `flow_mw` by tie as the planner believes it, from a to b.
    """

    steps: tuple[tuple[str, int], ...]
    generation_mw: Floats
    used_mw: Floats
    curtailed_mw: Floats
    unserved_mw: Floats
    flow_mw: Floats
    price_per_mwh: Floats
    cost: float
    kgco2: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """Columns and rows of a dispatch within a larger program; `balance` has a row for each area and slot."""

    balance: Columns
    generation: Columns
    used: Columns
    unserved: Columns
    flow: Columns
    step_areas: NDArray[np.int64]


def incidence(areas: tuple[str, ...], ties: tuple[Tie, ...]) -> Floats:
    """A row for each tie: 1 at the area where it begins, -1 where it ends."""
    at = {name: index for index, name in enumerate(areas)}
    matrix = np.zeros((len(ties), len(areas)))
    for row, tie in enumerate(ties):
        matrix[row, at[tie.a]], matrix[row, at[tie.b]] = 1, -1
    return matrix


def ptdf(power: Power) -> Floats:
    """Power transfer distribution factors: MW on each tie per MW put in at each area; rows of DC ties are 0.

    What is put in must sum to 0 in each group of areas that AC ties join; the first of each is the reference.

    >>> import math
    >>> from apnemu.power.closed import loop
    >>> factors = ptdf(loop(1.0, 1.0, 1.0))
    >>> [round(float(share), 6) for share in factors @ [1, -1, 0]]
    [0.666667, -0.333333, 0.333333]
    """
    names = tuple(area.name for area in power.areas)
    ac = [index for index, tie in enumerate(power.ties) if tie.kind == "ac"]
    factors = np.zeros((len(power.ties), len(names)))
    lines = incidence(names, power.ties)[ac]
    strength = np.array([1 / power.ties[index].reactance for index in ac])
    laplacian = lines.T @ (strength[:, np.newaxis] * lines)
    kept = [names.index(name) for island in islands(names, power.ties, ("ac",)) for name in island[1:]]
    if kept:
        inverse = np.linalg.inv(laplacian[np.ix_(kept, kept)])
        factors[np.ix_(ac, kept)] = (strength[:, np.newaxis] * lines)[:, kept] @ inverse
    return factors


def true_flows(power: Power, put_in_mw: Floats, believed_mw: Floats) -> Floats:
    """What each tie really carries (tie, slot), given what areas put in (area, slot) and what DC ties are set to."""
    names = tuple(area.name for area in power.areas)
    dc = np.array([tie.kind == "dc" for tie in power.ties], dtype=bool)
    set_mw = np.where(dc[:, np.newaxis], believed_mw, 0.0)
    over_ac = put_in_mw - incidence(names, power.ties).T @ set_mw
    flows: Floats = ptdf(power) @ over_ac + set_mw
    return flows


def tie_limits(power: Power, base_mw: Floats) -> tuple[Floats, Floats]:
    """Least and most of each tie and slot: its own limits, or what it carries already where that is more."""
    most = np.array([tie.mw for tie in power.ties])[:, np.newaxis]
    back = np.array([tie.back_mw for tie in power.ties])[:, np.newaxis]
    return np.minimum(-back, base_mw), np.maximum(most, base_mw)


def add_angles(program: Program, power: Power, flow: Columns) -> None:
    """Rows by which AC ties carry what angles say; the first area of each group that AC ties join is the reference."""
    names = [area.name for area in power.areas]
    slots = flow.shape[1]
    references = {island[0] for island in islands(names, power.ties, ("ac",))}
    free = np.array([0.0 if name in references else np.inf for name in names])[:, np.newaxis]
    angle = program.block("angle", (len(names), slots), low=-free, high=free)
    for index, tie in enumerate(power.ties):
        if tie.kind == "ac":
            a, b = angle[names.index(tie.a)], angle[names.index(tie.b)]
            # times the reactance, so that figures stay near 1
            program.rows("equal", (slots,), [(flow[index], tie.reactance), (a, -1), (b, 1)], 0.0)


def add_dispatch(
    program: Program, power: Power, begin: int, slots: int, *, known: bool, yen_per_tco2: float = 0.0
) -> Network:
    """Plants, sun, wind and ties in a program; whoever adds load puts it with -1 into the rows of the balance."""
    names = [area.name for area in power.areas]
    profile, hours = power.profile, power.profile.slot_h
    steps = [(index, step) for index, area in enumerate(power.areas) for step in area.supply]
    window = slice(begin, begin + slots)
    free = np.array([profile.of(name, "solar_mw")[window] + profile.of(name, "wind_mw")[window] for name in names])
    asked = np.array([profile.of(name, "demand_mw")[window] for name in names])
    generation = program.block(
        "generation",
        (len(steps), slots),
        high=np.array([step.mw for _, step in steps]).reshape(-1, 1),
        cost=np.array([step.yen_per_mwh + carbon_cost(step.kgco2_per_mwh, yen_per_tco2) for _, step in steps]).reshape(
            -1, 1
        )
        * hours,
        rank=np.arange(len(steps)).reshape(-1, 1) / max(1, len(steps)),
    )
    used = program.block("used", (len(names), slots), high=free)
    unserved = program.block("unserved", (len(names), slots), cost=UNSERVED_PER_MWH * hours)
    most = np.array([tie.mw for tie in power.ties]).reshape(-1, 1)
    back = np.array([tie.back_mw for tie in power.ties]).reshape(-1, 1)
    flow = program.block("flow", (len(power.ties), slots), low=-back, high=most)
    balance = program.rows("equal", (len(names), slots), [(used, 1), (unserved, 1)], asked)
    step_areas = np.array([index for index, _ in steps], dtype=np.int64)
    program.more(balance[step_areas], generation, 1)
    add_ties(program, power, balance, flow)
    if known:
        add_angles(program, power, flow)
    return Network(
        balance=balance, generation=generation, used=used, unserved=unserved, flow=flow, step_areas=step_areas
    )


def add_ties(program: Program, power: Power, balance: Columns, flow: Columns, *, arriving: int = 1) -> None:
    """Flows in the balance of areas: times `arriving` where they end, and the other sign where they begin."""
    names = [area.name for area in power.areas]
    for index, tie in enumerate(power.ties):
        program.more(balance[names.index(tie.a)], flow[index], -arriving)
        program.more(balance[names.index(tie.b)], flow[index], arriving)


def carbon_cost(kgco2: float, yen_per_tco2: float) -> float:
    """Price of so much CO2."""
    return kg_to_t(kgco2) * yen_per_tco2


def dispatch(power: Power, extra_mw: Floats, begin: int, *, known: bool = True, yen_per_tco2: float = 0.0) -> Dispatch:
    """The cheapest dispatch of the slots from `begin` on, with further load of areas (area, slot)."""
    slots = extra_mw.shape[1]
    program = Program()
    network = add_dispatch(program, power, begin, slots, known=known, yen_per_tco2=yen_per_tco2)
    load = program.block("load", extra_mw.shape, low=extra_mw, high=extra_mw)
    program.more(network.balance, load, -1)
    return dispatched(power, network, program.solve(), begin, slots)


def dispatched(power: Power, network: Network, solution: Solution, begin: int, slots: int) -> Dispatch:
    """What a solution says of plants, ties and prices."""
    profile, hours = power.profile, power.profile.slot_h
    window = slice(begin, begin + slots)
    steps = [(area.name, index, step) for area in power.areas for index, step in enumerate(area.supply)]
    generation, used, unserved = (solution.of(of) for of in (network.generation, network.used, network.unserved))
    free = np.array(
        [profile.of(area.name, "solar_mw")[window] + profile.of(area.name, "wind_mw")[window] for area in power.areas]
    )
    money = np.array([step.yen_per_mwh for *_, step in steps]) @ generation if steps else np.zeros(slots)
    carbon = np.array([step.kgco2_per_mwh for *_, step in steps]) @ generation if steps else np.zeros(slots)
    return Dispatch(
        steps=tuple((name, index) for name, index, _ in steps),
        generation_mw=generation,
        used_mw=used,
        curtailed_mw=free - used,
        unserved_mw=unserved,
        flow_mw=solution.of(network.flow),
        price_per_mwh=solution.prices[network.balance] / hours,
        cost=float((money.sum() + UNSERVED_PER_MWH * unserved.sum()) * hours),
        kgco2=float(carbon.sum() * hours),
    )


def over_mw(power: Power, flows_mw: Floats, base_mw: Floats) -> Floats:
    """MW by which each tie carries more than it may (tie, slot), beyond what it did already."""
    low, high = tie_limits(power, base_mw)
    over: Floats = np.maximum(flows_mw - high, low - flows_mw)
    return np.where(over > OVER_MW, over, 0.0)


def granted_share(least_mw: Floats, most_mw: Floats, change_mw: Floats) -> Floats:
    """The largest share of a change that keeps every line (line, slot) between its least and its most change.

    This is an operator's veto without a reason: whoever asks learns one number for each slot.

    >>> granted_share(np.array([[-5.0]]), np.array([[5.0]]), np.array([[-20.0]]))
    array([0.25])
    """
    room = np.where(change_mw > 0, most_mw, least_mw)
    moving = np.abs(change_mw) > OVER_MW
    shares = np.where(moving, room / np.where(moving, change_mw, 1.0), np.inf)
    share: Floats = np.clip(shares.min(axis=0, initial=np.inf), 0.0, 1.0)
    return share

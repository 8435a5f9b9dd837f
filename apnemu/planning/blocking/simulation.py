# SPDX-License-Identifier: BSD-3-Clause
"""Simulation of one load: the blocking probability with its confidence interval, and the pace of the simulation."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from math import ceil, sqrt
from typing import Protocol

import numpy as np
import numpy.typing as npt

from apnemu.model.plant import Plant
from apnemu.planning.blocking.arrivals import parts
from apnemu.planning.blocking.plain import PlainPlanner
from apnemu.planning.blocking.routes import RouteTable, route_table
from apnemu.planning.blocking.rules import Rules
from apnemu.units import NS_PER_S

WARM_UP_HOLDING_TIMES = 20
"""Warm-up in mean holding times: the network starts empty, and about exp(-20) of that is left when counting begins."""
BATCHES = 30
STUDENT = 2.045
"""Quantile 0.975 of Student's t with 29 degrees of freedom."""
RULE_OF_THREE = 3.0
"""The value of -ln 0.05, rounded as the rule of three has it."""
Clock = Callable[[], int]


class Planner(Protocol):
    """A planner: serves requests part by part and says which were refused; all arrays have shape (requests,)."""

    def serve(
        self,
        gap: npt.NDArray[np.float64],
        holding: npt.NDArray[np.float64],
        pair: npt.NDArray[np.int64],
        size: npt.NDArray[np.int64],
    ) -> npt.NDArray[np.bool_]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Blocking:
    """Blocking at one load: `refused` of `requests` got no light; the `warm_up` requests before them are not counted.

    `standard_error` is by batch means: 30 batches in a row (Law, Simulation Modeling and Analysis, 5th ed., 9.5.3). It
    is honest where a batch lasts many mean holding times, that is where requests / 30 is far above the load, and where
    some hundreds were refused: refusals come in bursts, and a run that saw few of them has too low a figure and too
    small an error together. Where all or none were refused the batches do not differ and say nothing of the error:
    `ci95` is then 3 / `requests`, within which the truth lies with 95 % (the rule of three: 0.05 = (1 - p)^n;
    Hanley, Lippman-Hand, JAMA 249, 1983).
    `pace` is requests per wall second, warm-up and random draws included: the only figure that a seed does not repeat.
    """

    load_erlang: float
    requests: int
    refused: int
    standard_error: float
    warm_up: int
    pace: float

    @property
    def blocking(self) -> float:
        """Share of requests that got no light."""
        return self.refused / self.requests

    @property
    def ci95(self) -> float:
        """Half of the 95 % confidence interval's width (Student's t); where all or none were refused, all of it."""
        if self.refused in (0, self.requests):
            return RULE_OF_THREE / self.requests
        return STUDENT * self.standard_error


def simulate(plant: Plant, rules: Rules, *, load_erlang: float, requests: int, seed: int, clock: Clock) -> Blocking:
    """Simulate at least 30 requests at one load; `clock` gives wall nanoseconds and decides `pace` alone.

    The first simulation of a process compiles the planner, or reads it from numba's cache; that is not in the pace.

    Raises:
        InputError: no fibres join two data centres of the plant.
        ValueError: `requests` is below 30.
    """
    from apnemu.planning.blocking.compiled import CompiledPlanner  # numba takes half a second to import

    routes = route_table(plant, rules)
    compiled = CompiledPlanner(routes, rules)
    nothing, none = np.zeros(0), np.zeros(0, np.int64)
    compiled.serve(nothing, nothing, none, none)
    return _run(compiled, routes, rules, load_erlang, requests, seed, clock)


def race(
    plant: Plant, rules: Rules, *, load_erlang: float, requests: int, plain_requests: int, seed: int, clock: Clock
) -> tuple[Blocking, Blocking, bool]:
    """Run the compiled planner over `requests` and the plain Python planner over `plain_requests`.

    The third answer says whether both give the same figures over `plain_requests`.
    """
    ours = simulate(plant, rules, load_erlang=load_erlang, requests=requests, seed=seed, clock=clock)
    again = simulate(plant, rules, load_erlang=load_erlang, requests=plain_requests, seed=seed, clock=clock)
    routes = route_table(plant, rules)
    plain = _run(PlainPlanner(routes, rules), routes, rules, load_erlang, plain_requests, seed, clock)
    return ours, plain, dataclasses.replace(again, pace=plain.pace) == plain


def _run(
    planner: Planner, routes: RouteTable, rules: Rules, load: float, requests: int, seed: int, clock: Clock
) -> Blocking:
    if requests < BATCHES:
        raise ValueError(f"requests is {requests}; it must be at least {BATCHES}")
    warm_up = ceil(WARM_UP_HOLDING_TIMES * load)
    refused = np.zeros(BATCHES, np.int64)
    begun_ns, done = clock(), -warm_up
    drawn = parts(
        seed,
        warm_up + requests,
        load=load,
        pairs=routes.pairs,
        sizes=len(rules.sizes),
        redrawn=rules.redrawn,
        pair_shares=routes.shares,
        size_weights=rules.size_weights,
    )
    for part in drawn:
        judged = planner.serve(part.gap, part.holding, part.pair, part.size)
        at = done + np.flatnonzero(judged)
        refused += np.bincount(at[at >= 0] * BATCHES // requests, minlength=BATCHES)
        done += len(judged)
    took_ns = clock() - begun_ns
    ends = -(-np.arange(BATCHES + 1) * requests // BATCHES)
    shares = refused / np.diff(ends)
    return Blocking(
        load_erlang=load,
        requests=requests,
        refused=int(refused.sum()),
        standard_error=float(np.std(shares, ddof=1)) / sqrt(BATCHES),
        warm_up=warm_up,
        pace=(warm_up + requests) * NS_PER_S / max(took_ns, 1),
    )

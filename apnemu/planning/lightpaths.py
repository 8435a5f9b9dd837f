# SPDX-License-Identifier: BSD-3-Clause
"""Lightpaths, a wavelength for each demand: k shortest routes, the narrowest mode that reaches, first fit.

Demands are served in their order, each on the first of its k shortest routes on which a mode reaches and a slot is dark
from end to end. The planner is greedy: it refuses a demand that could be served by moving another.

Lightpaths can be given equal delay: the shorter ones are held back in steps, as a Delay Managed Network does.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Collection
from itertools import islice

from apnemu.model.assignment import Assignment, LightId, Lightpath, Refusal
from apnemu.model.demand import Demand
from apnemu.model.plant import Plant
from apnemu.model.quality import Judge
from apnemu.planning.graph import Graph, Route
from apnemu.planning.reach import Reach, best_mode
from apnemu.planning.spectrum_use import SpectrumUse
from apnemu.planning.zones import Zones

__all__ = ["STEP_NS", "best_mode", "equalised", "plan"]

STEP_NS = 1_000
"""Step of managed delay: 1 us in the Shibuya-Akihabara trial of 2023 (fnn.jp 502571, press)."""


def plan(plant: Plant, *, k: int = 5, judge: Judge | None = None) -> Assignment:
    """Plan lightpaths for the plant's demands, and refusals with their reasons, both in the demands' order.

    A lightpath's `rate_gbps` is the demand's, what the client port carries; its mode may run faster. With a `judge`
    (`optics.judge_of`) a mode must close with the wanted margin; without, its reach by the table must suffice.

    Raises:
        ValueError: k is below 1.
    """
    if k < 1:
        raise ValueError(f"k is {k}; at least one route must be tried; give 1 or more")
    planner = _Planner(plant, k, judge)
    results = [planner.serve(demand) for demand in plant.demands]
    return Assignment(
        lightpaths=tuple(result for result in results if isinstance(result, Lightpath)),
        refusals=tuple(result for result in results if isinstance(result, Refusal)),
    )


def equalised(assignment: Assignment, names: Collection[str], *, step_ns: int = STEP_NS) -> Assignment:
    """Add delay, in whole steps, to each named lightpath but the longest, the same both ways.

    From its first site no lightpath gets longer than the longest, so that any two differ by less than one step there.

    Raises:
        ValueError: no lightpath has one of the names.
    """
    named = [path for path in assignment.lightpaths if path.name in names]
    missing = sorted(set(names) - {path.name for path in named})
    if missing:
        raise ValueError(f"no lightpath is called {', '.join(missing)}")
    longest_ns = max((path.delay_ns for path in named), default=0)
    paths = []
    for path in assignment.lightpaths:
        added_ns = (longest_ns - path.delay_ns) // step_ns * step_ns if path.name in names else 0
        paths.append(
            dataclasses.replace(
                path,
                delay_ns=path.delay_ns + added_ns,
                return_delay_ns=None if path.return_delay_ns is None else path.return_delay_ns + added_ns,
                added_delay_ns=path.added_delay_ns + added_ns,
            )
        )
    return dataclasses.replace(assignment, lightpaths=tuple(paths))


class _Planner:
    """The plant, what is lit so far, and the routes between pairs that were asked for before."""

    def __init__(self, plant: Plant, k: int, judge: Judge | None) -> None:
        self.k = k
        self.reach = Reach(plant, judge)
        self.graph = Graph(plant)
        self.use = SpectrumUse(plant)
        self.zones = Zones(plant)
        self.known: dict[tuple[str, str], tuple[Route, ...]] = {}

    def routes(self, source: str, target: str) -> tuple[Route, ...]:
        if (source, target) not in self.known:
            out = self.zones.outside((source, target))
            graph = self.graph.without(out.fibres, out.sites) if out else self.graph
            self.known[source, target] = tuple(islice(graph.routes(source, target), self.k))
        return self.known[source, target]

    def serve(self, demand: Demand) -> Lightpath | Refusal:
        ends = demand.source, demand.target
        outside = self.zones.why_not(ends)
        if outside is not None:
            return Refusal(demand=demand.name, why=outside)
        routes = self.routes(*ends)
        if not routes and any(self.graph.routes(*ends)):
            return Refusal(demand=demand.name, why=self.zones.why_no_route(ends))
        reached: list[Route] = []
        for route in routes:
            mode = self.reach.mode(demand.rate_gbps, route)
            if mode is None:
                continue
            reached.append(route)
            slot = self.use.first_fit(route.fibres, mode.slot_m, self.reach.barred(route, mode))
            if slot is not None:
                self.use.light(route.fibres, slot)
                return self.reach.lightpath(LightId(service=demand.name), demand.rate_gbps, route, mode, slot)
        why = self.reach.why_not(demand.source, demand.target, demand.rate_gbps, routes, reached, self.use.dark_steps)
        return Refusal(demand=demand.name, why=why)

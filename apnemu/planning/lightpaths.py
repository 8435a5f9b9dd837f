"""A wavelength of its own for each demand: k shortest routes, the narrowest mode that reaches, first fit.

Demands are served in their order, each on the first of its k shortest routes on which a mode reaches and a slot is dark
from end to end. Greedy and without second thoughts: a demand that could be served by moving another is refused.
"""

from __future__ import annotations

from itertools import islice

from apnemu.model.assignment import Assignment, Lightpath, Refusal
from apnemu.model.demand import Demand
from apnemu.model.plant import Mode, Plant
from apnemu.model.quality import Judge
from apnemu.planning.closing import closing_mode, why_none_closes
from apnemu.planning.graph import Graph, Route
from apnemu.planning.spectrum_use import SpectrumUse


def plan(plant: Plant, *, k: int = 5, judge: Judge | None = None) -> Assignment:
    """Lightpaths for the plant's demands, and refusals with their reasons, both in the demands' order.

    A lightpath's `rate_gbps` is the demand's, what the client port carries; its mode may run faster. With a `judge`
    (`optics.judge_of`) a mode must close with the wanted margin, else its table of reach is asked.

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


def best_mode(modes: tuple[Mode, ...], rate_gbps: float, length_km: float) -> Mode | None:
    """Of the modes that carry the rate over the length: the narrowest slot, then the lowest rate, then by name."""
    fit = [mode for mode in modes if mode.rate_gbps >= rate_gbps and mode.reach_km >= length_km]
    return min(fit, key=lambda mode: (mode.slot_m, mode.rate_gbps, mode.name), default=None)


class _Planner:
    """The plant, what is lit so far, and the routes between pairs that were asked for before."""

    def __init__(self, plant: Plant, k: int, judge: Judge | None) -> None:
        self.plant = plant
        self.k = k
        self.judge = judge
        self.graph = Graph(plant)
        self.use = SpectrumUse(plant)
        self.known: dict[tuple[str, str], tuple[Route, ...]] = {}

    def routes(self, source: str, target: str) -> tuple[Route, ...]:
        if (source, target) not in self.known:
            self.known[source, target] = tuple(islice(self.graph.routes(source, target), self.k))
        return self.known[source, target]

    def serve(self, demand: Demand) -> Lightpath | Refusal:
        routes = self.routes(demand.source, demand.target)
        reached: list[Route] = []
        for route in routes:
            mode = self.mode(demand, route)
            if mode is None:
                continue
            reached.append(route)
            slot = self.use.first_fit(route.fibres, mode.slot_m)
            if slot is not None:
                self.use.light(route.fibres, slot)
                gsnr_db, margin_db = self.figures(route, mode)
                return Lightpath(
                    name=demand.name,
                    source=demand.source,
                    target=demand.target,
                    route=route.sites,
                    fibres=route.fibres,
                    slot=slot,
                    mode=mode.name,
                    rate_gbps=demand.rate_gbps,
                    length_km=route.length_km,
                    delay_ns=self.delay_ns(route, mode),
                    gsnr_db=gsnr_db,
                    margin_db=margin_db,
                )
        return Refusal(demand=demand.name, reason=self.reason(demand, routes, reached))

    def mode(self, demand: Demand, route: Route) -> Mode | None:
        if self.judge is None:
            return best_mode(self.plant.modes, demand.rate_gbps, route.length_km)
        return closing_mode(self.plant.modes, demand.rate_gbps, self.judge(route.fibres))

    def figures(self, route: Route, mode: Mode) -> tuple[float | None, float | None]:
        """GSNR and margin, where they are known."""
        if self.judge is None:
            return None, None
        verdict = self.judge(route.fibres).verdict(mode.name)
        return verdict.gsnr_db, verdict.margin_db

    def delay_ns(self, route: Route, mode: Mode) -> int:
        """One way, transceiver to transceiver: FEC, add, fibres with their amplifiers, ROADMs passed, drop."""
        roadm = self.plant.roadm
        passed = len(route.sites) - 2
        fibres = sum(self.plant.fibre[name].delay_ns for name in route.fibres)
        return mode.fec_ns + roadm.add_ns + fibres + passed * roadm.express_ns + roadm.drop_ns

    def reason(self, demand: Demand, routes: tuple[Route, ...], reached: list[Route]) -> str:
        """Why there is no light: the fact, the value, the limit, and what would help."""
        rate = f"{demand.rate_gbps:g} Gbit/s"
        fastest = max(self.plant.modes, key=lambda mode: mode.rate_gbps)
        if demand.rate_gbps > fastest.rate_gbps:
            return (
                f"rate: {rate} asked, the fastest mode is {fastest.name} with {fastest.rate_gbps:g} Gbit/s;"
                " split the demand, or add a mode to the equipment"
            )
        if not routes:
            return f"route: no fibres lead from {demand.source} to {demand.target}; add a fibre"
        if not reached and self.judge is not None:
            shortest = routes[0]
            return why_none_closes(self.plant.modes, demand.rate_gbps, shortest.sites, self.judge(shortest.fibres))
        if not reached:
            able = (mode for mode in self.plant.modes if mode.rate_gbps >= demand.rate_gbps)
            longest = max(able, key=lambda mode: mode.reach_km)
            return (
                f"reach: the shortest route has {routes[0].length_km:g} km, {rate} reaches {longest.reach_km:g} km at"
                f" most ({longest.name}); ask for a lower rate, or go in two parts"
            )
        return self._no_slot(demand, routes, reached)

    def _no_slot(self, demand: Demand, routes: tuple[Route, ...], reached: list[Route]) -> str:
        fibres = sorted({fibre for route in reached for fibre in route.fibres})
        fullest = min(fibres, key=lambda fibre: (self.use.dark_steps(fibre), fibre))
        width = self.plant.band.high - self.plant.band.low
        tried = f"{len(reached)} route{'s' if len(reached) > 1 else ''} tried"
        beyond = len(routes) - len(reached)
        too_long = f" ({beyond} more beyond reach)" if beyond else ""
        return (
            f"spectrum: no slot is free from end to end for {demand.rate_gbps:g} Gbit/s, {tried}{too_long}; the fullest"
            f" fibre is {fullest} with {self.use.dark_steps(fullest)} of {width} steps of 6.25 GHz dark; ask for less,"
            " add a fibre, or try more routes"
        )

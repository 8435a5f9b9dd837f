# SPDX-License-Identifier: BSD-3-Clause
"""Choice of light: the first route with a mode that closes and a slot that is free for the whole period."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from functools import lru_cache
from itertools import islice

from apnemu.model.assignment import LightId, Lightpath
from apnemu.model.plant import Mode, Plant
from apnemu.model.quality import Judge
from apnemu.model.reason import Reason
from apnemu.model.spectrum import Slot
from apnemu.planning.by_plant import by_plant
from apnemu.planning.disjoint import Risk, away_from, pair_in, risks_of
from apnemu.planning.graph import Graph, Route
from apnemu.planning.online.ledger import Ledger, Period
from apnemu.planning.online.service import Service
from apnemu.planning.reach import Reach, closes, longer_km
from apnemu.planning.spectrum_use import slot_mask
from apnemu.planning.zones import Zones

ROUTES_REMEMBERED = 4096
APART: tuple[Risk, ...] = ("site", "fibre")
"""How two lightpaths of a service are kept apart: by site where there is such a pair, else by fibre."""


class Chooser:
    """Candidate routes around dead fibres and sites, and the lightpaths that the ledger leaves room for on them.

    Queries change nothing.
    """

    def __init__(self, plant: Plant, ledger: Ledger, k: int, judge: Judge | None) -> None:
        self.plant, self.ledger, self.k = plant, ledger, k
        self.reach = Reach(plant, judge)
        self._ways = _ways(plant)
        self.whole = self._ways.whole
        self.zones = Zones(plant)
        self.masks = self._ways.masks
        self.dead_fibres: frozenset[str] = frozenset()
        self.dead_sites: frozenset[str] = frozenset()
        self.sagging: dict[str, float] = {}
        """Fibre -> dB of gain that its first in-line amplifier lacks."""
        self._graph, self._pair = self._ways.graph, self._ways.pair

    def lives(self, path: Lightpath) -> bool:
        """Whether all fibres and sites on the way work, its mode closes over fibres whose amplifiers sag, and it lies
        in the zones of its ends."""
        dead = not (self.dead_fibres.isdisjoint(path.fibres) and self.dead_sites.isdisjoint(path.route))
        return not dead and self.closes(path) and self.stays(path)

    def stays(self, path: Lightpath) -> bool:
        """Whether a lightpath lies in the zones that bind its ends."""
        return not self.zones.outside((path.source, path.target)).touches(path.route, path.fibres)

    def closes(self, path: Lightpath) -> bool:
        """Whether its mode still reaches over its fibres; it does where no amplifier sags, or it would not be lit."""
        return closes(self.plant, path, self.sagging)

    def sag_km(self, fibres: Collection[str]) -> float:
        """Length that amplifiers which sag add to a route, by the modes' table of reach."""
        return longer_km(self.plant, fibres, self.sagging)

    def how_it_sags(self, fibres: Collection[str], length_km: float) -> str:
        """Length of a route as it is and as it counts, in words, with the amplifiers that sag."""
        what = ", ".join(f"fibre {name} by {self.sagging[name]:g} dB" for name in fibres if name in self.sagging)
        return f"amplifiers sag ({what}): {length_km:g} km count as {length_km + self.sag_km(fibres):.1f} km"

    def single(
        self, service: Service, id: LightId, period: Period, *, but: Collection[LightId] = ()
    ) -> Lightpath | None:
        """The first lightpath that can be had; the slots of the lightpaths in `but` count as free."""
        return next(self._lit(self.routes(service), service, id, period, but=but), None)

    def others(
        self, service: Service, id: LightId, period: Period, avoid: tuple[Collection[str], Collection[str]]
    ) -> Iterator[Lightpath]:
        """All lightpaths that can be had beside those held, one for each route, in the routes' order. `avoid` names
        fibres, and sites on the way, that none of them may pass."""
        for route in self.routes(service):
            if not set(avoid[0]) & set(route.fibres) and not set(avoid[1]) & set(route.sites[1:-1]):
                yield from self._lit((route,), service, id, period)

    def pairs(
        self, service: Service, ids: tuple[LightId, LightId], period: Period
    ) -> Iterator[tuple[Lightpath, Lightpath]]:
        """Pairs of lightpaths for 1+1: the shortest pair, then each route with those that share no risk with it."""
        for by in APART:
            for working, other in (pair for pair in [self._pair(*self._key(service), by)] if pair):
                yield from self._two(service, ids, period, working, (other,))
        for working in self.routes(service):
            for by in APART:
                yield from self._two(
                    service, ids, period, working, self._ways.away(working, *self._shut(service), by, self.k)
                )

    def away(
        self,
        service: Service,
        id: LightId,
        period: Period,
        working: Lightpath,
        *,
        reserved: bool,
        but: Collection[LightId] = (),
    ) -> Lightpath | None:
        """The first lightpath that shares no risk with `working`: to be lit beside it, or only to be `reserved`."""
        route = Route(sites=working.route, fibres=working.fibres, length_km=working.length_km)
        shared = self.risks(working) if reserved else None
        for by in APART:
            clear = self._lit(
                self._ways.away(route, *self._shut(service), by, self.k), service, id, period, but=but, shared=shared
            )
            first = next(clear, None)
            if first is not None:
                return first
        return None

    def apart(self, one: Lightpath, other: Lightpath) -> bool:
        """Whether two lightpaths share neither a fibre nor a shared risk of their fibres."""
        return not set(one.fibres) & set(other.fibres) and not risks_of(self.whole, one.fibres) & risks_of(
            self.whole, other.fibres
        )

    def risks(self, path: Lightpath) -> frozenset[str]:
        """Elements whose failure takes a lightpath down: its fibres, their shared risks, and the sites on the way."""
        return frozenset(
            [f"fibre {name}" for name in path.fibres]
            + [f"site {name}" for name in path.route[1:-1]]
            + [f"risk {name}" for name in risks_of(self.whole, path.fibres)]
        )

    def why_not(self, service: Service, period: Period) -> Reason:
        """Reason why `single` gives no lightpath."""
        routes = self.routes(service)
        ends = service.source, service.target
        outside = self.zones.why_not(ends)
        if outside is not None:
            return outside
        for site in ends:
            if site in self.dead_sites:
                return Reason(code="site", text=f"{site} is dead; repair it, or name another site")
        out = self.zones.outside(ends)
        within = self._graph(out.fibres, out.sites)
        whole = tuple(islice(within.routes(*ends), 1))
        if not whole and any(self.whole.routes(*ends)):
            return self.zones.why_no_route(ends)
        if whole and not routes:
            dead = ", ".join(sorted(self.dead_fibres) + sorted(self.dead_sites))
            text = f"every route from {service.source} to {service.target} passes what is dead ({dead}); repair"
            return Reason(code="route", text=text)
        reached = [route for route in routes if self.mode(service, route)]
        if routes and not reached and not self.is_judged(routes[0]):
            return Reason(
                code="quality",
                text=f"the route {' > '.join(routes[0].sites)} was not judged, nor was any other that lives; judge more"
                " candidates",
            )
        if routes and not reached and self.sag_km(routes[0].fibres):
            return Reason(
                code="reach",
                text=f"on the shortest route {self.how_it_sags(routes[0].fibres, routes[0].length_km)}, and no mode"
                f" with {service.rate_gbps:g} Gbit/s reaches so far; repair, or ask for a lower rate",
            )
        width = self.plant.band.high - self.plant.band.low
        return self.reach.why_not(
            service.source,
            service.target,
            service.rate_gbps,
            routes,
            reached,
            lambda fibre: width - self.ledger.taken((fibre,), period).bit_count(),
        )

    def routes(self, service: Service) -> tuple[Route, ...]:
        """The k shortest routes without anything dead."""
        return self._ways.routes(*self._key(service), self.k)

    def mode(self, service: Service, route: Route) -> Mode | None:
        """The mode that a route is lit in; None where none closes, or where the route was never judged (a judge in the
        guest knows the candidates alone)."""
        try:
            return self.reach.mode(service.rate_gbps, route, longer_km=self.sag_km(route.fibres))
        except KeyError:
            return None

    def is_judged(self, route: Route) -> bool:
        try:
            return self.reach.judge is None or self.reach.judge(route.fibres) is not None
        except KeyError:
            return False

    def _lit(
        self,
        routes: Collection[Route],
        service: Service,
        id: LightId,
        period: Period,
        *,
        but: Collection[LightId] = (),
        shared: frozenset[str] | None = None,
    ) -> Iterator[Lightpath]:
        for route in routes:
            mode = self.mode(service, route)
            if mode is None:
                continue
            barred = self.reach.barred(route, mode)
            taken = self.ledger.taken(route.fibres, period, but=but, shared=shared)
            slot = self._first_fit(taken | barred, mode.slot_m)
            if slot is not None:
                yield self.reach.lightpath(id, service.rate_gbps, route, mode, slot)

    def _two(
        self,
        service: Service,
        ids: tuple[LightId, LightId],
        period: Period,
        working: Route,
        others: Collection[Route],
    ) -> Iterator[tuple[Lightpath, Lightpath]]:
        for first in self._lit((working,), service, ids[0], period):
            for second in self._lit(others, service, ids[1], period):
                yield first, second

    def _first_fit(self, taken: int, m: int) -> Slot | None:
        return next((slot for slot, mask in self.masks[m] if not taken & mask), None)

    def _shut(self, service: Service) -> tuple[frozenset[str], frozenset[str]]:
        """Fibres and sites that light of a service may not pass: what is dead, and what lies outside its zones."""
        out = self.zones.outside((service.source, service.target))
        return self.dead_fibres | out.fibres, self.dead_sites | out.sites

    def _key(self, service: Service) -> tuple[str, str, frozenset[str], frozenset[str]]:
        return service.source, service.target, *self._shut(service)


class _Ways:
    """Routes around what is dead, which follow from a plant alone: all choosers of a plant share what one has found."""

    def __init__(self, plant: Plant) -> None:
        self.whole = Graph(plant)
        self.masks = {
            mode.slot_m: [(slot, slot_mask(plant.band, slot)) for slot in plant.band.slots(m=mode.slot_m)]
            for mode in plant.modes
        }
        self.graph = lru_cache(64)(self.whole.without)
        self.routes = lru_cache(ROUTES_REMEMBERED)(self._find_routes)
        self.away = lru_cache(ROUTES_REMEMBERED)(self._find_away)
        self.pair = lru_cache(ROUTES_REMEMBERED)(self._find_pair)

    def _find_routes(
        self, source: str, target: str, fibres: frozenset[str], sites: frozenset[str], k: int
    ) -> tuple[Route, ...]:
        return tuple(islice(self.graph(fibres, sites).routes(source, target), k))

    def _find_away(
        self, route: Route, fibres: frozenset[str], sites: frozenset[str], by: Risk, k: int
    ) -> tuple[Route, ...]:
        left = away_from(self.graph(fibres, sites), route, by)
        return tuple(islice(left.routes(route.sites[0], route.sites[-1]), k))

    def _find_pair(
        self, source: str, target: str, fibres: frozenset[str], sites: frozenset[str], by: Risk
    ) -> tuple[Route, Route] | None:
        return pair_in(self.graph(fibres, sites), source, target, by=by)


_ways = by_plant(_Ways)

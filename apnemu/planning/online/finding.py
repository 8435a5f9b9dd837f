"""Finding light: the first route with a mode that closes and a slot that is free for the whole period."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from functools import lru_cache
from itertools import islice

from apnemu.model.assignment import Lightpath
from apnemu.model.plant import Mode, Plant
from apnemu.model.quality import Judge
from apnemu.model.spectrum import Slot
from apnemu.planning.disjoint import Risk, away_from, pair_in, risks_of
from apnemu.planning.graph import Graph, Route
from apnemu.planning.online.ledger import Ledger, Period
from apnemu.planning.online.service import Service
from apnemu.planning.reach import Reach, closes, longer_km
from apnemu.planning.spectrum_use import slot_mask

ROUTES_REMEMBERED = 4096
APART: tuple[Risk, ...] = ("site", "fibre")
"""Pairs are kept apart by site if there is such a pair, else by fibre."""


class Finder:
    """Routes of a plant by what is dead, and what can be lit over them. It changes nothing."""

    def __init__(self, plant: Plant, ledger: Ledger, k: int, judge: Judge | None) -> None:
        self.plant, self.ledger, self.k = plant, ledger, k
        self.reach = Reach(plant, judge)
        self.whole = Graph(plant)
        self.masks = {
            mode.slot_m: [(slot, slot_mask(plant.band, slot)) for slot in plant.band.slots(m=mode.slot_m)]
            for mode in plant.modes
        }
        self.dead_fibres: frozenset[str] = frozenset()
        self.dead_sites: frozenset[str] = frozenset()
        self.sagging: dict[str, float] = {}
        """Fibre -> dB of gain that its first in-line amplifier lacks."""
        self._graph = lru_cache(64)(self.whole.without)
        self._routes = lru_cache(ROUTES_REMEMBERED)(self._find_routes)
        self._away = lru_cache(ROUTES_REMEMBERED)(self._find_away)
        self._pair = lru_cache(ROUTES_REMEMBERED)(self._find_pair)

    def lives(self, path: Lightpath) -> bool:
        """Whether nothing that it passes is dead, and its mode closes over fibres whose amplifiers sag."""
        dead = not (self.dead_fibres.isdisjoint(path.fibres) and self.dead_sites.isdisjoint(path.route))
        return not dead and self.closes(path)

    def closes(self, path: Lightpath) -> bool:
        """Whether its mode reaches as far as its fibres count; where no amplifier sags it was chosen so."""
        return closes(self.plant, path, self.sagging)

    def sag_km(self, fibres: Collection[str]) -> float:
        """How much longer a route counts for the amplifiers that sag on it."""
        return longer_km(self.plant, fibres, self.sagging)

    def how_it_sags(self, fibres: Collection[str], length_km: float) -> str:
        """In words, what a route counts."""
        what = ", ".join(f"fibre {name} by {self.sagging[name]:g} dB" for name in fibres if name in self.sagging)
        return f"amplifiers sag ({what}): {length_km:g} km count as {length_km + self.sag_km(fibres):.1f} km"

    def single(self, service: Service, name: str, period: Period, *, but: Collection[str] = ()) -> Lightpath | None:
        """The first lightpath that can be had; `but` these lightpaths may be taken over."""
        return next(self._lit(self.routes(service), service, name, period, but=but), None)

    def others(
        self, service: Service, name: str, period: Period, avoid: tuple[Collection[str], Collection[str]]
    ) -> Iterator[Lightpath]:
        """All lightpaths that can be had beside those that are, clear of these fibres and of these sites on the way:
        a lightpath for each route, in order."""
        for route in self.routes(service):
            if not set(avoid[0]) & set(route.fibres) and not set(avoid[1]) & set(route.sites[1:-1]):
                yield from self._lit((route,), service, name, period)

    def pairs(self, service: Service, names: tuple[str, str], period: Period) -> Iterator[tuple[Lightpath, Lightpath]]:
        """For 1+1: the shortest pair, then each route with the routes that share no risk with it."""
        for by in APART:
            for working, other in (pair for pair in [self._pair(*self._key(service), by)] if pair):
                yield from self._two(service, names, period, working, (other,))
        for working in self.routes(service):
            for by in APART:
                yield from self._two(service, names, period, working, self._away(working, *self._dead(), by))

    def away(
        self,
        service: Service,
        name: str,
        period: Period,
        working: Lightpath,
        *,
        reserved: bool,
        but: Collection[str] = (),
    ) -> Lightpath | None:
        """The first lightpath that shares no risk with another: lit beside it, or only reserved."""
        route = Route(sites=working.route, fibres=working.fibres, length_km=working.length_km)
        shared = self.risks(working) if reserved else None
        for by in APART:
            found = self._lit(self._away(route, *self._dead(), by), service, name, period, but=but, shared=shared)
            first = next(found, None)
            if first is not None:
                return first
        return None

    def apart(self, one: Lightpath, other: Lightpath) -> bool:
        """Whether they share neither a fibre nor a risk that fibres name."""
        return not set(one.fibres) & set(other.fibres) and not risks_of(self.whole, one.fibres) & risks_of(
            self.whole, other.fibres
        )

    def risks(self, path: Lightpath) -> frozenset[str]:
        """What could take a lightpath down, ends left out: fibres, shared risks, sites passed."""
        return frozenset(
            [f"fibre {name}" for name in path.fibres]
            + [f"site {name}" for name in path.route[1:-1]]
            + [f"risk {name}" for name in risks_of(self.whole, path.fibres)]
        )

    def why_not(self, service: Service, period: Period) -> str:
        """Why `single` finds nothing."""
        routes = self.routes(service)
        for site in (service.source, service.target):
            if site in self.dead_sites:
                return f"site: {site} is dead; repair it, or name another site"
        whole = tuple(islice(self.whole.routes(service.source, service.target), 1))
        if whole and not routes:
            dead = ", ".join(sorted(self.dead_fibres) + sorted(self.dead_sites))
            return f"route: every route from {service.source} to {service.target} passes what is dead ({dead}); repair"
        reached = [route for route in routes if self.mode(service, route)]
        if routes and not reached and not self.is_judged(routes[0]):
            return (
                f"quality: the route {' > '.join(routes[0].sites)} was not judged, nor was any other that lives; judge"
                " more candidates"
            )
        if routes and not reached and self.sag_km(routes[0].fibres):
            return (
                f"reach: on the shortest route {self.how_it_sags(routes[0].fibres, routes[0].length_km)}, and no mode"
                f" with {service.rate_gbps:g} Gbit/s reaches so far; repair, or ask for a lower rate"
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
        """The k shortest that live."""
        return self._routes(*self._key(service))

    def mode(self, service: Service, route: Route) -> Mode | None:
        """A route that was not judged closes with no mode: a judge in the guest knows the candidates alone."""
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
        name: str,
        period: Period,
        *,
        but: Collection[str] = (),
        shared: frozenset[str] | None = None,
    ) -> Iterator[Lightpath]:
        for route in routes:
            mode = self.mode(service, route)
            if mode is None:
                continue
            slot = self._first_fit(self.ledger.taken(route.fibres, period, but=but, shared=shared), mode.slot_m)
            if slot is not None:
                yield self.reach.lightpath(name, service.rate_gbps, route, mode, slot)

    def _two(
        self,
        service: Service,
        names: tuple[str, str],
        period: Period,
        working: Route,
        others: Collection[Route],
    ) -> Iterator[tuple[Lightpath, Lightpath]]:
        for one in self._lit((working,), service, names[0], period):
            for other in self._lit(others, service, names[1], period):
                yield one, other

    def _first_fit(self, taken: int, m: int) -> Slot | None:
        return next((slot for slot, mask in self.masks[m] if not taken & mask), None)

    def _dead(self) -> tuple[frozenset[str], frozenset[str]]:
        return self.dead_fibres, self.dead_sites

    def _key(self, service: Service) -> tuple[str, str, frozenset[str], frozenset[str]]:
        return service.source, service.target, self.dead_fibres, self.dead_sites

    def _find_routes(
        self, source: str, target: str, fibres: frozenset[str], sites: frozenset[str]
    ) -> tuple[Route, ...]:
        return tuple(islice(self._graph(fibres, sites).routes(source, target), self.k))

    def _find_away(self, route: Route, fibres: frozenset[str], sites: frozenset[str], by: Risk) -> tuple[Route, ...]:
        left = away_from(self._graph(fibres, sites), route, by)
        return tuple(islice(left.routes(route.sites[0], route.sites[-1]), self.k))

    def _find_pair(
        self, source: str, target: str, fibres: frozenset[str], sites: frozenset[str], by: Risk
    ) -> tuple[Route, Route] | None:
        return pair_in(self._graph(fibres, sites), source, target, by=by)

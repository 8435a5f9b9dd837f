# SPDX-License-Identifier: BSD-3-Clause
"""The online planner as anybody would write it in Python: the oracle of the compiled planner and of its speed.

It knows nothing of bits: a link is a list of slots, free or not, and every rule is spelt as `Rules` says it.
"""

from __future__ import annotations

from heapq import heappop, heappush
from itertools import groupby, pairwise

import numpy as np
import numpy.typing as npt

from apnemu.planning.blocking.routes import RouteTable, Whole
from apnemu.planning.blocking.rules import Rules

Float = npt.NDArray[np.float64]


class PlainPlanner:
    """State of the network between parts of the requests: free slots of each link, and a heap of departures."""

    def __init__(self, routes: RouteTable, rules: Rules) -> None:
        bounds = routes.link_at.tolist()
        self.fibres = [routes.links[a:b].tolist() for a, b in pairwise(bounds)]
        self.first = routes.first.tolist()
        self.needed = routes.needed.tolist()
        self.free = [[True] * rules.slots for _ in range(routes.link_count)]
        self.choose = {"first": self._first, "best": self._best, "fragments": self._fragments}[rules.fit]
        self.departures: list[tuple[float, int, int, int]] = []
        self.now = 0.0

    def serve(self, gap: Float, holding: Float, pair: Whole, size: Whole) -> npt.NDArray[np.bool_]:
        """Serve requests in their order; arrays of shape (requests,), the answer True for a refusal."""
        requests = zip(gap.tolist(), holding.tolist(), pair.tolist(), size.tolist(), strict=True)
        return np.array([self._refused(*request) for request in requests], np.bool_)

    def _refused(self, gap: float, holding: float, pair: int, size: int) -> bool:
        self.now += gap
        while self.departures and self.departures[0][0] <= self.now:
            _, *light = heappop(self.departures)
            self._mark(*light, free=True)
        for route in range(self.first[pair], self.first[pair + 1]):
            width = self.needed[route][size]
            slot = self.choose(route, width)
            if slot is not None:
                self._mark(route, slot, width, free=False)
                heappush(self.departures, (self.now + holding, route, slot, width))
                return False
        return True

    def _mark(self, route: int, slot: int, width: int, *, free: bool) -> None:
        for link in self.fibres[route]:
            for place in range(slot, slot + width):
                self.free[link][place] = free

    def _places(self, route: int, width: int) -> list[int]:
        """Slots at which `width` slots in a row are free on every link of the route."""
        common = [all(slots) for slots in zip(*(self.free[link] for link in self.fibres[route]), strict=True)]
        return [slot for slot in range(len(common) - width + 1) if all(common[slot : slot + width])]

    def _first(self, route: int, width: int) -> int | None:
        links = [self.free[link] for link in self.fibres[route]]
        for slot in range(len(links[0]) - width + 1):
            if all(link[place] for place in range(slot, slot + width) for link in links):
                return slot
        return None

    def _best(self, route: int, width: int) -> int | None:
        common = [all(slots) for slots in zip(*(self.free[link] for link in self.fibres[route]), strict=True)]
        stretches, at = [], 0
        for free, group in groupby(common):
            length = len(list(group))
            if free and length >= width:
                stretches.append((length, at))
            at += length
        return min(stretches)[1] if stretches else None

    def _fragments(self, route: int, width: int) -> int | None:
        def fragments_after(slot: int) -> int:
            self._mark(route, slot, width, free=False)
            count = sum(int(free) for link in self.fibres[route] for free, _ in groupby(self.free[link]))
            self._mark(route, slot, width, free=True)
            return count

        return min(self._places(route, width), key=lambda slot: (fragments_after(slot), slot), default=None)

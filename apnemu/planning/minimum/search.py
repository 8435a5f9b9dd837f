# SPDX-License-Identifier: BSD-3-Clause
"""Search for the fewest wavelengths: a bound from below, the packing from above, exact or patient search between."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import combinations, islice

from apnemu.errors import InputError
from apnemu.model.plant import Plant
from apnemu.planning.graph import HopsFirst, Route
from apnemu.planning.minimum.bound import lower_bound
from apnemu.planning.minimum.exact import is_small, packed_exactly
from apnemu.planning.minimum.packing import Packed, packed
from apnemu.planning.reach import not_carried_text

Report = Callable[[str], None]

ROUTES = 20
"""Routes tried for each pair, in the order of hops, km and names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Minimum:
    """Fewest wavelengths that were found, the bound that none can beat, and the assignment.

    `lightpaths` gives each pair's route and its wavelength, 0 to `wavelengths` - 1, in the file's order of pairs.
    """

    wavelengths: int
    lower_bound: int
    lightpaths: tuple[tuple[Route, int], ...]

    @property
    def proven(self) -> bool:
        """Whether it is proven that fewer wavelengths do not suffice."""
        return self.wavelengths == self.lower_bound


def minimum_wavelengths(
    plant: Plant, *, seed: int = 1, goes_on: Callable[[], bool] = lambda: False, report: Report = lambda text: None
) -> Minimum:
    """Find the fewest wavelengths.

    The answer is the same each time, since no draw and no clock has a part in it. Where it is not proven, a tabu search
    with draws from `seed` looks for fewer while `goes_on`; that answer depends on when it is stopped. `report` gets a
    line for each number of wavelengths that is found to do.

    Raises:
        InputError: no fibres join two of the data centres, or there is only one.
        LabError: HiGHS finds no bound.
    """
    pairs = list(combinations([site.name for site in plant.data_centres], 2))
    if not pairs:
        raise InputError(f"{plant.name} has no two data centres, so no lightpath to place; add a data centre")
    graph = HopsFirst(plant)
    for pair in pairs:
        if next(graph.routes(*pair), None) is None:
            raise InputError(f"no fibres of {plant.name} lead from {pair[0]} to {pair[1]}; add a fibre")
    all_routes = [tuple(islice(graph.routes(*pair), ROUTES)) for pair in pairs]
    routes = [tuple(route for route in each if plant.carried(route.fibres)) for each in all_routes]
    for each, of_pair in zip(routes, all_routes, strict=True):
        if not each:
            raise InputError(f"{plant.name}: {not_carried_text(plant, of_pair[0])}")
    lower = lower_bound(plant)
    count, lightpaths = lower, packed(routes, lower)
    while lightpaths is None:
        count += 1
        lightpaths = packed(routes, count)
    if routes == all_routes and is_small(plant, len(pairs), count):  # HiGHS would take any route
        count, lower, lightpaths = _closed(plant, pairs, count, lower, lightpaths)
    while count > lower and goes_on():
        from apnemu.planning.minimum.tabu import Search  # numba takes half a second to import

        report(f"{count} wavelengths do, fewer than {lower} do not; searching with {count - 1}")
        search = Search(
            [(*routes[pair], lightpaths[pair][0]) for pair in range(len(pairs))], lightpaths, count - 1, seed
        )
        better = search.run(goes_on)
        if better is None:
            break
        count, lightpaths = count - 1, better
    return Minimum(wavelengths=count, lower_bound=lower, lightpaths=lightpaths)


def _closed(
    plant: Plant, pairs: list[tuple[str, str]], count: int, lower: int, lightpaths: Packed
) -> tuple[int, int, Packed]:
    """Ask HiGHS for each number between the bound and the packing, from below, while it knows the answer.

    Gives the number of wavelengths, the proven lower bound, and the assignment.
    """
    while lower < count:
        known, better = packed_exactly(plant, pairs, lower)
        if better is not None:
            return lower, lower, better
        if not known:
            break
        lower += 1
    return count, lower, lightpaths

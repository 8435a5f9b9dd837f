"""From below the bound, from above the packing; between them, on small networks, the exact search."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations, islice

from apnemu.errors import InputError
from apnemu.model.plant import Plant
from apnemu.planning.graph import Route
from apnemu.planning.hops_first import HopsFirst
from apnemu.planning.minimum.bound import lower_bound
from apnemu.planning.minimum.exact import is_small, packed_exactly
from apnemu.planning.minimum.packing import Packed, packed

ROUTES = 20
"""Tried for each pair, by hops, km and names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Minimum:
    """`lightpaths` gives each pair's route and its wavelength, 0 to `wavelengths` - 1, in the file's order of pairs."""

    wavelengths: int
    lower_bound: int
    lightpaths: tuple[tuple[Route, int], ...]

    @property
    def proven(self) -> bool:
        """Whether fewer are known not to do."""
        return self.wavelengths == self.lower_bound


def minimum_wavelengths(plant: Plant) -> Minimum:
    """The same answer each time: nothing here is random or looks at a clock.

    Raises InputError where two data centres are not joined, or there is only one.
    """
    pairs = list(combinations([site.name for site in plant.data_centres], 2))
    if not pairs:
        raise InputError(f"{plant.name} has no two data centres, so no lightpath to place; add a data centre")
    graph = HopsFirst(plant)
    for pair in pairs:
        if next(graph.routes(*pair), None) is None:
            raise InputError(f"no fibres of {plant.name} lead from {pair[0]} to {pair[1]}; add a fibre")
    routes = [tuple(islice(graph.routes(*pair), ROUTES)) for pair in pairs]
    lower = lower_bound(plant)
    count, found = lower, packed(routes, lower)
    while found is None:
        count += 1
        found = packed(routes, count)
    if is_small(plant, len(pairs), count):
        count, lower, found = _closed(plant, pairs, count, lower, found)
    return Minimum(wavelengths=count, lower_bound=lower, lightpaths=found)


def _closed(
    plant: Plant, pairs: list[tuple[str, str]], count: int, lower: int, found: Packed
) -> tuple[int, int, Packed]:
    """Ask HiGHS for each number between the bound and the packing, from below, while it knows the answer."""
    while lower < count:
        known, better = packed_exactly(plant, pairs, lower)
        if better is not None:
            return lower, lower, better
        if not known:
            break
        lower += 1
    return count, lower, found

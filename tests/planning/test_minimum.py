# SPDX-License-Identifier: BSD-3-Clause
"""The fewest wavelengths: the literature's networks, and every small network against a search through everything."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations, pairwise
from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from plants import make_plant, plants

from apnemu.errors import InputError
from apnemu.model.plant import Plant
from apnemu.planning.graph import Graph, Route
from apnemu.planning.minimum import Minimum, minimum_wavelengths
from apnemu.planning.minimum.bound import lower_bound
from apnemu.planning.minimum.exact import packed_exactly
from apnemu.planning.minimum.packing import packed
from apnemu.topology import read_plant

TOPOLOGIES = Path(__file__).parents[2] / "topologies"
RING = [
    ("ab", "a", "b", 1.0),
    ("bc", "b", "c", 1.0),
    ("cd", "c", "d", 1.0),
    ("de", "d", "e", 1.0),
    ("ea", "e", "a", 1.0),
]


def check(plant: Plant, found: Minimum) -> None:
    """A lightpath for every pair, along fibres that are there, no wavelength twice on a fibre."""
    pairs = list(combinations([site.name for site in plant.data_centres], 2))
    assert [(route.sites[0], route.sites[-1]) for route, _ in found.lightpaths] == pairs
    lit = [(fibre, wave) for route, wave in found.lightpaths for fibre in route.fibres]
    assert len(lit) == len(set(lit))
    assert {wave for _, wave in found.lightpaths} <= set(range(found.wavelengths))
    for route, _ in found.lightpaths:
        assert len(set(route.sites)) == len(route.sites)
        ends = [{plant.fibre[fibre].a, plant.fibre[fibre].b} for fibre in route.fibres]
        assert ends == [set(two) for two in pairwise(route.sites)]
        assert route.length_km == pytest.approx(sum(plant.fibre[fibre].length_km for fibre in route.fibres))


@pytest.mark.parametrize(("name", "wavelengths"), [("jpn12", 16), ("nsfnet", 12), ("cost239", 4)])
def test_literature(name: str, wavelengths: int) -> None:
    plant = read_plant(TOPOLOGIES / f"{name}.yaml")
    found = minimum_wavelengths(plant)
    assert (found.wavelengths, found.lower_bound, found.proven) == (wavelengths, wavelengths, True)
    check(plant, found)
    assert minimum_wavelengths(plant) == found


def fits(routes: Sequence[Sequence[Route]], count: int) -> bool:
    """Whether there is an assignment, by trying everything."""
    lit: set[tuple[str, int]] = set()

    def place(pair: int) -> bool:
        if pair == len(routes):
            return True
        for route in routes[pair]:
            for wave in range(count):
                wanted = {(fibre, wave) for fibre in route.fibres}
                if not wanted & lit:
                    lit.update(wanted)
                    if place(pair + 1):
                        return True
                    lit.difference_update(wanted)
        return False

    return place(0)


@settings(max_examples=60, deadline=None)
@given(plants())
def test_small_networks_by_trying_everything(plant: Plant) -> None:
    names = [site.name for site in plant.sites]
    assume(len(names) <= 4)
    routes = [list(Graph(plant).routes(a, b)) for a, b in combinations(names, 2)]
    assume(all(routes))
    found = minimum_wavelengths(plant)
    assert found.proven
    check(plant, found)
    assert fits(routes, found.wavelengths)
    assert found.wavelengths == 1 or not fits(routes, found.wavelengths - 1)


@settings(max_examples=40, deadline=None)
@given(plants())
def test_an_exact_answer_is_no_worse_than_the_packing_and_not_below_the_bound(plant: Plant) -> None:
    names = [site.name for site in plant.sites]
    assume(3 <= len(names) <= 5)
    pairs = list(combinations(names, 2))
    routes = [list(Graph(plant).routes(*pair)) for pair in pairs]
    assume(all(routes))
    found = minimum_wavelengths(plant)
    known, placed = packed_exactly(plant, pairs, found.wavelengths)
    assert known and placed is not None
    check(plant, Minimum(wavelengths=found.wavelengths, lower_bound=1, lightpaths=placed))
    if found.wavelengths > 1:
        assert packed_exactly(plant, pairs, found.wavelengths - 1) == (True, None)
    assert lower_bound(plant) <= found.lower_bound


def test_rings_need_what_theory_says() -> None:
    """(n^2 - 1) / 8 wavelengths for a full mesh over a ring of odd n (Ellinas, Bala, Chang, 1998)."""
    plant = make_plant(RING)
    found = minimum_wavelengths(plant)
    assert (found.wavelengths, found.proven) == (3, True)


def test_the_load_of_fibres_is_not_all() -> None:
    """Three lightpaths over a star, two on each fibre, but every two meet: HiGHS proves that two wavelengths do not do.

    The exchange in the middle asks for nothing.
    """
    plant = make_plant([(name, name, "x", 1.0) for name in "abc"], exchanges=("x",))
    assert lower_bound(plant) == 2
    found = minimum_wavelengths(plant)
    assert (found.wavelengths, found.lower_bound) == (3, 3)
    check(plant, found)


def test_too_few_wavelengths_are_too_few() -> None:
    plant = make_plant(RING)
    routes = [list(Graph(plant).routes(a, b)) for a, b in combinations("abcde", 2)]
    assert packed(routes, 2) is None
    assert packed(routes, 3) is not None


def test_nothing_to_join() -> None:
    with pytest.raises(InputError, match=r"no fibres of test lead from a to b; add a fibre"):
        minimum_wavelengths(make_plant([("ac", "a", "c", 1.0)], sites=["a", "b", "c"]))
    with pytest.raises(InputError, match=r"has no two data centres"):
        minimum_wavelengths(make_plant([("ac", "a", "c", 1.0)], exchanges=("a",)))

# SPDX-License-Identifier: BSD-3-Clause
"""The fewest wavelengths: the literature's networks, and every small network against a search through everything."""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import combinations, islice, pairwise
from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from plants import make_plant, plants

from apnemu import cli
from apnemu.errors import InputError
from apnemu.model.plant import Plant
from apnemu.planning.graph import Graph, HopsFirst, Route
from apnemu.planning.minimum import Minimum, minimum_wavelengths
from apnemu.planning.minimum.bound import lower_bound
from apnemu.planning.minimum.exact import packed_exactly
from apnemu.planning.minimum.packing import packed
from apnemu.planning.minimum.tabu import Search
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


@pytest.mark.parametrize(("name", "wavelengths"), [("jpn12", 16), ("nsfnet", 12)])
def test_a_patient_search_comes_from_a_wasteful_assignment_to_the_optimum(name: str, wavelengths: int) -> None:
    plant = read_plant(TOPOLOGIES / f"{name}.yaml")
    pairs = list(combinations([site.name for site in plant.data_centres], 2))
    routes = [tuple(islice(HopsFirst(plant).routes(*pair), 20)) for pair in pairs]
    lightpaths = tuple((choices[0], wave) for wave, choices in enumerate(routes))
    for count in range(3 * wavelengths, wavelengths - 1, -1):
        search = Search(routes, lightpaths, count, seed=1)
        looks = iter(range(2_000))
        better = search.run(lambda: next(looks, None) is not None)  # noqa: B023 - called before the next round
        assert better is not None, count
        lightpaths = better
        check(plant, Minimum(wavelengths=count, lower_bound=1, lightpaths=lightpaths))
    search = Search(routes, lightpaths, wavelengths - 1, seed=1)
    looks = iter(range(20))
    assert search.run(lambda: next(looks, None) is not None) is None, "fewer cannot do"


def test_it_goes_on_only_where_nothing_is_proven() -> None:
    plant = make_plant(RING)
    said: list[str] = []
    found = minimum_wavelengths(plant, goes_on=lambda: True, report=said.append)
    assert (found.wavelengths, found.proven, said) == (3, True, [])


def command(monkeypatch: pytest.MonkeyPatch, *words: str) -> int:
    monkeypatch.setattr("sys.argv", ["apnemu", *words])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    return int(ended.value.code or 0)


def test_the_command_prints_its_assignment(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    assert command(monkeypatch, "plan", "jpn12", "--minimum-wavelengths", "--json") == 0
    document = json.loads(capsys.readouterr().out)
    plant = read_plant(TOPOLOGIES / "jpn12.yaml")
    assert len(document["lightpaths"]) == 66
    taken = [(fibre, path["wavelength"]) for path in document["lightpaths"] for fibre in path["fibres"]]
    assert len(set(taken)) == len(taken)
    assert {wave for _, wave in taken} == set(range(document["minimum_wavelengths"]))
    for path in document["lightpaths"]:
        assert (path["route"][0], path["route"][-1]) == (path["from"], path["to"])
        for fibre, ends in zip(path["fibres"], pairwise(path["route"]), strict=True):
            assert {plant.fibre[fibre].a, plant.fibre[fibre].b} == set(ends)


def test_time_to_search_belongs_to_the_search(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert command(monkeypatch, "plan", "jpn12", "--seconds", "3") == 2
    assert "--minimum-wavelengths" in capsys.readouterr().err

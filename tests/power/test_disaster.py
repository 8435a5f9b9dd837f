# SPDX-License-Identifier: BSD-3-Clause
"""What a hazard takes and leaves, and where poles stand: by hand, and for any choice of them."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apnemu.model.plant import Plant, Site
from apnemu.model.siting import Cable, Hazard
from apnemu.power.disaster import lost_cables, pairs_left, struck_by
from apnemu.power.poles import keeper_of, left_afterwards, left_at_once, poles_of
from apnemu.question.discovery import shipped_topology
from apnemu.topology import read_plant

JAPAN = read_plant(shipped_topology("jpn12-disaster"))
NAMES = [site.name for site in JAPAN.data_centres]


def hazard(*circles: tuple[float, float, float]) -> Hazard:
    return Hazard(name="h", circles=circles)


def test_half_of_the_shipped_cables_land_where_two_groups_of_landings_are() -> None:
    power = JAPAN.power
    assert power is not None
    struck = struck_by(JAPAN, next(each for each in power.hazards if each.name == "landings"))
    assert (struck.sites, struck.fibres, struck.landings) == ((), (), ("boso", "shima"))
    assert (len(power.cables), len(lost_cables(power.cables, struck.landings))) == (24, 12)
    assert [len(lost_cables(power.cables, [one])) for one in struck.landings] == [5, 3]


def test_a_site_takes_its_fibres_and_its_exchange_with_it() -> None:
    struck = struck_by(JAPAN, hazard((35.68, 139.77, 1.0)))
    assert struck.sites == ("tokyo",)
    assert struck.cut == struck.fibres == ("sendai-tokyo", "tokyo-hachioji", "tokyo-nagoya")
    assert struck.exchanges == ("tokyo-ix",)
    assert len(pairs_left(JAPAN, struck)) == 11 * 10 // 2


def test_a_fibre_may_be_hit_alone_and_leaves_the_circle_by_waypoints() -> None:
    between = hazard((35.45, 138.33, 10.0))
    assert struck_by(JAPAN, between).fibres == ("tokyo-nagoya",)
    around = tuple(
        dataclasses.replace(fibre, waypoints=((36.2, 138.5),)) if fibre.name == "tokyo-nagoya" else fibre
        for fibre in JAPAN.fibres
    )
    plant: Plant = dataclasses.replace(JAPAN, fibres=around)
    assert struck_by(plant, between).fibres == ()
    assert struck_by(plant, hazard((36.2, 138.5, 1.0))).fibres == ("tokyo-nagoya",)


@pytest.mark.parametrize(("landings", "lost"), [((), []), (("a",), ["1"]), (("a", "b"), ["1", "2"]), (("c",), [])])
def test_a_cable_is_lost_with_the_last_of_its_landings(landings: tuple[str, ...], lost: list[str]) -> None:
    at = {"1": ("a",), "2": ("a", "b"), "3": ("b", "c")}
    cables = [Cable(name=name, to="x", landings=ashore, gbps=1.0) for name, ashore in at.items()]
    assert [cable.name for cable in lost_cables(cables, landings)] == lost


@given(st.sets(st.sampled_from(NAMES), max_size=6), st.integers(1, 7))
def test_poles_apart_lose_one_at_most_and_fewer_are_among_more(hit: set[str], count: int) -> None:
    poles = poles_of(JAPAN, hit, count, "apart")
    room = len(NAMES) - len(hit) + bool(hit)
    assert len(poles) == len(set(poles)) == min(count, room)
    assert sum(pole in hit for pole in poles) == bool(hit)
    assert poles_of(JAPAN, hit, count + 1, "apart")[: len(poles)] == poles
    keeper = keeper_of(JAPAN, hit, poles)
    assert keeper not in hit and keeper not in poles
    assert bool(keeper) == any(name not in hit and name not in poles for name in NAMES)


def test_poles_near_crowd_around_the_first() -> None:
    assert poles_of(JAPAN, ["tokyo", "hachioji"], 3, "near") == ("tokyo", "hachioji", "nagano")
    assert poles_of(JAPAN, ["hachioji"], 2, "near") == ("hachioji", "tokyo")
    exchange = dataclasses.replace(
        JAPAN, sites=(*JAPAN.sites, Site(name="ix", kind="exchange", lat=35.66, lon=139.28, hosts=0))
    )
    assert "ix" not in poles_of(exchange, ["hachioji"], 13, "near")


@given(st.integers(1, 64), st.floats(0, 100), st.data())
def test_what_is_left_grows_with_poles_and_with_room(poles: int, spare: float, data: st.DataObject) -> None:
    lost = data.draw(st.integers(0, poles))
    reached = data.draw(st.integers(0, poles - lost))
    at_once = left_at_once(poles, lost)
    assert at_once == 1 - lost / poles or abs(at_once - (1 - lost / poles)) < 1e-12
    afterwards = left_afterwards(poles, reached, spare)
    assert reached / poles <= afterwards <= 1 if reached else afterwards == 0
    assert left_afterwards(poles, reached, spare + 1) >= afterwards
